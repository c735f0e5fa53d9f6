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

from gradeflow.sandbox.canvas_assignments import due_in, has_section
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
}
ONLINE = frozenset({"online_upload", "online_quiz", "discussion_topic", "online_text_entry"})


@dataclass(frozen=True, slots=True)
class Seat:
    """A student in a section."""

    user: int
    section: int
    sis_user_id: str


def submissions_of(
    store: Store, seat: Seat, assignments: list[dict[str, Any]], now: dt.datetime
) -> list[dict[str, Any]]:
    """Show a student's submissions to those of the assignments that the section has, in their order."""
    stored = {body["assignment_id"]: body for body in _stored(store, seat)}
    return [
        _submission_json(stored.get(assignment["id"], UNSUBMITTED), assignment, seat, now)
        for assignment in assignments
        if has_section(assignment, seat.section)
    ]


def _stored(store: Store, seat: Seat) -> list[dict[str, Any]]:
    return store.documents("submissions", {"b": str(seat.user)})


def _submission_json(
    body: Mapping[str, Any], assignment: Mapping[str, Any], seat: Seat, now: dt.datetime
) -> dict[str, Any]:
    due = due_in(assignment, seat.section)
    submitted = body["submitted_at"]
    policy = body["late_policy_status"]
    # Instants are all written alike, in UTC: their texts compare as they do
    is_late = submitted is not None and due is not None and submitted > due
    kind = assignment["submission_types"][0]
    is_past = due is not None and due < now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
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
        "grade_matches_current_submission": True,
        "grading_period_id": None,
        "cached_due_date": due,
        "attempt": 1 if submitted else None,
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
