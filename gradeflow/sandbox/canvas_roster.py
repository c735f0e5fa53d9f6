"""Canvas's account, courses, sections, grading periods, users and enrollments."""

from __future__ import annotations

from collections.abc import Mapping

from gradeflow.sandbox.canvas_directory import Body, Directory, Shown, same
from gradeflow.sandbox.canvas_request import listed, missing, paged
from gradeflow.sandbox.wire import Call

STATES = {"created", "claimed", "unpublished", "available", "completed"}


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
        """GET accounts/:id/courses: all but deleted ones, or those in the states, term and dates asked for."""
        self._directory.check_account(call)
        states = set(listed(call, "state")) or STATES
        asked = call.query.get("enrollment_term_id")
        term = None if asked is None else self._directory.term(asked)["id"]
        rows = [
            body
            for body in filter(self._directory.in_dates(call), self._store.documents("courses"))
            if body["workflow_state"] in states and term in {None, body["enrollment_term_id"]}
        ]
        return paged(call, rows, same)

    def users(self, call: Call) -> Shown:
        """GET accounts/:id/users."""
        self._directory.check_account(call)
        term = call.query.get("search_term", "").lower()
        rows = [
            body
            for body in self._store.documents("users")
            if any(term in str(body[key] or "").lower() for key in ("name", "login_id", "sis_user_id"))
        ]
        return paged(call, rows, same)

    def course_users(self, call: Call) -> Shown:
        """GET courses/:id/users: who is in a course now, by `enrollment_type[]`."""
        course = self._directory.found(call, "course")
        types = {f"{name.title()}Enrollment" for name in listed(call, "enrollment_type")}
        seats = self._store.documents("enrollments", {"c": str(course["id"])})
        keys = {
            str(body["user_id"])
            for body in seats
            if self._directory.state(body) == "active" and (not types or body["role"] in types)
        }
        return paged(call, [b for b in self._store.documents("users") if str(b["id"]) in keys], same)

    def user(self, call: Call) -> Shown:
        """GET users/:id."""
        return self._directory.found(call, "user"), {}

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
        page, headers = paged(call, self._directory.periods(str(course["id"])), same)
        return {"grading_periods": page}, headers

    def period(self, call: Call) -> Shown:
        """GET courses/:id/grading_periods/:id."""
        course = self._directory.found(call, "course")
        periods = self._directory.periods(str(course["id"]))
        found = [one for one in periods if one["id"] == call.params["period"]]
        if not found:
            raise missing()
        return {"grading_periods": found}, {}

    def account_periods(self, call: Call) -> Shown:
        """GET accounts/:id/grading_periods: each of them once, whatever courses use it."""
        self._directory.check_account(call)
        courses = self._store.documents("courses")
        periods = {one["id"]: one for c in courses for one in self._directory.periods(str(c["id"]))}
        page, headers = paged(call, list(periods.values()), same)
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
        user = self._store.get("users", str(body["user_id"]))
        return {
            **{key: body[key] for key in keys},
            "user": user,
            "type": body["role"],
            "enrollment_state": self._directory.state(body),
            "sis_course_id": body["sis_course_id"],
            "sis_section_id": body["sis_section_id"],
            "section_integration_id": None,
            "sis_user_id": body["sis_user_id"],
            "sis_import_id": body["sis_import_id"],
            "limit_privileges_to_course_section": False,
            "start_at": None,
            "end_at": None,
            "updated_at": None,
        }
