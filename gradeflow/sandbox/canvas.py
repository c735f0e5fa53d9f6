"""A Canvas, as a practice LMS: what a third party reads of its gradebooks, over REST and the SIS route.

How it shows things is `canvas_assignments` and `canvas_submissions`, its manners are `canvas_request`, how it
is filled is `canvas_fill`, how teachers change it from outside is `canvas_edit`.

Source: Canvas REST documentation and open source; read in November 2026.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.canvas_assignments import assignment_json, sis_assignment_json
from gradeflow.sandbox.canvas_edit import edit_canvas
from gradeflow.sandbox.canvas_request import (
    answered,
    authorize,
    failed,
    flag,
    listed,
    missing,
    paged,
    sis_key,
)
from gradeflow.sandbox.canvas_submissions import Seat, submissions_of
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, AnsweredError, Call, Endpoint

Shown = tuple[Any, dict[str, str]]
View = Callable[[Call], Shown]
Body = dict[str, Any]

MAX_STUDENTS = 100
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})")
_KINDS = {"course": ("courses", "a"), "section": ("sections", "b"), "user": ("users", "a")}


class CanvasServer:
    """One practice Canvas."""

    base_path = ""

    def __init__(self, store: Store, clock: Clock, *, token: str) -> None:
        self.store = store
        self.clock = clock
        self._token = token
        self._zone = ZoneInfo(store.setting("timezone") or "UTC")

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""
        table: list[tuple[str, View]] = [
            ("/api/v1/sections/{section}/students/submissions", self._section_submissions),
            ("/api/v1/courses/{course}/students/submissions", self._course_submissions),
            ("/api/sis/accounts/{account}/assignments", self._sis_account),
            ("/api/sis/courses/{course}/assignments", self._sis_course),
            ("/api/v1/courses/{course}/assignments", self._assignments),
            ("/api/v1/courses/{course}/assignments/{assignment}", self._assignment),
            ("/api/v1/courses/{course}/assignments/{assignment}/overrides", self._overrides),
            ("/api/v1/courses/{course}/assignment_groups", self._groups),
            ("/api/v1/courses/{course}/grading_periods", self._periods),
            ("/api/v1/courses/{course}/sections", self._sections),
            ("/api/v1/courses/{course}/enrollments", self._course_enrollments),
            ("/api/v1/sections/{section}/enrollments", self._section_enrollments),
            ("/api/v1/sections/{section}", self._section),
            ("/api/v1/courses/{course}", self._course),
            ("/api/v1/accounts/{account}/terms", self._terms),
            ("/api/v1/accounts/{account}/courses", self._courses),
            ("/api/v1/accounts/{account}", self._account),
        ]
        return [Endpoint("GET", template, self._guarded(view)) for template, view in table]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change a submission or an assignment as a teacher would: see `canvas_edit.edit_canvas`."""
        edit_canvas(self.store, self.clock, edit)

    def expire_tokens(self) -> None:
        """Nothing to forget: an access token is one for ever, so the fault itself refuses the call."""

    def no_route(self, path: str) -> Answer:
        """Answer for an address that Canvas does not have."""
        return missing().answer

    def _guarded(self, view: View) -> Callable[[Call], Answer]:
        def answer(call: Call) -> Answer:
            has_rights = authorize(call, self._token)
            payload, headers = view(call)
            return answered(payload, has_sis_rights=has_rights, headers=headers)

        return answer

    # ---- the account and its courses -------------------------------------------------------------------

    def _account(self, call: Call) -> Shown:
        self._check_account(call)
        shown = {"id": 1, "name": "Practice", "workflow_state": "active", "parent_account_id": None}
        return {**shown, "root_account_id": None, "sis_account_id": None, "sis_import_id": None}, {}

    def _terms(self, call: Call) -> Shown:
        self._check_account(call)
        terms, headers = paged(call, self.store.documents("terms"), _same)
        return {"enrollment_terms": terms}, headers

    def _courses(self, call: Call) -> Shown:
        self._check_account(call)
        return paged(call, self.store.documents("courses"), _same)

    def _course(self, call: Call) -> Shown:
        return self._found(call, "course"), {}

    def _section(self, call: Call) -> Shown:
        return self._found(call, "section"), {}

    def _sections(self, call: Call) -> Shown:
        course = self._found(call, "course")
        return paged(call, self.store.documents("sections", {"a": str(course["id"])}), _same)

    def _groups(self, call: Call) -> Shown:
        course = str(self._found(call, "course")["id"])
        assignments = self.store.documents("assignments", {"a": course})

        def shown(group: Body) -> Body:
            if "assignments" not in listed(call, "include"):
                return group
            mine = [a for a in assignments if a["assignment_group_id"] == group["id"]]
            rendered = [self._assignment_json(call, body, i) for i, body in enumerate(mine, 1)]
            return {**group, "assignments": rendered, "any_assignment_in_closed_grading_period": False}

        return paged(call, self.store.documents("assignment_groups", {"a": course}), shown)

    def _periods(self, call: Call) -> Shown:
        course = self._found(call, "course")
        now = _utc_text(self.clock.now())

        def shown(period: Body) -> Body:
            rights = {"read": True, "update": False, "create": False, "delete": False}
            return {**period, "is_closed": period["close_date"] < now, "permissions": rights}

        periods = self.store.documents("grading_periods", {"a": str(course["id"])})
        page, headers = paged(call, periods, shown)
        return {"grading_periods": page}, headers

    # ---- enrollments -----------------------------------------------------------------------------------

    def _course_enrollments(self, call: Call) -> Shown:
        return self._enrollments(call, {"c": str(self._found(call, "course")["id"])})

    def _section_enrollments(self, call: Call) -> Shown:
        return self._enrollments(call, {"a": str(self._found(call, "section")["id"])})

    def _enrollments(self, call: Call, by: Mapping[str, str]) -> Shown:
        states = set(listed(call, "state")) or {"active", "invited"}
        types = set(listed(call, "type")) | set(listed(call, "role"))
        rows = [
            body
            for body in self.store.documents("enrollments", by)
            if self._state(body) in states and (not types or body["role"] in types)
        ]
        return paged(call, rows, self._enrollment_json)

    def _enrollment_json(self, body: Body) -> Body:
        keys = ("id", "course_id", "course_section_id", "user_id", "role")
        return {
            **{key: body[key] for key in keys},
            "type": body["role"],
            "enrollment_state": self._state(body),
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

    def _state(self, enrollment: Body) -> str:
        today = self.clock.now().astimezone(self._zone).date().isoformat()
        ends = enrollment["end"]
        return "completed" if enrollment["is_concluded"] or (ends and ends <= today) else "active"

    # ---- assignments -----------------------------------------------------------------------------------

    def _assignments(self, call: Call) -> Shown:
        course = self._found(call, "course")
        rows = self.store.documents("assignments", {"a": str(course["id"])})
        if "post_to_sis" in call.query:
            rows = [body for body in rows if body["post_to_sis"] == flag(call, "post_to_sis")]
        wanted = set(listed(call, "assignment_ids"))
        rows = [body for body in rows if not wanted or str(body["id"]) in wanted]
        numbered = list(enumerate(rows, 1))
        return paged(call, numbered, lambda row: self._assignment_json(call, row[1], row[0]))

    def _assignment(self, call: Call) -> Shown:
        return self._assignment_json(call, self._found_assignment(call), 1), {}

    def _overrides(self, call: Call) -> Shown:
        return paged(call, self._found_assignment(call)["overrides"], _same)

    def _assignment_json(self, call: Call, body: Body, position: int) -> Body:
        return assignment_json(
            body,
            includes=set(listed(call, "include")),
            overridden_dates=flag(call, "override_assignment_dates", default=True),
            position=position,
        )

    def _sis_account(self, call: Call) -> Shown:
        self._check_account(call)
        before, after = call.query.get("starts_before"), call.query.get("ends_after")
        courses = [
            course
            for course in self.store.documents("courses")
            if (before is None or course["start_at"] < before) and (after is None or course["end_at"] > after)
        ]
        return self._sis_assignments(call, [c for c in courses if c["workflow_state"] == "available"])

    def _sis_course(self, call: Call) -> Shown:
        course = self._found(call, "course")
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
                self.store.documents("assignments", {"a": str(course["id"])}), key=lambda b: int(b["id"])
            )
            if body["published"] and body["post_to_sis"]
        ]
        groups = {group["id"]: group for group in self.store.documents("assignment_groups")}
        sections = {c["id"]: self.store.documents("sections", {"a": str(c["id"])}) for c in courses}
        with_students = "student_overrides" in listed(call, "include")

        def shown(row: tuple[Body, Body]) -> Body:
            course, body = row
            group = groups[body["assignment_group_id"]]
            return sis_assignment_json(
                body, group, course, sections[course["id"]], with_students=with_students
            )

        return paged(call, rows, shown)

    # ---- submissions -----------------------------------------------------------------------------------

    def _section_submissions(self, call: Call) -> Shown:
        section = self._found(call, "section")
        return self._submissions(call, section["course_id"], {"a": str(section["id"])})

    def _course_submissions(self, call: Call) -> Shown:
        course = self._found(call, "course")
        return self._submissions(call, course["id"], {"c": str(course["id"])})

    def _submissions(self, call: Call, course: int, by: Mapping[str, str]) -> Shown:
        """Show submissions of students: grouped by student, or one by one and then without any section."""
        seats = self._seats(call, by)
        assignments = self._submitted_to(call, course)
        keep = _submission_filter(call)
        show = _field_selection(call)
        now = self.clock.now()

        def of(seat: Seat) -> list[Body]:
            found = submissions_of(self.store, seat, assignments, now)
            return [show(submission) for submission in found if keep(submission)]

        if not flag(call, "grouped"):
            flat = [submission for seat in seats for submission in of(seat)]
            return paged(call, flat, _same, tells_last=False)

        def grouped(seat: Seat) -> Body:
            ids = {"user_id": seat.user, "section_id": seat.section, "sis_user_id": seat.sis_user_id}
            return {**ids, "integration_id": None, "submissions": of(seat)}

        return paged(call, seats, grouped, tells_last=False)

    def _seats(self, call: Call, by: Mapping[str, str]) -> list[Seat]:
        asked = listed(call, "student_ids")
        if len(asked) > MAX_STUDENTS:
            raise failed(400, "too many students")
        state = {"active": "active", "concluded": "completed"}.get(call.query.get("enrollment_state", ""))
        wanted = {self._user(text) for text in asked if text != "all"}
        seats: dict[int, Seat] = {}
        rows = [b for b in self.store.documents("enrollments", by) if b["role"] == "StudentEnrollment"]
        # One seat per student: of several sections of a course Canvas chooses one, an active one first
        for body in sorted(rows, key=lambda b: self._state(b) != "active"):
            is_asked = "all" in asked or body["user_id"] in wanted
            if is_asked and state in {None, self._state(body)}:
                seat = Seat(body["user_id"], body["course_section_id"], body["sis_user_id"])
                seats.setdefault(seat.user, seat)
        return [seats[user] for user in sorted(seats)]

    def _user(self, text: str) -> int | None:
        key = sis_key(text, "user")
        if key is None:
            return int(text) if text.isdigit() else None
        found = self.store.documents("users", {"a": key})
        return found[0]["id"] if found else None

    def _submitted_to(self, call: Call, course: int) -> list[Body]:
        wanted = set(listed(call, "assignment_ids"))
        only_selected = flag(call, "post_to_sis")
        return [
            body
            for body in self.store.documents("assignments", {"a": str(course)})
            if body["published"]
            and (body["post_to_sis"] or not only_selected)
            and (not wanted or str(body["id"]) in wanted)
        ]

    # ---- ids -------------------------------------------------------------------------------------------

    def _check_account(self, call: Call) -> None:
        if call.params["account"] not in {"1", "self"}:
            raise missing()

    def _found(self, call: Call, kind: str) -> Body:
        collection, lookup = _KINDS[kind]
        text = call.params[kind]
        key = sis_key(text, kind)
        if key is None:
            found = self.store.get(collection, text)
        else:
            found = next(iter(self.store.documents(collection, {lookup: key})), None)
        if found is None:
            raise missing()
        return found

    def _found_assignment(self, call: Call) -> Body:
        course = self._found(call, "course")
        found = self.store.get("assignments", call.params["assignment"])
        if found is None or found["course_id"] != course["id"]:
            raise missing()
        return found


def _same(body: Body) -> Body:
    return body


def _utc_text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _submission_filter(call: Call) -> Callable[[Body], bool]:
    state = call.query.get("workflow_state")
    graded, submitted = _since(call, "graded_since"), _since(call, "submitted_since")

    def keep(submission: Body) -> bool:
        return (
            (state is None or submission["workflow_state"] == state)
            and (graded is None or (submission["graded_at"] or "") > graded)
            and (submitted is None or (submission["submitted_at"] or "") > submitted)
        )

    return keep


def _since(call: Call, name: str) -> str | None:
    text = call.query.get(name)
    if text is None:
        return None
    if not _INSTANT.fullmatch(text):
        raise failed(400, f"Invalid datetime for {name}")
    return _utc_text(dt.datetime.fromisoformat(text))


def _field_selection(call: Call) -> Callable[[Body], Body]:
    only, without = set(listed(call, "response_fields")), set(listed(call, "exclude_response_fields"))

    def show(submission: Body) -> Body:
        return {k: v for k, v in submission.items() if (not only or k in only) and k not in without}

    return show
