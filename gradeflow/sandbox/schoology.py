"""A Schoology, as a practice LMS: what an app of the school reads of its gradebooks, over REST.

Views are `schoology_roster` and `schoology_gradebook`, many reads in one call `schoology_multiget`, its manners
`schoology_request`; `schoology_fill` fills it, `schoology_edit` is what teachers and the office do.

Calls are signed (`signatures`) over the address that their `Host` names, as RFC 5849 has it. Since 25 June 2025 a
personal key is answered 401 where the data are another user's; here that is the key with `-personal` behind it,
and the same secret.

Source: developers.schoology.com, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import School
from gradeflow.sandbox.schoology_edit import edit_schoology
from gradeflow.sandbox.schoology_fill import fill_schoology
from gradeflow.sandbox.schoology_gradebook import GradebookViews
from gradeflow.sandbox.schoology_multiget import Multiget
from gradeflow.sandbox.schoology_numbers import item_id
from gradeflow.sandbox.schoology_request import failed, missing, rendered, unsigned
from gradeflow.sandbox.schoology_roster import Directory, RosterViews, View
from gradeflow.sandbox.signatures import SignatureRefusedError, Signatures, encoded
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, Call, Endpoint

PERSONAL = "-personal"
_METHODS = ("HMAC-SHA1", "PLAINTEXT")


class SchoologyServer:
    """One practice Schoology."""

    base_path = "/v1"

    def __init__(self, store: Store, clock: Clock, *, key: str, secret: str) -> None:
        self.store = store
        self.clock = clock
        self._app = Signatures(key, secret, _METHODS)
        self._person = Signatures(key + PERSONAL, secret, _METHODS)
        self._person_key = f'"{encoded(key + PERSONAL)}"'

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""
        directory = Directory(self.store, self.clock)
        roster, gradebook = RosterViews(directory), GradebookViews(directory)
        section = "/v1/sections/{section}"
        views: dict[str, View] = {
            f"{section}/grades": gradebook.grades,
            f"{section}/grade_items": gradebook.grade_items,
            f"{section}/submissions/{{item}}/": gradebook.submissions,
            f"{section}/submissions/{{item}}": gradebook.submissions,
            f"{section}/submissions/{{item}}/{{user}}": gradebook.submission,
            f"{section}/enrollments": roster.enrollments,
            f"{section}/enrollments/{{enrollment}}": roster.enrollment,
            f"{section}/assignments": gradebook.assignments,
            f"{section}/assignments/{{assignment}}": gradebook.assignment,
            f"{section}/grading_categories": gradebook.categories,
            f"{section}/grading_categories/{{category}}": gradebook.category,
            f"{section}/grading_scales": gradebook.scales,
            f"{section}/grading_groups": gradebook.groups,
            f"{section}/grading_periods": roster.section_periods,
            "/v1/sections/ext/{code:path}": roster.section_by_code,
            section: roster.section,
            "/v1/sections": roster.sections,
            "/v1/courses": roster.courses,
            "/v1/courses/{course}/sections": roster.course_sections,
            "/v1/courses/{course}": roster.course,
            "/v1/users/me": roster.me,
            "/v1/users/ext/{code:path}": roster.user_by_id,
            "/v1/users/{user}/sections": roster.user_sections,
            "/v1/users/{user}": roster.user,
            "/v1/users": roster.users,
            "/v1/gradingperiods": roster.periods,
            "/v1/gradingperiods/{period}": roster.period,
            "/v1/schools": roster.schools,
        }
        of_others = {roster.users, roster.user, roster.enrollments, roster.enrollment}
        of_others |= {gradebook.grades, gradebook.submissions, gradebook.submission}
        guarded = {path: self._for_apps(view) if view in of_others else view for path, view in views.items()}
        many = Endpoint("POST", "/v1/multiget", self._signed(Multiget(guarded).answer))
        return [many, *(Endpoint("GET", path, self._signed(view)) for path, view in guarded.items())]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change a gradebook or a roster as a person would: see `schoology_edit.edit_schoology`."""
        edit_schoology(self.store, self.clock, edit)

    def expire_tokens(self) -> None:
        """Nothing to forget: a key and its secret are one for ever, so the fault itself refuses the call."""

    def no_route(self, path: str) -> Answer:
        """Answer for an address that Schoology does not have."""
        return missing().answer

    def _signed(self, view: View) -> Callable[[Call], Answer]:
        def answer(call: Call) -> Answer:
            if "expire_tokens" in call.altered:
                raise unsigned("consumer_key_unknown")
            try:
                (self._person if self._is_personal(call) else self._app).check(call)
            except SignatureRefusedError as refusal:
                problem = refusal.problem
            else:
                return rendered(call, view(call))
            raise unsigned(problem)

        return answer

    def _for_apps(self, view: View) -> View:
        def shown(call: Call) -> dict[str, Any]:
            if self._is_personal(call):
                raise failed(401, "Personal API keys cannot access the data of other users.")
            return view(call)

        return shown

    def _is_personal(self, call: Call) -> bool:
        return self._person_key in call.headers.get("authorization", "")


def _fill(spec: ServerSpec, school: School, clock: Clock) -> None:
    with closing(spec.store()) as store:
        fill_schoology(store, school)


def _serve(spec: ServerSpec, clock: Clock) -> SchoologyServer:
    key, secret = spec.secrets["consumer_key"], spec.secrets["consumer_secret"]
    return SchoologyServer(spec.store(), clock, key=key, secret=secret)


PRACTICES = (
    Practice(
        kind="schoology",
        side="lms",
        label="Schoology",
        secrets=("consumer_key", "consumer_secret"),
        settings=lambda spec: {
            "base_url": f"{spec.origin}/v1",
            "consumer_key": Secret("consumer_key"),
            "consumer_secret": Secret("consumer_secret"),
        },
        fill=_fill,
        serve=_serve,
        item_id=item_id,
    ),
)
