"""Fill a Canvas from a School: one root account, one term, the courses with their gradebooks.

Everything is SIS-created: it carries SIS ids and an import id, which Canvas shows only to callers with SIS
rights (`canvas_request`). Lookup values of each collection, as `canvas` asks for them:

| collection | a | b | c |
|---|---|---|---|
| courses, users | SIS id | | |
| sections | course | SIS id | |
| enrollments | section | user | course |
| groups (made by `canvas_edit`) | | | |
| assignment_groups, assignments, grading_periods | course | | |
| submissions: only where something was handed in or graded | assignment | user | |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gradeflow.sandbox.school import Assignment, School, Score, Section, SectionDates
from gradeflow.sandbox.store import Document, Store

FIRST_COURSE, FIRST_GROUP, FIRST_PERIOD, FIRST_SECTION = 101, 201, 301, 1001
FIRST_USER, FIRST_OVERRIDE, FIRST_ENROLLMENT = 10001, 30001, 50001
SIS_IMPORT = 1
GRADED_AFTER = dt.timedelta(days=7)
NOON, MIDNIGHT, LAST_MINUTE = dt.time(12), dt.time(0), dt.time(23, 59)


def fill_canvas(store: Store, school: School) -> None:
    """Write a School into an empty store, in one transaction."""
    store.set_setting("timezone", school.timezone)
    store.fill(_Filling(school).documents())


def instant_text(day: dt.date, time: dt.time, school: School) -> str:
    """Write a local day and time as Canvas writes instants: UTC, seconds, Z."""
    moment = dt.datetime.combine(day, time, school.zone).astimezone(dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def json_points(points: Decimal) -> int | float:
    """Write points as a JSON number, whole where whole.

    >>> json_points(Decimal("8.50")), json_points(Decimal(8))
    (8.5, 8)
    """
    return int(points) if points == points.to_integral_value() else float(points)


class _Filling:
    """Numbers what a School names."""

    def __init__(self, school: School) -> None:
        self.school = school
        names = dict.fromkeys(section.course for section in school.sections)
        self.courses = {name: FIRST_COURSE + i for i, name in enumerate(names)}
        groups = [(course, name) for course in self.courses for name in school.lms_types]
        self.groups = {key: FIRST_GROUP + i for i, key in enumerate(groups)}
        self.sections = {section.id: FIRST_SECTION + i for i, section in enumerate(school.sections)}
        people = [teacher.id for teacher in school.teachers] + list(school.students)
        self.users = {key: FIRST_USER + i for i, key in enumerate(people)}

    def documents(self) -> Iterator[Document]:
        yield self._term()
        yield from self._courses()
        yield from self._users()
        for section in self.school.sections:
            yield self._section(section)
        yield from self._enrollments()
        overrides = FIRST_OVERRIDE
        for assignment in self.school.assignments:
            yield self._assignment(assignment, overrides)
            overrides += len(assignment.overrides)
        for score in self.school.scores:
            yield self._submission(score)

    def _term(self) -> Document:
        school = self.school
        body = {
            "id": 1,
            "name": f"School year {school.year}",
            "sis_term_id": f"{school.slug}-term",
            "sis_import_id": SIS_IMPORT,
            "start_at": instant_text(school.start, MIDNIGHT, school),
            "end_at": instant_text(school.end, LAST_MINUTE, school),
            "workflow_state": "active",
            "overrides": {},
        }
        return Document("terms", "1", body)

    def _courses(self) -> Iterator[Document]:
        school = self.school
        for name, number in self.courses.items():
            body = {
                "id": number,
                "name": f"Course {name}",
                "course_code": name,
                "sis_course_id": name,
                "integration_id": None,
                "sis_import_id": SIS_IMPORT,
                "workflow_state": "available",
                "account_id": 1,
                "root_account_id": 1,
                "enrollment_term_id": 1,
                "grading_standard_id": None,
                "grade_passback_setting": None,
                "time_zone": school.timezone,
                "start_at": instant_text(school.start, MIDNIGHT, school),
                "end_at": instant_text(school.end, LAST_MINUTE, school),
            }
            yield Document("courses", str(number), body, a=name)
            for position, title in enumerate(school.lms_types, 1):
                yield self._group(name, title, position)
            for position, period in enumerate(school.periods):
                key = str(FIRST_PERIOD + position)
                dates = {
                    "start_date": instant_text(period.start, MIDNIGHT, school),
                    "end_date": instant_text(period.end, LAST_MINUTE, school),
                    "close_date": instant_text(period.closes, LAST_MINUTE, school),
                }
                shown = {"id": key, "grading_period_group_id": "1", "title": period.title, "weight": None}
                yield Document("grading_periods", f"{number}-{key}", {**shown, **dates}, a=str(number))

    def _group(self, course: str, title: str, position: int) -> Document:
        number = self.groups[course, title]
        body = {
            "id": number,
            "name": title,
            "position": position,
            "group_weight": 0.0,
            "sis_source_id": None,
            "integration_data": {},
            "rules": {},
        }
        return Document("assignment_groups", str(number), body, a=str(self.courses[course]))

    def _users(self) -> Iterator[Document]:
        emails = {teacher.id: teacher.email for teacher in self.school.teachers}
        for key, number in self.users.items():
            role = "Teacher" if key in emails else "Student"
            body = {
                "id": number,
                # The protocol demands names; the school has none, so they are made of the id
                "name": f"{role} {key}",
                "sortable_name": f"{key}, {role}",
                "short_name": f"{role} {key}",
                "sis_user_id": key,
                "integration_id": None,
                "sis_import_id": SIS_IMPORT,
                "login_id": emails.get(key, f"{key}@students.example"),
            }
            yield Document("users", str(number), body, a=key)

    def _section(self, section: Section) -> Document:
        number, course = self.sections[section.id], self.courses[section.course]
        body = {
            "id": number,
            "name": section.title,
            "course_id": course,
            "sis_section_id": section.id,
            "sis_course_id": section.course,
            "integration_id": None,
            "sis_import_id": SIS_IMPORT,
            "nonxlist_course_id": None,
            "start_at": None,
            "end_at": None,
        }
        return Document("sections", str(number), body, a=str(course), b=section.id)

    def _enrollments(self) -> Iterator[Document]:
        stays = {(stay.section, stay.student): stay for stay in self.school.enrolments}
        number = FIRST_ENROLLMENT
        for section in self.school.sections:
            course = str(self.courses[section.course])
            for role, key in [("Teacher", t) for t in section.teachers] + [
                ("Student", s) for s in section.students
            ]:
                stay = stays.get((section.id, key))
                body = {
                    "id": number,
                    "course_id": self.courses[section.course],
                    "course_section_id": self.sections[section.id],
                    "user_id": self.users[key],
                    "role": f"{role}Enrollment",
                    # Listed without an enrolment in the SIS: the LMS keeps it, concluded
                    "is_concluded": role == "Student" and stay is None,
                    "begin": None if stay is None else stay.begin.isoformat(),
                    "end": None if stay is None or stay.end is None else stay.end.isoformat(),
                    "sis_user_id": key,
                    "sis_section_id": section.id,
                    "sis_course_id": section.course,
                    "sis_import_id": SIS_IMPORT,
                }
                user = str(self.users[key])
                yield Document(
                    "enrollments", str(number), body, a=str(self.sections[section.id]), b=user, c=course
                )
                number += 1

    def _assignment(self, assignment: Assignment, first_override: int) -> Document:
        school = self.school
        course = self.courses[assignment.course]
        body = {
            "id": int(assignment.id),
            "course_id": course,
            "name": assignment.title,
            "assignment_group_id": self.groups[assignment.course, assignment.type],
            "points_possible": json_points(assignment.max_points),
            "grading_type": assignment.grading,
            "due_at": None if assignment.due is None else instant_text(assignment.due, LAST_MINUTE, school),
            "unlock_at": instant_text(assignment.assigned, MIDNIGHT, school),
            "lock_at": None,
            "created_at": instant_text(assignment.created, MIDNIGHT, school),
            "updated_at": instant_text(assignment.created, MIDNIGHT, school),
            "published": assignment.is_published,
            "submission_types": [assignment.submission],
            "post_to_sis": assignment.is_selected,
            "omit_from_final_grade": not assignment.is_in_final_grade,
            "only_visible_to_overrides": not assignment.everyone,
            "overrides": [
                self._override(dates, first_override + i, assignment)
                for i, dates in enumerate(assignment.overrides)
            ],
        }
        return Document("assignments", assignment.id, body, a=str(course))

    def _override(self, dates: SectionDates, number: int, assignment: Assignment) -> dict[str, Any]:
        school = self.school
        title = next(section.title for section in school.sections if section.id == dates.section)
        return {
            "id": number,
            "assignment_id": int(assignment.id),
            "title": title,
            "course_section_id": self.sections[dates.section],
            "due_at": None if dates.due is None else instant_text(dates.due, LAST_MINUTE, school),
            "unlock_at": instant_text(dates.assigned, MIDNIGHT, school),
            "all_day": dates.due is not None,
            "all_day_date": None if dates.due is None else dates.due.isoformat(),
        }

    def _submission(self, score: Score) -> Document:
        school = self.school
        is_graded = score.points is not None or score.text is not None or score.is_excused
        graded_at = None
        if is_graded:
            graded_at = instant_text((score.submitted or school.start) + GRADED_AFTER, NOON, school)
        submitted = None if score.submitted is None else instant_text(score.submitted, NOON, school)
        points = None if score.points is None or score.is_excused else json_points(score.points)
        body = {
            "assignment_id": int(score.assignment),
            "score": points,
            "grade": score.text or (None if points is None else str(points)),
            "excused": score.is_excused,
            "submitted_at": submitted,
            "graded_at": graded_at,
            "posted_at": graded_at if score.is_posted else None,
            "late_policy_status": None,
            "workflow_state": "graded" if is_graded else "submitted" if submitted else "unsubmitted",
        }
        user = str(self.users[score.student])
        return Document("submissions", f"{score.assignment}:{user}", body, a=score.assignment, b=user)
