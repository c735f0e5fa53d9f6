"""An SIS that gives its own ids: what was created without an answer is found again, and never made twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradeflow.errors import RetriableError
from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import BulkSis, Item, MemorySis

SCORES = {"s1": 50_000, "s2": 60_000}
Make = Callable[..., School]


@pytest.fixture(params=[True, False], ids=["keeps our id", "keeps only its own"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Make a school of two items whose SIS gives its own ids."""

    def made(**manners: Any) -> School:
        sis = MemorySis(allocates_ids=True, keeps_external_id=request.param, **manners)
        school = School(tmp_path, sis)
        school.add("1", SCORES)
        school.add("2", {"s1": 70_000}, section_id_sis="B")
        return school

    return made


def titles(school: School) -> list[str]:
    return sorted(one.title for one in school.sis.state.items.values())


def test_its_ids_are_kept_and_used_ever_after(make: Make) -> None:
    school = make()
    assert school.night().results == {"created": 3}
    items, _ = school.remembered()
    assert dict(zip(items["lms_assignment_id"], items["sis_id"], strict=True)) == {
        "1": school.sis.key_of("Work 1"),
        "2": school.sis.key_of("Work 2"),
    }
    assert not set(items["sis_id"]) & set(items["line_item_id"])
    school.rename("1", "Renamed")
    school.give("1", "s1", 55_000)
    school.give("1", "s3", 45_000)
    assert school.night().results == {"created": 1, "unchanged": 2, "updated": 1}
    assert titles(school) == ["Renamed", "Work 2"]
    cells = school.sis.state.cells[school.sis.key_of("Renamed")]
    assert {student: cell[1] for student, cell in cells.items()} == {"s1": 55_000, "s2": 60_000, "s3": 45_000}
    assert school.night().results == {"unchanged": 4}


@pytest.mark.parametrize("fault", ["lost", "reset"])
def test_a_create_without_an_answer_is_looked_for_before_it_is_sent_again(make: Make, fault: str) -> None:
    school = make(faults=[fault, fault])
    done = school.night()
    assert (done.line_items, done.results, done.unresolved) == ({"created": 2}, {"created": 3}, 0)
    assert titles(school) == ["Work 1", "Work 2"]
    assert school.sis.count("put_line_item") == (2 if fault == "lost" else 4)
    assert school.night().results == {"unchanged": 3}


@pytest.mark.parametrize("manner", ["is_mute", "hides_ids"])
def test_a_create_that_is_answered_without_an_id_is_looked_for(make: Make, manner: str) -> None:
    school = make(**{manner: True})
    assert school.night().results == {"created": 3}
    items, _ = school.remembered()
    assert set(items["sis_id"]) == set(school.sis.state.items)
    assert school.night().results == {"unchanged": 3}


def test_what_a_lost_create_made_is_not_held_as_a_likely_duplicate(make: Make) -> None:
    """The run ends before it can look; the next one does, before it plans."""
    school = make(faults=["lost"])
    reads = school.sis.read_line_items

    async def unreadable(section: str) -> Any:
        if school.sis.count("put_line_item"):
            raise RetriableError("busy", system="Memory", code="MEMORY")
        return await reads(section)

    school.sis.read_line_items = unreadable  # type: ignore[method-assign] # the outage is the test's own
    first = school.night()
    # Nothing could be read back; the other create was answered with the id that the SIS gave it.
    assert (first.unresolved, first.codes["OUTCOME_UNKNOWN"]) == (1, 1)
    school.sis.read_line_items = reads  # type: ignore[method-assign] # the outage is the test's own
    second = school.night()
    assert (second.held, second.unresolved, titles(school)) == ([], 0, ["Work 1", "Work 2"])
    assert "LIKELY_DUPLICATE" not in second.codes
    assert second.results == {"created": 2, "unchanged": 1}


def lost_beside(school: School, *others: Item) -> None:
    """Lose the answer to the create of item 1, and have a teacher make others while it is on its way."""
    commit = school.sis._commit

    def beside(writes: Any, fault: str | None) -> Any:
        try:
            return commit(writes, fault)
        finally:
            if fault == "lost":
                school.sis.state.items |= {f"x{n}": one for n, one in enumerate(others)}
                school.sis.state.cells |= {f"x{n}": {} for n in range(len(others))}

    school.sis._commit = beside  # type: ignore[method-assign] # the outage is the test's own
    school.sis.faults = ["lost"]


def the_item(**changes: Any) -> Item:
    """What item 1 looks like in the SIS."""
    usual = Item("A", "Work 1", "2026-11-09", "2026-11-16", "c-Homework", "q2", 100_000, None)
    return replace(usual, **changes)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"section": "B"}, id="in another section"),
        pytest.param({"title": "Work 11"}, id="of another title"),
        pytest.param({"due_date": "2026-11-17"}, id="due on another day"),
        pytest.param({"assign_date": "2026-11-10"}, id="assigned on another day"),
        pytest.param({"external_id": "theirs"}, id="with an id of somebody else"),
    ],
)
def test_what_looks_otherwise_is_not_taken_for_ours(make: Make, other: dict[str, Any]) -> None:
    school = make()
    lost_beside(school, the_item(**other))
    assert school.night().results == {"created": 3}
    assert school.sis.state.cells["x0"] == {}
    assert titles(school).count("Work 1") + titles(school).count("Work 11") == 2


