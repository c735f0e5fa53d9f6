"""What a run is about: a district at an instant, and the partitions that were launched.

Of the line items those whose frozen bucket lies in these partitions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gradeflow.core.choice import EVERYTHING, Choice
from gradeflow.model.district import District
from gradeflow.rules.profile import Profile


@dataclass(frozen=True, slots=True)
class Window:
    """One partition's days: `first` inclusive, `end` exclusive."""

    first: dt.date
    end: dt.date


@dataclass(frozen=True, slots=True)
class Scope:
    """The partitions of one run."""

    windows: tuple[Window, ...]

    @classmethod
    def of(cls, windows: Sequence[Window]) -> Scope:
        """Join windows that touch, so that a year is one comparison."""
        joined: list[Window] = []
        for window in sorted(windows, key=lambda w: w.first):
            if joined and window.first <= joined[-1].end:
                joined[-1] = Window(joined[-1].first, max(joined[-1].end, window.end))
            else:
                joined.append(window)
        return cls(tuple(joined))

    def holds(self, days: pd.Series) -> pd.Series:
        """Tell per day whether it lies in the scope; a null day does not."""
        inside = pd.Series(False, index=days.index)
        for window in self.windows:
            inside |= ((days >= pd.Timestamp(window.first)) & (days < pd.Timestamp(window.end))).fillna(False)
        return inside


@dataclass(frozen=True, slots=True)
class Night:
    """What a run is about, settled before it begins.

    Attributes:
        choice: which of the line items in the scope a person asked for.
        retry: whether what the SIS refused is sent again as it is.
        is_remaster: whether scores that are unchanged go again too (R154).
    """

    district: District
    profile: Profile
    as_of: dt.datetime
    scope: Scope
    lms_system_id: str
    sis_system_id: str
    max_in_flight: int = 8
    choice: Choice = EVERYTHING
    retry: bool = False
    is_remaster: bool = False

    @property
    def asks_again(self) -> bool:
        """Tell whether a person wants sent what the SIS refused: by saying so, by naming it, or with all."""
        return self.retry or self.is_remaster or self.choice.items is not None

    @property
    def today(self) -> dt.date:
        """The district's calendar day of the run."""
        return self.as_of.astimezone(self.district.zone).date()

    def command(self, *, sends: bool = True) -> str:
        """Write the command that asks for this run again, or for its plan alone."""
        return self.choice.command(
            self.district.district, is_remaster=self.is_remaster, retry=self.retry, sends=sends
        )


def buckets(items: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """Give the bucket of line items at first sight: assigned, created, due, or today, and why.

    Args:
        items: with assign_date, assigned_basis, created_date and due_date (district-local).

    Returns:
        Shape: assigned_on (date), assigned_basis; one row per row of `items`. Only a bucket: rules judge the
        LMS's current dates, never this.
    """
    first = items["assign_date"].fillna(items["due_date"])
    basis = items["assigned_basis"].where(items["assign_date"].notna(), "due")
    basis = basis.where(first.notna(), "first_seen")
    days = first.fillna(pd.Timestamp(today)).dt.date
    return pd.DataFrame({"assigned_on": days, "assigned_basis": basis}, index=items.index)
