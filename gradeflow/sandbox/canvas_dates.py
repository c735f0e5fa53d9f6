"""Which of a Canvas assignment's dates hold for whom: everyone, a section, single students, a group, a course.

An override names exactly one target and holds only the dates that it changes: a key that is absent inherits,
one that is null means no date. Where several apply to a student, the most lenient date counts.

Source: Canvas REST documentation (Assignment Overrides, Grading Periods), read in November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]

# Key in the override, name of the set in `all_dates`
TARGETS = {
    "course_section_id": "CourseSection",
    "student_ids": "ADHOC",
    "group_id": "Group",
    "course_id": "Course",
}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom dates are asked for: a section, or a student with all sections and groups in the course."""

    sections: frozenset[int]
    user: int | None = None
    groups: frozenset[int] = frozenset()


def target_of(override: Body) -> str:
    """Name the key by which an override says whom it is for."""
    return next(key for key in TARGETS if override.get(key) is not None)


def applying(body: Body, audience: Audience) -> list[Body]:
    """Give the overrides that apply."""
    return [one for one in body["overrides"] if _applies(one, audience)]


def _applies(override: Body, audience: Audience) -> bool:
    target = target_of(override)
    if target == "course_section_id":
        return override[target] in audience.sections
    if target == "student_ids":
        return audience.user in override[target]
    return target == "course_id" or override[target] in audience.groups


def is_visible(body: Body, audience: Audience) -> bool:
    """Tell whether an assignment is for them at all."""
    return not body["only_visible_to_overrides"] or bool(applying(body, audience))


def due_for(body: Body, audience: Audience) -> str | None:
    """Give the due date that holds for them."""
    return latest(override.get("due_at", body["due_at"]) for override in applying(body, audience) or [{}])


def latest(dates: Iterable[str | None]) -> str | None:
    """Give the most lenient of due dates: none at all before any."""
    known = list(dates)
    return None if None in known else max(date for date in known if date is not None)


def section_override(body: Body, section: int) -> Body | None:
    """Give the override that names a section, or None."""
    return next((one for one in body["overrides"] if one.get("course_section_id") == section), None)


def all_due_dates(body: Body) -> list[str | None]:
    """Give every due date that somebody has."""
    own = [] if body["only_visible_to_overrides"] else [body["due_at"]]
    return own + [override.get("due_at", body["due_at"]) for override in body["overrides"]]


def period_of(due: str | None, periods: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Give the grading period of a due date; work without one counts in the last."""
    if due is None:
        return periods[-1] if periods else None
    return next((one for one in periods if one["start_date"] < due <= one["end_date"]), None)
