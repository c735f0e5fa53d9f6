"""A practice Otus: Otus has no API, so it is a folder into which an export is dropped, and edited.

The published file contract: UTF-8, RFC 4180, one header line with exactly these names.

| file | one row per | columns |
|---|---|---|
| assessments.csv | assessment and section | ASSESSMENT_COLUMNS |
| scores.csv | assessment, section and student of the section | SCORE_COLUMNS |
| complete.json | written last, removed first | exported_at, assessments, scores: the numbers of rows |

Dates are YYYY-MM-DD, truth is `true` or `false`, an empty cell is unknown or none. `grading_scale` is Points
or Standards; `completion_status` Not Started, In Progress, Turned In or Graded; `submission_status` On Time,
Late, Missing, Excused, Excluded or empty; an empty `assigned_by_sis_id` is a user unknown to the SIS. A `due_date`
in scores.csv is the student's own, `none` where that student has no date at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradeflow.sandbox import drop_files
from gradeflow.sandbox.drop_files import Row
from gradeflow.sandbox.school import Assignment, School, Score

ASSESSMENT_COLUMNS = (
    "assessment_id",
    "title",
    "type",
    "section_sis_id",
    "grading_scale",
    "total_points",
    "include_in_final_grade",
    "assigned_date",
    "due_date",
    "assigned_by_user_id",
    "assigned_by_sis_id",
)
SCORE_COLUMNS = (
    "assessment_id",
    "section_sis_id",
    "student_sis_id",
    "completion_status",
    "submission_status",
    "points_earned",
    "due_date",
)
COLUMNS = {"assessments": ASSESSMENT_COLUMNS, "scores": SCORE_COLUMNS}


def drop(folder: Path, school: School, exported_at: dt.datetime) -> None:
    """Write a whole export of a School."""
    rows = {"assessments": list(_assessments(school)), "scores": list(_scores(school))}
    drop_files.write(folder, COLUMNS, rows, exported_at)


def edit(folder: Path, edits: Sequence[Mapping[str, Any]], exported_at: dt.datetime | None = None) -> int:
    """Change rows of the last export as teachers would, and drop it anew: see `drop_files.edit`."""
    return drop_files.edit(folder, COLUMNS, edits, exported_at)


def _assessments(school: School) -> Iterator[Row]:
    for assignment, section in school.places():
        dates = assignment.dates_in(section.id)
        assigner = school.assigner(assignment.id, section)
        yield {
            "assessment_id": assignment.id,
            "title": assignment.title,
            "type": assignment.type,
            "section_sis_id": section.id,
            "grading_scale": "Points" if assignment.grading == "points" else "Standards",
            "total_points": str(assignment.max_points),
            "include_in_final_grade": "true" if assignment.is_in_final_grade else "false",
            "assigned_date": dates.assigned.isoformat(),
            "due_date": "" if dates.due is None else dates.due.isoformat(),
            "assigned_by_user_id": f"otus-{assigner}",
            "assigned_by_sis_id": assigner,
        }


def _scores(school: School) -> Iterator[Row]:
    for assignment, section, student, score in school.seats():
        key = {"assessment_id": assignment.id, "section_sis_id": section.id, "student_sis_id": student}
        yield {**key, **_state(assignment, score), "due_date": ""}


def _state(assignment: Assignment, score: Score | None) -> Row:
    if score is None:
        return {"completion_status": "Not Started", "submission_status": "", "points_earned": ""}
    submission = "Late" if score.is_late else "On Time"
    if score.is_excused:
        submission = "Excluded"
    points = "" if score.points is None else str(score.points)
    is_graded = score.points is not None or assignment.grading != "points"
    completion = "Graded" if is_graded else "Turned In"
    return {"completion_status": completion, "submission_status": submission, "points_earned": points}


PRACTICES = (drop_files.practice("otus", "Otus", drop),)
