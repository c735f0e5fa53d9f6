"""What Aeries says of itself: schools, sections, their gradebooks, and the people in them.

Aeries lists gradebooks by section only. Who sits in a gradebook, and from when to when, is told per term; a
student's stay in the section runs from the first of these days to the last.

Source: Aeries "School-", "Scheduling-", "Student-", "Staff-" and "Gradebook-related end points", read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.errors import PermanentError
from gradeflow.model import frames
from gradeflow.sis.aeries_v5_records import LABEL, category_id, student_number
from gradeflow.sis.id_templates import Ids, filled
from gradeflow.sis.records import date_of, frame_of, invalid
from gradeflow.transport.records import Record, flag_of, text_of

SectionKey = tuple[str, str]
"""School code and section number."""


@dataclass(frozen=True, slots=True)
class Gradebook:
    """One gradebook, as far as writing into it needs.

    Attributes:
        codes: category codes with their descriptions.
        terms: F, S, Y, 1 to 4 and the like.
        sections: how many sections share it.
    """

    number: str
    start: dt.date | None
    end: dt.date | None
    codes: Mapping[str, str]
    terms: tuple[str, ...]
    sections: int

    def holds(self, day: dt.date) -> bool:
        """Tell whether a day lies within its dates."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


def gradebook_of(record: Record, zone: ZoneInfo) -> Gradebook:
    """Read one gradebook.

    Raises:
        SourceDataError: it has no number.
    """
    number = text_of(record.get("GradebookNumber"))
    if not number:
        raise invalid(LABEL, "a gradebook has no GradebookNumber")
    categories = {
        text_of(one.get("Code")): text_of(one.get("Description")) or ""
        for one in _of(record, "AssignmentCategories")
    }
    return Gradebook(
        number=number,
        start=date_of(record.get("StartDate"), zone),
        end=date_of(record.get("EndDate"), zone),
        codes={code: title for code, title in categories.items() if code},
        terms=tuple(code for one in _of(record, "Terms") if (code := text_of(one.get("Code")))),
        sections=len({text_of(one.get("SectionNumber")) for one in _of(record, "Sections")}),
    )


def _of(record: Record, name: str) -> list[Record]:
    value = record.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def choose(
    gradebooks: Sequence[Gradebook], section_id_sis: str, day: dt.date, named: str | None
) -> Gradebook:
    """Choose the gradebook of a section in which work that is due on a day belongs.

    The one that the district file names; else the only one; else the only one whose dates hold the day.

    Raises:
        PermanentError: there is none (GRADEBOOK_MISSING), several fit (GRADEBOOK_AMBIGUOUS), or it is shared with
            other sections (GRADEBOOK_SHARED), whose students would get a blank cell.
    """
    if named is not None:
        fitting = [one for one in gradebooks if one.number == named]
    else:
        fitting = list(gradebooks) if len(gradebooks) == 1 else [one for one in gradebooks if one.holds(day)]
    if not fitting:
        what = (
            f"section {section_id_sis} has no gradebook"
            if not gradebooks
            else f"section {section_id_sis} has {len(gradebooks)} gradebooks and none for {day.isoformat()}"
            if named is None
            else f"section {section_id_sis} has no gradebook {named}, which the district file names"
        )
        raise refusal(
            f"{what}. Its teacher creates one in Aeries (Gradebook, Add New Gradebook)", "GRADEBOOK_MISSING"
        )
    if len(fitting) > 1:
        numbers = ", ".join(one.number for one in fitting)
        raise refusal(
            f"section {section_id_sis} has several gradebooks for {day.isoformat()} ({numbers}). Name the one to use"
            f" in the district file: gradebooks: {{{section_id_sis}: {fitting[0].number}}}",
            "GRADEBOOK_AMBIGUOUS",
        )
    if fitting[0].sections > 1:
        raise refusal(
            f"gradebook {fitting[0].number} serves {fitting[0].sections} sections: an assignment of one of them would"
            " stand blank for the students of the others. Give each section a gradebook of its own in Aeries",
            "GRADEBOOK_SHARED",
        )
    return fitting[0]


def refusal(what: str, code: str) -> PermanentError:
    """Build the error of what is refused before it is sent, in words for the SIS office."""
    return PermanentError(what, system=LABEL, code=code)


@dataclass(slots=True)
class Roster:
    """Everything that was read of people and sections, before it becomes frames."""

    schools: list[Record]
    sections: list[Record]
    students: list[Record]
    section_ids: Ids[SectionKey]
    student_ids: Ids[int]
    staff: list[Record] = field(default_factory=list)


def section_key(record: Record) -> SectionKey:
    """Give a section's key.

    Raises:
        SourceDataError: it has no number.
    """
    school, number = (text_of(record.get(name)) for name in ("SchoolCode", "SectionNumber"))
    if not school or not number:
        raise invalid(LABEL, "a section has no SchoolCode and SectionNumber")
    return school, number


def is_current(record: Record) -> bool:
    """Tell whether a record is active: a blank InactiveStatusCode."""
    return not (text_of(record.get("InactiveStatusCode")) or "").strip()


