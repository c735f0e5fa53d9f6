"""Many objects in one call: few calls, one outcome per row, and nothing lost or twice whatever the call ends in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import BulkSis

SCORES = {"s1": 50_000, "s2": 60_000, "s3": 70_000}


@pytest.fixture
def school(tmp_path: Path) -> School:
    """Three items of three scores each, two of them in section A; an SIS that takes as many as there are."""
    school = School(tmp_path, BulkSis(line_item_batch=10, result_batch=10))
    for name, section in (("1", "A"), ("2", "B"), ("3", "A")):
        school.add(name, SCORES, section_id_sis=section)
    return school


def puts(school: School) -> list[tuple[str, ...]]:
    return sorted(entry for entry in school.sis.log if entry[0].startswith("put"))


def test_what_is_new_in_a_section_or_an_item_goes_in_one_call(school: School) -> None:
    done = school.night()
    assert puts(school) == [
        ("put_line_item", "Work 2"),
        ("put_line_items", "Work 1", "Work 3"),
        *[("put_results", *SCORES)] * 3,
    ]
    assert (done.line_items, done.results, done.unresolved) == ({"created": 3}, {"created": 9}, 0)
    assert len(school.sis.contents()) == 3
    school.sis.log.clear()
    assert school.night().results == {"unchanged": 9}
    assert puts(school) == []


def test_no_call_is_larger_than_the_sis_takes_and_one_row_goes_alone(tmp_path: Path) -> None:
    school = School(tmp_path, BulkSis(line_item_batch=1, result_batch=2))
    school.add("1", SCORES)
    school.add("2", {"s1": 50_000})
    school.night()
    assert puts(school) == [
        ("put_line_item", "Work 1"),
        ("put_line_item", "Work 2"),
        ("put_result", "s1"),
        ("put_result", "s3"),
        ("put_results", "s1", "s2"),
    ]


def test_updates_of_line_items_go_one_by_one(school: School) -> None:
    school.night()
    school.rename("1", "Renamed 1")
    school.rename("3", "Renamed 3")
    school.sis.log.clear()
    school.night()
    assert puts(school) == [("put_line_item", "Renamed 1"), ("put_line_item", "Renamed 3")]


def test_a_refused_row_of_a_call_stays_behind_alone(school: School) -> None:
    school.sis.refuses = {"s2"}
    done = school.night()
    assert done.results == {"created": 6, "rejected": 3}
    assert done.codes["SIS_REFUSED"] == 3
    school.sis.refuses = set()
    school.retry = True
    assert school.night().results == {"created": 3, "unchanged": 6}


def test_a_call_that_is_refused_as_a_whole_is_sent_one_by_one_to_learn_which_row_is_meant(
    tmp_path: Path,
) -> None:
    school = School(tmp_path, BulkSis(line_item_batch=10, result_batch=10))
    school.add("1", SCORES)
    school.add("2", SCORES)
    school.sis.faults = ["refused", None, "refused", "refused"]
    done = school.night()
    assert puts(school)[:2] == [("put_line_item", "Work 1"), ("put_line_item", "Work 2")]
    assert school.sis.count("put_line_items") == 1
    assert done.line_items == {"created": 1, "rejected": 1}
    assert school.sis.count("put_results") == 1
    assert school.sis.count("put_result") == 3
    assert done.results == {"created": 3, "rejected": 3}
    assert done.codes["ITEM_REFUSED"] == 3


@pytest.mark.parametrize("fault", ["lost", "reset", "half", "row_lost", "too_few"])
def test_an_unanswered_call_is_read_back_once_and_only_what_is_missing_goes_again(
    school: School, fault: str
) -> None:
    school.sis.faults = [None, None, fault]
    done = school.night()
    assert (done.line_items, done.results, done.unresolved) == ({"created": 3}, {"created": 9}, 0)
    again = {"reset": 1, "half": 1}.get(fault, 0)
    assert school.sis.count("read_results") == 3 + again
    assert school.sis.count("put_results") == 3 + again
    assert len(puts(school)) == 2 + 3 + again
    assert [len(cells) for _, cells in school.sis.contents()] == [3, 3, 3]


def test_a_yes_for_every_row_is_no_proof_that_any_was_stored(school: School) -> None:
    school.sis.faults = ["forgotten", None, "row_forgotten"]  # section A, section B, the scores of B
    done = school.night()
    assert (done.line_items, done.results) == ({"created": 1, "failed": 2}, {"created": 2, "failed": 7})
    assert done.codes["NOT_STORED"] == 3
    assert [len(cells) for _, cells in school.sis.contents()] == [2]
    school.night()
    assert [len(cells) for _, cells in school.sis.contents()] == [3, 3, 3]
    school.sis.log.clear()
    assert school.night().results == {"unchanged": 9}
    assert puts(school) == []


def test_what_stands_there_counts_and_not_what_the_answer_says(tmp_path: Path) -> None:
    school = School(tmp_path, BulkSis(line_item_batch=10, result_batch=10, digits=0, echoes_unrounded=True))
    school.add("1", {"s1": 54_000, "s2": 60_000})
    assert school.night().results == {"created": 2}
    assert school.night().results == {"unchanged": 2}
    _, bases = school.remembered()
    assert sorted(bases["stored_score_e4"]) == [50_000, 60_000]
    assert sorted(bases["sent_score_e4"]) == [54_000, 60_000]


def test_a_score_that_the_sis_rounds_to_the_old_one_is_stored(tmp_path: Path) -> None:
    school = School(tmp_path, BulkSis(line_item_batch=10, result_batch=10, digits=0))
    school.add("1", {"s1": 50_000})
    school.night()
    school.give("1", "s1", 52_000)
    assert school.night().results == {"updated": 1}
    school.sis.log.clear()
    assert school.night().results == {"unchanged": 1}
    assert puts(school) == []


def test_a_call_that_the_sis_could_not_take_now_goes_in_the_next_run(school: School) -> None:
    school.sis.faults = [None, None, "busy"]
    done = school.night()
    assert done.results == {"created": 6, "failed": 3}
    assert done.codes == {"NOT_DELIVERED": 3}
    assert school.night().results == {"created": 3, "unchanged": 6}


def test_refused_credentials_stop_all_further_calls(school: School) -> None:
    school.sis.faults = ["unauthorized"]
    done = school.night()
    assert len(puts(school)) == 2  # the sections' calls were on their way together
    assert done.results == {"failed": 9}
    assert school.night().results == {"created": 9}


def test_an_sis_that_says_nothing_of_what_it_stored_is_read_back_once_per_place(tmp_path: Path) -> None:
    school = School(tmp_path, BulkSis(line_item_batch=10, result_batch=10, is_mute=True, digits=0))
    school.add("1", {"s1": 54_000, "s2": 60_000})
    school.add("2", {"s1": 50_000})
    assert school.night().results == {"created": 3}
    assert school.sis.log.count(("read_line_items", "A")) == 2  # for the plan, and after the call
    assert school.sis.count("read_results") == 2
    assert school.night().results == {"unchanged": 3}
    _, bases = school.remembered()
    assert sorted(bases["stored_score_e4"]) == [50_000, 50_000, 60_000]


@pytest.mark.parametrize(
    "manners", [{"is_mute": True}, {"echoes_unrounded": True}, {}], ids=["says nothing", "repeats", "tells"]
)
def test_a_change_that_the_sis_rounds_away_is_no_failure_and_is_not_sent_again(
    tmp_path: Path, manners: dict[str, Any]
) -> None:
    school = School(tmp_path, BulkSis(line_item_batch=10, result_batch=10, digits=0, **manners))
    school.add("1", {"s1": 88_000, "s2": 70_000})
    school.night()
    school.give("1", "s1", 92_000)
    assert school.night().results == {"updated": 1, "unchanged": 1}
    again = school.night()
    assert (again.results, again.codes, again.held) == ({"unchanged": 2}, {}, [])
