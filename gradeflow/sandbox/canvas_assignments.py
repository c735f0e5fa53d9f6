"""How Canvas shows assignments: the REST object, its overrides, and the SIS integration route's own shape.

Source: Canvas REST documentation (Assignments, Assignment Overrides, SIS Integration) and the serializers of
its open source (`assignment`, `assignment_override`, `sis_assignment`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]
ALL_DATES_UNTIL = 25


def assignment_json(
    body: Body, *, includes: set[str], overridden_dates: bool, position: int
) -> dict[str, Any]:
    """Show one assignment.

    `overridden_dates` (Canvas's default) replaces the base date by the caller's view of it: for a caller who
    sees all sections, the latest.
    """
    overrides = body["overrides"]
    shown: dict[str, Any] = {
        **{key: value for key, value in body.items() if key != "overrides"},
        "description": None,
        "position": position,
        "grading_standard_id": None,
        "workflow_state": "published" if body["published"] else "unpublished",
        "has_overrides": bool(overrides),
        "hide_in_gradebook": False,
        "in_closed_grading_period": False,
        "due_date_required": False,
        "max_name_length": 255,
        "muted": False,
        "post_manually": False,
        "moderated_grading": False,
        "anonymous_grading": False,
        "grade_group_students_individually": False,
        "is_quiz_assignment": body["submission_types"] == ["online_quiz"],
        "is_quiz_lti_assignment": False,
        "sis_assignment_id": None,
        "integration_id": None,
        "integration_data": {},
    }
    if overridden_dates and overrides:
        dates = [] if body["only_visible_to_overrides"] else [body["due_at"]]
        dates += [override.get("due_at", body["due_at"]) for override in overrides]
        shown["due_at"] = None if None in dates else max(dates)
    if "overrides" in includes:
        shown["overrides"] = overrides
    if "all_dates" in includes:
        if len(overrides) >= ALL_DATES_UNTIL:
            shown["all_dates_count"] = len(overrides) + (not body["only_visible_to_overrides"])
        else:
            shown["all_dates"] = _all_dates(body)
    return shown


def _all_dates(body: Body) -> list[dict[str, Any]]:
    dates = [
        {
            "id": override["id"],
            "title": override["title"],
            "set_type": "CourseSection",
            "set_id": override["course_section_id"],
            "due_at": override.get("due_at", body["due_at"]),
            "unlock_at": override.get("unlock_at", body["unlock_at"]),
            "lock_at": override.get("lock_at", body["lock_at"]),
        }
        for override in body["overrides"]
    ]
    if not body["only_visible_to_overrides"]:
        own = {key: body[key] for key in ("due_at", "unlock_at", "lock_at")}
        dates.append({"base": True, **own})
    return dates


def override_of(body: Body, section: int) -> Body | None:
    """Give the dates that a section has of its own, or None."""
    return next((o for o in body["overrides"] if o["course_section_id"] == section), None)


def has_section(body: Body, section: int) -> bool:
    """Tell whether a section has an assignment at all."""
    return not body["only_visible_to_overrides"] or override_of(body, section) is not None


def due_in(body: Body, section: int) -> str | None:
    """Give the due date that holds in a section."""
    override = override_of(body, section)
    due: str | None = body["due_at"] if override is None else override.get("due_at", body["due_at"])
    return due


def sis_assignment_json(
    body: Body, group: Body, course: Body, sections: list[dict[str, Any]], *, with_students: bool
) -> dict[str, Any]:
    """Show one assignment as the SIS integration route does; `sections` are those of its course."""
    origin = {
        "id": course["id"],
        "name": course["name"],
        "sis_id": course["sis_course_id"],
        "integration_id": course["integration_id"],
    }
    shown: dict[str, Any] = {
        key: body[key]
        for key in (
            *("id", "course_id", "name", "created_at", "due_at", "unlock_at", "lock_at"),
            *("points_possible", "submission_types"),
        )
    }
    shown |= {
        "integration_id": None,
        "integration_data": {},
        "include_in_final_grade": not body["omit_from_final_grade"] and body["grading_type"] != "not_graded",
        "assignment_group": {
            key: group[key] for key in ("id", "name", "sis_source_id", "integration_data", "group_weight")
        },
        "sections": [
            _sis_section(body, section, origin) for section in sections if has_section(body, section["id"])
        ],
    }
    if with_students:
        shown["user_overrides"] = []
    return shown


def _sis_section(body: Body, section: dict[str, Any], origin: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "id": section["id"],
        "name": section["name"],
        "sis_id": section["sis_section_id"],
        "integration_id": section["integration_id"],
        "origin_course": origin,
    }
    override = override_of(body, section["id"])
    if override is not None:
        dates = {key: override[key] for key in ("due_at", "unlock_at", "lock_at") if key in override}
        shown["override"] = {"id": override["id"], "override_title": override["title"], **dates}
    return shown
