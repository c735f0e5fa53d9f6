"""Names of line items: one that two have in the LMS, and one that goes from one to the other in a night."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import MemorySis

WEEKS = ("3", "4", "5", "6")


def a_school(folder: Path) -> School:
    school = School(folder, MemorySis(wants_unique_names=True))
    for week in WEEKS:
        school.add(week, {"s1": 50_000}, title=f"Week {week}")
    school.night()
    return school


def titles(school: School) -> list[str]:
    return sorted(item.title for item in school.sis.state.items.values())


@pytest.mark.parametrize("by", [1, -1])
def test_names_that_move_on_by_one_all_arrive_in_one_night(tmp_path: Path, by: int) -> None:
    school = a_school(tmp_path)
    for week in WEEKS:
        school.rename(week, f"Week {int(week) + by}")
        school.give(week, "s1", 60_000)
    done = school.night()
    assert (done.line_items, done.results, done.codes) == ({"updated": 4}, {"updated": 4}, {})
    assert titles(school) == [f"Week {int(week) + by}" for week in WEEKS]


def test_a_new_assignment_gets_the_name_that_another_gives_up(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    school.add("1", {"s1": 50_000}, title="Week 6")
    school.rename("6", "Week 6, first try")
    assert school.night().line_items == {"created": 1, "updated": 1, "unchanged": 3}


def test_names_that_are_exchanged_end_the_night_all_the_same(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    school.rename("3", "Week 4")
    school.rename("4", "Week 3")
    assert school.night().line_items == {"rejected": 2, "unchanged": 2}


def twice(folder: Path) -> School:
    """A school where a draft was made before an assignment of its name, which went."""
    school = School(folder, MemorySis())
    school.add("1", {"s1": 30_000}, title="Quiz", is_published=False, created_at=at("2026-10-01"))
    school.add("2", {"s1": 50_000}, title="Quiz", due_at=at("2026-11-17"), created_at=at("2026-10-02"))
    assert school.night().line_items == {"created": 1, "skipped": 1}
    return school


def at(day: str) -> pd.Timestamp:
    return pd.Timestamp(f"{day}T12:00", tz="America/Chicago").tz_convert("UTC")


def test_what_has_its_name_in_the_sis_goes_on_when_an_older_one_wakes_up(tmp_path: Path) -> None:
    school = twice(tmp_path)
    school.items["1"] = {**school.items["1"], "is_published": True}
    school.give("2", "s1", 60_000)
    done = school.night()
    assert (done.line_items, done.results) == ({"rejected": 1, "unchanged": 1}, {"rejected": 1, "updated": 1})
    assert (done.codes, titles(school)) == ({"DUPLICATE_ITEM": 1}, ["Quiz"])
    assert school.sis.state.cells[school.sis.key_of("Quiz")]["s1"][1] == 60_000


def test_a_name_that_is_taken_in_the_lms_alone_does_not_stop_the_one_in_the_sis(tmp_path: Path) -> None:
    school = twice(tmp_path)
    school.add("0", {"s1": 40_000}, title="Lab", created_at=at("2026-09-30"))
    school.night()
    school.rename("0", "Quiz")
    school.give("2", "s1", 60_000)
    done = school.night()
    assert (done.results, titles(school)) == ({"skipped": 1, "unchanged": 1, "updated": 1}, ["Lab", "Quiz"])
