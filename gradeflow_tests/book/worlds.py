"""Gradebooks of every kind, drawn by chance: any route, any effective date, dates known or not, any score."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from gradeflow.rules.profile import load_profile
from gradeflow_tests.core.nights import District
from gradeflow_tests.rules.small_school import ROUTES, TYPES, at

STUDENTS = ("s1", "s2", "s3", "s-stranger")
ITEMS = tuple(str(number) for number in range(1, 11))
YEAR_BEGAN = dt.date(2026, 8, 17)
EFFECTIVE = st.sampled_from(
    [None, *(dt.date(2026, month, day) for month, day in ((8, 24), (10, 30), (11, 9), (11, 20), (12, 1)))]
)
# Days from the effective date, or none is known
AWAY = st.sampled_from([None, -30, -1, -1, 0, 0, 1, 10])
TIME = st.sampled_from(["00:00", "23:59"])
FLAG = st.sampled_from([True, True, True, False, None])
# What an item says; most draws leave it as usual, so that much of it passes.
COLUMNS: Mapping[str, st.SearchStrategy[Any]] = {
    "title": st.sampled_from(["", "x" * 31, "x" * 49, "x" * 50, "x" * 51]),
    "kind": st.sampled_from(["assignment", "quiz", "test", "discussion", "ungraded"]),
    "grading": st.sampled_from(["points", "letter", "standards", "percent"]),
    "points_possible_e4": st.sampled_from([None, 0, 100_000, 105_000]),
    "category_lms": st.sampled_from([None, *TYPES, "Unheard of"]),
    "section_id_sis": st.sampled_from(["A", "B", "X"]),
    "term_lms": st.sampled_from([None, "q1", "q2", "q3", "autumn"]),
    "assigned_by_sis": st.sampled_from([None, "t1", "t2", "t3"]),
    "factor_e4": st.sampled_from([None, 10_000, 20_000]),
    **dict.fromkeys(
        (
            *("is_published", "is_selected", "is_in_final_grade", "is_rostered", "is_passback_enabled"),
            *("has_section_dates", "is_section_named", "is_individual", "is_droppable"),
        ),
        FLAG,
    ),
}
SCORE: Mapping[str, st.SearchStrategy[Any]] = {
    "score_text": st.just("B+"),
    **dict.fromkeys(
        ("is_graded", "is_submitted", "is_excused", "is_excluded", "is_missing", "is_late", "is_posted"), FLAG
    ),
}
POINTS = st.sampled_from([None, 0, 85_000, 87_549, 100_000, 100_001, -5_000])


@st.composite
def districts(draw: st.DrawFn) -> District:
    """Draw a route, an effective date, items and scores."""
    route = draw(st.sampled_from(sorted(ROUTES)))
    effective = draw(EFFECTIVE)
    usual: dict[str, Any] = {"is_droppable": False, "factor_e4": 10_000}
    if "assessment" in load_profile(*ROUTES[route], {}).values.kinds:
        usual["kind"] = draw(st.sampled_from(["assessment", "assignment"]))
    chosen = [{"item": name, "sis": "Homework"} for name in draw(st.sets(st.sampled_from(ITEMS)))]
    date = None if effective is None else effective.isoformat()
    settings = {"effective_date": date, "categories": chosen if route == "itslearning" else []}
    district = District(route=route, settings=settings)
    for name in ITEMS:
        changes = draw(_some(COLUMNS, 2))
        begin = effective or YEAR_BEGAN
        dates = {"assigned_at": draw(_instants(begin)), "due_at": draw(_instants(begin))}
        dates["everyone_due_at"] = dates["due_at"]
        if dates["assigned_at"] is None:
            dates["assigned_basis"] = "unknown"
        if draw(st.booleans()):
            dates = {}
        title = changes.pop("title", draw(st.sampled_from(["Essay", None, None])))
        district.add(name, {}, **{**usual, **dates, **changes})
        if title is not None:
            district.items[name]["title"] = title
    score(draw, district)
    return district


def _instants(begin: dt.date) -> st.SearchStrategy[pd.Timestamp | None]:
    """Draw an instant about the effective date, or none."""

    def instant(days: int | None, time: str) -> pd.Timestamp | None:
        return None if days is None else at(f"{begin + dt.timedelta(days=days)} {time}")

    return st.builds(instant, AWAY, TIME)


def score(draw: st.DrawFn, district: District) -> None:
    """Have teachers score some students."""
    cells = draw(
        st.sets(st.tuples(st.sampled_from(ITEMS), st.sampled_from(STUDENTS)), min_size=6, max_size=20)
    )
    for name, student in sorted(cells):
        district.give(name, student, draw(POINTS), **draw(_some(SCORE, 1)))


def _some(columns: Mapping[str, st.SearchStrategy[Any]], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Draw values of a few columns."""
    names = st.lists(st.sampled_from(sorted(columns)), max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: columns[name] for name in chosen}))


def local_day(instant: pd.Timestamp | None, zone: dt.tzinfo) -> dt.date | None:
    """Give the district's date of an instant."""
    return None if instant is None else instant.tz_convert(zone).date()
