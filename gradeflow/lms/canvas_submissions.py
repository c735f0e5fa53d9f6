"""Canvas's enrolments and submissions of one section, mapped to rows of RESULTS; no request is made here.

Source: instructure/canvas-lms lib/api/v1/submission.rb and submissions_api_controller.rb, read 2026-11 for
facts only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradeflow.lms.canvas_records import Record, Row, Section, due_in, flag, id_text, instant, invalid
from gradeflow.model.points import parse_count, parse_decimal, parse_e4

# An invitation that nobody has opened yet is a seat all the same.
_ENROLMENT_STATES = {
    "active": True,
    "invited": True,
    "creation_pending": True,
    "completed": False,
    "inactive": False,
    "rejected": False,
    "deleted": False,
}


@dataclass(slots=True)
class Student:
    """One student's seat in a section: the SIS id where the SIS made the user, and whether it is active."""

    id_sis: str | None
    is_active: bool | None


@dataclass(slots=True)
class SectionScores:
    """Rows of one section and how many of its submissions have no student whom the SIS knows.

    Attributes:
        periods: grading periods that Canvas gave work, by assignment and due date: it tags each student's work
            by the date that holds for the student, and no assignment.
    """

    rows: list[Row] = field(default_factory=list)
    strangers: int = 0
    periods: dict[tuple[str, dt.datetime | None], set[str]] = field(default_factory=dict)

    def period_of(self, assignment: Record, section: Section) -> str | None:
        """Give the grading period of a section's work by its own due date; None where there is no one period."""
        found = self.periods.get((id_text(assignment), due_in(assignment, section)), set())
        return next(iter(found)) if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class DueDates:
    """Due dates of a section as a whole, and which assignments have others for some of its students.

    Attributes:
        of_section: by assignment.
        named: assignments with dates for students or groups of them.
    """

    of_section: Mapping[str, dt.datetime | None]
    named: frozenset[str]

    @classmethod
    def of(cls, section: Section, assignments: Mapping[str, Record]) -> DueDates:
        """Take them from the assignments' overrides."""
        whole = ("course_section_id", "course_id")
        return cls(
            {key: due_in(one, section) for key, one in assignments.items()},
            frozenset(
                key
                for key, one in assignments.items()
                if any(all(each.get(name) is None for name in whole) for each in one.get("overrides") or ())
            ),
        )

    def own(self, submission: Record) -> Row:
        """Give a student's own due date, where the one that Canvas holds the student to is not the section's.

        Canvas works that date out behind the scenes, some time after a date was changed. Where nobody is named, one
        that lies before the section's is such a left-over: of a student in two sections the later date counts.
        """
        if "cached_due_date" not in submission:
            return {}
        key, held_to = id_text(submission, "assignment_id"), instant(submission["cached_due_date"])
        due = self.of_section[key]
        if held_to == due:
            return {"has_own_due": False}
        is_earlier = held_to is not None and (due is None or held_to < due)
        if is_earlier and key not in self.named:
            return {}
        return {"has_own_due": True, "own_due_at": held_to}


def students_of(enrolments: Iterable[Record]) -> dict[str, Student]:
    """Map a section's enrolments by Canvas user id; an active seat wins over an ended one.

    Test students (StudentViewEnrollment) have no seat here, so their submissions find none.
    """
    students: dict[str, Student] = {}
    for record in enrolments:
        if record.get("type") != "StudentEnrollment":
            continue
        user = record.get("user")
        id_sis = record.get("sis_user_id") or (user.get("sis_user_id") if isinstance(user, dict) else None)
        is_active = _ENROLMENT_STATES.get(str(record.get("enrollment_state")))
        known = students.setdefault(
            id_text(record, "user_id"), Student(str(id_sis) if id_sis else None, is_active)
        )
        known.is_active = is_active or known.is_active
    return students


def section_scores(
    groups: Iterable[Record],
    students: Mapping[str, Student],
    section: Section,
    assignments: Mapping[str, Record],
) -> SectionScores:
    """Map grouped submissions of one section to RESULTS. Shape: one row per student and assignment.

    Args:
        groups: submissions by student, as Canvas groups them.
        students: the section's seats by Canvas user id.
        section: whose rows they become.
        assignments: those that count, by id.

    Raises:
        SourceDataError: a student's group holds no list of submissions.
    """
    scores, due = SectionScores(), DueDates.of(section, assignments)
    for group in groups:
        student = students.get(id_text(group, "user_id"))
        submissions = group.get("submissions")
        if not isinstance(submissions, list):
            raise invalid("submissions that are not grouped by student")
        wanted = [one for one in submissions if id_text(one, "assignment_id") in assignments]
        if student is None:
            continue
        if student.id_sis is None:
            scores.strangers += len(wanted)
            continue
        for one in wanted:
            if one.get("grading_period_id") is not None:
                place = (id_text(one, "assignment_id"), instant(one.get("cached_due_date")))
                scores.periods.setdefault(place, set()).add(id_text(one, "grading_period_id"))
        key = {"section_id_sis": section.id_sis, "student_id_sis": student.id_sis}
        scores.rows += [
            key | _result(one) | due.own(one) | {"is_enrolled": student.is_active} for one in wanted
        ]
    return scores


def _result(submission: Record) -> Row:
    # While a teacher still has to review a part of a quiz, Canvas gives the points of the other parts as score
    # and grade: no score yet, whatever a district's rules ask of one.
    is_partial = submission.get("workflow_state") == "pending_review"
    score, grade = (None, None) if is_partial else (submission.get("score"), submission.get("grade"))
    score_e4, is_excused = parse_e4(score), flag(submission.get("excused"))
    # Not by the state: work handed in again after grading is "submitted" and keeps its score, hidden or not.
    is_scored = score is not None or is_excused is True
    # The score of work that was handed in again is for what was there before: it waits to be graded again.
    is_current = submission.get("grade_matches_current_submission") is not False
    return {
        "lms_assignment_id": id_text(submission, "assignment_id"),
        "score_e4": score_e4,
        "score_text": _words_of(grade),
        "is_graded": submission.get("workflow_state") == "graded" and score_e4 is not None and is_current,
        "is_submitted": _is_submitted(submission),
        "is_excused": is_excused,
        "is_missing": flag(submission.get("missing")),
        "is_late": flag(submission.get("late")),
        "is_posted": submission.get("posted_at") is not None if is_scored else None,
        "graded_at": instant(submission.get("graded_at")),
        "attempt": parse_count(submission.get("attempt")) if is_current else None,
    }


def _is_submitted(submission: Record) -> bool | None:
    if submission.get("submitted_at") is not None:
        return True
    return False if submission.get("workflow_state") == "unsubmitted" else None


def _words_of(grade: Any) -> str | None:
    """Give a grade that is no number, such as B+ or complete; 85% is a number."""
    if not isinstance(grade, str) or not grade.strip():
        return None
    return None if parse_decimal(grade.strip().removesuffix("%")) is not None else grade
