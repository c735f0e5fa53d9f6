"""What teachers do in the practice Canvas, from outside: change a score, a flag, a title, a date.

| collection | named by | keys in `set` |
|---|---|---|
| submissions | assignment_id, sis_user_id | any of SUBMISSION |
| assignments | id | any of ASSIGNMENT; `"set": null` deletes it; with `course_id` a new one is made |
| assignment_groups | id | any of GROUP; `rules` are drop_lowest, drop_highest, never_drop |

Courses, terms, sections, users, enrollments and groups are `canvas_edit_roster`.

What Canvas keeps consistent stays consistent: a score brings its grade, `graded_at`, the state `graded`, and
`posted_at` unless the assignment is posted by hand; a score of null takes them away; excusing takes the score
away; work handed in again is another attempt, and after grading keeps its score, which no longer matches. In a
group assignment that is not graded one by one, all members of the group get what one gets. An override is given
by its target (`course_section_id`, `student_ids`, `group_id` or `course_id`) and the dates that it overrides; the
rest of it follows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from gradeflow.sandbox.canvas_dates import TARGETS
from gradeflow.sandbox.canvas_edit_roster import ROSTER_KEYS, allowed, edit_roster, nothing, user_of
from gradeflow.sandbox.canvas_submissions import UNSUBMITTED
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import EditError

SUBMISSION = (*UNSUBMITTED,)
ASSIGNMENT = (
    *("name", "due_at", "unlock_at", "lock_at", "points_possible", "grading_type", "assignment_group_id"),
    *("published", "post_to_sis", "omit_from_final_grade", "only_visible_to_overrides", "submission_types"),
    *("overrides", "course_id", "post_manually", "group_category_id", "grade_group_students_individually"),
)
GROUP = ("name", "group_weight", "rules")
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
_KEYS = {
    "submissions": {"collection", "assignment_id", "sis_user_id", "set"},
    "assignments": {"collection", "id", "set"},
    "assignment_groups": {"collection", "id", "set"},
}


def edit_canvas(store: Store, clock: Clock, edit: Mapping[str, Any]) -> None:
    """Do one edit.

    Raises:
        EditError: an unknown collection, key, field or object.
    """
    every = _KEYS | ROSTER_KEYS
    keys = every.get(edit.get("collection", ""))
    if keys is None:
        msg = f"collection is one of {', '.join(every)}"
        raise EditError(msg)
    if set(edit) != keys:
        msg = f"an edit of {edit['collection']} has exactly the keys {', '.join(sorted(keys))}"
        raise EditError(msg)
    now = clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if edit["collection"] in ROSTER_KEYS:
        edit_roster(store, edit)
    else:
        _EDITS[edit["collection"]](store, edit, now)


def _edit_submission(store: Store, edit: Mapping[str, Any], now: str) -> None:
    key, user = str(edit["assignment_id"]), user_of(store, edit["sis_user_id"])
    assignment = store.get("assignments", key)
    if assignment is None:
        raise nothing("assignment", key)
    changes = allowed(edit["set"], SUBMISSION)
    for member in _graded_together(store, assignment, user):
        place = f"{key}:{member}"
        before = store.get("submissions", place) or {"assignment_id": int(key), **UNSUBMITTED}
        posted = None if assignment.get("post_manually") else now
        after = {**before, **_implied(before, changes, now, posted), **_handed_in(before, changes), **changes}
        store.put(Document("submissions", place, after, a=key, b=member))


def _graded_together(store: Store, assignment: Mapping[str, Any], user: str) -> list[str]:
    category = assignment.get("group_category_id")
    if category is None or assignment.get("grade_group_students_individually"):
        return [user]
    groups = (group for group in store.documents("groups") if group["group_category_id"] == category)
    return next(([str(u) for u in group["users"]] for group in groups if int(user) in group["users"]), [user])


def _handed_in(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, int]:
    """Count the attempts: handing in at another time is one more."""
    at, was = changes.get("submitted_at"), before["submitted_at"]
    if at is None or at == was:
        return {}
    return {"attempt": before.get("attempt", 1) + 1 if was else 1}


def _implied(
    before: Mapping[str, Any], changes: Mapping[str, Any], now: str, posted: str | None
) -> dict[str, Any]:
    """Give what Canvas changes along with a score, an excuse or new work."""
    graded = {
        "graded_at": now,
        "posted_at": before["posted_at"] or posted,
        "workflow_state": "graded",
        "grade_matches_current_submission": True,
    }
    if changes.get("excused"):
        return {**graded, "score": None, "grade": None}
    if "score" not in changes:
        is_again = changes.get("submitted_at") is not None and before["workflow_state"] == "graded"
        again = {"workflow_state": "submitted", "grade_matches_current_submission": False}
        is_first = changes.get("submitted_at") is not None and before["workflow_state"] == "unsubmitted"
        return again if is_again else {"workflow_state": "submitted"} if is_first else {}
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
    changes = dict(allowed(edit["set"], ASSIGNMENT))
    if before is None:
        before = _new_assignment(store, key, changes, now)
    elif "course_id" in changes:
        msg = "an assignment stays in its course: course_id is for new ones"
        raise EditError(msg)
    if "overrides" in changes:
        changes["overrides"] = [
            _override(store, int(key), position, given)
            for position, given in enumerate(changes["overrides"], 1)
        ]
    after = {**before, **changes, "updated_at": now}
    store.put(Document("assignments", key, after, a=str(after["course_id"])))


def _new_assignment(store: Store, key: str, changes: Mapping[str, Any], now: str) -> dict[str, Any]:
    course = str(changes.get("course_id"))
    groups = store.documents("assignment_groups", {"a": course})
    if not groups or not key.isdigit():
        raise nothing("assignment", key)
    return {"id": int(key), "assignment_group_id": groups[0]["id"], **NEW_ASSIGNMENT, "created_at": now}


def _override(store: Store, assignment: int, position: int, given: Mapping[str, Any]) -> dict[str, Any]:
    allowed(given, (*TARGETS, "title", "due_at", "unlock_at", "lock_at"))
    targets = [name for name in TARGETS if given.get(name) is not None]
    if len(targets) != 1:
        msg = f"an override has exactly one of {', '.join(TARGETS)}"
        raise EditError(msg)
    title = "Some students"
    if targets[0] != "student_ids":
        collection = _COLLECTIONS[targets[0]]
        found = store.get(collection, str(given[targets[0]]))
        if found is None:
            raise nothing(collection, str(given[targets[0]]))
        title = found.get("name") or title
    return {"id": assignment * 1000 + position, "assignment_id": assignment, "title": title, **given}


_COLLECTIONS = {"course_section_id": "sections", "group_id": "groups", "course_id": "courses"}


def _edit_group(store: Store, edit: Mapping[str, Any], now: str) -> None:
    del now
    key = str(edit["id"])
    before = store.get("assignment_groups", key)
    if before is None:
        raise nothing("assignment group", key)
    found = next(
        str(course["id"])
        for course in store.documents("courses")
        if before in store.documents("assignment_groups", {"a": str(course["id"])})
    )
    store.put(Document("assignment_groups", key, {**before, **allowed(edit["set"], GROUP)}, a=found))


_EDITS: Mapping[str, Callable[[Store, Mapping[str, Any], str], None]] = {
    "submissions": _edit_submission,
    "assignments": _edit_assignment,
    "assignment_groups": _edit_group,
}
