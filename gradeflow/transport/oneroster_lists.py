"""Lists of a OneRoster provider, read whole.

Pages are followed by the Link header, where that is missing counted by X-Total-Count, and where that is missing too
asked for until one is short.

Source: paging and filtering of OneRoster 1.1 and 1.2 (limit, offset, Link, X-Total-Count, filter), read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from gradeflow.errors import PermanentError, RetriableError
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oneroster import id_of, unwrap
from gradeflow.transport.oneroster_answers import refuse_failure
from gradeflow.transport.records import Record, raw_of

STANDARD_LIMIT = 100
READS = 3  # of a list out of which something is taken meanwhile
_ANY_LIST = frozenset({"data", "items", "value"})


@dataclass(frozen=True, slots=True)
class ListName:
    """What a list is called in the answer, and what a single object of it is wrapped in, if it is.

    Attributes:
        is_by_content: whether rows are told apart by what is in them: one user may be listed once per school.
        may_lack_ids: whether a row may come without an id; it is left out.
    """

    many: str
    one: str
    is_by_content: bool = False
    may_lack_ids: bool = False


CLASSES = ListName("classes", "class")
SESSIONS = ListName("academicSessions", "academicSession")
CATEGORIES = ListName("categories", "category")
STUDENTS = ListName("users", "user", is_by_content=True)
# Teachers without an identifier are a known quirk of the data; nothing else may lack one.
TEACHERS = ListName("users", "user", is_by_content=True, may_lack_ids=True)
ENROLLMENTS = ListName("enrollments", "enrollment")
LINE_ITEMS = ListName("lineItems", "lineItem")
RESULTS = ListName("results", "result")


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads the lists of one service."""

    http: HttpClient
    page_size: int

    async def first(self, path: str, name: ListName) -> list[Record]:
        """Read one record, where there is one.

        Raises:
            OutsideError: it cannot be read.
        """
        body = await self.http.get(path, {"limit": "1", "offset": "0"})
        return [record for _, record in self._rows(body, path, name) if record is not None]

    async def whole(
        self, path: str, name: ListName, changed_since: dt.datetime | None = None
    ) -> list[Record]:
        """Read a list to its end; a record that comes twice is there twice.

        With `changed_since` only what the provider stamped later is asked for; one that filters nothing gives all.

        Each page is asked from the number of different rows so far: one that comes twice then makes pages
        overlap, and hides none. Where the total becomes less meanwhile, rows have moved to pages already read, and
        the list is read anew.

        Raises:
            OutsideError: a page did not come.
            RetriableError: rows were taken out of it each time (LIST_MOVED).
            PermanentError: what came is no such list (ANSWER_UNREADABLE), or may be cut (LIST_INCOMPLETE), as where
                a provider ignores `offset`.
        """
        for _ in range(READS):
            records = await self._once(path, name, changed_since)
            if records is not None:
                return records
        raise RetriableError(
            f"GET {path} became shorter each time it was read: nothing of it is used, and the next run reads it again",
            system=self.http.vendor.label,
            code="LIST_MOVED",
        )

    async def _once(
        self, path: str, name: ListName, changed_since: dt.datetime | None
    ) -> list[Record] | None:
        """Read a list to its end; None where something was taken out of it meanwhile."""
        records: list[Record] = []
        known: set[str] = set()
        ids: set[str | None] = set()
        total: int | None = None
        while True:
            rows_before, ids_before, count, is_linked = len(known), len(ids), 0, False
            params = {"limit": str(self.page_size), "offset": str(rows_before)}
            if changed_since is not None:
                params["filter"] = f"dateLastModified>'{_instant(changed_since)}'"
            async for page in self.http.pages(path, params):
                rows = self._rows(page.body, path, name)
                records += [record for _, record in rows if record is not None]
                known |= {key for key, _ in rows}
                ids |= {id_of(record) for _, record in rows}
                count += len(rows)
                if total is not None and page.total is not None and len(known) <= page.total < total:
                    return None
                total = total if page.total is None else page.total
                is_linked = is_linked or page.is_linked
            if total is None:
                # Who gives fewer than we ask for may have a limit of its own, hardly below the standard's.
                is_end = is_linked or count < min(self.page_size, STANDARD_LIMIT)
                is_stuck = len(ids) == ids_before
            else:
                is_end, is_stuck = len(known) >= total, len(known) == rows_before
            if is_end:
                return records
            if is_stuck:
                raise self._cut(path, rows_before, total)

    def _cut(self, path: str, rows: int, total: int | None) -> PermanentError:
        says = "does not say how many" if total is None else f"says it has {total}"
        return PermanentError(
            f"GET {path} {says} records but gave only {rows}, then nothing new: nothing of it"
            " is used. Does the provider page by offset?",
            system=self.http.vendor.label,
            code="LIST_INCOMPLETE",
        )

    def _rows(self, body: Any, path: str, name: ListName) -> list[tuple[str, Record | None]]:
        """Give each row with what tells it from others."""
        refuse_failure(self.http.vendor, "GET", path, body)
        rows = list_in(body, name.many)
        found = [(row, unwrap(row, name.one)) for row in rows or ()]
        is_foreign = any(
            record is None and not (name.may_lack_ids and isinstance(row, dict)) for row, record in found
        )
        if rows is None or is_foreign:
            raise PermanentError(
                f"GET {path} answered no list of records with sourcedId: are base_url (it ends with"
                " /ims/oneroster/v1p1 at most vendors of version 1.1) and version right?",
                system=self.http.vendor.label,
                code="ANSWER_UNREADABLE",
            )
        return [(_row_key(row, record, name), record) for row, record in found]


def _row_key(row: Any, record: Record | None, name: ListName) -> str:
    """Tell one row from another: by its id, or by its content; the time stamp may be that of the answer."""
    if record is not None and not name.is_by_content:
        return id_of(record) or ""
    return raw_of({**record, "dateLastModified": None} if record is not None else row)


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def list_in(body: Any, name: str) -> list[Any] | None:
    """Find the list: bare, under its name in any spelling, or as the only list there is.

    An empty list under a name that nobody knows, such as that of the errors, is no list of ours.

    >>> list_in({"LineItems": [], "errors": []}, "lineItems"), list_in({"data": []}, "lineItems")
    ([], [])
    >>> list_in({"rows": [1]}, "lineItems"), list_in({"errors": []}, "lineItems")
    ([1], None)
    """
    if isinstance(body, list):
        return body
    if not isinstance(body, dict):
        return None
    lists = {str(key).lower(): value for key, value in body.items() if isinstance(value, list)}
    if name.lower() in lists:
        return lists[name.lower()]
    is_only = len(lists) == 1 and (any(lists.values()) or not lists.keys().isdisjoint(_ANY_LIST))
    return next(iter(lists.values())) if is_only else None
