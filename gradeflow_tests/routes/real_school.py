"""A small real gradebook: two sections of one packaged presentation, and the same a day later."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from functools import cache

from gradeflow.sandbox.oulad import districts, packaged_grades
from gradeflow.sandbox.school import Assignment, School, Score, night

SECTIONS, STUDENTS = 2, 12
DAYS_BEFORE_THE_END = dt.timedelta(days=10)
Cell = tuple[str, str, str]
"""Assignment's title, section, student."""


@cache
def real_school() -> School:
    """Cut a School: what happened in the first sections to their first students."""
    whole = districts(packaged_grades())[1][2]
    sections = tuple(
        dataclasses.replace(section, students=section.students[:STUDENTS])
        for section in whole.sections[:SECTIONS]
    )
    inside = {(student, section.id) for section in sections for student in section.students}
    students = tuple(student for section in sections for student in section.students)
    staff = {teacher for section in sections for teacher in section.teachers}
    return dataclasses.replace(
        whole,
        slug="lincoln",
        sections=sections,
        students=students,
        teachers=tuple(teacher for teacher in whole.teachers if teacher.id in staff),
        passback_teachers=tuple(key for key in whole.passback_teachers if key in staff),
        enrolments=tuple(one for one in whole.enrolments if (one.student, one.section) in inside),
        scores=tuple(score for score in whole.scores if score.student in students),
        assigners={},
    )


def as_of(number: int) -> dt.datetime:
    """Give the instant of a night, before the school year ends: some SISs drop their enrolments then."""
    return night(real_school(), number) - DAYS_BEFORE_THE_END


def is_open(school: School, assignment: Assignment) -> bool:
    """Tell, by the calendar alone, whether an item's due date lies in a period that takes scores."""
    today = as_of(1).date()
    return any(
        assignment.due is not None and p.start <= assignment.due <= p.end and today <= p.closes
        for p in school.periods
    )


def sections_of(school: School) -> dict[str, str]:
    """Give each student's section."""
    return {student: section.id for section in school.sections for student in section.students}


def present(school: School) -> set[str]:
    """Give the students whom the SIS still has in their section."""
    today = as_of(1).date()
    return {one.student for one in school.enrolments if one.end is None or one.end > today}


def graded(school: School) -> dict[Cell, Decimal]:
    """Give every score that must be in the SIS, whatever the route: typed by a teacher, in an open period."""
    items = {one.id: one for one in school.assignments if is_open(school, one)}
    places, here = sections_of(school), present(school)
    return {
        (items[score.assignment].title, places[score.student], score.student): score.points
        for score in school.scores
        if score.points is not None and score.assignment in items and score.student in here
    }


@cache
def changed_school() -> tuple[School, dict[Cell, Decimal]]:
    """Change three scores as teachers do: the new School, and the cells that differ."""
    school = real_school()
    items = {one.id: one for one in school.assignments if is_open(school, one)}
    places, here = sections_of(school), present(school)
    chosen: dict[tuple[str, str], Score] = {}
    for score in school.scores:
        is_candidate = score.assignment in items and score.points is not None and score.student in here
        if is_candidate and len(chosen) < 3:
            points = Decimal("41.5") if score.points != Decimal("41.5") else Decimal(40)
            chosen[score.assignment, score.student] = dataclasses.replace(score, points=points)
    scores = tuple(chosen.get((one.assignment, one.student), one) for one in school.scores)
    cells = {
        (items[one.assignment].title, places[one.student], one.student): one.points
        for one in chosen.values()
        if one.points is not None
    }
    return dataclasses.replace(school, scores=scores), cells
