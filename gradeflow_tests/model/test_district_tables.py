"""Tables of a district file in CSV: what they hold is what the file could have held, errors name their place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradeflow.errors import ConfigError
from gradeflow.model.district import CategoryRow, TeacherMembership
from gradeflow.settings import DistrictFile, Home

CATEGORIES = (
    "lms,section,item,sis,state\nHomework,,,HW,\nDiscussions,m9-01,,,published\nHomework,,,Lab,draft\n"
)
TEACHERS = "teacher,added,removed\n007,2026-09-01,2026-10-05\n007,2026-11-10,\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "districts").mkdir()
    return tmp_path


def read(home: Path, passback: dict[str, Any], **tables: str) -> DistrictFile:
    for name, text in tables.items():
        (home / f"{name}.csv").write_text(text, encoding="utf-8")
    content = {
        "district": "lincoln",
        "timezone": "America/Chicago",
        "lms": {"kind": "otus"},
        "sis": {"kind": "skyward_sms"},
        "passback": passback,
    }
    (home / "districts/lincoln.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return Home(home).district("lincoln")


def test_a_csv_holds_the_category_map_beside_inline_rows(home: Path) -> None:
    inline = [{"lms": "Quiz", "sis": "Quiz"}]
    file = read(home, {"categories": {"file": "map.csv", "rows": inline}}, map=CATEGORIES)
    assert file.district.passback.categories == (
        CategoryRow(lms="Quiz", sis="Quiz"),
        CategoryRow(lms="Homework", sis="HW"),
        CategoryRow(lms="Discussions", section="m9-01", sis=None),
        CategoryRow(lms="Homework", sis="Lab", state="draft"),
    )


def test_ids_of_a_csv_keep_their_leading_zeros_and_dates_are_days(home: Path) -> None:
    file = read(home, {"teachers": {"file": "group.csv", "rows": ["t-1"]}}, group="\ufeff" + TEACHERS)
    assert file.district.passback.teachers == (
        TeacherMembership(teacher="t-1"),
        TeacherMembership(teacher="007", added=dt.date(2026, 9, 1), removed=dt.date(2026, 10, 5)),
        TeacherMembership(teacher="007", added=dt.date(2026, 11, 10)),
    )


def test_an_edited_table_is_another_version_of_the_settings(home: Path) -> None:
    before = read(home, {"teachers": {"file": "group.csv"}}, group=TEACHERS).digest()
    assert read(home, {"teachers": {"file": "group.csv"}}, group=TEACHERS).digest() == before
    assert read(home, {"teachers": {"file": "group.csv"}}, group=TEACHERS + "8,,\n").digest() != before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("teacher,from\n1,2026-01-01\n", ["line 1, column from", "added"]),
        ("added\n2026-01-01\n", ["line 1", "no column teacher"]),
        ("", ["line 1", "no column teacher"]),
        ("teacher,teacher\n1,2\n", ["line 1, column teacher", "twice"]),
        ("teacher,added\nSECRET,9/1/2026\n", ["line 2, column added"]),
        ("teacher,added\n1,2026-09-01,x\n", ["line 2", "more cells"]),
        ("teacher,added\n,2026-09-01\n", ["line 2, column teacher", "empty"]),
        ("teacher,added,removed\n1,,\n2,2026-09-02,2026-09-01\n", ["line 3", "removed lies before added"]),
        ('teacher\n"1\n', ["no CSV"]),
    ],
)
def test_what_is_wrong_in_a_csv_is_named_by_line_and_column(home: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(home, {"teachers": {"file": "group.csv"}}, group=text)
    for words in ("group.csv", *said):
        assert words in str(caught.value)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"file": "none.csv"}, ["line 6", "passback.categories.file", "none.csv cannot be read"]),
        ({"file": "map.csv", "path": "x"}, ["passback.categories.path", "not known", "file, rows"]),
        ({"rows": []}, ["passback.categories.file"]),
        ({"file": "map.csv", "rows": [{"lms": "Quiz"}]}, ["line 8", "passback.categories.0.sis"]),
        ({"file": "map.csv", "rows": [{"lms": "Homework", "sis": "X"}]}, ["category 'Homework'", "twice"]),
    ],
)
def test_a_table_that_is_named_wrongly_is_an_error_of_the_district_file(
    home: Path, given: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(home, {"categories": given}, map=CATEGORIES)
    for words in ("lincoln.yaml", *said):
        assert words in str(caught.value)


def test_a_draft_may_stand_beside_the_published_row_of_its_scope_but_not_beside_another_draft(
    home: Path,
) -> None:
    with pytest.raises(ConfigError, match="twice"):
        read(home, {"categories": {"file": "map.csv"}}, map=CATEGORIES + "Homework,,,Quiz,draft\n")


@pytest.mark.parametrize(("key", "text", "column"), [
    ("teachers", "teacher\n007\n008 \n", "teacher"),
    ("categories", "lms,section,sis\nHomework,,HW\nQuiz, m9-01,HW\n", "section"),
    ("categories", "lms,item,sis\nHomework,,HW\n,501 ,HW\n", "item"),
])  # fmt: skip
def test_an_id_with_a_blank_at_its_end_is_refused_since_it_would_match_nobody(
    home: Path, key: str, text: str, column: str
) -> None:
    with pytest.raises(ConfigError, match="begins or ends with a blank") as refused:
        read(home, {key: {"file": f"{key}.csv"}}, **{key: text})
    assert (refused.value.place.line, refused.value.place.column) == (3, column)


def test_a_category_that_is_mapped_twice_is_named_by_its_line_in_the_csv(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"map\.csv, line 5: category 'Homework' is mapped twice"):
        read(home, {"categories": {"file": "map.csv"}}, map=CATEGORIES + "Homework,,,Quiz,published\n")
