"""The canonical frames: what every LMS and SIS connector hands inwards.

Ids are text. Booleans are nullable: unknown is not false. Points are int64 ten-thousandths. `_at` is an
aware UTC instant, `_date` a district-local calendar date (datetime64 at midnight, no zone). A frame that
breaks its schema stops the district: rules judge grades, schemas judge connectors.

Keep out: passback policy (`gradeflow.rules`), wire formats (`lms`, `sis`), keys of the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

Schema = pa.DataFrameSchema

TEXT = pd.StringDtype(na_value=np.nan)  # pandas 3's `str`
FLAG = pd.BooleanDtype()
E4 = pd.Int64Dtype()
COUNT = pd.Int64Dtype()
INSTANT = pd.DatetimeTZDtype(unit="us", tz="UTC")
DATE = "datetime64[ns]"

KINDS = ("assignment", "quiz", "discussion", "test", "task", "assessment", "external", "ungraded", "other")
GRADINGS = ("points", "percent", "letter", "gpa", "pass_fail", "standards", "not_graded", "unknown")
ASSIGNED_BASES = ("assigned", "unlock", "created", "first_seen", "unknown")
DUE_BASES = ("section_override", "base", "item", "none", "period_end", "course_end", "week_after_assigned")


def _column(dtype: Any, *, nullable: bool = False, isin: tuple[str, ...] | None = None) -> pa.Column:
    checks = [pa.Check.isin(isin)] if isin else []
    return pa.Column(dtype, checks=checks, nullable=nullable)


def _key() -> pa.Column:
    return pa.Column(TEXT, checks=[pa.Check.str_length(min_value=1, max_value=255)])


def _schema(name: str, columns: Mapping[str, pa.Column], unique: list[str]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(dict(columns), name=name, unique=unique, strict=True, ordered=False)


# ---- what the LMS says -------------------------------------------------------------------------------

LINE_ITEMS = _schema(
    "line_items",
    {
        # One row per LMS assignment and SIS section: the unit that passes back.
        "lms_assignment_id": _key(),
        "section_id_sis": _key(),
        "section_id_lms": _column(TEXT, nullable=True),
        "course_id_lms": _column(TEXT, nullable=True),
        "title": _column(TEXT),  # as shown in the LMS's gradebook; may be empty
        "kind": _column(TEXT, isin=KINDS),
        "kind_raw": _column(TEXT, nullable=True),
        "category_lms": _column(TEXT, nullable=True),  # assignment group or assessment type, by its name
        "points_possible_e4": _column(E4, nullable=True),
        "points_text": _column(TEXT, nullable=True),  # as received, where it fits no exact _e4
        "grading": _column(TEXT, isin=GRADINGS),
        "factor_e4": _column(E4, nullable=True),  # how often it counts in the LMS; null: no such number there
        # Whether the LMS leaves scores of it out of the grade, as the lowest of its category.
        "is_droppable": _column(FLAG, nullable=True),
        "is_published": _column(FLAG, nullable=True),
        "is_selected": _column(FLAG, nullable=True),  # Sync to SIS; null where the LMS has no such switch
        "is_in_final_grade": _column(FLAG, nullable=True),
        "assigned_at": _column(INSTANT, nullable=True),
        "assigned_basis": _column(TEXT, isin=ASSIGNED_BASES),
        "due_at": _column(INSTANT, nullable=True),  # as it holds for this section
        "due_basis": _column(TEXT, isin=DUE_BASES),
        "everyone_due_at": _column(INSTANT, nullable=True),  # Everyone and Everyone Else are one concept
        "has_everyone": _column(FLAG, nullable=True),
        "has_section_dates": _column(FLAG, nullable=True),
        "is_section_named": _column(FLAG, nullable=True),  # this section has dates of its own
        "is_individual": _column(FLAG, nullable=True),  # aimed at single students
        "assigned_by_lms": _column(TEXT, nullable=True),
        "assigned_by_sis": _column(
            TEXT, nullable=True
        ),  # null while assigned_by_lms is not: unknown to the SIS
        "created_at": _column(INSTANT, nullable=True),
        # The LMS's own grading period, by its id: null where it tags none, or where it has no tags.
        "term_lms": _column(TEXT, nullable=True),
        "is_rostered": _column(FLAG, nullable=True),  # the SIS's integration made this section in the LMS
        "is_passback_enabled": _column(FLAG, nullable=True),  # a switch of the course; null: no such switch
    },
    unique=["lms_assignment_id", "section_id_sis"],
)

RESULTS = _schema(
    "results",
    {
        # One row per student in each line item, also where nothing was scored yet.
        "lms_assignment_id": _key(),
        "section_id_sis": _key(),
        "student_id_sis": _key(),
        "score_e4": _column(E4, nullable=True),
        "score_text": _column(TEXT, nullable=True),  # the grade as typed, only where it is no number
        "is_graded": _column(FLAG, nullable=True),
        "is_submitted": _column(FLAG, nullable=True),  # False only where the LMS says so explicitly
        "is_excused": _column(FLAG, nullable=True),
        "is_excluded": _column(FLAG, nullable=True),
        "is_missing": _column(FLAG, nullable=True),
        "is_late": _column(FLAG, nullable=True),
        "is_posted": _column(FLAG, nullable=True),
        "is_enrolled": _column(FLAG, nullable=True),  # the LMS's own view of the enrolment
        "graded_at": _column(INSTANT, nullable=True),
        # The newest attempt as the LMS counts them. Null: none, not told, or newer than what the score is for. No
        # part of a result's value: another attempt with the same score changes nothing.
        "attempt": _column(COUNT, nullable=True),
        # A due date of the student's own, such as an extension. Null: the line item's holds, as far as is known.
        "has_own_due": _column(FLAG, nullable=True),
        "own_due_at": _column(
            INSTANT, nullable=True
        ),  # null with has_own_due: no date at all for this student
    },
    unique=["lms_assignment_id", "section_id_sis", "student_id_sis"],
)

# ---- what the SIS says of itself ---------------------------------------------------------------------

SIS_SECTIONS = _schema(
    "sis_sections",
    {
        "section_id_sis": _key(),
        "school_id_sis": _column(TEXT, nullable=True),
        "is_active": _column(FLAG),
        "end_date": _column(DATE, nullable=True),  # the last day of its terms, inclusive; null: not known
    },
    unique=["section_id_sis"],
)

GRADING_PERIODS = _schema(
    "grading_periods",
    {
        "period_id_sis": _key(),
        "title": _column(TEXT),
        "start_date": _column(DATE),
        "end_date": _column(DATE),  # the last day, inclusive
        "school_year": _column(TEXT, nullable=True),
    },
    unique=["period_id_sis"],
)

CATEGORIES = _schema(
    "categories",
    {
        "category_id_sis": _key(),
        "title": _column(TEXT),
        "section_id_sis": _column(TEXT, nullable=True),  # null: offered in every section
        "is_active": _column(FLAG),
    },
    unique=["category_id_sis"],
)

ENROLMENTS = _schema(
    "enrolments",
    {
        "student_id_sis": _key(),
        "section_id_sis": _key(),
        "begin_date": _column(DATE, nullable=True),  # first day in the section
        "end_date": _column(DATE, nullable=True),  # first day no longer in it (OneRoster: exclusive)
        "is_active": _column(FLAG),
    },
    unique=["student_id_sis", "section_id_sis"],
)

CLASS_TEACHERS = _schema(
    "class_teachers",
    {
        "teacher_id_sis": _key(),
        "section_id_sis": _key(),
        "is_primary": _column(FLAG, nullable=True),
        "is_active": _column(FLAG),
    },
    unique=["teacher_id_sis", "section_id_sis"],
)

TEACHERS = _schema(
    "teachers", {"teacher_id_sis": _key(), "is_active": _column(FLAG)}, unique=["teacher_id_sis"]
)
STUDENTS = _schema(
    "students", {"student_id_sis": _key(), "is_active": _column(FLAG)}, unique=["student_id_sis"]
)

# ---- what the SIS holds now --------------------------------------------------------------------------

OBSERVED_LINE_ITEMS = _schema(
    "observed_line_items",
    {
        "sis_id": _key(),
        "section_id_sis": _key(),
        "title": _column(TEXT),
        "assign_date": _column(DATE, nullable=True),
        "due_date": _column(DATE, nullable=True),
        "category_id_sis": _column(TEXT, nullable=True),
        "period_id_sis": _column(TEXT, nullable=True),
        "points_possible_e4": _column(E4, nullable=True),
        "external_id": _column(TEXT, nullable=True),  # our id, where the SIS keeps it beside its own
        "raw": _column(TEXT),  # the whole object as JSON, so that a PUT can carry what we do not change
    },
    unique=["sis_id"],
)

OBSERVED_RESULTS = _schema(
    "observed_results",
    {
        "sis_id": _key(),
        "line_item_sis_id": _key(),
        "student_id_sis": _key(),
        "score_e4": _column(E4, nullable=True),
        "status": _column(TEXT, nullable=True),  # canonical: graded, exempt, or null for a blank cell
        "raw": _column(TEXT),
    },
    unique=["sis_id"],
)


def empty(schema: pa.DataFrameSchema) -> pd.DataFrame:
    """Give no rows but the whole schema: known to be empty, which is not the same as unknown."""
    return build(schema, [])


def build(schema: pa.DataFrameSchema, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a checked frame from mappings; a column that no row names is null.

    Raises:
        ValueError: a row breaks the schema; the message names columns and checks, never values.
    """
    rows = list(rows)
    columns = {
        name: pd.array([row.get(name) for row in rows], dtype=column.dtype.type)
        for name, column in schema.columns.items()
    }
    return checked(schema, pd.DataFrame(columns))


def completed(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame that an older version wrote the columns that it did not know; all of them null."""
    missing = [name for name in schema.columns if name not in frame]
    absent = {name: schema.columns[name].dtype.type for name in missing}
    return frame.assign(
        **{name: pd.Series(None, index=frame.index, dtype=dtype) for name, dtype in absent.items()}
    )


def checked(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Hold a frame against its schema.

    Raises:
        ValueError: names columns, checks and row counts. pandera's own message holds values and is dropped.
    """
    try:
        return schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        counts = error.failure_cases.groupby(["column", "check"], dropna=False).size()
        what = "; ".join(f"{column}: {check} ({count} rows)" for (column, check), count in counts.items())
        msg = f"frame {schema.name} breaks its schema: {what}"
    raise ValueError(msg)
