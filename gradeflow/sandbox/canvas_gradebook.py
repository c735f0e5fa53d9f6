"""Canvas's assignments: the REST lists, their groups and overrides, and the SIS integration route."""

from __future__ import annotations

from gradeflow.sandbox.canvas_assignments import assignment_json, sis_assignment_json
from gradeflow.sandbox.canvas_dates import all_due_dates, period_of
from gradeflow.sandbox.canvas_directory import Body, Directory, Shown, same
from gradeflow.sandbox.canvas_request import flag, listed, may_manage, paged
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
            is_any_closed = any(one["in_closed_grading_period"] for one in rendered)
            return {
                **group,
                "assignments": rendered,
                "any_assignment_in_closed_grading_period": is_any_closed,
            }

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

    def course_overrides(self, call: Call) -> Shown:
        """GET courses/:id/assignments/overrides: a batch, in the order asked for; null where there is none."""
        course = str(self._directory.found(call, "course")["id"])
        rows = self._store.documents("assignments", {"a": course})
        known = {(str(row["id"]), str(one["id"])): one for row in rows for one in row["overrides"]}
        asked = zip(
            (value for name, value in call.query.multi_items() if name.endswith("[assignment_id]")),
            (value for name, value in call.query.multi_items() if name.endswith("[id]")),
            strict=False,
        )
        return [known.get(pair) for pair in asked], {}

    def _assignment_json(self, call: Call, body: Body, position: int) -> Body:
        periods = self._directory.periods(str(body["course_id"]))
        dues = [period_of(due, periods) for due in all_due_dates(body)]
        shown = assignment_json(
            body,
            includes=set(listed(call, "include")),
            overridden_dates=flag(call, "override_assignment_dates", default=True),
            position=position,
            is_closed=any(period is not None and period["is_closed"] for period in dues),
        )
        if not may_manage(call):
            shown.pop("overrides", None)
        return shown

    def sis_account(self, call: Call) -> Shown:
        """GET /api/sis/accounts/:id/assignments, of the courses that lie in the dates asked for."""
        self._directory.check_account(call)
        courses = list(filter(self._directory.in_dates(call), self._store.documents("courses")))
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
        sections = {course["id"]: self._with_origins(course) for course in courses}
        students = None
        if "student_overrides" in listed(call, "include"):
            students = {user["id"]: user["sis_user_id"] for user in self._store.documents("users")}

        def shown(row: tuple[Body, Body]) -> Body:
            course, body = row
            group = groups[body["assignment_group_id"]]
            return sis_assignment_json(body, group, course, sections[course["id"]], students)

        return paged(call, rows, shown)

    def _with_origins(self, course: Body) -> list[tuple[Body, Body]]:
        """Give a course's sections, each with the course that it was made in."""
        sections = self._store.documents("sections", {"a": str(course["id"])})
        origins = (self._store.get("courses", str(one["nonxlist_course_id"])) for one in sections)
        return [(one, origin or course) for one, origin in zip(sections, origins, strict=True)]
