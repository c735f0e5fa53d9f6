"""What the SIS refused is not sent night after night: it rests until it changes, or until a person asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.core.choice import Choice
from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import MemorySis

SCORES = {"s1": 50_000, "s2": 60_000, "s3": 70_000}
REFUSED = {"created": 2, "rejected": 1}
RESTING = {"rejected": 1, "unchanged": 2}


def refusing(folder: Path, *students: str) -> School:
    school = School(folder, MemorySis(refuses=set(students)))
    school.add("1", SCORES)
    return school


def sends(school: School) -> list[str]:
    return [entry[1] for entry in school.sis.log if entry[0].startswith("put")]


@pytest.fixture
def school(tmp_path: Path) -> School:
    """A score of three was refused, and the SIS would take it now."""
    school = refusing(tmp_path, "s2")
    assert school.night().results == REFUSED
    school.sis.refuses = set()
    school.sis.log.clear()
    return school


def test_a_refused_score_is_not_sent_again_and_stays_counted_with_its_finding_open(school: School) -> None:
    for _ in range(3):
        done = school.night()
        assert (done.results, done.codes) == (RESTING, {"SIS_REFUSED": 1})
        assert sends(school) == []


def test_what_rests_is_settled_so_that_the_sis_is_not_read_for_it_either(school: School) -> None:
    school.night()
    school.sis.log.clear()
    assert school.night().results == RESTING
    assert school.sis.log == []


def test_the_finding_says_since_when_it_rests(school: School) -> None:
    told = school.night().planned.findings
    assert told["value"].tolist() == ["rests since 2026-11-20"]


def test_another_score_for_the_student_goes(school: School) -> None:
    school.night()
    school.give("1", "s2", 61_000)
    assert school.night().results == {"created": 1, "unchanged": 2}
    assert sends(school) == ["s2"]
    assert school.night().codes == {}


def test_a_change_back_to_what_was_refused_rests_again(school: School) -> None:
    school.sis.refuses = {"s2"}
    school.give("1", "s2", 61_000)
    assert school.night().results == {"rejected": 1, "unchanged": 2}
    school.give("1", "s2", 60_000)
    assert school.night().results == {"rejected": 1, "unchanged": 2}
    school.sis.log.clear()
    school.night()
    assert sends(school) == []


def test_the_score_of_another_student_goes_and_the_refused_one_rests(school: School) -> None:
    school.night()
    school.give("1", "s1", 51_000)
    assert school.night().results == {"updated": 1, "rejected": 1, "unchanged": 1}
    assert sends(school) == ["s1"]


@pytest.mark.parametrize("nights", [0, 2])
def test_a_person_may_have_it_sent_again_as_it_is(school: School, nights: int) -> None:
    for _ in range(nights):
        school.night()
    school.retry = True
    assert school.night().results == {"created": 1, "unchanged": 2}
    assert sends(school) == ["s2"]
    school.retry = False
    assert school.night().codes == {}


def test_naming_the_assignment_is_asking_for_it(school: School) -> None:
    school.add("2", SCORES, section_id_sis="B")
    school.night()
    school.sis.log.clear()
    school.night(Choice(sections=frozenset({"A", "B"})))
    assert sends(school) == []
    assert school.night(Choice(items=frozenset({"1"}))).results == {"created": 1, "unchanged": 2}
    assert sends(school) == ["s2"]


def test_what_is_refused_again_rests_again(school: School) -> None:
    school.sis.refuses = {"s2"}
    school.retry = True
    school.night()
    school.retry = False
    school.sis.log.clear()
    assert school.night().results == RESTING
    assert sends(school) == []


def test_what_the_sis_took_by_hand_meanwhile_is_adopted(school: School) -> None:
    (cells,) = school.sis.state.cells.values()
    cells["s2"] = ("typed", 60_000, "graded")
    assert school.night().results == {"adopted": 1, "unchanged": 2}


def test_a_change_of_its_line_item_lets_a_refused_score_go(school: School) -> None:
    school.night()
    school.items["1"] = {**school.items["1"], "points_possible_e4": 200_000}
    done = school.night()
    assert (done.line_items, done.results) == ({"updated": 1}, {"created": 1, "updated": 2})


def test_a_score_refused_before_its_line_item_changed_goes_though_the_night_of_the_change_failed(
    school: School,
) -> None:
    school.night()
    school.max_in_flight = 1
    school.items["1"] = {**school.items["1"], "points_possible_e4": 200_000}
    school.sis.faults = [None, "unauthorized"]
    school.night()
    assert school.night().results == {"created": 1, "updated": 2}


def test_what_was_only_not_taken_now_goes_the_next_night(tmp_path: Path) -> None:
    school = refusing(tmp_path)
    school.sis.faults = [None, "busy"]
    assert school.night().results == {"created": 2, "failed": 1}
    assert school.night().results == {"created": 1, "unchanged": 2}


@pytest.fixture
def refused_item(tmp_path: Path) -> School:
    school = refusing(tmp_path)
    school.add("2", SCORES)
    school.max_in_flight = 1
    school.sis.faults = ["refused"]
    assert school.night().line_items == {"created": 1, "rejected": 1}
    school.sis.log.clear()
    return school


def test_a_refused_line_item_rests_and_keeps_its_scores_back(refused_item: School) -> None:
    for _ in range(3):
        done = refused_item.night()
        assert (done.line_items, done.results) == (
            {"rejected": 1, "unchanged": 1},
            {"rejected": 3, "unchanged": 3},
        )
        assert done.codes == {"SIS_REFUSED": 1, "ITEM_REFUSED": 3}
        assert sends(refused_item) == []


def test_a_resting_line_item_is_settled_with_its_scores(refused_item: School) -> None:
    refused_item.night()
    refused_item.sis.log.clear()
    assert refused_item.night().results == {"rejected": 3, "unchanged": 3}
    assert refused_item.sis.log == []


def test_a_renamed_line_item_goes_with_its_scores(refused_item: School) -> None:
    refused_item.night()
    refused_item.rename("1", "A shorter name")
    done = refused_item.night()
    assert (done.line_items, done.results) == (
        {"created": 1, "unchanged": 1},
        {"created": 3, "unchanged": 3},
    )
    assert done.codes == {}


def test_another_score_does_not_let_its_refused_line_item_go(refused_item: School) -> None:
    refused_item.night()
    refused_item.give("1", "s1", 55_000)
    assert refused_item.night().line_items == {"rejected": 1, "unchanged": 1}
    assert sends(refused_item) == []


def test_a_refused_change_of_a_line_item_in_the_sis_rests_too(school: School) -> None:
    school.retry = True
    school.night()
    school.retry = False
    school.rename("1", "Another name")
    school.give("1", "s1", 55_000)
    school.sis.faults = ["refused"]
    assert school.night().line_items == {"rejected": 1}
    school.sis.log.clear()
    done = school.night()
    assert (done.line_items, done.results) == ({"rejected": 1}, {"rejected": 1, "unchanged": 2})
    assert sends(school) == []
    school.rename("1", "Work 1")
    done = school.night()
    assert (done.line_items, done.results) == ({"unchanged": 1}, {"updated": 1, "unchanged": 2})
