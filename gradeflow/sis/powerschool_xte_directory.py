"""Who and what there is in PowerSchool: tables of one school year, and the keys between them.

Sections, terms, students and staff come from the schema table interface, whose pages hold 100 rows at most and
whose values are text; who sits in a section from its own list. A section's lead teacher is `SECTIONS.TEACHER`,
which points to SCHOOLSTAFF, and that to USERS: the acting teacher whom every gradebook call names.

Source: PowerSchool API "Schema" and "V1" as transcribed by others, read 2026-11.
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
from gradeflow.sis.id_templates import Ids, filled
from gradeflow.sis.powerschool_xte_records import LABEL, category_id, number_of
from gradeflow.sis.records import date_of, frame_of, invalid
from gradeflow.transport.records import Record, flag_of, text_of

TERM_COLUMNS = ("dcid", "id", "name", "yearid", "schoolid", "firstday", "lastday")
SECTION_COLUMNS = ("dcid", "id", "schoolid", "termid", "teacher")
STAFF_COLUMNS = ("dcid", "id", "users_dcid", "status")
USER_COLUMNS = ("dcid",)
STUDENT_COLUMNS = ("dcid", "enroll_status")
CO_TEACHER_COLUMNS = ("sectionid", "teacherid", "start_date", "end_date")
_CURRENT_STAFF, _ENROLLED = "1", "0"


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its keys, and who leads it (None: nobody)."""

    dcid: int
    id: int
    school: str | None
    term: int
    lead: int | None


@dataclass(slots=True)
class Directory:
    """What was read, with the ids that the LMS carries."""

    year: int
    terms: list[Record]
    sections: dict[int, Section]
    section_ids: Ids[int]
    students: list[Record]
    student_ids: Ids[int]
    staff: list[Record]
    users: list[Record]
    users_of_staff: dict[int, int] = field(default_factory=dict)

    def section(self, name: str) -> Section:
        """Give a section by the id that the LMS carries.

        Raises:
            PermanentError: there is none.
        """
        return self.sections[self.section_ids.key_of(name)]

    def acting(self, name: str, setting: int | None) -> int:
        """Give USERS.DCID of the teacher in whose name a section's gradebook is read and written.

        Raises:
            PermanentError: the section has no lead teacher and the district file names nobody.
        """
        lead = self.section(name).lead
        found = setting if setting is not None else None if lead is None else self.users_of_staff.get(lead)
        if found is None:
            raise PermanentError(
                f"section {name} has no lead teacher in PowerSchool, and every call has to name one: give it one"
                " there, or name one in the district file as acting_teacher (a USERS.DCID)",
                system=LABEL,
                code="TEACHER_MISSING",
            )
        return found


def year_of(terms: Iterable[Record], today: dt.date, zone: ZoneInfo) -> int:
    """Find the school year that began last: TERMS.YEARID.

    Raises:
        PermanentError: none has begun.
    """
    begun = [
        year
        for term in terms
        if (day := date_of(term.get("firstday"), zone)) is not None
        and day <= today
        and (year := number_of(term.get("yearid"))) is not None
    ]
    if not begun:
        raise PermanentError(
            "no term in PowerSchool has begun yet: set year_id in the district file",
            system=LABEL,
            code="YEAR_UNKNOWN",
        )
    return max(begun)


def sections_of(records: Iterable[Record]) -> dict[int, Section]:
    """Read sections by their DCID.

    Raises:
        SourceDataError: one has no numbers.
    """
    found: dict[int, Section] = {}
    for record in records:
        dcid, key, term = (number_of(record.get(name)) for name in ("dcid", "id", "termid"))
        if dcid is None or key is None or term is None:
            raise invalid(LABEL, "a section has no dcid, id and termid")
        school = text_of(record.get("schoolid"))
        found[dcid] = Section(dcid, key, school, term, number_of(record.get("teacher")) or None)
    return found


def map_sections(directory: Directory, zone: ZoneInfo) -> pd.DataFrame:
    """Map sections. Shape: one row per section that the LMS can name; PowerSchool has no closed ones."""
    # Each school has terms of its own, which share their numbers
    ends = {
        (text_of(term.get("schoolid")), number_of(term.get("id"))): date_of(term.get("lastday"), zone)
        for term in directory.terms
    }
    rows = [
        {
            "section_id_sis": name,
            "school_id_sis": one.school,
            "is_active": True,
            "end_date": ends.get((one.school, one.term)),
        }
        for one in directory.sections.values()
        if (name := directory.section_ids.name_of(one.dcid)) is not None
    ]
    return frame_of(frames.SIS_SECTIONS, rows, LABEL)


def map_terms(directory: Directory, template: str, zone: ZoneInfo) -> pd.DataFrame:
    """Map the year's terms, which overlap: a day counts to the shortest. Shape: one row per term."""
    rows = []
    for term in directory.terms:
        if number_of(term.get("yearid")) != directory.year:
            continue
        key = filled(template, term)
        start, end = date_of(term.get("firstday"), zone), date_of(term.get("lastday"), zone)
        if key is None or start is None or end is None:
            raise invalid(
                LABEL, "a term has not the fields of period_id, or no readable firstday and lastday"
            )
        rows.append(
            {
                "period_id_sis": key,
                "title": text_of(term.get("name")) or "",
                "start_date": start,
                "end_date": end,
                "school_year": str(directory.year + 1991),
            }
        )
    return frame_of(frames.GRADING_PERIODS, rows, LABEL)


