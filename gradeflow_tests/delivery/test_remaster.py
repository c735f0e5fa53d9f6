"""A remaster on a real warehouse: a course whole, what it could not send, and the breakers it passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.core.choice import Choice
from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import MemorySis

MATH, ART = {"course_id_lms": "math"}, {"course_id_lms": "art"}


@pytest.fixture
def school(tmp_path: Path) -> School:
    """A course of two sections that share no assignment, another course in the second of them, all sent."""
    school = School(tmp_path, MemorySis())
    school.add("1", {"s1": 50_000}, section_id_sis="A", **MATH)
    school.add("2", {"s1": 60_000}, section_id_sis="B", **MATH)
    school.add("3", {"s1": 70_000}, section_id_sis="B", **ART)
    school.night()
    school.sis.log.clear()
    return school


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (Choice(), 3),
        (Choice(sections=frozenset("A")), 2),
        (Choice(sections=frozenset("B")), 3),
        (Choice(sections=frozenset("A"), left_out=frozenset("2")), 1),
        (Choice(left_out=frozenset("123")), 0),
    ],
    ids=["everything", "a course", "two courses", "one left out", "all left out"],
)
def test_the_courses_of_the_sections_go_whole_in_all_their_sections(
    school: School, choice: Choice, sent: int
) -> None:
    done = school.night(choice, is_remaster=True)
    assert done.results == ({"updated": sent} if sent else {})
    assert sum(done.line_items.values()) == sent
    assert done.planned.choice == choice


def test_where_the_lms_names_no_course_the_items_of_the_section_go(tmp_path: Path) -> None:
    school = School(tmp_path, MemorySis())
    school.add("1", {"s1": 50_000}, section_id_sis="A")
    school.add("2", {"s1": 60_000}, section_id_sis="B")
    school.night()
    assert school.night(Choice(sections=frozenset("A")), is_remaster=True).results == {"updated": 1}


def test_a_remaster_is_no_great_change_and_does_not_change_what_is_stored(school: School) -> None:
    before = school.sis.contents()
    done = school.night(is_remaster=True)
    (share,) = (one for one in done.planned.verdicts if one.name == "share_changed")
    assert (share.value, share.base, share.passed) == (0, 3, True)
    assert done.results == {"updated": 3}
    assert school.sis.contents() == before
    assert (done.codes, done.held, done.unresolved) == ({}, [], 0)
    assert school.night().results == {"unchanged": 3}


def test_what_a_remaster_could_not_send_is_told_and_looked_at_again(school: School) -> None:
    school.sis.refuses = {"s1"}
    refused = school.night(is_remaster=True)
    assert (refused.results, refused.codes) == ({"rejected": 3}, {"SIS_REFUSED": 3})
    school.sis.refuses = set()
    next_night = school.night()
    assert (next_night.results, next_night.codes) == ({"unchanged": 3}, {})


def test_a_score_typed_over_in_the_sis_stays_through_a_remaster_and_the_night_after(school: School) -> None:
    cells = school.sis.state.cells[school.sis.key_of("Work 1")]
    cells["s1"] = (cells["s1"][0], 10_000, "graded")
    assert school.night(is_remaster=True).codes == {"SIS_EDITED": 1}
    school.night()
    assert cells["s1"][1] == 10_000
