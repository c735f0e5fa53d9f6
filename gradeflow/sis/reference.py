"""What a OneRoster SIS says of itself, mapped to canonical frames: one function per frame.

Source: OneRoster 1.1 information model (Class, AcademicSession, Category, Enrollment, User) as repeated in
public client libraries, and Instructure's note on category `metadata.classId`; read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.model import frames
from gradeflow.sis.oneroster_records import is_active, once_each
from gradeflow.sis.records import date_of, frame_of, invalid
from gradeflow.transport.oneroster import id_of
from gradeflow.transport.records import Record, flag_of, is_blank, text_of


def map_sections(
    records: Iterable[Record], label: str, last_days: Mapping[str, dt.date] | None = None
) -> pd.DataFrame:
    """Map classes. Shape: one row per section.

    Args:
        last_days: of terms, by their ids; None: they were not read, and no section's last day is known.
    """
    return frame_of(
        frames.SIS_SECTIONS,
        (
            {
                "section_id_sis": id_of(record),
                "school_id_sis": id_of(record.get("school")),
                "is_active": is_active(record, label, "class"),
                "end_date": _last_day(record, last_days or {}),
            }
            for record in once_each(records, label, "class")
        ),
        label,
    )


def last_days_of(terms: Iterable[Record], label: str, zone: ZoneInfo) -> dict[str, dt.date]:
    """Give the last day of every term that is not deleted and tells it."""
    days = {
        id_of(term) or "": date_of(term.get("endDate"), zone)
        for term in once_each(terms, label, "term")
        if is_active(term, label, "term")
    }
    return {term: day for term, day in days.items() if day is not None}


def _last_day(section: Record, last_days: Mapping[str, dt.date]) -> dt.date | None:
    """Give the last day of a class: of the term that ends last; None where that of one of its terms is not known."""
    named = section.get("terms")
    days = [last_days.get(id_of(term) or "") for term in (named if isinstance(named, list) else ())]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None


def map_periods(records: Iterable[Record], label: str, zone: ZoneInfo) -> pd.DataFrame:
    """Map grading periods that are not deleted. Shape: one row per period.

    Raises:
        SourceDataError: a period without readable dates; scores could not be placed.
    """
    rows = []
    for record in once_each(records, label, "grading period"):
        if not is_active(record, label, "grading period"):
            continue
        start, end = date_of(record.get("startDate"), zone), date_of(record.get("endDate"), zone)
        if start is None or end is None:
            raise invalid(label, f"grading period {id_of(record)} has no readable startDate and endDate")
        rows.append(
            {
                "period_id_sis": id_of(record),
                "title": text_of(record.get("title")) or "",
                "start_date": start,
                "end_date": end,
                "school_year": text_of(record.get("schoolYear")),
            }
        )
    return frame_of(frames.GRADING_PERIODS, rows, label)


def map_categories(records: Iterable[Record], label: str) -> pd.DataFrame:
    """Map categories; `metadata.classId` limits one to a section. Shape: one row per category."""
    return frame_of(
        frames.CATEGORIES,
        (
            {
                "category_id_sis": id_of(record),
                "title": text_of(record.get("title")) or "",
                "section_id_sis": _class_of(record),
                "is_active": is_active(record, label, "category"),
            }
            for record in once_each(records, label, "category")
        ),
        label,
    )


def map_categories_by_class(lists: Mapping[str, Iterable[Record]], label: str) -> pd.DataFrame:
    """Map categories that were asked for class by class. Shape: one row per category.

    One that a single class offers belongs to that class; one that several offer counts as offered in all, which is
    all that the frame can say: the SIS refuses it where it is not.
    """
    rows: dict[str, dict[str, Any]] = {}
    for section, records in lists.items():
        for record in once_each(records, label, "category"):
            key = id_of(record) or ""
            row = rows.setdefault(
                key,
                {
                    "category_id_sis": key,
                    "title": text_of(record.get("title")) or "",
                    "section_id_sis": section,
                    "is_active": is_active(record, label, "category"),
                },
            )
            if row["section_id_sis"] != section:
                row["section_id_sis"] = None
    return frame_of(frames.CATEGORIES, rows.values(), label)


def _class_of(category: Record) -> str | None:
    metadata = category.get("metadata")
    return id_of(metadata.get("classId")) if isinstance(metadata, dict) else None


def map_people(records: Iterable[Record], label: str, *, is_teacher: bool) -> pd.DataFrame:
    """Map users to their ids. Shape: one row per person. Names never come in."""
    column, schema = (
        ("teacher_id_sis", frames.TEACHERS) if is_teacher else ("student_id_sis", frames.STUDENTS)
    )
    # A user may be listed once per school, with other fields each time: only id and state count here.
    rows: dict[str, bool] = {}
    for record in records:
        key = id_of(record) or ""
        rows[key] = rows.get(key, False) or is_active(record, label, "user")
    return frame_of(schema, ({column: key, "is_active": state} for key, state in rows.items()), label)


def map_enrolments(
    records: Iterable[Record], label: str, zone: ZoneInfo
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Map enrollments to students' seats and to class teachers.

    Of several stays of one person in one section the active one counts, then the one begun last.

    Returns:
        Frames ENROLMENTS and CLASS_TEACHERS.
    """
    seats: dict[tuple[str, str], dict[str, Any]] = {}
    teachers: dict[tuple[str, str], dict[str, Any]] = {}
    for record in once_each(records, label, "enrollment"):
        role = str(record.get("role") or "").strip().lower()
        if not role:
            raise invalid(label, "one enrollment does not say whether it is a student's")
        person, section = id_of(record.get("user")), id_of(record.get("class"))
        if role == "student":
            if person is None or section is None:
                raise invalid(label, "one enrollment of a student names no user or no class")
            _keep_better(seats, (person, section), _seat(record, person, section, label, zone))
        elif role == "teacher" and person is not None and section is not None:
            # Teachers without an identifier are a known quirk; nobody could be matched to them anyway.
            _keep_better(teachers, (person, section), _teacher(record, person, section, label))
    return (
        frame_of(frames.ENROLMENTS, seats.values(), label),
        frame_of(frames.CLASS_TEACHERS, teachers.values(), label),
    )


def _seat(record: Record, person: str, section: str, label: str, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "student_id_sis": person,
        "section_id_sis": section,
        "begin_date": _day(record, "beginDate", label, zone),
        "end_date": _day(record, "endDate", label, zone),
        "is_active": is_active(record, label, "enrollment"),
    }


def _day(record: Record, name: str, label: str, zone: ZoneInfo) -> dt.date | None:
    """Read a day of a stay; who has left on a day that cannot be read would look like one who is still there."""
    day = date_of(record.get(name), zone)
    if day is None and not is_blank(record.get(name)):
        raise invalid(label, f"one enrollment has {name}, but it is no ISO 8601 date")
    return day


def _teacher(record: Record, person: str, section: str, label: str) -> dict[str, Any]:
    return {
        "teacher_id_sis": person,
        "section_id_sis": section,
        "is_primary": flag_of(record.get("primary")),
        "is_active": is_active(record, label, "enrollment"),
    }


def _keep_better(
    rows: dict[tuple[str, str], dict[str, Any]], key: tuple[str, str], row: dict[str, Any]
) -> None:
    present = rows.get(key)
    if present is None or _rank(row) > _rank(present):
        rows[key] = row


def _rank(row: dict[str, Any]) -> tuple[bool, bool, dt.date]:
    return row["is_active"], bool(row.get("is_primary")), row.get("begin_date") or dt.date.min
