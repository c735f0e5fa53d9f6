"""Line items that were deleted in the SIS: held, or made again where the route says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradeflow_tests.core.nights import District


def test_a_line_item_deleted_in_the_sis_is_held_and_not_made_again(settled: District) -> None:
    del settled.sis["id-1"]
    settled.give("1", "s1", 55_000)
    settled.give("1", "s3", 45_000)
    night = settled.night()
    assert (night.writes, night.held) == ([], {"SIS_DELETED"})
    assert night.results == {"held": 2, "unchanged": 2}
    assert night.codes == {("SIS_DELETED", one) for one in (None, "s1", "s2", "s3")}
    settled.items["1"]["title"] = "Renamed"
    later = settled.night()
    assert (later.writes, later.held) == ([], {"SIS_DELETED"})
    assert [(hold["field"], hold["result_key"]) for hold in settled.holds.values()] == [(None, None)]


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
