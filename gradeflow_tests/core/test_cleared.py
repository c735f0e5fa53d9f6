"""Scores cleared in the LMS after they were sent, where a district has them cleared in the SIS too (G02)."""

from __future__ import annotations

import pytest

from gradeflow_tests.core.nights import District
from gradeflow_tests.core.two_items import a_district


@pytest.fixture
def clearing() -> District:
    """A district whose first night is over, and that has cleared scores cleared."""
    district = a_district(overrides={"on_cleared": "clear"})
    district.night()
    return district


def test_by_default_a_cleared_score_stays_in_the_sis_with_a_word(settled: District) -> None:
    settled.give("1", "s1", None)
    night = settled.night()
    assert (night.writes, night.read_items, night.plan.cleared) == ([], [], 0)
    assert ("SENT_NOW_INELIGIBLE", "s1") in night.codes


def test_a_cleared_score_is_cleared_in_the_sis_and_counted(clearing: District) -> None:
    clearing.give("1", "s1", None)
    night = clearing.night()
    assert night.writes == [("s1", "update", "1")]
    assert (night.plan.cleared, night.plan.zeroed, night.results) == (1, 0, {"updated": 1, "unchanged": 2})
    assert night.codes == {("SCORE_CLEARED", "s1")}
    assert clearing.in_sis("1").cells["s1"] == [(None, None)]
    after = clearing.night()
    assert (after.writes, after.read_sections, any(after.examined)) == ([], [], False)
    assert after.results == {"skipped": 1, "unchanged": 2}


def test_a_new_score_in_a_cleared_cell_is_sent(clearing: District) -> None:
    clearing.give("1", "s1", None)
    clearing.night()
    clearing.give("1", "s1", 40_000)
    assert clearing.night().writes == [("s1", "create", "1")]
    assert clearing.in_sis("1").cells["s1"] == [(40_000, "graded")]
    clearing.give("1", "s1", 45_000)
    assert clearing.night().writes == [("s1", "update", "1")]


@pytest.mark.parametrize("policy", ["ask", "lms_wins"])
def test_what_is_typed_into_a_cleared_cell_was_typed_first(policy: str) -> None:
    clearing = a_district(overrides={"on_cleared": "clear", "conflict_policy": policy})
    clearing.night()
    clearing.give("1", "s1", None)
    clearing.night()
    clearing.edit_cell("1", "s1", (10_000, "graded"))
    clearing.give("1", "s1", 40_000)
    night = clearing.night()
    assert (night.writes, night.held) == ([], {"SIS_TYPED_FIRST"})
    assert clearing.in_sis("1").cells["s1"] == [(10_000, "graded")]


@pytest.mark.parametrize(
    "policy", ["ask", "sis_wins_sticky", "lms_wins", "sis_wins_until_lms_changes", "block_item"]
)
def test_a_cleared_score_that_somebody_changed_in_the_sis_is_never_cleared(policy: str) -> None:
    clearing = a_district(overrides={"on_cleared": "clear", "conflict_policy": policy})
    clearing.night()
    clearing.give("1", "s1", None)
    clearing.edit_cell("1", "s1", (10_000, "graded"))
    night = clearing.night()
    assert (night.writes, night.plan.cleared) == ([], 0)
    assert night.codes & {("SIS_EDITED", "s1"), ("SIS_CHANGED_ITEM", "s1")}
    assert clearing.in_sis("1").cells["s1"] == [(10_000, "graded")]


def test_a_locked_score_is_never_cleared() -> None:
    clearing = a_district(overrides={"on_cleared": "clear", "conflict_policy": "sis_wins_sticky"})
    clearing.night()
    clearing.edit_cell("1", "s1", (10_000, "graded"))
    clearing.give("1", "s1", 55_000)
    clearing.night()
    clearing.edit_cell("1", "s1", (50_000, "graded"))
    next(iter(clearing.results.values()))["is_locked"] = True
    clearing.give("1", "s1", None)
    night = clearing.night()
    assert (night.writes, night.plan.cleared) == ([], 0)


def test_a_score_cleared_on_both_sides_is_remembered_as_blank(clearing: District) -> None:
    clearing.give("1", "s1", None)
    clearing.edit_cell("1", "s1", (None, None))
    night = clearing.night()
    assert (night.writes, night.results) == ([], {"adopted": 1, "unchanged": 2})
    clearing.give("1", "s1", 50_000)
    assert clearing.night().writes == [("s1", "create", "1")]


def test_what_keeps_a_score_back_for_another_reason_clears_nothing(clearing: District) -> None:
    """Excluded, negative, unknown since the LMS was not read whole, and of an item that does not go."""
    clearing.give("1", "s1", None, is_excluded=True)
    clearing.give("1", "s2", -10_000)
    assert clearing.night().writes == []
    clearing.give("1", "s1", None)
    assert clearing.night(incomplete=["A"]).writes == []
    clearing.items["1"]["is_published"] = False
    assert clearing.night().writes == []
    clearing.items["1"]["is_published"] = True
    assert clearing.night().writes == [("s1", "update", "1")]


def test_an_excused_score_is_sent_as_such_and_not_cleared_when_the_excuse_is_taken_back(
    clearing: District,
) -> None:
    clearing.give("1", "s1", None, is_excused=True)
    clearing.night()
    assert clearing.in_sis("1").cells["s1"] == [(0, "exempt")]
    clearing.give("1", "s1", None)
    assert clearing.night().writes == []


def test_a_score_whose_row_vanished_is_not_cleared(clearing: District) -> None:
    del clearing.scores["1", "s1"]
    assert (clearing.night().writes, clearing.in_sis("1").cells["s1"]) == ([], [(50_000, "graded")])


def test_a_score_of_a_student_who_left_is_not_cleared(clearing: District) -> None:
    clearing.give("1", "s1", None, is_enrolled=False)
    assert clearing.night().writes == []


def test_nothing_is_cleared_that_could_not_be_read(clearing: District) -> None:
    clearing.give("1", "s1", None)
    clearing.unreadable_items = {"id-1"}
    night = clearing.night()
    assert (night.writes, night.results) == ([], {"failed": 1, "unchanged": 2})
    clearing.unreadable_items = set()
    assert clearing.night().writes == [("s1", "update", "1")]


def test_an_automatic_zero_was_nobody_s_score_and_is_not_cleared(clearing: District) -> None:
    for result in clearing.results.values():
        result["origin"] = "auto_zero"
    clearing.give("1", "s1", None)
    night = clearing.night()
    assert (night.writes, night.codes) == ([], {("AUTO_ZERO_STALE", "s1")})
