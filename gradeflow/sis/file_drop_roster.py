"""The roster that a district puts beside its drop: five CSV files of the OneRoster 1.1 binding.

| file | columns that are read; others are allowed |
|---|---|
| academicSessions.csv | sourcedId, status, title, type (gradingPeriod, else term), startDate, endDate, schoolYear |
| categories.csv | sourcedId, status, title; metadata.classId where a category is one section's |
| classes.csv | sourcedId, status, schoolSourcedId |
| enrollments.csv | sourcedId, status, classSourcedId, userSourcedId, role, primary, beginDate, endDate |
| users.csv | sourcedId, status, role; and the column that `student_number` names |

Source: OneRoster 1.1 CSV binding as repeated in public libraries, read 2026-11.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.errors import SourceDataError
from gradeflow.model.gradebook import SisReference
from gradeflow.sis.reference import map_categories, map_enrolments, map_people, map_periods, map_sections
from gradeflow.transport.records import Record

LABEL = "File drop"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "academicSessions": ("sourcedId", "status", "title", "type", "startDate", "endDate", "schoolYear"),
    "categories": ("sourcedId", "status", "title"),
    "classes": ("sourcedId", "status", "schoolSourcedId"),
    "enrollments": (
        *("sourcedId", "status", "classSourcedId", "userSourcedId", "role", "primary", "beginDate"),
        "endDate",
    ),
    "users": ("sourcedId", "status", "role"),
}


def read_roster(folder: Path, zone: ZoneInfo) -> SisReference:
    """Read all five files.

    Raises:
        SourceDataError: one is missing or cannot be read, or a row breaks what the frames want.
    """
    rows = {name: read_table(folder / f"{name}.csv", columns) for name, columns in COLUMNS.items()}
    enrolments, class_teachers = map_enrolments(
        (_enrollment(row) for row in rows["enrollments"]), LABEL, zone
    )
    students, teachers = _by_role(rows["users"], "student"), _by_role(rows["users"], "teacher")
    return SisReference(
        sections=map_sections((_class(row) for row in rows["classes"]), LABEL),
        grading_periods=map_periods(_periods(rows["academicSessions"]), LABEL, zone),
        categories=map_categories((_category(row) for row in rows["categories"]), LABEL),
        students=map_people(students, LABEL, is_teacher=False),
        enrolments=enrolments,
        teachers=map_people(teachers, LABEL, is_teacher=True),
        class_teachers=class_teachers,
    )


def read_student_numbers(folder: Path, column: str) -> dict[str, str]:
    """Give the number by which people know each student, where users.csv has one."""
    rows = read_table(folder / "users.csv", (*COLUMNS["users"], column))
    return {row["sourcedId"]: row[column] for row in _by_role(rows, "student") if row[column]}


def read_table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Read a CSV file (RFC 4180, UTF-8, BOM allowed) that has at least these columns; all cells are text.

    Raises:
        SourceDataError: it is not there, or a line is broken; names file and line, never a value.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise _broken(f"{path.name} has no column {', '.join(missing)}")
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise _broken(
                        f"{path.name}, line {reader.line_num}: a row has as many cells as the header"
                    )
                rows.append(row)
            return rows
    except OSError as error:
        what = f"{path.name} cannot be read ({type(error).__name__})"
    except (csv.Error, UnicodeDecodeError) as error:
        what = f"{path.name} is no CSV in UTF-8 ({type(error).__name__})"
    raise _broken(what)


def _broken(what: str) -> SourceDataError:
    return SourceDataError(
        f"{what}. Nothing is used: export it again, then run again", system=LABEL, code="ROSTER_INVALID"
    )


def _by_role(rows: list[dict[str, str]], role: str) -> list[dict[str, str]]:
    return [row for row in rows if row["role"].strip().lower() == role]


def _class(row: Mapping[str, str]) -> Record:
    return {**_base(row), "school": _reference(row["schoolSourcedId"])}


def _category(row: Mapping[str, str]) -> Record:
    return {**_base(row), "title": row["title"], "metadata": {"classId": row.get("metadata.classId") or None}}


def _periods(rows: list[dict[str, str]]) -> list[Record]:
    """Give grading periods; where the file has none, terms."""
    by_type = {
        kind: [row for row in rows if row["type"].strip() == kind] for kind in ("gradingPeriod", "term")
    }
    return [dict(row) for row in by_type["gradingPeriod"] or by_type["term"]]


def _enrollment(row: Mapping[str, str]) -> Record:
    return {
        **_base(row),
        "class": _reference(row["classSourcedId"]),
        "user": _reference(row["userSourcedId"]),
        "role": row["role"],
        "primary": row["primary"] or None,
        "beginDate": row["beginDate"],
        "endDate": row["endDate"],
    }


def _base(row: Mapping[str, str]) -> dict[str, Any]:
    return {"sourcedId": row["sourcedId"], "status": row["status"]}


def _reference(key: str) -> dict[str, str] | None:
    return {"sourcedId": key} if key else None
