"""Schoology's gradebook of a section: categories, scales, groups, items, grades, submissions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gradeflow.sandbox.schoology_numbers import DISCUSSIONS_FROM, ITEMS_PER_SECTION
from gradeflow.sandbox.schoology_request import listed, missing
from gradeflow.sandbox.schoology_roster import Body, Directory
from gradeflow.sandbox.wire import Call

# Sent only when not both are at their defaults.
_COUNTING = {"count_in_grade": 1, "collected_only": 0}
_ASSIGNMENTS = ("assignment", "assessment")


class GradebookViews:
    """The views of what is graded and how."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._store = directory.store

    def categories(self, call: Call) -> Body:
        """GET sections/{id}/grading_categories; not paged."""
        return {"grading_category": self._of_section(call, "categories")}

    def category(self, call: Call) -> Body:
        """GET sections/{id}/grading_categories/{id}."""
        wanted = call.params["category"]
        found = next((one for one in self._of_section(call, "categories") if str(one["id"]) == wanted), None)
        if found is None:
            raise missing()
        return {**found, "realm": "course", "realm_id": call.params["section"], "weight": 100}

    def scales(self, call: Call) -> Body:
        """GET sections/{id}/grading_scales; not paged."""
        self._directory.section(call)
        return {"grading_scale": self._store.documents("scales"), "links": _self(call)}

    def groups(self, call: Call) -> Body:
        """GET sections/{id}/grading_groups; not paged."""
        rows = self._of_section(call, "groups")
        return {"grading_groups": rows, "count": len(rows), "links": _self(call)}

    def grade_items(self, call: Call) -> Body:
        """GET sections/{id}/grade_items: whatever can be graded."""
        return self._items(call, self._of_section(call, "items"))

    def assignments(self, call: Call) -> Body:
        """GET sections/{id}/assignments; `start` and `limit` are those of each kind, non-final and final."""
        rows = [one for one in self._of_section(call, "items") if one["type"] in _ASSIGNMENTS]
        kinds = ([one for one in rows if (one["is_final"] == "1") is is_final] for is_final in (False, True))
        pages = [self._items(call, kind) for kind in kinds]
        shown = [item for page in pages for item in page["assignment"]]
        longest = max(pages, key=lambda page: int(page["total"]))
        return {"assignment": shown, "total": len(rows), "links": longest["links"]}

    def assignment(self, call: Call) -> Body:
        """GET sections/{id}/assignments/{id}."""
        found = self._item(call, call.params["assignment"])
        return _item_json(found)

    def grades(self, call: Call) -> Body:
        """GET sections/{id}/grades: all that was ever entered, of one item or enrollment or since a time."""
        section = self._directory.section(call)
        by = {"a": section["id"]}
        for name, key in (("assignment_id", "b"), ("enrollment_id", "c")):
            if name in call.query:
                by[key] = call.query[name]
        since = call.query.get("timestamp", "")
        items = {one["id"]: one for one in self._store.documents("items", {"a": section["id"]})}
        rows = [
            one
            for one in self._store.documents("grades", by)
            if one["assignment_id"] in items and (not since.isdigit() or one["timestamp"] > int(since))
        ]
        page = listed(call, "grade", rows, lambda one: self._grade(call, one, items[one["assignment_id"]]))
        # The section's own list has its links beside `grades`, and tells no total
        periods = [{"period_id": f"p{key}", "period_title": ""} for key in section["grading_periods"]]
        shown = {"grades": {"grade": page["grade"]}, "period": periods, "final_grade": []}
        return {**shown, "links": page["links"]}

    def submissions(self, call: Call) -> Body:
        """GET sections/{id}/submissions/{grade item id}/: each student's last revision, or all of them."""
        rows = self._revisions(call)
        if call.query.get("all_revisions", "").lower() not in {"1", "true"}:
            rows = list({one["uid"]: one for one in reversed(rows)}.values())
        page = listed(call, "revision", rows, lambda one: one)
        return {"revision": page["revision"], "links": page["links"]}

    def submission(self, call: Call) -> Body:
        """GET sections/{id}/submissions/{grade item id}/{user id}: one student's revisions."""
        wanted = call.params["user"]
        rows = [one for one in self._revisions(call) if str(one["uid"]) == wanted]
        return {"revision": rows}

    def _revisions(self, call: Call) -> list[Body]:
        """Give an item's revisions, the latest first; 404 where it is no assignment, which alone has any."""
        item = self._item(call, call.params["item"])
        if item["type"] != "assignment":
            raise missing()
        rows = self._store.documents("revisions", {"a": call.params["section"], "b": call.params["item"]})
        return sorted(rows, key=lambda one: -one["revision_id"])

    def _item(self, call: Call, key: str) -> Body:
        section = self._directory.section(call)
        found = self._store.get("items", key)
        if found is None or section_of(found) != int(section["id"]):
            raise missing()
        return found

    def _of_section(self, call: Call, collection: str) -> list[Body]:
        return self._store.documents(collection, {"a": self._directory.section(call)["id"]})

    def _items(self, call: Call, rows: list[Body]) -> Body:
        rows = sorted(rows, key=lambda one: (one["is_final"] == "1", one["due"] or "9", one["id"]))

        def shown(item: Body) -> Body:
            return {**_item_json(item), "links": {"self": f"{call.origin}{call.path}/{item['id']}"}}

        return listed(call, "assignment", rows, shown, total_as=int)

    def _grade(self, call: Call, grade: Body, item: Body) -> Body:
        points = Decimal(item["max_points"])
        return {
            **grade,
            "max_points": int(points) if points == points.to_integral_value() else float(points),
            "is_final": int(item["is_final"]),
            "override": None,
            "calculated_grade": None,
            "pending": grade.get("pending"),
            "type": item["type"],
            "location": f"{call.origin}/v1/sections/{section_of(item)}/{_realm(item)}/{item['grade_item_id']}",
            "scale_id": int(item["grading_scale"]),
            "scale_type": item["grading_scale_type"],
            "category_id": int(item["grading_category"]),
        }


def section_of(item: Body) -> int:
    """Tell in which section an item lives: its number holds that."""
    return int(item["id"]) // ITEMS_PER_SECTION


def _item_json(item: Body) -> Body:
    is_usual = all(item[name] == value for name, value in _COUNTING.items())
    hidden: set[str] = set(_COUNTING) if is_usual else set()
    shown: dict[str, Any] = {name: value for name, value in item.items() if name not in hidden}
    return {**shown, "num_assignees": len(item["assignees"])}


def _realm(item: Body) -> str:
    return "discussions" if item["grade_item_id"] - item["id"] == DISCUSSIONS_FROM else "assignments"


def _self(call: Call) -> dict[str, str]:
    return {"self": f"{call.origin}{call.path}"}
