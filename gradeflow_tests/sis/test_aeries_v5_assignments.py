"""Assignments, and the gradebooks in which they are made, on a practice Aeries over real HTTP."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gradeflow.errors import AmbiguousDeliveryError, PermanentError
from gradeflow.ports import BulkGradeSink
from gradeflow_tests.sis.vendor_practice import AERIES_CATEGORY, SECTION, Vendor, items, line_item, score

BOOK = 4366901


SECTION_NUMBER = 1001


LINE_ITEM = line_item(AERIES_CATEGORY)


def test_an_assignment_bears_our_id_and_is_known_by_aeries_own(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        assert isinstance(system, BulkGradeSink)
        return await system.put_line_item(LINE_ITEM), await items(system), system.allocates_ids

    stored, found, allocates = aeries.run(work)
    assert allocates
    assert (stored.title, stored.assign_date, stored.due_date) == (
        "Ratios practice",
        "2026-11-09",
        "2026-11-13",
    )
    assert (stored.category_id_sis, stored.points_possible_e4) == ("0901:1", 200_000)
    (row,) = found.itertuples()
    assert (row.sis_id, row.external_id) == (stored.sis_id, LINE_ITEM.sis_id)
    assert row.sis_id != LINE_ITEM.sis_id
    assert aeries.stored("assignments")[0]["AssignmentCategory"]["Description"] == "Quiz"


def test_an_insert_repeated_leaves_one_assignment(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        first = await system.put_line_item(LINE_ITEM)
        second = await system.put_line_item(dataclasses.replace(LINE_ITEM, title="Ratios"))
        return first, second, await items(system)

    first, second, found = aeries.run(work)
    assert first.sis_id == second.sis_id
    assert list(found.title) == ["Ratios"]


def test_an_insert_whose_answer_was_lost_is_found_again_by_our_id(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        aeries.fault(do="lose_answer", method="POST", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(LINE_ITEM)
        return await items(system)

    assert list(aeries.run(work).external_id) == [LINE_ITEM.sis_id]


@pytest.mark.parametrize("do", ["no_echo", "bad_json"])
def test_an_insert_without_an_echo_is_unknown_since_its_id_is(aeries: Vendor, do: str) -> None:
    aeries.fault(do=do, method="POST", times=1)
    with pytest.raises(AmbiguousDeliveryError):
        aeries.run(lambda system: system.put_line_item(LINE_ITEM))


def test_two_assignments_with_our_one_id_are_left_to_a_person(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        second = dataclasses.replace(LINE_ITEM, sis_id="other")
        stored = await system.put_line_item(second)
        aeries.edit(collection="assignments", key=stored.sis_id, set={"ExternalID": LINE_ITEM.sis_id})
        await system.put_line_item(LINE_ITEM)

    with pytest.raises(PermanentError, match="2 assignments with our one ExternalID") as caught:
        aeries.run(work)
    assert caught.value.code == "LIKELY_DUPLICATE"


@pytest.mark.parametrize("category", ["0901:7", "0902,1:1", "sci-01:3", None, "Quiz"])
def test_a_category_that_is_not_the_gradebooks_is_refused_before_it_is_sent(
    aeries: Vendor, category: str | None
) -> None:
    with pytest.raises(PermanentError, match="would silently take its first one") as caught:
        aeries.run(
            lambda system: system.put_line_item(dataclasses.replace(LINE_ITEM, category_id_sis=category))
        )
    assert caught.value.code == "CATEGORY_GONE"
    assert aeries.stored("assignments") == []


def test_linked_gradebooks_get_nothing(aeries: Vendor) -> None:
    for book in (BOOK, BOOK + 1, BOOK + 2):
        aeries.edit(collection="gradebooks", key=book, set={"LinkedGroup": 3, "TeacherNumber": 1})

    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        raw = (await items(system)).raw[0]
        await system.put_line_item(
            dataclasses.replace(LINE_ITEM, sis_id=stored.sis_id, title="B", is_create=False, observed_raw=raw)
        )

    aeries.run(work)
    assert [one["Description"] for one in aeries.stored("assignments")] == ["B"]


def test_an_update_carries_what_is_not_ours_and_finds_a_renumbered_assignment(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        theirs = {
            "Comment": "Chapter 3",
            "GradingCompleted": True,
            "AssignmentNumber": 40,
            "PointsPossible": 5,
        }
        aeries.edit(collection="assignments", key=stored.sis_id, set=theirs)
        raw = (await items(system)).raw[0]
        change = dataclasses.replace(
            LINE_ITEM, sis_id=stored.sis_id, title="Ratios", points_possible_e4=250_000, is_create=False
        )
        first = await system.put_line_item(dataclasses.replace(change, observed_raw=raw))
        second = await system.put_line_item(dataclasses.replace(change, title="Ratios 2"))
        return first, second

    first, second = aeries.run(work)
    assert (first.title, second.title, second.points_possible_e4) == ("Ratios", "Ratios 2", 250_000)
    (held,) = aeries.stored("assignments")
    assert (held["Comment"], held["GradingCompleted"], held["AssignmentNumber"]) == ("Chapter 3", True, 40)
    assert (held["NumberCorrectPossible"], held["PointsPossible"]) == (25, 5)  # the teacher's weight stays
    assert held["ExternalID"] == LINE_ITEM.sis_id


def test_a_title_too_long_names_the_field_and_not_the_value(aeries: Vendor) -> None:
    with pytest.raises(PermanentError) as caught:
        aeries.run(lambda system: system.put_line_item(dataclasses.replace(LINE_ITEM, title="Marked " * 40)))
    assert caught.value.code == "SIS_REFUSED"
    assert "Description" in str(caught.value)
    assert "Marked" not in str(caught.value)


def test_an_assignment_deleted_by_its_teacher_is_a_parent_gone(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        raw = (await items(system)).raw[0]
        aeries.edit(collection="assignments", key=stored.sis_id, set=None)
        for job in (
            system.put_result(score(stored.sis_id)),
            system.put_line_item(dataclasses.replace(LINE_ITEM, is_create=False, observed_raw=raw)),
        ):
            with pytest.raises(PermanentError) as caught:
                await job
            assert caught.value.code == "SIS_PARENT_GONE"
        return await items(system)

    assert aeries.run(work).empty


def second_gradebook(aeries: Vendor, start: str, end: str) -> None:
    (first,) = [one for one in aeries.stored("gradebooks") if one["GradebookNumber"] == BOOK]
    dates = {"StartDate": f"{start}T00:00:00", "EndDate": f"{end}T00:00:00", "GradebookNumber": 77}
    aeries.edit(collection="gradebooks", key=77, set={**first, **dates})


def test_of_several_gradebooks_the_one_whose_dates_hold_the_due_date_is_written(aeries: Vendor) -> None:
    aeries.edit(collection="gradebooks", key=BOOK, set={"EndDate": "2026-11-08T00:00:00"})
    second_gradebook(aeries, "2026-11-09", "2027-06-18")
    aeries.run(lambda system: system.put_line_item(LINE_ITEM))
    assert [one["GradebookNumber"] for one in aeries.stored("assignments")] == [77]


def test_several_gradebooks_for_one_day_are_refused_until_the_district_names_one(aeries: Vendor) -> None:
    second_gradebook(aeries, "2026-11-09", "2027-06-18")
    with pytest.raises(PermanentError, match=r"several gradebooks for 2026-11-13 \(4366901, 77\)") as caught:
        aeries.run(lambda system: system.put_line_item(LINE_ITEM))
    assert caught.value.code == "GRADEBOOK_AMBIGUOUS"
    aeries.run(lambda system: system.put_line_item(LINE_ITEM), gradebooks={SECTION: 77})
    assert [one["GradebookNumber"] for one in aeries.stored("assignments")] == [77]


def test_a_section_without_a_gradebook_is_not_an_empty_section(aeries: Vendor) -> None:
    aeries.edit(collection="gradebooks", key=BOOK, set=None)
    for work in (items, lambda system: system.put_line_item(LINE_ITEM)):
        with pytest.raises(PermanentError, match="has no gradebook") as caught:
            aeries.run(work)
        assert caught.value.code == "GRADEBOOK_MISSING"


def test_a_gradebook_of_two_sections_is_refused(aeries: Vendor) -> None:
    both = [{"SchoolCode": 994, "SectionNumber": number} for number in (SECTION_NUMBER, SECTION_NUMBER + 1)]
    aeries.edit(collection="gradebooks", key=BOOK, set={"Sections": both})
    with pytest.raises(PermanentError, match="serves 2 sections") as caught:
        aeries.run(lambda system: system.put_line_item(LINE_ITEM))
    assert caught.value.code == "GRADEBOOK_SHARED"
