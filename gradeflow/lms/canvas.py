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

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from gradeflow.errors import (
    OutsideError,
    PermanentError,
    RetriableError,
    SourceDataError,
)
from gradeflow.lms.canvas_account import (
    VENDOR,
    CanvasSettings,
    export_switched_off,
    refuse_missing_sis_keys,
)
from gradeflow.lms.canvas_records import (
    LABEL,
    Course,
    Record,
    Row,
    Section,
    id_text,
    invalid,
    line_item_rows,
)
from gradeflow.lms.canvas_submissions import SectionScores, section_scores, students_of
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.address import installation_of
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow.transport.together import together

Pairs = list[tuple[str, str]]

SUBMISSION_FIELDS = (
    "assignment_id",
    "user_id",
    "score",
    "grade",
    "workflow_state",
    "submitted_at",
    "graded_at",
    "posted_at",
    "excused",
    "missing",
    "late",
)


@dataclass(slots=True)
class CanvasSource:
    """One Canvas account, open for reading."""

    settings: CanvasSettings
    system_id: str
    http: HttpClient
    calls: Calls

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

        A section whose scores do not come after all retries is named incomplete; nothing else is lost.

        Raises:
            CredentialError: the token, its rights, or (code SIS_KEYS_MISSING) the right to see SIS ids.
            SourceDataError: an answer is not as documented.
            RetriableError: courses or assignments did not come, or no section's scores did.
            PermanentError: HTML, a wrong address, SIS export switched off.
        """
        account = f"/api/v1/accounts/{self.settings.account}/courses"
        listed, selected = await together([self._list(account, self._window()), self._sis_list()])
        states = {id_text(one): one.get("workflow_state") for one in listed}
        for one in selected:  # a course that the list missed, made between the two calls
            states.setdefault(id_text(one, "course_id"), "available")
        wanted = {key: state for key, state in states.items() if state != "deleted"}
        read = await together(
            self._course(key, is_published=state != "unpublished") for key, state in wanted.items()
        )
        raw_sections = [section for _, sections in read for section in sections]
        refuse_missing_sis_keys(raw_sections, "sis_section_id")
        return await self._with_scores([course for course, _ in read])

    async def _with_scores(self, courses: list[Course]) -> GradebookExtract:
        places = [
            (course, section)
            for course in courses
            for section in course.sections
            if course.scored_ids(section)
        ]
        parts = await together(self._scores(course, section) for course, section in places)
        lost = [part for part in parts if isinstance(part, RetriableError)]
        if parts and len(lost) == len(parts):
            raise lost[0]
        rows: list[Row] = []
        left_out = {"SECTION_WITHOUT_SIS_ID": sum(one.sectionless * len(one.assignments) for one in courses)}
        for part in parts:
            if isinstance(part, SectionScores):
                rows += part.rows
                for code, count in part.left_out.items():
                    left_out[code] = left_out.get(code, 0) + count
        try:
            return GradebookExtract(
                line_items=frames.build(
                    frames.LINE_ITEMS, [row for course in courses for row in line_item_rows(course)]
                ),
                results=frames.build(frames.RESULTS, rows),
                incomplete_sections=frozenset(
                    section.id_sis
                    for (_, section), part in zip(places, parts, strict=True)
                    if isinstance(part, RetriableError)
                ),
                left_out={code: count for code, count in left_out.items() if count},
            )
        except ValueError as error:
            what = str(error)
        raise invalid(what if what.startswith("frame ") else "values that fit no frame")

    async def _course(self, key: str, *, is_published: bool) -> tuple[Course, list[Record]]:
        base = f"/api/v1/courses/{key}"
        sections, groups, assignments = await together(
            [
                self._list(f"{base}/sections"),
                self._list(f"{base}/assignment_groups"),
                self._list(
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
        )
        return course, sections

    async def _scores(self, course: Course, section: Section) -> SectionScores | RetriableError:
        """Read one section's students and scores; a section that stays out of reach is given, not raised."""
        base = f"/api/v1/sections/{section.id_lms}"
        # Without the states Canvas leaves out those who have left, who would then look like strangers.
        seats: Pairs = [("type[]", "StudentEnrollment")]
        seats += [("state[]", state) for state in ("active", "invited", "completed", "inactive")]
        work: Pairs = [("student_ids[]", "all"), ("grouped", "true")]
        work += [("response_fields[]", name) for name in SUBMISSION_FIELDS]
        try:
            enrolments, groups = await together(
                [self._list(f"{base}/enrollments", seats), self._list(f"{base}/students/submissions", work)]
            )
        except RetriableError as error:
            return error
        refuse_missing_sis_keys([{**(one.get("user") or {}), **one} for one in enrolments], "sis_user_id")
        return section_scores(groups, students_of(enrolments), section, course.scored_ids(section))

    async def _sis_list(self, page_size: int | None = None) -> list[Record]:
        path = f"/api/sis/accounts/{self.settings.account}/assignments"
        params = [("include[]", "student_overrides"), *self._window()]
        try:
            if page_size:
                return _records(await self.http.get(path, [*params, ("per_page", str(page_size))]))
            return await self._list(path, params)
        except PermanentError as error:
            if error.status != 400:
                raise
        raise export_switched_off()

    async def _first_sections(self) -> list[Record]:
        courses = _records(
            await self.http.get(f"/api/v1/accounts/{self.settings.account}/courses", [("per_page", "1")])
        )
        if not courses:
            raise SourceDataError(
                "the account has no courses: is account right?", system=LABEL, code="NO_COURSES"
            )
        sections = await self._list(f"/api/v1/courses/{id_text(courses[0])}/sections")
        refuse_missing_sis_keys(sections, "sis_section_id")
        return sections

    def _window(self) -> Pairs:
        bounds = (("starts_before", self.settings.starts_before), ("ends_after", self.settings.ends_after))
        return [(name, at.isoformat()) for name, at in bounds if at is not None]

    async def _list(self, path: str, params: Pairs | None = None) -> list[Record]:
        pairs = [*(params or []), ("per_page", str(self.settings.page_size))]
        records: list[Record] = []
        async for page in self.http.pages(path, pairs):
            records += _records(page.body)
        return records


