"""Canvas's assignments: the REST lists, their groups and overrides, and the SIS integration route."""

from __future__ import annotations

from gradeflow.sandbox.canvas_assignments import assignment_json, sis_assignment_json
from gradeflow.sandbox.canvas_directory import Body, Directory, Shown, same
from gradeflow.sandbox.canvas_request import flag, listed, paged
from gradeflow.sandbox.wire import Answer, AnsweredError, Call


class GradebookViews:
    """The views of what is assigned."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._store = directory.store

    def groups(self, call: Call) -> Shown:
        """GET courses/:id/assignment_groups."""
        course = str(self._directory.found(call, "course")["id"])
        assignments = self._store.documents("assignments", {"a": course})

        def shown(group: Body) -> Body:
            if "assignments" not in listed(call, "include"):
                return group
            mine = [a for a in assignments if a["assignment_group_id"] == group["id"]]
            rendered = [self._assignment_json(call, body, i) for i, body in enumerate(mine, 1)]
            return {**group, "assignments": rendered, "any_assignment_in_closed_grading_period": False}

        return paged(call, self._store.documents("assignment_groups", {"a": course}), shown)

    def assignments(self, call: Call) -> Shown:
        """GET courses/:id/assignments."""
        course = self._directory.found(call, "course")
        rows = self._store.documents("assignments", {"a": str(course["id"])})
        if "post_to_sis" in call.query:
            rows = [body for body in rows if body["post_to_sis"] == flag(call, "post_to_sis")]
        wanted = set(listed(call, "assignment_ids"))
        rows = [body for body in rows if not wanted or str(body["id"]) in wanted]
        numbered = list(enumerate(rows, 1))
        return paged(call, numbered, lambda row: self._assignment_json(call, row[1], row[0]))

    def assignment(self, call: Call) -> Shown:
        """GET courses/:id/assignments/:id."""
        return self._assignment_json(call, self._directory.found_assignment(call), 1), {}

    def overrides(self, call: Call) -> Shown:
        """GET courses/:id/assignments/:id/overrides."""
        return paged(call, self._directory.found_assignment(call)["overrides"], same)

    def _assignment_json(self, call: Call, body: Body, position: int) -> Body:
        return assignment_json(
            body,
            includes=set(listed(call, "include")),
            overridden_dates=flag(call, "override_assignment_dates", default=True),
            position=position,
        )

    def sis_account(self, call: Call) -> Shown:
        """GET /api/sis/accounts/:id/assignments, of the courses that lie in the dates asked for."""
        self._directory.check_account(call)
        before, after = call.query.get("starts_before"), call.query.get("ends_after")
        courses = [
            course
            for course in self._store.documents("courses")
            if (before is None or course["start_at"] < before) and (after is None or course["end_at"] > after)
        ]
        return self._sis_assignments(call, [c for c in courses if c["workflow_state"] == "available"])

    def sis_course(self, call: Call) -> Shown:
        """GET /api/sis/courses/:id/assignments."""
        course = self._directory.found(call, "course")
        if course["workflow_state"] != "available":
            raise AnsweredError(Answer(400, {"code": "unpublished_course"}))
        return self._sis_assignments(call, [course])

    def _sis_assignments(self, call: Call, courses: list[Body]) -> Shown:
        if "not_enabled" in call.altered:
            raise AnsweredError(Answer(400, {"code": "not_enabled"}))
        rows = [
            (course, body)
            for course in courses
            for body in sorted(
                self._store.documents("assignments", {"a": str(course["id"])}), key=lambda b: int(b["id"])
            )
            if body["published"] and body["post_to_sis"]
        ]
        groups = {group["id"]: group for group in self._store.documents("assignment_groups")}
        sections = {c["id"]: self._store.documents("sections", {"a": str(c["id"])}) for c in courses}
        with_students = "student_overrides" in listed(call, "include")

        def shown(row: tuple[Body, Body]) -> Body:
            course, body = row
            group = groups[body["assignment_group_id"]]
            return sis_assignment_json(
                body, group, course, sections[course["id"]], with_students=with_students
            )

        return paged(call, rows, shown)
