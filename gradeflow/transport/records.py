"""Fields of records as other systems show them in JSON: sloppy in form, never guessed in content.

Ids and texts may come as numbers, flags as words, days as instants. What cannot be read is None, unless a function
says otherwise; what that means is the reader's to say.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Record = Mapping[str, Any]

_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def text_of(value: Any) -> str | None:
    """Give a text field; a number becomes text, anything else is absent.

    >>> text_of("0042"), text_of(42), text_of(""), text_of(True), text_of({})
    ('0042', '42', '', None, None)
    """
    return str(value) if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else None


def is_blank(value: Any) -> bool:
    """Tell whether nothing is there; what is there and cannot be read is not nothing.

    >>> is_blank(None), is_blank(" "), is_blank(0), is_blank("A+"), is_blank([])
    (True, True, False, False, False)
    """
    return value is None or (isinstance(value, str) and not value.strip())


def flag_of(value: Any) -> bool | None:
    """Read true, "True", "1"; None where it says nothing readable."""
    return None if value is None else _FLAGS.get(str(value).strip().lower())


def moment_of(text: str) -> dt.datetime | dt.date:
    """Read a date or date-time: a day, or an instant, or a time of day that names no zone.

    Midnight UTC is a date that was only written as a date-time, as many servers do: no district's day or work
    begins or ends at that instant.

    >>> moment_of("2026-10-01"), moment_of("2026-10-01T00:00:00Z")
    (datetime.date(2026, 10, 1), datetime.date(2026, 10, 1))
    >>> moment_of("2026-10-02T04:59Z").isoformat()
    '2026-10-02T04:59:00+00:00'

    Raises:
        ValueError, OverflowError: it is neither; the second where the first or last day of the calendar is moved.
    """
    parsed = dt.datetime.fromisoformat(text.strip())
    universal = parsed.astimezone(dt.UTC) if parsed.tzinfo else parsed
    return universal.date() if universal.time() == dt.time() else parsed


def raw_of(record: Record) -> str:
    """Keep the whole object as JSON, keys in order, so that equal objects are equal texts."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False, default=_plain_number)


def _plain_number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    msg = "only numbers need help to become JSON"
    raise TypeError(msg)
