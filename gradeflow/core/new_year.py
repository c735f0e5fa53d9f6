"""An assignment that is used again in a new school year, in a section whose SIS id is used again (G18).

Its identity is the same, so that without more its title, dates and scores would go over last year's in the SIS. It
begins a new generation instead: a line item of its own, and last year's stays as it is. Keep out: how a generation is
keyed (`sides`), and line items that are made again because the SIS deleted them (`plan.items_to_recreate`).
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pandas as pd

from gradeflow.model.joins import locate, take
from gradeflow.ports import SnapshotStore
from gradeflow.rules.judge import ITEM_KEY, Judged

SENT_DATES = ("assign_date", "due_date")
DAY = dt.timedelta(days=1)


def begun_anew(
    judged: Judged,
    known: pd.DataFrame,
    store: SnapshotStore,
    periods: pd.DataFrame,
    year_begins: dt.date | None,
) -> dict[tuple[str, str], int]:
    """Find the line items that were sent in one school year and are dated in a later one.

    That is where every date that was last sent lies before a year's first day, and every date of now on it or after
    it. A date that moves within a year, or on one side only, makes nothing new.

    Args:
        known: the line items ever registered, each in its latest generation.
        periods: frame GRADING_PERIODS.
        year_begins: what the district file says of it. Where neither names a year, nothing is known to begin anew.

    Returns:
        Their next generation, by ITEM_KEY.
    """
    first_days = year_starts(periods, year_begins)
    sent = known[known["version"] > 0].reset_index(drop=True)
    if not first_days or sent.empty:
        return {}
    items = judged.line_items[judged.line_items["verdict"] != "unknown"].reset_index(drop=True)
    at = locate(sent, items, ITEM_KEY)
    now = pd.concat([take(items[name], at) for name in SENT_DATES], axis=1).min(axis=1)
    frozen = pd.to_datetime(sent["assigned_on"])
    moved = pd.Series(False, index=sent.index)
    for first in first_days:
        moved |= (frozen < pd.Timestamp(first)) & (now >= pd.Timestamp(first))
    if not moved.any():  # so on nearly every night: what was sent is read only where it matters
        return {}
    last = _last_sent(sent[moved], store)
    rows = sent.loc[moved, ["line_item_key", *ITEM_KEY, "generation"]].itertuples(index=False)
    return {
        (item, section): int(generation) + 1
        for (key, item, section, generation), day in zip(rows, now[moved], strict=True)
        if key in last and any(last[key] < pd.Timestamp(first) <= day for first in first_days)
    }


def year_starts(periods: pd.DataFrame, year_begins: dt.date | None) -> list[dt.date]:
    """List the first days of the school years that the SIS names; the days between two years belong to the later.

    An SIS that names none has the one that the district file gives.

    Args:
        periods: frame GRADING_PERIODS. A year is what `school_year` says; a period without one counts for none.
    """
    years = periods.dropna(subset=["school_year"]).groupby("school_year")
    spans = sorted((own["start_date"].min().date(), own["end_date"].max().date()) for _, own in years)
    if not spans:
        return [] if year_begins is None else [year_begins]
    found = [spans[0][0]]
    for (_, ended), (first, _) in pairwise(spans):
        found.append(min(first, ended + DAY))
    return found


def _last_sent(items: pd.DataFrame, store: SnapshotStore) -> dict[int, pd.Timestamp]:
    """Give the last of the dates that stand in the SIS by our hand, per line item that has any."""
    fields = store.fields()
    mine = fields[fields["line_item_key"].isin(items["line_item_key"]) & fields["field"].isin(SENT_DATES)]
    dates = pd.to_datetime(mine["sent"].dropna(), format="%Y-%m-%d")
    last = dates.groupby(mine["line_item_key"].loc[dates.index]).max()
    return dict(zip(last.index.tolist(), last, strict=True))
