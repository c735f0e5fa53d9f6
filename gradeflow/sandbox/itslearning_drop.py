"""A practice itslearning that works by files: a folder into which an export is dropped, and edited.

The published file contract: UTF-8, RFC 4180, one header line with exactly these names.

| file | one row per | columns |
|---|---|---|
| items.csv | gradebook item and section | ITEM_COLUMNS |
| scores.csv | item, section and student of the section | SCORE_COLUMNS |
| complete.json | written last, removed first | exported_at, items, scores: the numbers of rows |

Dates are YYYY-MM-DD, truth is `true` or `false`, an empty cell is unknown or none. `scale` is Score or another
scale's name; `status` Not submitted, Submitted or Completed; `mark` Missing, Excused, Excluded or empty. Every
course is one of the SIS's and switched on; an item is tagged with the term in which its deadline falls, and
the category that its teacher chose is the SIS's category of its type, by its title.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradeflow.sandbox import drop_files
from gradeflow.sandbox.drop_files import Row
from gradeflow.sandbox.school import Assignment, School, Score

ITEM_COLUMNS = (
    "item_id",
    "title",
    "type",
    "section_sis_id",
    "category",
    "scale",
    "max_score",
    "term",
    "deadline",
    "course_from_sis",
    "passback_enabled",
    "created_by_user_id",
    "created_by_sis_id",
)
SCORE_COLUMNS = ("item_id", "section_sis_id", "student_sis_id", "status", "mark", "late", "score")
COLUMNS = {"items": ITEM_COLUMNS, "scores": SCORE_COLUMNS}

TYPES = {
    "online_upload": "Assignment",
    "online_quiz": "Test",
    "on_paper": "Task",
    "discussion_topic": "Discussion",
}
SCALES = {"points": "Score", "percent": "Percent", "letter_grade": "A-F", "pass_fail": "Pass/Fail"}


def drop(folder: Path, school: School, exported_at: dt.datetime) -> None:
    """Write a whole export of a School."""
    rows = {"items": list(_items(school)), "scores": list(_scores(school))}
    drop_files.write(folder, COLUMNS, rows, exported_at)


def edit(folder: Path, edits: Sequence[Mapping[str, Any]], exported_at: dt.datetime | None = None) -> int:
    """Change rows of the last export as teachers would, and drop it anew: see `drop_files.edit`."""
    return drop_files.edit(folder, COLUMNS, edits, exported_at)


def _items(school: School) -> Iterator[Row]:
    for assignment, section in school.places():
        due = assignment.dates_in(section.id).due
        term = school.period_of(due)
        maker = school.assigner(assignment.id, section)
        yield {
            "item_id": assignment.id,
            "title": assignment.title,
            "type": TYPES[assignment.submission],
            "section_sis_id": section.id,
            "category": _chosen(school, assignment),
            "scale": SCALES.get(assignment.grading, ""),
            "max_score": str(assignment.max_points),
            "term": "" if term is None else term.id,
            "deadline": "" if due is None else due.isoformat(),
            "course_from_sis": "true",
            "passback_enabled": "true",
            "created_by_user_id": f"its-{maker}",
            "created_by_sis_id": maker,
        }


def _chosen(school: School, assignment: Assignment) -> str:
    category = school.category_of.get(assignment.type)
    return next((one.title for one in school.categories if one.id == category), "")


def _scores(school: School) -> Iterator[Row]:
    for assignment, section, student, score in school.seats():
        key = {"item_id": assignment.id, "section_sis_id": section.id, "student_sis_id": student}
        yield {**key, **_state(assignment, score)}


def _state(assignment: Assignment, score: Score | None) -> Row:
    if score is None:
        return {"status": "Not submitted", "mark": "", "late": "", "score": ""}
    is_done = score.points is not None or score.text is not None or score.is_excused
    by_points = assignment.grading == "points"
    return {
        "status": "Completed" if is_done else "Submitted",
        "mark": "Excused" if score.is_excused else "",
        "late": "true" if score.is_late else "false",
        "score": str(score.points) if by_points and score.points is not None else "",
    }


PRACTICES = (drop_files.practice("itslearning_files", "itslearning, by files", drop),)
