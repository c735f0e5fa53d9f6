"""Names that go from one line item to another in one night, where the SIS wants them unique in a section."""

from __future__ import annotations

from pathlib import Path

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
