"""OneRoster's classes, enrollments, line items and results, mapped to rows of the canonical frames.

What OneRoster has no field for stays unknown: who assigned something, whether it is meant for the SIS or the
final grade, whether a result is excluded or shown to students. No request is made here.

Source: OneRoster 1.1 and 1.2 information models (LineItem, Result, Enrollment) as public client libraries and
1EdTech's OpenAPI files repeat them, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.lms.oneroster_fields import filled, instant_of, invalid, is_active
from gradeflow.model.points import is_exact_e4, parse_decimal, parse_e4
from gradeflow.transport.oneroster import id_of
from gradeflow.transport.records import Record, flag_of

Row = dict[str, Any]
# Class and person to whether the seat is taken now
Seats = dict[str, dict[str, bool]]

DAY_START, DAY_END = dt.time(), dt.time(23, 59)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a scoreStatus says; None: nothing."""

    is_graded: bool | None = None
    is_submitted: bool | None = None
    is_excused: bool | None = None
    is_partial: bool = False


_MEANINGS = {
    "exempt": Meaning(is_graded=False, is_excused=True),
    "fully graded": Meaning(is_graded=True, is_excused=False),
    "partially graded": Meaning(is_graded=False, is_excused=False, is_partial=True),
    "submitted": Meaning(is_graded=False, is_submitted=True, is_excused=False),
    "not submitted": Meaning(is_graded=False, is_submitted=False, is_excused=False),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One class, by the LMS's id and by the SIS's."""

    id_lms: str
    id_sis: str
    course: str | None


def seats_of(enrollments: Iterable[Record], today: dt.date) -> Seats:
    """Map students' enrollments; of several stays of one student in one class the one that holds now counts."""
    seats: Seats = {}
    for record in enrollments:
        role = str(record.get("role") or "").strip().lower()
        if not role:
            raise invalid("an enrollment that does not say whether it is a student's")
        if role != "student":
            continue
        section, person = id_of(record.get("class")), id_of(record.get("user"))
        if section is None or person is None:
            raise invalid("an enrollment of a student that names no class or no user")
        mine = seats.setdefault(section, {})
        mine[person] = mine.get(person, False) or _is_current(record, today)
    return seats


def _is_current(record: Record, today: dt.date) -> bool:
    begin, end = _day(record.get("beginDate")), _day(record.get("endDate"))
    # The end is the first day no longer in it.
    return is_active(record) and (begin is None or begin <= today) and (end is None or today < end)


def _day(value: Any) -> dt.date | None:
    if value is None or value == "":
        return None
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        pass
    raise invalid("an enrollment with a date that is no ISO 8601 date")


def line_item_row(record: Record, section: Section, categories: Mapping[str, str], zone: ZoneInfo) -> Row:
    """Map one line item to LINE_ITEMS. Units: points in ten-thousandths."""
    points = record.get("resultValueMax")
    is_exact = points is None or is_exact_e4(points)
    assigned = instant_of(record.get("assignDate"), zone, DAY_START)
    due = instant_of(record.get("dueDate"), zone, DAY_END)
    return {
        "lms_assignment_id": id_of(record),
        "section_id_sis": section.id_sis,
        "section_id_lms": section.id_lms,
        "course_id_lms": section.course,
        "title": filled(record.get("title")) or "",
        # OneRoster tells no kinds: it calls all of them line items.
        "kind": "assignment",
        "category_lms": categories.get(id_of(record.get("category")) or ""),
        "points_possible_e4": parse_e4(points) if is_exact else None,
        "points_text": None if is_exact else str(points),
        "grading": "points" if record.get("scoreScale") is None and points is not None else "unknown",
        # What a provider lists as active is in its gradebook; a draft is not.
        "is_published": True,
        "assigned_at": assigned,
        "assigned_basis": "unknown" if assigned is None else "assigned",
        "due_at": due,
        "due_basis": "none" if due is None else "item",
        "everyone_due_at": due,
        "term_lms": id_of(record.get("gradingPeriod")) or id_of(record.get("academicSession")),
    }


# Of a student without a result it is known that nothing was graded, not whether anything was handed in.
NO_RESULT: Mapping[str, Any] = {"is_graded": False}


def told_results(items: Iterable[str], results: Iterable[Record]) -> dict[tuple[str, str], Row]:
    """Map results that are not deleted, by line item and student, as far as their line items are known.

    Raises:
        SourceDataError: a result that names nobody or nothing, or a second one of the same.
    """
    rows: dict[tuple[str, str], Row] = {}
    known = set(items)
    for record in results:
        if not is_active(record):
            continue
        item, student = id_of(record.get("lineItem")), id_of(record.get("student"))
        if item is None or student is None:
            raise invalid("a result that names no line item or no student")
        if item not in known:
            continue
        if (item, student) in rows:
            raise invalid(f"two results of one student in line item {item}")
        rows[item, student] = _result(record)
    return rows


def result_rows(items: Iterable[str], results: Iterable[Record], seats: Mapping[str, bool]) -> list[Row]:
    """Map results of one class to RESULTS, students and line items by the LMS's ids.

    Shape: one row per line item and student who sits in the class or has a result there.

    Raises:
        SourceDataError: as `told_results`.
    """
    known = set(items)
    rows = told_results(known, results)
    for item in known:
        for student in seats:
            rows.setdefault((item, student), dict(NO_RESULT))
    return [
        {
            "lms_assignment_id": item,
            "student_id_lms": student,
            "is_enrolled": seats.get(student, False),
            **row,
        }
        for (item, student), row in rows.items()
    ]


def _result(record: Record) -> Row:
    meaning = _MEANINGS.get(str(record.get("scoreStatus") or "").strip().lower(), Meaning())
    # Points of what was marked so far are no score yet, whatever a district's rules ask of one.
    is_partial = meaning.is_partial or flag_of(record.get("inProgress")) is True
    score_e4 = None if is_partial else parse_e4(record.get("score"))
    text = None if is_partial else filled(record.get("textScore"))
    return {
        "score_e4": score_e4,
        "score_text": text if text is not None and parse_decimal(text) is None else None,
        "is_graded": False if is_partial else meaning.is_graded and score_e4 is not None,
        "is_submitted": meaning.is_submitted,
        "is_excused": meaning.is_excused,
        "is_missing": flag_of(record.get("missing")),
        "is_late": flag_of(record.get("late")),
    }
