"""OneRoster 1.1 records as they come: sloppy in form, never guessed in content.

Ids become text, references may be objects or bare ids, booleans may be words, dates may carry a time,
objects may be wrapped in their name. Fields that nobody here knows are ignored.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pandera.pandas as pa

from gradeflow.errors import SourceDataError
from gradeflow.model import frames

Record = Mapping[str, Any]

_ACTIVE = {"": True, "active": True, "tobedeleted": False, "inactive": False}
_PERSONAL = frozenset({"user", "enrollment", "result"})
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def invalid(label: str, what: str) -> SourceDataError:
    """Build the error for a record that cannot be read; `what` names no person and no score."""
    return SourceDataError(
        f"{what}. Have it corrected in the SIS, then run again", system=label, code="SIS_RECORD_INVALID"
    )


def name_of(record: Record, kind: str) -> str:
    """Name a record in a message: by its id, unless it belongs to one person.

    >>> name_of({"sourcedId": "c1"}, "class"), name_of({"sourcedId": "0042"}, "user")
    ('class c1', 'one user')
    """
    return f"one {kind}" if kind in _PERSONAL else f"{kind} {id_of(record)}"


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


def id_of(value: Any) -> str | None:
    """Give the id of a record or reference as text; None where there is none.

    >>> id_of({"sourcedId": "0042"}), id_of("0042"), id_of(42), id_of({}), id_of(None)
    ('0042', '0042', '42', None, None)
    """
    if isinstance(value, dict):
        value = value.get("sourcedId", value.get("sourcedid"))
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    return str(value) or None


def text_of(value: Any) -> str | None:
    """Give a text field; a number becomes text, anything else is absent."""
    return str(value) if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else None


def flag_of(value: Any) -> bool | None:
    """Read true, "True", "1"; None where it says nothing readable."""
    return _FLAGS.get(str(value).strip().lower()) if value is not None else None


def is_active(record: Record, label: str, kind: str) -> bool:
    """Read `status`: absent is active, "tobedeleted" in any spelling is not.

    Raises:
        SourceDataError: a status outside the vocabulary; guessing would keep or drop somebody.
    """
    status = str(record.get("status") or "").lower().replace(" ", "").replace("_", "")
    if status not in _ACTIVE:
        raise invalid(label, f"{name_of(record, kind)} has a status that is neither active nor tobedeleted")
    return _ACTIVE[status]


def date_of(value: Any, zone: ZoneInfo) -> dt.date | None:
    """Read a date or date-time as a district-local date; None where absent or unreadable.

    Midnight UTC is a date that was only written as a date-time: no district's day starts or ends work at
    that instant, but many servers print dates so.

    >>> texts = ("2026-10-01", "2026-10-01T00:00:00Z", "2026-10-02T04:59:00Z")
    >>> {str(date_of(text, ZoneInfo("America/Chicago"))) for text in texts}
    {'2026-10-01'}
    """
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        instant = dt.datetime.fromisoformat(value.strip())
        if instant.tzinfo is None:
            return instant.date()
        universal = instant.astimezone(dt.UTC)
        return universal.date() if universal.time() == dt.time() else instant.astimezone(zone).date()
    except (ValueError, OverflowError):  # the second where the first or last day of the calendar is moved
        return None


def raw_of(record: Record) -> str:
    """Keep the whole object as JSON, keys in order, so that equal objects are equal texts."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False, default=_plain_number)


def _plain_number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    msg = "only numbers need help to become JSON"
    raise TypeError(msg)


def once_each(records: Iterable[Record], label: str, kind: str) -> list[Record]:
    """Keep one record per id; a page that is served twice gives the same record twice.

    Raises:
        SourceDataError: two different records under one id.
    """
    by_id: dict[str, Record] = {}
    for record in records:
        key = id_of(record) or ""
        if by_id.setdefault(key, record) != record:
            raise invalid(label, f"{name_of(record, kind)} is there twice, with different content")
    return list(by_id.values())


def frame_of(schema: pa.DataFrameSchema, rows: Iterable[Mapping[str, Any]], label: str) -> pd.DataFrame:
    """Build a canonical frame.

    Raises:
        SourceDataError: the records do not make one; names columns and checks only.
    """
    try:
        return frames.build(schema, rows)
    except (ValueError, TypeError, OverflowError) as error:
        what = (
            str(error)
            if isinstance(error, ValueError) and "breaks its schema" in str(error)
            else (f"frame {schema.name} cannot be built")
        )
    raise invalid(label, what)
