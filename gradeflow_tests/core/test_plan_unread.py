"""What could not be read or was not examined: nothing of it is decided."""

from __future__ import annotations

from gradeflow_tests.core.nights import District
from gradeflow_tests.core.two_items import a_district


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
