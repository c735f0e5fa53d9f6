"""Fill a PowerSchool server from a School: numbers are made in the School's order, its ids stay in text columns.

What the School calls a thing is kept where PowerSchool has text: a section's id in SECTIONS.SECTION_NUMBER, a
student's in STUDENTS.STATE_STUDENTNUMBER, a member of staff's in USERS.TEACHERNUMBER, a period's in
TERMS.ABBREVIATION. Every table is a collection of that name; rows are known by DCID.

| collection | id | a | b |
|---|---|---|---|
| TERMS, SECTIONS, STUDENTS, USERS, SCHOOLSTAFF, SECTIONTEACHER | dcid | | |
| CC (a student's stay in a section) | dcid | SECTIONS.DCID | STUDENTS.DCID |
| TEACHERCATEGORY | teachercategoryid | USERS.DCID | |
| assignments | assignmentid | | |
| ASSIGNMENTSCORE | assignmentsectionid/studentsdcid | assignmentsectionid | studentsdcid |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from gradeflow.sandbox.school import Category, School
from gradeflow.sandbox.store import Document, Store

SCHOOL = 100
FIRST = {
    "section": 5001,
    "student": 30001,
    "user": 801,
    "staff": 851,
    "stay": 60001,
    "category": 601,
    "term": 701,
}
LEAD, CO_TEACHER = 25, 26


def fill_powerschool(store: Store, school: School) -> None:
    """Write a School into a store, in one transaction."""
    store.set_setting("timezone", school.timezone)
    store.fill(_documents(school))


def year_id(school: School) -> int:
    """Give TERMS.YEARID: PowerSchool counts school years from 1990."""
    return school.start.year - 1990


def dcids(school: School) -> dict[str, dict[str, int]]:
    """Number sections, students and users."""
    names = {
        "section": [one.id for one in school.sections],
        "student": list(school.students),
        "user": [one.id for one in school.teachers],
    }
    return {kind: {name: FIRST[kind] + at for at, name in enumerate(found)} for kind, found in names.items()}


def _documents(school: School) -> Iterator[Document]:
    for at, row in enumerate(_terms(school)):
        yield _row("TERMS", {"dcid": FIRST["term"] + at, **row})
    yield from _people(school)
    yield from _sections(school)
    yield from _categories(school)


def _row(table: str, row: dict[str, Any], a: object = None, b: object = None) -> Document:
    lookups = (None if value is None else str(value) for value in (a, b))
    return Document(table, str(row["dcid"]), row, *lookups)


def _terms(school: School) -> Iterator[dict[str, Any]]:
    year = year_id(school)
    spans = [(f"{school.start.year}-{school.end.year}", f"y{year}", school.start, school.end)]
    spans += [(period.title, period.id, period.start, period.end) for period in school.periods]
    for at, (name, abbreviation, start, end) in enumerate(spans):
        yield {
            "id": year * 100 + at,
            "name": name,
            "abbreviation": abbreviation,
            "yearid": year,
            "schoolid": SCHOOL,
            "isyearrec": int(at == 0),
            "firstday": start.isoformat(),
            "lastday": end.isoformat(),
        }


def _people(school: School) -> Iterator[Document]:
    for at, teacher in enumerate(school.teachers):
        user = {"dcid": FIRST["user"] + at, "teachernumber": teacher.id, "email_addr": teacher.email}
        yield _row("USERS", user)
        staff = {
            "dcid": FIRST["staff"] + at,
            "id": FIRST["staff"] + 20 + at,
            "users_dcid": FIRST["user"] + at,
        }
        yield _row("SCHOOLSTAFF", {**staff, "schoolid": SCHOOL, "status": 1})
    for at, student in enumerate(school.students):
        dcid = FIRST["student"] + at
        # The protocol demands names; the School has none, so they are made of the number
        row = {
            "dcid": dcid,
            "id": at + 1,
            "student_number": 100001 + at,
            "state_studentnumber": student,
            "first_name": "Student",
            "last_name": str(dcid),
            "schoolid": SCHOOL,
            "enroll_status": 0,
        }
        yield _row("STUDENTS", row)


def _sections(school: School) -> Iterator[Document]:
    number, stay = dcids(school), FIRST["stay"]
    links = 1
    for section in school.sections:
        dcid = number["section"][section.id]
        staff = [FIRST["staff"] + 20 + number["user"][one] - FIRST["user"] for one in section.teachers]
        row = {
            "dcid": dcid,
            "id": dcid - 4000,
            "schoolid": SCHOOL,
            "termid": year_id(school) * 100,
            "course_number": section.course[:11],
            "section_number": section.id,
            "teacher": staff[0],
        }
        yield _row("SECTIONS", row)
        for at, one in enumerate(staff):
            link = {
                "dcid": links,
                "sectionid": row["id"],
                "teacherid": one,
                "roleid": LEAD if at == 0 else CO_TEACHER,
                "start_date": school.start.isoformat(),
                "end_date": (school.end + dt.timedelta(days=1)).isoformat(),
            }
            yield _row("SECTIONTEACHER", link)
            links += 1
        for enrolment in school.enrolments:
            if enrolment.section == section.id:
                student = number["student"][enrolment.student]
                left = enrolment.end or school.end + dt.timedelta(days=1)
                entry = {
                    "dcid": stay,
                    "section_id": dcid,
                    "student_id": student,
                    "entry_date": enrolment.begin.isoformat(),
                    "exit_date": left.isoformat(),
                    "dropped": False,
                }
                yield _row("CC", entry, dcid, student)
                stay += 1


def _categories(school: School) -> Iterator[Document]:
    """Give every teacher the district's categories; one that a single section offers is its teacher's own."""
    key, number = FIRST["category"], dcids(school)
    for teacher in school.teachers:
        for at, category in enumerate(school.categories):
            if category.section_id is not None and not _leads(school, teacher.id, category):
                continue
            is_district = category.section_id is None
            out = [one.id for one in school.sections if category.section_id not in {None, one.id}]
            row = {
                "_name": "teachercategory",
                "dcid": key,
                "teachercategoryid": key,
                "usersdcid": number["user"][teacher.id],
                "name": category.title,
                "categorytype": "district" if is_district else "user",
                "districtteachercategoryid": at + 1 if is_district else None,
                "isactive": True,
                "isinfinalgrades": True,
                "defaultpublishoption": "Immediately",
                "_categoryschoolexcludeassocs": [{"sectionsdcid": number["section"][one]} for one in out],
            }
            yield _row("TEACHERCATEGORY", row, number["user"][teacher.id])
            key += 1


def _leads(school: School, teacher: str, category: Category) -> bool:
    return any(one.id == category.section_id and one.teachers[0] == teacher for one in school.sections)
