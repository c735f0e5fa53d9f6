"""Fill a Schoology from a School: one school with one building, courses, sections and who is in them.

Their gradebooks are filled by `schoology_fill_gradebook`, under the numbers of `schoology_numbers`.

Objects live in sections: an assignment that two sections have is two items with different ids, and each section
has its own categories. Everything is synced, as a roster integration leaves it. Lookup values:

| collection | a | b | c |
|---|---|---|---|
| courses, periods, scales | | | |
| sections | course | section school code | |
| users | school uid | | |
| enrollments | section | user | |
| categories, groups | section | | |
| items | section | grade item id | |
| grades | section | item | enrollment |
| revisions | section | grade item id | user |
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from gradeflow.sandbox.school import School, Section
from gradeflow.sandbox.schoology_fill_gradebook import GradebookFilling
from gradeflow.sandbox.schoology_numbers import ADMIN, BUILDING, FIRST_PERIOD, SCHOOL, Numbers, numbers_of
from gradeflow.sandbox.schoology_scales import SCALES
from gradeflow.sandbox.store import Document, Store

ACTIVE, EXPIRED, ARCHIVED = 1, 2, 5
ADMIN_ROLE, TEACHER_ROLE, STUDENT_ROLE = 1211, 1212, 1214


def fill_schoology(store: Store, school: School) -> None:
    """Write a School into a store, in one transaction."""
    store.set_setting("timezone", school.timezone)
    numbers = numbers_of(school)
    rows = _RosterFilling(school, numbers).documents(), GradebookFilling(school, numbers).documents()
    store.fill(itertools.chain(*rows))


class _RosterFilling:
    """Writes who and what a School has, without its gradebooks."""

    def __init__(self, school: School, numbers: Numbers) -> None:
        self.school = school
        self.numbers = numbers

    def documents(self) -> Iterator[Document]:
        for scale in SCALES:
            yield Document("scales", str(scale["id"]), scale)
        yield from self._periods()
        for name, number in self.numbers.courses.items():
            yield Document("courses", str(number), self._course(name, number))
        yield from self._users()
        for section in self.school.sections:
            yield self._section(section)
            yield from self._section_categories(section)
        yield from self._section_enrollments()

    def _periods(self) -> Iterator[Document]:
        for i, period in enumerate(self.school.periods):
            body = {
                "id": FIRST_PERIOD + i,
                "title": period.title,
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
            }
            yield Document("periods", str(body["id"]), body)

    def _course(self, name: str, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "title": f"Course {name}",
            "course_code": name,
            "department": "",
            "description": "",
            "credits": 0,
            "subject_area": 0,
            "grade_level_range_start": 0,
            "grade_level_range_end": 0,
            "synced": 1,
            "building_id": str(BUILDING),
        }

    def _users(self) -> Iterator[Document]:
        emails = {teacher.id: teacher.email for teacher in self.school.teachers}
        for key, number in self.numbers.users.items():
            role = "Teacher" if key in emails else "Student"
            body = self._user(key, number, role, TEACHER_ROLE if key in emails else STUDENT_ROLE)
            yield Document("users", str(number), {**body, "primary_email": emails.get(key, "")}, a=key)
        yield Document("users", str(ADMIN), self._user("", ADMIN, "Administrator", ADMIN_ROLE), a="")

    def _user(self, key: str, number: int, role: str, role_id: int) -> dict[str, Any]:
        return {
            "uid": str(number),
            "id": number,
            "school_id": SCHOOL,
            "synced": 1 if key else 0,
            "school_uid": key,
            "building_id": BUILDING,
            "name_title": "",
            "name_title_show": 0,
            # The protocol demands names; the school has none, so they are made of the id
            "name_first": role,
            "name_first_preferred": "",
            "name_middle": "",
            "name_middle_show": 0,
            "name_last": key or "API",
            "name_display": f"{role} {key or 'API'}",
            "username": "",
            "primary_email": "",
            "role_id": role_id,
            "tz_name": self.school.timezone,
        }

    def _section(self, section: Section) -> Document:
        number, course = self.numbers.sections[section.id], self.numbers.courses[section.course]
        body = {
            "id": str(number),
            "course_title": f"Course {section.course}",
            "course_code": section.course,
            "course_id": str(course),
            "school_id": str(BUILDING),
            "access_code": "",
            "section_title": section.title,
            "section_code": section.id,
            "section_school_code": section.id,
            "synced": "1",
            "active": 1,
            "description": "",
            "grading_periods": [FIRST_PERIOD + i for i in range(len(self.school.periods))],
            "location": "",
            "meeting_days": [""],
            "start_time": "",
            "end_time": "",
            "weight": "0",
            "is_withheld": False,
        }
        return Document("sections", str(number), body, a=str(course), b=section.id)

    def _section_categories(self, section: Section) -> Iterator[Document]:
        for delta, name in enumerate(self.school.lms_types):
            body = {
                "id": self.numbers.categories[section.id, name],
                "title": name,
                "delta": delta,
                "calculation_type": 2,
                "default_max_points": 100,
                "default_grading_scale_id": 0,
                "drop_lowest": 0,
            }
            yield Document("categories", str(body["id"]), body, a=str(self.numbers.sections[section.id]))

    def _section_enrollments(self) -> Iterator[Document]:
        stays = {(stay.section, stay.student): stay for stay in self.school.enrolments}
        staff = {teacher.id for teacher in self.school.teachers}
        for (section, key), number in self.numbers.enrollments.items():
            stay = stays.get((section, key))
            body = {
                "id": str(number),
                "uid": str(self.numbers.users[key]),
                "admin": int(key in staff),
                # Listed without an enrolment in the SIS: the LMS keeps it, archived
                "status": ACTIVE if stay or key in staff else ARCHIVED,
                "ends": stay.end.isoformat() if stay and stay.end else None,
            }
            yield Document(
                "enrollments",
                str(number),
                body,
                a=str(self.numbers.sections[section]),
                b=str(self.numbers.users[key]),
            )
