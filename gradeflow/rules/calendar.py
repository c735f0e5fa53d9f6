"""Grading periods: which one a day lies in, and whether it takes scores on the day of the run.

Open is from a period's first day through the date that the district file gives as `calendar.closes`, by
default its last day. Unknown is not open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

NO_DATE, OUTSIDE = -2, -1

# First row that fits wins. Facts are of the periods of those dates that the route checks and the item has: a
# missing date is its own rule's matter and must not hide that the other one lies in a closed period.
PERIOD_STATES: tuple[tuple[str, dict[str, bool]], ...] = (
    ("unknown", {"has_date": False}),
    ("outside", {"is_outside": True}),
    ("closed", {"all_closed": True}),
    ("straddle", {"any_closed": True}),
    ("not_started", {"any_not_begun": True}),
    ("two_open", {"is_one": False}),
    ("open", {}),
)


def local_dates(instants: pd.Series, zone: str) -> pd.Series:
    """Give the district-local calendar date of each instant: 23:59 belongs to its day (G12)."""
    local = instants.dt.tz_convert(zone).dt.tz_localize(None)
    return pd.Series(local.dt.normalize().astype("datetime64[ns]"), index=instants.index)


def period_positions(dates: pd.Series, periods: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Find the grading period of each date.

    Returns:
        Shape: one row number of `periods` per date; NO_DATE where null, OUTSIDE where in none. Where
        periods overlap, the one that begins last, then the one that ends first: a quarter, not its semester.
    """
    found = np.full(len(dates), OUTSIDE, dtype=np.int64)
    values = dates.to_numpy()
    order = periods.reset_index(drop=True).sort_values(
        ["start_date", "end_date", "period_id_sis"], ascending=[True, False, False]
    )
    for position in order.index:
        start, end = periods["start_date"].iloc[position], periods["end_date"].iloc[position]
        found[(values >= np.datetime64(start)) & (values <= np.datetime64(end))] = position
    found[dates.isna().to_numpy()] = NO_DATE
    return found


def positions_by_school(
    dates: pd.Series, periods: pd.DataFrame, schools: pd.Series, assigned: Mapping[str, Collection[str]]
) -> npt.NDArray[np.int64]:
    """Find the grading period of each date among those that its school goes by.

    Args:
        schools: per date the section's school, by its SIS id; null where it is not known.
        assigned: per school the ids of its periods; a school that is not named, or not known, goes by the
            periods that are given to none.

    Returns:
        As `period_positions`: row numbers of `periods`.
    """
    if not assigned:
        return period_positions(dates, periods)
    found = np.full(len(dates), OUTSIDE, dtype=np.int64)
    for school in [*assigned, None]:
        here = (schools == school if school is not None else ~schools.isin(list(assigned))).to_numpy(bool)
        own = periods["period_id_sis"][periods_of(school, periods, assigned)]
        found[here] = positions_among(dates[here], periods, own)
    return found


def positions_among(dates: pd.Series, periods: pd.DataFrame, own: Collection[str]) -> npt.NDArray[np.int64]:
    """Find the grading period of each date among some of them, by their ids; row numbers of all `periods`."""
    at = np.flatnonzero(periods["period_id_sis"].isin(list(own)).to_numpy(bool))
    found = period_positions(dates, periods.iloc[at])
    return np.where(found >= 0, np.append(at, OUTSIDE)[found], found)


def periods_of(
    school: str | None, periods: pd.DataFrame, assigned: Mapping[str, Collection[str]]
) -> npt.NDArray[np.bool_]:
    """Tell per row of `periods` whether a school goes by it."""
    ids = periods["period_id_sis"]
    if school is not None and school in assigned:
        return ids.isin(list(assigned[school])).to_numpy(bool)
    given = {period for own in assigned.values() for period in own}
    return (~ids.isin(list(given))).to_numpy(bool)


def openness(periods: pd.DataFrame, closes: Mapping[str, dt.date], today: dt.date) -> pd.DataFrame:
    """Tell per period whether it is closed or has not begun on `today` (columns is_closed, is_not_begun)."""
    day = pd.Timestamp(today)
    last = pd.Series(
        [
            pd.Timestamp(closes[period]) if period in closes else end
            for period, end in zip(periods["period_id_sis"], periods["end_date"], strict=True)
        ],
        dtype="datetime64[ns]",
        index=periods.index,
    )
    return pd.DataFrame({"is_closed": last < day, "is_not_begun": periods["start_date"] > day})


def period_states(checked: list[npt.NDArray[np.int64]], opened: pd.DataFrame) -> pd.Categorical[str]:
    """Judge the periods of the dates that a route checks, by the table PERIOD_STATES.

    Args:
        checked: per date field the period positions, all of one length.
        opened: as `openness` gives it.
    """
    stack = np.stack(checked)
    missing, outside = stack == NO_DATE, stack == OUTSIDE
    safe = np.where(stack < 0, 0, stack)
    if len(opened):
        closed = opened["is_closed"].to_numpy()[safe] & (stack >= 0)
        not_begun = opened["is_not_begun"].to_numpy()[safe] & (stack >= 0)
    else:
        closed = not_begun = np.zeros_like(stack, dtype=bool)
    highest = stack.max(axis=0)  # NO_DATE is the lowest: a date that is there, where one is
    facts = {
        "has_date": ~missing.all(axis=0),
        "is_outside": outside.any(axis=0),
        "all_closed": (closed | missing).all(axis=0),
        "any_closed": closed.any(axis=0),
        "any_not_begun": not_begun.any(axis=0),
        "is_one": ((stack == highest) | missing).all(axis=0),
    }
    return first_fit(PERIOD_STATES, facts, stack.shape[1])


def first_fit(
    table: tuple[tuple[str, dict[str, bool]], ...],
    facts: Mapping[str, npt.NDArray[np.bool_]],
    length: int,
) -> pd.Categorical[str]:
    """Name, per row, the first line of a decision table whose conditions all hold; the last has none."""
    names = list(dict.fromkeys(name for name, _ in table))  # several lines may lead to one name
    found = np.full(length, -1, dtype=np.int8)
    for name, conditions in table:
        mask = found < 0
        for fact, wanted in conditions.items():
            mask &= facts[fact] == wanted
        found[mask] = names.index(name)
    return pd.Categorical.from_codes(found, categories=pd.Index(names))
