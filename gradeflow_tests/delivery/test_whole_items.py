"""Routes that send items whole: after a refusal nothing more of one goes, and a changed one starts anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import BulkSis, MemorySis

SCORES = {"s1": 50_000, "s2": 60_000, "s3": 70_000}


def atomic(folder: Path, sis: MemorySis) -> School:
    school = School(folder, sis, overrides={"atomic_unit": "item"})
    school.add("1", SCORES)
    school.add("2", SCORES)
    return school


def one_at_a_time(school: School) -> School:
    school.max_in_flight = 1
    return school


def test_after_a_refusal_the_rest_of_the_item_is_not_sent_and_what_was_written_is_listed(
    tmp_path: Path,
) -> None:
    school = one_at_a_time(atomic(tmp_path, MemorySis(refuses={"s2"})))
    school.items.pop("2")
    school.scores = {key: row for key, row in school.scores.items() if key[0] == "1"}
    done = school.night()
    assert [entry[1] for entry in school.sis.log if entry[0] == "put_result"] == ["s1", "s2"]
    assert (done.line_items, done.results) == ({"created": 1}, {"created": 1, "rejected": 2})
    assert done.codes == {"SIS_REFUSED": 1, "ITEM_STOPPED": 1, "ITEM_WRITTEN_IN_PART": 2}
    told = {(row.kind, row.student_id_sis) for row in done.delivered.in_part}
    assert told == {("line_item", None), ("result", "s1")}
    school.sis.refuses = set()
    school.sis.log.clear()
    resting = school.night()
    assert (resting.results, resting.codes) == ({"rejected": 2, "unchanged": 1}, done.codes)
    assert school.sis.count("put_result") == 0
    school.retry = True
    again = school.night()
    assert (again.results, again.codes) == ({"created": 2, "unchanged": 1}, {})


def test_another_item_goes_on(tmp_path: Path) -> None:
    school = one_at_a_time(atomic(tmp_path, MemorySis()))
    school.sis.faults = [None, None, "refused"]
    done = school.night()
    assert done.results == {"created": 3, "rejected": 3}
    assert done.codes == {"SIS_REFUSED": 1, "ITEM_STOPPED": 2, "ITEM_WRITTEN_IN_PART": 1}


def test_a_route_that_sends_score_by_score_goes_on_after_a_refusal(tmp_path: Path) -> None:
    school = one_at_a_time(atomic(tmp_path, MemorySis(refuses={"s1"})))
    school.overrides = {}
    done = school.night()
    assert (done.results, done.codes) == ({"created": 4, "rejected": 2}, {"SIS_REFUSED": 2})


def test_the_later_calls_of_a_refused_item_are_not_made_where_many_go_in_one(tmp_path: Path) -> None:
    school = one_at_a_time(atomic(tmp_path, BulkSis(line_item_batch=5, result_batch=2, refuses={"s1"})))
    done = school.night()
    assert school.sis.count("put_results") == 2
    assert school.sis.count("put_result") == 0
    assert done.results == {"created": 2, "rejected": 4}
    assert done.codes == {"SIS_REFUSED": 2, "ITEM_STOPPED": 2, "ITEM_WRITTEN_IN_PART": 4}


@pytest.mark.parametrize("allocates", [False, True])
def test_a_blocked_item_that_was_deleted_is_made_again_under_a_new_id_with_all_its_scores(
    tmp_path: Path, allocates: bool
) -> None:
    school = School(
        tmp_path,
        MemorySis(allocates_ids=allocates),
        overrides={"conflict_policy": "block_item", "recreate_deleted": True},
    )
    school.add("1", SCORES)
    school.add("2", SCORES)
    school.night()
    was = school.sis.key_of("Work 1")
    key, _, status = school.sis.state.cells[was]["s1"]
    school.sis.state.cells[was]["s1"] = (key, 10_000, status)
    school.give("1", "s2", 65_000)
    blocked = school.night()
    assert (blocked.held, blocked.results) == (["SIS_CHANGED_ITEM"], {"held": 1, "unchanged": 5})
    assert school.night().held == ["SIS_CHANGED_ITEM"]
    del school.sis.state.items[was], school.sis.state.cells[was]
    school.sis.log.clear()
    done = school.night()
    assert (done.line_items, done.results) == (
        {"created": 1, "unchanged": 1},
        {"created": 3, "unchanged": 3},
    )
    assert (done.held, done.codes) == ([], {"RECREATED": 1})
    now = school.sis.key_of("Work 1")
    assert now != was
    assert {s: cell[1] for s, cell in school.sis.state.cells[now].items()} == {**SCORES, "s2": 65_000}
    items, results = school.remembered()
    mine = items[items["lms_assignment_id"] == "1"].sort_values("generation")
    assert (mine["generation"].tolist(), mine["sis_id"].tolist()) == ([0, 1], [was, now])
    counts = results["line_item_key"].value_counts()
    assert [counts[one] for one in mine["line_item_key"]] == [3, 3]
    school.sis.log.clear()
    quiet = school.night()
    assert (quiet.line_items, quiet.results, school.sis.log) == ({"unchanged": 2}, {"unchanged": 6}, [])
    assert quiet.codes == {"RECREATED": 1}
    school.give("1", "s1", 51_000)
    assert school.night().results == {"unchanged": 5, "updated": 1}
    assert school.sis.state.cells[now]["s1"][1] == 51_000


def test_a_second_deletion_makes_it_a_third_time(tmp_path: Path) -> None:
    school = School(tmp_path, MemorySis(), overrides={"recreate_deleted": True})
    school.add("1", SCORES)
    for generation in range(3):
        school.give("1", "s1", 50_000 + generation)
        school.night()
        items, _ = school.remembered()
        assert items["generation"].max() == generation
        assert len(school.sis.contents()[0][1]) == 3
        school.sis.state.items.clear()
        school.sis.state.cells.clear()


def test_where_the_route_does_not_recreate_a_deleted_item_stays_deleted(tmp_path: Path) -> None:
    school = School(tmp_path, MemorySis(), overrides={"conflict_policy": "block_item"})
    school.add("1", SCORES)
    school.night()
    school.sis.state.items.clear()
    school.give("1", "s1", 51_000)
    done = school.night()
    assert (done.results, done.codes["SIS_DELETED"]) == ({"held": 1, "unchanged": 2}, 4)
    assert school.sis.contents() == []


def test_an_item_that_comes_back_in_the_sis_after_it_was_made_again_is_a_twin_of_nobody_else(
    tmp_path: Path,
) -> None:
    """The office restores what it deleted while the new one waits to be sent: there must not be two."""
    school = School(tmp_path, MemorySis(), overrides={"recreate_deleted": True})
    school.add("1", SCORES)
    school.night()
    deleted = dict(school.sis.state.items)
    school.sis.state.items.clear()
    school.give("1", "s1", 51_000)
    school.sis.faults = ["busy"]
    assert school.night().line_items == {"failed": 1}
    school.sis.state.items |= deleted
    done = school.night()
    assert (done.held, len(school.sis.contents())) == (["LIKELY_DUPLICATE"], 1)


@pytest.mark.parametrize("faults", [[None, "unauthorized"], [None, None, "busy"], ["lost", "unauthorized"]])
def test_scores_that_did_not_follow_their_new_maximum_go_the_next_night(
    tmp_path: Path, faults: list[str | None]
) -> None:
    school = one_at_a_time(School(tmp_path, MemorySis()))
    school.add("1", SCORES)
    school.night()
    school.items["1"] = {**school.items["1"], "points_possible_e4": 200_000}
    school.sis.faults = list(faults)
    done = school.night()
    assert done.line_items == {"updated": 1}
    missing = 1 if "busy" in faults else 3
    assert done.results == {"failed": missing} | ({"updated": 2} if missing == 1 else {})
    school.sis.log.clear()
    again = school.night()
    assert school.sis.count("put_result") == missing
    assert again.results == {"updated": missing} | ({"unchanged": 2} if missing == 1 else {})
    assert school.night().results == {"unchanged": 3}


def test_an_edit_in_the_sis_is_not_overwritten_by_a_score_that_goes_again_late(tmp_path: Path) -> None:
    school = one_at_a_time(School(tmp_path, MemorySis()))
    school.add("1", SCORES)
    school.night()
    school.items["1"] = {**school.items["1"], "points_possible_e4": 200_000}
    school.sis.faults = [None, "unauthorized"]
    school.night()
    cells = school.sis.state.cells[school.sis.key_of("Work 1")]
    cells["s1"] = (cells["s1"][0], 10_000, "graded")
    done = school.night()
    assert (done.held, done.results) == (["BOTH_CHANGED"], {"held": 1, "updated": 2})
    assert cells["s1"][1] == 10_000
