"""The files of an Otus drop: what each cell may hold, and how rows become canonical frames."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.lms.drop_tables import (
    A_DAY,
    A_NUMBER,
    DAY_END,
    DAY_START,
    each,
    faults_of,
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
COLUMNS = {"assessments": ASSESSMENT_COLUMNS, "scores": SCORE_COLUMNS}
OPTIONAL = {"scores": ("due_date",)}
ASSESSMENT_KEY = ("assessment_id", "section_sis_id")
SCORE_KEY = (*ASSESSMENT_KEY, "student_sis_id")

SCALES = {"Points": "points", "Standards": "standards"}
COMPLETIONS = {"Not Started": False, "In Progress": False, "Turned In": True, "Graded": True}
SUBMISSIONS = ("On Time", "Late", "Missing", "Excused", "Excluded")


def find_faults(texts: Texts) -> list[Fault]:
    """Find every wrong place of both files."""
    assessments, scores = texts["assessments"], texts["scores"]
    faults = [] if assessments.rows is None else assessment_faults(assessments, assessments.rows)
    return faults if scores.rows is None else faults + score_faults(scores, scores.rows, assessments.rows)


def assessment_faults(text: Text, rows: pd.DataFrame) -> list[Fault]:
    """Find every cell of assessments.csv that is not as published."""
    points, scale, due = rows["total_points"], rows["grading_scale"], rows["due_date"]
    return faults_of(
        text,
        [
            *key_checks(rows, (*ASSESSMENT_KEY, "type")),
            ("grading_scale", ~scale.isin(list(SCALES)), "Points or Standards"),
            (
                "total_points",
                ~(is_number(points) | ((points == "") & (scale == "Standards"))),
                f"{A_NUMBER}; empty only where grading_scale is Standards",
            ),
            ("include_in_final_grade", ~is_flag(rows["include_in_final_grade"]), "true or false"),
            ("assigned_date", ~is_day(rows["assigned_date"]), A_DAY),
            ("due_date", ~(is_day(due) | (due == "")), f"{A_DAY}, or empty"),
            (
                "assessment_id",
                rows.duplicated(list(ASSESSMENT_KEY)),
                "one row per assessment and section; this pair was above",
            ),
        ],
    )


def score_faults(text: Text, rows: pd.DataFrame, assessments: pd.DataFrame | None) -> list[Fault]:
    """Find every cell of scores.csv that is not as published.

    Rows are held against assessments.csv only where that could be read.
    """
    points = rows["points_earned"]
    checks = [
        *key_checks(rows, SCORE_KEY),
        ("completion_status", ~rows["completion_status"].isin(list(COMPLETIONS)), ", ".join(COMPLETIONS)),
        (
            "submission_status",
            ~rows["submission_status"].isin(["", *SUBMISSIONS]),
            f"{', '.join(SUBMISSIONS)}, or empty",
        ),
        ("points_earned", ~(is_number(points) | (points == "")), f"{A_NUMBER}, or empty"),
        own_due_check(rows, "due_date"),
        (
            "student_sis_id",
            rows.duplicated(list(SCORE_KEY)),
            "one row per assessment, section and student; these three were above",
        ),
    ]
    if assessments is not None:
        unknown = strangers(rows, assessments, ASSESSMENT_KEY)
        checks.append(("assessment_id", unknown, "an assessment and section that assessments.csv has"))
    return faults_of(text, checks)


def map_line_items(rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Map assessments.csv to LINE_ITEMS.

    Shape: one row per assessment and section, in file order. Units: points in ten-thousandths; dates are
    the district's, assigned at 00:00 and due at 23:59 there.
    """
    points = rows["total_points"]
    is_exact = each(points, lambda text: text == "" or is_exact_e4(text)).astype(bool)
    due = instants(rows["due_date"], DAY_END, zone)
    return framed(
        frames.LINE_ITEMS,
        rows.index,
        {
            "lms_assignment_id": rows["assessment_id"],
            "section_id_sis": rows["section_sis_id"],
            "title": rows["title"],
            "kind": "assessment",
            "kind_raw": rows["type"],
            "category_lms": rows["type"],
            "points_possible_e4": each(points.where(is_exact, ""), parse_e4, frames.E4),
            "points_text": points.mask(is_exact),
            "grading": rows["grading_scale"].map(SCALES),
            "is_published": True,
            "is_in_final_grade": rows["include_in_final_grade"].str.lower() == "true",
            "assigned_at": instants(rows["assigned_date"], DAY_START, zone),
            "assigned_basis": "assigned",
            "due_at": due,
            "due_basis": (rows["due_date"] == "").map({True: "none", False: "item"}),
            "everyone_due_at": due,
            "assigned_by_lms": rows["assigned_by_user_id"].replace("", None),
            "assigned_by_sis": rows["assigned_by_sis_id"].replace("", None),
        },
    )


def map_results(rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Map scores.csv to RESULTS. Shape: one row per student and line item. Units: ten-thousandths."""
    status = rows["submission_status"]
    return framed(
        frames.RESULTS,
        rows.index,
        {
            "lms_assignment_id": rows["assessment_id"],
            "section_id_sis": rows["section_sis_id"],
            "student_id_sis": rows["student_sis_id"],
            "score_e4": each(rows["points_earned"], parse_e4, frames.E4),
            "is_graded": rows["completion_status"] == "Graded",
            "is_submitted": rows["completion_status"].map(COMPLETIONS),
            "is_excused": status == "Excused",
            "is_excluded": status == "Excluded",
            "is_missing": status == "Missing",
            "is_late": status == "Late",
            **own_due(rows["due_date"], zone),
        },
    )
