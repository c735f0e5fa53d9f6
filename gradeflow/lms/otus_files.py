"""The three files of an Otus drop: what each cell may hold, and how rows become canonical frames.

Checks are masks over whole columns; only rows that fail one are looked at singly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pandera.pandas as pa

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
ASSESSMENT_KEY = ("assessment_id", "section_sis_id")
SCORE_KEY = (*ASSESSMENT_KEY, "student_sis_id")

SCALES = {"Points": "points", "Standards": "standards"}
COMPLETIONS = {"Not Started": False, "In Progress": False, "Turned In": True, "Graded": True}
SUBMISSIONS = ("On Time", "Late", "Missing", "Excused", "Excluded")

DAY_END = dt.time(23, 59)
YEARS = (1900, 2999)  # at the ends of the calendar a day of another time zone does not exist
_DECIMAL = r"-?\d{1,9}(\.\d{1,12})?"
_A_DAY = f"a date as YYYY-MM-DD, {YEARS[0]} to {YEARS[1]}"
_DAY = r"\d{4}-\d{2}-\d{2}"

Mask = pd.Series  # of booleans, one per row


def find_faults(texts: Texts) -> list[Fault]:
    """Find every wrong place of both files."""
    assessments, scores = texts["assessments"], texts["scores"]
    faults = [] if assessments.rows is None else assessment_faults(assessments, assessments.rows)
    return faults if scores.rows is None else faults + score_faults(scores, scores.rows, assessments.rows)


def assessment_faults(text: Text, rows: pd.DataFrame) -> list[Fault]:
    """Find every cell of assessments.csv that is not as published."""
    points, scale = rows["total_points"], rows["grading_scale"]
    return _faults(
        text,
        (
            *(
                (column, ~rows[column].str.len().between(1, 255), "1 to 255 characters")
                for column in (*ASSESSMENT_KEY, "type")
            ),
            ("grading_scale", ~scale.isin(list(SCALES)), "Points or Standards"),
            (
                "total_points",
                ~(points.str.fullmatch(_DECIMAL) | ((points == "") & (scale == "Standards"))),
                "a decimal number such as 10 or 7.5; empty only where grading_scale is Standards",
            ),
            (
                "include_in_final_grade",
                ~rows["include_in_final_grade"].str.lower().isin(["true", "false"]),
                "true or false",
            ),
            ("assigned_date", ~_is_day(rows["assigned_date"]), _A_DAY),
            (
                "due_date",
                ~(_is_day(rows["due_date"]) | (rows["due_date"] == "")),
                f"{_A_DAY}, or empty",
            ),
            (
                "assessment_id",
                rows.duplicated(list(ASSESSMENT_KEY)),
                "one row per assessment and section; this pair was above",
            ),
        ),
    )


def score_faults(text: Text, rows: pd.DataFrame, assessments: pd.DataFrame | None) -> list[Fault]:
    """Find every cell of scores.csv that is not as published.

    Rows are held against assessments.csv only where that could be read.
    """
    points = rows["points_earned"]
    checks = [
        *((column, ~rows[column].str.len().between(1, 255), "1 to 255 characters") for column in SCORE_KEY),
        ("completion_status", ~rows["completion_status"].isin(list(COMPLETIONS)), ", ".join(COMPLETIONS)),
        (
            "submission_status",
            ~rows["submission_status"].isin(["", *SUBMISSIONS]),
            f"{', '.join(SUBMISSIONS)}, or empty",
        ),
        (
            "points_earned",
            ~(points.str.fullmatch(_DECIMAL) | (points == "")),
            "a decimal number such as 10 or 7.5, or empty",
        ),
        (
            "student_sis_id",
            rows.duplicated(list(SCORE_KEY)),
            "one row per assessment, section and student; these three were above",
        ),
    ]
    if assessments is not None:
        known = pd.MultiIndex.from_frame(assessments[list(ASSESSMENT_KEY)])
        pairs = pd.MultiIndex.from_frame(rows[list(ASSESSMENT_KEY)])
        strangers = pd.Series(
            known.get_indexer_for(pairs) < 0 if known.is_unique else False, index=rows.index
        )
        checks.append(("assessment_id", strangers, "an assessment and section that assessments.csv has"))
    return _faults(text, checks)


def _faults(text: Text, checks: Sequence[tuple[str, Mask, str]]) -> list[Fault]:
    found = [
        (int(position), column, allowed)
        for column, mask, allowed in checks
        for position in mask.to_numpy(dtype=bool).nonzero()[0]
    ]
    lines = text.lines([position for position, _, _ in found]) if found else {}
    return [Fault(text.file, lines[position], column, allowed) for position, column, allowed in found]


def _is_day(column: pd.Series) -> Mask:
    return column.str.fullmatch(_DAY) & _each(column, _is_real_day).astype(bool)


def _is_real_day(text: str) -> bool:
    try:
        return YEARS[0] <= dt.date.fromisoformat(text).year <= YEARS[1]
    except ValueError:
        return False


def _each(column: pd.Series, read: Callable[[str], Any], dtype: Any = object) -> pd.Series:
    """Apply a function to each distinct text once: columns hold few distinct dates and scores."""
    codes, texts = pd.factorize(column)
    values = pd.array([read(str(text)) for text in texts], dtype=dtype)
    return pd.Series(values.take(codes), index=column.index)


def map_line_items(rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Map assessments.csv to LINE_ITEMS.

    Shape: one row per assessment and section, in file order. Units: points in ten-thousandths; dates are
    the district's, assigned at 00:00 and due at 23:59 there.
    """
    points = rows["total_points"]
    is_exact = _each(points, lambda text: text == "" or is_exact_e4(text)).astype(bool)
    due = rows["due_date"]
    return _frame(
        frames.LINE_ITEMS,
        rows.index,
        {
            "lms_assignment_id": rows["assessment_id"],
            "section_id_sis": rows["section_sis_id"],
            "title": rows["title"],
            "kind": "assessment",
            "kind_raw": rows["type"],
            "category_lms": rows["type"],
            "points_possible_e4": _each(points.where(is_exact, ""), parse_e4, frames.E4),
            "points_text": points.mask(is_exact),
            "grading": rows["grading_scale"].map(SCALES),
            "is_published": True,
            "is_in_final_grade": rows["include_in_final_grade"].str.lower() == "true",
            "assigned_at": _each(rows["assigned_date"], _instant(dt.time(), zone), frames.INSTANT),
            "assigned_basis": "assigned",
            "due_at": _each(due, _instant(DAY_END, zone), frames.INSTANT),
            "due_basis": (due == "").map({True: "none", False: "item"}),
            "everyone_due_at": _each(due, _instant(DAY_END, zone), frames.INSTANT),
            "assigned_by_lms": rows["assigned_by_user_id"].replace("", None),
            "assigned_by_sis": rows["assigned_by_sis_id"].replace("", None),
        },
    )


