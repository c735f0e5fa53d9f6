"""Ours among what an SIS holds: what was never confirmed, what was made again, and what only looks like ours."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow.errors import ConfigError
from gradeflow.model.ledger import LineItemIntent
from gradeflow.reports.evidence import Evidence
from gradeflow.reports.reconcile import differs, sections_of, told
from gradeflow.reports.reconcile_reading import look, recall
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow_tests.delivery.memory_nights import DISTRICT, School
from gradeflow_tests.delivery.memory_sis import Item, MemorySis
from gradeflow_tests.rules.small_school import NOW, district, extract, item, reference

SENT = {
    "title": "Lab 1", "assign_date": "2026-11-02", "due_date": "2026-11-09", "category": None, "points": "100000",
    "period": None,
}  # fmt: skip
OURS = "ours-2"


def school(folder: Path, **manners: Any) -> School:
    """Open a school whose SIS holds one line item of ours with two scores."""
    made = School(folder, MemorySis(**manners))
    made.add("1", {"s1": 50_000, "s2": 60_000})
    made.night()
    return made


def reconciled(made: School) -> dict[str, Any]:
    """Reconcile section A."""
    warehouse = made.open()
    try:
        with warehouse.reading() as connection:
            remembered = recall(connection, DISTRICT, None, with_scores=True)
        return told(asyncio.run(look(made.sis, ["A"], remembered, 4, with_scores=True)))
    finally:
        warehouse.close()


def send_without_answer(made: School) -> None:
    """Leave behind a line item that was sent, and of which nobody heard."""
    place = {"lms_assignment_id": "2", "section_id_sis": "A", "line_item_id": OURS}
    seen = pd.DataFrame([{**place, "assigned_on": NOW.date(), "assigned_basis": "assigned"}])
    warehouse = made.open()
    store = DistrictStore(warehouse, DISTRICT, "killed", NOW, lambda: NOW)
    store.acquire_lease()
    key = int(store.line_item_keys(seen)["line_item_key"].iloc[0])
    assert store.record_intents([LineItemIntent(key, "create", SENT, "digest", "plan", 0)]) != [None]
    store.release_lease()
    warehouse.close()


def put(made: School, key: str, external_id: str | None = None, title: str = "Lab 1") -> None:
    """Have the SIS hold a line item."""
    made.sis.state.items[key] = Item("A", title, "2026-11-02", "2026-11-09", None, None, 100_000, external_id)


def states(document: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    (section,) = document["sections"]
    return [(one["assignment"], one["sis_id"], one["state"]) for one in section["unconfirmed"]]


def counts(document: dict[str, Any]) -> dict[str, int]:
    """Give the counts of line items that are not 0, which add up."""
    totals = document["totals"]
    parts = ("only_sis", "as_stored", "changed", "unconfirmed_in_sis")
    assert totals["in_sis"] == sum(totals[name] for name in parts)
    names = ("in_sis", *parts, "unconfirmed", "gone")
    return {name: totals[name] for name in names if totals[name]}


@pytest.mark.parametrize(
    ("passback", "asked", "read", "closed"),
    [
        pytest.param({}, (), ["A", "B"], ["old"], id="all that are active"),
        pytest.param({"sections": ["A"]}, (), ["A"], ["old"], id="of a pilot"),
        pytest.param({"sections": ["B"]}, (), ["A", "B"], ["old"], id="a pilot, and what has ours"),
        pytest.param({}, ("old",), ["old"], [], id="a closed one by its name"),
    ],
)
def test_the_sections_are_those_with_work_or_ours_that_the_sis_has(
    passback: dict[str, Any], asked: tuple[str, ...], read: list[str], closed: list[str]
) -> None:
    sis = reference(sections=("A", "B", "quiet", "old"))
    sis.sections.loc[sis.sections["section_id_sis"] == "old", "is_active"] = False
    work = extract([item(section_id_sis=section) for section in ("A", "B", "old", "nowhere")], [])
    evidence = Evidence(work, sis, "run", NOW)
    assert sections_of(district(**passback), evidence, ["A", "old"], asked) == (read, closed)
    with pytest.raises(ConfigError, match="no section elsewhere"):
        sections_of(district(), evidence, ["A"], ["A", "elsewhere"])


@pytest.mark.parametrize(
    ("manners", "rows", "state", "is_only"),
    [
        pytest.param({}, {OURS: None}, (OURS, "there"), 0, id="our id is the id"),
        pytest.param({}, {"t1": None}, (None, "not there"), 1, id="a teacher's of the same looks"),
        pytest.param({"allocates_ids": True}, {"9": OURS}, ("9", "there"), 0, id="our id beside it"),
        pytest.param(
            {"allocates_ids": True, "keeps_external_id": False}, {"9": None}, ("9", "there"), 0, id="by its looks"
        ),
        pytest.param(
            {"allocates_ids": True, "keeps_external_id": False}, {"8": None, "9": None}, (None, "perhaps there"), 2,
            id="one of two",
        ),
        pytest.param({"allocates_ids": True}, {}, (None, "not there"), 0, id="not stored"),
    ],
)  # fmt: skip
def test_what_was_sent_without_an_answer_is_told_as_never_confirmed(
    tmp_path: Path,
    manners: dict[str, Any],
    rows: dict[str, str | None],
    state: tuple[str | None, str],
    is_only: int,
) -> None:
    made = school(tmp_path, **manners)
    send_without_answer(made)
    for key, external_id in rows.items():
        put(made, key, external_id)
    found = reconciled(made)
    assert states(found) == [("2", *state)]
    there = {"unconfirmed_in_sis": 1} if state[1] == "there" else {}
    only = {"only_sis": is_only} if is_only else {}
    assert counts(found) == {"in_sis": 1 + len(rows), "as_stored": 1, "unconfirmed": 1, **there, **only}
    assert differs(found)


def test_what_nobody_sent_and_the_sis_does_not_hold_is_no_difference(tmp_path: Path) -> None:
    made = school(tmp_path)
    made.add("2", {"s1": 70_000}, title="")  # registered, and refused by the rules
    made.night()
    found = reconciled(made)
    assert counts(found) == {"in_sis": 1, "as_stored": 1}
    assert not differs(found)


def test_what_bears_our_id_and_was_never_sent_is_told_as_never_confirmed(tmp_path: Path) -> None:
    made = school(tmp_path, allocates_ids=True)
    made.add("2", {"s1": 70_000}, title="")
    made.night()
    items, _ = made.remembered()
    put(made, "9", items.set_index("lms_assignment_id").loc["2", "line_item_id"])
    assert states(reconciled(made)) == [("2", "9", "there")]


def test_ours_under_another_id_of_the_sis_is_gone_and_what_bears_our_id_a_copy(tmp_path: Path) -> None:
    made = school(tmp_path, allocates_ids=True)
    ((key, there),) = made.sis.state.items.items()
    made.sis.state.items = {"restored": there}
    (section,) = reconciled(made)["sections"]
    assert [one["sis_id"] for one in section["gone"]] == [key]  # a night says SIS_DELETED of it too
    assert [one["copy_of"] for one in section["only_sis"]] == [there.external_id]


def test_a_line_item_that_was_made_again_is_not_gone(tmp_path: Path) -> None:
    made = school(tmp_path)
    made.overrides = {"recreate_deleted": True}
    made.sis.state.items.clear()
    made.sis.state.cells.clear()
    assert counts(reconciled(made)) == {"gone": 1}
    made.rename("1", "Work 1, again")
    made.night()
    items, _ = made.remembered()
    assert items["generation"].tolist() == [0, 1]
    assert counts(reconciled(made)) == {"in_sis": 1, "as_stored": 1}


def test_a_copy_that_bears_our_id_is_told_as_one(tmp_path: Path) -> None:
    made = school(tmp_path, allocates_ids=True)
    ((own, there),) = made.sis.state.items.items()
    made.sis.state.items["copy"] = replace(there)
    (section,) = reconciled(made)["sections"]
    (copy,) = section["only_sis"]
    assert (copy["sis_id"], copy["copy_of"]) == ("copy", there.external_id)
    assert section["counts"]["as_stored"] == 1
    assert own in made.sis.state.items


def test_scores_add_up_and_one_that_only_the_sis_has_is_no_difference(tmp_path: Path) -> None:
    made = school(tmp_path)
    (cells,) = made.sis.state.cells.values()
    cells["s3"] = ("typed", 70_000, "graded")
    found = reconciled(made)
    assert {name: n for name, n in found["totals"]["scores"].items() if n} == {
        "in_sis": 3, "as_stored": 2, "only_sis": 1,
    }  # fmt: skip
    assert not differs(found)
    del cells["s1"]
    cells["s2"] = (cells["s2"][0], 60_000, "exempt")
    found = reconciled(made)
    assert {name: n for name, n in found["totals"]["scores"].items() if n} == {
        "in_sis": 2, "changed": 1, "only_sis": 1, "gone": 1,
    }  # fmt: skip
    assert differs(found)
