"""What an export of the SIS tells of what was typed there: edits, deletions, and what the SIS keeps less of."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gradeflow.errors import SourceDataError
from gradeflow_tests.contracts.manners import OTHER, RESULT, SECTION
from gradeflow_tests.sis.dropped import LINE_ITEM, Drop, create, items, results

ITEM_ROW = {"line_item_id": "item-1", "section_id": SECTION, "title": "Ratios", "due_date": "2026-11-13"}
SCORE_ROW = {"line_item_id": "item-1", "student_id": "000001", "score": "7.5", "status": "graded"}


def test_an_export_of_the_sis_tells_a_teachers_edit(drop: Drop) -> None:
    drop.run(create)
    drop.observe(1, [ITEM_ROW], [SCORE_ROW], [SECTION])
    assert list(drop.run(items).title) == ["Ratios"]
    assert list(drop.run(results).score_e4) == [75_000]


def test_what_was_dropped_after_the_export_counts_on_top_of_it(drop: Drop) -> None:
    drop.run(create)
    drop.observe(1, [ITEM_ROW], [SCORE_ROW], [SECTION])
    drop.run(lambda system: system.put_result(dataclasses.replace(RESULT, score_e4=90_000)))
    assert list(drop.run(results).score_e4) == [90_000]
    assert list(drop.run(items).title) == ["Ratios"]


def test_what_an_export_lacks_of_its_sections_was_deleted_and_of_others_is_not_known(drop: Drop) -> None:
    async def work(system: Any) -> None:
        await create(system)
        await system.put_line_item(dataclasses.replace(LINE_ITEM, sis_id="item-2", section_id_sis=OTHER))

    drop.run(work)
    drop.observe(1, [], [], [SECTION])
    assert drop.run(items).empty
    assert drop.run(results).empty
    assert list(drop.run(lambda system: system.read_line_items(OTHER)).sis_id) == ["item-2"]


def test_an_assignment_that_a_teacher_made_is_seen_so_that_it_is_not_made_twice(drop: Drop) -> None:
    drop.observe(0, [{**ITEM_ROW, "line_item_id": ""}], [], [SECTION])
    (row,) = drop.run(items).itertuples()
    assert (row.title, row.sis_id.partition(":")[0]) == ("Ratios", "observed")


@pytest.mark.parametrize(
    "spoil",
    [
        {"complete.json": None},
        {"complete.json": '{"packs_entered": 1}'},
        {"complete.json": '{"packs_entered": 1, "assignments": 9, "scores": 1, "sections": ["0901"]}'},
        {"complete.json": '{"packs_entered": 9, "assignments": 1, "scores": 1, "sections": ["0901"]}'},
        {"complete.json": '{"packs_entered": 1, "assignments": 1, "scores": 1, "sections": []}'},
        {"scores.csv": "line_item_id,student_id,score,status\nitem-1,000001,A,graded\n"},
        {"scores.csv": "line_item_id,student_id,score,status\nitem-1,000001,7,submitted\n"},
        {"scores.csv": "line_item_id,student_id\nitem-1,000001\n"},
    ],
)
def test_an_unfinished_or_broken_export_is_an_error_and_nothing_is_guessed(drop: Drop, spoil: Any) -> None:
    drop.run(create)
    drop.observe(1, [ITEM_ROW], [SCORE_ROW], [SECTION])
    for name, text in spoil.items():
        path = drop.root / "drop" / "observed" / name
        path.unlink()
        if text is not None:
            path.write_text(text, encoding="utf-8")
    for work in (items, results):
        with pytest.raises(SourceDataError):
            drop.run(work)
    assert [check.passed for check in drop.run(lambda system: system.check())] == [True, True, False]


def test_a_score_that_the_sis_shows_rounded_is_as_it_was_entered_and_an_edit_is_seen(drop: Drop) -> None:
    students = ("000001", "1", "s-003", "s-004")
    entered = (87_500, 82_500, 90_000, 70_000)

    async def work(system: Any) -> None:
        await system.put_line_item(LINE_ITEM)
        for student, score_e4 in zip(students, entered, strict=True):
            await system.put_result(dataclasses.replace(RESULT, student_id_sis=student, score_e4=score_e4))

    def seen(*scores: str) -> dict[str, int]:
        rows = [
            {**SCORE_ROW, "student_id": key, "score": one} for key, one in zip(students, scores, strict=True)
        ]
        drop.observe(1, [{**ITEM_ROW, "title": LINE_ITEM.title}], rows, [SECTION])
        found = drop.run(results)
        return dict(zip(found.student_id_sis, found.score_e4, strict=True))

    drop.run(work)
    as_entered = dict(zip(students, entered, strict=True))
    assert seen("9", "8", "9", "7.00") == as_entered  # one rounds, one cuts
    assert seen("8.75", "8.25", "9", "7") == as_entered
    assert seen("10", "8", "9", "7") == {**as_entered, "000001": 100_000}
    assert seen("9", "8", "9", "8") == {**as_entered, "s-004": 80_000}
    # The line item keeps halves, so that a whole number where 8.75 was entered is somebody's.
    assert seen("9", "8.5", "9", "7") == {**as_entered, "000001": 90_000, "1": 85_000}


def test_a_title_that_the_sis_shows_cut_is_as_it_was_entered_and_a_shorter_one_is_an_edit(drop: Drop) -> None:
    writes = [
        dataclasses.replace(LINE_ITEM, sis_id=key, title=title)
        for key, title in (("item-1", "Comparing ratios and rates"), ("item-2", "Percents and a test"))
    ]
    drop.run(lambda system: system.put_line_items(writes))

    def seen(*titles: str) -> list[str]:
        rows = [
            {**ITEM_ROW, "line_item_id": one.sis_id, "title": t}
            for one, t in zip(writes, titles, strict=True)
        ]
        drop.observe(1, rows, [], [SECTION])
        return list(drop.run(items).title)

    assert seen("Comparing ratio", "Percents and a") == [one.title for one in writes]
    assert seen("Comparing", "Percents and a") == ["Comparing", "Percents and a"]
    assert seen("Ratios and rate", "Percents") == ["Ratios and rate", "Percents"]
