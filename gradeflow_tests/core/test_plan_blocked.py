"""Items that one change in the SIS blocks, under the policies that say so."""

from __future__ import annotations

import pytest

from gradeflow_tests.core.nights import District
from gradeflow_tests.core.two_items import a_district


def blocked(**settings: object) -> District:
    """A district of a route that blocks what the SIS changed; s1 was typed over in the SIS, s2 in the LMS."""
    district = a_district(overrides={"conflict_policy": "block_item", **settings})
    district.night()
    district.edit_cell("1", "s1", (10_000, "graded"))
    district.give("1", "s2", 65_000)
    return district


CHANGED = "SIS_CHANGED_ITEM"


def test_one_score_changed_in_the_sis_blocks_its_whole_item() -> None:
    district = blocked()
    district.items["1"]["title"] = "Renamed"
    district.give("2", "s1", 75_000)
    night = district.night()
    assert night.writes == [("s1", "update", "2")]
    assert night.codes == {(CHANGED, None), (CHANGED, "s1"), (CHANGED, "s2")}
    assert (night.items, night.results) == (
        {"held": 1, "unchanged": 1},
        {"held": 1, "unchanged": 1, "updated": 1},
    )
    assert [(hold["reason"], hold["result_key"], hold["field"]) for hold in district.holds.values()] == [
        (CHANGED, None, None)
    ]
    assert night.plan.locked_results == []


def test_a_blocked_item_is_looked_at_every_night_and_stays_blocked_until_it_is_deleted() -> None:
    district = blocked()
    district.night()
    again = district.night()
    assert (again.read_sections, again.read_items, again.writes, again.held) == (["A"], ["id-1"], [], set())
    assert again.codes == {(CHANGED, None), (CHANGED, "s1"), (CHANGED, "s2")}
    district.edit_cell("1", "s1")
    district.edit_cell("1", "s2")  # cleared, as the teacher was told, but not deleted yet
    district.give("1", "s1", 56_000)
    cleared = district.night()
    assert (cleared.writes, list(district.holds)) == ([], [1])
    assert cleared.codes == {(CHANGED, None), (CHANGED, "s1"), (CHANGED, "s2")}
    district.edit_cell("1", "s1", (50_000, "graded"))
    district.edit_cell("1", "s2", (60_000, "graded"))
    assert (district.night().writes, list(district.holds)) == ([], [1])


@pytest.mark.parametrize("recreates", [False, True])
def test_a_blocked_item_that_is_deleted_is_held_as_deleted_unless_the_route_makes_it_again(
    recreates: bool,
) -> None:
    district = blocked(recreate_deleted=recreates)
    assert district.night(deliver=False).again == []
    district.night()
    del district.sis["id-1"]
    if recreates:
        assert district.night(deliver=False).again == ["1"]
        return
    night = district.night()
    assert (night.again, night.writes) == ([], [])
    assert [hold["reason"] for hold in district.holds.values()] == ["SIS_DELETED"]
    assert night.codes == {("SIS_DELETED", one) for one in (None, "s1", "s2")}


@pytest.mark.parametrize("field", ["title", "due_date", "points"])
def test_a_field_changed_in_the_sis_blocks_the_item_but_a_category_is_the_sis_own(field: str) -> None:
    district = a_district(overrides={"conflict_policy": "block_item"})
    district.night()
    district.in_sis("1").fields["category"] = "c-Lab"
    district.give("1", "s1", 55_000)
    assert district.night().writes == [("s1", "update", "1")]
    theirs = {"title": "Theirs", "due_date": "2026-12-01", "points": "200000"}[field]
    district.in_sis("1").fields[field] = theirs
    district.give("1", "s1", 56_000)
    night = district.night()
    assert (night.writes, night.held) == ([], {CHANGED})
    assert night.codes == {(CHANGED, None), (CHANGED, "s1")}


def test_an_item_seen_changed_in_passing_is_blocked_from_then_on() -> None:
    district = a_district(overrides={"conflict_policy": "block_item"})
    district.night()
    district.in_sis("2").fields["title"] = "Theirs"
    district.give("1", "s1", 55_000)
    night = district.night()
    assert (night.writes, night.held) == ([("s1", "update", "1")], {CHANGED})
    assert night.codes == {(CHANGED, None)}
    district.known[2]["settled_digest"] = None  # as the warehouse does where a hold is opened
    later = district.night()
    assert (later.read_sections, later.items) == (["A"], {"held": 1, "unchanged": 1})


def test_nothing_is_blocked_where_the_policy_is_another_one(settled: District) -> None:
    settled.holds[1] = {"hold_id": 1, "line_item_key": 1, "result_key": None, "field": None, "reason": CHANGED,
                        "desired": "x", "observed": None}  # fmt: skip
    settled.give("1", "s1", 55_000)
    assert settled.night().writes == [("s1", "update", "1")]
    assert settled.holds == {}


def test_a_sis_edit_is_locked_for_good_under_the_sticky_policy(settled: District) -> None:
    settled.overrides = {"conflict_policy": "sis_wins_sticky"}
    settled.edit_cell("1", "s2", (10_000, "graded"))
    settled.give("1", "s1", 55_000)
    assert settled.night().plan.locked_results == [
        key for key, row in settled.results.items() if row["is_locked"]
    ]
    settled.give("1", "s2", 65_000)
    night = settled.night()
    assert night.writes == []
    assert night.results == {"held": 1, "unchanged": 2}
    assert ("SIS_EDITED", "s2") in night.codes


def test_the_lms_wins_where_its_policy_says_so(settled: District) -> None:
    settled.overrides = {"conflict_policy": "lms_wins"}
    settled.edit_cell("1", "s1", (10_000, "graded"))
    settled.give("1", "s1", 55_000)
    assert settled.night().writes == [("s1", "update", "1")]


def test_a_score_that_was_taken_out_in_the_sis_blocks_its_item_also_where_the_route_makes_deleted_ones_again() -> (
    None
):
    district = a_district(overrides={"conflict_policy": "block_item", "recreate_deleted": True})
    district.night()
    district.edit_cell("1", "s1")
    district.give("1", "s1", 55_000)
    night = district.night()
    assert (night.again, night.writes, night.held) == ([], [], {CHANGED})
