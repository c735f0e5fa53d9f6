"""Calls of the practice Canvas that several tests make."""

from __future__ import annotations

from typing import Any

MATH, SCIENCE = "/api/v1/courses/101", "/api/v1/courses/102"
SUBMISSIONS = "/api/v1/sections/sis_section_id:{}/students/submissions?student_ids[]=all&per_page=100"
SIS_KEYS = ("sis_section_id", "sis_course_id", "sis_user_id", "sis_import_id", "sis_id", "integration_id")


def submissions(canvas, section: str, query: str = "&grouped=true") -> dict[str, dict[int, dict[str, Any]]]:
    rows = canvas.get(SUBMISSIONS.format(section) + query).json()
    return {r["sis_user_id"]: {s["assignment_id"]: s for s in r["submissions"]} for r in rows}


def keys_of(payload: Any) -> set[str]:
    if isinstance(payload, dict):
        return set(payload).union(*(keys_of(value) for value in payload.values()))
    return set().union(*(keys_of(value) for value in payload)) if isinstance(payload, list) else set()


def edit(canvas, collection: str, changes: Any, **keys: Any) -> None:
    answer = canvas.control("edit", {"edits": [{"collection": collection, **keys, "set": changes}]})
    assert answer.status_code == 200, answer.text


def assignment(canvas, key: int, course: str = MATH) -> dict[str, Any]:
    query = "?include[]=overrides&include[]=all_dates&override_assignment_dates=false"
    return canvas.get(f"{course}/assignments/{key}{query}").json()
