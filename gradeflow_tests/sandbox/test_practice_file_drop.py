"""The roster files of a practice SIS that is a folder."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gradeflow.sandbox.file_drop import COLUMNS
from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.server import running
from gradeflow.sandbox.small_school import small_school


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    (spec,) = specs_for(["file_drop"], home=tmp_path)
    with running([spec]):
        return spec.drop / "roster"


def test_every_file_has_the_columns_of_the_binding_and_an_id_once(roster: Path) -> None:
    for name, columns in COLUMNS.items():
        found = rows(roster / f"{name}.csv")
        assert tuple(found[0]) == columns
        assert len({row["sourcedId"] for row in found}) == len(found) > 0


def test_the_files_say_what_is_true_in_the_school(roster: Path) -> None:
    school = small_school()
    students = [row for row in rows(roster / "users.csv") if row["role"] == "student"]
    assert tuple(row["sourcedId"] for row in students) == school.students
    assert [row["identifier"] for row in students[:2]] == ["100001", "100002"]
    seats = [row for row in rows(roster / "enrollments.csv") if row["role"] == "student"]
    left = next(row for row in seats if row["userSourcedId"] == "s-006")
    assert (left["beginDate"], left["endDate"]) == ("2026-08-31", "2026-10-16")
    assert len(seats) == len(school.enrolments)
    lab = next(row for row in rows(roster / "categories.csv") if row["title"] == "Lab")
    assert lab["metadata.classId"] == "sci-01"


def test_nothing_is_dropped_by_filling(roster: Path) -> None:
    assert not (roster.parent / "drop").exists()
    assert not list(roster.glob("*.tmp"))
