"""A remaster sends every eligible score again, and overwrites nothing that somebody changed in the SIS."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from gradeflow_tests.core.nights import District, Night
from gradeflow_tests.core.test_plan_property import worlds

POLICIES = ("ask", "sis_wins_sticky", "block_item", "sis_wins_until_lms_changes")


def settled(**overrides: object) -> District:
    """A district whose first night is over."""
    district = District(overrides=dict(overrides))
    district.add("1", {"s1": 50_000, "s2": 60_000})
    district.add("2", {"s1": 70_000})
    district.night()
    assert district.night().writes == []
    return district


def test_unchanged_scores_go_again_all_cells_are_read_and_line_items_stay_as_they_are() -> None:
    night = settled().night(is_remaster=True)
    assert night.writes == [("s1", "update", "1"), ("s1", "update", "2"), ("s2", "update", "1")]
    assert night.read_items == ["id-1", "id-2"]
    assert (night.items, night.results) == ({"unchanged": 2}, {"updated": 3})
    assert night.codes == set()


def test_after_a_remaster_nothing_is_left_to_do() -> None:
    district = settled()
    district.night(is_remaster=True)
    quiet = district.night()
    assert (quiet.writes, quiet.read_sections) == ([], [])
    assert quiet.results == {"unchanged": 3}


def test_a_score_that_the_sis_rounded_stands_as_stored_and_goes_again() -> None:
    district = District(score_digits=0)
    district.add("1", {"s1": 87_549})
    district.night()
    assert district.in_sis("1").cells["s1"] == [(90_000, "graded")]
    assert district.night(is_remaster=True).writes == [("s1", "update", "1")]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_score_edited_in_the_sis_is_not_overwritten_and_told(policy: str) -> None:
    district = settled(conflict_policy=policy)
    district.edit_cell("1", "s1", (10_000, "graded"))
    night = district.night(is_remaster=True)
    others = (
        [("s1", "update", "2")] if policy == "block_item" else [("s1", "update", "2"), ("s2", "update", "1")]
    )
    assert night.writes == others
    assert district.in_sis("1").cells["s1"] == [(10_000, "graded")]
    code = "SIS_CHANGED_ITEM" if policy == "block_item" else "SIS_EDITED"
    assert (code, "s1") in night.codes


def test_where_the_district_lets_the_lms_win_a_remaster_does_too() -> None:
    district = settled(conflict_policy="lms_wins")
    district.edit_cell("1", "s1", (10_000, "graded"))
    district.night(is_remaster=True)
    assert district.in_sis("1").cells["s1"] == [(50_000, "graded")]


def test_a_locked_score_stays_locked_and_a_held_one_held() -> None:
    district = settled(conflict_policy="sis_wins_sticky")
    district.edit_cell("1", "s1", (10_000, "graded"))
    district.night(is_remaster=True)
    district.edit_cell("1", "s1", (50_000, "graded"))  # also where it looks as it did
    assert district.night(is_remaster=True).results == {"held": 1, "updated": 2}
    asking = settled(conflict_policy="ask")
    asking.edit_cell("1", "s1", (10_000, "graded"))
    asking.give("1", "s1", 55_000)
    asking.night()
    night = asking.night(is_remaster=True)
    assert (night.results, len(asking.holds)) == ({"held": 1, "updated": 2}, 1)
    assert asking.in_sis("1").cells["s1"] == [(10_000, "graded")]


def test_the_cells_of_an_item_are_read_whose_every_score_is_held() -> None:
    district = settled(conflict_policy="ask")
    district.edit_cell("2", "s1", (10_000, "graded"))
    district.give("2", "s1", 75_000)
    district.night()
    assert district.night(is_remaster=True).read_items == ["id-1", "id-2"]


def test_a_score_typed_first_in_the_sis_is_held() -> None:
    district = settled()
    district.edit_cell("2", "s2", (10_000, "graded"))
    district.give("2", "s2", 90_000)
    night = district.night(is_remaster=True)
    assert ("SIS_TYPED_FIRST", "s2") in night.codes
    assert district.in_sis("2").cells["s2"] == [(10_000, "graded")]


@pytest.mark.parametrize(("recreates", "result"), [(True, "created"), (False, "unchanged")])
def test_a_score_deleted_in_the_sis_goes_only_where_the_route_makes_deleted_ones_again(
    recreates: bool, result: str
) -> None:
    district = settled(recreate_deleted=recreates, conflict_policy="ask")
    district.edit_cell("1", "s1")
    night = district.night(is_remaster=True)
    assert night.results == {result: 1, "updated": 2}
    assert (("SIS_DELETED", "s1") in night.codes) is not recreates


def test_an_item_deleted_in_the_sis_is_made_again_only_where_the_route_does_so() -> None:
    for recreates in (True, False):
        district = settled(recreate_deleted=recreates, conflict_policy="ask")
        del district.sis["id-1"]
        night = district.night(deliver=False, is_remaster=True)
        assert night.again == (["1"] if recreates else [])


def test_what_no_longer_qualifies_is_not_sent_again() -> None:
    district = settled()
    district.items["1"]["is_selected"] = False
    night = district.night(is_remaster=True)
    assert night.writes == [("s1", "update", "2")]


def test_breakers_count_only_scores_that_become_another_value() -> None:
    district = settled()
    district.give("2", "s2", 0)
    district.night()
    assert district.night(deliver=False, is_remaster=True).plan.updated_results == 0
    district.give("1", "s1", 0)
    plan = district.night(deliver=False, is_remaster=True).plan
    assert (plan.updated_results, plan.zeroed, plan.result_counts["updated"]) == (1, 1, 4)


@given(worlds())
@settings(max_examples=10)
def test_a_remaster_overwrites_no_more_than_a_night_would(world: tuple[District, Night]) -> None:
    district, _ = world
    if district.overrides["conflict_policy"] == "lms_wins":
        return
    night = district.night(is_remaster=True)
    assert sum(night.results.values()) == len(district.scores)
    changed = night.plan.result_changes
    for row in changed[changed["action"] == "update"].to_dict("records"):
        (was,) = night.cells[row["line_item_sis_id"], row["student_id_sis"]]
        assert was == night.stored[row["result_key"]]
