"""Assignments and scores of the Aeries API, version 5, both ways: bodies that are sent, records that come back.

A category is one character, `AssignmentCategoryCode`, with a meaning in one gradebook only; its id here is
`<section id>:<code>`. A score is `NumberCorrect`; `Mark` is what the teacher sees: blank, a number, `NA`
(excused), `TX` (excused for now) or a mark of a narrative set.

Source: Aeries "Gradebook-related end points", the vendor's PowerShell module (New-, Edit-,
Get-AeriesGradebook*), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, StoredLineItem, StoredResult
from gradeflow.model.points import json_number, parse_e4
from gradeflow.sis.id_templates import Ids
from gradeflow.sis.records import date_of, frame_of, invalid
from gradeflow.transport.records import Record, flag_of, is_blank, raw_of, text_of

LABEL = "Aeries"
EXCUSED = frozenset({"NA", "TX"})
_KEPT = ("FormativeSummativeIndicator", "RubricAssignment", "ExternalID")


def category_id(section_id_sis: str, code: str) -> str:
    """Name a category of one section's gradebook.

    >>> category_id("994_1001", "2")
    '994_1001:2'
    """
    return f"{section_id_sis}:{code}"


def code_of(section_id_sis: str, category_id_sis: str | None) -> str | None:
    """Give the code of a category that is this section's; None where it is another's, or none.

    >>> code_of("994_1001", "994_1001:2"), code_of("994_1001", "994_1002:2")
    ('2', None)
    """
    start = f"{section_id_sis}:"
    return (category_id_sis or "").removeprefix(start) if (category_id_sis or "").startswith(start) else None


def new_assignment(write: LineItemWrite, code: str) -> dict[str, Any]:
    """Make the body of an insert. Units: points as plain JSON numbers.

    Linked gradebooks are left out: by default Aeries would copy the assignment into all of them.
    """
    points = json_number(write.points_possible_e4)
    return {
        "Description": write.title,
        "AssignmentCategoryCode": code,
        "DateAssigned": write.assign_date,
        "DateDue": write.due_date,
        "NumberCorrectPossible": points,
        "PointsPossible": points,
        "ExternalID": write.sis_id,
        "CreateInLinkedGradebooksToo": False,
    }


def changed_assignment(write: LineItemWrite, code: str | None, present: Record) -> dict[str, Any]:
    """Make the body of an update: what Aeries would blank or reset where it is left out goes back as it was.

    Where the teacher lets the assignment count for other points than it has questions, that stays.
    """
    points = json_number(write.points_possible_e4)
    worth, questions = (parse_e4(present.get(name)) for name in ("PointsPossible", "NumberCorrectPossible"))
    is_weighted = worth is not None and worth != questions
    body: dict[str, Any] = {name: present[name] for name in _KEPT if present.get(name) is not None}
    body |= {
        "Description": write.title,
        "DateAssigned": write.assign_date,
        "DateDue": write.due_date,
        "NumberCorrectPossible": points,
        "PointsPossible": json_number(worth) if is_weighted and worth is not None else points,
        "GradingCompleted": bool(flag_of(present.get("GradingCompleted"))),
        "Comment": text_of(present.get("Comment")) or "",
        "UpdateLinkedGradebooksToo": False,
    }
    if code is not None:
        body["AssignmentCategoryCode"] = code
    return body


def new_score(write: ResultWrite, student_id: int, present: Record) -> dict[str, Any]:
    """Make one row of a score update. The day of completion is the teacher's where there is one."""
    row: dict[str, Any] = {"StudentID": student_id, "NumberCorrect": json_number(write.score_e4)}
    if present.get("DateCompleted"):
        row["DateCompleted"] = str(present["DateCompleted"])[:10]
    return row


def map_assignments(records: Iterable[Record], section_id_sis: str, zone: ZoneInfo) -> pd.DataFrame:
    """Map assignments. Shape: one row per assignment, frame OBSERVED_LINE_ITEMS."""
    return frame_of(
        frames.OBSERVED_LINE_ITEMS,
        ({**_fields(record, section_id_sis, zone), "raw": raw_of(record)} for record in records),
        LABEL,
    )


