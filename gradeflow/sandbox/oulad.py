"""Derive practice districts from the Open University Learning Analytics dataset.

Any folder with the four Parquet files will do; nothing here knows the packaged one (`oulad_files.packaged_grades`).

| what | how |
|---|---|
| district | one per presentation, `<module>-<presentation>` in lower case, sorted by (code_presentation, code_module), routed alternately Canvas -> SchoolTool, Otus -> Skyward |
| start, school year | the first Saturday of February (B) or October (J), so that most due dates fall on weekdays; the school year is the presentation: start + length - 1 is its last day |
| zone | America/New_York for Canvas -> SchoolTool, America/Chicago for Otus -> Skyward |
| grading periods | four: boundaries at start + floor(i * length / 4); the first closes at its own end, the others 30 days after the last day, so both outcomes show |
| line items | due = start + date (null stays null: some exams); assigned 14 days before due, not before the first day of the due date's period (the last period's, where due lies behind it), at the start without due date; maximum 100, never the weight; title = type and running number within the module, by (date, nulls last; id_assessment) |
| categories | the assessment type, in Canvas and SchoolTool; Otus types TMA -> Assignment, CMA -> Quiz, Exam -> Test; Skyward has eight district-level ones |
| sections | 25 students by sorted id, a teacher each; in every 10th the assigner is a substitute outside the passback group |
| scores | score null = handed in, ungraded; `is_banked` (date_submitted -1) = excused in Canvas, excluded in Otus; submitted after due = late |
| blanks | students x items without a row: Canvas gives them unsubmitted, Otus lists them Not Started |
| leavers | enrolled from start + date_registration (null: start) to start + date_unregistration; no registration row = listed by the LMS, not enrolled in the SIS |
| nights | night 1 is the last day of the presentation, 03:30 local, then +1, +2 (`school.night`) |

Source: Kuzilek, Hlosta, Zdrahal, Scientific Data 4:170171 (2017), CC BY 4.0; see `data/README.md`.
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from gradeflow.errors import ConfigError
from gradeflow.sandbox.oulad_files import Rows, presentations
from gradeflow.sandbox.school import (
    Assignment,
    Category,
    Enrolment,
    Period,
    School,
    Score,
    Section,
    Submission,
    Teacher,
)

SECTION_SIZE = 25
SUBSTITUTE_EVERY = 10
CLOSES_AFTER = dt.timedelta(days=30)
LEAD = dt.timedelta(days=14)
FIRST_MONTH = {"B": 2, "J": 10}
SUBMISSIONS: dict[str, Submission] = {"TMA": "online_upload", "CMA": "online_quiz", "Exam": "on_paper"}
SKYWARD_CATEGORIES = (
    "Assignment",
    "Classwork",
    "Homework",
    "Project",
    "Lab",
    "Observation",
    "Quiz",
    "Test",
)


@dataclass(frozen=True, slots=True)
class Route:
    """One of the two documented routes, with what the derivation sets by it."""

    lms: Literal["canvas", "otus"]
    sis: Literal["schooltool", "skyward_sms"]
    timezone: str
    types: dict[str, str]
    categories: tuple[str, ...]


ROUTES = (
    Route(
        "canvas",
        "schooltool",
        "America/New_York",
        {"TMA": "TMA", "CMA": "CMA", "Exam": "Exam"},
        ("TMA", "CMA", "Exam"),
    ),
    Route(
        "otus",
        "skyward_sms",
        "America/Chicago",
        {"TMA": "Assignment", "CMA": "Quiz", "Exam": "Test"},
        SKYWARD_CATEGORIES,
    ),
)


def districts(folder: Path) -> list[tuple[str, Route, School]]:
    """Derive every district of a folder: (slug, route, School), in the table's order.

    Raises:
        ConfigError: a file is missing or lacks a column.
    """
    made = []
    for number, rows in enumerate(presentations(folder)):
        route = ROUTES[number % len(ROUTES)]
        school = _school(rows, route)
        made.append((school.slug, route, school))
    return made


def _school(rows: Rows, route: Route) -> School:
    slug = f"{rows.module}-{rows.presentation}".lower()
    start = _start(rows.presentation)
    periods = _periods(slug, start, rows.length_days)
    numbers = {row["id_student"] for row in (*rows.registrations, *rows.scores)}
    students = tuple(str(number) for number in sorted(numbers))
    sections = _sections(slug, students)
    assignments = tuple(_assignments(rows, route, slug, start, periods))
    substitute = Teacher(f"{slug}-sub", f"sub@{slug}.example")
    teachers = tuple(Teacher(s.teachers[0], f"{s.teachers[0]}@{slug}.example") for s in sections)
    categories = tuple(Category(f"cat-{title.lower()}", title) for title in route.categories)
    return School(
        slug=slug,
        timezone=route.timezone,
        start=start,
        end=periods[-1].end,
        school_id=f"{slug}-school",
        periods=periods,
        categories=categories,
        teachers=(*teachers, substitute),
        sections=sections,
        students=students,
        enrolments=tuple(_enrolments(rows, start, sections)),
        assignments=assignments,
        scores=tuple(_scores(rows, start)),
        lms_types=tuple(route.types.values()),
        category_of={name: f"cat-{name.lower()}" for name in route.types.values()},
        passback_teachers=tuple(teacher.id for teacher in teachers),
        assigners={
            (assignment.id, section.id): substitute.id
            for section in sections
            if substitute.id in section.teachers
            for assignment in assignments
        },
    )


def _start(presentation: str) -> dt.date:
    """Give the first Saturday of the presentation's month.

    >>> _start("2013J"), _start("2013B")
    (datetime.date(2013, 10, 5), datetime.date(2013, 2, 2))
    """
    month = FIRST_MONTH.get(presentation[-1:])
    if month is None or not presentation[:-1].isdigit():
        raise ConfigError(f"presentation {presentation!r} names no start", allowed="<year>B, <year>J")
    first = dt.date(int(presentation[:-1]), month, 1)
    return first + dt.timedelta(days=(5 - first.weekday()) % 7)


def _periods(slug: str, start: dt.date, length_days: int) -> tuple[Period, ...]:
    bounds = [start + dt.timedelta(days=i * length_days // 4) for i in range(5)]
    last_day = bounds[4] - dt.timedelta(days=1)
    made = []
    for i in range(4):
        end = bounds[i + 1] - dt.timedelta(days=1)
        closes = end if i == 0 else last_day + CLOSES_AFTER
        made.append(Period(f"{slug}-p{i + 1}", f"Period {i + 1}", bounds[i], end, closes))
    return tuple(made)


def _sections(slug: str, students: tuple[str, ...]) -> tuple[Section, ...]:
    count = -(-len(students) // SECTION_SIZE)
    width = 3 if count > 99 else 2
    made = []
    for number in range(1, count + 1):
        teachers = [f"{slug}-t{number:0{width}}"]
        if number % SUBSTITUTE_EVERY == 0:
            teachers.append(f"{slug}-sub")
        made.append(
            Section(
                id=f"{slug}-s{number:0{width}}",
                title=f"Section {number:0{width}}",
                course=slug,
                teachers=tuple(teachers),
                students=students[(number - 1) * SECTION_SIZE : number * SECTION_SIZE],
            )
        )
    return tuple(made)


def _assignments(
    rows: Rows, route: Route, slug: str, start: dt.date, periods: tuple[Period, ...]
) -> Iterable[Assignment]:
    running: Counter[str] = Counter()
    order = sorted(rows.assessments, key=lambda r: (r["date"] is None, r["date"] or 0, r["id_assessment"]))
    for row in order:
        kind = row["assessment_type"]
        if kind not in route.types:
            raise ConfigError(f"assessment type {kind!r} is unknown", allowed=", ".join(route.types))
        running[kind] += 1
        due = None if row["date"] is None else start + dt.timedelta(days=row["date"])
        assigned = start
        if due is not None:
            period = next((p for p in periods if p.start <= due <= p.end), periods[-1])
            assigned = max(due - LEAD, period.start)
        yield Assignment(
            id=str(row["id_assessment"]),
            title=f"{kind} {running[kind]}",
            type=route.types[kind],
            course=slug,
            max_points=Decimal(100),
            assigned=assigned,
            due=due,
            created=assigned,
            submission=SUBMISSIONS[kind],
        )


def _enrolments(rows: Rows, start: dt.date, sections: tuple[Section, ...]) -> Iterable[Enrolment]:
    stays = {str(row["id_student"]): row for row in rows.registrations}
    for section in sections:
        for student in section.students:
            if student in stays:
                begin, end = stays[student]["date_registration"], stays[student]["date_unregistration"]
                yield Enrolment(
                    student,
                    section.id,
                    start + dt.timedelta(days=begin or 0),
                    None if end is None else start + dt.timedelta(days=end),
                )


def _scores(rows: Rows, start: dt.date) -> Iterable[Score]:
    due = {row["id_assessment"]: row["date"] for row in rows.assessments}
    for row in rows.scores:
        day, deadline = row["date_submitted"], due[row["id_assessment"]]
        yield Score(
            assignment=str(row["id_assessment"]),
            student=str(row["id_student"]),
            points=None if row["score"] is None else Decimal(row["score"]),
            # -1 stands for "carried over": nothing was handed in here
            submitted=None if row["is_banked"] or day is None else start + dt.timedelta(days=day),
            is_late=deadline is not None and day is not None and day > deadline,
            is_excused=bool(row["is_banked"]),
        )
