"""Assignments on a practice PowerSchool over real HTTP."""

from __future__ import annotations

import dataclasses
import json
from contextlib import closing
from typing import Any

import pandas as pd
import pytest

from gradeflow.errors import AmbiguousDeliveryError, PermanentError
from gradeflow.ports import BulkGradeSink
from gradeflow.sandbox.store import Document
from gradeflow_tests.sis.vendor_practice import (
    POWERSCHOOL_CATEGORY,
    STUDENT,
    Vendor,
    cells,
    items,
    line_item,
    put,
    score,
)

LINE_ITEM = line_item(POWERSCHOOL_CATEGORY)


SCORE = "/ws/xte/score"


def test_a_create_learns_both_ids_from_where_it_was_put(xte: Vendor) -> None:
    async def work(system: Any) -> Any:
        assert isinstance(system, BulkGradeSink)
        return (
            await system.put_line_item(LINE_ITEM),
            await items(system),
            system.calls.writes,
            system.allocates_ids,
        )

    stored, found, writes, allocates = xte.run(work)
    assert (writes, allocates) == (1, True)
    assert (stored.sis_id, stored.title, stored.due_date) == ("20001:70001", "Ratios practice", "2026-11-13")
    assert (stored.category_id_sis, stored.points_possible_e4) == ("0901:602", 200_000)
    (row,) = found.itertuples()
    assert (row.sis_id, row.title, row.category_id_sis) == ("20001:70001", "Ratios practice", "0901:602")
    assert pd.isna(row.assign_date)
    assert pd.isna(row.external_id)
    (part,) = xte.stored("assignments")[0]["_assignmentsections"]
    assert (part["totalpointvalue"], part["publishoption"], part["isscoringneeded"]) == (
        20,
        "Immediately",
        True,
    )


