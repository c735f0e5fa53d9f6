"""Whole nights over a few line items: what is read, written, held and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from gradeflow_tests.core.nights import District, SisItem
from gradeflow_tests.rules.small_school import at


def a_district(**settings: object) -> District:
    district = District(**settings)  # type: ignore[arg-type]
    district.add("1", {"s1": 50_000, "s2": 60_000})
    district.add("2", {"s1": 70_000})
    return district


@pytest.fixture
def settled() -> District:
    """A district whose first night is over."""
    district = a_district()
    district.night()
    return district


def test_the_first_load_creates_everything_and_reads_no_results_of_absent_items() -> None:
    night = a_district().night()
    assert (night.items, night.results) == ({"created": 2}, {"created": 3})
    assert (night.read_sections, night.read_items) == (["A"], [])
    assert night.held == set()
    assert night.codes == set()


def test_nothing_changed_means_nothing_read_and_nothing_written(settled: District) -> None:
    night = settled.night()
    assert (night.read_sections, night.read_items, night.writes) == ([], [], [])
    assert not night.candidates.results.any()
    assert (night.items, night.results) == ({"unchanged": 2}, {"unchanged": 3})


def test_a_change_in_the_lms_is_exactly_that_update(settled: District) -> None:
    settled.give("1", "s1", 55_000)
    night = settled.night()
    assert night.writes == [("s1", "update", "1")]
    assert (night.read_sections, night.read_items) == (["A"], ["id-1"])
    assert night.results == {"updated": 1, "unchanged": 2}
    assert settled.in_sis("1").cells["s1"] == [(55_000, "graded")]


def test_a_first_score_of_a_student_is_created_beside_the_others(settled: District) -> None:
    settled.give("2", "s2", 40_000)
    assert settled.night().writes == [("s2", "create", "2")]


def test_both_changed_is_held_and_the_other_rows_go(settled: District) -> None:
    settled.give("1", "s1", 55_000)
    settled.give("1", "s2", 65_000)
    settled.edit_cell("1", "s1", (10_000, "graded"))
    night = settled.night()
    assert night.writes == [("s2", "update", "1")]
    assert night.held == {"BOTH_CHANGED"}
    assert night.codes == {("BOTH_CHANGED", "s1")}
    assert night.results == {"held": 1, "updated": 1, "unchanged": 1}
    hold = night.plan.holds.iloc[0]
    assert (hold["desired"], hold["observed"]) == ("55000:1", "10000:1")


def test_a_held_row_is_not_read_again_for_the_same_value_and_its_finding_stays(settled: District) -> None:
    settled.give("1", "s1", 55_000)
    settled.edit_cell("1", "s1", (10_000, "graded"))
    settled.night()
    quiet = settled.night()
    assert (quiet.read_sections, quiet.held, quiet.results) == ([], set(), {"held": 1, "unchanged": 2})
    settled.give("1", "s2", 65_000)
    night = settled.night()
    assert night.writes == [("s2", "update", "1")]
    assert night.held == set()
    assert night.codes == {("BOTH_CHANGED", "s1")}
    assert list(settled.holds) == [1]


def test_a_hold_ends_when_the_lms_goes_back_to_what_was_sent(settled: District) -> None:
    settled.give("1", "s1", 55_000)
    settled.edit_cell("1", "s1", (10_000, "graded"))
    settled.night()
    settled.give("1", "s1", 50_000)
    night = settled.night()
    assert night.writes == []
    assert settled.holds == {}


def test_a_score_edited_in_the_sis_is_never_overwritten_and_told_when_it_is_read_anyway(
    settled: District,
) -> None:
    settled.edit_cell("1", "s2", (10_000, "graded"))
    settled.give("1", "s1", 55_000)
    night = settled.night()
    assert night.writes == [("s1", "update", "1")]
    assert night.codes == {("SIS_EDITED", "s2")}
    assert night.results == {"updated": 1, "unchanged": 2}
    assert settled.in_sis("1").cells["s2"] == [(10_000, "graded")]


def test_an_edit_of_both_sides_to_the_same_value_is_adopted_without_a_call(settled: District) -> None:
    settled.give("1", "s1", 55_000)
    settled.edit_cell("1", "s1", (55_000, "graded"))
    night = settled.night()
    assert (night.writes, night.held, night.results) == ([], set(), {"adopted": 1, "unchanged": 2})
    assert settled.night().read_sections == []


def test_a_moved_category_survives_an_update_of_the_title(settled: District) -> None:
    settled.in_sis("1").fields["category"] = "c-Lab"
    settled.items["1"]["title"] = "Renamed"
    night = settled.night()
    assert night.writes == [("item", "update", "1")]
    (row,) = night.plan.line_item_changes.to_dict("records")
    assert (row["category"], row["title"], row["own"]) == ("c-Lab", "Renamed", "title")
    assert night.codes == set()
    assert settled.in_sis("1").fields["category"] == "c-Lab"


def test_a_category_that_moves_in_the_lms_is_not_moved_where_it_is_set_on_creation_only(
    settled: District,
) -> None:
    settled.items["1"]["category_lms"] = "Quiz"
    night = settled.night()
    assert (night.writes, night.codes) == ([], {("CATEGORY_CREATE_ONLY", None)})
    assert settled.night().read_sections == []


def test_a_category_that_moves_in_the_lms_is_resent_where_the_route_says_so_unless_the_sis_moved_it() -> None:
    district = a_district(route="otus")
    district.night()
    district.items["1"]["category_lms"] = "Quiz"
    assert district.night().writes == [("item", "update", "1")]
    assert district.in_sis("1").fields["category"] == "c-Quiz"
    district.in_sis("1").fields["category"] = "c-Lab"
    district.items["1"]["category_lms"] = "Test"
    assert district.night().writes == []
    assert district.in_sis("1").fields["category"] == "c-Lab"


def test_a_title_that_the_sis_cut_and_a_score_that_it_rounded_are_no_edits() -> None:
    district = a_district(cut_title=4, score_digits=0)
    district.give("1", "s1", 54_500)
    district.night()
    assert district.in_sis("1").cells["s1"] == [(50_000, "graded")]
    district.give("1", "s1", 64_500)
    night = district.night()
    assert (night.writes, night.held, night.codes) == ([("s1", "update", "1")], set(), set())


def test_a_twin_is_held_with_its_scores_and_looked_for_every_night() -> None:
    district = a_district()
    due = "2026-11-16"
    district.sis["theirs"] = SisItem("A", {"title": " WORK  1", "assign_date": due, "due_date": due, "category": None,
                                           "period": None, "points": "100000"})  # fmt: skip
    night = district.night()
    assert night.writes == [("item", "create", "2"), ("s1", "create", "2")]
    assert night.held == {"LIKELY_DUPLICATE"}
    assert (night.items, night.results) == ({"created": 1, "held": 1}, {"created": 1, "held": 2})
    assert night.codes == {("LIKELY_DUPLICATE", None), ("LIKELY_DUPLICATE", "s1"), ("LIKELY_DUPLICATE", "s2")}
    assert [(hold["result_key"], hold["field"]) for hold in district.holds.values()] == [(None, None)]
    again = district.night()
    assert (again.read_sections, again.read_items, again.writes, again.held) == (["A"], [], [], set())
    assert (again.items, again.results, again.codes) == (
        {"held": 1, "unchanged": 1},
        {"held": 2, "unchanged": 1},
        night.codes,
    )
    district.give("1", "s2", 61_000)
    later = district.night()
    assert (later.read_items, later.writes, later.held) == ([], [], set())
    assert ("LIKELY_DUPLICATE", None) in later.codes
    assert later.items == {"held": 1, "unchanged": 1}
    assert list(district.holds) == [1]


GONE = [("item", "create", "1"), ("s1", "create", "1"), ("s2", "create", "1")]


@pytest.mark.parametrize("where", ["renamed in the LMS", "renamed in the SIS", "deleted in the SIS"])
def test_a_twin_that_is_gone_holds_nothing_any_more(where: str) -> None:
    district = a_district()
    due = "2026-11-16"
    district.sis["theirs"] = SisItem("A", {"title": "Work 1", "assign_date": due, "due_date": due, "category": None,
                                           "period": None, "points": "100000"})  # fmt: skip
    district.night()
    district.night()
    if where == "renamed in the LMS":
        district.items["1"]["title"] = "Work 1b"
    elif where == "renamed in the SIS":
        district.sis["theirs"].fields["title"] = "Theirs"
    else:
        del district.sis["theirs"]
    night = district.night()
    assert (night.writes, district.holds, night.codes) == (GONE, {}, set())
    assert district.night().read_sections == []


def test_a_twin_stays_held_while_its_section_cannot_be_read_and_ends_with_the_wish() -> None:
    district = a_district()
    due = "2026-11-16"
    district.sis["theirs"] = SisItem("A", {"title": "Work 1", "assign_date": due, "due_date": due, "category": None,
                                           "period": None, "points": "100000"})  # fmt: skip
    district.night()
    district.unreadable_sections = {"A"}
    night = district.night()
    assert (night.writes, list(district.holds)) == ([], [1])
    assert ("LIKELY_DUPLICATE", None) in night.codes
    district.items["1"]["is_selected"] = False
    assert (district.night().held, district.holds) == (set(), {})


def test_an_item_of_our_own_is_no_twin() -> None:
    district = a_district()
    district.night()
    district.add("3", {"s1": 10_000})
    district.items["3"]["title"] = "Work 1"
    night = district.night(deliver=False)
    assert "LIKELY_DUPLICATE" not in night.held


def test_scores_are_held_where_the_sis_moved_the_maximum(settled: District) -> None:
    settled.in_sis("1").fields["points"] = "200000"
    settled.give("1", "s1", 55_000)
    night = settled.night()
    assert (night.writes, night.held, settled.holds) == ([], set(), {})
    assert night.codes == {("SIS_EDITED", None), ("SIS_POINTS_CHANGED", "s1")}
    assert night.results == {"held": 1, "unchanged": 2}
    again = settled.night()
    assert (again.writes, again.codes, again.results) == ([], night.codes, night.results)


@pytest.mark.parametrize("side", ["LMS", "SIS"])
def test_scores_go_once_the_maxima_are_equal_again(settled: District, side: str) -> None:
    settled.in_sis("1").fields["points"] = "200000"
    settled.give("1", "s1", 55_000)
    settled.night()
    if side == "LMS":
        settled.items["1"]["points_possible_e4"] = 200_000
    else:
        settled.in_sis("1").fields["points"] = "100000"
    night = settled.night()
    assert (night.writes, night.codes, night.held) == ([("s1", "update", "1")], set(), set())
    assert settled.night().read_sections == []


def test_a_maximum_that_both_sides_moved_alike_holds_nothing(settled: District) -> None:
    settled.in_sis("1").fields["points"] = "200000"
    settled.items["1"]["points_possible_e4"] = 200_000
    settled.give("1", "s1", 55_000)
    night = settled.night()
    assert (night.writes, night.held) == ([("s1", "update", "1")], set())
    assert night.items == {"adopted": 1, "unchanged": 1}


def test_a_maximum_that_the_lms_moved_resends_all_scores_of_the_item(settled: District) -> None:
    settled.items["1"]["points_possible_e4"] = 200_000
    night = settled.night()
    assert night.writes == [("item", "update", "1"), ("s1", "update", "1"), ("s2", "update", "1")]
    assert (night.read_items, night.codes) == (["id-1"], set())
    assert settled.night().read_sections == []


def test_a_resend_overwrites_no_edit_of_the_sis(settled: District) -> None:
    settled.items["1"]["points_possible_e4"] = 200_000
    settled.edit_cell("1", "s1", (10_000, "graded"))
    night = settled.night()
    assert night.writes == [("item", "update", "1"), ("s2", "update", "1")]
    assert night.held == {"BOTH_CHANGED"}


def test_a_line_item_deleted_in_the_sis_is_held_and_not_made_again(settled: District) -> None:
    del settled.sis["id-1"]
    settled.give("1", "s1", 55_000)
    settled.give("1", "s3", 45_000)
    night = settled.night()
    assert (night.writes, night.held) == ([], set())
    assert night.results == {"held": 2, "unchanged": 2}
    assert night.codes == {("SIS_DELETED", one) for one in (None, "s1", "s2", "s3")}
    settled.items["1"]["title"] = "Renamed"
    later = settled.night()
    assert (later.writes, later.held) == ([], {"SIS_DELETED"})
    assert [hold["field"] for hold in settled.holds.values()] == ["title"]


def test_what_waited_for_a_deleted_line_item_goes_when_it_is_there_again(settled: District) -> None:
    deleted = settled.sis.pop("id-1")
    settled.items["1"]["title"] = "Renamed"
    settled.give("1", "s1", 55_000)
    settled.give("1", "s3", 45_000)
    settled.night()
    settled.sis["id-1"] = deleted
    night = settled.night()
    assert night.writes == [("item", "update", "1"), ("s1", "update", "1"), ("s3", "create", "1")]
    assert (settled.holds, night.codes) == ({}, set())


MAKES_AGAIN: dict[str, Callable[[District], Any]] = {
    "a renamed item": lambda district: district.items["1"].update(title="Renamed"),
    "a changed score": lambda district: district.give("1", "s1", 55_000),
    "a first score": lambda district: district.give("1", "s3", 45_000),
}


@pytest.mark.parametrize("what", MAKES_AGAIN)
def test_what_changes_in_a_deleted_line_item_has_it_made_again_where_the_route_recreates(
    settled: District, what: str
) -> None:
    del settled.sis["id-1"]
    MAKES_AGAIN[what](settled)
    assert settled.night(deliver=False).again == []
    settled.overrides = {"recreate_deleted": True}
    assert settled.night(deliver=False).again == ["1"]


@pytest.mark.parametrize("kept", ["there", "not readable", "nothing changes", "not ticked any more"])
def test_a_line_item_is_not_made_again_that_is(settled: District, kept: str) -> None:
    settled.overrides = {"recreate_deleted": True}
    deleted = settled.sis.pop("id-1")
    settled.give("2" if kept == "nothing changes" else "1", "s1", 55_000)
    if kept == "there":
        settled.sis["id-1"] = deleted
    settled.unreadable_sections = {"A"} if kept == "not readable" else set()
    settled.items["1"]["is_selected"] = kept != "not ticked any more"
    assert settled.night(deliver=False).again == []


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
    assert (night.again, night.writes, district.holds) == ([], [], {})
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


def test_a_blank_cell_counts_as_absent(settled: District) -> None:
    settled.give("2", "s2", 40_000)
    settled.edit_cell("2", "s2", (None, None))
    assert settled.night().writes == [("s2", "create", "2")]


def test_a_cell_that_is_there_twice_is_unreadable(settled: District) -> None:
    settled.give("2", "s1", 75_000)
    settled.edit_cell("2", "s1", (70_000, "graded"), (71_000, "graded"))
    night = settled.night()
    assert (night.writes, night.codes) == ([], {("NOT_READ", "s1")})
    assert night.results == {"failed": 1, "unchanged": 2}
    assert night.plan.rests["is_settled"].tolist() == [False]


def test_a_score_typed_in_the_sis_before_our_first_is_held(settled: District) -> None:
    settled.give("2", "s2", 40_000)
    settled.edit_cell("2", "s2", (45_000, "graded"))
    night = settled.night()
    assert (night.writes, night.held) == ([], {"SIS_TYPED_FIRST"})


def test_a_held_field_does_not_hold_scores(settled: District) -> None:
    settled.items["1"]["title"] = "Ours"
    settled.in_sis("1").fields["title"] = "Theirs"
    settled.give("1", "s1", 55_000)
    night = settled.night()
    assert night.writes == [("s1", "update", "1")]
    assert (night.held, night.items) == ({"BOTH_CHANGED"}, {"held": 1, "unchanged": 1})
    settled.items["1"]["due_at"] = at("2026-11-17 23:59")
    later = settled.night()
    assert later.writes == [("item", "update", "1")]
    assert later.plan.line_item_changes["title"].tolist() == ["Theirs"]
    assert ("BOTH_CHANGED", None) in later.codes


def test_what_was_sent_and_would_not_go_now_is_kept_and_told(settled: District) -> None:
    settled.items["1"]["is_selected"] = False
    night = settled.night()
    assert (night.writes, night.read_sections) == ([], [])
    assert night.codes == {
        ("SENT_NOW_INELIGIBLE", None),
        ("SENT_NOW_INELIGIBLE", "s1"),
        ("SENT_NOW_INELIGIBLE", "s2"),
    }
    assert (night.items, night.results) == ({"unchanged": 2}, {"unchanged": 3})


CAME_BACK = [
    pytest.param([], [("s1", "create", "1")], set(), id="the SIS took it out"),
    pytest.param([(None, None)], [("s1", "create", "1")], set(), id="the SIS blanked it"),
    pytest.param([(50_000, "graded")], [], set(), id="the SIS kept it"),
    pytest.param([(30_000, "graded")], [], {("SIS_EDITED", "s1")}, id="somebody typed another"),
]


@pytest.mark.parametrize(("cell", "writes", "codes"), CAME_BACK)
def test_the_result_of_a_student_who_comes_back_is_always_read(
    settled: District,
    cell: list[tuple[int | None, str | None]],
    writes: list[tuple[str, str, str]],
    codes: set[tuple[str, str | None]],
) -> None:
    settled.give("1", "s1", 50_000, is_enrolled=False)
    assert settled.night().codes == {("SENT_NOW_INELIGIBLE", "s1")}
    settled.edit_cell("1", "s1", *cell)
    settled.give("1", "s1", 50_000)
    settled.unreadable_items = {"id-1"}
    assert settled.night().results == {"failed": 1, "unchanged": 2}
    settled.unreadable_items = set()
    night = settled.night()
    assert (night.read_items, night.writes, night.codes, night.held) == (["id-1"], writes, codes, set())
    again = settled.night()
    assert (again.read_sections, again.writes) == ([], [])


def test_an_automatic_zero_whose_due_date_moved_is_kept_and_told_as_stale() -> None:
    district = a_district(route="otus")
    district.give("1", "s2", None, is_submitted=False, is_graded=False)
    assert district.night().results == {"created": 3}
    assert district.in_sis("1").cells["s2"] == [(0, "graded")]
    district.items["1"]["due_at"] = at("2026-12-16 23:59")
    night = district.night()
    assert ("AUTO_ZERO_STALE", "s2") in night.codes
    assert [one for one in night.writes if one[0] == "s2"] == []


def test_an_unreadable_section_fails_its_changes_and_writes_nothing(settled: District) -> None:
    settled.unreadable_sections = {"A"}
    settled.give("1", "s1", 55_000)
    settled.add("3", {"s1": 10_000})
    night = settled.night()
    assert night.writes == []
    assert night.items == {"failed": 1, "unchanged": 2}
    assert night.results == {"failed": 2, "unchanged": 2}
    settled.unreadable_sections = set()
    assert settled.night().results == {"updated": 1, "created": 1, "unchanged": 2}


def test_unreadable_results_of_one_item_fail_that_item_alone(settled: District) -> None:
    settled.unreadable_items = {"id-1"}
    settled.give("1", "s1", 55_000)
    settled.give("2", "s1", 75_000)
    night = settled.night()
    assert night.writes == [("s1", "update", "2")]
    assert night.results == {"failed": 1, "updated": 1, "unchanged": 1}


@pytest.mark.parametrize("removed", [False, True])
def test_an_item_that_is_not_ours_under_our_id_is_adopted_or_held_until_it_is_ours(removed: bool) -> None:
    district = a_district()
    night = district.night(deliver=False)
    wanted = night.desired.line_items.set_index("lms_assignment_id")
    fields = ("title", "assign_date", "due_date", "category", "points", "period")
    for assignment in ("1", "2"):
        district.sis[f"id-{assignment}"] = SisItem(
            "A", {name: wanted.loc[assignment, name] for name in fields}
        )
    district.in_sis("2").fields["title"] = "Other"
    night = district.night()
    assert night.items == {"adopted": 1, "held": 1}
    assert night.writes == [("s1", "create", "1"), ("s2", "create", "1")]
    assert night.held == {"SIS_TYPED_FIRST"}
    assert [hold["field"] for hold in district.holds.values()] == ["title"]
    assert district.night().held == set()
    if removed:
        del district.sis["id-2"]
    else:
        district.in_sis("2").fields["title"] = "Work 2"
    night = district.night()
    assert ("s1", "create", "2") in night.writes
    assert (district.holds, night.codes) == ({}, set())


def test_of_items_that_were_not_examined_nothing_is_decided_but_an_edit_seen_in_passing_is_told(
    settled: District,
) -> None:
    settled.in_sis("2").fields["title"] = "Theirs"
    settled.give("1", "s1", 55_000)
    night = settled.night()
    assert night.examined == [True, False]
    assert night.writes == [("s1", "update", "1")]
    assert night.codes == {("SIS_EDITED", None)}
    assert night.results == {"updated": 1, "unchanged": 2}


def test_an_item_that_was_not_examined_is_not_touched_by_its_deletion_in_the_sis(settled: District) -> None:
    del settled.sis["id-2"]
    settled.give("1", "s1", 55_000)
    night = settled.night()
    assert (night.writes, night.held) == ([("s1", "update", "1")], set())
    assert night.codes == {("SIS_DELETED", None)}


def test_of_an_item_that_was_not_examined_not_even_a_field_that_would_go_again_is_sent() -> None:
    district = a_district(route="otus")
    district.night()
    district.in_sis("1").fields["category"] = "c-Lab"
    district.items["1"]["category_lms"] = "Quiz"
    assert district.night().writes == []
    district.in_sis("1").fields["category"] = "c-Homework"
    district.give("2", "s1", 75_000)
    night = district.night()
    assert night.examined == [False, True]
    assert night.writes == [("s1", "update", "2")]
    assert night.items == {"unchanged": 2}


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


def test_a_route_that_sends_items_whole_keeps_back_the_scores_beside_a_broken_one() -> None:
    district = a_district(overrides={"atomic_unit": "item"})
    district.give("1", "s2", 999_999)
    night = district.night()
    assert night.writes == [("item", "create", "2"), ("s1", "create", "2")]
    assert (night.held, night.codes) == (set(), {("ITEM_INCOMPLETE", None), ("ITEM_INCOMPLETE", "s1")})
    assert set(night.plan.findings["value"]) == {"SCORE_ABOVE_MAX"}
    assert (night.items, night.results) == (
        {"created": 1, "held": 1},
        {"created": 1, "held": 1, "rejected": 1},
    )
    quiet = district.night()
    assert (quiet.read_sections, quiet.codes) == ([], set())
    district.give("1", "s2", 60_000)
    assert district.night().writes == [
        ("item", "create", "1"),
        ("s1", "create", "1"),
        ("s2", "create", "1"),
    ]


def test_an_item_that_was_sent_is_kept_back_too_where_a_score_breaks_a_rule_later() -> None:
    district = a_district(overrides={"atomic_unit": "item"})
    district.night()
    district.items["1"]["title"] = "Renamed"
    district.give("1", "s1", 55_000)
    district.give("1", "s2", 999_999)
    night = district.night()
    assert (night.writes, night.items) == ([], {"held": 1, "unchanged": 1})
    assert {("ITEM_INCOMPLETE", None), ("ITEM_INCOMPLETE", "s1")} <= night.codes


HARMLESS: dict[str, dict[str, Any]] = {
    "excluded": {"points": 30_000, "is_excluded": True},
    "cleared": {"points": None},
    "not enrolled": {"points": 30_000, "is_enrolled": False},
}


@pytest.mark.parametrize("what", HARMLESS)
def test_a_score_that_is_not_meant_to_go_keeps_no_item_back(what: str) -> None:
    district = a_district(overrides={"atomic_unit": "item"})
    district.give("1", "s3", 30_000)
    district.night()
    district.give("1", "s3", **HARMLESS[what])
    district.give("1", "s1", 55_000)
    assert district.night().writes == [("s1", "update", "1")]


def test_a_held_and_a_dropped_score_keep_no_item_back() -> None:
    district = a_district(overrides={"atomic_unit": "item"})
    district.give("1", "s3", 30_000)
    district.night()
    del district.scores["1", "s3"]
    district.give("1", "s1", 55_000)
    district.edit_cell("1", "s1", (10_000, "graded"))
    district.give("1", "s2", 65_000)
    night = district.night()
    assert (night.writes, night.held) == ([("s2", "update", "1")], {"BOTH_CHANGED"})


def test_the_plan_counts_typed_zeros_apart_from_automatic_ones(settled: District) -> None:
    settled.give("1", "s1", 0)
    settled.give("1", "s2", 65_000)
    night = settled.night()
    assert (night.plan.zeroed, night.plan.updated_results) == (1, 2)


def test_an_empty_gradebook_is_an_empty_plan() -> None:
    night = District().night()
    assert (night.items, night.results, night.writes) == ({}, {}, [])
    assert isinstance(night.plan.findings, pd.DataFrame)


def test_a_score_that_was_taken_out_in_the_sis_blocks_its_item_also_where_the_route_makes_deleted_ones_again() -> (
    None
):
    district = a_district(overrides={"conflict_policy": "block_item", "recreate_deleted": True})
    district.night()
    district.edit_cell("1", "s1")
    district.give("1", "s1", 55_000)
    night = district.night()
    assert (night.again, night.writes, night.held) == ([], [], {CHANGED})
