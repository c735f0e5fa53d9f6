"""An assignment that is used again next year, in a section whose SIS id is used again: last year's row stays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow.core.new_year import year_starts
from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import Item, MemorySis
from gradeflow_tests.rules.small_school import PERIODS, at, reference

SCORES = {"s1": 50_000, "s2": 60_000}
AGAIN = {"s1": 90_000, "s2": 80_000}
NEXT: tuple[dict[str, Any], ...] = (
    {"period_id_sis": "n1", "start_date": "2027-08-16", "end_date": "2027-10-29", "school_year": "2027"},
    {"period_id_sis": "n2", "start_date": "2027-11-01", "end_date": "2028-01-21", "school_year": "2027"},
)
DATES = {"assigned_at": at("2027-09-06 08:00"), "due_at": at("2027-09-13 23:59")}


def last_year(folder: Path, **sis: Any) -> School:
    """Live through a night of last year, then through the summer; the SIS's section keeps its id."""
    school = School(folder, MemorySis(**sis))
    school.add("1", SCORES)
    assert school.night().results == {"created": 2}
    return school


def in_the_new_year(school: School, periods: Any = NEXT, effective: str = "2027-08-16") -> School:
    school.now = at("2027-09-20 03:30")
    school.periods, school.settings = periods, {"effective_date": effective}
    return school


def held(school: School, key: str) -> tuple[Item, dict[str, tuple[str, int | None, str | None]]]:
    state = school.sis.state
    return state.items[key], dict(state.cells[key])


@pytest.mark.parametrize("periods", [NEXT, (*PERIODS, *NEXT)], ids=["only the new year", "both years"])
@pytest.mark.parametrize("allocates", [False, True])
def test_in_a_new_year_it_is_a_line_item_of_its_own_and_last_years_stays_as_it_is(
    tmp_path: Path, periods: Any, allocates: bool
) -> None:
    school = last_year(tmp_path, allocates_ids=allocates)
    (was,) = school.sis.state.items
    before = held(school, was)
    in_the_new_year(school, periods).add("1", AGAIN, title="Work 1, again", **DATES)
    done = school.night()
    assert (done.line_items, done.results, done.held) == ({"created": 1}, {"created": 2}, [])
    assert held(school, was) == before
    (now,) = set(school.sis.state.items) - {was}
    made, cells = held(school, now)
    assert (made.title, made.due_date) == ("Work 1, again", "2027-09-13")
    assert {student: cell[1] for student, cell in cells.items()} == AGAIN
    items, results = school.remembered()
    assert items.sort_values("generation")["generation"].tolist() == [0, 1]
    assert sorted(results["line_item_key"].value_counts()) == [2, 2]


def test_the_nights_after_go_to_this_years_row_alone(tmp_path: Path) -> None:
    school = last_year(tmp_path)
    (was,) = school.sis.state.items
    before = held(school, was)
    in_the_new_year(school).add("1", AGAIN, **DATES)
    school.night()
    school.sis.log.clear()
    assert (school.night().line_items, school.sis.log) == ({"unchanged": 1}, [])
    school.give("1", "s1", 70_000)
    assert school.night().results == {"unchanged": 1, "updated": 1}
    assert len(school.sis.state.items) == 2
    assert held(school, was) == before


def test_last_years_work_that_is_not_used_again_stays_the_same_row(tmp_path: Path) -> None:
    school = in_the_new_year(last_year(tmp_path))
    school.rename("1", "Renamed in summer")
    school.night()
    items, _ = school.remembered()
    assert items["generation"].tolist() == [0]
    assert len(school.sis.state.items) == 1


@pytest.mark.parametrize(
    "dates",
    [
        {"assigned_at": at("2026-11-18 08:00"), "due_at": at("2026-11-30 23:59")},
        {"assigned_at": at("2026-08-18 08:00"), "due_at": at("2026-11-30 23:59")},
    ],
)
@pytest.mark.parametrize("periods", [PERIODS, (*PERIODS, *NEXT)])
def test_a_date_that_moves_within_a_year_makes_nothing_new(
    tmp_path: Path, dates: dict[str, Any], periods: Any
) -> None:
    school = last_year(tmp_path)
    school.periods = periods
    school.overrides = {"period_rule": "none"}
    school.items["1"] = {**school.items["1"], **dates, "everyone_due_at": dates["due_at"]}
    assert school.night().line_items == {"updated": 1}
    assert len(school.sis.state.items) == 1


def test_what_was_copied_with_last_years_dates_and_first_sent_this_year_stays_one_row(tmp_path: Path) -> None:
    school = in_the_new_year(School(tmp_path, MemorySis()))
    school.add("1", AGAIN)
    assert school.night().line_items == {"skipped": 1}
    school.add("1", AGAIN, **DATES)
    assert school.night().line_items == {"created": 1}
    school.rename("1", "Another name")
    assert school.night().line_items == {"updated": 1}
    assert len(school.sis.state.items) == 1


def test_a_preview_of_the_new_year_leaves_the_choice_to_the_night(tmp_path: Path) -> None:
    school = in_the_new_year(last_year(tmp_path))
    school.add("1", AGAIN, **DATES)
    assert school.breakers().plan.line_item_counts["created"] == 1
    assert school.night().line_items == {"created": 1}
    assert len(school.sis.state.items) == 2


def test_an_sis_that_names_no_school_years_gives_no_sign_of_a_new_one(tmp_path: Path) -> None:
    nameless = [{**row, "school_year": None} for row in (*PERIODS, *NEXT)]
    school = in_the_new_year(last_year(tmp_path), nameless)
    school.add("1", AGAIN, **DATES)
    assert school.night().line_items == {"updated": 1}


@pytest.mark.parametrize(
    ("begins", "line_items"),
    [("2027-09-06", {"created": 1}), ("2027-09-07", {"updated": 1}), ("2027-08-16", {"created": 1})],
)
def test_where_the_sis_names_no_years_the_district_file_says_when_the_year_began(
    tmp_path: Path, begins: str, line_items: dict[str, int]
) -> None:
    nameless = [{**row, "school_year": None} for row in NEXT]
    school = in_the_new_year(last_year(tmp_path), nameless)
    school.calendar = {"year_begins": begins}
    school.add("1", AGAIN, **DATES)
    assert school.night().line_items == line_items


def test_days_between_two_years_belong_to_the_later_one() -> None:
    def starts(*periods: Any) -> list[dt.date]:
        return year_starts(reference(periods=periods).grading_periods, None)

    assert starts(*PERIODS, *NEXT) == [dt.date(2026, 8, 17), dt.date(2027, 3, 27)]
    assert starts(*NEXT, *PERIODS) == starts(*PERIODS, *NEXT)
    summer = {"period_id_sis": "s", "start_date": "2027-06-07", "end_date": "2027-08-20"}
    assert starts(*PERIODS, summer, *NEXT)[1] == dt.date(2027, 8, 16)
    assert starts({**NEXT[0], "school_year": None}) == []
    told = year_starts(
        reference(periods=[{**NEXT[0], "school_year": None}]).grading_periods, dt.date(2027, 8, 9)
    )
    assert told == [dt.date(2027, 8, 9)]
    named = year_starts(reference(periods=NEXT).grading_periods, dt.date(2027, 8, 9))
    assert named == [dt.date(2027, 8, 16)]
    assert pd.Timestamp(starts(*NEXT)[0]) == pd.Timestamp("2027-08-16")