def map_results(rows: pd.DataFrame) -> pd.DataFrame:
    """Map scores.csv to RESULTS. Shape: one row per student and line item. Units: ten-thousandths."""
    status = rows["submission_status"]
    return _frame(
        frames.RESULTS,
        rows.index,
        {
            "lms_assignment_id": rows["assessment_id"],
            "section_id_sis": rows["section_sis_id"],
            "student_id_sis": rows["student_sis_id"],
            "score_e4": _each(rows["points_earned"], parse_e4, frames.E4),
            "is_graded": rows["completion_status"] == "Graded",
            "is_submitted": rows["completion_status"].map(COMPLETIONS),
            "is_excused": status == "Excused",
            "is_excluded": status == "Excluded",
            "is_missing": status == "Missing",
            "is_late": status == "Late",
        },
    )


def _instant(time: dt.time, zone: ZoneInfo) -> Callable[[str], dt.datetime | None]:
    def read(text: str) -> dt.datetime | None:
        if not text:
            return None
        return dt.datetime.combine(dt.date.fromisoformat(text), time, zone).astimezone(dt.UTC)

    return read


def _frame(schema: pa.DataFrameSchema, index: pd.Index, columns: dict[str, Any]) -> pd.DataFrame:
    """Make a checked frame; a column that is not named is unknown throughout."""
    return frames.checked(
        schema,
        pd.DataFrame(
            {
                name: pd.Series(columns.get(name), index=index, dtype=column.dtype.type)
                for name, column in schema.columns.items()
            }
        ),
    )
