from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from gradeflow.errors import SourceDataError
from gradeflow.lms.file_source import FileSource
from gradeflow.lms.otus import CONNECTOR
from gradeflow.lms.otus_files import ASSESSMENT_COLUMNS, CONTRACT, SCORE_COLUMNS
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls
from gradeflow.transport.drop import DropReader, FolderShelf
from gradeflow_tests.lms.file_drops import FileDrop, Table

ASSESSMENT = dict(
    zip(
        ASSESSMENT_COLUMNS,
        ("7", "Cells, part 1", "Quiz", "007", "Points", "10", "true", "2026-10-01", "2026-10-05", "u1", "t1"),
        strict=True,
    )
)
SCORE = dict(zip(SCORE_COLUMNS, ("7", "007", "00042", "Graded", "On Time", "8.5"), strict=True))


class Drop(FileDrop):
    """A drop of Otus."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.assessments = [dict(ASSESSMENT)]
        self.scores = [dict(SCORE)]
        self.score_columns = list(SCORE_COLUMNS)

    def tables(self) -> dict[str, Table]:
        return {
            "assessments": (ASSESSMENT_COLUMNS, self.assessments),
            "scores": (self.score_columns, self.scores),
        }

    def source(self) -> FileSource:
        calls = Calls()
        reader = DropReader("Otus", FolderShelf(self.folder), CONTRACT.files, calls, CONTRACT.optional)
        return FileSource(CONTRACT, reader, "otus:lincoln", ZoneInfo("America/Chicago"), calls)

    def gradebook(self) -> GradebookExtract:
        return asyncio.run(self.source().read_gradebook())


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path)


def test_ids_keep_their_leading_zeros_and_scores_their_digits(drop: Drop) -> None:
    row = drop.read().results.iloc[0]
    assert (row.section_id_sis, row.student_id_sis, row.score_e4) == ("007", "00042", 85_000)


def test_dates_are_the_districts_from_midnight_to_23_59(drop: Drop) -> None:
    row = drop.read().line_items.iloc[0]
    assert row.assigned_at == pd.Timestamp("2026-10-01T05:00:00Z")
    assert row.due_at == pd.Timestamp("2026-10-06T04:59:00Z")
    assert (row.assigned_basis, row.due_basis) == ("assigned", "item")


def test_a_day_of_another_offset_is_not_moved(drop: Drop) -> None:
    drop.assessments[0]["due_date"] = "2026-11-02"
    assert drop.read().line_items.iloc[0].due_at == pd.Timestamp("2026-11-03T05:59:00Z")


def test_what_otus_does_not_know_is_null(drop: Drop) -> None:
    drop.assessments[0] |= {"due_date": "", "assigned_by_user_id": "u1", "assigned_by_sis_id": ""}
    item = drop.read().line_items.iloc[0]
    assert (item.due_basis, pd.isna(item.due_at)) == ("none", True)
    assert (item.assigned_by_lms, pd.isna(item.assigned_by_sis)) == ("u1", True)
    unknown = ["is_selected", "has_everyone", "has_section_dates", "is_section_named", "is_individual"]
    assert item[unknown].isna().all()
    assert drop.read().results[["is_posted", "is_enrolled"]].isna().all().all()


@pytest.mark.parametrize(
    ("completion", "is_submitted", "is_graded"),
    [
        ("Not Started", False, False),
        ("In Progress", False, False),
        ("Turned In", True, False),
        ("Graded", True, True),
    ],
)
def test_turned_in_is_not_graded(drop: Drop, completion: str, is_submitted: bool, is_graded: bool) -> None:
    drop.scores[0] |= {"completion_status": completion, "points_earned": ""}
    row = drop.read().results.iloc[0]
    assert (row.is_submitted, row.is_graded) == (is_submitted, is_graded)
    assert pd.isna(row.score_e4)


@pytest.mark.parametrize("status", ["", "On Time", "Late", "Missing", "Excused", "Excluded"])
def test_each_submission_status_sets_its_own_flag_only(drop: Drop, status: str) -> None:
    drop.scores[0]["submission_status"] = status
    row = drop.read().results.iloc[0]
    flags = {name for name in ("late", "missing", "excused", "excluded") if row[f"is_{name}"]}
    assert flags == ({status.lower()} if status not in {"", "On Time"} else set())


@pytest.mark.parametrize(
    ("due", "has_own", "at"),
    [("", None, None), ("none", True, None), ("2026-11-02", True, "2026-11-03T05:59:00Z")],
)
def test_a_student_may_have_a_due_date_of_their_own_or_none_at_all(
    drop: Drop, due: str, has_own: bool | None, at: str | None
) -> None:
    drop.score_columns.append("due_date")
    drop.scores[0]["due_date"] = due
    row = drop.read().results.iloc[0]
    assert (None if pd.isna(row.has_own_due) else bool(row.has_own_due)) is has_own
    assert pd.isna(row.own_due_at) if at is None else row.own_due_at == pd.Timestamp(at)


def test_an_export_without_that_column_says_nothing_of_it(drop: Drop) -> None:
    assert drop.read().results[["has_own_due", "own_due_at"]].isna().all(axis=None)


def test_a_broken_due_date_of_a_student_is_named_by_its_place(drop: Drop) -> None:
    drop.score_columns.append("due_date")
    drop.scores[0]["due_date"] = "soon"
    assert "scores.csv, line 2, column due_date: a date as YYYY-MM-DD" in str(drop.refusal())


def test_a_column_that_nobody_published_is_refused_as_before(drop: Drop) -> None:
    drop.score_columns.append("comment")
    drop.scores[0]["comment"] = "x"
    assert "and maybe due_date" in str(drop.refusal())


def test_a_maximum_that_is_not_exact_is_kept_as_text(drop: Drop) -> None:
    drop.assessments[0]["total_points"] = "10.123456"
    item = drop.read().line_items.iloc[0]
    assert (pd.isna(item.points_possible_e4), item.points_text) == (True, "10.123456")


def test_standards_are_read_and_left_to_the_rules(drop: Drop) -> None:
    drop.assessments[0] |= {"grading_scale": "Standards", "total_points": ""}
    assert drop.read().line_items.iloc[0].grading == "standards"


def test_a_byte_order_mark_and_plain_newlines_are_fine(drop: Drop) -> None:
    drop.bom, drop.ending = "\ufeff", "\n"
    assert len(drop.read().results) == 1


def test_no_rows_below_the_header_is_an_empty_gradebook(drop: Drop) -> None:
    drop.assessments, drop.scores = [], []
    extract = drop.read()
    assert extract.line_items.empty
    assert extract.results.empty
    assert list(extract.results) != []


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("assessment_id", "", "1 to 255"),
        ("section_sis_id", "", "1 to 255"),
        ("section_sis_id", "x" * 256, "1 to 255"),
        ("type", "", "1 to 255"),
        ("grading_scale", "points", "Points or Standards"),
        ("total_points", "", "decimal"),
        ("total_points", "ten", "decimal"),
        ("total_points", "1e3", "decimal"),
        ("total_points", "NaN", "decimal"),
        ("include_in_final_grade", "yes", "true or false"),
        ("assigned_date", "", "YYYY-MM-DD"),
        ("assigned_date", "10/01/2026", "YYYY-MM-DD"),
        ("assigned_date", "2026-02-30", "YYYY-MM-DD"),
        ("due_date", "20261005", "YYYY-MM-DD"),
        ("due_date", "9999-12-31", "1900 to 2999"),
    ],
)
def test_a_broken_assessment_names_file_line_and_column(
    drop: Drop, column: str, value: str, allowed: str
) -> None:
    broken = ASSESSMENT | {"assessment_id": "8", column: value}
    drop.assessments = [dict(ASSESSMENT), broken, ASSESSMENT | {"assessment_id": "9"}]
    error = drop.refusal()
    assert error.code == "FILE_ROW_INVALID"
    assert f"assessments.csv, line 3, column {column}: " in str(error)
    assert allowed in str(error)
    assert str(error).count("assessments.csv, line") == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("assessment_id", "unknown"),
        ("section_sis_id", "7"),
        ("student_sis_id", ""),
        ("completion_status", "graded"),
        ("submission_status", "Exempt"),
        ("points_earned", "marked-8,5"),
        ("points_earned", "A+"),
        ("points_earned", "1e400"),
    ],
)
def test_a_broken_score_names_its_place_but_not_its_value(drop: Drop, column: str, value: str) -> None:
    rows = [SCORE | {"student_sis_id": f"marked{number}"} for number in range(500)]
    rows[321][column] = value
    drop.scores = rows
    error = drop.refusal()
    assert "scores.csv, line 323, column " in str(error)
    assert str(error).count("scores.csv, line") == 1
    assert "marked" not in str(error)
    assert value == "" or value not in str(error).replace("8,5", "")


def test_the_same_row_twice_is_broken(drop: Drop) -> None:
    drop.scores = [dict(SCORE), SCORE | {"student_sis_id": "2"}, dict(SCORE)]
    assert "scores.csv, line 4, column student_sis_id" in str(drop.refusal())
    drop.scores = [dict(SCORE)]
    drop.assessments *= 2
    assert "assessments.csv, line 3, column assessment_id" in str(drop.refusal())


def test_lines_are_counted_as_an_editor_shows_them(drop: Drop) -> None:
    drop.assessments = [
        ASSESSMENT | {"title": 'Two\nlines, "quoted"\r\nand a third'},
        ASSESSMENT | {"assessment_id": "8", "grading_scale": "none"},
    ]
    assert "assessments.csv, line 5, column grading_scale" in str(drop.refusal())


def test_all_broken_places_of_both_files_are_told_up_to_twenty(drop: Drop) -> None:
    drop.assessments.append(ASSESSMENT | {"assessment_id": "8", "due_date": "x", "type": ""})
    drop.scores = [SCORE | {"student_sis_id": str(number), "points_earned": "x"} for number in range(30)]
    text = str(drop.refusal())
    assert text.count(", line ") == 20
    assert "32 broken places" in text
    assert "and 12 more" in text
    assert "assessments.csv, line 3, column due_date" in text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("7,007,1,Graded,On Time", "a row has 6 columns"),
        ("7,007,1,Graded,On Time,8,5", "a row has 6 columns"),
        ("", "column assessment_id: 1 to 255 characters"),
    ],
)
def test_a_row_cut_wrongly_names_its_line(drop: Drop, line: str, text: str) -> None:
    drop.marker = {"scores": 3}
    drop.write()
    path = drop.folder / "scores.csv"
    path.write_bytes(path.read_bytes() + f"{line}\r\n7,007,9,Graded,On Time,1\r\n".encode())
    with pytest.raises(SourceDataError, match=rf"scores\.csv, line 3(:|,) {text}"):
        asyncio.run(drop.source().read_gradebook())


def test_a_quote_that_does_not_end_is_broken(drop: Drop) -> None:
    drop.write()
    path = drop.folder / "scores.csv"
    path.write_bytes(path.read_bytes() + b'7,007,"9,Graded,On Time,1\r\n')
    with pytest.raises(SourceDataError) as caught:
        asyncio.run(drop.source().read_gradebook())
    assert "scores.csv, line 3" in str(caught.value)


def test_other_encodings_name_the_line(drop: Drop) -> None:
    drop.write()
    path = drop.folder / "assessments.csv"
    path.write_bytes(path.read_bytes().replace(b"Cells", b"Zellen \xfc"))
    with pytest.raises(SourceDataError, match=r"assessments\.csv, line 2: text is UTF-8"):
        asyncio.run(drop.source().read_gradebook())


def test_a_wrong_header_says_the_right_one(drop: Drop) -> None:
    drop.write()
    path = drop.folder / "scores.csv"
    path.write_bytes(path.read_bytes().replace(b"points_earned", b"points"))
    with pytest.raises(SourceDataError, match=r"scores\.csv, line 1: the header is exactly assessment_id,"):
        asyncio.run(drop.source().read_gradebook())


@pytest.mark.parametrize(
    "marker", [{"scores": 2}, {"assessments": 0}, {"exported_at": "soon"}, {"exported_at": None}]
)
def test_counts_that_differ_mean_unfinished(drop: Drop, marker: dict[str, Any]) -> None:
    drop.marker = marker
    error = drop.refusal()
    assert error.code == "DROP_INCOMPLETE"
    assert "wait for its end" in str(error)


@pytest.mark.parametrize("count", ["marked", 1.0, None, [1]])
def test_counts_that_are_no_whole_numbers_are_named_but_not_repeated(drop: Drop, count: Any) -> None:
    drop.marker = {"scores": count}
    assert "does not hold" in str(drop.refusal())
    assert "marked" not in str(drop.refusal())


@pytest.mark.parametrize("name", ["complete.json", "assessments.csv", "scores.csv"])
def test_a_missing_file_means_unfinished(drop: Drop, name: str) -> None:
    drop.write()
    (drop.folder / name).unlink()
    with pytest.raises(SourceDataError, match=name) as caught:
        asyncio.run(drop.source().read_gradebook())
    assert caught.value.code == "DROP_INCOMPLETE"


def test_files_read_are_counted_and_check_says_what_is_there(drop: Drop) -> None:
    drop.write()
    source = drop.source()
    asyncio.run(source.read_gradebook())
    assert source.calls.reads == 3
    (result,) = asyncio.run(drop.source().check())
    assert result.passed
    assert "1 assessments, 1 scores" in result.detail
    (drop.folder / "complete.json").unlink()
    (result,) = asyncio.run(drop.source().check())
    assert not result.passed


def test_settings_take_a_folder_or_a_server() -> None:
    assert CONNECTOR.settings.model_validate({"folder": "/x"})
    with pytest.raises(ValueError, match="folders"):
        CONNECTOR.settings.model_validate({"folder": "/x", "folders": "/y"})
    with pytest.raises(ValueError, match="exactly one of folder, sftp"):
        CONNECTOR.settings.model_validate({})


def test_rows_keep_their_order_in_a_large_file(drop: Drop) -> None:
    drop.scores = [SCORE | {"student_sis_id": f"{number:06d}"} for number in range(60_000)]
    results = drop.read().results
    assert results.student_id_sis.is_monotonic_increasing
    assert len(results) == 60_000
