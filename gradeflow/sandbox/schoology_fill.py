"""Fill a Schoology from a School: one school with one building, courses, sections and their gradebooks.

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

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gradeflow.sandbox.school import Assignment, School, Score, Section
from gradeflow.sandbox.schoology_scales import LETTERS, PASS_FAIL, SCALES, points_of
from gradeflow.sandbox.store import Document, Store

SCHOOL, BUILDING = 344001, 344002
ADMIN = 45500
FIRST_COURSE, FIRST_SECTION, FIRST_USER = 1407001, 4318001, 48001
FIRST_ENROLLMENT, FIRST_CATEGORY, FIRST_PERIOD = 44783001, 4301, 13001
ITEMS_PER_SECTION, DISCUSSIONS_FROM = 10**7, 5 * 10**6
GRADED_AFTER = dt.timedelta(days=7)
NOON, LAST_MINUTE = dt.time(12), dt.time(23, 59)
ACTIVE, EXPIRED, ARCHIVED = 1, 2, 5
ADMIN_ROLE, TEACHER_ROLE, STUDENT_ROLE = 1211, 1212, 1214
_TYPES = {"online_quiz": "assessment", "discussion_topic": "discussion"}
_SCALE_OF = {"letter_grade": LETTERS, "pass_fail": PASS_FAIL}


def fill_schoology(store: Store, school: School) -> None:
    """Write a School into a store, in one transaction."""
    store.set_setting("timezone", school.timezone)
    store.fill(_Filling(school).documents())


def item_id(school: School, assignment: str, section: str) -> str:
    """Give the id that an assignment of a School has in one of its sections."""
    number = next(i for i, one in enumerate(school.sections) if one.id == section)
    return str((FIRST_SECTION + number) * ITEMS_PER_SECTION + int(assignment))


def json_number(number: Decimal) -> int | float:
    """Write a number as JSON carries it, whole where whole."""
    return int(number) if number == number.to_integral_value() else float(number)


class _Filling:
    """Numbers what a School names."""

    def __init__(self, school: School) -> None:
        self.school = school
        names = dict.fromkeys(section.course for section in school.sections)
        self.courses = {name: FIRST_COURSE + i for i, name in enumerate(names)}
        self.sections = {section.id: FIRST_SECTION + i for i, section in enumerate(school.sections)}
        people = [teacher.id for teacher in school.teachers] + list(school.students)
        self.users = {key: FIRST_USER + i for i, key in enumerate(people)}
        self.enrollments = {key: FIRST_ENROLLMENT + i for i, key in enumerate(self._seats())}
        places = [(section.id, name) for section in school.sections for name in school.lms_types]
        self.categories = {key: FIRST_CATEGORY + i for i, key in enumerate(places)}
        self.assignments = {one.id: one for one in school.assignments}

    def documents(self) -> Iterator[Document]:
        for scale in SCALES:
            yield Document("scales", str(scale["id"]), scale)
        yield from self._periods()
        for name, number in self.courses.items():
            yield Document("courses", str(number), self._course(name, number))
        yield from self._users()
        for section in self.school.sections:
            yield self._section(section)
            yield from self._section_categories(section)
            yield from self._section_items(section)
        yield from self._section_enrollments()
        yield from self._scores()

    def _seats(self) -> list[tuple[str, str]]:
        return [(one.id, key) for one in self.school.sections for key in (*one.teachers, *one.students)]

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
        for key, number in self.users.items():
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
        number, course = self.sections[section.id], self.courses[section.course]
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
                "id": self.categories[section.id, name],
                "title": name,
                "delta": delta,
                "calculation_type": 2,
                "default_max_points": 100,
                "default_grading_scale_id": 0,
                "drop_lowest": 0,
            }
            yield Document("categories", str(body["id"]), body, a=str(self.sections[section.id]))

    def _section_enrollments(self) -> Iterator[Document]:
        stays = {(stay.section, stay.student): stay for stay in self.school.enrolments}
        staff = {teacher.id for teacher in self.school.teachers}
        for (section, key), number in self.enrollments.items():
            stay = stays.get((section, key))
            body = {
                "id": str(number),
                "uid": str(self.users[key]),
                "admin": int(key in staff),
                # Listed without an enrolment in the SIS: the LMS keeps it, archived
                "status": ACTIVE if stay or key in staff else ARCHIVED,
                "ends": stay.end.isoformat() if stay and stay.end else None,
            }
            yield Document(
                "enrollments", str(number), body, a=str(self.sections[section]), b=str(self.users[key])
            )

    def _section_items(self, section: Section) -> Iterator[Document]:
        for assignment in self.school.assignments:
            if self.school.has(assignment, section):
                body = self._item(assignment, section)
                keys = (str(self.sections[section.id]), str(body["grade_item_id"]))
                yield Document("items", str(body["id"]), body, a=keys[0], b=keys[1])

    def _item(self, assignment: Assignment, section: Section) -> dict[str, Any]:
        school = self.school
        number = int(item_id(school, assignment.id, section.id))
        due = assignment.dates_in(section.id).due
        kind = _TYPES.get(assignment.submission, "assignment")
        is_graded = assignment.grading != "not_graded"
        hidden = any(one.assignment == assignment.id and not one.is_posted for one in school.scores)
        return {
            "id": number,
            "title": assignment.title,
            "description": "",
            "due": "" if due is None else f"{due.isoformat()} {LAST_MINUTE:%H:%M:%S}",
            "grading_scale": str(_SCALE_OF.get(assignment.grading, 0)),
            "grading_period": str(self._period_of(due)),
            "grading_category": str(self.categories[section.id, assignment.type]),
            "max_points": f"{assignment.max_points.normalize():f}",
            "factor": "1",
            "is_final": "0",
            "show_comments": "0",
            "grade_stats": "0",
            "allow_dropbox": str(int(assignment.submission == "online_upload")),
            "allow_discussion": "1",
            "published": int(assignment.is_published),
            "type": kind,
            "grade_item_id": number + (DISCUSSIONS_FROM if kind == "discussion" else 0),
            "available": int(assignment.is_published),
            "completed": 0,
            "dropbox_locked": 0,
            "grading_scale_type": 1 if assignment.grading in _SCALE_OF else 0,
            "show_rubric": False,
            "count_in_grade": int(is_graded and assignment.is_in_final_grade),
            "collected_only": int(not is_graded),
            "auto_publish_grades": int(not hidden),
            "assignees": [],
            "grading_group_ids": [],
            "completion_status": "",
        }

    def _period_of(self, due: dt.date | None) -> int:
        for i, period in enumerate(self.school.periods):
            if due is not None and period.start <= due <= period.end:
                return FIRST_PERIOD + i
        return 0

    def _scores(self) -> Iterator[Document]:
        places: dict[str, list[Section]] = {}
        for section in self.school.sections:
            for student in section.students:
                places.setdefault(student, []).append(section)
        for score in self.school.scores:
            assignment = self.assignments[score.assignment]
            for section in places.get(score.student, ()):
                if self.school.has(assignment, section):
                    yield from self._score(score, assignment, section)

    def _score(self, score: Score, assignment: Assignment, section: Section) -> Iterator[Document]:
        school = self.school
        item, number = item_id(school, score.assignment, section.id), self.sections[section.id]
        user, enrollment = self.users[score.student], self.enrollments[section.id, score.student]
        if score.points is not None or score.text is not None or score.is_excused:
            given = (score.submitted or school.start) + GRADED_AFTER
            body = {
                "enrollment_id": enrollment,
                "assignment_id": int(item),
                "grade": _grade(score, assignment),
                "exception": int(score.is_excused),
                "timestamp": self._unix(given, NOON),
                "comment": "",
                "comment_status": None,
            }
            yield Document("grades", f"{item}:{enrollment}", body, a=str(number), b=item, c=str(enrollment))
        takes_files = assignment.submission == "online_upload"
        if score.submitted is not None and takes_files:
            revision = {
                "revision_id": 1,
                "uid": user,
                "created": self._unix(score.submitted, NOON),
                "num_items": 1,
                "late": int(score.is_late),
                "draft": 0,
            }
            yield Document("revisions", f"{item}:{user}:1", revision, a=str(number), b=item, c=str(user))

    def _unix(self, day: dt.date, time: dt.time) -> int:
        return int(dt.datetime.combine(day, time, self.school.zone).timestamp())


def _grade(score: Score, assignment: Assignment) -> int | float | None:
    if score.is_excused:
        return None
    scale = _SCALE_OF.get(assignment.grading)
    typed = points_of(scale, score.text, assignment.max_points) if scale and score.text else None
    points = score.points if typed is None else typed
    return None if points is None else json_number(points)
