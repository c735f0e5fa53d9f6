"""Fills a practice data warehouse from a School, under the numbers of `itslearning_numbers`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradeflow.sandbox.itslearning_drop import TYPES
from gradeflow.sandbox.itslearning_entities import CREATED, ENTITY_SETS, MODIFIED
from gradeflow.sandbox.itslearning_numbers import Numbers, numbers_of
from gradeflow.sandbox.school import School, Score
from gradeflow.sandbox.store import Document, Store

SITE = 100
COMPLETED, SUBMITTED, EXCUSED = 1, 2, 3
STATUSES = {COMPLETED: "Completed", SUBMITTED: "Submitted", EXCUSED: "Exempt"}
SCALES = {1: "Score", 2: "A-F", 3: "Percent", 4: "Pass/Fail"}
SCALE_OF = {"points": 1, "letter_grade": 2, "percent": 3, "pass_fail": 4}
TEACHER, PUPIL = 2, 3
FOREVER = "9999-12-31T00:00:00"
Row = dict[str, Any]


def fill_warehouse(store: Store, school: School, loaded_at: dt.datetime) -> None:
    """Write a School into the warehouse, as if loaded at this instant."""
    numbers = numbers_of(school)
    loaded = _time(loaded_at)
    rows = _Rows(school, numbers)
    for name, made in rows.tables().items():
        store.fill(document(name, _stamped(name, row, loaded)) for row in made)


def document(name: str, row: Row) -> Document:
    """Make a stored row; rows of courses are found by their course."""
    key = ENTITY_SETS[name].key
    course = None if row.get("CourseId") is None else str(row["CourseId"])
    return Document(name, ",".join(str(row[column]) for column in key), row, a=course)


def _stamped(name: str, row: Row, loaded: str) -> Row:
    columns = ENTITY_SETS[name].columns
    stamps = {column: loaded for column in (CREATED, MODIFIED) if column in columns}
    return {column: (stamps | row)[column] for column in columns}


def _time(moment: dt.datetime) -> str:
    """Write an instant as an Edm.DateTime: UTC without saying so."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of every entity set."""

    school: School
    numbers: Numbers

    def tables(self) -> dict[str, Iterable[Row]]:
        return {
            "Organizations": self._organizations(),
            "Terms": self._terms(),
            "Courses": self._courses(),
            "Users": self._users(),
            "CourseMemberships": self._memberships(),
            "CourseElements": self._elements(),
            "AssessmentScales": [
                {"AssessmentScaleId": key, "AssessmentScaleTitle": title} for key, title in SCALES.items()
            ],
            "AssessmentGrades": self._grade_steps(),
            "AssessmentStatuses": [
                {"AssessmentStatusId": key, "AssessmentStatusTitle": title} for key, title in STATUSES.items()
            ],
            "LearningItems": self._items(),
            "UserGrades": self._grades(),
            "UserCourseSessions": self._sessions(),
        }

    def _organizations(self) -> Iterator[Row]:
        yield {
            "OrganizationId": SITE,
            "OrganizationType": "school",
            "OrganizationTitle": self.school.slug,
            "OrganizationLevel1": self.school.slug,
            "ExternalOrganizationId": self.school.school_id,
            "OrganizationStatus": "Active",
        }

    def _terms(self) -> Iterator[Row]:
        for period in self.school.periods:
            yield {
                "TermId": self.numbers.terms[period.id],
                "TermName": period.title,
                "TermDescription": None,
                "OrganizationId": SITE,
                "StartDate": self._at(period.start, dt.time()),
                "EndDate": self._at(period.end, dt.time()),
                "TermStatus": "Active",
                "ExternalTermId": period.id,
            }

    def _courses(self) -> Iterator[Row]:
        for course in self.numbers.courses:
            yield {
                "CourseId": course.number,
                "CourseTitle": course.title,
                "CourseCode": course.title,
                "CourseStatus": "Active",
                "IsCourseArchived": False,
                "DeletedOn": None,
            }

    def _users(self) -> Iterator[Row]:
        for number in self.numbers.users.values():
            yield {"UserId": number, "UserName": f"user{number}", "UserStatus": "active"}

    def _memberships(self) -> Iterator[Row]:
        begin = self._at(self.school.start, dt.time())
        for course in self.numbers.courses:
            seats = {key: TEACHER for section in course.sections for key in section.teachers}
            seats |= {key: PUPIL for section in course.sections for key in section.students}
            for key, profile in seats.items():
                yield {
                    "CourseId": course.number,
                    "UserId": self.numbers.users[key],
                    "CourseProfileId": profile,
                    "CourseOrganizationId": SITE,
                    "FirstOnline": begin,
                    "LastOnline": begin,
                    "ValidFrom": begin,
                    "ValidTo": FOREVER,
                }

    def _elements(self) -> Iterator[Row]:
        for course in self.numbers.courses:
            for item in course.items:
                yield {
                    "CourseElementId": item.number,
                    "CourseId": course.number,
                    "ElementStatus": "Active",
                    "DeletedDate": None,
                    "AssessmentVisible": True,
                    "IsResource": False,
                    "IsActivity": True,
                    "IsAssessment": True,
                }

    def _grade_steps(self) -> Iterator[Row]:
        for number, title in enumerate(self._step_titles(), start=1):
            yield {
                "AssessmentGradeId": number,
                "AssessmentScaleId": 2,
                "AssessmentGradeTitle": title,
                "PercentFrom": 0.0,
                "PercentTo": 100.0,
                "OrderPosition": number,
            }

    def _step_titles(self) -> Sequence[str]:
        return sorted({score.text for score in self.school.scores if score.text})

    def _items(self) -> Iterator[Row]:
        for course in self.numbers.courses:
            for item in course.items:
                assignment = item.assignment
                yield {
                    "LearningItemId": item.number,
                    "CourseId": course.number,
                    "LearningItemTitle": assignment.title,
                    "LearningItemType": TYPES[assignment.submission],
                    "LearningItemStatus": "Active",
                    "AssessmentScaleId": SCALE_OF.get(assignment.grading),
                    "MaxScore": float(assignment.max_points),
                    "TermId": self._term(item.due),
                    "Deadline": self._at(item.due, dt.time(23, 59)),
                    "ActiveFrom": self._at(item.assigned, dt.time()),
                    "CreatedByUserId": self.numbers.users[
                        self.school.assigner(assignment.id, course.sections[0])
                    ],
                    CREATED: self._at(assignment.created, dt.time(12)),
                }

    def _grades(self) -> Iterator[Row]:
        steps = {title: number for number, title in enumerate(self._step_titles(), start=1)}
        places = {
            (item.assignment.id, student): (course.number, item.number)
            for course in self.numbers.courses
            for item in course.items
            for section in course.sections
            for student in section.students
        }
        for score in self.school.scores:
            place = places.get((score.assignment, score.student))
            if place is None:
                continue
            status = EXCUSED if score.is_excused else SUBMITTED if score.points is None else COMPLETED
            yield {
                "LearningItemId": place[1],
                "CourseId": place[0],
                "UserId": self.numbers.users[score.student],
                "AssessmentGradeId": steps.get(score.text or "", 0),
                "AssessmentStatusId": status,
                # The column knows no null: what has no score is 0, and only the status tells.
                "Score": float(score.points or 0),
                "SubmittedDate": self._at(score.submitted, dt.time(12)),
                "ReviewDate": None if status == SUBMITTED else self._reviewed(score),
                "NumberOfAttempts": 0 if score.submitted is None else 1,
            }

    def _reviewed(self, score: Score) -> str | None:
        day = score.submitted or self.school.start
        return self._at(day + dt.timedelta(days=1), dt.time(15))

    def _sessions(self) -> Iterator[Row]:
        seen: set[tuple[int, int, dt.date]] = set()
        for row in self._grades():
            if row["SubmittedDate"] is None:
                continue
            begin = dt.datetime.fromisoformat(row["SubmittedDate"])
            key = (row["UserId"], row["CourseId"], begin.date())
            if key in seen:
                continue
            seen.add(key)
            yield {
                "MonthlyDateId": int(begin.strftime("%Y%m01")),
                "DateId": int(begin.strftime("%Y%m%d")),
                "UserId": row["UserId"],
                "CourseId": row["CourseId"],
                "CourseProfileId": PUPIL,
                "CourseOrganizationId": SITE,
                "ConsumerTypeId": 1,
                "CourseSessionStartDate": row["SubmittedDate"],
                "CourseSessionEndDate": (begin + dt.timedelta(minutes=40)).isoformat(timespec="milliseconds"),
                "CourseSessionDurationMinutes": 40,
            }

    def _term(self, deadline: dt.date | None) -> int | None:
        period = self.school.period_of(deadline)
        return None if period is None else self.numbers.terms[period.id]

    def _at(self, day: dt.date | None, time: dt.time) -> str | None:
        return None if day is None else _time(dt.datetime.combine(day, time, self.school.zone))
