"""Items that the SIS has already: twins of ours, and those that stand under our id."""

from __future__ import annotations

import pytest

from gradeflow_tests.core.nights import SisItem
from gradeflow_tests.core.two_items import a_district


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
