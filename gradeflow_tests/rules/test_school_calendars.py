"""Schools of one district with periods, terms and days off of their own, and sections that go by others."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from gradeflow.model.gradebook import SisReference
from gradeflow_tests.rules.small_school import (
    PERIODS,
    at,
    codes,
    item,
    judged,
    reference,
    score,
)

# North goes by quarters, South by trimesters; the run is on 2026-11-20, when t1 is over and q2 is running.
TRIMESTERS = (
    {"period_id_sis": "t1", "start_date": "2026-08-24", "end_date": "2026-11-13"},
    {"period_id_sis": "t2", "start_date": "2026-11-16", "end_date": "2027-02-26"},
)
SCHOOLS = {"south": ["t1", "t2"], "north": ["q1", "q2", "q3"]}


def _of_two_schools(school: str | None) -> SisReference:
    both = reference(periods=[*PERIODS, *TRIMESTERS])
    return replace(both, sections=both.sections.assign(school_id_sis=pd.Series([school] * 2, dtype="str")))


@pytest.mark.parametrize(
    ("school", "due", "code", "period"),
    [
        ("north", "2026-11-12 23:59", None, "q2"),
        ("south", "2026-11-12 23:59", "PERIOD_CLOSED", "t1"),
        ("south", "2026-11-16 23:59", None, "t2"),
        ("north", "2026-11-16 23:59", None, "q2"),
        ("south", "2026-11-15 23:59", "DATE_OUTSIDE_PERIODS", None),
        ("north", "2026-11-15 23:59", None, "q2"),
        ("south", "2027-02-01 23:59", None, "t2"),
        ("north", "2027-02-01 23:59", "PERIOD_NOT_STARTED", "q3"),
    ],
)
def test_each_school_goes_by_its_own_periods(
    school: str, due: str, code: str | None, period: str | None
) -> None:
    found = judged(
        [item(due_at=at(due), assigned_at=at("2026-11-11 08:00"))],
        sis=_of_two_schools(school),
        calendar={"schools": SCHOOLS},
    )
    assert codes(found) == ([] if code is None else [code])
    assert found.line_items["period_id_sis"].fillna("").tolist() == [period or ""]


@pytest.mark.parametrize("school", ["elsewhere", None])
def test_a_school_that_is_not_named_goes_by_the_periods_that_are_given_to_none(school: str | None) -> None:
    sis, days = _of_two_schools(school), {"schools": {"south": ["t1", "t2"]}}
    assert judged(sis=sis, calendar=days).line_items["period_id_sis"].tolist() == ["q2"]
    assert codes(judged(sis=sis, calendar={"schools": SCHOOLS})) == ["DATE_OUTSIDE_PERIODS"]


@pytest.mark.parametrize(
    ("section", "due", "code", "period"),
    [
        ("A", "2026-11-12 23:59", "PERIOD_CLOSED", "t1"),  # a class that goes by trimesters
        ("B", "2026-11-12 23:59", None, "q2"),
        ("A", "2026-11-16 23:59", None, "t2"),
        ("A", "2026-11-15 23:59", "DATE_OUTSIDE_PERIODS", None),
    ],
)
def test_a_section_may_go_by_periods_of_its_own(
    section: str, due: str, code: str | None, period: str | None
) -> None:
    days = {"schools": {"north": ["q1", "q2", "q3"]}, "sections": {"A": ["t1", "t2"]}}
    found = judged(
        [item(section_id_sis=section, due_at=at(due), assigned_at=at("2026-11-11 08:00"))],
        [score(section_id_sis=section)],
        sis=_of_two_schools("north"),
        calendar=days,
    )
    assert codes(found) == ([] if code is None else [code])
    assert found.line_items["period_id_sis"].fillna("").tolist() == [period or ""]


def test_the_periods_of_a_section_stay_those_of_its_school() -> None:
    days = {"sections": {"A": ["q1"]}}  # a class of the first quarter alone
    found = judged([item(), item(section_id_sis="B")], [], calendar=days)
    assert found.line_items["period_id_sis"].fillna("").tolist() == ["", "q2"]


@pytest.mark.parametrize(
    ("school", "code"),
    [("north", None), ("south", "PERIOD_CLOSED"), ("west", "TERM_UNMAPPED"), (None, "TERM_UNMAPPED")],
)
def test_a_term_may_mean_another_period_in_each_school(school: str | None, code: str | None) -> None:
    days = {"terms": {"autumn": {"north": "q2", "south": "t1"}}}
    found = judged(
        [item(term_lms="autumn")],
        route="itslearning",
        sis=_of_two_schools(school),
        calendar=days,
        period_dates=("term",),
    )
    assert codes(found) == ([] if code is None else [code])


def test_a_missing_due_date_becomes_the_end_of_the_schools_own_period() -> None:
    blank = item(due_at=None, has_everyone=False, term_lms=None, assigned_at=at("2026-11-17 08:00"))
    for school, last in (("south", "2027-02-26"), ("north", "2027-01-22")):
        found = judged(
            [blank], sis=_of_two_schools(school), calendar={"schools": SCHOOLS}, missing_due="period_end"
        )
        assert str(found.line_items["due_date"].iloc[0].date()) == last


def test_a_teacher_who_joins_sends_from_the_start_of_the_schools_own_period() -> None:
    stays = [{"teacher": "t1", "added": "2026-11-18"}]
    early = item(assigned_at=at("2026-11-10 08:00"), due_at=at("2026-11-19 23:59"))
    for school, code in (("north", []), ("south", ["ASSIGNED_BEFORE_JOINING"])):
        found = judged(
            [early],
            route="otus",
            sis=_of_two_schools(school),
            calendar={"schools": SCHOOLS},
            settings={"teachers": stays},
            period_rule="none",
        )
        assert codes(found) == code


def test_a_day_off_of_one_school_is_a_school_day_in_the_other() -> None:
    fair = {"from": "2026-11-16", "to": "2026-11-17", "schools": ["south"]}
    for school, code in (("north", []), ("south", ["DUE_ON_NON_SCHOOL_DAY"])):
        found = judged(sis=_of_two_schools(school), calendar={"no_school": [fair]}, school_day_rule="reject")
        assert codes(found) == code
