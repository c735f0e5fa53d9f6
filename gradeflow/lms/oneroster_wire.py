"""OneRoster as it comes over the wire: lists to their end, records in their wrappers, ids, flags and dates.

Providers are sloppy in form: objects may be wrapped in their name, references may be bare ids, booleans are
words, dates may carry a time, and lists may or may not say by Link or X-Total-Count where they end.

Source: OneRoster 1.1 and 1.2, REST binding (sections on paging, and the information models of both) as public
client libraries and 1EdTech's OpenAPI files repeat them, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from gradeflow.errors import PermanentError, SourceDataError
from gradeflow.transport.http import HttpClient

Record = Mapping[str, Any]

LABEL = "OneRoster LMS"
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_ACTIVE = {"": True, "active": True, "tobedeleted": False, "inactive": False}


@dataclass(slots=True)
class Listing:
    """One list while it is read: its records by id, and whether it is known to be whole.

    Each page is asked from the number of different records so far: one that comes twice then makes pages
    overlap, and hides none.
    """

    path: str
    page_size: int
    records: dict[str, Record] = field(default_factory=dict)

    async def read(self, http: HttpClient, many: str, one: str) -> list[Record]:
        """Read a list whole: by Link, then by its total, then until a page is short.

        Raises:
            OutsideError: a page did not come.
            PermanentError: what came is no such list, or may be cut (LIST_INCOMPLETE), as where a provider
                ignores `offset`.
            SourceDataError: two records share an id and differ.
        """
        total: int | None = None
        while True:
            before, count, is_linked = len(self.records), 0, False
            params = {"limit": str(self.page_size), "offset": str(before)}
            async for page in http.pages(self.path, params):
                rows = rows_in(page.body, many, one)
                self._take(rows, one)
                count += len(rows)
                total = total if page.total is None else page.total
                is_linked = is_linked or page.is_linked
            is_end = (is_linked or count < self.page_size) if total is None else len(self.records) >= total
            if is_end:
                return list(self.records.values())
            if len(self.records) == before:
                raise PermanentError(
                    f"a list of {many} gave {before} records and then nothing new, but does not end there:"
                    " nothing of it is used. Does the provider page by offset?",
                    system=LABEL,
                    code="LIST_INCOMPLETE",
                )

    def _take(self, rows: list[Record], one: str) -> None:
        for row in rows:
            if self.records.setdefault(id_of(row) or "", row) != row:
                raise invalid(f"two records of one {one} that differ")


def rows_in(body: Any, many: str, one: str) -> list[Record]:
    """Find the records of a list: bare, under its name, or as the only list there is.

    Raises:
        PermanentError: there is no list, or a record in it has no sourcedId.
    """
    found = body
    if isinstance(body, dict):
        lists = [value for value in body.values() if isinstance(value, list)]
        found = body.get(many, lists[0] if len(lists) == 1 else None)
    rows = [unwrapped(row, one) for row in found] if isinstance(found, list) else [None]
    if any(row is None for row in rows):
        raise PermanentError(
            f"no list of {many} with sourcedIds came back: are base_url and version right?",
            system=LABEL,
            code="ANSWER_UNREADABLE",
        )
    return [row for row in rows if row is not None]


def unwrapped(row: Any, one: str) -> Record | None:
    """Give a record that may be wrapped in its name; None where it is none.

    >>> unwrapped({"result": {"sourcedId": "r1"}}, "result")
    {'sourcedId': 'r1'}
    """
    if not isinstance(row, dict):
        return None
    inner = row.get(one)
    record = inner if isinstance(inner, dict) and "sourcedId" not in row else row
    return record if id_of(record) else None


def invalid(what: str) -> SourceDataError:
    """Build the error for records that cannot be read; `what` holds no person, no score."""
    return SourceDataError(
        f"{what}. Nothing of this reading is used; have it corrected in the LMS",
        system=LABEL,
        code="LMS_RECORD_INVALID",
    )


def id_of(value: Any) -> str | None:
    """Give the id of a record or reference as text.

    >>> id_of({"sourcedId": "0042"}), id_of("0042"), id_of(42), id_of({}), id_of(True)
    ('0042', '0042', '42', None, None)
    """
    if isinstance(value, dict):
        value = value.get("sourcedId")
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    return str(value) or None


def text_of(value: Any) -> str | None:
    """Give a text field; an empty one is none, a number becomes text."""
    return id_of(value) if not isinstance(value, dict) else None


def flag_of(value: Any) -> bool | None:
    """Read true, "True", "1"; None where it says nothing readable."""
    return None if value is None else _FLAGS.get(str(value).strip().lower())


def is_active(record: Record) -> bool:
    """Read `status`: absent is active, "tobedeleted" in any spelling is not.

    Raises:
        SourceDataError: another status; guessing would keep or drop somebody.
    """
    status = str(record.get("status") or "").lower().replace(" ", "").replace("_", "")
    if status not in _ACTIVE:
        raise invalid("a status that is neither active nor tobedeleted")
    return _ACTIVE[status]


def instant_of(value: Any, zone: ZoneInfo, time: dt.time) -> dt.datetime | None:
    """Read a date or date-time; a date means `time` of that day in the district.

    Midnight UTC is a date that was only written as a date-time, as many servers do; no district's work begins
    or ends at that instant.

    >>> zone, end = ZoneInfo("America/Chicago"), dt.time(23, 59)
    >>> {str(instant_of(text, zone, end)) for text in ("2026-10-01", "2026-10-01T00:00:00Z", "2026-10-02T04:59Z")}
    {'2026-10-02 04:59:00+00:00'}

    Raises:
        SourceDataError: it is there and cannot be read; no date and a broken date are not the same.
    """
    if value is None or value == "":
        return None
    try:
        parsed = dt.datetime.fromisoformat(str(value).strip())
        universal = parsed.astimezone(dt.UTC) if parsed.tzinfo else parsed
        if universal.time() != dt.time():
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(dt.UTC)
        return dt.datetime.combine(universal.date(), time, zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise invalid("a date that is no ISO 8601 date")


def path_of(*parts: str) -> str:
    """Join a path; commas and slashes in an id are data.

    >>> path_of("classes", "4,1/a", "results")
    '/classes/4%2C1%2Fa/results'
    """
    return "".join(f"/{quote(part, safe='')}" for part in parts)
