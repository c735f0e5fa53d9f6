"""What every SIS connector must do while all goes well, whatever its system."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import PermanentError
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.model.points import parse_e4
from gradeflow.ports import BulkGradeSink, GradeSink
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.manners import LINE_ITEM, OTHER, RESULT, SECTION, STUDENT, needs
from gradeflow_tests.contracts.on_the_way import Line

UNICODE = "Größen, 測定 & „π“"


def line_item(sis: Side, **more: Any) -> LineItemWrite:
    own = {"category_id_sis": sis.manners.homework, "school_id_sis": sis.manners.school}
    return dataclasses.replace(LINE_ITEM, **{**own, **more})


def result(item: str, **more: Any) -> ResultWrite:
    return dataclasses.replace(RESULT, line_item_sis_id=item, **more)


async def reference(system: Any) -> Any:
    return await system.read_reference()


async def create(system: Any, sis: Side, **more: Any) -> tuple[Any, Any]:
    """Create an item, and a result in it."""
    item = await system.put_line_item(line_item(sis))
    return item, await system.put_result(result(item.sis_id, **more))


async def cells(system: Any, item: str) -> pd.DataFrame:
    """Give the results of an item; a cell that stands there from the start and says nothing is none."""
    found = await system.read_results(SECTION, item)
    return found[found.status.notna()].set_index("student_id_sis")


def made(sis: Side) -> str:
    """Have an item with a result, in a run of its own, and give the item's id."""

    async def work(system: Any) -> str:
        item, _ = await create(system, sis)
        return str(item.sis_id)

    return str(sis.run(work))


# ---- reference ---------------------------------------------------------------------------------------


def test_the_reference_keeps_its_schemas_and_ids(sis: Side) -> None:
    found = sis.run(reference)
    for schema, frame in (
        (frames.SIS_SECTIONS, found.sections),
        (frames.GRADING_PERIODS, found.grading_periods),
        (frames.CATEGORIES, found.categories),
        (frames.STUDENTS, found.students),
        (frames.ENROLMENTS, found.enrolments),
        (frames.TEACHERS, found.teachers),
        (frames.CLASS_TEACHERS, found.class_teachers),
    ):
        frames.checked(schema, frame)
    school = sis.school
    assert set(found.sections.section_id_sis) == {one.id for one in school.sections}
    assert set(found.sections.school_id_sis) == {sis.manners.school}
    assert set(found.students.student_id_sis) == set(school.students)
    assert {"000001", "1", "7 & 8/9", "Ñ-9"} <= set(found.students.student_id_sis)
    seats = set(zip(found.enrolments.student_id_sis, found.enrolments.section_id_sis, strict=True))
    assert seats == {(one.student, one.section) for one in school.enrolments}
    periods = [*sis.manners.years, *(period.id for period in school.periods)]
    assert list(found.grading_periods.period_id_sis) == periods
    assert set(found.teachers.teacher_id_sis) == {"t-100", "t-200", "t-300"}


def test_the_reference_tells_dates_primary_teachers_and_whose_a_category_is(sis: Side) -> None:
    found = sis.run(reference)
    period = found.grading_periods.set_index("period_id_sis").loc["q2-2026"]
    assert (str(period.start_date.date()), str(period.end_date.date())) == ("2026-11-09", "2027-01-31")
    mine = found.class_teachers[found.class_teachers.section_id_sis == OTHER]
    assert dict(zip(mine.teacher_id_sis, mine.is_primary, strict=True)) == {"t-200": True, "t-300": False}
    left = found.enrolments[found.enrolments.student_id_sis == "s-006"].iloc[0]
    assert (str(left.begin_date.date()), str(left.end_date.date())) == ("2026-08-31", "2026-10-16")
    offered = found.categories[found.categories.is_active]
    for section, titles in ((SECTION, {"Homework", "Quiz", "Test"}), ("sci-01", {"Lab"})):
        own = offered[offered.section_id_sis.isna() | (offered.section_id_sis == section)]
        assert titles <= set(own.title)
        assert ("Lab" in set(own.title)) is (section == "sci-01")
    by_id = found.categories.set_index("category_id_sis").title
    assert (by_id[sis.manners.homework], by_id[sis.manners.test]) == ("Homework", "Test")