def uncertain(tmp_path: Path, *others: Item) -> School:
    """A school after a night whose create of item 1 has more than one candidate."""
    school = School(tmp_path, MemorySis(allocates_ids=True, keeps_external_id=False))
    school.add("1", SCORES)
    lost_beside(school, *others)
    done = school.night()
    assert (done.held, done.line_items, done.results) == (["CREATE_UNCERTAIN"], {"held": 1}, {"held": 2})
    assert (done.codes, done.unresolved) == ({"CREATE_UNCERTAIN": 3}, 1)
    return school


CANDIDATES = [
    pytest.param({}, id="two that look alike"),
    pytest.param({"title": " work  1 "}, id="written otherwise"),
]


@pytest.mark.parametrize("other", CANDIDATES)
def test_of_two_candidates_none_is_taken_and_the_item_is_held_until_one_is_left(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    school = uncertain(tmp_path, the_item(**other))
    again = school.night()
    assert (again.held, again.results, again.codes) == (
        ["CREATE_UNCERTAIN"],
        {"held": 2},
        {"CREATE_UNCERTAIN": 3},
    )
    assert (len(school.sis.state.items), again.unresolved) == (2, 1)
    school.sis.state.items["x0"].title = "Theirs"
    found = school.night()
    assert (found.held, found.codes, found.results, found.unresolved) == ([], {}, {"created": 2}, 0)
    assert len(school.sis.state.cells[school.sis.key_of("Work 1")]) == 2
    assert school.sis.state.cells["x0"] == {}


def test_where_both_candidates_are_deleted_it_is_sent_again(tmp_path: Path) -> None:
    school = uncertain(tmp_path, the_item())
    school.sis.state.items.clear()
    done = school.night()
    assert (done.held, done.results, titles(school)) == ([], {"created": 2}, ["Work 1"])


def test_a_title_that_may_be_ours_cut_short_is_neither_taken_nor_passed_over(tmp_path: Path) -> None:
    school = School(tmp_path, MemorySis(allocates_ids=True, keeps_external_id=False))
    school.add("1", SCORES)
    lost_beside(school, the_item(title="Work"))
    school.sis.faults = ["lost"]
    commit = school.sis._commit

    def loses_ours(writes: Any, fault: str | None) -> Any:
        try:
            return commit(writes, fault)
        finally:
            ours = [key for key, one in school.sis.state.items.items() if one.title == "Work 1"]
            for key in ours if fault == "lost" else []:
                del school.sis.state.items[key]

    school.sis._commit = loses_ours  # type: ignore[method-assign] # the outage is the test's own
    assert school.night().held == ["CREATE_UNCERTAIN"]
    assert titles(school) == ["Work"]


@pytest.mark.parametrize("is_bulk", [False, True])
def test_two_items_of_ours_that_look_alike_are_never_taken_for_the_same(
    tmp_path: Path, is_bulk: bool
) -> None:
    manners: dict[str, Any] = {"allocates_ids": True, "keeps_external_id": False}
    sis = BulkSis(**manners, line_item_batch=5) if is_bulk else MemorySis(**manners)
    sis.faults = ["half"] if is_bulk else ["lost", "reset"]
    school = School(tmp_path, sis, overrides={"duplicates": "accept"})
    school.add("1", {"s1": 50_000}, title="Work")
    school.add("2", {"s1": 70_000}, title="Work")
    done = school.night()
    items, _ = school.remembered()
    known = items["sis_id"].dropna()
    assert known.is_unique
    assert (done.held, titles(school)) == (["CREATE_UNCERTAIN"] * 2, ["Work"])


def test_one_of_two_alike_that_was_answered_is_not_taken_for_the_other(tmp_path: Path) -> None:
    sis = MemorySis(allocates_ids=True, keeps_external_id=False, faults=["reset"])
    school = School(tmp_path, sis, overrides={"duplicates": "accept"})
    school.add("1", {"s1": 50_000}, title="Work")
    school.add("2", {"s1": 70_000}, title="Work")
    assert school.night().results == {"created": 2}
    items, _ = school.remembered()
    assert set(items["sis_id"]) == set(sis.state.items)
    scores = sorted(cells["s1"][1] or 0 for cells in sis.state.cells.values())
    assert (titles(school), scores) == (["Work", "Work"], [50_000, 70_000])


def test_a_warehouse_that_was_lost_finds_its_items_by_our_id_and_makes_none_twice(tmp_path: Path) -> None:
    school = School(tmp_path / "one", MemorySis(allocates_ids=True))
    school.add("1", SCORES)
    school.night()
    school.folder = tmp_path / "two"
    done = school.night()
    assert (done.line_items, done.results, titles(school)) == ({"adopted": 1}, {"adopted": 2}, ["Work 1"])
    school.give("1", "s1", 55_000)
    assert school.night().results == {"unchanged": 1, "updated": 1}


def test_an_item_that_the_sis_holds_twice_under_our_id_is_not_made_a_third_time(tmp_path: Path) -> None:
    school = School(tmp_path / "one", MemorySis(allocates_ids=True))
    school.add("1", SCORES)
    school.night()
    key = school.sis.key_of("Work 1")
    school.sis.state.items["copy"] = replace(school.sis.state.items[key], title="A copy")
    school.sis.state.items[key].title = "Renamed there"
    school.folder = tmp_path / "two"
    done = school.night()
    assert (done.held, titles(school)) == (["LIKELY_DUPLICATE"], ["A copy", "Renamed there"])


def test_a_twin_that_somebody_else_made_is_still_held(make: Make) -> None:
    school = make()
    school.night()
    school.sis.state.items["x"] = the_item(title="Work 3")
    school.sis.state.cells["x"] = {}
    school.add("3", SCORES)
    assert school.night().held == ["LIKELY_DUPLICATE"]
