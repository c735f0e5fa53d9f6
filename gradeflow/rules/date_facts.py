"""What the rules about dates judge: which grading period and which kind of day a line item's dates lie in.

A missing due date may become the last day of the item's grading period here (R027), where it has none the last day of
its section's terms (C05), or the day a week after it was assigned (E08); the instant `due_at` stays null then, since
no score becomes an automatic zero for a day that nobody wrote down.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.model.district import WEEKDAYS, Calendar
from gradeflow.model.joins import take
from gradeflow.rules import calendar
from gradeflow.rules.profile import ProfileValues

WEEK = pd.Timedelta(days=7)
GUESSED = ("created", "first_seen", "unknown")  # no person says that it was assigned on this day


def add_date_facts(
    facts: pd.DataFrame, periods: pd.DataFrame, days: Calendar, values: ProfileValues, today: dt.date
) -> None:
    """Add the facts of `assign_date`, `due_date` and `term_lms`, by the periods of each row's `school_id_sis`.

    A due date that is the course's end (`course_end_date`) may lie in a period that has not begun: nobody wrote it
    down, and the item is of no period.

    Args:
        facts: gains period_state, period_id_sis, term_state, is_in_order, is_school_day, is_due, has_assign_date
            and has_due_date; due_date and due_basis where another day takes the place of a due date.
        periods: GRADING_PERIODS of the SIS.
        days: what the district file says of the school year.
    """
    term = _term_positions(facts, periods, days)
    facts["term_state"] = np.select(
        [term == calendar.NO_DATE, term == calendar.OUTSIDE], ["none", "unmapped"], "mapped"
    )
    if values.missing_due in {"period_end", "period_or_course_end"}:
        _fill_due_dates(facts, term, periods, days)
    if values.missing_due == "period_or_course_end":
        _fill_with_course_end(facts, term)
    if values.missing_due == "week_after_assigned":
        fill = facts["due_date"].isna() & facts["assign_date"].notna()
        facts.loc[fill, "due_date"] = facts["assign_date"] + WEEK
        facts.loc[fill, "due_basis"] = "week_after_assigned"
    due = _positions(facts["due_date"], facts, periods, days)
    assigned = facts["assign_date"].mask(is_entered_late(facts), facts["due_date"])
    by_field = {
        "due": due,
        "assign": _positions(assigned, facts, periods, days),
        "term": np.where(term == calendar.OUTSIDE, calendar.NO_DATE, term),  # TERM_UNMAPPED says it
    }
    opened = calendar.openness(periods, days.closes, today)
    states = calendar.period_states([by_field[name] for name in values.period_dates], opened)
    facts["period_state"] = np.asarray(states, dtype=object)
    is_early = (facts["period_state"] == "not_started") & (facts["due_basis"] == "course_end")
    facts.loc[is_early, "period_state"] = "open"
    if values.period_rule == "marking_period":
        facts.loc[_is_outside_term(facts["due_date"], term, periods), "period_state"] = "outside"
    of_item = np.where(term >= 0, term, due) if values.require_term else due
    facts["period_id_sis"] = take(
        periods["period_id_sis"].reset_index(drop=True), np.where(of_item < 0, -1, of_item)
    )
    facts["is_in_order"] = ~(facts["due_date"] < assigned).fillna(False).astype(bool)
    facts["is_school_day"] = _is_school_day(facts["due_date"], facts["school_id_sis"], days)
    facts["is_due"] = ~(facts["due_date"] > pd.Timestamp(today)).fillna(False).astype(bool)
    facts["has_assign_date"] = facts["assign_date"].notna()
    facts["has_due_date"] = facts["due_date"].notna()


def is_entered_late(facts: pd.DataFrame) -> pd.Series:
    """Tell which items were entered after their day: they count, and are sent, as assigned on that day."""
    late: pd.Series = facts["assigned_basis"].isin(GUESSED) & (facts["assign_date"] > facts["due_date"])
    return late


def _term_positions(facts: pd.DataFrame, periods: pd.DataFrame, days: Calendar) -> npt.NDArray[np.int64]:
    """Find the grading period that each term tag means: NO_DATE where there is no tag, OUTSIDE where no period."""
    at = {period: position for position, period in enumerate(periods["period_id_sis"])}
    terms, names = pd.factorize(facts["term_lms"])
    schools, places = pd.factorize(facts["school_id_sis"])
    found = [
        [at.get(days.term_in(term, place), calendar.OUTSIDE) for place in (*places, None)] for term in names
    ]
    none = [calendar.NO_DATE] * (len(places) + 1)
    return np.array([*found, none], dtype=np.int64)[terms, schools]  # a null's code is the last


def _positions(
    dates: pd.Series, facts: pd.DataFrame, periods: pd.DataFrame, days: Calendar
) -> npt.NDArray[np.int64]:
    found = calendar.positions_by_school(dates, periods, facts["school_id_sis"], days.schools)
    for section, own in days.sections.items():
        here = (facts["section_id_sis"] == section).to_numpy(bool)
        found[here] = calendar.positions_among(dates[here], periods, own)
    return found


def _fill_due_dates(
    facts: pd.DataFrame, term: npt.NDArray[np.int64], periods: pd.DataFrame, days: Calendar
) -> None:
    """Let the last day of the item's period, by its term or else its assigned date, be the missing due date."""
    of_item = np.where(term >= 0, term, _positions(facts["assign_date"], facts, periods, days))
    fill = facts["due_date"].isna().to_numpy(bool) & (of_item >= 0)
    facts.loc[fill, "due_date"] = periods["end_date"].to_numpy()[of_item[fill]]
    facts.loc[fill, "due_basis"] = "period_end"


def _fill_with_course_end(facts: pd.DataFrame, term: npt.NDArray[np.int64]) -> None:
    """Let the last day of the section's terms be the due date that no grading period gave.

    An item with a tag that stands for no period of the SIS has a period, though it is not known which.
    """
    fill = facts["due_date"].isna() & (term == calendar.NO_DATE) & facts["course_end_date"].notna()
    facts.loc[fill, "due_date"] = facts["course_end_date"]
    facts.loc[fill, "due_basis"] = "course_end"


def _is_outside_term(
    due: pd.Series, term: npt.NDArray[np.int64], periods: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    start, end = (take(periods[name].reset_index(drop=True), np.where(term < 0, -1, term))
                  for name in ("start_date", "end_date"))  # fmt: skip
    outside: npt.NDArray[np.bool_] = ((due < start) | (due > end)).fillna(False).to_numpy(bool)
    return outside


def _is_school_day(due: pd.Series, schools: pd.Series, days: Calendar) -> pd.Series:
    """Tell whether there is school on each day; a missing date is another rule's matter."""
    weekdays = [WEEKDAYS.index(name) for name in days.school_weekdays]
    free = ~due.dt.day_of_week.isin(weekdays)
    for span in days.no_school:
        here = schools.isin(span.schools) if span.schools else True
        free |= due.between(pd.Timestamp(span.first), pd.Timestamp(span.last)) & here
    is_one: pd.Series = ~free | due.isna()
    return is_one
