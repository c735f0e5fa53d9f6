"""How a practice data warehouse numbers a School, and the bridge from its numbers to the SIS's ids.

An item has one deadline: where a section has dates of its own, its teacher has copied the item, and the copy has
a number of its own. There is a course for each set of sections that share items, as merged courses are; its
students sit in several SIS sections then, which the warehouse does not tell. The bridge is what a district would
export from its roster integration: `courses.csv`, `users.csv` and, for merged courses, `members.csv`.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from dataclasses import dataclass
from pathlib import Path

from gradeflow.sandbox.school import Assignment, School, Section

FIRST_COPY = 900_000_001


@dataclass(frozen=True, slots=True)
class Item:
    """One gradebook item: an assignment, or a copy of it with other dates."""

    number: int
    assignment: Assignment
    assigned: dt.date
    due: dt.date | None


@dataclass(frozen=True, slots=True)
class Course:
    """One course of the warehouse: the sections that it stands for, and what is assigned to all of them."""

    number: int
    title: str
    sections: tuple[Section, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the warehouse numbers what a School names."""

    users: dict[str, int]
    terms: dict[str, int]
    courses: tuple[Course, ...]


def numbers_of(school: School) -> Numbers:
    """Number a School's people, terms and courses, always alike."""
    people = [teacher.id for teacher in school.teachers] + list(school.students)
    found: dict[tuple[str, tuple[str, ...]], list[Item]] = {}
    copies = itertools.count(FIRST_COPY)
    for assignment in school.assignments:
        for place, (dates, sections) in enumerate(_by_dates(school, assignment).items()):
            number = next(copies) if place else int(assignment.id)
            item = Item(number, assignment, *dates)
            found.setdefault((assignment.course, tuple(sections)), []).append(item)
    by_id = {section.id: section for section in school.sections}
    return Numbers(
        users={key: 5001 + place for place, key in enumerate(people)},
        terms={period.id: 301 + place for place, period in enumerate(school.periods)},
        courses=tuple(
            Course(1001 + place, title, tuple(by_id[key] for key in sections), tuple(items))
            for place, ((title, sections), items) in enumerate(found.items())
        ),
    )


def item_id(school: School, assignment: str, section: str) -> str:
    """Give the number of the item that a section has of an assignment."""
    return next(
        str(item.number)
        for course in numbers_of(school).courses
        for item in course.items
        if item.assignment.id == assignment and any(one.id == section for one in course.sections)
    )


def _by_dates(school: School, assignment: Assignment) -> dict[tuple[dt.date, dt.date | None], list[str]]:
    """Group the sections of an assignment by the dates that hold there."""
    groups: dict[tuple[dt.date, dt.date | None], list[str]] = {}
    for section in school.sections:
        if school.has(assignment, section):
            own = assignment.dates_in(section.id)
            groups.setdefault((own.assigned, own.due), []).append(section.id)
    return groups


def write_bridge(folder: Path, school: School) -> None:
    """Write the three files that lead from the warehouse's numbers to the SIS's ids."""
    numbers = numbers_of(school)
    folder.mkdir(parents=True, exist_ok=True)
    teachers = {teacher.id for teacher in school.teachers}
    courses = [
        (course.number, section.id, "true") for course in numbers.courses for section in course.sections
    ]
    users = [
        (number, key, "teacher" if key in teachers else "student") for key, number in numbers.users.items()
    ]
    members = [(numbers.users[key], section.id) for section in school.sections for key in section.students]
    for name, columns, rows in (
        ("courses", ("CourseId", "section_sis_id", "passback_enabled"), courses),
        ("users", ("UserId", "sis_id", "role"), users),
        ("members", ("UserId", "section_sis_id"), members),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(columns)
            writer.writerows(rows)
