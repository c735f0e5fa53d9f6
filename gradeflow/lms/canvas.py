"""Canvas over REST: the courses of an account, their assignments, and the scores of each SIS section.

The SIS assignments route says which courses Canvas itself would sync, and fails loudly where SIS export is
off. Dates and audience come from the course's own assignments with their overrides, because only there a
date that is not overridden is told from a date that is overridden with none; unticked and unpublished ones
are read too, so that a reason can be given. Scores are read per section: at course level a student in two
sections is ambiguous.

Who assigned something is not in this API: `assigned_by_*` stays unknown.

Source: canvas.instructure.com/doc/api (SIS Integration, Assignments, Submissions, Enrollments, Sections,
Pagination, Throttling) and the canvas-lms controllers behind it, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from pydantic import BaseModel

from gradeflow.errors import OutsideError, PermanentError, SourceDataError
from gradeflow.lms.canvas_account import (
    CanvasSettings,
    authorized,
    export_switched_off,
    refuse_hidden_overrides,
    refuse_missing_sis_keys,
)
from gradeflow.lms.canvas_extract import Reading, extract_of
from gradeflow.lms.canvas_pacing import Pacing
from gradeflow.lms.canvas_records import (
    LABEL,
    Course,
    Record,
    Section,
    dropping_of,
    id_text,
    sis_ref,
)
from gradeflow.lms.canvas_sections import Lists, Pairs, read_section, records
from gradeflow.lms.canvas_since import OVERLAP
from gradeflow.lms.since import Last, last_of, scope_of
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import (
    Calls,
    CheckResult,
    Connector,
    ConnectorContext,
    GradebookSource,
    no_previous,
)
from gradeflow.transport.address import installation_of
from gradeflow.transport.http import HttpClient
from gradeflow.transport.lanes import lanes_to
from gradeflow.transport.together import together

VERSION = 2  # of the mapping: what an older one read is not gone on from


@dataclass(slots=True)
class CanvasSource:
    """One Canvas account, open for reading."""

    settings: CanvasSettings
    system_id: str
    http: HttpClient
    pacing: Pacing
    calls: Calls
    previous: Callable[[], GradebookExtract | None] = no_previous

    async def check(self) -> list[CheckResult]:
        """Try the token, the right to SIS export and the right to SIS ids; one read each."""
        account = f"/accounts/{self.settings.account}"
        results: list[CheckResult] = []
        for name, work in (
            ("token and account", self.http.get(f"/api/v1{account}")),
            ("SIS export list", self._sis_list(page_size=1)),
            ("SIS ids of sections", self._first_sections()),
        ):
            if results and not results[-1].passed:
                work.close()
                continue
            try:
                await work
            except OutsideError as error:
                results.append(CheckResult(name, passed=False, detail=str(error)))
            else:
                results.append(CheckResult(name, passed=True, detail="readable"))
        return results

    async def read_gradebook(self) -> GradebookExtract:
        """Read all line items and results of the account.

        A section that is not there, or whose scores do not come after all retries, is named incomplete; nothing
        else is lost.

        Raises:
            CredentialError: the token, its rights, or (codes SIS_KEYS_MISSING, OVERRIDES_HIDDEN) the right to
                see SIS ids or dates.
            SourceDataError: an answer is not as documented.
            RetriableError: courses or assignments did not come, or no section's scores did.
            PermanentError: HTML, a wrong address, SIS export switched off.
        """
        self.pacing.begin()
        listed, selected = await together([self._courses(), self._sis_list()])
        states = {id_text(one): one.get("workflow_state") for one in listed}
        if not self.settings.terms:
            for one in selected:  # a course that the list missed, made between the two calls
                states.setdefault(id_text(one, "course_id"), "available")
        wanted = {key: state for key, state in states.items() if state != "deleted"}
        last = self._last()
        read = await together(
            self._course(key, is_published=state != "unpublished") for key, state in wanted.items()
        )
        refuse_missing_sis_keys([section for _, sections in read for section in sections], "sis_section_id")
        courses = [course for course, _ in read]
        refuse_hidden_overrides([one for course in courses for one in course.assignments])
        return await self._with_scores(courses, last)

    def _last(self) -> Last | None:
        days, now = self.settings.full_read_every_days, self.pacing.first_date
        if days is None or now is None:
            return None
        return last_of(self.previous(), self._scope(), now, dt.timedelta(days=days), OVERLAP)

    def _scope(self) -> str:
        ours = self.settings
        return scope_of(
            VERSION, self.system_id, ours.account, ours.starts_before, ours.ends_after, ours.terms
        )

    async def _with_scores(self, courses: list[Course], last: Last | None) -> GradebookExtract:
        places = [
            (course, section) for course in courses for section in course.sections if course.scored(section)
        ]
        parts = await together(read_section(self.lists, course, section, last) for course, section in places)
        lost = [part for part in parts if isinstance(part, OutsideError)]
        if parts and len(lost) == len(parts):
            raise lost[0]
        now = None if self.settings.full_read_every_days is None else self.pacing.first_date
        return extract_of(Reading(courses, places, parts, last, self._scope(), now))

    async def _courses(self) -> list[Record]:
        path = f"/api/v1/accounts/{self.settings.account}/courses"
        if not self.settings.terms:
            return await self.lists.read(path, self._window())
        asked = [[("enrollment_term_id", sis_ref("term", term))] for term in self.settings.terms]
        found = await together(self.lists.read(path, [*self._window(), *term]) for term in asked)
        return [course for courses in found for course in courses]

    async def _course(self, key: str, *, is_published: bool) -> tuple[Course, list[Record]]:
        base = f"/api/v1/courses/{key}"
        sections, groups, assignments = await together(
            [
                self.lists.read(f"{base}/sections"),
                self.lists.read(f"{base}/assignment_groups"),
                self.lists.read(
                    f"{base}/assignments",
                    [("include[]", "overrides"), ("override_assignment_dates", "false")],
                ),
            ]
        )
        routed = [one for one in sections if one.get("sis_section_id")]
        course = Course(
            id_lms=key,
            is_published=is_published,
            sections=tuple(Section(id_text(one), str(one["sis_section_id"])) for one in routed),
            sectionless=len(sections) - len(routed),
            assignments=tuple(assignments),
            groups={id_text(one): str(one.get("name") or "") for one in groups},
            dropping=dropping_of(groups),
        )
        return course, sections

    @property
    def lists(self) -> Lists:
        """Lists as this installation pages them."""
        return Lists(self.http, self.settings.page_size)

    async def _sis_list(self, page_size: int | None = None) -> list[Record]:
        path = f"/api/sis/accounts/{self.settings.account}/assignments"
        try:
            if page_size:
                return records(await self.http.get(path, [*self._window(), ("per_page", str(page_size))]))
            return await self.lists.read(path, self._window())
        except PermanentError as error:
            if error.status != 400:
                raise
        raise export_switched_off()

    async def _first_sections(self) -> list[Record]:
        courses = records(
            await self.http.get(f"/api/v1/accounts/{self.settings.account}/courses", [("per_page", "1")])
        )
        if not courses:
            raise SourceDataError(
                "the account has no courses: is account right?", system=LABEL, code="NO_COURSES"
            )
        sections = await self.lists.read(f"/api/v1/courses/{id_text(courses[0])}/sections")
        refuse_missing_sis_keys(sections, "sis_section_id")
        return sections

    def _window(self) -> Pairs:
        bounds = (("starts_before", self.settings.starts_before), ("ends_after", self.settings.ends_after))
        return [(name, at.isoformat()) for name, at in bounds if at is not None]


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
    if not isinstance(settings, CanvasSettings):
        msg = "canvas is opened with CanvasSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: CanvasSettings, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
    calls = Calls()
    vendor, auth = authorized(settings, context)
    in_flight = settings.max_in_flight or context.max_in_flight
    # Host and account name the installation. The port is part of it where it is unusual, so a Canvas that
    # moves to another address is another one unless the district file names it; the scheme and the token are not.
    system_id = settings.system_id or f"canvas:{installation_of(settings.base_url)}#{settings.account}"
    pacing = Pacing(lanes_to(settings.base_url))
    async with HttpClient(
        vendor, settings.base_url, auth, calls, max_in_flight=in_flight, transport=pacing
    ) as http:
        yield CanvasSource(settings, system_id, http, pacing, calls, context.previous)


CONNECTOR: Connector[GradebookSource] = Connector(
    kind="canvas",
    label=LABEL,
    settings=CanvasSettings,
    open=_open,
    evidence="documented",
    needs=(
        "A token of a user with the rights 'SIS Data - read', 'Grades - view all grades' and 'Assignments and"
        " Quizzes - edit' in the account; without the last Canvas hides the dates of sections.",
        "A SIS integration or the bulk SIS grade export, switched on in the account (by its administrator).",
    ),
    limits=(
        "Canvas does not tell who assigned something, nor when; available-from or creation stands for it.",
        "With full_read_every_days, a grade taken back, a missing mark that comes by the clock, an excuse or a"
        " posting may be seen only at the next full reading.",
    ),
    example="""\
  base_url: https://{name}.instructure.com   # your Canvas, without a path
  account: "1"                               # the account whose courses pass back
  token: {{env: {upper}_CANVAS_TOKEN}}         # of a user who may read SIS ids and all grades
  # developer_key: {{client_id: {{env: {upper}_CANVAS_ID}}, client_secret: {{env: {upper}_CANVAS_SECRET}},
  #   refresh_token: {{env: {upper}_CANVAS_REFRESH}}}}   # instead of token
  # full_read_every_days: 7                  # between these, read only what is new; absent: everything each time
""",
)
