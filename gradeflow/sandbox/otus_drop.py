"""A practice Otus: Otus has no API, so it is a folder into which an export is dropped, and edited.

The published file contract: UTF-8, RFC 4180, one header line with exactly these names.

| file | one row per | columns |
|---|---|---|
| assessments.csv | assessment and section | ASSESSMENT_COLUMNS |
| scores.csv | assessment, section and student of the section | SCORE_COLUMNS |
| complete.json | written last, removed first | exported_at, assessments, scores: the numbers of rows |

Dates are YYYY-MM-DD, truth is `true` or `false`, an empty cell is unknown or none. `grading_scale` is Points
or Standards; `completion_status` Not Started, In Progress, Turned In or Graded; `submission_status` On Time,
Late, Missing, Excused, Excluded or empty; an empty `assigned_by_sis_id` is a user unknown to the SIS.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradeflow.sandbox.practice import Practice
from gradeflow.sandbox.school import Assignment, School, Score
from gradeflow.sandbox.wire import EditError

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
)
COLUMNS = {"assessments": ASSESSMENT_COLUMNS, "scores": SCORE_COLUMNS}
COMPLETE = "complete.json"
Row = dict[str, str]


def drop(folder: Path, school: School, exported_at: dt.datetime) -> None:
    """Write a whole export of a School."""
    rows = {"assessments": list(_assessments(school)), "scores": list(_scores(school))}
    _write(folder, rows, exported_at)


def edit(folder: Path, edits: Sequence[Mapping[str, Any]], exported_at: dt.datetime | None = None) -> int:
    """Change rows of the last export as teachers would, and drop it anew.

    Args:
        folder: where the export lies.
        edits: each `{"file": "scores", "match": {column: value}, "set": {column: value}}`; `"set": null`
            removes the rows.
        exported_at: when the new export is made; the last one's time by default.

    Returns:
        How many rows were changed.

    Raises:
        EditError: a file or column is unknown, or an edit matches no row. Nothing is changed then.
    """
    rows = {name: _read(folder, name) for name in COLUMNS}
    last = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))["exported_at"]
    changed = sum(_apply(rows, change) for change in edits)
    _write(folder, rows, exported_at or dt.datetime.fromisoformat(last))
    return changed


def _assessments(school: School) -> Iterator[Row]:
    for assignment in school.assignments:
        for section in school.sections:
            if not school.has(assignment, section):
                continue
            dates = next((d for d in assignment.overrides if d.section == section.id), assignment)
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
    found = {(score.assignment, score.student): score for score in school.scores}
    for assignment in school.assignments:
        for section in school.sections:
            if not school.has(assignment, section):
                continue
            for student in section.students:
                key = {
                    "assessment_id": assignment.id,
                    "section_sis_id": section.id,
                    "student_sis_id": student,
                }
                yield {**key, **_state(assignment, found.get((assignment.id, student)))}


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


def _apply(rows: dict[str, list[Row]], change: Mapping[str, Any]) -> int:
    if set(change) != {"file", "match", "set"} or change["file"] not in COLUMNS:
        msg = f"an edit has the keys file ({', '.join(COLUMNS)}), match and set"
        raise EditError(msg)
    name, match, values = change["file"], change["match"], change["set"]
    unknown = sorted((set(match) | set(values or {})) - set(COLUMNS[name]))
    if unknown:
        msg = f"{name} has no column {', '.join(unknown)}; allowed: {', '.join(COLUMNS[name])}"
        raise EditError(msg)
    found = [row for row in rows[name] if all(row[column] == str(value) for column, value in match.items())]
    if not found:
        msg = f"no row of {name} matches {dict(match)}"
        raise EditError(msg)
    if values is None:
        rows[name] = [row for row in rows[name] if row not in found]
    for row in found:
        row |= {column: str(value) for column, value in (values or {}).items()}
    return len(found)


def _read(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _write(folder: Path, rows: Mapping[str, list[Row]], exported_at: dt.datetime) -> None:
    """Replace the export; while `complete.json` is away a reader knows that it must wait."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMPLETE).unlink(missing_ok=True)
    for name, columns in COLUMNS.items():
        partial = folder / f"{name}.csv.tmp"
        with partial.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, columns)
            writer.writeheader()
            writer.writerows(rows[name])
        partial.replace(folder / f"{name}.csv")
    told = {"exported_at": exported_at.isoformat(), **{name: len(rows[name]) for name in COLUMNS}}
    partial = folder / f"{COMPLETE}.tmp"
    partial.write_text(json.dumps(told) + "\n", encoding="utf-8")
    partial.replace(folder / COMPLETE)


PRACTICES = (
    Practice(
        kind="otus",
        side="lms",
        label="Otus",
        secrets=(),
        settings=lambda spec: {"folder": spec.drop},
        fill=lambda spec, school, clock: drop(spec.drop, school, clock.now()),
        serve=None,
    ),
)
