"""Reading of Canvas only what was graded or handed in since the last reading; `since` lays it over that one.

Canvas filters submissions by `graded_since` and `submitted_since`, but what it tells so is a hint: taking a
grade back, a missing mark that comes by the clock and posting need not move either instant. So a section is
read anew where anything else of it changed, and everything is read anew every few days, or where the last
reading does not fit.

Source: canvas.instructure.com/doc/api (Submissions) and submissions_api_controller.rb, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from gradeflow.lms.canvas_records import Course, Record, Section, id_text
from gradeflow.lms.since import digest_of_parts

# Canvas's servers and databases are several, and its instants whole seconds.
OVERLAP = dt.timedelta(minutes=5)
# What a student's result hangs on beside grading: who has it, until when, and how it is graded and shown.
RESULT_FIELDS = (
    *("id", "published", "workflow_state", "only_visible_to_overrides", "overrides", "due_at", "unlock_at"),
    *("lock_at", "grading_type", "grading_standard_id", "points_possible", "submission_types"),
    *("post_manually", "muted", "anonymous_grading", "group_category_id"),
    "grade_group_students_individually",
)


def digest_of(course: Course, section: Section, enrolments: Iterable[Record]) -> str:
    """Name everything of a section that its results hang on beside grading."""
    assignments = {
        key: {name: one.get(name) for name in RESULT_FIELDS} for key, one in course.scored(section).items()
    }
    seats = sorted(
        [id_text(one, "user_id"), str(one.get("sis_user_id")), str(one.get("enrollment_state"))]
        for one in enrolments
        if one.get("type") == "StudentEnrollment"
    )
    return digest_of_parts([section.id_lms, assignments, seats])


def since_params(name: str, since: dt.datetime) -> list[tuple[str, str]]:
    """Ask for what is strictly later; Canvas wants ISO 8601 with a zone."""
    return [(name, since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))]
