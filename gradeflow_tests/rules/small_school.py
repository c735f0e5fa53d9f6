"""A school small enough to be read at a glance: one section, one item, one student, all of them in order.

Every argument replaces columns of the one row that passes; tests name only what they are about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.model import frames
from gradeflow.model.district import District
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.rules.judge import Judged, judge
from gradeflow.rules.profile import Profile, load_profile

ZONE = ZoneInfo("America/Chicago")
ROUTES = {
    "canvas": ("canvas", "schooltool"),
    "otus": ("otus", "skyward_sms"),
    "itslearning": ("itslearning", "skyward_qmlativ"),
    "campus": ("itslearning", "infinite_campus"),
    "eschool": ("schoology", "eschoolplus"),
    "powerschool": ("schoology", "powerschool"),
    "skyward": ("schoology", "skyward_sms"),
    "canvas campus": ("canvas", "infinite_campus"),
    "otus campus": ("otus", "infinite_campus"),
    "oneroster": ("oneroster", "aeries_v5"),  # no guide documents it
}
Row = Mapping[str, Any]
Changes = Mapping[str, Any]
"""What is other in a row than usual."""


def at(text: str) -> pd.Timestamp:
    """Read a district-local time, `2026-10-05 23:59`, as an instant."""
    return pd.Timestamp(text, tz=ZONE).tz_convert("UTC")


NOW = at("2026-11-20 03:30")

ITEM: Row = {
    "lms_assignment_id": "7",
    "section_id_sis": "A",
    "title": "Essay",
    "kind": "assignment",
    "category_lms": "Homework",
    "points_possible_e4": 100_000,
    "grading": "points",
    "factor_e4": 10_000,
    "is_droppable": False,
    "is_published": True,
    "is_selected": True,
    "is_in_final_grade": True,
    "assigned_at": at("2026-11-09 08:00"),
    "assigned_basis": "assigned",
    "due_at": at("2026-11-16 23:59"),
    "due_basis": "base",
    "everyone_due_at": at("2026-11-16 23:59"),
    "has_everyone": True,
    "assigned_by_lms": "u1",
    "assigned_by_sis": "t1",
    "created_at": at("2026-11-09 08:00"),
    "term_lms": "q2",
    "is_rostered": True,
    "is_passback_enabled": True,
}
SCORE: Row = {
    "lms_assignment_id": "7",
    "section_id_sis": "A",
    "student_id_sis": "s1",
    "score_e4": 85_000,
    "is_graded": True,
    "is_submitted": True,
    "is_excused": False,
    "is_excluded": False,
    "is_missing": False,
    "is_late": False,
    "is_posted": True,
    "is_enrolled": True,
}
PERIODS: tuple[Row, ...] = (
    {"period_id_sis": "q1", "start_date": "2026-08-17", "end_date": "2026-10-30"},
    {"period_id_sis": "q2", "start_date": "2026-11-02", "end_date": "2027-01-22"},
    {"period_id_sis": "q3", "start_date": "2027-01-25", "end_date": "2027-03-26"},
)
TYPES = ("Assignment", "Classwork", "Homework", "Project", "Lab", "Observation", "Quiz", "Test")


BEGUN = "2026-08-17"  # since when everybody is in their sections


def item(**changes: Any) -> Row:
    """Give the line item that passes, with changes."""
    if "due_at" in changes and "everyone_due_at" not in changes:
        changes["everyone_due_at"] = changes["due_at"]
    return {**ITEM, **changes}


def score(**changes: Any) -> Row:
    """Give the score that passes, with changes."""
    return {**SCORE, **changes}


def extract(
    items: Iterable[Row] = (ITEM,),
    scores: Iterable[Row] = (SCORE,),
    *,
    route: str = "canvas",
    incomplete: Iterable[str] = (),
) -> GradebookExtract:
    """Make a gradebook; on the Otus route its items are assessments."""
    kind = {"kind": "assessment"} if route.startswith("otus") else {}
    rows = [{**row, **kind} if row["kind"] == "assignment" else row for row in items]
    return GradebookExtract(
        frames.build(frames.LINE_ITEMS, rows), frames.build(frames.RESULTS, scores), frozenset(incomplete)
    )


def reference(
    *,
    periods: Iterable[Row] = PERIODS,
    categories: Iterable[Row] | None = None,
    enrolments: Iterable[Row] | None = None,
    class_teachers: Iterable[Row] | None = None,
    teachers: Iterable[str] = ("t1", "t2"),
    sections: Iterable[str] = ("A", "B"),
    students: Iterable[str] = ("s1", "s2", "s3"),
    ends: Mapping[str, str] | None = None,
) -> SisReference:
    """Make what the SIS says of itself: everybody sits in every section, t1 teaches them all.

    `ends` are the last days of sections; of others it is not known.
    """
    sections, students = tuple(sections), tuple(students)
    if categories is None:
        categories = [{"category_id_sis": f"c-{name}", "title": name} for name in TYPES]
    if enrolments is None:
        enrolments = [{"student_id_sis": s, "section_id_sis": a} for s in students for a in sections]
    if class_teachers is None:
        class_teachers = [{"teacher_id_sis": "t1", "section_id_sis": a} for a in sections]
    active = {"is_active": True}
    build = frames.build
    return SisReference(
        sections=build(
            frames.SIS_SECTIONS,
            [{"section_id_sis": a, **active, "end_date": (ends or {}).get(a)} for a in sections],
        ),
        grading_periods=build(
            frames.GRADING_PERIODS,
            [{"title": row["period_id_sis"], "school_year": "2026", **row} for row in periods],
        ),
        categories=build(frames.CATEGORIES, [{**active, **row} for row in categories]),
        students=build(frames.STUDENTS, [{"student_id_sis": s, **active} for s in students]),
        enrolments=build(frames.ENROLMENTS, [{**active, "begin_date": BEGUN, **row} for row in enrolments]),
        teachers=build(frames.TEACHERS, [{"teacher_id_sis": t, **active} for t in teachers]),
        class_teachers=build(frames.CLASS_TEACHERS, [{**active, **row} for row in class_teachers]),
    )


@cache
def usual_reference() -> SisReference:
    """Give the reference that nobody changed; nothing that is judged may change it either."""
    return reference()


def district(*, route: str = "canvas", calendar: Row | None = None, **passback: Any) -> District:
    """Make a district file's content: t1 is in the passback group, item 7's category is chosen."""
    lms, sis = ROUTES[route]
    chosen = [{"item": "7", "sis": "Homework"}] if route == "itslearning" else []
    settings = {"effective_date": "2026-08-17", "teachers": ["t1"], "categories": chosen, **passback}
    return District.model_validate(
        {
            "district": "lincoln",
            "timezone": ZONE.key,
            "lms": {"kind": lms},
            "sis": {"kind": sis},
            "passback": settings,
            "calendar": calendar or {},
        }
    )


def profile(route: str = "canvas", **overrides: Any) -> Profile:
    """Give a route's profile, with overrides."""
    return load_profile(*ROUTES[route], overrides)


