"""A small real gradebook: two sections of one packaged presentation, and the same a day later."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from functools import cache

from gradeflow.sandbox.oulad import districts
from gradeflow.sandbox.oulad_files import packaged_grades
from gradeflow.sandbox.school import Assignment, School, Score, night

SECTIONS, STUDENTS = 2, 8
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


@dataclasses.dataclass(frozen=True)
class Changed:
    """The school a day later.

    Attributes:
        cells: the scores that differ, by the title that the item has now.
        renamed: one item's title before and now; none of its scores differ.
    """

    school: School
    cells: dict[Cell, Decimal]
    renamed: tuple[str, str]

    def cell(self, cell: Cell) -> Cell:
        """Name a cell of before as it is named now."""
        before, now = self.renamed
        return (now if cell[0] == before else cell[0], *cell[1:])


@cache
def changed_school() -> Changed:
    """Change three scores and a title as teachers do."""
    school = real_school()
    items = {one.id: one for one in school.assignments if is_open(school, one)}
    sent = {(title, section) for title, section, _ in graded(school)}
    *graded_again, renamed = (
        one for one in items.values() if all((one.title, section.id) in sent for section in school.sections)
    )
    places, here = sections_of(school), present(school)
    chosen: dict[tuple[str, str], Score] = {}
    for score in school.scores:
        is_candidate = score.assignment in {one.id for one in graded_again} and score.points is not None
        if is_candidate and score.student in here and len(chosen) < 3:
            points = Decimal("41.5") if score.points != Decimal("41.5") else Decimal(40)
            chosen[score.assignment, score.student] = dataclasses.replace(score, points=points)
    scores = tuple(chosen.get((one.assignment, one.student), one) for one in school.scores)
    cells = {
        (items[one.assignment].title, places[one.student], one.student): one.points
        for one in chosen.values()
        if one.points is not None
    }
    title = f"{renamed.title} (corrected)"
    assignments = tuple(
        dataclasses.replace(one, title=title) if one.id == renamed.id else one for one in school.assignments
    )
    later = dataclasses.replace(school, scores=scores, assignments=assignments)
    return Changed(later, cells, (renamed.title, title))
