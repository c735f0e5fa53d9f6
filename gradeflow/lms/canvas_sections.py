"""Reading the students and scores of one SIS section, whole or only what changed since the last reading.

Per section, because at course level a student in two sections is ambiguous.

Source: canvas.instructure.com/doc/api (Enrollments, Submissions, Pagination), read 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradeflow.errors import OutsideError
from gradeflow.lms.canvas_account import refuse_missing_sis_keys
from gradeflow.lms.canvas_records import LABEL, Course, Record, Row, Section, invalid
from gradeflow.lms.canvas_since import digest_of, since_params
from gradeflow.lms.canvas_submissions import SectionScores, Student, section_scores, students_of
from gradeflow.lms.records import is_of_one, once_each
from gradeflow.lms.since import Last
from gradeflow.transport.http import HttpClient
from gradeflow.transport.together import together

Pairs = list[tuple[str, str]]

# Without the states Canvas leaves out those who have left, who would then look like strangers.
SEATS: Pairs = [
    ("type[]", "StudentEnrollment"),
    *(("state[]", state) for state in ("active", "invited", "completed", "inactive")),
]
SUBMISSION_FIELDS = (
    *(
        "assignment_id",
        "user_id",
        "score",
        "grade",
        "workflow_state",
        "submitted_at",
        "graded_at",
        "posted_at",
    ),
    *("excused", "missing", "late", "grade_matches_current_submission", "grading_period_id"),
    *("cached_due_date", "attempt"),
)
WORK: Pairs = [
    ("student_ids[]", "all"),
    ("grouped", "true"),
    *(("response_fields[]", name) for name in SUBMISSION_FIELDS),
]


@dataclass(frozen=True, slots=True)
class SectionRead:
    """One section as read.

    Attributes:
        scores: all of them, or only those that changed where it `is_overlaid` on the last reading.
        digest: what its results hang on beside grading.
    """

    section: Section
    scores: SectionScores
    digest: str
    is_overlaid: bool


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of Canvas, read to their end."""

    http: HttpClient
    page_size: int

    async def read(self, path: str, params: Pairs | None = None, key: str = "id") -> list[Record]:
        """Read one list, each record once; `key` holds what tells them apart.

        Raises:
            OutsideError: a page did not come; the pages before it are not the list.
        """
        pairs = [*(params or []), ("per_page", str(self.page_size))]
        found: list[Record] = []
        async for page in self.http.pages(path, pairs):
            found += records(page.body)
        return once_each(LABEL, found, key)


def records(body: Any) -> list[Record]:
    """Take an answer for a list of records.

    Raises:
        SourceDataError: it is none.
    """
    if isinstance(body, list) and all(isinstance(one, dict) for one in body):
        return body
    raise invalid("an answer that is no list of records")


async def read_section(
    lists: Lists, course: Course, section: Section, last: Last | None
) -> SectionRead | OutsideError:
    """Read one section's students and scores; a section that stays out of reach is given, not raised."""
    try:
        if last is None:
            enrolments, work = await together([_enrolments(lists, section), _work(lists, section)])
            digest = digest_of(course, section, enrolments)
        else:
            enrolments = await _enrolments(lists, section)
            digest = digest_of(course, section, enrolments)
            changed = await _changed(lists, course, section, students_of(enrolments), last, digest)
            if changed is not None:
                return SectionRead(section, changed, digest, is_overlaid=True)
            work = await _work(lists, section)
    except OutsideError as error:
        if not is_of_one(error):
            raise
        return error
    scores = section_scores(work, students_of(enrolments), section, course.scored(section))
    return SectionRead(section, scores, digest, is_overlaid=False)


async def _changed(
    lists: Lists, course: Course, section: Section, students: dict[str, Student], last: Last, digest: str
) -> SectionScores | None:
    """Read what changed; None where that would not be all that changed."""
    if not last.fits(section.id_sis, digest):
        return None
    graded, submitted = await together(
        _work(lists, section, since_params(name, last.since)) for name in ("graded_since", "submitted_since")
    )
    wanted = course.scored(section)
    found: dict[tuple[str, str], Row] = {}
    for answer in (graded, submitted):
        for row in section_scores(answer, students, section, wanted).rows:
            # What is in both answers and differs was changed between them: neither is sure to be the later.
            if found.setdefault((row["lms_assignment_id"], row["student_id_sis"]), row) != row:
                return None
    return SectionScores(list(found.values())) if last.holds(section.id_sis, found) else None


async def _enrolments(lists: Lists, section: Section) -> list[Record]:
    found = await lists.read(f"/api/v1/sections/{section.id_lms}/enrollments", SEATS)
    refuse_missing_sis_keys([{**(one.get("user") or {}), **one} for one in found], "sis_user_id")
    return found


async def _work(lists: Lists, section: Section, since: Pairs | None = None) -> list[Record]:
    return await lists.read(
        f"/api/v1/sections/{section.id_lms}/students/submissions", [*WORK, *(since or [])], key="user_id"
    )
