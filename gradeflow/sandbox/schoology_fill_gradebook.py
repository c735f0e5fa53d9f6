"""Fill a Schoology's gradebooks from a School: the items of each section, their grades and what was handed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gradeflow.sandbox.school import Assignment, School, Score, Section
from gradeflow.sandbox.schoology_numbers import DISCUSSIONS_FROM, FIRST_PERIOD, Numbers, item_id
from gradeflow.sandbox.schoology_scales import LETTERS, PASS_FAIL, points_of
from gradeflow.sandbox.store import Document

GRADED_AFTER = dt.timedelta(days=7)
NOON, LAST_MINUTE = dt.time(12), dt.time(23, 59)
_TYPES = {"online_quiz": "assessment", "discussion_topic": "discussion"}
_SCALE_OF = {"letter_grade": LETTERS, "pass_fail": PASS_FAIL}


def json_number(number: Decimal) -> int | float:
    """Write a number as JSON carries it, whole where whole."""
    return int(number) if number == number.to_integral_value() else float(number)


class GradebookFilling:
    """Writes what stands in the gradebooks of a School's sections."""

    def __init__(self, school: School, numbers: Numbers) -> None:
        self.school = school
        self.numbers = numbers
        self.assignments = {one.id: one for one in school.assignments}

    def documents(self) -> Iterator[Document]:
        """Give every item, grade and revision."""
        for section in self.school.sections:
            yield from self._items(section)
        yield from self._scores()

    def _items(self, section: Section) -> Iterator[Document]:
        for assignment in self.school.assignments:
            if self.school.has(assignment, section):
                body = self._item(assignment, section)
                keys = (str(self.numbers.sections[section.id]), str(body["grade_item_id"]))
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
            "grading_category": str(self.numbers.categories[section.id, assignment.type]),
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
        item, number = item_id(school, score.assignment, section.id), self.numbers.sections[section.id]
        user, enrollment = (
            self.numbers.users[score.student],
            self.numbers.enrollments[section.id, score.student],
        )
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
