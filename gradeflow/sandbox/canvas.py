"""A Canvas, as a practice LMS: what a third party reads of its gradebooks, over REST and the SIS route.

Views are `canvas_roster`, `canvas_gradebook` and `canvas_grades`, its manners `canvas_request`, `canvas_tokens`
and `canvas_throttle`, its objects `canvas_assignments`, `canvas_dates` and `canvas_submissions`; `canvas_fill`
fills it, `canvas_edit` is what teachers do, `canvas_edit_roster` what the office does.

Source: Canvas REST documentation and open source; read in November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from gradeflow.sandbox.canvas_directory import Directory, View
from gradeflow.sandbox.canvas_edit import edit_canvas
from gradeflow.sandbox.canvas_fill import fill_canvas
from gradeflow.sandbox.canvas_gradebook import GradebookViews
from gradeflow.sandbox.canvas_grades import GradeViews
from gradeflow.sandbox.canvas_request import answered, authorize, missing
from gradeflow.sandbox.canvas_roster import RosterViews
from gradeflow.sandbox.canvas_throttle import Throttle
from gradeflow.sandbox.canvas_tokens import KeyTokens
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, AnsweredError, Call, Endpoint


class CanvasServer:
    """One practice Canvas."""

    base_path = ""

    def __init__(self, store: Store, clock: Clock, *, token: str) -> None:
        self.store = store
        self.clock = clock
        self._token = token
        self._directory = Directory(store, clock)
        self._throttle = Throttle()
        self._keyed = KeyTokens(token)

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""
        roster, gradebook = RosterViews(self._directory), GradebookViews(self._directory)
        grades = GradeViews(self._directory)
        table: list[tuple[str, View]] = [
            ("/api/v1/sections/{section}/students/submissions", grades.section_submissions),
            ("/api/v1/courses/{course}/students/submissions", grades.course_submissions),
            ("/api/sis/accounts/{account}/assignments", gradebook.sis_account),
            ("/api/sis/courses/{course}/assignments", gradebook.sis_course),
            ("/api/v1/courses/{course}/assignments", gradebook.assignments),
            ("/api/v1/courses/{course}/assignments/overrides", gradebook.course_overrides),
            ("/api/v1/courses/{course}/assignments/{assignment}", gradebook.assignment),
            ("/api/v1/courses/{course}/assignments/{assignment}/overrides", gradebook.overrides),
            ("/api/v1/courses/{course}/assignment_groups", gradebook.groups),
            ("/api/v1/courses/{course}/grading_periods", roster.periods),
            ("/api/v1/courses/{course}/grading_periods/{period}", roster.period),
            ("/api/v1/courses/{course}/sections", roster.sections),
            ("/api/v1/courses/{course}/enrollments", roster.course_enrollments),
            ("/api/v1/sections/{section}/enrollments", roster.section_enrollments),
            ("/api/v1/courses/{course}/users", roster.course_users),
            ("/api/v1/courses/{course}/search_users", roster.course_users),
            ("/api/v1/sections/{section}", roster.section),
            ("/api/v1/courses/{course}", roster.course),
            ("/api/v1/accounts/{account}/terms", roster.terms),
            ("/api/v1/accounts/{account}/grading_periods", roster.account_periods),
            ("/api/v1/accounts/{account}/courses", roster.courses),
            ("/api/v1/accounts/{account}/users", roster.users),
            ("/api/v1/users/{user}", roster.user),
            ("/api/v1/accounts/{account}", roster.account),
        ]
        tokens = Endpoint("POST", "/login/oauth2/token", self._keyed.give)
        return [*(Endpoint("GET", template, self._guarded(view)) for template, view in table), tokens]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change what a teacher or the office would: see `canvas_edit.edit_canvas`.

        `{"collection": "throttle", "set": {...}}` changes the throttle: see `canvas_throttle`.
        """
        if set(edit) == {"collection", "set"} and edit["collection"] == "throttle":
            self._throttle.edit(edit["set"])
        else:
            edit_canvas(self.store, self.clock, edit)

    def expire_tokens(self) -> None:
        """Forget those of the developer key; a person's is one for ever, so the fault itself refuses the call."""
        self._keyed.expire()

    def no_route(self, path: str) -> Answer:
        """Answer for an address that Canvas does not have."""
        return missing().answer

    def _guarded(self, view: View) -> Callable[[Call], Answer]:
        def answer(call: Call) -> Answer:
            refused = self._throttle.admit()
            if refused is not None:
                return refused
            try:
                has_rights = authorize(call, self._token, self._keyed.valid())
                payload, headers = view(call)
            except AnsweredError as error:
                told = self._throttle.headers() | dict(error.answer.headers)
                raise AnsweredError(replace(error.answer, headers=told)) from None
            headers = self._throttle.headers() | headers
            return answered(payload, has_sis_rights=has_rights, headers=headers)

        return answer


def _fill(spec: ServerSpec, school: School, clock: Clock) -> None:
    with closing(spec.store()) as store:
        fill_canvas(store, school)


PRACTICES = (
    Practice(
        kind="canvas",
        side="lms",
        label="Canvas",
        secrets=("token",),
        settings=lambda spec: {"base_url": spec.origin, "account": "1", "token": Secret("token")},
        fill=_fill,
        serve=lambda spec, clock: CanvasServer(spec.store(), clock, token=spec.secrets["token"]),
    ),
)