def _records(body: Any) -> list[Record]:
    if isinstance(body, list) and all(isinstance(one, dict) for one in body):
        return body
    raise invalid("an answer that is no list of records")


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
    if not isinstance(settings, CanvasSettings):
        msg = "canvas is opened with CanvasSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: CanvasSettings, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
    calls = Calls()
    auth = bearer_token(context.read_secret(settings.token))
    in_flight = settings.max_in_flight or context.max_in_flight
    # Host and account name the installation. The port is part of it where it is unusual, so a Canvas that
    # moves to another address is another one unless the district file names it; the scheme and the token are not.
    system_id = settings.system_id or f"canvas:{installation_of(settings.base_url)}#{settings.account}"
    async with HttpClient(VENDOR, settings.base_url, auth, calls, max_in_flight=in_flight) as http:
        yield CanvasSource(settings=settings, system_id=system_id, http=http, calls=calls)


CONNECTOR: Connector[GradebookSource] = Connector(
    kind="canvas",
    label=LABEL,
    settings=CanvasSettings,
    open=_open,
    evidence="documented",
    limits=(
        "The token's user needs 'SIS Data - read' and 'Grades - view all grades' in the account.",
        "A SIS integration or the bulk SIS grade export must be on in the account.",
        "Canvas does not tell who assigned something, nor when; available-from or creation stands for it.",
    ),
    example="""\
  base_url: https://{name}.instructure.com   # your Canvas, without a path
  account: "1"                               # the account whose courses pass back
  token: {{env: {upper}_CANVAS_TOKEN}}         # of a user who may read SIS ids and all grades
""",
)
