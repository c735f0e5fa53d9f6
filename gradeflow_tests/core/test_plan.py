"""Whole nights over a few line items: what is read, written, held and told."""

from __future__ import annotations

import pandas as pd
import pytest

from gradeflow_tests.core.nights import District
from gradeflow_tests.core.two_items import a_district
from gradeflow_tests.rules.small_school import at


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


def test_the_plan_counts_typed_zeros_apart_from_automatic_ones(settled: District) -> None:
    settled.give("1", "s1", 0)
    settled.give("1", "s2", 65_000)
    night = settled.night()
    assert (night.plan.zeroed, night.plan.updated_results) == (1, 2)


def test_an_empty_gradebook_is_an_empty_plan() -> None:
    night = District().night()
    assert (night.items, night.results, night.writes) == ({}, {}, [])
    assert isinstance(night.plan.findings, pd.DataFrame)
