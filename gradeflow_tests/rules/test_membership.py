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


@pytest.mark.parametrize(
    ("joined", "first"),
    [
        ("2026-08-17", "2026-08-17"),  # the first day of Q1
        ("2026-10-30", "2026-08-17"),  # its last one
        ("2026-11-02", "2026-11-02"),  # the first day of Q2
        ("2027-01-22", "2026-11-02"),
        ("2026-08-01", "2026-08-01"),  # before any period
    ],
)
def test_joining_counts_from_the_first_day_of_the_period_that_holds_the_day(joined: str, first: str) -> None:
    stay = TeacherMembership(teacher="t1", added=dt.date.fromisoformat(joined))
    found = standing([stay], reference(periods=PERIODS).grading_periods, dt.date(2027, 2, 1))
    assert found["t1"].first_assigned == dt.date.fromisoformat(first)


@pytest.mark.parametrize(
    ("effective", "assigned", "code"),
    [
        ("2026-11-05", "2026-11-05", None),  # the later of both is the effective date
        ("2026-11-05", "2026-11-04", "BEFORE_EFFECTIVE_DATE"),
        ("2026-09-01", "2026-11-02", None),  # the later of both is the period's first day
        ("2026-09-01", "2026-11-01", "ASSIGNED_BEFORE_JOINING"),
    ],
)
def test_a_new_member_sends_from_the_later_of_effective_date_and_period_start(
    effective: str, assigned: str, code: str | None
) -> None:
    found = judged(
        [item(assigned_at=at(f"{assigned} 00:00"))],
        route="otus",
        settings={"teachers": [{"teacher": "t1", "added": "2026-11-10"}], "effective_date": effective},
        period_rule="none",
    )
    assert codes(found) == ([] if code is None else [code])


def test_who_was_added_removed_added_and_removed_is_in_on_exactly_those_days() -> None:
    stays = [
        TeacherMembership(teacher="t1", added=dt.date(2026, 9, 1), removed=dt.date(2026, 9, 10)),
        TeacherMembership(teacher="t1", added=dt.date(2026, 10, 1), removed=dt.date(2026, 10, 3)),
    ]
    periods = reference().grading_periods
    days = [dt.date(2026, 8, 31) + dt.timedelta(days=n) for n in range(40)]
    inside = [day.isoformat() for day in days if standing(stays, periods, day)["t1"].is_in]
    assert inside == [f"2026-09-{day:02}" for day in range(1, 10)] + ["2026-10-01", "2026-10-02"]


@pytest.mark.parametrize(
    ("who", "in_group", "teaches", "known", "code"),
    [
        ("a substitute made co-teacher, in the group", True, True, True, None),
        ("a substitute in the group only", True, False, True, "ASSIGNER_NOT_IN_CLASS"),
        ("a co-teacher outside the group", False, True, True, "ASSIGNER_NOT_IN_GROUP"),
        (
            "an administrator in the group whom the SIS does not know",
            True,
            False,
            False,
            "ASSIGNER_NOT_IN_SIS",
        ),
    ],
)
def test_a_substitute_must_be_in_the_group_and_teach_the_section(
    who: str, in_group: bool, teaches: bool, known: bool, code: str | None
) -> None:
    del who
    staff = [{"teacher_id_sis": "t1", "section_id_sis": "A", "is_primary": True}]
    if teaches:
        staff.append({"teacher_id_sis": "sub", "section_id_sis": "A", "is_primary": False})
    found = judged(
        [item(assigned_by_lms="u9", assigned_by_sis="sub")],
        route="otus",
        sis=reference(class_teachers=staff, teachers=("t1", "sub") if known else ("t1",)),
        settings={"teachers": ["t1", *(["sub"] if in_group else [])]},
    )
    assert codes(found) == ([] if code is None else [code])


def test_an_administrator_whom_the_lms_cannot_match_to_the_sis_never_passes_back() -> None:
    found = judged([item(assigned_by_lms="admin", assigned_by_sis=None)], route="otus")
    assert codes(found) == ["ASSIGNER_NOT_IN_SIS"]
