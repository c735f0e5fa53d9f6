"""OneRoster records, whoever serves them: ids, wrappings, whether they are active, and the paths to them.

Providers are sloppy in form: objects may be wrapped in their name, references may be bare ids, and a deletion may be
spelled in several ways. Lists are read in `oneroster_lists`.

Source: OneRoster 1.1 and 1.2, REST binding and information models, as public client libraries and 1EdTech's OpenAPI
files repeat them, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote

from gradeflow.errors import OutsideError
from gradeflow.transport.records import Record

Version = Literal["1.1", "1.2"]

_ACTIVE = {"": True, "active": True, "tobedeleted": False, "inactive": False}


def id_of(value: Any) -> str | None:
    """Give the id of a record or reference as text; None where there is none.

    >>> id_of({"sourcedId": "0042"}), id_of("0042"), id_of(42), id_of({}), id_of(True)
    ('0042', '0042', '42', None, None)
    """
    if isinstance(value, dict):
        value = value.get("sourcedId", value.get("sourcedid"))
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    return str(value) or None


def unwrap(record: Any, name: str) -> dict[str, Any] | None:
    """Give an object that may be wrapped in its name; None where it is no record.

    >>> unwrap({"result": {"sourcedId": 7}}, "result") == unwrap({"sourcedId": 7}, "result")
    True
    """
    if not isinstance(record, dict):
        return None
    inner = record.get(name)
    if isinstance(inner, dict) and "sourcedId" not in record:
        record = inner
    return record if id_of(record) else None


def activity_of(record: Record) -> bool | None:
    """Read `status`: absent is active, "tobedeleted" in any spelling is not; None for any other word.

    >>> activity_of({}), activity_of({"status": "toBeDeleted"}), activity_of({"status": "gone"})
    (True, False, None)
    """
    return _ACTIVE.get(str(record.get("status") or "").lower().replace(" ", "").replace("_", ""))


def once_each(records: Iterable[Record], refusal: Callable[[Record], OutsideError]) -> list[Record]:
    """Keep one record per id; a page that is served twice gives the same record twice.

    Raises:
        OutsideError: what `refusal` makes of a record whose id another one has, with different content.
    """
    by_id: dict[str, Record] = {}
    for record in records:
        if by_id.setdefault(id_of(record) or "", record) != record:
            raise refusal(record)
    return list(by_id.values())


def path_of(*parts: str) -> str:
    """Join a path; commas and slashes in an id are data.

    >>> path_of("classes", "4,1/a", "results")
    '/classes/4%2C1%2Fa/results'
    """
    return "".join(f"/{quote(part, safe='')}" for part in parts)
