"""What adding a learning platform and an SIS costs: one file each and a line that names it, in another package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradeflow_tests.routes.added.servers import State, serving

AS_OF = "2026-10-05T03:30:00-05:00"
ENTRY_POINTS = """\
[gradeflow.lms]
chalkboard = chalkboard:CONNECTOR

[gradeflow.sis]
slate = slate:CONNECTOR
"""
BOOK = {
    "items": [
        {
            "id": "a1",
            "section": "0901",
            "title": "Ratios",
            "category": "Homework",
            "points": 10,
            "assigned": "2026-09-14T13:00:00Z",
            "due": "2026-09-19T04:59:00Z",
        }
    ],
    "scores": [
        {"item": "a1", "section": "0901", "student": "007", "points": 8.75},
        {"item": "a1", "section": "0901", "student": "008", "points": None},
    ],
}
ROSTER = {
    "sections": [{"section_id_sis": "0901", "is_active": True}],
    "periods": [
        {
            "period_id_sis": "q1",
            "title": "Quarter 1",
            "start_date": "2026-08-31",
            "end_date": "2026-11-08",
        }
    ],
    "categories": [{"category_id_sis": "hw", "title": "Homework", "is_active": True}],
    "students": [{"student_id_sis": key, "is_active": True} for key in ("007", "008")],
    "enrolments": [
        {"student_id_sis": key, "section_id_sis": "0901", "begin_date": "2026-08-31", "is_active": True}
        for key in ("007", "008")
    ],
    "teachers": [],
    "class_teachers": [],
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Install a package of two files: a folder on the path with its metadata beside it."""
    place = tmp_path / "site"
    info = place / "added-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: added\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    for name in ("chalkboard", "slate"):
        shutil.copy(Path(__file__).parent / "added" / f"{name}.py", place)
    return place


@pytest.fixture
def state() -> State:
    return State(json.loads(json.dumps(BOOK)), ROSTER)


@pytest.fixture
def home(tmp_path: Path, state: State) -> Iterator[Path]:
    place = tmp_path / "home"
    (place / "districts").mkdir(parents=True)
    with serving(state) as address:
        system = {"base_url": address, "token": {"env": "TOKEN_OF_THE_TEST"}}
        district = {
            "district": "lincoln",
            "timezone": "America/Chicago",
            "lms": {"kind": "chalkboard", **system},
            "sis": {"kind": "slate", **system},
            "passback": {"first_load": {"approved_by": "j.doe", "on": "2026-08-31"}},
        }
        (place / "districts" / "lincoln.yaml").write_text(yaml.safe_dump(district))
        (place / "gradeflow.yaml").write_text("partitions: {start: 2026-08-01, grain: month}\n")
        yield place


def run(home: Path, package: Path | None, *arguments: str) -> tuple[int, dict[str, Any], str]:
    path = {} if package is None else {"PYTHONPATH": str(package)}
    done = subprocess.run(
        [sys.executable, "-m", "gradeflow", *arguments, "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"GRADEFLOW_HOME": str(home), "TOKEN_OF_THE_TEST": "t"} | path,
        timeout=120,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def test_two_files_of_another_package_join_a_new_platform_to_a_new_sis(
    home: Path, package: Path, state: State
) -> None:
    code, document, said = run(home, package, "sync", "lincoln", "--as-of", AS_OF)
    assert (code, document["districts"][0]["results"]["created"]) == (0, 1), (document, said)
    (item,) = state.items.values()
    (score,) = state.scores.values()
    assert (item["title"], item["section"], item["category"], item["due"]) == (
        "Ratios",
        "0901",
        "hw",
        "2026-09-18",
    )
    assert (score["student"], score["points"]) == ("007", 8.75)

    before = state.writes
    assert run(home, package, "sync", "lincoln", "--as-of", AS_OF)[0] == 0
    assert state.writes == before

    state.book["scores"][0]["points"] = 9
    assert run(home, package, "sync", "lincoln", "--as-of", AS_OF)[0] == 0
    assert state.writes == before + 1
    assert next(iter(state.scores.values()))["points"] == 9


def test_added_systems_stand_in_the_matrix_of_routes(home: Path, package: Path) -> None:
    document = run(home, package, "routes")[1]
    assert {"lms": "chalkboard", "sis": "slate", "rules": "derived"} in document["routes"]
    assert {"lms": "canvas", "sis": "slate", "rules": "derived"} in document["routes"]


def test_without_the_package_the_kind_is_refused_with_those_there_are(home: Path) -> None:
    code, _, said = run(home, None, "sync", "lincoln", "--as-of", AS_OF)
    assert code == 2
    assert "chalkboard" in said
    assert "canvas" in said
