"""Routes that send items whole: scores that a broken one beside them keeps back."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow_tests.core.two_items import a_district


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
