"""What every SIS reading does with records: refuse one without naming anybody, place days, make frames."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pandera.pandas as pa

from gradeflow.errors import SourceDataError
from gradeflow.model import frames
from gradeflow.transport.records import moment_of


def invalid(label: str, what: str) -> SourceDataError:
    """Build the error for a record that cannot be read; `what` names no person and no score."""
    return SourceDataError(
        f"{what}. Have it corrected in the SIS, then run again", system=label, code="SIS_RECORD_INVALID"
    )


def date_of(value: Any, zone: ZoneInfo) -> dt.date | None:
    """Read a date or date-time as a district-local date; None where absent or unreadable.

    >>> texts = ("2026-10-01", "2026-10-01T00:00:00Z", "2026-10-02T04:59:00Z")
    >>> {str(date_of(text, ZoneInfo("America/Chicago"))) for text in texts}
    {'2026-10-01'}
    """
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        moment = moment_of(value)
        if not isinstance(moment, dt.datetime):
            return moment
        return (moment.astimezone(zone) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):
        return None


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
