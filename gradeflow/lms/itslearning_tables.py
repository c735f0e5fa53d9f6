"""The files of an itslearning drop: what each cell may hold, and how rows become canonical frames."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.lms.drop_tables import (
    A_DAY,
    A_NUMBER,
    DAY_END,
    each,
    faults_of,
    flags,
    framed,
    instants,
    is_day,
    is_flag,
    is_number,
    key_checks,
    own_due,
    own_due_check,
    strangers,
)
from gradeflow.model import frames
from gradeflow.model.points import is_exact_e4, parse_e4
from gradeflow.transport.csv import Fault, Text
from gradeflow.transport.drop import Texts

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
COLUMNS = {"items": ITEM_COLUMNS, "scores": SCORE_COLUMNS}
OPTIONAL = {"scores": ("deadline",)}
ITEM_KEY = ("item_id", "section_sis_id")
SCORE_KEY = (*ITEM_KEY, "student_sis_id")

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


def find_faults(texts: Texts) -> list[Fault]:
    """Find every wrong place of both files."""
    items, scores = texts["items"], texts["scores"]
    faults = [] if items.rows is None else _item_faults(items, items.rows)
    return faults if scores.rows is None else faults + _score_faults(scores, scores.rows, items.rows)


def _item_faults(text: Text, rows: pd.DataFrame) -> list[Fault]:
    points, deadline = rows["max_score"], rows["deadline"]
    return faults_of(
        text,
        [
            *key_checks(rows, (*ITEM_KEY, "type")),
            ("max_score", ~(is_number(points) | (points == "")), f"{A_NUMBER}, or empty"),
            ("deadline", ~(is_day(deadline) | (deadline == "")), f"{A_DAY}, or empty"),
            *(
                (column, ~is_flag(rows[column]), "true or false")
                for column in ("course_from_sis", "passback_enabled")
            ),
            ("item_id", rows.duplicated(list(ITEM_KEY)), "one row per item and section; this pair was above"),
        ],
    )


def _score_faults(text: Text, rows: pd.DataFrame, items: pd.DataFrame | None) -> list[Fault]:
    late, score, mark = rows["late"], rows["score"], rows["mark"]
    checks = [
        *key_checks(rows, SCORE_KEY),
        ("status", ~rows["status"].isin(list(STATUSES)), ", ".join(STATUSES)),
        ("mark", ~mark.isin(["", *MARKS]), f"{', '.join(MARKS)}, or empty"),
        ("late", ~(is_flag(late) | (late == "")), "true, false, or empty"),
        ("score", ~(is_number(score) | (score == "")), f"{A_NUMBER}, or empty"),
        own_due_check(rows, "deadline"),
        (
            "student_sis_id",
            rows.duplicated(list(SCORE_KEY)),
            "one row per item, section and student; these three were above",
        ),
    ]
    if items is not None:
        unknown = strangers(rows, items, ITEM_KEY)
        checks.append(("item_id", unknown, "an item and section that items.csv has"))
    return faults_of(text, checks)


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


def map_line_items(rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Map items.csv to LINE_ITEMS.

    Shape: one row per item and section, in file order. Units: points in ten-thousandths; deadlines are days
    of the district and end at 23:59 there.
    """
    points = rows["max_score"]
    is_exact = each(points, lambda text: text == "" or is_exact_e4(text)).astype(bool)
    due = instants(rows["deadline"], DAY_END, zone)
    return framed(
        frames.LINE_ITEMS,
        rows.index,
        {
            "lms_assignment_id": rows["item_id"],
            "section_id_sis": rows["section_sis_id"],
            "title": rows["title"],
            "kind": each(rows["type"], kind_of, frames.TEXT),
            "kind_raw": rows["type"],
            "category_lms": rows["category"].replace("", None),
            "points_possible_e4": each(points.where(is_exact, ""), parse_e4, frames.E4),
            "points_text": points.mask(is_exact),
            "grading": each(rows["scale"], grading_of, frames.TEXT),
            "is_published": True,
            "assigned_basis": "unknown",
            "due_at": due,
            "due_basis": (rows["deadline"] == "").map({True: "none", False: "item"}),
            "everyone_due_at": due,
            "assigned_by_lms": rows["created_by_user_id"].replace("", None),
            "assigned_by_sis": rows["created_by_sis_id"].replace("", None),
            "term_lms": rows["term"].replace("", None),
            "is_rostered": flags(rows["course_from_sis"]),
            "is_passback_enabled": flags(rows["passback_enabled"]),
        },
    )


def map_results(rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Map scores.csv to RESULTS. Shape: one row per student and line item. Units: ten-thousandths."""
    mark = rows["mark"]
    return framed(
        frames.RESULTS,
        rows.index,
        {
            "lms_assignment_id": rows["item_id"],
            "section_id_sis": rows["section_sis_id"],
            "student_id_sis": rows["student_sis_id"],
            "score_e4": each(rows["score"], parse_e4, frames.E4),
            "is_graded": rows["status"] == "Completed",
            "is_submitted": rows["status"].map(STATUSES),
            "is_excused": mark == "Excused",
            "is_excluded": mark == "Excluded",
            "is_missing": mark == "Missing",
            "is_late": flags(rows["late"]),
            **own_due(rows["deadline"], zone),
        },
    )
