"""What the files of an itslearning drop have beside what all such files have: columns, words, what they mean."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.lms.drop_tables import A_NUMBER, Check, each, flags, is_flag, is_number
from gradeflow.lms.file_contract import Columns, FileContract
from gradeflow.model import frames

ITEM_COLUMNS = (
    "item_id",
    "title",
    "type",
    "section_sis_id",
    "category",
    "scale",
    "max_score",
    "term",
    "deadline",
    "course_from_sis",
    "passback_enabled",
    "created_by_user_id",
    "created_by_sis_id",
)
SCORE_COLUMNS = ("item_id", "section_sis_id", "student_sis_id", "status", "mark", "late", "score")

SCORE_SCALE = "Score"
STATUSES = {"Not submitted": False, "Submitted": True, "Completed": None}  # also paper is completed
MARKS = ("Missing", "Excused", "Excluded")
KINDS = {
    "assignment": "assignment",
    "test": "test",
    "task": "task",
    "discussion": "discussion",
    "survey": "ungraded",
}


def check_items(rows: pd.DataFrame) -> list[Check]:
    """Find cells of items.csv that are not as published."""
    points = rows["max_score"]
    return [
        ("max_score", ~(is_number(points) | (points == "")), f"{A_NUMBER}, or empty"),
        *((name, ~is_flag(rows[name]), "true or false") for name in ("course_from_sis", "passback_enabled")),
    ]


def check_scores(rows: pd.DataFrame) -> list[Check]:
    """Find cells of scores.csv that are not as published."""
    late = rows["late"]
    return [
        ("status", ~rows["status"].isin(list(STATUSES)), ", ".join(STATUSES)),
        ("mark", ~rows["mark"].isin(["", *MARKS]), f"{', '.join(MARKS)}, or empty"),
        ("late", ~(is_flag(late) | (late == "")), "true, false, or empty"),
    ]


def kind_of(type_text: str) -> str:
    """Name the kind of an item in canonical words.

    >>> kind_of("Test"), kind_of("SCORM package")
    ('test', 'other')
    """
    return KINDS.get(type_text.strip().lower(), "other")


def grading_of(scale: str) -> str:
    """Name how a scale grades: only Score is points; others are steps with a title, and none is unknown.

    >>> grading_of("Score"), grading_of("A-F"), grading_of("")
    ('points', 'letter', 'unknown')
    """
    return "points" if scale == SCORE_SCALE else "letter" if scale else "unknown"


def map_line_items(rows: pd.DataFrame, _: ZoneInfo) -> Columns:
    """Map items.csv to columns of LINE_ITEMS."""
    return {
        "kind": each(rows["type"], kind_of, frames.TEXT),
        "category_lms": rows["category"].replace("", None),
        "grading": each(rows["scale"], grading_of, frames.TEXT),
        "assigned_basis": "unknown",
        "term_lms": rows["term"].replace("", None),
        "is_rostered": flags(rows["course_from_sis"]),
        "is_passback_enabled": flags(rows["passback_enabled"]),
    }


def map_results(rows: pd.DataFrame, _: ZoneInfo) -> Columns:
    """Map scores.csv to columns of RESULTS."""
    mark = rows["mark"]
    return {
        "is_graded": rows["status"] == "Completed",
        "is_submitted": rows["status"].map(STATUSES),
        "is_excused": mark == "Excused",
        "is_excluded": mark == "Excluded",
        "is_missing": mark == "Missing",
        "is_late": flags(rows["late"]),
    }


CONTRACT = FileContract(
    one="item",
    item_columns=ITEM_COLUMNS,
    score_columns=SCORE_COLUMNS,
    points="max_score",
    score="score",
    due="deadline",
    author="created_by",
    check_items=check_items,
    check_scores=check_scores,
    map_items=map_line_items,
    map_scores=map_results,
)
