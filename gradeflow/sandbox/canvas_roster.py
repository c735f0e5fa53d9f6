"""Canvas's account, courses, sections, grading periods and enrollments."""

from __future__ import annotations

from collections.abc import Mapping

from gradeflow.sandbox.canvas_directory import Body, Directory, Shown, same
from gradeflow.sandbox.canvas_request import listed, paged
from gradeflow.sandbox.wire import Call


class RosterViews:
    """The views of who and where."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._store = directory.store

    def account(self, call: Call) -> Shown:
        """GET accounts/:id."""
        self._directory.check_account(call)
        shown = {"id": 1, "name": "Practice", "workflow_state": "active", "parent_account_id": None}
        return {**shown, "root_account_id": None, "sis_account_id": None, "sis_import_id": None}, {}

    def terms(self, call: Call) -> Shown:
        """GET accounts/:id/terms."""
        self._directory.check_account(call)
        terms, headers = paged(call, self._store.documents("terms"), same)
        return {"enrollment_terms": terms}, headers

    def courses(self, call: Call) -> Shown:
        """GET accounts/:id/courses."""
        self._directory.check_account(call)
        return paged(call, self._store.documents("courses"), same)

    def course(self, call: Call) -> Shown:
        """GET courses/:id."""
        return self._directory.found(call, "course"), {}

    def section(self, call: Call) -> Shown:
        """GET sections/:id."""
        return self._directory.found(call, "section"), {}

    def sections(self, call: Call) -> Shown:
        """GET courses/:id/sections."""
        course = self._directory.found(call, "course")
        return paged(call, self._store.documents("sections", {"a": str(course["id"])}), same)

    def periods(self, call: Call) -> Shown:
        """GET courses/:id/grading_periods; closed or not by the clock."""
        course = self._directory.found(call, "course")
        now = self._directory.now_text()

        def shown(period: Body) -> Body:
            rights = {"read": True, "update": False, "create": False, "delete": False}
            return {**period, "is_closed": period["close_date"] < now, "permissions": rights}

        periods = self._store.documents("grading_periods", {"a": str(course["id"])})
        page, headers = paged(call, periods, shown)
        return {"grading_periods": page}, headers

    def course_enrollments(self, call: Call) -> Shown:
        """GET courses/:id/enrollments."""
        return self._enrollments(call, {"c": str(self._directory.found(call, "course")["id"])})

    def section_enrollments(self, call: Call) -> Shown:
        """GET sections/:id/enrollments."""
        return self._enrollments(call, {"a": str(self._directory.found(call, "section")["id"])})

    def _enrollments(self, call: Call, by: Mapping[str, str]) -> Shown:
        states = set(listed(call, "state")) or {"active", "invited"}
        types = set(listed(call, "type")) | set(listed(call, "role"))
        rows = [
            body
            for body in self._store.documents("enrollments", by)
            if self._directory.state(body) in states and (not types or body["role"] in types)
        ]
        return paged(call, rows, self._enrollment_json)

    def _enrollment_json(self, body: Body) -> Body:
        keys = ("id", "course_id", "course_section_id", "user_id", "role")
        return {
            **{key: body[key] for key in keys},
            "type": body["role"],
            "enrollment_state": self._directory.state(body),
            "sis_course_id": body["sis_course_id"],
            "sis_section_id": body["sis_section_id"],
            "section_integration_id": None,
            "sis_user_id": body["sis_user_id"],
            "sis_import_id": 1,
            "limit_privileges_to_course_section": False,
            "start_at": None,
            "end_at": None,
            "updated_at": None,
        }
