"""The dated teacher group: who may pass back on the day of the run, and from which assigned date on.

A member added on day d sends what was assigned from max(effective date, start of the period that holds d) on
(R073); when re-added the first bound stays (R076); removal only stops sends (R075).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gradeflow.model.district import TeacherMembership
from gradeflow.rules.calendar import periods_of


@dataclass(frozen=True, slots=True)
class Member:
    """One person's standing on the day of the run."""

    is_in: bool
    first_assigned: dt.date | None  # items assigned before this day stay out; None: no bound


def standing(stays: Sequence[TeacherMembership], periods: pd.DataFrame, today: dt.date) -> dict[str, Member]:
    """Work out each person's standing from the dated stays of the district file."""
    by_teacher: dict[str, list[TeacherMembership]] = {}
    for stay in stays:
        by_teacher.setdefault(stay.teacher, []).append(stay)
    return {teacher: _member(own, periods, today) for teacher, own in by_teacher.items()}


def standing_by_school(
    stays: Sequence[TeacherMembership],
    periods: pd.DataFrame,
    assigned: Mapping[str, Collection[str]],
    today: dt.date,
) -> dict[str | None, dict[str, Member]]:
    """Work out everybody's standing in each school that has periods of its own, and under None in all others."""
    return {
        school: standing(stays, periods[periods_of(school, periods, assigned)], today)
        for school in (None, *assigned)
    }


def _member(stays: list[TeacherMembership], periods: pd.DataFrame, today: dt.date) -> Member:
    is_in = any(
        (stay.added is None or stay.added <= today) and (stay.removed is None or today < stay.removed)
        for stay in stays
    )
    if any(stay.added is None for stay in stays):
        return Member(is_in, None)
    first = min(stay.added for stay in stays if stay.added is not None)
    return Member(is_in, _period_start(first, periods))


def _period_start(day: dt.date, periods: pd.DataFrame) -> dt.date:
    at = pd.Timestamp(day)
    holding = periods[(periods["start_date"] <= at) & (periods["end_date"] >= at)]
    return day if holding.empty else holding["start_date"].max().date()
