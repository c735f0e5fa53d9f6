"""What the routes of itslearning and Schoology ask of a line item beyond Canvas's and Otus's, at its boundary."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gradeflow.rules.reasons import REASONS
from gradeflow_tests.rules.small_school import (
    NOW,
    Changes,
    at,
    codes,
    district,
    item,
    judged,
    score,
    score_verdict,
    verdict,
)

SILENT: Changes = {"term_lms": None, "is_rostered": None, "is_passback_enabled": None}
NO_DUE: Changes = {"due_at": None, "has_everyone": False, "everyone_due_at": None}
UNDATED: Changes = {"assigned_at": None, "assigned_basis": "unknown"}
NO_DATES: Changes = {**UNDATED, **NO_DUE}
CASES: list[tuple[str, str, Changes, str | None]] = [
    # route, what, changes, code that it fails with (None: passes)
    ("itslearning", "all in order", {}, None),
    ("campus", "all in order", {}, None),
    ("eschool", "all in order", {}, None),
    ("powerschool", "all in order", {}, None),
    ("oneroster", "all in order", {}, None),
    # R003, R005: a course that the SIS's integration made
    ("itslearning", "a course of the teacher's own", {"is_rostered": False}, "COURSE_NOT_SIS_ROSTERED"),
    ("campus", "unknown who made the course", {"is_rostered": None}, "COURSE_NOT_SIS_ROSTERED"),
    # R004: passback switched on
    ("itslearning", "passback off", {"is_passback_enabled": False}, "PASSBACK_DISABLED"),
    ("campus", "unknown whether on", {"is_passback_enabled": None}, "PASSBACK_DISABLED"),
    # R006: a term that is a grading period
    ("itslearning", "no term", {"term_lms": None}, "NO_TERM"),
    ("itslearning", "a term that no period has", {"term_lms": "winter"}, "TERM_UNMAPPED"),
    ("itslearning", "a term whose period is closed", {"term_lms": "q1"}, "PERIOD_STRADDLE"),
    ("itslearning", "a term and a due date that are over",
     {"term_lms": "q1", "due_at": at("2026-10-05 23:59")}, "PERIOD_CLOSED"),
    ("itslearning", "a term that has not begun", {"term_lms": "q3"}, "PERIOD_NOT_STARTED"),
    # what no other route asks for blocks nothing there
    ("canvas", "nothing known of these", SILENT, None),
    ("otus", "nothing known of these", SILENT, None),
    ("eschool", "nothing known of these", SILENT, None),
    ("oneroster", "nothing known of these", SILENT, None),
    ("canvas", "a course of the teacher's own", {"is_rostered": False, "is_passback_enabled": False}, None),
    ("eschool", "a term that no period has", {"term_lms": "winter"}, None),
    # R007, R017: the scale Score with a maximum
    ("itslearning", "a letter scale", {"grading": "letter"}, "SCALE_UNSUPPORTED"),
    ("itslearning", "standards", {"grading": "standards"}, "SCALE_UNSUPPORTED"),
    ("itslearning", "not graded", {"grading": "not_graded"}, "SCALE_UNSUPPORTED"),
    ("itslearning", "unknown scale", {"grading": "unknown"}, "SCALE_UNSUPPORTED"),
    ("itslearning", "no maximum", {"points_possible_e4": None}, "POINTS_REQUIRED"),
    ("campus", "parts of points", {"points_possible_e4": 105_000}, None),
    ("powerschool", "parts of points", {"points_possible_e4": 105_000}, "MAX_NOT_WHOLE"),
    ("oneroster", "parts of points", {"points_possible_e4": 105_000}, None),
    # an unknown assigned date: what was due before the effective date was assigned before it
    ("powerschool", "due on the effective date", {**UNDATED, "due_at": at("2026-08-17 08:00")}, "PERIOD_CLOSED"),
    ("eschool", "due the day before it", {**UNDATED, "due_at": at("2026-08-16 23:59")}, "BEFORE_EFFECTIVE_DATE"),
    ("eschool", "due in the window", UNDATED, None),
    ("eschool", "no date at all", NO_DATES, "DUE_DATE_REQUIRED"),
    ("itslearning", "due the day before it, in a term that runs",
     {**UNDATED, "due_at": at("2026-08-16 23:59")}, "BEFORE_EFFECTIVE_DATE"),
    ("itslearning", "no date at all, in a term that runs", NO_DATES, None),  # due on the term's last day
    ("powerschool", "no date at all, and no term", {**NO_DATES, "term_lms": None}, "DUE_DATE_REQUIRED"),
    # E16: an item counts once
    ("skyward", "factor 1", {"factor_e4": 10_000}, None),
    ("skyward", "factor 2", {"factor_e4": 20_000}, "FACTOR_NOT_ONE"),
    ("skyward", "factor 0", {"factor_e4": 0}, "FACTOR_NOT_ONE"),
    ("skyward", "factor not known", {"factor_e4": None}, "FACTOR_NOT_ONE"),
    ("eschool", "factor 2", {"factor_e4": 20_000}, None),
    ("powerschool", "factor not known", {"factor_e4": None}, None),
    # E08: on the due date, or a week after it was assigned where there is none
    ("otus campus", "due today", {"due_at": at("2026-11-20 23:59")}, None),
    ("otus campus", "due tomorrow", {"due_at": at("2026-11-21 00:01")}, "NOT_YET_DUE"),
    ("otus campus", "assigned a week ago", {**NO_DUE, "assigned_at": at("2026-11-13 23:59")}, None),
    ("otus campus", "assigned six days ago", {**NO_DUE, "assigned_at": at("2026-11-14 00:00")}, "NOT_YET_DUE"),
    ("otus campus", "neither date", NO_DATES, "ASSIGN_DATE_MISSING, DUE_DATE_REQUIRED"),
    ("otus", "due tomorrow", {"due_at": at("2026-11-21 00:01")}, None),
    ("canvas campus", "due tomorrow", {"due_at": at("2026-11-21 00:01")}, None),
    # G16: what the LMS drops counts in the SIS
    ("eschool", "a category that drops", {"is_droppable": True}, "DROPPED_SCORE_COUNTS"),
    ("eschool", "unknown whether it drops", {"is_droppable": None}, None),
    ("canvas", "a group that drops", {"is_droppable": True}, "DROPPED_SCORE_COUNTS"),
    # R008, R170: types
    ("itslearning", "test", {"kind": "test"}, None),
    ("itslearning", "task", {"kind": "task"}, None),
    ("itslearning", "discussion", {"kind": "discussion"}, "ITEM_TYPE_UNSUPPORTED"),
    ("itslearning", "survey", {"kind": "other"}, "ITEM_TYPE_UNSUPPORTED"),
    ("eschool", "test", {"kind": "test"}, None),
    ("eschool", "quiz", {"kind": "quiz"}, None),
    ("eschool", "discussion", {"kind": "discussion"}, None),
    ("eschool", "media album", {"kind": "other"}, "ITEM_TYPE_UNSUPPORTED"),
    ("oneroster", "no type at all", {"kind": "other"}, None),
    ("oneroster", "unknown whether published", {"is_published": None}, None),
    ("eschool", "unknown whether published", {"is_published": None}, "NOT_PUBLISHED"),
    # names
    ("itslearning", "49 characters", {"title": "x" * 49}, None),
    ("itslearning", "50 characters", {"title": "x" * 50}, "NAME_TOO_LONG"),
    ("powerschool", "30 characters", {"title": "x" * 30}, None),
    ("powerschool", "31 characters", {"title": "x" * 31}, "NAME_OVER_LMS_LIMIT"),
    ("powerschool", "51 characters", {"title": "x" * 51}, "NAME_TOO_LONG"),
    ("eschool", "50 characters", {"title": "x" * 50}, None),
    ("eschool", "no limit is known", {"title": "x" * 300}, "NAME_OVER_LMS_LIMIT"),
    ("eschool", "no name", {"title": ""}, "NAME_REQUIRED"),
    ("oneroster", "255 characters", {"title": "x" * 255}, None),
    ("oneroster", "256 characters", {"title": "x" * 256}, "NAME_TOO_LONG"),
    # R184: a school day of the marking period
    ("eschool", "a Friday", {"due_at": at("2026-11-20 23:59")}, None),
    ("eschool", "a Saturday", {"due_at": at("2026-11-21 00:00")}, "DUE_ON_NON_SCHOOL_DAY"),
    ("eschool", "a Sunday", {"due_at": at("2026-11-22 23:59")}, "DUE_ON_NON_SCHOOL_DAY"),
    ("eschool", "the Wednesday before the holidays", {"due_at": at("2026-11-25 23:59")}, None),
    ("eschool", "Thanksgiving", {"due_at": at("2026-11-26 12:00")}, "DUE_ON_NON_SCHOOL_DAY"),
    ("eschool", "the day after it", {"due_at": at("2026-11-27 23:59")}, "DUE_ON_NON_SCHOOL_DAY"),
    ("eschool", "a free day on its own", {"due_at": at("2026-12-02 12:00")}, "DUE_ON_NON_SCHOOL_DAY"),
    ("eschool", "the Monday after", {"due_at": at("2026-11-30 00:00")}, None),
    ("powerschool", "Thanksgiving", {"due_at": at("2026-11-26 12:00")}, None),
    ("eschool", "the last day of the period", {"due_at": at("2027-01-22 23:59")}, None),
    ("eschool", "after the last period", {"due_at": at("2027-03-29 12:00"), "term_lms": None}, "DUE_OUTSIDE_PERIOD"),
    ("eschool", "in another period than its own", {"term_lms": "q1"}, "DUE_OUTSIDE_PERIOD"),
    ("eschool", "in a closed period", {"due_at": at("2026-10-05 12:00"), "term_lms": None}, "PERIOD_CLOSED"),
    ("powerschool", "after the last period", {"due_at": at("2027-03-29 12:00")}, "DATE_OUTSIDE_PERIODS"),
    # due dates
    ("eschool", "no due date", NO_DUE, "DUE_DATE_REQUIRED"),
    ("itslearning", "no deadline", NO_DUE, None),
    ("powerschool", "no due date", NO_DUE, None),
    # R172: categories
    ("eschool", "no category", {"category_lms": None}, "CATEGORY_REQUIRED"),
    ("eschool", "a category that is not mapped", {"category_lms": "Labs"}, "CATEGORY_NO_MATCH"),
    ("campus", "no category", {"category_lms": None}, None),
]  # fmt: skip
HOLIDAYS: Changes = {"no_school": [{"from": "2026-11-26", "to": "2026-11-27"}, "2026-12-02"]}


@pytest.mark.parametrize(("route", "what", "changes", "code"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_a_line_item_meets_its_rule(route: str, what: str, changes: Changes, code: str | None) -> None:
    del what
    found = judged([item(**changes)], [score()], route=route, calendar=HOLIDAYS)
    assert codes(found) == ([] if code is None else code.split(", "))
    passes = code is None or set(found.findings["outcome"]) == {"noted"}
    assert (verdict(found)[0] == "pass") == passes


def test_what_waits_for_its_due_date_was_never_meant_to_go_yet_and_time_heals_it() -> None:
    found = judged([item(due_at=at("2026-11-30 12:00"))], [score()], route="otus campus")
    assert verdict(found) == ("skipped", "NOT_YET_DUE")
    assert REASONS["NOT_YET_DUE"].is_retryable
    later = judged(
        [item(due_at=at("2026-11-30 12:00"))], [score()], route="otus campus", now=at("2026-11-30 00:05")
    )
    assert verdict(later) == ("pass", None)


def test_the_day_a_week_after_is_what_the_sis_is_told() -> None:
    found = judged([item(**NO_DUE, assigned_at=at("2026-11-09 08:00"))], [score()], route="otus campus")
    row = found.line_items.iloc[0]
    assert (str(row["due_date"].date()), row["due_basis"]) == ("2026-11-16", "week_after_assigned")


def test_a_switch_that_is_off_was_never_meant_to_go_a_course_of_ones_own_needs_a_fix() -> None:
    assert verdict(judged([item(is_passback_enabled=False)], route="campus"))[0] == "skipped"
    assert verdict(judged([item(is_rostered=False)], route="campus"))[0] == "rejected"


@pytest.mark.parametrize(
    ("terms", "code", "period"),
    [
        ({"4711": "q2"}, None, "q2"),
        ({"4711": "q1"}, "PERIOD_STRADDLE", "q1"),
        ({"4711": "q9"}, "TERM_UNMAPPED", "q2"),
        ({}, "TERM_UNMAPPED", "q2"),
    ],
)
def test_a_term_means_the_period_that_the_district_names(
    terms: Changes, code: str | None, period: str
) -> None:
    found = judged([item(term_lms="4711")], route="campus", calendar={"terms": terms})
    assert codes(found) == ([] if code is None else [code])
    assert found.line_items["period_id_sis"].tolist() == [period]


def test_the_map_outweighs_a_period_that_happens_to_have_the_terms_id() -> None:
    blank = item(**NO_DUE, term_lms="q1")
    found = judged([blank], route="campus", calendar={"terms": {"q1": "q2"}})
    assert codes(found) == []
    assert found.line_items["due_date"].dt.strftime("%Y-%m-%d").tolist() == ["2027-01-22"]


@pytest.mark.parametrize(
    ("route", "term", "assigned", "due"),
    [
        ("campus", "q2", "2026-10-05 08:00", "2027-01-22"),  # the term, whatever the assigned date
        ("powerschool", "q2", "2026-10-05 08:00", "2027-01-22"),
        ("powerschool", None, "2026-11-05 08:00", "2027-01-22"),
        ("powerschool", "winter", "2026-11-05 08:00", "2027-01-22"),
        ("powerschool", None, "2026-10-31 08:00", None),  # between two periods
        ("powerschool", None, None, None),
    ],
)
def test_without_a_due_date_an_item_is_due_on_the_last_day_of_its_period(
    route: str, term: str | None, assigned: str | None, due: str | None
) -> None:
    blank = item(**NO_DUE, term_lms=term, assigned_at=assigned and at(assigned), due_basis="none")
    found = judged([blank], route=route)
    row = found.line_items.iloc[0]
    assert (None if pd.isna(row["due_date"]) else str(row["due_date"].date())) == due
    assert row["due_basis"] == ("none" if due is None else "period_end")
    assert codes(found) == (["DUE_DATE_REQUIRED"] if due is None else [])


def test_a_due_date_of_its_own_is_kept() -> None:
    row = judged(route="campus").line_items.iloc[0]
    assert (str(row["due_date"].date()), row["due_basis"]) == ("2026-11-16", "base")


def test_nobody_gets_an_automatic_zero_for_a_day_that_nobody_wrote_down() -> None:
    blank = item(**NO_DUE, term_lms="q1", assigned_at=at("2026-10-05 08:00"))
    unsubmitted = score(score_e4=None, is_graded=False, is_submitted=False)
    over: dict[str, Any] = {
        "missing_due": "period_end",
        "missing_policy": "auto_zero",
        "require_score": "none",
        "period_rule": "none",
    }
    found = judged([blank], [unsubmitted], route="otus", **over)
    assert found.line_items["due_date"].iloc[0] < pd.Timestamp(NOW.date())
    assert score_verdict(found)[0] == "skipped"


def test_a_period_that_ends_on_a_holiday_is_still_the_end_where_school_days_are_not_asked_for() -> None:
    free = {"no_school": ["2027-01-22"]}
    blank = [item(**NO_DUE)]
    assert codes(judged(blank, route="powerschool", calendar=free)) == []
    assert codes(judged(blank, route="powerschool", calendar=free, school_day_rule="reject")) == [
        "DUE_ON_NON_SCHOOL_DAY"
    ]


def test_a_district_may_have_school_on_saturdays() -> None:
    saturday = [item(due_at=at("2026-11-21 12:00"))]
    six = {"school_weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"]}
    assert codes(judged(saturday, route="eschool", calendar=six)) == []


@pytest.mark.parametrize(("basis", "code"), [("assigned", "DUE_BEFORE_ASSIGN"), ("created", None)])
def test_what_was_entered_after_its_day_counts_as_assigned_on_that_day(basis: str, code: str | None) -> None:
    late = item(assigned_at=at("2026-11-18 08:00"), assigned_basis=basis)
    assert codes(judged([late], route="otus")) == ([] if code is None else [code])


def test_two_open_periods_are_told_with_the_rule_that_wants_one() -> None:
    over = item(assigned_at=at("2026-10-01 08:00"), due_at=at("2026-11-09 23:59"))
    straddle = judged([over], route="otus").findings
    both = judged([over], route="otus", calendar={"closes": {"q1": "2026-12-01"}}).findings
    assert [(f["code"].iloc[0], f["rule_id"].iloc[0]) for f in (straddle, both)] == [
        ("PERIOD_STRADDLE", "R067"),
        ("PERIOD_STRADDLE", "R064"),
    ]


def test_the_district_of_these_tests_is_one_that_a_file_could_hold() -> None:
    made = district(route="itslearning", calendar={**HOLIDAYS, "terms": {"4711": "q2"}})
    assert [(str(day.first), str(day.last)) for day in made.calendar.no_school] == [
        ("2026-11-26", "2026-11-27"),
        ("2026-12-02", "2026-12-02"),
    ]
