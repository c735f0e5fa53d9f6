"""`gradeflow categories --publish`: drafts become the map, and nothing else of the files changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.errors import ConfigError
from gradeflow.settings import Home
from gradeflow.settings.publish import publication
from gradeflow_tests.cli.commands import run

HEAD = """\
district: lincoln
timezone: America/Chicago
lms: {kind: canvas, base_url: https://lincoln.example, account: "1", token: {env: T}}   # ours
sis: {kind: schooltool}
"""
DRAFTED = (
    HEAD
    + """\
passback:
  # the map, as the office keeps it
  categories:
    - {lms: Homework, sis: Homework}   # since 2025
    - lms: Labs
      sis: Lab
      section: "0901"
    # tried in November
    - {lms: Homework, sis: Test, state: draft}
    - lms: Labs
      sis: null
      section: "0901"
      state: draft   # for the office
    - {lms: Essays, sis: Test, state: "draft"}
    - {lms: Quiz, sis: Quiz}
calendar: {closes: {q1: 2026-11-06}}
"""
)
PUBLISHED = (
    HEAD
    + """\
passback:
  # the map, as the office keeps it
  categories:
    # tried in November
    - {lms: Homework, sis: Test, state: published}
    - lms: Labs
      sis: null
      section: "0901"
      state: published   # for the office
    - {lms: Essays, sis: Test, state: published}
    - {lms: Quiz, sis: Quiz}
calendar: {closes: {q1: 2026-11-06}}
"""
)


def written(folder: Path, text: str) -> Home:
    (folder / "districts").mkdir(exist_ok=True)
    (folder / "districts" / "lincoln.yaml").write_bytes(text.encode())
    return Home(folder)


def text_of(home: Home) -> str:
    return (home.districts_folder / "lincoln.yaml").read_bytes().decode()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_draft_takes_the_place_of_its_row_and_comments_stay(tmp_path: Path, ending: str) -> None:
    home = written(tmp_path, DRAFTED.replace("\n", ending))
    changes = publication(home.district("lincoln"))
    assert (changes.published, changes.replaced) == (3, 2)
    changes.write()
    assert text_of(home) == PUBLISHED.replace("\n", ending)
    found = home.district("lincoln").district.passback.categories
    assert [(row.lms, row.sis, row.section) for row in found] == [
        ("Homework", "Test", None), ("Labs", None, "0901"), ("Essays", "Test", None), ("Quiz", "Quiz", None)
    ]  # fmt: skip
    assert {row.state for row in found} == {"published"}


def test_rows_of_a_table_are_published_there_and_replace_those_of_the_file(tmp_path: Path) -> None:
    table = "lms,sis,section,state\r\nLabs,Lab,,draft\r\nLabs,Quiz,,\r\nNotes,,,draft\r\nEssays,Test,,published\r\n"
    (tmp_path / "map.csv").write_bytes(("\ufeff" + table).encode())
    notes, quiz = "      - {lms: Notes, sis: Note}\n", "      - {lms: Quiz, sis: Quiz}\n"
    rows = f"passback:\n  categories:\n    file: map.csv\n    rows:\n{notes}{quiz}"
    home = written(tmp_path, HEAD + rows)
    publication(home.district("lincoln")).write()
    assert (tmp_path / "map.csv").read_bytes().decode() == (
        "\ufefflms,sis,section,state\r\nLabs,Lab,,published\r\nNotes,,,published\r\nEssays,Test,,published\r\n"
    )
    assert text_of(home) == HEAD + rows.replace(notes, "")
    (tmp_path / "map.csv").write_text("lms,sis,state\nQuiz,Test,draft\n")
    before = text_of(home)
    with pytest.raises(ConfigError, match="by hand"):  # no row would be left below rows
        publication(home.district("lincoln"))
    assert text_of(home) == before


def test_a_map_without_drafts_is_left_alone(tmp_path: Path) -> None:
    home = written(tmp_path, PUBLISHED)
    changes = publication(home.district("lincoln"))
    assert (changes.texts, changes.published) == ({}, 0)


def test_rows_on_one_line_are_published_but_none_is_cut_out_of_it(tmp_path: Path) -> None:
    one_line = HEAD + "passback: {categories: [{lms: A, sis: B, state: draft}]}\n"
    home = written(tmp_path, one_line)
    publication(home.district("lincoln")).write()
    assert text_of(home) == one_line.replace("draft", "published")
    home = written(tmp_path, one_line.replace("[", "[{lms: A, sis: C}, "))
    with pytest.raises(ConfigError, match="one below the other"):
        publication(home.district("lincoln"))


def test_the_command_says_what_it_did_and_twice_does_nothing(tmp_path: Path) -> None:
    home = written(tmp_path, DRAFTED)
    done = run(tmp_path, "categories", "lincoln", "--publish", "--json")
    assert done.code == 0, done.err
    assert done.document == {
        "district": "lincoln",
        "published": 3,
        "replaced": 2,
        "files": [str(home.districts_folder / "lincoln.yaml")],
    }
    again = run(tmp_path, "categories", "lincoln", "--publish")
    assert again.code == 0
    assert "has no drafts" in again.out
