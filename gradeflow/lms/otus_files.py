"""What the files of an Otus drop have beside what all such files have: columns, words, and what they mean."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.lms.drop_tables import A_DAY, A_NUMBER, DAY_START, Check, instants, is_day, is_flag, is_number
from gradeflow.lms.file_contract import Columns, FileContract

ASSESSMENT_COLUMNS = (
    "assessment_id",
    "title",
    "type",
    "section_sis_id",
    "grading_scale",
    "total_points",
    "include_in_final_grade",
    "assigned_date",
    "due_date",
    "assigned_by_user_id",
    "assigned_by_sis_id",
)
SCORE_COLUMNS = (
    "assessment_id",
    "section_sis_id",
    "student_sis_id",
    "completion_status",
    "submission_status",
    "points_earned",
)

SCALES = {"Points": "points", "Standards": "standards"}
COMPLETIONS = {"Not Started": False, "In Progress": False, "Turned In": True, "Graded": True}
SUBMISSIONS = ("On Time", "Late", "Missing", "Excused", "Excluded")


def check_items(rows: pd.DataFrame) -> list[Check]:
    """Find cells of assessments.csv that are not as published."""
    points, scale = rows["total_points"], rows["grading_scale"]
    return [
        ("grading_scale", ~scale.isin(list(SCALES)), "Points or Standards"),
        (
            "total_points",
            ~(is_number(points) | ((points == "") & (scale == "Standards"))),
            f"{A_NUMBER}; empty only where grading_scale is Standards",
        ),
        ("include_in_final_grade", ~is_flag(rows["include_in_final_grade"]), "true or false"),
        ("assigned_date", ~is_day(rows["assigned_date"]), A_DAY),
    ]


def check_scores(rows: pd.DataFrame) -> list[Check]:
    """Find cells of scores.csv that are not as published."""
    completion, submission = rows["completion_status"], rows["submission_status"]
    return [
        ("completion_status", ~completion.isin(list(COMPLETIONS)), ", ".join(COMPLETIONS)),
        ("submission_status", ~submission.isin(["", *SUBMISSIONS]), f"{', '.join(SUBMISSIONS)}, or empty"),
    ]


def map_line_items(rows: pd.DataFrame, zone: ZoneInfo) -> Columns:
    """Map assessments.csv to columns of LINE_ITEMS; assigned at 00:00 of a day of the district."""
    return {
        "kind": "assessment",
        "category_lms": rows["type"],
        "grading": rows["grading_scale"].map(SCALES),
        "is_in_final_grade": rows["include_in_final_grade"].str.lower() == "true",
        "assigned_at": instants(rows["assigned_date"], DAY_START, zone),
        "assigned_basis": "assigned",
    }


def map_results(rows: pd.DataFrame, _: ZoneInfo) -> Columns:
    """Map scores.csv to columns of RESULTS."""
    status = rows["submission_status"]
    return {
        "is_graded": rows["completion_status"] == "Graded",
        "is_submitted": rows["completion_status"].map(COMPLETIONS),
        "is_excused": status == "Excused",
        "is_excluded": status == "Excluded",
        "is_missing": status == "Missing",
        "is_late": status == "Late",
    }


CONTRACT = FileContract(
    one="assessment",
    item_columns=ASSESSMENT_COLUMNS,
    score_columns=SCORE_COLUMNS,
    points="total_points",
    score="points_earned",
    due="due_date",
    author="assigned_by",
    check_items=check_items,
    check_scores=check_scores,
    map_items=map_line_items,
    map_scores=map_results,
)