def _fields(record: Record, section_id_sis: str, zone: ZoneInfo) -> dict[str, Any]:
    code = category_code(record)
    return {
        "sis_id": unique_id(record),
        "section_id_sis": section_id_sis,
        "title": text_of(record.get("Description")) or "",
        "assign_date": date_of(record.get("DateAssigned"), zone),
        "due_date": date_of(record.get("DateDue"), zone),
        "category_id_sis": None if code is None else category_id(section_id_sis, code),
        "period_id_sis": None,
        "points_possible_e4": parse_e4(record.get("NumberCorrectPossible")),
        "external_id": text_of(record.get("ExternalID")) or None,
    }


def unique_id(record: Record) -> str:
    """Give the id that never changes; the assignment's number may be changed by its teacher.

    Raises:
        SourceDataError: there is none.
    """
    found = text_of(record.get("UniqueID"))
    if not found:
        raise invalid(LABEL, "an assignment has no UniqueID")
    return found


def category_code(record: Record) -> str | None:
    """Give the code of an assignment's category."""
    category = record.get("AssignmentCategory")
    code = category.get("Code") if isinstance(category, Mapping) else record.get("AssignmentCategoryCode")
    return text_of(code) or None


def stored_assignment(record: Record, section_id_sis: str, zone: ZoneInfo) -> StoredLineItem:
    """Read what an insert or update answered."""
    fields = _fields(record, section_id_sis, zone)
    days = {name: fields[name] for name in ("assign_date", "due_date")}
    return StoredLineItem(
        sis_id=fields["sis_id"],
        title=fields["title"] or None,
        category_id_sis=fields["category_id_sis"],
        points_possible_e4=fields["points_possible_e4"],
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
    )


def score_id(assignment: str, student_id: int) -> str:
    """Name a cell: Aeries gives it no id of its own."""
    return f"{assignment}:{student_id}"


def value_of(record: Record) -> tuple[int | None, str | None]:
    """Read score and status of a cell; status None: blank, as every cell is from the start.

    >>> value_of({"Mark": "8.5", "NumberCorrect": 8.5}), value_of({"Mark": "", "NumberCorrect": 0})
    ((85000, 'graded'), (None, None))
    >>> value_of({"Mark": "NA"}), value_of({"NumberCorrect": 7})
    ((None, 'exempt'), (70000, 'graded'))
    """
    if "Mark" in record and is_blank(record["Mark"]):
        return None, None
    mark = text_of(record.get("Mark"))
    if mark is not None and mark.strip().upper() in EXCUSED:
        return None, "exempt"
    score = parse_e4(record.get("NumberCorrect"))
    if score is None:
        score = parse_e4(mark)
    is_typed = not all(is_blank(record.get(name)) for name in ("Mark", "NumberCorrect"))
    return score, "graded" if is_typed else None


def map_scores(records: Iterable[Record], assignment: str, students: Ids[int]) -> pd.DataFrame:
    """Map the cells of one assignment. Shape: one row per student, frame OBSERVED_RESULTS.

    A student whom the LMS cannot name is left out: nothing of theirs can be compared.
    """
    rows = []
    for record in records:
        student = student_number(record)
        name = students.name_of(student)
        if name is None:
            continue
        score_e4, status = value_of(record)
        rows.append(
            {
                "sis_id": score_id(assignment, student),
                "line_item_sis_id": assignment,
                "student_id_sis": name,
                "score_e4": score_e4,
                "status": status,
                "raw": raw_of(record),
            }
        )
    return frame_of(frames.OBSERVED_RESULTS, rows, LABEL)


def student_number(record: Record) -> int:
    """Give a record's StudentID.

    Raises:
        SourceDataError: there is none.
    """
    text = text_of(record.get("StudentID")) or ""
    if not text.isascii() or not text.isdigit():
        raise invalid(LABEL, "one score or student has no StudentID that is a whole number")
    return int(text)


def stored_scores(answer: Any, assignment: str, students: Sequence[int]) -> list[StoredResult]:
    """Read what a score update answered, per student that was sent: Aeries gives all cells of the assignment."""
    rows = [row for row in answer if isinstance(row, Mapping)] if isinstance(answer, list) else []
    by_student = {student_number(row): value_of(row) for row in rows if row.get("StudentID") is not None}
    stored = []
    for student in students:
        score_e4, status = by_student.get(student, (None, None))
        is_told = student in by_student and status is not None
        stored.append(
            StoredResult(score_id(assignment, student), is_told, score_e4, status)
            if is_told
            else StoredResult(score_id(assignment, student), is_echoed=False)
        )
    return stored