def map_sections(roster: Roster) -> pd.DataFrame:
    """Map sections. Shape: one row per section that the LMS can name."""
    rows = [
        {"section_id_sis": name, "school_id_sis": section_key(one)[0], "is_active": is_current(one)}
        for one in roster.sections
        if (name := roster.section_ids.name_of(section_key(one))) is not None
    ]
    return frame_of(frames.SIS_SECTIONS, rows, LABEL)


def map_terms(schools: Iterable[Record], template: str, zone: ZoneInfo) -> pd.DataFrame:
    """Map terms, which overlap: a day counts to the shortest. Shape: one row per school and term."""
    rows: dict[str, dict[str, Any]] = {}
    for school in schools:
        for term in _of(school, "Terms"):
            key = filled(template, {**term, "SchoolCode": school.get("SchoolCode")})
            start, end = date_of(term.get("StartDate"), zone), date_of(term.get("EndDate"), zone)
            if key is None or start is None or end is None:
                raise invalid(LABEL, "a term has no code, or no readable StartDate and EndDate")
            title = text_of(term.get("TermDescription")) or ""
            row = {"period_id_sis": key, "title": title, "start_date": start, "end_date": end}
            if rows.setdefault(key, row) != row:
                raise invalid(LABEL, f"two terms get the id {key} by period_id; add {{SchoolCode}} to it")
    return frame_of(frames.GRADING_PERIODS, rows.values(), LABEL)


def map_categories(gradebooks: Mapping[str, Sequence[Gradebook]]) -> pd.DataFrame:
    """Map categories of each section's gradebooks; where several know a code, the first one's words count."""
    rows: dict[str, dict[str, Any]] = {}
    for section, found in gradebooks.items():
        for gradebook in found:
            for code, title in gradebook.codes.items():
                key = category_id(section, code)
                rows.setdefault(
                    key,
                    {"category_id_sis": key, "title": title, "section_id_sis": section, "is_active": True},
                )
    return frame_of(frames.CATEGORIES, rows.values(), LABEL)


def map_students(roster: Roster) -> pd.DataFrame:
    """Map students to their ids; one in several schools is active if one of them says so. Names never come in."""
    rows: dict[str, bool] = {}
    for one in roster.students:
        name = roster.student_ids.name_of(student_number(one))
        if name is not None:
            rows[name] = rows.get(name, False) or is_current(one)
    return frame_of(
        frames.STUDENTS, ({"student_id_sis": key, "is_active": state} for key, state in rows.items()), LABEL
    )


def map_seats(seats: Mapping[str, Iterable[Record]], students: Ids[int], zone: ZoneInfo) -> pd.DataFrame:
    """Map who sits in each section's gradebooks. Shape: one row per student and section.

    Aeries gives the last day in the gradebook; the frame has the first day after it.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for section, records in seats.items():
        for record in records:
            name = students.name_of(student_number(record))
            if name is None:
                continue
            begin, last = date_of(record.get("StartDate"), zone), date_of(record.get("EndDate"), zone)
            row = {
                "student_id_sis": name,
                "section_id_sis": section,
                "begin_date": begin,
                "end_date": None if last is None else last + dt.timedelta(days=1),
                "is_active": not _is_set(record.get("InactiveTag")),
            }
            rows[name, section] = _joined(rows.get((name, section)), row)
    return frame_of(frames.ENROLMENTS, rows.values(), LABEL)


def _is_set(value: Any) -> bool:
    text = str(value).strip() if value is not None else ""
    return bool(text) and flag_of(text) is not False


def _joined(before: dict[str, Any] | None, row: dict[str, Any]) -> dict[str, Any]:
    if before is None:
        return row
    begins, ends = ([before[name], row[name]] for name in ("begin_date", "end_date"))
    return {
        **row,
        "begin_date": None if None in begins else min(begins),
        "end_date": None if None in ends else max(ends),
        "is_active": before["is_active"] or row["is_active"],
    }


def map_staff(records: Iterable[Record], template: str) -> pd.DataFrame:
    """Map staff to their ids. Shape: one row per person that the LMS can name."""
    rows: dict[str, bool] = {}
    for one in records:
        name = filled(template, one)
        if name is not None:
            rows[name] = rows.get(name, False) or is_current(one)
    return frame_of(
        frames.TEACHERS, ({"teacher_id_sis": key, "is_active": state} for key, state in rows.items()), LABEL
    )


def map_class_teachers(roster: Roster, template: str, today: dt.date, zone: ZoneInfo) -> pd.DataFrame:
    """Map who teaches which section. Shape: one row per person and section."""
    staff = {text_of(one.get("ID")): one for one in roster.staff}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for section in roster.sections:
        place = roster.section_ids.name_of(section_key(section))
        for one in _of(section, "SectionStaffMembers") if place is not None else ():
            key = text_of(one.get("StaffID"))
            name = filled(template, {**staff.get(key, {}), "ID": key})
            if name is None or place is None:
                continue
            last = date_of(one.get("EndDate"), zone)
            row = {
                "teacher_id_sis": name,
                "section_id_sis": place,
                "is_primary": flag_of(one.get("IsPrimaryTeacher")),
                "is_active": is_current(one) and (last is None or today <= last),
            }
            present = rows.get((name, place))
            if present is None or (row["is_active"], bool(row["is_primary"])) > (
                present["is_active"],
                bool(present["is_primary"]),
            ):
                rows[name, place] = row
    return frame_of(frames.CLASS_TEACHERS, rows.values(), LABEL)
