"""How a practice LMS is told what a School cannot say: the columns of a row, in the platform's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from gradeflow.sandbox import itslearning_drop, otus_drop
from gradeflow.sandbox.itslearning_numbers import numbers_of
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School
from gradeflow_tests.book.school import COURSES
from gradeflow_tests.book.words import Work

Edit = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """One work in one section, as an LMS knows it.

    Attributes:
        item: the LMS's id of it there.
        student: whose score is looked at.
    """

    school: School
    item: str
    section: str
    student: str
    work: Work


def places_of(kind: str, school: School, number: str, work: Work) -> Iterator[Place]:
    """Give a work in each of its sections."""
    if work.is_gone:
        return
    for section in COURSES[work.course]:
        if work.only_named and section not in work.due_in:
            continue
        item = practice_of(kind).item_id(school, number, section)
        yield Place(school, item, section, f"{section}-{work.student}", work)


def _canvas(place: Place) -> Iterator[Edit]:
    if place.work.item:
        yield {"collection": "assignments", "id": int(place.item), "set": dict(place.work.item)}
    if place.work.cell:
        key = {"assignment_id": int(place.item), "sis_user_id": place.student}
        yield {"collection": "submissions", **key, "set": dict(place.work.cell)}


def _schoology(place: Place) -> Iterator[Edit]:
    if place.work.item:
        yield {"collection": "grade_items", "id": int(place.item), "set": dict(place.work.item)}
    if place.work.cell:
        key = {"assignment_id": int(place.item), "school_uid": place.student}
        yield {"collection": "grades", **key, "set": dict(place.work.cell)}


def _itslearning(place: Place) -> Iterator[Edit]:
    item = int(place.item)
    if place.work.item:
        yield {"entity": "LearningItems", "match": {"LearningItemId": item}, "set": dict(place.work.item)}
    if place.work.cell:
        match = {"LearningItemId": item, "UserId": numbers_of(place.school).users[place.student]}
        yield {"entity": "UserGrades", "match": match, "set": dict(place.work.cell)}


def _files(item_column: str, items: str) -> Callable[[Place], Iterator[Edit]]:
    def edits(place: Place) -> Iterator[Edit]:
        key = {item_column: place.item, "section_sis_id": place.section}
        if place.work.item:
            yield {"file": items, "match": key, "set": dict(place.work.item)}
        if place.work.cell:
            match = {**key, "student_sis_id": place.student}
            yield {"file": "scores", "match": match, "set": dict(place.work.cell)}

    return edits


EDITS: Mapping[str, Callable[[Place], Iterator[Edit]]] = {
    "canvas": _canvas,
    "schoology": _schoology,
    "itslearning": _itslearning,
    "itslearning_files": _files("item_id", "items"),
    "otus": _files("assessment_id", "assessments"),
}
REMOVALS: Mapping[str, Callable[[str], Edit]] = {
    "canvas": lambda item: {"collection": "assignments", "id": int(item), "set": None},
    "schoology": lambda item: {"collection": "grade_items", "id": int(item), "set": None},
}
DROPS = {"itslearning_files": itslearning_drop.edit, "otus": otus_drop.edit}


def change(spec: ServerSpec, edits: list[Edit]) -> None:
    """Have an LMS or an SIS changed from outside."""
    if not edits:
        return
    if spec.kind in DROPS:
        DROPS[spec.kind](spec.drop, edits)
        return
    answer = httpx.post(f"{spec.origin}/_sandbox/edit", json={"edits": edits}, timeout=30)
    assert answer.status_code == 200, answer.text