def map_categories(directory: Directory, by_section: Mapping[str, Sequence[Record]]) -> pd.DataFrame:
    """Map the categories that a section's teacher has. Shape: one row per section and category."""
    rows = []
    for name, categories in by_section.items():
        dcid = directory.section(name).dcid
        for one in categories:
            key = number_of(one.get("teachercategoryid", one.get("id")))
            if key is None:
                raise invalid(LABEL, "a category has no teachercategoryid")
            out = one.get("_categoryschoolexcludeassocs")
            is_out = any(number_of(link.get("sectionsdcid")) == dcid for link in out or [])
            rows.append(
                {
                    "category_id_sis": category_id(name, key),
                    "title": text_of(one.get("name")) or "",
                    "section_id_sis": name,
                    "is_active": flag_of(one.get("isactive")) is not False and not is_out,
                }
            )
    return frame_of(frames.CATEGORIES, rows, LABEL)


def map_students(directory: Directory) -> pd.DataFrame:
    """Map students to their ids. Names never come in."""
    rows = [
        {"student_id_sis": name, "is_active": text_of(one.get("enroll_status")) == _ENROLLED}
        for one in directory.students
        if (name := directory.student_ids.name_of(number_of(one.get("dcid")) or 0)) is not None
    ]
    return frame_of(frames.STUDENTS, rows, LABEL)


def map_seats(directory: Directory, seats: Mapping[str, Iterable[Record]], zone: ZoneInfo) -> pd.DataFrame:
    """Map who sits in each section; of several stays the one that holds counts, then the one begun last."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for section, records in seats.items():
        for record in records:
            student = number_of(record.get("student_id"))
            if student is None:
                raise invalid(LABEL, "one section enrollment names no student")
            name = directory.student_ids.name_of(student)
            if name is None:
                continue
            row = {
                "student_id_sis": name,
                "section_id_sis": section,
                "begin_date": date_of(record.get("entry_date"), zone),
                "end_date": date_of(record.get("exit_date"), zone),
                "is_active": flag_of(record.get("dropped")) is not True,
            }
            present = rows.get((name, section))
            if present is None or _rank(row) > _rank(present):
                rows[name, section] = row
    return frame_of(frames.ENROLMENTS, rows.values(), LABEL)


def _rank(row: Mapping[str, Any]) -> tuple[bool, dt.date]:
    return row["is_active"], row["begin_date"] or dt.date.min


def map_teachers(directory: Directory, template: str) -> pd.DataFrame:
    """Map users who are on the staff of a school. Shape: one row per person that the LMS can name."""
    names = _names_of_users(directory, template)
    rows: dict[str, bool] = {}
    for one in directory.staff:
        name = names.get(number_of(one.get("users_dcid")) or 0)
        if name is not None:
            rows[name] = rows.get(name, False) or text_of(one.get("status")) == _CURRENT_STAFF
    return frame_of(
        frames.TEACHERS, ({"teacher_id_sis": key, "is_active": state} for key, state in rows.items()), LABEL
    )


def map_class_teachers(
    directory: Directory, co_teachers: Iterable[Record], template: str, today: dt.date, zone: ZoneInfo
) -> pd.DataFrame:
    """Map who leads and who helps to teach which section. Shape: one row per person and section."""
    names, rows = _names_of_users(directory, template), dict[tuple[str, str], dict[str, Any]]()
    by_id = {one.id: one for one in directory.sections.values()}
    found: list[tuple[Section, int, bool]] = []
    for link in co_teachers:
        section, staff = by_id.get(number_of(link.get("sectionid")) or 0), number_of(link.get("teacherid"))
        if section is not None and staff is not None:
            last = date_of(link.get("end_date"), zone)
            found.append((section, staff, last is None or today <= last))
    found += [(one, one.lead, True) for one in directory.sections.values() if one.lead is not None]
    for section, staff, is_active in found:
        place = directory.section_ids.name_of(section.dcid)
        name = names.get(directory.users_of_staff.get(staff, 0))
        if place is not None and name is not None:
            is_lead = staff == section.lead
            before = rows.get((name, place), {"is_active": False, "is_primary": False})
            rows[name, place] = {
                "teacher_id_sis": name,
                "section_id_sis": place,
                "is_primary": is_lead or before["is_primary"],
                "is_active": is_active or is_lead or before["is_active"],
            }
    return frame_of(frames.CLASS_TEACHERS, rows.values(), LABEL)


def _names_of_users(directory: Directory, template: str) -> dict[int, str]:
    named = ((number_of(one.get("dcid")), filled(template, one)) for one in directory.users)
    return {key: name for key, name in named if key is not None and name is not None}
