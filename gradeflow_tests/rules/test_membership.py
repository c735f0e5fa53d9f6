"""The dated teacher group: joining sends from the period's start on, leaving stops, coming back resumes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gradeflow.model.district import TeacherMembership
from gradeflow.rules.membership import standing
from gradeflow_tests.rules.small_school import PERIODS, at, codes, item, judged, reference

# Q1 runs from 2026-08-17, Q2 from 2026-11-02. The run is on 2026-11-20.


@pytest.mark.parametrize(
    ("stays", "assigned", "code"),
    [
        # joined in the middle of Q2: from Q2's first day on (R073)
        ([{"added": "2026-11-10"}], "2026-11-02", None),
        ([{"added": "2026-11-10"}], "2026-11-01", "ASSIGNED_BEFORE_JOINING"),
        # joined on the day of the run, and the day after
        ([{"added": "2026-11-20"}], "2026-11-02", None),
        ([{"added": "2026-11-21"}], "2026-11-02", "ASSIGNER_NOT_IN_GROUP"),
        # removed: stops on that day (R075)
        ([{"removed": "2026-11-21"}], "2026-11-02", None),
        ([{"removed": "2026-11-20"}], "2026-11-02", "ASSIGNER_NOT_IN_GROUP"),
        # removed and added again: the first bound stays (R076)
        ([{"added": "2026-09-01", "removed": "2026-11-05"}, {"added": "2026-11-10"}], "2026-08-17", None),
        ([{"added": "2026-09-01", "removed": "2026-11-05"}, {"added": "2026-11-10"}], "2026-11-07", None),
        ([{"added": "2026-11-03", "removed": "2026-11-05"}, {"added": "2026-11-10"}], "2026-11-01",
         "ASSIGNED_BEFORE_JOINING"),
        # always in
        ([{}], "2026-08-17", None),
        ([{}], "2026-08-16", "BEFORE_EFFECTIVE_DATE"),
        ([{"added": "2026-09-01"}], "2026-08-16", "BEFORE_EFFECTIVE_DATE, ASSIGNED_BEFORE_JOINING"),
        ([], "2026-11-09", "ASSIGNER_NOT_IN_GROUP"),
    ],
)  # fmt: skip
def test_what_was_assigned_when_goes_by_the_stays_of_its_teacher(
    stays: list[dict[str, Any]], assigned: str, code: str | None
) -> None:
    found = judged(
        [item(assigned_at=at(f"{assigned} 09:00"))],
        route="otus",
        settings={"teachers": [{"teacher": "t1", **stay} for stay in stays]},
        period_rule="none",
    )
    assert codes(found) == sorted(code.split(", ")) if code else codes(found) == []


def test_what_was_missed_while_out_goes_only_while_its_period_is_open() -> None:
    stays = [
        {"teacher": "t1", "added": "2026-09-01", "removed": "2026-10-05"},
        {"teacher": "t1", "added": "2026-11-10"},
    ]
    missed = item(assigned_at=at("2026-10-08 09:00"), due_at=at("2026-10-15 23:59"))
    assert codes(judged([missed], route="otus", settings={"teachers": stays})) == ["PERIOD_CLOSED"]
    grace = {"closes": {"q1": "2026-12-01"}}
    assert codes(judged([missed], route="otus", settings={"teachers": stays}, calendar=grace)) == []


def test_somebody_added_between_periods_begins_on_that_day() -> None:
    stay = TeacherMembership(teacher="t1", added=dt.date(2026, 10, 31))
    found = standing([stay], reference(periods=PERIODS).grading_periods, dt.date(2026, 11, 20))
    assert found["t1"].first_assigned == dt.date(2026, 10, 31)


@pytest.mark.parametrize("order", [1, -1])
def test_stays_count_in_any_order(order: int) -> None:
    stays = [
        TeacherMembership(teacher="t1", added=dt.date(2026, 9, 1), removed=dt.date(2026, 10, 1)),
        TeacherMembership(teacher="t1", added=dt.date(2026, 11, 10)),
    ]
    found = standing(stays[::order], reference().grading_periods, dt.date(2026, 11, 20))
    assert (found["t1"].is_in, found["t1"].first_assigned) == (True, dt.date(2026, 8, 17))
