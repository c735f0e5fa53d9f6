"""What teachers and the office do in Schoology, as `POST /_sandbox/edit` of a practice Schoology takes it.

| collection | other keys | `set` |
|---|---|---|
| grades | assignment_id (the item's), school_uid | fields of GRADE; a grade takes an exception away and the other way round, a letter is stored as its scale says, any change sets `timestamp` |
| grade_items | id | fields of ITEM; null removes the item with its grades; with an id not yet used and a `section_id` a new one |
| submissions | assignment_id, school_uid | fields of REVISION: the student's next revision |
| grading_categories | id | fields of CATEGORY |
| grading_groups | id | section_id, title, members (enrollment ids) |
| enrollments | section_school_code, school_uid | status, admin |
| users | school_uid | school_uid, tz_name |
| sections | id | fields of SECTION; `is_withheld`: the app was not let into it |
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.schoology_fill_gradebook import json_number
from gradeflow.sandbox.schoology_numbers import DISCUSSIONS_FROM, ITEMS_PER_SECTION
from gradeflow.sandbox.schoology_scales import SCALES, points_of
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import EditError

Body = dict[str, Any]
GRADE = ("grade", "exception", "comment", "comment_status", "pending")
ITEM = (
    *("title", "due", "grading_scale", "grading_period", "grading_category", "max_points", "factor"),
    *("is_final", "allow_dropbox", "published", "type", "count_in_grade", "collected_only"),
    *("auto_publish_grades", "assignees", "grading_group_ids", "section_id"),
)
NEW_ITEM: Mapping[str, Any] = {
    "title": "Untitled",
    "description": "",
    "due": "",
    "grading_scale": "0",
    "grading_period": "0",
    "grading_category": "0",
    "max_points": "100",
    "factor": "1",
    "is_final": "0",
    "show_comments": "0",
    "grade_stats": "0",
    "allow_dropbox": "1",
    "allow_discussion": "1",
    "published": 1,
    "type": "assignment",
    "available": 1,
    "completed": 0,
    "dropbox_locked": 0,
    "grading_scale_type": 0,
    "show_rubric": False,
    "count_in_grade": 1,
    "collected_only": 0,
    "auto_publish_grades": 1,
    "assignees": [],
    "grading_group_ids": [],
    "completion_status": "",
}
REVISION = ("late", "draft", "created")
GROUP = ("section_id", "title", "members")
CATEGORY = ("title", "calculation_type", "drop_lowest", "delta")
SECTION = ("section_title", "section_code", "section_school_code", "synced", "active", "is_withheld")
_SCALE_TYPES = {str(scale["id"]): scale["type"] for scale in SCALES}


def edit_schoology(store: Store, clock: Clock, edit: Mapping[str, Any]) -> None:
    """Do one edit.

    Raises:
        EditError: an unknown collection, key, field or object.
    """
    known = _EDITS.get(str(edit.get("collection")))
    if known is None:
        msg = f"collection is one of {', '.join(_EDITS)}"
        raise EditError(msg)
    keys, work = known
    if set(edit) != {"collection", "set", *keys}:
        msg = f"an edit of {edit['collection']} has exactly the keys collection, set, {', '.join(keys)}"
        raise EditError(msg)
    work(store, edit, int(clock.now().timestamp()))


def _edit_grade(store: Store, edit: Mapping[str, Any], now: int) -> None:
    item = _found(store, "items", edit["assignment_id"])
    section = str(item["id"] // ITEMS_PER_SECTION)
    enrollment = _enrollment(store, section, edit["school_uid"])["id"]
    changes = dict(_allowed(edit["set"], GRADE))
    key = f"{item['id']}:{enrollment}"
    before = store.get("grades", key) or {
        "enrollment_id": int(enrollment),
        "assignment_id": item["id"],
        "grade": None,
        "exception": 0,
        "comment": "",
        "comment_status": None,
    }
    if isinstance(changes.get("grade"), str):
        changes["grade"] = _stored(item, changes["grade"])
    if changes.get("exception"):
        changes["grade"] = None
    elif changes.get("grade") is not None:
        changes["exception"] = 0
    after = {**before, **changes, "timestamp": now}
    store.put(Document("grades", key, after, a=section, b=str(item["id"]), c=enrollment))


def _stored(item: Body, typed: str) -> int | float:
    points = points_of(int(item["grading_scale"]), typed, Decimal(item["max_points"]))
    if points is None:
        msg = f"the scale of item {item['id']} has no level of that name"
        raise EditError(msg)
    return json_number(points)


def _edit_item(store: Store, edit: Mapping[str, Any], _now: int) -> None:
    key, before = str(edit["id"]), store.get("items", str(edit["id"]))
    if edit["set"] is None and before is not None:
        store.delete("items", key)
        store.delete_where("grades", {"b": key})
        store.delete_where("revisions", {"b": str(before["grade_item_id"])})
        return
    changes = dict(_allowed(edit["set"], ITEM))
    named = changes.pop("section_id", None)
    if before is None:
        before = _new_item(store, key, str(named))
    elif named is not None:
        msg = "an item stays in its section: section_id is for new ones"
        raise EditError(msg)
    after = {**before, **changes}
    after["grading_scale_type"] = _SCALE_TYPES.get(str(after["grading_scale"]), 0)
    after["grade_item_id"] = after["id"] + (DISCUSSIONS_FROM if after["type"] == "discussion" else 0)
    section = str(after["id"] // ITEMS_PER_SECTION)
    store.put(Document("items", key, after, a=section, b=str(after["grade_item_id"])))


def _new_item(store: Store, key: str, section: str) -> Body:
    _found(store, "sections", section)
    if not key.isdigit() or str(int(key) // ITEMS_PER_SECTION) != section:
        msg = f"an item of section {section} has an id from {section}{'0' * 7} on"
        raise EditError(msg)
    return {"id": int(key), **NEW_ITEM}


def _edit_submission(store: Store, edit: Mapping[str, Any], now: int) -> None:
    item = _found(store, "items", edit["assignment_id"])
    section, node = str(item["id"] // ITEMS_PER_SECTION), str(item["grade_item_id"])
    user = _enrollment(store, section, edit["school_uid"])["uid"]
    number = store.count("revisions", {"a": section, "b": node, "c": user}) + 1
    base = {"revision_id": number, "uid": int(user), "created": now, "num_items": 1, "late": 0, "draft": 0}
    after = {**base, **_allowed(edit["set"], REVISION)}
    store.put(Document("revisions", f"{node}:{user}:{number}", after, a=section, b=node, c=user))


def _edit_group(store: Store, edit: Mapping[str, Any], _now: int) -> None:
    key = str(edit["id"])
    before = store.get("groups", key) or {"id": int(key), "title": "", "members": []}
    after = {**before, **_allowed(edit["set"], GROUP)}
    section = _found(store, "sections", after.get("section_id"))["id"]
    store.put(Document("groups", key, {**after, "section_id": int(section)}, a=section))


def _edit_category(store: Store, edit: Mapping[str, Any], _now: int) -> None:
    key = str(edit["id"])
    before = _found(store, "categories", key)
    section = next(
        one["id"]
        for one in store.documents("sections")
        if before in store.documents("categories", {"a": str(one["id"])})
    )
    store.put(Document("categories", key, {**before, **_allowed(edit["set"], CATEGORY)}, a=str(section)))


def _edit_enrollment(store: Store, edit: Mapping[str, Any], _now: int) -> None:
    found = store.documents("sections", {"b": str(edit["section_school_code"])})
    if not found:
        raise _nothing("section with code", edit["section_school_code"])
    section = found[0]["id"]
    body = _enrollment(store, section, edit["school_uid"])
    after = {**body, **_allowed(edit["set"], ("status", "admin")), "ends": None}
    store.put(Document("enrollments", body["id"], after, a=section, b=body["uid"]))


def _edit_user(store: Store, edit: Mapping[str, Any], _now: int) -> None:
    body = _user(store, edit["school_uid"])
    after = {**body, **_allowed(edit["set"], ("school_uid", "tz_name"))}
    store.put(Document("users", body["uid"], after, a=after["school_uid"]))


def _edit_section(store: Store, edit: Mapping[str, Any], _now: int) -> None:
    before = _found(store, "sections", edit["id"])
    after = {**before, **_allowed(edit["set"], SECTION)}
    store.put(
        Document("sections", before["id"], after, a=before["course_id"], b=after["section_school_code"])
    )


_EDITS: Mapping[str, tuple[tuple[str, ...], Callable[[Store, Mapping[str, Any], int], None]]] = {
    "grades": (("assignment_id", "school_uid"), _edit_grade),
    "grade_items": (("id",), _edit_item),
    "submissions": (("assignment_id", "school_uid"), _edit_submission),
    "grading_categories": (("id",), _edit_category),
    "grading_groups": (("id",), _edit_group),
    "enrollments": (("section_school_code", "school_uid"), _edit_enrollment),
    "users": (("school_uid",), _edit_user),
    "sections": (("id",), _edit_section),
}


def _user(store: Store, school_uid: object) -> Body:
    found = store.documents("users", {"a": str(school_uid)})
    if not found:
        raise _nothing("user with school_uid", school_uid)
    return found[0]


def _enrollment(store: Store, section: str, school_uid: object) -> Body:
    user = _user(store, school_uid)
    found = store.documents("enrollments", {"a": section, "b": user["uid"]})
    if not found:
        raise _nothing(f"enrollment in section {section} of school_uid", school_uid)
    return found[0]


def _found(store: Store, collection: str, key: object) -> Body:
    found = store.get(collection, str(key))
    if found is None:
        raise _nothing(f"object in {collection} with id", key)
    return found


def _allowed(changes: object, allowed: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(changes, Mapping) or not changes or not set(changes) <= set(allowed):
        msg = f"set names one or more of {', '.join(allowed)}"
        raise EditError(msg)
    return changes


def _nothing(kind: str, key: object) -> EditError:
    return EditError(f"there is no {kind} {key}")
