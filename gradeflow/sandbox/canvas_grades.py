"""Canvas's submissions routes: whose, to what, grouped or one by one.

How one submission looks is `canvas_submissions`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping

from gradeflow.sandbox.canvas_dates import Audience
from gradeflow.sandbox.canvas_directory import Body, Directory, Shown, same, utc_text
from gradeflow.sandbox.canvas_request import failed, flag, listed, paged
from gradeflow.sandbox.canvas_submissions import Manner, Seat, submissions_of
from gradeflow.sandbox.wire import Call

MAX_STUDENTS = 100
# The test student of a course is a student to this route
STUDENTS = frozenset({"StudentEnrollment", "StudentViewEnrollment"})
STATES = {"active": frozenset({"active"}), "concluded": frozenset({"completed"})}
LISTED = frozenset({"active", "invited", "completed", "inactive"})
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})")


class GradeViews:
    """The views of who did what."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._store = directory.store

    def section_submissions(self, call: Call) -> Shown:
        """GET sections/:id/students/submissions."""
        section = self._directory.found(call, "section")
        return self._submissions(call, section["course_id"], {"a": str(section["id"])})

    def course_submissions(self, call: Call) -> Shown:
        """GET courses/:id/students/submissions."""
        course = self._directory.found(call, "course")
        return self._submissions(call, course["id"], {"c": str(course["id"])})

    def _submissions(self, call: Call, course: int, by: Mapping[str, str]) -> Shown:
        """Show submissions of students: grouped by student, or one by one and then without any section."""
        seats = self._seats(call, by, course)
        assignments = self._submitted_to(call, course)
        keep = _submission_filter(call)
        show = _field_selection(call)
        periods = self._store.documents("grading_periods", {"a": str(course)})
        shown = Manner(self._directory.clock.now(), periods)

        def of(seat: Seat) -> list[Body]:
            found = submissions_of(self._store, seat, assignments, shown)
            return [show(submission) for submission in found if keep(submission)]

        if not flag(call, "grouped"):
            flat = [submission for seat in seats for submission in of(seat)]
            return paged(call, flat, same, tells_last=False)

        def grouped(seat: Seat) -> Body:
            ids = {"user_id": seat.user, "section_id": seat.section, "sis_user_id": seat.sis_user_id}
            return {**ids, "integration_id": None, "submissions": of(seat)}

        return paged(call, seats, grouped, tells_last=False)

    def _seats(self, call: Call, by: Mapping[str, str], course: int) -> list[Seat]:
        asked = listed(call, "student_ids")
        if len(asked) > MAX_STUDENTS:
            raise failed(400, "too many students")
        states = STATES.get(call.query.get("enrollment_state", ""), LISTED)
        only_synced = flag(call, "post_to_sis")
        wanted = {self._directory.user(text) for text in asked if text != "all"}
        enrollments = [b for b in self._store.documents("enrollments", by) if b["role"] in STUDENTS]
        audiences = self._audiences(course)
        seats: dict[int, Seat] = {}
        # One seat per student: of several sections of a course Canvas chooses one, an active one first
        for body in sorted(enrollments, key=lambda b: self._directory.state(b) != "active"):
            user = body["user_id"]
            is_asked = ("all" in asked or user in wanted) and (body["sis_import_id"] or not only_synced)
            if is_asked and self._directory.state(body) in states:
                seat = Seat(user, body["course_section_id"], body["sis_user_id"], audiences[user])
                seats.setdefault(user, seat)
        return [seats[user] for user in sorted(seats)]

    def _audiences(self, course: int) -> dict[int, Audience]:
        """Tell of every student which sections and groups they have in a course."""
        sections: dict[int, set[int]] = {}
        for body in self._store.documents("enrollments", {"c": str(course)}):
            sections.setdefault(body["user_id"], set()).add(body["course_section_id"])
        groups: dict[int, set[int]] = {}
        for group in self._store.documents("groups"):
            for user in group["users"]:
                groups.setdefault(user, set()).add(group["id"])
        return {
            user: Audience(frozenset(own), user, frozenset(groups.get(user, ())))
            for user, own in sections.items()
        }

    def _submitted_to(self, call: Call, course: int) -> list[Body]:
        wanted = set(listed(call, "assignment_ids"))
        only_selected = flag(call, "post_to_sis")
        return [
            body
            for body in self._store.documents("assignments", {"a": str(course)})
            if body["published"]
            and (body["post_to_sis"] or not only_selected)
            and (not wanted or str(body["id"]) in wanted)
        ]


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
    return utc_text(dt.datetime.fromisoformat(text))


def _field_selection(call: Call) -> Callable[[Body], Body]:
    only, without = set(listed(call, "response_fields")), set(listed(call, "exclude_response_fields"))

    def show(submission: Body) -> Body:
        return {k: v for k, v in submission.items() if (not only or k in only) and k not in without}

    return show
