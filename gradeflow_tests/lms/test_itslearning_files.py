from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow.lms.itslearning_files import CONNECTOR
from gradeflow.lms.itslearning_tables import ITEM_COLUMNS, SCORE_COLUMNS
from gradeflow.model.gradebook import GradebookExtract
from gradeflow_tests.lms.contexts import context
from gradeflow_tests.lms.file_drops import FileDrop, Table

ITEM = dict(
    zip(
        ITEM_COLUMNS,
        (
            *("7", "Cells, part 1", "Test", "007", "Quizzes", "Score", "10", "T2", "2026-10-05"),
            *("true", "true", "u1", "t1"),
        ),
        strict=True,
    )
)
SCORE = dict(zip(SCORE_COLUMNS, ("7", "007", "00042", "Completed", "", "false", "8.5"), strict=True))


class Drop(FileDrop):
    """A drop of itslearning."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.items = [dict(ITEM)]
        self.scores = [dict(SCORE)]
        self.score_columns = list(SCORE_COLUMNS)

    def tables(self) -> dict[str, Table]:
        return {"items": (ITEM_COLUMNS, self.items), "scores": (self.score_columns, self.scores)}

    def gradebook(self) -> GradebookExtract:
        async def main() -> GradebookExtract:
            settings = CONNECTOR.settings.model_validate({"folder": self.folder})
            async with CONNECTOR.open(settings, context()) as source:
                return await source.read_gradebook()

        return asyncio.run(main())

    def item(self) -> Any:
        return self.read().line_items.iloc[0]

    def result(self) -> Any:
        return self.read().results.iloc[0]


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path)


def test_a_student_may_have_a_deadline_of_their_own(drop: Drop) -> None:
    assert drop.read().results[["has_own_due", "own_due_at"]].isna().all(axis=None)
    drop.score_columns.append("deadline")
    drop.scores[0]["deadline"] = "2026-11-02"
    row = drop.read().results.iloc[0]
    assert row.has_own_due
    assert row.own_due_at == pd.Timestamp("2026-11-03T05:59:00Z")


def test_an_item_keeps_its_title_term_category_and_maximum(drop: Drop) -> None:
    item = drop.item()
    assert (item.title, item.term_lms, item.category_lms) == ("Cells, part 1", "T2", "Quizzes")
    assert (item.points_possible_e4, item.grading, item.kind, item.kind_raw) == (
        100_000,
        "points",
        "test",
        "Test",
    )
    assert (item.assigned_by_lms, item.assigned_by_sis) == ("u1", "t1")
    assert (item.assigned_basis, pd.isna(item.assigned_at)) == ("unknown", True)


def test_a_deadline_is_the_end_of_its_day_in_the_districts_zone(drop: Drop) -> None:
    assert drop.item().due_at == pd.Timestamp("2026-10-06T04:59:00Z")
    drop.items[0]["deadline"] = ""
    assert (drop.item().due_basis, pd.isna(drop.item().due_at)) == ("none", True)


@pytest.mark.parametrize("column", ["course_from_sis", "passback_enabled"])
def test_a_course_that_is_not_the_sis_or_not_switched_on_is_told_apart(drop: Drop, column: str) -> None:
    drop.items[0][column] = "false"
    item = drop.item()
    flags = {"course_from_sis": item.is_rostered, "passback_enabled": item.is_passback_enabled}
    assert flags == {"course_from_sis": True, "passback_enabled": True} | {column: False}


@pytest.mark.parametrize(
    ("scale", "grading"), [("Score", "points"), ("score", "letter"), ("A-F", "letter"), ("", "unknown")]
)
def test_only_the_score_scale_is_points(drop: Drop, scale: str, grading: str) -> None:
    drop.items[0]["scale"] = scale
    assert drop.item().grading == grading


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Assignment", "assignment"), ("TASK", "task"), ("Survey", "ungraded"), ("SCORM", "other")],
)
def test_types_are_named_in_canonical_words(drop: Drop, text: str, kind: str) -> None:
    drop.items[0]["type"] = text
    assert (drop.item().kind, drop.item().kind_raw) == (kind, text)


def test_what_is_empty_is_unknown(drop: Drop) -> None:
    empty = ("category", "max_score", "term", "created_by_user_id", "created_by_sis_id")
    drop.items[0] |= dict.fromkeys(empty, "")
    item = drop.item()
    names = [
        "category_lms",
        "points_possible_e4",
        "points_text",
        "term_lms",
        "assigned_by_lms",
        "assigned_by_sis",
    ]
    assert item[names].isna().all()


@pytest.mark.parametrize(
    ("status", "is_submitted", "is_graded"),
    [("Not submitted", False, False), ("Submitted", True, False), ("Completed", None, True)],
)
def test_submitted_is_not_graded_and_completed_says_nothing_of_a_submission(
    drop: Drop, status: str, is_submitted: bool | None, is_graded: bool
) -> None:
    drop.scores[0]["status"] = status
    row = drop.result()
    assert (None if pd.isna(row.is_submitted) else bool(row.is_submitted)) is is_submitted
    assert row.is_graded == is_graded


@pytest.mark.parametrize("mark", ["", "Missing", "Excused", "Excluded"])
def test_each_mark_sets_its_own_flag_only(drop: Drop, mark: str) -> None:
    drop.scores[0]["mark"] = mark
    row = drop.result()
    flags = {name for name in ("missing", "excused", "excluded") if row[f"is_{name}"]}
    assert flags == ({mark.lower()} - {""})


def test_an_empty_late_cell_is_unknown_and_not_false(drop: Drop) -> None:
    drop.scores[0]["late"] = ""
    assert pd.isna(drop.result().is_late)
    drop.scores[0]["late"] = "true"
    assert drop.result().is_late


def test_ids_and_scores_arrive_untouched(drop: Drop) -> None:
    row = drop.result()
    assert (row.section_id_sis, row.student_id_sis, row.score_e4) == ("007", "00042", 85_000)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("item_id", ""),
        ("section_sis_id", ""),
        ("type", ""),
        ("max_score", "ten"),
        ("deadline", "10/05/2026"),
        ("deadline", "2026-02-30"),
        ("course_from_sis", ""),
        ("passback_enabled", "yes"),
    ],
)
def test_a_broken_item_names_file_line_and_column(drop: Drop, column: str, value: str) -> None:
    drop.items = [dict(ITEM), ITEM | {"item_id": "8", column: value}]
    error = drop.refusal()
    assert error.code == "FILE_ROW_INVALID"
    assert f"items.csv, line 3, column {column}: " in str(error)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("item_id", "unknown"),
        ("student_sis_id", ""),
        ("status", "completed"),
        ("mark", "Exempt"),
        ("late", "1"),
        ("score", "marked-8,5"),
    ],
)
def test_a_broken_score_names_its_place_but_not_its_value(drop: Drop, column: str, value: str) -> None:
    drop.scores.append(SCORE | {"student_sis_id": "marked", column: value})
    error = drop.refusal()
    assert f"scores.csv, line 3, column {column}: " in str(error)
    assert "marked" not in str(error)


def test_the_same_row_twice_is_broken(drop: Drop) -> None:
    drop.scores *= 2
    assert "scores.csv, line 3, column student_sis_id" in str(drop.refusal())
    drop.scores = [dict(SCORE)]
    drop.items *= 2
    assert "items.csv, line 3, column item_id" in str(drop.refusal())


def test_counts_that_differ_mean_unfinished(drop: Drop) -> None:
    drop.marker = {"items": 2}
    assert drop.refusal().code == "DROP_INCOMPLETE"