@needs("http")
def test_small_pages_give_the_same_reference(sis: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sis.run(reference)
    before = len(sis.routes())
    small = sis.run(reference, **sis.manners.small_pages(monkeypatch))
    assert len(sis.routes()) > 2 * before
    for name in whole.__slots__:
        assert_frame_equal(getattr(whole, name), getattr(small, name))


# ---- writing -----------------------------------------------------------------------------------------


def test_what_was_written_is_read_back(sis: Side) -> None:
    async def work(system: Any) -> Any:
        before = system.calls.writes
        item, stored = await create(system, sis)
        writes = system.calls.writes - before
        items = await system.read_line_items(SECTION)
        return item, stored, items, await cells(system, item.sis_id), writes, system.allocates_ids

    item, stored, items, found, writes, allocates = sis.run(work)
    manners = sis.manners
    assert (item.title, item.due_date) == ("Ratios practice", "2026-11-13")
    assert (item.category_id_sis, item.points_possible_e4) == (manners.homework, 200_000)
    assert item.assign_date == ("2026-11-09" if manners.tells_assigned else None)
    assert (stored.is_echoed, stored.score_e4, stored.status) == (
        (True, 85_000, "graded") if manners.echoes_scores else (False, None, None)
    )
    (row,) = items.itertuples()
    assert (row.sis_id, row.section_id_sis, row.title) == (item.sis_id, SECTION, "Ratios practice")
    assert (row.category_id_sis, str(row.due_date.date())) == (manners.homework, "2026-11-13")
    assert row.points_possible_e4 == 200_000
    cell = found.loc[STUDENT]
    assert (len(found), cell.sis_id, cell.score_e4, cell.status) == (1, stored.sis_id, 85_000, "graded")
    assert allocates is manners.allocates_ids
    assert writes == 2


def test_ids_that_the_sis_allocates_are_kept_and_ours_is_kept_elsewhere_or_not_at_all(sis: Side) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        (row,) = (await system.read_line_items(SECTION)).itertuples()
        change = line_item(sis, sis_id=item.sis_id, title="Ratios", is_create=False, observed_raw=row.raw)
        again = await system.put_line_item(change)
        return item.sis_id, again.sis_id, row, await system.read_line_items(SECTION)

    first, again, row, items = sis.run(work)
    assert (first == LINE_ITEM.sis_id) is not sis.manners.allocates_ids
    assert again == first == row.sis_id
    assert list(items.sis_id) == [first]
    if sis.manners.allocates_ids:
        assert (row.external_id == LINE_ITEM.sis_id) is sis.manners.keeps_ours


@needs("repeat")
def test_a_create_repeated_leaves_one_object(sis: Side) -> None:
    async def work(system: Any) -> Any:
        first, _ = await create(system, sis)
        second, _ = await create(system, sis)
        items = await system.read_line_items(SECTION)
        return first.sis_id, second.sis_id, items, await cells(system, first.sis_id)

    first, second, items, found = sis.run(work)
    assert first == second
    assert (len(items), len(found)) == (1, 1)


def test_a_result_repeated_leaves_one_result(sis: Side) -> None:
    async def work(system: Any) -> Any:
        item, _ = await create(system, sis)
        await system.put_result(result(item.sis_id, score_e4=90_000))
        return await cells(system, item.sis_id)

    assert list(sis.run(work).score_e4) == [90_000]


@pytest.mark.parametrize(
    ("score_e4", "number"), [(85_000, "8.5"), (80_000, "8"), (81_000, "8.1"), (0, "0"), (250_000, "25")]
)
def test_scores_arrive_as_the_number_they_are(sis: Side, score_e4: int, number: str) -> None:
    async def work(system: Any) -> Any:
        item, _ = await create(system, sis, score_e4=score_e4)
        return (await cells(system, item.sis_id)).loc[STUDENT]

    cell = sis.run(work)
    assert (cell.score_e4, cell.status) == (score_e4, "graded")
    assert str(json.loads(cell.raw)[sis.manners.score_field]) == number


def test_exempt_goes_over_and_comes_back_or_is_refused_but_is_never_a_zero(sis: Side) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        try:
            await system.put_result(result(item.sis_id, score_e4=0, status="exempt"))
        except PermanentError as error:
            return error.code, await cells(system, item.sis_id)
        return None, await cells(system, item.sis_id)

    code, found = sis.run(work)
    if sis.manners.writes_exempt:
        assert (code, list(found.status)) == (None, ["exempt"])
    else:
        assert (code, len(found)) == ("EXCUSED_NOT_WRITABLE", 0)


def test_titles_and_ids_that_are_not_ascii_come_back_as_they_went(sis: Side) -> None:
    async def work(system: Any) -> Any:
        change = {"section_id_sis": OTHER, "title": UNICODE}
        category = {"category_id_sis": (await categories(system))[OTHER]}
        item = await system.put_line_item(line_item(sis, **change, **category))
        writes = [
            result(item.sis_id, sis_id=f"r-{one}", student_id_sis=one, section_id_sis=OTHER)
            for one in ("Ñ-9", "7 & 8/9")
        ]
        for write in writes:
            await system.put_result(write)
        found = await system.read_results(OTHER, item.sis_id)
        return await system.read_line_items(OTHER), found[found.status.notna()]

    items, found = sis.run(work)
    assert list(items.title) == [UNICODE]
    assert set(found.student_id_sis) == {"Ñ-9", "7 & 8/9"}


async def categories(system: Any) -> dict[str, str]:
    """Give the id of Homework in each section."""
    found = (await system.read_reference()).categories
    homework = found[found.title == "Homework"]
    shared = homework[homework.section_id_sis.isna()].category_id_sis
    own = dict(zip(homework.section_id_sis, homework.category_id_sis, strict=True))
    return own if shared.empty else dict.fromkeys((SECTION, OTHER), shared.iloc[0])


def test_a_changed_write_carries_what_is_not_ours(sis: Side) -> None:
    manners = sis.manners

    async def work(system: Any) -> Any:
        item, _ = await create(system, sis)
        if manners.notes is not None:
            manners.notes(sis, item.sis_id)
        row = (await system.read_line_items(SECTION)).iloc[0]
        cell = (await cells(system, item.sis_id)).loc[STUDENT]
        change = line_item(sis, sis_id=item.sis_id, title="Ratios", is_create=False, observed_raw=row.raw)
        await system.put_line_item(change)
        again = result(item.sis_id, sis_id=cell.sis_id, score_e4=90_000, observed_raw=cell.raw)
        await system.put_result(again)
        after = (await system.read_line_items(SECTION)).iloc[0]
        return after, (await cells(system, item.sis_id)).loc[STUDENT]

    item, cell = sis.run(work)
    assert (item.title, cell.score_e4) == ("Ratios", 90_000)
    if manners.has_notes is not None:
        assert manners.has_notes(json.loads(item.raw), json.loads(cell.raw))


def test_many_results_go_at_once_each_with_its_own_outcome(sis: Side) -> None:
    students = ("000001", "1", "s-003")

    async def send(system: Any, writes: Sequence[ResultWrite]) -> list[Any]:
        if isinstance(system, BulkGradeSink) and system.result_batch > 1:
            return list(await system.put_results(writes))
        return [await system.put_result(one) for one in writes]

    async def work(system: Any) -> Any:
        assert isinstance(system, GradeSink)
        item = await system.put_line_item(line_item(sis))
        before = system.calls.writes
        writes = [result(item.sis_id, sis_id=f"r-{one}", student_id_sis=one) for one in students]
        outcomes = await send(system, writes)
        sent = system.calls.writes - before
        is_bulk = isinstance(system, BulkGradeSink) and system.result_batch > 1
        return outcomes, await cells(system, item.sis_id), sent, is_bulk

    outcomes, found, sent, is_bulk = sis.run(work)
    assert set(found.index) == set(students)
    assert [one.sis_id for one in outcomes] == list(found.loc[list(students)].sis_id)
    assert sent == (1 if is_bulk else 3)
    assert is_bulk or not sis.manners.is_bulk


# ---- what teachers do --------------------------------------------------------------------------------


def test_what_a_teacher_changes_is_read_as_it_stands(sis: Side) -> None:
    item, manners = made(sis), sis.manners
    manners.edit_score(sis, item, "7")
    cell = sis.run(lambda system: cells(system, item)).loc[STUDENT]
    assert (cell.score_e4, cell.status) == (70_000, "graded")
    manners.edit_item(sis, item, title="Ratios, again", category=manners.test)
    (row,) = sis.run(lambda system: system.read_line_items(SECTION)).itertuples()
    assert (row.sis_id, row.title, row.category_id_sis) == (item, "Ratios, again", manners.test)


def test_what_a_teacher_deleted_is_gone(sis: Side) -> None:
    item = made(sis)
    sis.manners.delete_item(sis, item)
    assert sis.run(lambda system: system.read_line_items(SECTION)).empty


@needs("parent")
def test_a_result_whose_item_was_deleted_is_told_apart_or_at_least_refused(sis: Side) -> None:
    item = made(sis)
    sis.manners.delete_item(sis, item)
    with pytest.raises(PermanentError) as caught:
        sis.run(lambda system: system.put_result(result(item)))
    # OneRoster's providers differ in what they answer: a 404 is told apart, the rest refused
    assert caught.value.code in {"SIS_PARENT_GONE", "SIS_REFUSED"}
    assert sis.waited == []


@pytest.mark.parametrize("written", [8, 8.0, "8.50", "8"], ids=repr)
@needs("http")
def test_a_number_is_the_same_however_it_is_written(sis: Side, line: Line, written: Any) -> None:
    item = made(sis)

    def rewrite(record: dict[str, Any]) -> None:
        for name in sis.manners.number_fields:
            if record.get(name) not in (None, ""):
                record[name] = written

    line.change_records("*", rewrite)
    cell = sis.run(lambda system: cells(system, item)).loc[STUDENT]
    assert line.changed
    assert (cell.score_e4, cell.status) == (parse_e4(written), "graded")


def test_reading_a_section_without_line_items_is_an_empty_frame(sis: Side) -> None:
    found = sis.run(lambda system: system.read_line_items(OTHER))
    assert_frame_equal(found, frames.empty(frames.OBSERVED_LINE_ITEMS))


def test_the_check_passes_on_a_system_that_works_and_writes_nothing(sis: Side) -> None:
    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = sis.run(work)
    assert checks
    assert all(check.passed for check in checks), checks
    assert writes == 0
    assert system_id.startswith(f"{sis.kind}:")
    assert sis.run(work)[2] == system_id
    assert sis.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"
