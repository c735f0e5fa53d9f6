"""Fill an Aeries site from a School: its numbers are made in the School's order, its own ids stay in text fields.

Aeries numbers everything. What the School calls a thing is kept where districts keep such words: a section's in
`UserCode1`, a student's in `StateStudentID`, a member of staff's in `HumanResourcesSystemID`, a term's in
`TermDescription`.

| collection | id | a | b |
|---|---|---|---|
| schools, staff, students | code or number | | |
| sections | school/section | school | |
| gradebooks | number | school/section | |
| seats | gradebook/term/student | gradebook | gradebook/term |
| assignments | UniqueID | gradebook | gradebook/number |
| scores | UniqueID/student | UniqueID | student |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from gradeflow.sandbox.school import Enrolment, Period, School, Section
from gradeflow.sandbox.store import Document, Store

SCHOOL_CODE = 994
FIRST_SECTION, FIRST_STUDENT, FIRST_STAFF, FIRST_GRADEBOOK = 1001, 99400001, 994601, 4366901
YEAR_TERM = "Y"


def fill_aeries(store: Store, school: School) -> None:
    """Write a School into a store, in one transaction."""
    store.set_setting("timezone", school.timezone)
    store.set_setting("database_year", str(school.start.year))
    store.fill(_documents(school))


def section_numbers(school: School) -> dict[str, int]:
    """Number the sections."""
    return {section.id: FIRST_SECTION + at for at, section in enumerate(school.sections)}


def student_numbers(school: School) -> dict[str, int]:
    """Number the students."""
    return {student: FIRST_STUDENT + at for at, student in enumerate(school.students)}


def staff_numbers(school: School) -> dict[str, int]:
    """Number the staff."""
    return {teacher.id: FIRST_STAFF + at for at, teacher in enumerate(school.teachers)}


def _documents(school: School) -> Iterator[Document]:
    yield Document("schools", str(SCHOOL_CODE), _school(school))
    for student, number in student_numbers(school).items():
        yield Document("students", str(number), _student(student, number))
    for teacher, number in staff_numbers(school).items():
        email = next(one.email for one in school.teachers if one.id == teacher)
        yield Document("staff", str(number), _staff(teacher, number, email))
    numbers = section_numbers(school)
    for at, section in enumerate(school.sections):
        place = f"{SCHOOL_CODE}/{numbers[section.id]}"
        yield Document("sections", place, _section(school, section, at), a=str(SCHOOL_CODE))
        gradebook = str(FIRST_GRADEBOOK + at)
        yield Document("gradebooks", gradebook, _gradebook(school, section, at), a=place)
        yield from _seats(school, section, gradebook)


def terms(school: School) -> list[tuple[str, Period]]:
    """Give the periods with the codes that Aeries has for terms."""
    return [(str(at + 1), period) for at, period in enumerate(school.periods)]


def _school(school: School) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {
            "TermCode": code,
            "TermDescription": period.id,
            "StartDate": midnight(period.start),
            "EndDate": midnight(period.end),
            "FirstHalfEndDate": None,
            "SecondHalfStartDate": None,
            "TrackTerms": [],
        }
        for code, period in terms(school)
    ]
    return {
        "SchoolCode": SCHOOL_CODE,
        "Name": f"School {school.school_id}",
        "InactiveStatusCode": "",
        "ScheduleType": "MasterSchedule",
        "ScheduleBasis": "Semester",
        "Terms": rows,
    }


def _student(key: str, number: int) -> dict[str, Any]:
    # The protocol demands names; the School has none, so they are made of the number
    return {
        "StudentID": number,
        "SchoolCode": SCHOOL_CODE,
        "StudentNumber": number - FIRST_STUDENT + 1,
        "StateStudentID": key,
        "LastName": "Student",
        "FirstName": str(number),
        "Grade": 9,
        "InactiveStatusCode": "",
    }


def _staff(key: str, number: int, email: str) -> dict[str, Any]:
    return {
        "ID": number,
        "LastName": "Teacher",
        "FirstName": str(number),
        "EmailAddress": email,
        "HumanResourcesSystemID": key,
        "PrimaryAeriesSchool": SCHOOL_CODE,
        "InactiveStatusCode": "",
    }


def _section(school: School, section: Section, at: int) -> dict[str, Any]:
    numbers = staff_numbers(school)
    members = [
        {
            "StaffID": numbers[teacher],
            "IsPrimaryTeacher": position == 0,
            "StartDate": None,
            "EndDate": None,
            "InactiveStatusCode": "",
        }
        for position, teacher in enumerate(section.teachers)
    ]
    return {
        "SchoolCode": SCHOOL_CODE,
        "SectionNumber": FIRST_SECTION + at,
        "Period": "1",
        "Semester": YEAR_TERM,
        "CourseID": section.course[:6],
        "SectionStaffMembers": members,
        "InactiveStatusCode": "",
        "UserCode1": section.id,
    }


def _gradebook(school: School, section: Section, at: int) -> dict[str, Any]:
    number, primary = FIRST_GRADEBOOK + at, staff_numbers(school)[section.teachers[0]]
    offered = [one for one in school.categories if one.section_id in {None, section.id}]
    return {
        "GradebookNumber": number,
        "SchoolCode": SCHOOL_CODE,
        "Name": section.title,
        "Period": "1",
        "LinkedGroup": 0,
        "StartDate": midnight(school.start),
        "EndDate": midnight(school.end),
        "Comment": "",
        "TeacherNumber": primary - FIRST_STAFF + 1,
        "AssignmentCategories": [
            {
                "GradebookNumber": number,
                "Code": str(position),
                "Description": category.title,
                "PercentageOfGrade": 0,
                "Color": "6666ff",
            }
            for position, category in enumerate(offered)
        ],
        "Sections": [
            {"GradebookNumber": number, "SchoolCode": SCHOOL_CODE, "SectionNumber": FIRST_SECTION + at}
        ],
        "Terms": [
            {
                "GradebookNumber": number,
                "Code": code,
                "Name": period.title,
                "StartDate": midnight(period.start),
                "EndDate": midnight(period.end),
            }
            for code, period in terms(school)
        ],
        "Settings": {"GradebookNumber": number, "SingleTermGradebook": False, "DoingWeight": False},
    }


def _seats(school: School, section: Section, gradebook: str) -> Iterator[Document]:
    numbers = student_numbers(school)
    for stay in school.enrolments:
        if stay.section != section.id:
            continue
        student = numbers[stay.student]
        for code, period in terms(school):
            days = _within(stay, period)
            if days is not None:
                body = {
                    "StudentID": student,
                    "SchoolCode": SCHOOL_CODE,
                    "StudentNumber": student - FIRST_STUDENT + 1,
                    "CurrentTerm": code,
                    "StartDate": midnight(days[0]),
                    "EndDate": midnight(days[1]),
                    "InactiveTag": "",
                }
                place = f"{gradebook}/{code}"
                yield Document("seats", f"{place}/{student}", body, a=gradebook, b=place)


def _within(stay: Enrolment, period: Period) -> tuple[dt.date, dt.date] | None:
    last = period.end if stay.end is None else min(period.end, stay.end - dt.timedelta(days=1))
    first = max(period.start, stay.begin)
    return (first, last) if first <= last else None


def midnight(day: dt.date) -> str:
    """Write a day as Aeries does.

    >>> midnight(dt.date(2026, 9, 18))
    '2026-09-18T00:00:00'
    """
    return f"{day.isoformat()}T00:00:00"
