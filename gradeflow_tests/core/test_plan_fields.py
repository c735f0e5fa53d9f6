"""Fields of line items that either side changed: categories, titles, and the maximum that scores hang on."""

from __future__ import annotations

import pytest

from gradeflow_tests.core.nights import District
from gradeflow_tests.core.two_items import a_district
from gradeflow_tests.rules.small_school import at


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