def judged(
    items: Iterable[Row] = (ITEM,),
    scores: Iterable[Row] = (SCORE,),
    *,
    route: str = "canvas",
    now: dt.datetime = NOW,
    sis: SisReference | None = None,
    settings: Row | None = None,
    calendar: Row | None = None,
    incomplete: Iterable[str] = (),
    **overrides: Any,
) -> Judged:
    """Judge a small gradebook. `settings` go below passback, `overrides` into the profile."""
    return judge(
        extract(items, scores, route=route, incomplete=incomplete),
        sis or usual_reference(),
        district(route=route, calendar=calendar, **(settings or {})),
        profile(route, **overrides),
        now,
        names_sent=None,
    )


def codes(judged: Judged) -> list[str]:
    """List the codes of all findings."""
    return sorted(judged.findings["code"])


def verdict(judged: Judged) -> tuple[str, str | None]:
    """Give verdict and reason of the one line item."""
    return _one(judged.line_items)


def score_verdict(judged: Judged) -> tuple[str, str | None]:
    """Give verdict and reason of the one result."""
    return _one(judged.results)


def _one(frame: pd.DataFrame) -> tuple[str, str | None]:
    assert len(frame) == 1
    reason = frame["reason"].iloc[0]
    return frame["verdict"].iloc[0], None if pd.isna(reason) else reason
