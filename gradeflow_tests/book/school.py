"""The school of the rule book's cases, as a School that practice systems are filled from.

District `book`, America/Chicago, school year 2026/27; the first night is Friday, 20 November 2026, 03:30.

| period | from | to | |
|---|---|---|---|
| q1 | 2026-08-17 | 2026-09-25 | over, but the office keeps it open until 27 November |
| q2 | 2026-09-28 | 2026-10-30 | closed |
| q3 | 2026-11-02 | 2027-01-22 | today's |
| q4 | 2027-01-25 | 2027-05-28 | not begun |

No school on Thanksgiving, 26 November. Passback begins with what was assigned on 24 August.

| section | course | in it |
|---|---|---|
| A | A | all teachers but t-3 teach it |
| P1, P2, P3 | three | one course of three sections |
| Lonely | Lonely | the LMS has it, the SIS does not |

Every section has students 1 and 2; A has `A-left`, whom the SIS does not enrol, and `A-new`, since 18 November.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from gradeflow.sandbox.school import (
    Assignment,
    Category,
    Enrolment,
    Period,
    School,
    Score,
    Section,
    SectionDates,
    Teacher,
)
from gradeflow_tests.book.words import Named, Work

SLUG, ZONE = "book", "America/Chicago"
START, END = dt.date(2026, 8, 17), dt.date(2027, 5, 28)
EFFECTIVE = dt.date(2026, 8, 24)
CAME_ON = dt.date(2026, 11, 18)
FIRST_NUMBER = 1001
COURSES: Mapping[str, tuple[str, ...]] = {
    "A": ("A",),
    "three": ("P1", "P2", "P3"),
    "Lonely": ("Lonely",),
    "Off": ("Off",),
    "Own": ("Own",),
}
PERIODS = (
    Period("q1", "Quarter 1", START, dt.date(2026, 9, 25), dt.date(2026, 11, 27)),
    Period("q2", "Quarter 2", dt.date(2026, 9, 28), dt.date(2026, 10, 30), dt.date(2026, 10, 30)),
    Period("q3", "Quarter 3", dt.date(2026, 11, 2), dt.date(2027, 1, 22), dt.date(2027, 2, 5)),
    Period("q4", "Quarter 4", dt.date(2027, 1, 25), END, dt.date(2027, 6, 11)),
)
EVERYWHERE = ("Assignment", "Classwork", "Homework", "Lab", "Observation", "Project", "Quiz", "Test", "Old")
OF_P1, OF_A = "Only in P1", "Only in A"
TYPES = (
    *("Assignment", "Checklist", "Homework", "Journal", "Lab", "Observation", "Paper", "Presentation"),
    *("Project", "Quiz", "Test", "Worksheet", "Home work", "Discussions", "Ungraded", "Essay", "Labs"),
)
TEACHERS = tuple(f"t-{number}" for number in range(1, 9))


def number_of(names: Iterable[str]) -> dict[str, str]:
    """Number the examples as an LMS numbers assignments; the twin of each has the number before it."""
    return {name: str(FIRST_NUMBER + 2 * place + 1) for place, name in enumerate(names)}


def twin_of(number: str) -> str:
    """Give the number of an example's twin."""
    return str(int(number) - 1)


def school_of(examples: Mapping[str, Named], night: int) -> School:
    """Make the school with the work of every example as it is in a night, counted from 0."""
    sections = tuple(
        Section(section, f"Section {section}", course, _staff(section), _pupils(section))
        for course, own in COURSES.items()
        for section in own
    )
    numbers = number_of(examples)
    works = {numbers[name]: (one.title(night), one.step(night).work) for name, one in examples.items()}
    return School(
        slug=SLUG,
        timezone=ZONE,
        start=START,
        end=END,
        school_id="school-1",
        periods=PERIODS,
        categories=(
            *(Category(f"c-{title.lower()}", title) for title in EVERYWHERE),
            Category("c-only-p1", OF_P1, "P1"),
            Category("c-only-a", OF_A, "A"),
            Category("c-observation-a", "Observation", "A"),
        ),
        teachers=tuple(Teacher(key, f"{key}@book.example") for key in TEACHERS),
        sections=sections,
        students=tuple(student for section in sections for student in section.students),
        enrolments=tuple(
            Enrolment(student, section.id, CAME_ON if student.endswith("-new") else START)
            for section in sections
            for student in section.students
            if not student.endswith("-left")
        ),
        assignments=tuple(one for number, work in works.items() for one in _assignments(number, *work)),
        scores=tuple(score for number, (_, work) in works.items() for score in _scores(number, work)),
        lms_types=TYPES,
        category_of={title: f"c-{title.lower()}" for title in EVERYWHERE},
        passback_teachers=("t-1",),
        assigners={
            (number, section): work.by
            for number, (_, work) in works.items()
            for section in COURSES[work.course]
        },
        holidays=(dt.date(2026, 11, 26),),
    )


def _staff(section: str) -> tuple[str, ...]:
    return tuple(key for key in TEACHERS if key != "t-3") if section == "A" else ("t-1",)


def _pupils(section: str) -> tuple[str, ...]:
    more = ("left", "new") if section == "A" else ()
    return tuple(f"{section}-{name}" for name in ("1", "2", *more))


def _assignments(number: str, title: str, work: Work) -> Iterator[Assignment]:
    if work.is_gone:
        return
    assigned = _day(work.assigned)
    made = Assignment(
        id=number,
        title=title,
        type=work.type,
        course=work.course,
        max_points=Decimal(work.points),
        assigned=assigned,
        due=None if work.due is None else _day(work.due),
        created=assigned if work.created is None else _day(work.created),
        submission=work.kind,
        grading=work.grading,
        is_selected=work.is_selected,
        is_published=work.is_published,
        is_in_final_grade=work.is_in_final_grade,
        everyone=not work.only_named,
        overrides=tuple(
            SectionDates(section, assigned, None if due is None else _day(due))
            for section, due in work.due_in.items()
        ),
    )
    yield made
    if work.twin:
        yield _twin(number, title, work)


def _twin(number: str, title: str, work: Work) -> Assignment:
    before = _day(work.assigned) - dt.timedelta(days=1)
    return Assignment(
        id=twin_of(number),
        title=title,
        type=work.type,
        course=work.course,
        max_points=Decimal(work.points),
        assigned=_day(work.assigned),
        due=None if work.due is None else _day(work.due),
        created=before,
    )


def _scores(number: str, work: Work) -> Iterator[Score]:
    if work.is_gone:
        return
    for section in COURSES[work.course]:
        has_score = work.score is not None or work.text is not None or work.is_excused
        if has_score or work.is_handed_in:
            yield Score(
                assignment=number,
                student=f"{section}-{work.student}",
                points=None if work.score is None else Decimal(work.score),
                submitted=_day(work.assigned),
                is_late=work.is_late,
                is_excused=work.is_excused,
                is_posted=work.is_posted,
                text=work.text,
            )
        if work.classmate is not None:
            yield Score(number, f"{section}-2", Decimal(work.classmate), _day(work.assigned))
        if work.twin:
            yield Score(twin_of(number), f"{section}-1", Decimal(1), _day(work.assigned))


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
