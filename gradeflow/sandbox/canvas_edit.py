"""What teachers do in the practice Canvas, from outside: change a score, a flag, a title, a date.

| collection | named by | keys in `set` |
|---|---|---|
| submissions | assignment_id, sis_user_id | any of SUBMISSION |
| assignments | id | any of ASSIGNMENT; `"set": null` deletes it; with `course_id` a new one is made |
| sections | id | any of SECTION |
| enrollments | sis_section_id, sis_user_id | `end`: the first day no longer in the section |

What Canvas keeps consistent stays consistent: a score brings its grade, `graded_at`, `posted_at` and the
state `graded`; a score of null takes them away; excusing takes the score away. An override is given by its
`course_section_id` and the dates that it overrides; the rest of it follows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from gradeflow.sandbox.canvas_submissions import UNSUBMITTED
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import EditError

SUBMISSION = (*UNSUBMITTED,)
ASSIGNMENT = (
    *("name", "due_at", "unlock_at", "lock_at", "points_possible", "grading_type", "assignment_group_id"),
    *("published", "post_to_sis", "omit_from_final_grade", "only_visible_to_overrides", "submission_types"),
    *("overrides", "course_id"),
)
NEW_ASSIGNMENT: Mapping[str, Any] = {
    "name": "Untitled",
    "due_at": None,
    "unlock_at": None,
    "lock_at": None,
    "points_possible": 0,
    "grading_type": "points",
    "published": True,
    "post_to_sis": True,
    "omit_from_final_grade": False,
    "only_visible_to_overrides": False,
    "submission_types": ["online_upload"],
    "overrides": [],
}
SECTION = ("name", "sis_section_id", "sis_import_id", "integration_id")
_KEYS = {
    "submissions": {"collection", "assignment_id", "sis_user_id", "set"},
    "assignments": {"collection", "id", "set"},
    "sections": {"collection", "id", "set"},
    "enrollments": {"collection", "sis_section_id", "sis_user_id", "set"},
}


def edit_canvas(store: Store, clock: Clock, edit: Mapping[str, Any]) -> None:
    """Do one edit.

    Raises:
        EditError: an unknown collection, key, field or object.
    """
    keys = _KEYS.get(edit.get("collection", ""))
    if keys is None:
        msg = f"collection is one of {', '.join(_KEYS)}"
        raise EditError(msg)
    if set(edit) != keys:
        msg = f"an edit of {edit['collection']} has exactly the keys {', '.join(sorted(keys))}"
        raise EditError(msg)
    now = clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _EDITS[edit["collection"]](store, edit, now)


def _edit_submission(store: Store, edit: Mapping[str, Any], now: str) -> None:
    assignment, user = str(edit["assignment_id"]), _user(store, edit["sis_user_id"])
    if not store.has("assignments", assignment):
        raise _nothing("assignment", assignment)
    changes = _allowed(edit["set"], SUBMISSION)
    key = f"{assignment}:{user}"
    before = store.get("submissions", key) or {"assignment_id": int(assignment), **UNSUBMITTED}
    after = {**before, **_implied(before, changes, now), **changes}
    store.put(Document("submissions", key, after, a=assignment, b=user))


def _implied(before: Mapping[str, Any], changes: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Give what Canvas changes along with a score or an excuse."""
    graded = {"graded_at": now, "posted_at": before["posted_at"] or now, "workflow_state": "graded"}
    if changes.get("excused"):
        return {**graded, "score": None, "grade": None}
    if "score" not in changes:
        return {}
    if changes["score"] is None:
        state = "submitted" if before["submitted_at"] else "unsubmitted"
        return {"grade": None, "graded_at": None, "posted_at": None, "workflow_state": state}
    return {**graded, "grade": str(changes["score"]), "excused": False}


def _edit_assignment(store: Store, edit: Mapping[str, Any], now: str) -> None:
    key, before = str(edit["id"]), store.get("assignments", str(edit["id"]))
    if edit["set"] is None and before is not None:
        store.delete("assignments", key)
        store.delete_where("submissions", {"a": key})
        return
    changes = dict(_allowed(edit["set"], ASSIGNMENT))
    if before is None:
        before = _new_assignment(store, key, changes, now)
    elif "course_id" in changes:
        msg = "an assignment stays in its course: course_id is for new ones"
        raise EditError(msg)
    if "overrides" in changes:
        changes["overrides"] = [_override(store, int(key), given) for given in changes["overrides"]]
    after = {**before, **changes, "updated_at": now}
    store.put(Document("assignments", key, after, a=str(after["course_id"])))


def _new_assignment(store: Store, key: str, changes: Mapping[str, Any], now: str) -> dict[str, Any]:
    course = str(changes.get("course_id"))
    groups = store.documents("assignment_groups", {"a": course})
    if not groups or not key.isdigit():
        raise _nothing("assignment", key)
    return {"id": int(key), "assignment_group_id": groups[0]["id"], **NEW_ASSIGNMENT, "created_at": now}


def _override(store: Store, assignment: int, given: Mapping[str, Any]) -> dict[str, Any]:
    section = store.get("sections", str(given.get("course_section_id")))
    if section is None:
        raise _nothing("section", str(given.get("course_section_id")))
    number = assignment * 1000 + section["id"] % 1000
    return {"id": number, "assignment_id": assignment, "title": section["name"], **given}


def _edit_section(store: Store, edit: Mapping[str, Any], _now: str) -> None:
    key = str(edit["id"])
    before = store.get("sections", key)
    if before is None:
        raise _nothing("section", key)
    after = {**before, **_allowed(edit["set"], SECTION)}
    store.put(Document("sections", key, after, a=str(after["course_id"]), b=after["sis_section_id"]))


def _edit_enrollment(store: Store, edit: Mapping[str, Any], _now: str) -> None:
    user = _user(store, edit["sis_user_id"])
    rows = store.documents("enrollments", {"b": user})
    body = next((row for row in rows if row["sis_section_id"] == edit["sis_section_id"]), None)
    if body is None:
        raise _nothing("enrollment in", str(edit["sis_section_id"]))
    changes = _allowed(edit["set"], ("end",))
    section, course = str(body["course_section_id"]), str(body["course_id"])
    store.put(Document("enrollments", str(body["id"]), {**body, **changes}, a=section, b=user, c=course))


_EDITS: Mapping[str, Callable[[Store, Mapping[str, Any], str], None]] = {
    "submissions": _edit_submission,
    "assignments": _edit_assignment,
    "sections": _edit_section,
    "enrollments": _edit_enrollment,
}


def _user(store: Store, sis_id: object) -> str:
    found = store.documents("users", {"a": str(sis_id)})
    if not found:
        raise _nothing("user with SIS id", str(sis_id))
    return str(found[0]["id"])


def _allowed(changes: object, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(changes, Mapping) or not changes or not set(changes) <= set(allowed):
        msg = f"set names one or more of {', '.join(allowed)}"
        raise EditError(msg)
    return changes


def _nothing(kind: str, key: str) -> EditError:
    return EditError(f"there is no {kind} {key}")
