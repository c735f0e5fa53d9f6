"""Dates and grading periods: which day it is in the district, which period holds it, and whether it is open."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradeflow.rules.calendar import local_dates
from gradeflow.rules.item_facts import effective_date
from gradeflow_tests.rules.small_school import (
    PERIODS,
    ZONE,
    at,
    codes,
    district,
    item,
    judged,
    reference,
    score,
)

FIRST, LAST = dt.datetime.fromisoformat("2026-01-01"), dt.datetime.fromisoformat("2027-12-31")
# PERIODS: q1 2026-08-17..10-30, q2 2026-11-02..2027-01-22, q3 2027-01-25..03-26. The run is on 2026-11-20.


@pytest.mark.parametrize(
    ("what", "assigned", "due", "code"),
    [
        ("both in the open period", "2026-11-02 08:00", "2026-11-16 23:59", None),
        ("both in the closed one", "2026-10-01 08:00", "2026-10-30 23:59", "PERIOD_CLOSED"),
        ("straddling", "2026-10-30 08:00", "2026-11-02 23:59", "PERIOD_STRADDLE"),
        ("in a period that has not begun", "2027-01-25 08:00", "2027-01-26 23:59", "PERIOD_NOT_STARTED"),
        ("open one into one not begun", "2026-11-09 08:00", "2027-01-25 00:00", "PERIOD_NOT_STARTED"),
        ("in no period", "2026-10-31 08:00", "2026-11-01 23:59", "DATE_OUTSIDE_PERIODS"),
        ("due in no period", "2026-11-09 08:00", "2027-01-23 00:00", "DATE_OUTSIDE_PERIODS"),
        ("due 23:59 on the last day", "2026-11-09 08:00", "2027-01-22 23:59", None),
        ("due a minute later", "2026-11-09 08:00", "2027-01-23 00:00", "DATE_OUTSIDE_PERIODS"),
    ],
)
def test_both_dates_must_lie_in_one_open_period(what: str, assigned: str, due: str, code: str | None) -> None:
    del what
    found = judged([item(assigned_at=at(assigned), due_at=at(due))], route="otus", missing_policy="skip")
    assert codes(found) == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("assigned", "due", "code"),
    [
        ("2026-10-01 08:00", "2026-11-16 23:59", None),
        ("2026-10-01 08:00", "2026-10-30 23:59", "PERIOD_CLOSED"),
        ("2026-10-01 08:00", "2027-01-25 23:59", "PERIOD_NOT_STARTED"),
        ("2026-10-31 08:00", "2026-11-02 00:00", None),
        ("2026-10-01 08:00", "2026-11-01 00:00", "DATE_OUTSIDE_PERIODS"),
    ],
)
def test_a_route_that_sends_only_a_due_date_checks_only_that(
    assigned: str, due: str, code: str | None
) -> None:
    found = judged([item(assigned_at=at(assigned), due_at=at(due))])
    assert codes(found) == ([] if code is None else [code])


@pytest.mark.parametrize(("closes", "code"), [("2026-11-20", None), ("2026-11-19", "PERIOD_CLOSED")])
def test_a_period_takes_scores_through_the_day_the_district_names(closes: str, code: str | None) -> None:
    late = item(assigned_at=at("2026-10-01 08:00"), due_at=at("2026-10-20 23:59"))
    found = judged([late], route="otus", calendar={"closes": {"q1": closes}})
    assert codes(found) == ([] if code is None else [code])


def test_a_district_can_close_a_period_before_its_last_day() -> None:
    assert codes(judged(calendar={"closes": {"q2": "2026-11-19"}})) == ["PERIOD_CLOSED"]


def test_two_open_periods_are_one_too_many_where_the_route_wants_one() -> None:
    over = item(assigned_at=at("2026-10-01 08:00"), due_at=at("2026-11-09 23:59"))
    grace = {"closes": {"q1": "2026-12-01"}}
    assert codes(judged([over], route="otus", calendar=grace)) == ["PERIOD_STRADDLE"]
    assert codes(judged([over], route="otus", calendar=grace, same_period=False)) == []


def test_a_period_is_open_through_its_last_day_in_the_district_and_not_in_utc() -> None:
    due = item(assigned_at=at("2026-10-01 08:00"), due_at=at("2026-10-29 23:59"))
    assert codes(judged([due], now=at("2026-10-30 23:59"))) == []
    assert codes(judged([due], now=at("2026-10-31 00:00"))) == ["PERIOD_CLOSED"]


def test_a_missing_date_does_not_hide_that_the_other_is_in_a_closed_period() -> None:
    found = judged(
        [item(assigned_at=None, assigned_basis="unknown", due_at=at("2026-10-05 23:59"))], route="otus"
    )
    assert codes(found) == ["ASSIGN_DATE_MISSING", "PERIOD_CLOSED"]


def test_without_any_period_no_date_lies_in_one() -> None:
    assert codes(judged(sis=reference(periods=()))) == ["DATE_OUTSIDE_PERIODS"]


@pytest.mark.parametrize("order", [1, -1])
def test_where_periods_overlap_the_narrower_one_counts_in_any_order(order: int) -> None:
    semester = {"period_id_sis": "s1", "start_date": "2026-08-17", "end_date": "2027-01-22"}
    due = item(assigned_at=at("2026-10-01 08:00"), due_at=at("2026-10-20 23:59"))
    found = judged([due], sis=reference(periods=[semester, *PERIODS][::order]))
    assert codes(found) == ["PERIOD_CLOSED"]
    assert found.line_items["period_id_sis"].tolist() == ["q1"]


@pytest.mark.parametrize(
    ("assigned", "expected"),
    [("2026-11-16 08:00", "2027-01-22"), ("2026-10-31 08:00", None), (None, None)],
)
def test_a_missing_due_date_becomes_the_last_day_of_the_period_where_the_route_says_so(
    assigned: str | None, expected: str | None
) -> None:
    blank = item(assigned_at=assigned and at(assigned), due_at=None, has_everyone=False, term_lms=None)
    found = judged([blank], missing_due="period_end")
    row = found.line_items.iloc[0]
    assert (None if pd.isna(row["due_date"]) else str(row["due_date"].date())) == expected
    assert row["due_basis"] == ("period_end" if expected else "base")
    assert codes(found) == ([] if expected else ["DUE_DATE_REQUIRED"])


OF_NO_PERIOD = {"assigned_at": None, "assigned_basis": "unknown", "due_at": None, "has_everyone": False}


@pytest.mark.parametrize(
    ("end", "term", "due", "basis", "told"),
    [
        pytest.param("2027-03-26", None, "2027-03-26", "course_end", [], id="in a period that has not begun"),
        pytest.param("2027-01-22", None, "2027-01-22", "course_end", [], id="in the current one"),
        pytest.param("2027-03-26", "q2", "2027-01-22", "period_end", [], id="its own period comes first"),
        pytest.param(None, None, None, "none", ["DUE_DATE_REQUIRED"], id="not known"),
        pytest.param("2027-03-26", "tag", None, "none", ["DUE_DATE_REQUIRED"], id="of a period not mapped"),
        pytest.param("2026-10-30", None, "2026-10-30", "course_end", ["PERIOD_CLOSED"], id="over already"),
        pytest.param("2027-06-30", None, "2027-06-30", "course_end", ["DATE_OUTSIDE_PERIODS"], id="in none"),
    ],
)
def test_without_a_due_date_and_a_period_the_course_end_is_due_where_the_route_says_so(
    end: str | None, term: str | None, due: str | None, basis: str, told: list[str]
) -> None:
    blank = item(**OF_NO_PERIOD, due_basis="none", term_lms=term)
    found = judged([blank], route="powerschool", sis=reference(ends={"A": end} if end else {}))
    row = found.line_items.iloc[0]
    assert (None if pd.isna(row["due_date"]) else str(row["due_date"].date()), row["due_basis"]) == (
        due,
        basis,
    )
    assert [code for code in codes(found) if code != "NAME_OVER_LMS_LIMIT"] == told


def test_a_due_date_that_somebody_wrote_still_waits_for_its_period() -> None:
    late = item(due_at=at("2027-03-26 23:59"), assigned_at=None, assigned_basis="unknown", term_lms=None)
    found = judged([late], route="powerschool", sis=reference(ends={"A": "2027-03-26"}))
    assert codes(found) == ["PERIOD_NOT_STARTED"]


def test_the_course_end_is_no_due_date_where_only_the_period_end_is_asked_for() -> None:
    blank = item(**OF_NO_PERIOD, due_basis="none", term_lms=None)
    found = judged(
        [blank], route="powerschool", sis=reference(ends={"A": "2027-03-26"}), missing_due="period_end"
    )
    assert codes(found) == ["DUE_DATE_REQUIRED"]


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-10-31 23:59", "2026-10-31"),
        ("2026-11-01 00:00", "2026-11-01"),
        ("2026-11-01 23:59", "2026-11-01"),  # clocks went back that night: 25 hours
        ("2027-03-14 00:00", "2027-03-14"),
        ("2027-03-14 23:59", "2027-03-14"),  # clocks went forward: 23 hours
    ],
)
def test_a_minute_to_midnight_belongs_to_its_day_also_when_clocks_change(instant: str, day: str) -> None:
    instants = pd.Series([at(instant), pd.NaT], dtype="datetime64[us, UTC]")
    dates = local_dates(instants, ZONE.key)
    assert dates.dt.strftime("%Y-%m-%d").tolist()[0] == day
    assert dates.isna().tolist() == [False, True]


@given(st.datetimes(FIRST, LAST, timezones=st.just(dt.UTC)))
def test_a_date_is_what_the_districts_wall_calendar_shows(instant: dt.datetime) -> None:
    found = local_dates(pd.Series([instant], dtype="datetime64[us, UTC]"), ZONE.key)
    assert found.to_numpy()[0] == np.datetime64(instant.astimezone(ZONE).date(), "ns")


def test_the_effective_date_is_the_districts_or_the_first_day_of_the_running_school_year() -> None:
    last = {
        "period_id_sis": "old",
        "start_date": "2025-08-18",
        "end_date": "2026-06-05",
        "school_year": "2025",
    }
    periods = reference(periods=[*PERIODS, last]).grading_periods
    silent = district(effective_date=None)
    assert effective_date(district(), periods, dt.date(2026, 11, 20)) == dt.date(2026, 8, 17)
    assert effective_date(district(effective_date="2026-09-01"), periods, dt.date(2026, 11, 20)) == dt.date(
        2026, 9, 1
    )
    assert effective_date(silent, periods, dt.date(2026, 11, 20)) == dt.date(2026, 8, 17)
    assert effective_date(silent, periods, dt.date(2026, 7, 1)) == dt.date(2025, 8, 18)
    assert effective_date(silent, periods, dt.date(2025, 7, 1)) is None


@pytest.mark.parametrize(
    ("begins", "today", "effective"),
    [
        ("2026-08-10", "2026-11-20", "2026-08-10"),
        ("2026-08-10", "2026-08-18", "2026-08-10"),
        ("2026-11-20", "2026-11-20", "2026-11-20"),
        ("2026-11-21", "2026-11-20", "2026-08-17"),  # not begun yet
        (None, "2026-11-20", "2026-08-17"),
    ],
)
def test_where_the_sis_names_no_years_it_is_the_first_day_that_the_file_gives(
    begins: str | None, today: str, effective: str
) -> None:
    nameless = reference(periods=[{**row, "school_year": None} for row in PERIODS]).grading_periods
    silent = district(effective_date=None, calendar={"year_begins": begins})
    assert effective_date(silent, nameless, dt.date.fromisoformat(today)) == dt.date.fromisoformat(effective)
    named = reference(periods=PERIODS).grading_periods
    assert effective_date(silent, named, dt.date.fromisoformat(today)) == dt.date(2026, 8, 17)


def test_an_unknown_school_year_lets_nothing_pass() -> None:
    found = judged(sis=reference(periods=()), settings={"effective_date": None}, period_rule="none")
    assert codes(found) == ["BEFORE_EFFECTIVE_DATE"]


# ---- the nights on which clocks change, through the rules ----


@pytest.mark.parametrize(
    ("now", "code"),
    [
        ("2026-10-31 23:59", None),  # the last minute of the day before clocks go back
        ("2026-11-01 00:30", None),
        ("2026-11-01 23:59", None),  # the period's last day has 25 hours
        ("2026-11-02 00:00", "PERIOD_CLOSED"),
    ],
)
def test_a_period_that_ends_when_clocks_go_back_takes_scores_through_its_25th_hour(
    now: str, code: str | None
) -> None:
    ends = [{"period_id_sis": "q1", "start_date": "2026-08-17", "end_date": "2026-11-01"}]
    due = item(assigned_at=at("2026-10-20 08:00"), due_at=at("2026-11-01 23:59"))
    found = judged([due], sis=reference(periods=ends), now=at(now))
    assert codes(found) == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("due", "code"),
    [
        ("2027-03-13 23:59", None),
        ("2027-03-14 00:00", "DATE_OUTSIDE_PERIODS"),
        ("2027-03-14 23:59", "DATE_OUTSIDE_PERIODS"),  # 23 hours, and still one day
        ("2027-03-15 00:00", None),
    ],
)
def test_a_day_of_23_hours_is_one_day(due: str, code: str | None) -> None:
    around = [
        {"period_id_sis": "q3", "start_date": "2027-01-25", "end_date": "2027-03-13"},
        {"period_id_sis": "q4", "start_date": "2027-03-15", "end_date": "2027-06-04"},
    ]
    found = judged(
        [item(assigned_at=at("2027-03-01 08:00"), due_at=at(due))],
        sis=reference(periods=around),
        calendar={"closes": {"q3": "2027-03-31"}},
        now=at("2027-03-16 03:30"),
    )
    assert codes(found) == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ("2026-11-01T05:59:00Z", False),  # a minute before the due instant, 23:59 of the day before
        ("2026-11-02T05:58:00Z", False),
        ("2026-11-02T06:00:00Z", True),  # midnight after the night with 25 hours
    ],
)
def test_an_automatic_zero_waits_for_the_due_minute_of_the_night_on_which_clocks_go_back(
    now: str, sent: bool
) -> None:
    due = item(assigned_at=at("2026-10-20 08:00"), due_at=at("2026-11-01 23:59"))
    blank = score(score_e4=None, is_graded=False, is_submitted=False)
    ends = [{"period_id_sis": "q1", "start_date": "2026-08-17", "end_date": "2026-11-06"}]
    found = judged(
        [due], [blank], route="otus", sis=reference(periods=ends), now=dt.datetime.fromisoformat(now)
    )
    assert (found.results["origin"] == "auto_zero").tolist() == [sent]


def test_a_holiday_is_one_also_a_minute_before_its_midnight() -> None:
    thanksgiving = {"no_school": [{"from": "2026-11-26", "to": "2026-11-27"}]}
    for due, expected in (
        ("2026-11-25 23:59", []),
        ("2026-11-26 00:00", ["DUE_ON_NON_SCHOOL_DAY"]),
        ("2026-11-27 23:59", ["DUE_ON_NON_SCHOOL_DAY"]),
        ("2026-11-28 00:00", ["DUE_ON_NON_SCHOOL_DAY"]),  # a Saturday
        ("2026-11-30 00:00", []),
    ):
        found = judged([item(due_at=at(due))], calendar=thanksgiving, school_day_rule="reject")
        assert codes(found) == expected
