"""Which results must arrive, derived from the Parquet files alone.

An independent script: it imports nothing of gradeflow. It follows the written derivation of a practice district
and the written rules of the two routes, with pandas and the calendar only.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

PER_SECTION = 25
Key = tuple[str, str, str]  # assignment, section, student


@dataclass(frozen=True)
class Expected:
    """One district: what its SIS must hold after night 1, by (assignment, section, student)."""

    slug: str
    route: str
    start: dt.date
    last_day: dt.date
    results: dict[Key, tuple[float, str]]
    assigned_on: dict[str, dt.date]  # per assignment
    rows: int  # results after fan-out: students x items

    @property
    def line_items(self) -> set[tuple[str, str]]:
        return {(assignment, section) for assignment, section, _ in self.results}


def expected_districts(folder: Path) -> list[Expected]:
    frames = {file.stem: pd.read_parquet(file) for file in folder.glob("*.parquet")}
    courses = frames["courses"].sort_values(["code_presentation", "code_module"])
    return [
        _district(frames, course, "canvas-schooltool" if position % 2 == 0 else "otus-skyward")
        for position, course in enumerate(courses.itertuples(index=False))
    ]


def first_saturday(presentation: str) -> dt.date:
    year, month = int(presentation[:4]), {"B": 2, "J": 10}[presentation[4]]
    days = [dt.date(year, month, day) for day in range(1, 8)]
    return next(day for day in days if day.weekday() == calendar.SATURDAY)


def _district(frames: dict[str, pd.DataFrame], course: object, route: str) -> Expected:
    module, presentation = course.code_module, course.code_presentation
    length = int(course.module_presentation_length)
    start = first_saturday(presentation)
    last = start + dt.timedelta(days=length - 1)

    def own(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[(frame.code_module == module) & (frame.code_presentation == presentation)]

    assessments, registered = own(frames["assessments"]), own(frames["student_registration"])
    scores = frames["student_assessment"]
    scores = scores[scores.id_assessment.isin(assessments.id_assessment)]
    students = sorted({*registered.id_student, *scores.id_student})
    slug = f"{module}-{presentation}".lower()
    count = -(-len(students) // PER_SECTION)
    width = 2 if count <= 99 else 3
    section_of = {s: f"{slug}-s{n // PER_SECTION + 1:0{width}d}" for n, s in enumerate(students)}
    bounds = [start + dt.timedelta(days=i * length // 4) for i in range(5)]
    begun, left = _stays(registered, start)
    expected: dict[Key, tuple[float, str]] = {}
    assigned_on: dict[str, dt.date] = {}
    by_pair = {(row.id_assessment, row.id_student): row for row in scores.itertuples(index=False)}
    for item in assessments.itertuples(index=False):
        due = None if pd.isna(item.date) else start + dt.timedelta(days=int(item.date))
        period = None if due is None else max(i for i in range(4) if bounds[i] <= due)
        assigned_on[str(item.id_assessment)] = (
            start if due is None else max(due - dt.timedelta(days=14), bounds[period])
        )
        if due is None or period == 0 or due > last:
            continue  # no due date; the first period is closed; outside every period
        found: dict[str, dict[Key, tuple[float, str]]] = {}
        is_alive: dict[str, bool] = {}
        for student in students:
            section = section_of[student]
            row = by_pair.get((item.id_assessment, student))
            value = _value(route, row, due, last, begun.get(student))
            is_alive[section] = is_alive.get(section, False) or _wakes(route, row, due, last)
            enrolled = student in begun and begun[student] <= last and left[student] > last
            if enrolled and value is not None:
                key = (str(item.id_assessment), section, str(student))
                found.setdefault(section, {})[key] = value
        for section, results in found.items():
            foreign = route == "otus-skyward" and int(section.rsplit("-s", 1)[1]) % 10 == 0
            if is_alive[section] and not foreign:
                expected |= results
    rows = len(students) * len(assessments)
    return Expected(slug, route, start, last, expected, assigned_on, rows)


def _stays(registered: pd.DataFrame, start: dt.date) -> tuple[dict[int, dt.date], dict[int, dt.date]]:
    begun, left = {}, {}
    for row in registered.itertuples(index=False):
        day = 0 if pd.isna(row.date_registration) else int(row.date_registration)
        begun[row.id_student] = start + dt.timedelta(days=day)
        gone = row.date_unregistration
        left[row.id_student] = dt.date.max if pd.isna(gone) else start + dt.timedelta(days=int(gone))
    return begun, left


def _value(
    route: str, row: object, due: dt.date, last: dt.date, begun: dt.date | None
) -> tuple[float, str] | None:
    if row is None:
        late_comer = begun is not None and begun > due
        return (0.0, "fully graded") if route == "otus-skyward" and due < last and not late_comer else None
    if row.is_banked:
        return (0.0, "exempt") if route == "canvas-schooltool" else None
    return None if pd.isna(row.score) else (float(row.score), "fully graded")


def _wakes(route: str, row: object, due: dt.date, last: dt.date) -> bool:
    """Tell whether a row makes its item worth sending: any score in Canvas; a graded one or a zero in Otus."""
    if row is None:
        return route == "otus-skyward" and due < last
    if route == "otus-skyward":
        return not row.is_banked and not pd.isna(row.score)
    return bool(row.is_banked) or not pd.isna(row.score)
