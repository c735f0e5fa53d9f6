"""What teachers do in the practice Canvas, from outside: change a score, a flag, a title, a date.

| collection | named by | keys in `set` |
|---|---|---|
| submissions | assignment_id, sis_user_id | any of SUBMISSION |
| assignments | id | any of ASSIGNMENT; `"set": null` deletes it |
| enrollments | sis_section_id, sis_user_id | `end`: the first day no longer in the section |

What Canvas keeps consistent stays consistent: a score brings its grade, `graded_at`, `posted_at` and the
state `graded`; a score of null takes them away; excusing takes the score away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from gradeflow.sandbox.canvas_submissions import UNSUBMITTED
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import EditError

SUBMISSION = (*UNSUBMITTED,)
ASSIGNMENT = (
    *("name", "due_at", "unlock_at", "lock_at", "points_possible", "grading_type", "assignment_group_id"),
    *("published", "post_to_sis", "omit_from_final_grade", "only_visible_to_overrides", "submission_types"),
)
_KEYS = {
    "submissions": {"collection", "assignment_id", "sis_user_id", "set"},
    "assignments": {"collection", "id", "set"},
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
    if edit["collection"] == "submissions":
        _edit_submission(store, edit, now)
    elif edit["collection"] == "assignments":
        _edit_assignment(store, edit, now)
    else:
        _edit_enrollment(store, edit)


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
    key = str(edit["id"])
    before = store.get("assignments", key)
    if before is None:
        raise _nothing("assignment", key)
    if edit["set"] is None:
        store.delete("assignments", key)
        store.delete_where("submissions", {"a": key})
        return
    changes = _allowed(edit["set"], ASSIGNMENT)
    store.put(
        Document("assignments", key, {**before, **changes, "updated_at": now}, a=str(before["course_id"]))
    )


def _edit_enrollment(store: Store, edit: Mapping[str, Any]) -> None:
    user = _user(store, edit["sis_user_id"])
    rows = store.documents("enrollments", {"b": user})
    body = next((row for row in rows if row["sis_section_id"] == edit["sis_section_id"]), None)
    if body is None:
        raise _nothing("enrollment in", str(edit["sis_section_id"]))
    changes = _allowed(edit["set"], ("end",))
    section, course = str(body["course_section_id"]), str(body["course_id"])
    store.put(Document("enrollments", str(body["id"]), {**body, **changes}, a=section, b=user, c=course))


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
