"""Canvas's JSON, mapped to rows of the canonical frames; no request is made here.

Source: instructure/canvas-lms lib/api/v1/{assignment,assignment_override,submission,section}.rb and
submissions_api_controller.rb, read 2026-11 for facts only.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gradeflow.lms import records
from gradeflow.model.points import is_exact_e4, parse_e4

Record = Mapping[str, Any]
Row = dict[str, Any]

LABEL = "Canvas"
invalid, id_text = partial(records.invalid, LABEL), partial(records.id_text, LABEL)

_GRADINGS = {
    "points": "points",
    "percent": "percent",
    "letter_grade": "letter",
    "gpa_scale": "gpa",
    "pass_fail": "pass_fail",
    "not_graded": "not_graded",
}
# First that fits; New Quizzes are external tools too, so the quiz flags are asked before the tool.
_KINDS = (
    ("not_graded", "ungraded"),
    ("wiki_page", "ungraded"),
    ("discussion_topic", "discussion"),
    ("online_quiz", "quiz"),
    ("external_tool", "external"),
)
_QUIZ_FLAGS = ("is_quiz_assignment", "is_quiz_lti_assignment")


@dataclass(frozen=True, slots=True)
class Course:
    """One course as read: everything but its students and scores.

    Attributes:
        sections: that carry a SIS id.
        sectionless: sections without one; nothing in them can be routed.
        groups: names of assignment groups by id.
        dropping: groups that leave the lowest or highest scores out of the grade, each with the ids of the
            assignments that are never left out.
    """

    id_lms: str
    is_published: bool
    sections: tuple[Section, ...]
    sectionless: int
    assignments: tuple[Record, ...]
    groups: dict[str, str]
    dropping: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def scored(self, section: Section) -> dict[str, Record]:
        """Give the assignments that can have submissions in a section, by id."""
        return {
            id_text(one): one
            for one in self.assignments
            if self.is_published and is_published(one) and is_in_section(one, section)
        }


@dataclass(frozen=True, slots=True)
class Section:
    """One section that the SIS knows."""

    id_lms: str
    id_sis: str


def instant(value: Any) -> dt.datetime | None:
    """Read an instant; null is no instant.

    Raises:
        SourceDataError: it is there and cannot be read; no date and a broken date are not the same.
    """
    if value is None or value == "":
        return None
    try:
        parsed = dt.datetime.fromisoformat(str(value))
        if parsed.tzinfo is not None:
            return parsed.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise invalid("a time that is no ISO 8601 instant with a zone")


def flag(value: Any) -> bool | None:
    """Give a boolean; anything else is unknown."""
    return value if isinstance(value, bool) else None


def is_published(assignment: Record) -> bool:
    """Tell whether an assignment is published; older answers only have the state."""
    published = flag(assignment.get("published"))
    return assignment.get("workflow_state") == "published" if published is None else published


def sis_ref(kind: str, sis_id: str) -> str:
    """Name an object by its SIS id, in hex where a character of it would not get through.

    >>> sis_ref("term", "2026-27"), sis_ref("term", "26/27")
    ('sis_term_id:2026-27', 'hex:sis_term_id:32362f3237')
    """
    if re.fullmatch(r"[A-Za-z0-9_-]+", sis_id):
        return f"sis_{kind}_id:{sis_id}"
    return f"hex:sis_{kind}_id:{sis_id.encode().hex()}"


def kind_of(assignment: Record) -> str:
    """Name the kind of an assignment in canonical words.

    >>> kind_of({"submission_types": ["external_tool"], "is_quiz_lti_assignment": True})
    'quiz'
    """
    types = set(assignment.get("submission_types") or ())
    if assignment.get("grading_type") == "not_graded":
        types.add("not_graded")
    if any(assignment.get(name) is True for name in _QUIZ_FLAGS):
        types.add("online_quiz")
    return next((kind for name, kind in _KINDS if name in types), "assignment")


def is_in_section(assignment: Record, section: Section) -> bool:
    """Tell whether a section has an assignment at all, as Canvas's own SIS export list does.

    One that only its overrides show is in the sections that they name; where they name the course, students or
    a group of them, in any.
    """
    if assignment.get("only_visible_to_overrides") is not True:
        return True
    sections = [one.get("course_section_id") for one in assignment.get("overrides") or ()]
    return any(one is None or str(one) == section.id_lms for one in sections)


def for_everyone(assignment: Record) -> Record:
    """Give an assignment with the dates of an override for its whole course, which is everyone."""
    whole = next((one for one in assignment.get("overrides") or () if one.get("course_id") is not None), None)
    if whole is None:
        return assignment
    dates = {name: whole[name] for name in ("due_at", "unlock_at", "lock_at") if name in whole}
    return {**assignment, **dates, "only_visible_to_overrides": False}


def line_item_rows(course: Course, periods: Mapping[tuple[str, str], str]) -> list[Row]:
    """Map a course's assignments to LINE_ITEMS. Shape: one row per assignment and SIS section that has it.

    `periods` gives the grading period of some by section and assignment.
    """
    rows = []
    for listed in course.assignments:
        assignment = for_everyone(listed)
        shared = _shared(assignment, course)
        overrides = list(assignment.get("overrides") or ())
        by_section = {
            id_text(one, "course_section_id"): one
            for one in overrides
            if one.get("course_section_id") is not None
        }
        has_everyone = _not(flag(assignment.get("only_visible_to_overrides")))
        audience = {
            "has_everyone": has_everyone,
            "has_section_dates": bool(by_section),
            "is_individual": has_everyone is False and bool(overrides) and not by_section,
        }
        for section in course.sections:
            if not is_in_section(assignment, section):
                continue
            override = by_section.get(section.id_lms)
            rows.append(
                shared
                | audience
                | _dates(assignment, override)
                | {
                    "section_id_sis": section.id_sis,
                    "section_id_lms": section.id_lms,
                    "is_section_named": override is not None,
                    "term_lms": periods.get((section.id_sis, shared["lms_assignment_id"])),
                }
            )
    return rows


def _shared(assignment: Record, course: Course) -> Row:
    points = assignment.get("points_possible")
    is_exact = points is None or is_exact_e4(points)
    return {
        "lms_assignment_id": id_text(assignment),
        "course_id_lms": course.id_lms,
        "title": str(assignment.get("name") or ""),
        "kind": kind_of(assignment),
        "kind_raw": ",".join(assignment.get("submission_types") or ()) or None,
        "category_lms": course.groups.get(str(assignment.get("assignment_group_id"))),
        "points_possible_e4": parse_e4(points) if is_exact else None,
        "points_text": None if is_exact else str(points),
        "is_droppable": _is_droppable(assignment, course),
        "grading": _GRADINGS.get(str(assignment.get("grading_type")), "unknown"),
        "is_published": course.is_published and is_published(assignment),
        "is_selected": flag(assignment.get("post_to_sis")),
        "is_in_final_grade": _not(flag(assignment.get("omit_from_final_grade"))),
        "everyone_due_at": instant(assignment.get("due_at")),
        "created_at": instant(assignment.get("created_at")),
    }


def dropping_of(groups: Iterable[Record]) -> dict[str, frozenset[str]]:
    """Find the assignment groups that leave scores out of the grade, and what each of them never leaves out.

    >>> dropping_of([{"id": 21, "rules": {"drop_lowest": 1, "never_drop": [501]}}, {"id": 22, "rules": {}}])
    {'21': frozenset({'501'})}
    """
    rules = {id_text(one): one.get("rules") or {} for one in groups}
    return {
        key: frozenset(str(one) for one in told.get("never_drop") or ())
        for key, told in rules.items()
        if told.get("drop_lowest") or told.get("drop_highest")
    }


def _is_droppable(assignment: Record, course: Course) -> bool:
    never = course.dropping.get(str(assignment.get("assignment_group_id")))
    return never is not None and id_text(assignment) not in never


def due_in(assignment: Record, section: Section) -> dt.datetime | None:
    """Give the due date that holds in a section as a whole."""
    overrides = assignment.get("overrides") or ()
    own = next((one for one in overrides if str(one.get("course_section_id")) == section.id_lms), None)
    due: dt.datetime | None = _dates(for_everyone(assignment), own)["due_at"]
    return due


def _dates(assignment: Record, override: Record | None) -> Row:
    """Give the dates that hold for a section: a key in its override counts also when it says null."""
    override = override or {}
    unlock = instant(override.get("unlock_at", assignment.get("unlock_at")))
    created = instant(assignment.get("created_at"))
    due = instant(override.get("due_at", assignment.get("due_at")))
    due_basis = "section_override" if "due_at" in override else "none" if due is None else "base"
    bases = (("unlock", unlock), ("created", created))
    basis, assigned = next(((name, at) for name, at in bases if at is not None), ("unknown", None))
    return {"assigned_at": assigned, "assigned_basis": basis, "due_at": due, "due_basis": due_basis}


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
