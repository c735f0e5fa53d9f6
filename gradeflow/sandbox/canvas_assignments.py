"""How Canvas shows assignments: the REST object, its overrides, and the SIS integration route's own shape.

Source: Canvas REST documentation (Assignments, Assignment Overrides, SIS Integration) and the serializers of
its open source (`assignment`, `assignment_override`, `sis_assignment`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradeflow.sandbox.canvas_dates import (
    TARGETS,
    Audience,
    all_due_dates,
    is_visible,
    latest,
    section_override,
    target_of,
)

Body = Mapping[str, Any]
ALL_DATES_UNTIL = 25
DATES = ("due_at", "unlock_at", "lock_at")
# What a new assignment has; what a document holds of these comes before
_USUAL: Mapping[str, Any] = {
    "description": None,
    "grading_standard_id": None,
    "hide_in_gradebook": False,
    "due_date_required": False,
    "max_name_length": 255,
    "muted": False,
    "post_manually": False,
    "moderated_grading": False,
    "anonymous_grading": False,
    "group_category_id": None,
    "grade_group_students_individually": False,
    "is_quiz_lti_assignment": False,
    "sis_assignment_id": None,
    "integration_id": None,
    "integration_data": {},
}


def assignment_json(
    body: Body,
    *,
    includes: set[str],
    overridden_dates: bool,
    position: int,
    is_closed: bool,
) -> dict[str, Any]:
    """Show one assignment.

    `overridden_dates` (Canvas's default) replaces the base date by the caller's view of it: for a caller who
    sees all sections, the latest. `is_closed`: somebody's due date lies in a closed grading period.
    """
    overrides = body["overrides"]
    shown: dict[str, Any] = {
        **_USUAL,
        **{key: value for key, value in body.items() if key != "overrides"},
        "position": position,
        "workflow_state": "published" if body["published"] else "unpublished",
        "has_overrides": bool(overrides),
        "in_closed_grading_period": is_closed,
        "is_quiz_assignment": body["submission_types"] == ["online_quiz"],
    }
    if overridden_dates and overrides:
        shown["due_at"] = latest(all_due_dates(body))
    if "overrides" in includes:
        shown["overrides"] = overrides
    if "all_dates" in includes:
        if len(overrides) >= ALL_DATES_UNTIL:
            shown["all_dates_count"] = len(overrides) + (not body["only_visible_to_overrides"])
        else:
            shown["all_dates"] = _all_dates(body)
    return shown


def _all_dates(body: Body) -> list[dict[str, Any]]:
    dates = []
    for override in body["overrides"]:
        target = target_of(override)
        key = {} if target == "student_ids" else {"set_id": override[target]}
        shown = {"id": override["id"], "title": override["title"], "set_type": TARGETS[target], **key}
        dates.append({**shown, **{name: override.get(name, body[name]) for name in DATES}})
    if not body["only_visible_to_overrides"]:
        dates.append({"base": True, **{name: body[name] for name in DATES}})
    return dates


def sis_assignment_json(
    body: Body,
    group: Body,
    course: Body,
    sections: Sequence[tuple[dict[str, Any], Body]],
    students: Mapping[int, str | None] | None,
) -> dict[str, Any]:
    """Show one assignment as the SIS integration route does.

    `sections` are those of its course, each with the course that it comes from; `students` (SIS ids of
    users) adds the overrides for single students.
    """
    shown: dict[str, Any] = {
        key: body[key]
        for key in ("id", "course_id", "name", "created_at", *DATES, "points_possible", "submission_types")
    }
    shown |= {
        "integration_id": None,
        "integration_data": {},
        "include_in_final_grade": not body["omit_from_final_grade"] and body["grading_type"] != "not_graded",
        "assignment_group": {
            key: group[key] for key in ("id", "name", "sis_source_id", "integration_data", "group_weight")
        },
        "sections": [
            _sis_section(body, section, course, origin)
            for section, origin in sections
            if is_visible(body, Audience(frozenset({section["id"]})))
        ],
    }
    if students is not None:
        shown["user_overrides"] = [
            {
                "id": override["id"],
                "title": override["title"],
                **{key: override[key] for key in DATES if key in override},
                "students": [
                    {"user_id": user, "sis_user_id": students.get(user)} for user in override["student_ids"]
                ],
            }
            for override in body["overrides"]
            if override.get("student_ids") is not None
        ]
    return shown


def _sis_section(body: Body, section: dict[str, Any], course: Body, origin: Body) -> dict[str, Any]:
    shown = {
        "id": section["id"],
        "name": section["name"],
        "sis_id": section["sis_section_id"],
        "integration_id": section["integration_id"],
        "origin_course": _sis_course(origin),
    }
    if origin["id"] != course["id"]:
        shown["xlist_course"] = _sis_course(course)
    override = section_override(body, section["id"])
    if override is not None:
        dates = {key: override[key] for key in DATES if key in override}
        shown["override"] = {"id": override["id"], "override_title": override["title"], **dates}
    return shown


def _sis_course(course: Body) -> dict[str, Any]:
    return {
        "id": course["id"],
        "name": course["name"],
        "sis_id": course["sis_course_id"],
        "integration_id": course["integration_id"],
    }
