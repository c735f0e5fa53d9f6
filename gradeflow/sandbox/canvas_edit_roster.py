"""What the office does in the practice Canvas, from outside: courses, terms, sections, people, groups.

| collection | named by | keys in `set` |
|---|---|---|
| courses | id | any of COURSE |
| terms | id | any of TERM; an unknown id makes a new one |
| sections | id | any of SECTION; `course_id` cross-lists it there, or takes it back |
| users | id | any of USER |
| enrollments | sis_section_id, sis_user_id | `end`: first day no longer in it; `state`; with `type` a new one |
| groups | id | `group_category_id`, `users` (SIS ids), `name` |
| test_students | course_id | `{}`: what opening the student view makes |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import EditError

COURSE = ("name", "workflow_state", "enrollment_term_id", "sis_course_id", "start_at", "end_at")
TERM = ("name", "sis_term_id", "start_at", "end_at", "workflow_state")
SECTION = ("name", "sis_section_id", "sis_import_id", "integration_id", "course_id")
USER = ("sis_user_id", "sis_import_id", "integration_id", "login_id")
ENROLLMENT = ("end", "state", "type")
GROUP = ("group_category_id", "users", "name")
FIRST_TEST_STUDENT = 90_000
ROSTER_KEYS = {
    **{name: {"collection", "id", "set"} for name in ("courses", "terms", "sections", "users", "groups")},
    "enrollments": {"collection", "sis_section_id", "sis_user_id", "set"},
    "test_students": {"collection", "course_id", "set"},
}


def edit_roster(store: Store, edit: Mapping[str, Any]) -> None:
    """Do one edit whose keys are those of ROSTER_KEYS.

    Raises:
        EditError: an unknown field or object.
    """
    _EDITS[edit["collection"]](store, edit)


def user_of(store: Store, sis_id: object) -> str:
    """Give the number of a user, as text."""
    found = store.documents("users", {"a": str(sis_id)})
    if not found:
        raise nothing("user with SIS id", str(sis_id))
    return str(found[0]["id"])


def allowed(changes: object, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Check what an edit sets."""
    if not isinstance(changes, Mapping) or not changes or not set(changes) <= set(names):
        msg = f"set names one or more of {', '.join(names)}"
        raise EditError(msg)
    return changes


def nothing(kind: str, key: str) -> EditError:
    """Say that an edit names nothing."""
    return EditError(f"there is no {kind} {key}")


def _found(store: Store, collection: str, key: str) -> dict[str, Any]:
    found = store.get(collection, key)
    if found is None:
        raise nothing(collection, key)
    return found


def _edit_course(store: Store, edit: Mapping[str, Any]) -> None:
    key = str(edit["id"])
    after = {**_found(store, "courses", key), **allowed(edit["set"], COURSE)}
    store.put(Document("courses", key, after, a=after["sis_course_id"]))


def _edit_term(store: Store, edit: Mapping[str, Any]) -> None:
    key = str(edit["id"])
    new = {"id": edit["id"], "sis_term_id": None, "sis_import_id": None, "name": "Term", "overrides": {}}
    new |= {"start_at": None, "end_at": None, "workflow_state": "active"}
    store.put(Document("terms", key, {**(store.get("terms", key) or new), **allowed(edit["set"], TERM)}))


def _edit_section(store: Store, edit: Mapping[str, Any]) -> None:
    key = str(edit["id"])
    before = _found(store, "sections", key)
    after = {**before, **allowed(edit["set"], SECTION)}
    course = _found(store, "courses", str(after["course_id"]))
    if after["course_id"] != before["course_id"]:
        origin = before["nonxlist_course_id"] or before["course_id"]
        after["nonxlist_course_id"] = None if after["course_id"] == origin else origin
        after["sis_course_id"] = course["sis_course_id"]
    store.put(Document("sections", key, after, a=str(after["course_id"]), b=after["sis_section_id"]))
    for seat in store.documents("enrollments", {"a": key}):
        seat |= {"course_id": course["id"], "sis_course_id": course["sis_course_id"]}
        _put_enrollment(store, seat | {"sis_section_id": after["sis_section_id"]})


def _edit_user(store: Store, edit: Mapping[str, Any]) -> None:
    key = str(edit["id"])
    after = {**_found(store, "users", key), **allowed(edit["set"], USER)}
    store.put(Document("users", key, after, a=after["sis_user_id"]))
    for seat in store.documents("enrollments", {"b": key}):
        _put_enrollment(store, seat | {"sis_user_id": after["sis_user_id"]})


def _edit_enrollment(store: Store, edit: Mapping[str, Any]) -> None:
    user = user_of(store, edit["sis_user_id"])
    changes = dict(allowed(edit["set"], ENROLLMENT))
    rows = store.documents("enrollments", {"b": user})
    body = next((row for row in rows if row["sis_section_id"] == edit["sis_section_id"]), None)
    role = changes.pop("type", None)
    sections = store.documents("sections", {"b": str(edit["sis_section_id"])})
    if body is None and (role is None or not sections):
        raise nothing("enrollment in", str(edit["sis_section_id"]))
    if body is None:
        body = _new_enrollment(store, sections[0], _found(store, "users", user), role)
    _put_enrollment(store, {**body, **changes})


def _new_enrollment(
    store: Store, section: Mapping[str, Any], user: Mapping[str, Any], role: str | None
) -> dict[str, Any]:
    return {
        "id": max(row["id"] for row in store.documents("enrollments")) + 1,
        "course_id": section["course_id"],
        "course_section_id": section["id"],
        "user_id": user["id"],
        "role": role,
        "is_concluded": False,
        "begin": None,
        "end": None,
        "sis_user_id": user["sis_user_id"],
        "sis_section_id": section["sis_section_id"],
        "sis_course_id": section["sis_course_id"],
        "sis_import_id": None,
    }


def _put_enrollment(store: Store, body: Mapping[str, Any]) -> None:
    lookups = {name: str(body[key]) for name, key in zip("abc", _ENROLLMENT_LOOKUPS, strict=True)}
    store.put(Document("enrollments", str(body["id"]), body, **lookups))


_ENROLLMENT_LOOKUPS = ("course_section_id", "user_id", "course_id")


def _edit_group(store: Store, edit: Mapping[str, Any]) -> None:
    changes = dict(allowed(edit["set"], GROUP))
    new = {"id": edit["id"], "name": f"Group {edit['id']}", "group_category_id": 1, "users": []}
    if "users" in changes:
        changes["users"] = [int(user_of(store, sis_id)) for sis_id in changes["users"]]
    key = str(edit["id"])
    store.put(Document("groups", key, {**(store.get("groups", key) or new), **changes}))


def _make_test_student(store: Store, edit: Mapping[str, Any]) -> None:
    course = _found(store, "courses", str(edit["course_id"]))
    number = FIRST_TEST_STUDENT + course["id"]
    user = {"id": number, "name": "Test Student", "sortable_name": "Student, Test", "login_id": None}
    user |= dict.fromkeys(("sis_user_id", "sis_import_id", "integration_id"))
    store.put(Document("users", str(number), {**user, "short_name": "Test Student"}))
    for section in store.documents("sections", {"a": str(course["id"])}):
        _put_enrollment(store, _new_enrollment(store, section, user, "StudentViewEnrollment"))


_EDITS: Mapping[str, Callable[[Store, Mapping[str, Any]], None]] = {
    "courses": _edit_course,
    "terms": _edit_term,
    "sections": _edit_section,
    "users": _edit_user,
    "enrollments": _edit_enrollment,
    "groups": _edit_group,
    "test_students": _make_test_student,
}
