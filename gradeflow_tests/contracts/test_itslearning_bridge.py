"""The bridge from itslearning's numbers to the SIS's ids: broken, missing or of another year, it is never guessed."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from gradeflow.errors import SourceDataError
from gradeflow_tests.contracts.itslearning_calls import USER_5004, read, refusal, result


class Bridge:
    """A bridge that can be written wrongly."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = Path(shutil.copytree(source, folder))

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def write(self, name: str, rows: list[dict[str, str]]) -> None:
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture
def bridge(itslearning: Any, tmp_path: Path) -> Bridge:
    return Bridge(itslearning.spec.drop, tmp_path / "bridge")


def test_a_bridge_of_another_year_is_no_empty_gradebook(itslearning: Any, bridge: Bridge) -> None:
    rows = bridge.rows("courses")
    bridge.write("courses", [row | {"CourseId": f"9{row['CourseId']}"} for row in rows])
    assert refusal(itslearning, SourceDataError, bridge=bridge.folder).code == "BRIDGE_MISMATCH"


def test_grades_of_people_whom_the_bridge_does_not_know_are_counted(itslearning: Any, bridge: Bridge) -> None:
    bridge.write("users", [row for row in bridge.rows("users") if row["sis_id"] != USER_5004])
    extract = itslearning.run(read, bridge=bridge.folder)
    graded = [score for score in itslearning.school.scores if score.student == USER_5004]
    assert extract.left_out == {"STUDENT_WITHOUT_SIS_ID": len(graded)}
    assert USER_5004 not in set(extract.results.student_id_sis)


def test_a_merged_course_without_seats_is_told_and_nothing_concluded(
    itslearning: Any, bridge: Bridge
) -> None:
    (bridge.folder / "members.csv").unlink()
    extract = itslearning.run(read, bridge=bridge.folder)
    assert extract.incomplete_sections == {"0901", "0902,1"}
    assert extract.left_out == {"STUDENT_SECTION_UNKNOWN": 12 * 5}
    assert set(extract.results.section_id_sis) == {"0901", "0902,1", "sci-01"}  # the copies have one each
    told = itslearning.run(lambda system: system.check(), bridge=bridge.folder)[1]
    assert (told.passed, "members.csv" in told.detail) == (False, True)


def test_columns_of_the_site_can_be_the_bridge(itslearning: Any) -> None:
    columns = {
        "section": "CourseCode",
        "user": "UserName",
        "student_profiles": ["3"],
        "passback_enabled": True,
    }
    extract = itslearning.run(read, bridge=columns)
    assert set(extract.line_items.section_id_sis) == {"math-9", "sci-9"}
    assert result(extract, student="user5004").score_e4 == 90_000
    assert "user5001" not in set(extract.results.student_id_sis)
    error = refusal(itslearning, SourceDataError, bridge={**columns, "section": "ExternalCourseId"})
    assert "Courses has no column ExternalCourseId" in str(error)


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("courses", "CourseId", ""),
        ("courses", "passback_enabled", "yes"),
        ("users", "role", "Student"),
        ("users", "sis_id", ""),
        ("members", "section_sis_id", ""),
    ],
)
def test_a_broken_bridge_names_file_line_and_column(
    itslearning: Any, bridge: Bridge, name: str, column: str, value: str
) -> None:
    rows = bridge.rows(name)
    rows[1][column] = value
    bridge.write(name, rows)
    error = refusal(itslearning, SourceDataError, bridge=bridge.folder)
    assert f"{name}.csv, line 3, column {column}: " in str(error)


def test_two_people_with_one_id_are_not_guessed_apart(itslearning: Any, bridge: Bridge) -> None:
    rows = bridge.rows("users")
    rows[4]["sis_id"] = rows[3]["sis_id"]
    bridge.write("users", rows)
    assert "users.csv, line 6, column sis_id" in str(
        refusal(itslearning, SourceDataError, bridge=bridge.folder)
    )


def test_a_missing_bridge_says_what_to_export(itslearning: Any, tmp_path: Path) -> None:
    error = refusal(itslearning, SourceDataError, bridge=tmp_path / "nowhere")
    assert (error.code, "lms.bridge" in str(error)) == ("BRIDGE_MISSING", True)
