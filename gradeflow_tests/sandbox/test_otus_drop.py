"""An Otus export follows the published contract to the letter, and edits leave it complete."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from gradeflow.sandbox.otus_drop import drop, edit
from gradeflow.sandbox.oulad import districts
from gradeflow.sandbox.oulad_files import packaged_grades
from gradeflow.sandbox.small_school import small_school
from gradeflow.sandbox.wire import EditError

AT = dt.datetime.fromisoformat("2014-06-29T03:30:00-05:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    drop(tmp_path, small_school(), AT)
    return tmp_path


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_headers_are_exactly_those_of_the_contract(folder):
    assessments, scores = ((folder / f"{n}.csv").read_bytes() for n in ("assessments", "scores"))
    assert assessments.split(b"\r\n")[0].decode() == (
        "assessment_id,title,type,section_sis_id,grading_scale,total_points,include_in_final_grade,"
        "assigned_date,due_date,assigned_by_user_id,assigned_by_sis_id"
    )
    assert scores.split(b"\r\n")[0].decode() == (
        "assessment_id,section_sis_id,student_sis_id,completion_status,submission_status,points_earned,due_date"
    )


def test_the_last_file_counts_the_rows_of_the_others(folder):
    told = json.loads((folder / "complete.json").read_text(encoding="utf-8"))
    assert told == {"exported_at": AT.isoformat(), "assessments": 14, "scores": 84}
    assert (len(rows(folder, "assessments")), len(rows(folder, "scores"))) == (14, 84)
    assert sorted(path.name for path in folder.iterdir()) == [
        "assessments.csv",
        "complete.json",
        "scores.csv",
    ]


def test_an_assessment_has_a_row_per_section_with_its_dates_and_assigner(folder):
    found = {(row["assessment_id"], row["section_sis_id"]): row for row in rows(folder, "assessments")}
    assert found["502", "m9-01"]["due_date"] == "2026-09-25"
    assert found["502", "m9-02"]["due_date"] == "2026-09-28"
    assert found["508", "m9-02"]["assigned_by_sis_id"] == "t-300"
    assert found["503", "m9-01"]["grading_scale"] == "Standards"
    assert found["506", "sci-01"]["total_points"] == "10.5"
    assert ("506", "m9-01") not in found


def test_a_score_shows_its_state_in_the_words_of_otus(folder):
    found = {
        (row["assessment_id"], row["student_sis_id"]): (
            row["completion_status"],
            row["submission_status"],
            row["points_earned"],
        )
        for row in rows(folder, "scores")
    }
    assert found["501", "s-001"] == ("Graded", "On Time", "9")
    assert found["501", "s-003"] == ("Graded", "Late", "8")
    assert found["501", "s-004"] == ("Not Started", "", "")
    assert found["501", "s-002"][1:] == ("Excluded", "")
    assert found["507", "s-002"] == ("Turned In", "On Time", "")


def test_real_grades_are_all_dropped_with_a_row_for_every_blank(tmp_path):
    school = districts(packaged_grades())[1][2]
    drop(tmp_path, school, AT)
    scores = rows(tmp_path, "scores")
    assert len(scores) == len(school.students) * len(school.assignments)
    states = Counter(row["completion_status"] for row in scores)
    assert states["Not Started"] == len(scores) - len(school.scores)
    assert sum(float(row["points_earned"] or 0) for row in scores) == sum(
        s.points or 0 for s in school.scores
    )


def test_an_edit_changes_matching_rows_and_drops_a_complete_export(folder):
    later = AT + dt.timedelta(days=1)
    changes = [
        {
            "file": "scores",
            "match": {"assessment_id": "501", "student_sis_id": "s-001"},
            "set": {"points_earned": 4.5},
        },
        {"file": "assessments", "match": {"assessment_id": "501"}, "set": {"title": 'Ratios, "again"'}},
        {"file": "scores", "match": {"student_sis_id": "s-012"}, "set": None},
    ]
    assert edit(folder, changes, later) == 1 + 2 + 6
    (changed,) = [
        r for r in rows(folder, "scores") if (r["assessment_id"], r["student_sis_id"]) == ("501", "s-001")
    ]
    assert changed["points_earned"] == "4.5"
    titles = {r["title"] for r in rows(folder, "assessments") if r["assessment_id"] == "501"}
    assert titles == {'Ratios, "again"'}
    told = json.loads((folder / "complete.json").read_text(encoding="utf-8"))
    assert (told["exported_at"], told["scores"]) == (later.isoformat(), 78)


@pytest.mark.parametrize(
    "change",
    [
        {"file": "grades", "match": {}, "set": {}},
        {"file": "scores", "match": {"student": "s-001"}, "set": {"points_earned": 1}},
        {"file": "scores", "match": {"student_sis_id": "nobody"}, "set": {"points_earned": 1}},
        {"file": "scores", "match": {}},
    ],
)
def test_an_edit_that_fits_nothing_changes_nothing(folder, change):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    good = {"file": "scores", "match": {"student_sis_id": "s-001"}, "set": {"points_earned": 1}}
    with pytest.raises(EditError):
        edit(folder, [good, change])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_export_that_was_interrupted_does_not_look_complete(folder):
    (folder / "scores.csv.tmp").mkdir()
    with pytest.raises(OSError, match="directory"):
        drop(folder, small_school(), AT)
    assert not (folder / "complete.json").exists()
