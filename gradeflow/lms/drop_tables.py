"""Tables of a file drop: what a cell may hold, and how columns of text become canonical frames.

Checks are masks over whole columns; only rows that fail one are looked at singly. Which columns there are and
what they mean is a `FileContract` and each system's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pandera.pandas as pa

from gradeflow.model import frames
from gradeflow.transport.csv import Fault, Text

DAY_START, DAY_END = dt.time(), dt.time(23, 59)
YEARS = (1900, 2999)  # at the ends of the calendar a day of another time zone does not exist
A_DAY = f"a date as YYYY-MM-DD, {YEARS[0]} to {YEARS[1]}"
A_NUMBER = "a decimal number such as 10 or 7.5"
_DECIMAL = r"-?\d{1,9}(\.\d{1,12})?"
_DAY = r"\d{4}-\d{2}-\d{2}"

Mask = pd.Series  # of booleans, one per row
Check = tuple[str, Mask, str]
"""A column, the rows that are wrong in it, and what is allowed there."""


def faults_of(text: Text, checks: Sequence[Check]) -> list[Fault]:
    """Name every wrong cell by file, line and column."""
    found = [
        (int(position), column, allowed)
        for column, mask, allowed in checks
        for position in mask.to_numpy(dtype=bool).nonzero()[0]
    ]
    lines = text.lines([position for position, _, _ in found]) if found else {}
    return [Fault(text.file, lines[position], column, allowed) for position, column, allowed in found]


def key_checks(rows: pd.DataFrame, columns: Iterable[str]) -> list[Check]:
    """Check columns that are ids or names."""
    return [(column, ~rows[column].str.len().between(1, 255), "1 to 255 characters") for column in columns]


def strangers(rows: pd.DataFrame, known: pd.DataFrame, key: Sequence[str]) -> Mask:
    """Find the rows whose key another table does not have; none where that table's keys are not unique."""
    among = pd.MultiIndex.from_frame(known[list(key)])
    mine = pd.MultiIndex.from_frame(rows[list(key)])
    return pd.Series(among.get_indexer_for(mine) < 0 if among.is_unique else False, index=rows.index)


def is_number(column: pd.Series) -> Mask:
    """Tell which cells are decimal numbers."""
    return column.str.fullmatch(_DECIMAL)


def is_flag(column: pd.Series) -> Mask:
    """Tell which cells are true or false."""
    return column.str.lower().isin(["true", "false"])


def is_day(column: pd.Series) -> Mask:
    """Tell which cells are days that exist."""
    return column.str.fullmatch(_DAY) & each(column, _is_real_day).astype(bool)


def _is_real_day(text: str) -> bool:
    try:
        return YEARS[0] <= dt.date.fromisoformat(text).year <= YEARS[1]
    except ValueError:
        return False


def each(column: pd.Series, read: Callable[[str], Any], dtype: Any = object) -> pd.Series:
    """Apply a function to each distinct text once: columns hold few distinct dates and scores."""
    codes, texts = pd.factorize(column)
    values = pd.array([read(str(text)) for text in texts], dtype=dtype)
    return pd.Series(values.take(codes), index=column.index)


def flags(column: pd.Series) -> pd.Series:
    """Read true and false; an empty cell is unknown."""
    return column.str.lower().map({"true": True, "false": False})


def instants(column: pd.Series, time: dt.time, zone: ZoneInfo) -> pd.Series:
    """Read days of the district as instants at a time of day; an empty cell is none."""

    def read(text: str) -> dt.datetime | None:
        if not text:
            return None
        return dt.datetime.combine(dt.date.fromisoformat(text), time, zone).astimezone(dt.UTC)

    return each(column, read, frames.INSTANT)


NO_DATE = "none"


def own_due_check(rows: pd.DataFrame, column: str) -> Check:
    """Check a column of students' own due dates."""
    cells = rows[column]
    right = is_day(cells) | cells.isin(["", NO_DATE])
    return column, ~right, f"{A_DAY}, {NO_DATE}, or empty: the section's holds"


def own_due(column: pd.Series, zone: ZoneInfo) -> dict[str, pd.Series]:
    """Read students' own due dates as columns of RESULTS: days end at 23:59, and a student may have none at all."""
    told = column != ""
    at = instants(column.replace(NO_DATE, ""), DAY_END, zone)
    return {"has_own_due": told.astype(frames.FLAG).where(told), "own_due_at": at}


def framed(schema: pa.DataFrameSchema, index: pd.Index, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Make a checked frame; a column that is not named is unknown throughout."""
    return frames.checked(
        schema,
        pd.DataFrame(
            {
                name: pd.Series(columns.get(name), index=index, dtype=column.dtype.type)
                for name, column in schema.columns.items()
            }
        ),
    )