@pytest.mark.parametrize("fault", [{"do": "lose_answer", "method": "POST"}, {"do": "html", "method": "GET"}])
def test_a_create_whose_id_is_not_learnt_is_unknown_and_can_be_found(
    xte: Vendor, fault: dict[str, Any]
) -> None:
    async def work(system: Any) -> Any:
        await items(system)
        xte.fault(**fault, path="/ws/xte/section/assignment/*", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(LINE_ITEM)
        return await items(system)

    assert list(xte.run(work).title) == ["Ratios practice"]


@pytest.mark.parametrize("code", [401, 403])
def test_an_assignment_whose_ids_our_key_may_not_read_is_not_said_to_be_unsent(
    xte: Vendor, code: int
) -> None:
    async def work(system: Any) -> Any:
        await items(system)
        xte.fault(do="status", code=code, method="GET", path="/ws/xte/section/assignment/?*", times=2)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(LINE_ITEM)

    xte.run(work)
    assert len(xte.stored("assignments")) == 1


def test_a_name_that_is_cut_is_told_as_it_was_stored(xte: Vendor) -> None:
    long = dataclasses.replace(LINE_ITEM, title="Ratios, rates and percentages, in context and out of it")
    assert xte.run(lambda system: system.put_line_item(long)).title == long.title[:50]


@pytest.mark.parametrize("category", ["0901:699", "0902,1:605", "602", None])
def test_a_category_that_is_not_the_teachers_is_refused_before_it_is_sent(
    xte: Vendor, category: str | None
) -> None:
    with pytest.raises(PermanentError, match="has no such category") as caught:
        xte.run(lambda system: system.put_line_item(dataclasses.replace(LINE_ITEM, category_id_sis=category)))
    assert caught.value.code == "CATEGORY_GONE"
    assert xte.count("/ws/xte/section/assignment/") == 0


def test_a_due_date_outside_the_term_names_the_field_and_not_the_value(xte: Vendor) -> None:
    late = dataclasses.replace(LINE_ITEM, due_date="2027-08-01", title="Marked")
    with pytest.raises(PermanentError, match=r"answered 409.*\(duedate\)") as caught:
        xte.run(lambda system: system.put_line_item(late))
    assert (caught.value.code, caught.value.status) == ("SIS_REFUSED", 409)
    assert "Marked" not in str(caught.value)
    assert "2027" not in str(caught.value)
    assert xte.waited == []


def test_an_update_overwrites_nothing_that_is_not_ours(xte: Vendor, item: str) -> None:
    key = item.partition(":")[0]
    theirs = {
        "description": "Chapter 3",
        "weight": 2,
        "iscountedinfinalgrade": False,
        "publishoption": "Never",
    }
    xte.edit(collection="assignments", key=key, set=theirs)

    async def work(system: Any) -> Any:
        raw = (await items(system)).raw[0]
        change = dataclasses.replace(
            LINE_ITEM,
            sis_id=item,
            title="Ratios",
            points_possible_e4=255_000,
            is_create=False,
            observed_raw=raw,
        )
        await system.put_line_item(change)
        unread = dataclasses.replace(change, due_date="2026-11-20", observed_raw=None)
        await system.put_line_item(unread)
        return (await items(system)).iloc[0]

    row = xte.run(work)
    assert (row.title, str(row.due_date.date()), row.points_possible_e4) == ("Ratios", "2026-11-20", 255_000)
    (part,) = xte.stored("assignments")[0]["_assignmentsections"]
    assert {name: part[name] for name in theirs} == theirs
    assert part["totalpointvalue"] == 51
    assert row.sis_id == item


def test_an_assignment_that_a_teacher_gave_to_a_second_section_is_changed_in_both(
    xte: Vendor, item: str
) -> None:
    key = item.partition(":")[0]
    (part,) = xte.stored("assignments")[0]["_assignmentsections"]
    second = {**part, "sectionsdcid": 5003, "assignmentsectionid": 70099, "duedate": "2026-11-27"}
    with closing(xte.spec.store()) as store:
        body = store.get("assignments", key) or {}
        body["_assignmentsections"].append(second)
        store.put(Document("assignments", key, body))

    async def work(system: Any) -> Any:
        raw = (await items(system)).raw[0]
        change = dataclasses.replace(LINE_ITEM, sis_id=item, title="Both", is_create=False, observed_raw=raw)
        await system.put_line_item(change)
        return await items(system), await items(system, "sci-01")

    mine, theirs = xte.run(work)
    assert (list(mine.title), list(theirs.title)) == (["Both"], ["Both"])
    assert str(theirs.due_date[0].date()) == "2026-11-27"


def test_a_change_of_the_maximum_converts_no_score_on_its_own(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        await system.put_result(score(item))
        raw = (await items(system)).raw[0]
        await system.put_line_item(
            dataclasses.replace(
                LINE_ITEM, sis_id=item, points_possible_e4=400_000, is_create=False, observed_raw=raw
            )
        )
        return (await cells(system, item)).score_e4[STUDENT]

    assert xte.run(work) == 85_000


def test_an_assignment_deleted_by_its_teacher_is_a_parent_gone(xte: Vendor, item: str) -> None:
    xte.edit(collection="assignments", key=item.partition(":")[0], set=None)

    async def work(system: Any) -> Any:
        change = dataclasses.replace(LINE_ITEM, sis_id=item, is_create=False)
        for job in (system.put_result(score(item)), system.put_line_item(change)):
            with pytest.raises(PermanentError) as caught:
                await job
            assert caught.value.code == "SIS_PARENT_GONE"
        return await items(system)

    assert xte.run(work).empty


def test_a_500_that_speaks_of_a_deleted_assignment_is_believed_only_once_it_was_looked_for(
    xte: Vendor, item: str
) -> None:
    body = json.dumps({"message": "Unable to find com.pearson.pix.AssignmentSection with id 70001"})
    xte.fault(do="status", code=500, body=body, method="PUT", path=SCORE, times=1)
    with pytest.raises(AmbiguousDeliveryError):
        xte.run(put(item))
    xte.edit(collection="assignments", key=item.partition(":")[0], set=None)
    with pytest.raises(PermanentError, match="was deleted in PowerTeacher Pro") as caught:
        xte.run(put(item))
    assert caught.value.code == "SIS_PARENT_GONE"
