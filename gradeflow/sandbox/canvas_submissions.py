"""How Canvas shows submissions: one for every student of every assignment, also where nothing happened.

`late` and `missing` are never stored: Canvas computes them from the due date that holds for the student, and
`missing` from the clock and from whether the assignment takes anything in online.

Source: Canvas REST documentation (Submissions) and the serializer of its open source (`submission`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradeflow.sandbox.canvas_dates import Audience, due_for, is_visible, period_of
from gradeflow.sandbox.store import Store

UNSUBMITTED: Mapping[str, Any] = {
    "score": None,
    "grade": None,
    "excused": False,
    "submitted_at": None,
    "graded_at": None,
    "posted_at": None,
    "late_policy_status": None,
    "workflow_state": "unsubmitted",
    "grade_matches_current_submission": True,
}
ONLINE = frozenset({"online_upload", "online_quiz", "discussion_topic", "online_text_entry"})


@dataclass(frozen=True, slots=True)
class Seat:
    """A student in a section.

    Attributes:
        section: the one that is shown; `audience` holds all that the student has in the course.
    """

    user: int
    section: int
    sis_user_id: str | None
    audience: Audience


@dataclass(frozen=True, slots=True)
class Manner:
    """What submissions are shown by: the clock, and the grading periods of the course."""

    now: dt.datetime
    periods: list[dict[str, Any]]


def submissions_of(
    store: Store, seat: Seat, assignments: list[dict[str, Any]], by: Manner
) -> list[dict[str, Any]]:
    """Show a student's submissions to those of the assignments that are for the student, in their order."""
    stored = {body["assignment_id"]: body for body in store.documents("submissions", {"b": str(seat.user)})}
    return [
        _submission_json(stored.get(assignment["id"], UNSUBMITTED), assignment, seat, by)
        for assignment in assignments
        if is_visible(assignment, seat.audience)
    ]


def _submission_json(
    body: Mapping[str, Any], assignment: Mapping[str, Any], seat: Seat, by: Manner
) -> dict[str, Any]:
    due = due_for(assignment, seat.audience)
    period = period_of(due, by.periods)
    submitted = body["submitted_at"]
    policy = body["late_policy_status"]
    # Instants are all written alike, in UTC: their texts compare as they do
    is_late = submitted is not None and due is not None and submitted > due
    kind = assignment["submission_types"][0]
    is_past = due is not None and due < by.now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    is_missing = is_past and submitted is None and kind in ONLINE and not body["excused"]
    return {
        "id": assignment["id"] * 100_000 + seat.user,
        "assignment_id": assignment["id"],
        "user_id": seat.user,
        "score": body["score"],
        "grade": body["grade"],
        "entered_score": body["score"],
        "entered_grade": body["grade"],
        "points_deducted": None,
        "excused": body["excused"],
        "late": policy == "late" if policy else is_late,
        "missing": policy == "missing" if policy else is_missing,
        "seconds_late": _seconds(due, submitted) if is_late else 0,
        "late_policy_status": policy,
        "workflow_state": body["workflow_state"],
        "submitted_at": submitted,
        "graded_at": body["graded_at"],
        "posted_at": body["posted_at"],
        "grader_id": 1 if body["graded_at"] else None,
        "grade_matches_current_submission": body.get("grade_matches_current_submission", True),
        "grading_period_id": None if period is None else int(period["id"]),
        "cached_due_date": due,
        "attempt": body.get("attempt", 1) if submitted else None,
        "extra_attempts": None,
        "redo_request": False,
        "custom_grade_status_id": None,
        "submission_type": kind if submitted and kind in ONLINE else None,
        "body": None,
        "url": None,
    }


def _seconds(due: str | None, submitted: str) -> int:
    if due is None:
        return 0
    span = dt.datetime.fromisoformat(submitted) - dt.datetime.fromisoformat(due)
    return int(span.total_seconds())
