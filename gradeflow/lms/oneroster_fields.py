"""Fields of a OneRoster LMS's records; what cannot be read refuses the whole reading."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.errors import SourceDataError
from gradeflow.lms.oneroster_account import LABEL
from gradeflow.transport.oneroster import activity_of
from gradeflow.transport.records import Record, moment_of, text_of


def invalid(what: str) -> SourceDataError:
    """Build the error for records that cannot be read; `what` holds no person, no score."""
    return SourceDataError(
        f"{what}. Nothing of this reading is used; have it corrected in the LMS",
        system=LABEL,
        code="LMS_RECORD_INVALID",
    )


def is_active(record: Record) -> bool:
    """Tell whether a record is active.

    Raises:
        SourceDataError: a status outside the vocabulary; guessing would keep or drop somebody.
    """
    activity = activity_of(record)
    if activity is None:
        raise invalid("a status that is neither active nor tobedeleted")
    return activity


def filled(value: Any) -> str | None:
    """Give a text field; an empty one is none."""
    return text_of(value) or None


def instant_of(value: Any, zone: ZoneInfo, time: dt.time) -> dt.datetime | None:
    """Read a date or date-time; a date means `time` of that day in the district.

    >>> zone, end = ZoneInfo("America/Chicago"), dt.time(23, 59)
    >>> {str(instant_of(text, zone, end)) for text in ("2026-10-01", "2026-10-01T00:00:00Z", "2026-10-02T04:59Z")}
    {'2026-10-02 04:59:00+00:00'}

    Raises:
        SourceDataError: it is there and cannot be read; no date and a broken date are not the same.
    """
    if value is None or value == "":
        return None
    try:
        moment = moment_of(str(value))
        if not isinstance(moment, dt.datetime):
            moment = dt.datetime.combine(moment, time, zone)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise invalid("a date that is no ISO 8601 date")
