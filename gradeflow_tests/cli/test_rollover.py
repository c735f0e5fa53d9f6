"""`gradeflow rollover`: reports without writing, writes only when asked, and the year before stays out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gradeflow.settings import Home, read_yaml
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice, copy_of

NEXT = "2027-08-16"


@pytest.fixture
def home(loaded_home: tuple[Path, dict[str, Any], Any], tmp_path: Path) -> Path:
    return copy_of(loaded_home[0], tmp_path / "home")


def roll(home: Path, *more: str, day: str = NEXT) -> Any:
    return run(home, "rollover", DISTRICT, "--effective-date", day, *more)


def test_without_write_nothing_is_written(home: Path) -> None:
    folder = home / "districts"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    done = roll(home)
    assert done.code == 0, done.err
    told = " ".join(done.out.split())
    for words in (
        "passback.first_load (approved by",
        "Nothing was written",
        "no grading period of the new year",
    ):
        assert words in told
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_what_is_to_be_looked_at_has_a_heading_only_where_there_is_something(home: Path) -> None:
    assert "To look at" not in roll(home).out
    file = home / "districts" / f"{DISTRICT}.yaml"
    content, _ = read_yaml(file)
    content["passback"]["sections"] = ["m9-01", "nowhere"]
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    shown = roll(home).out.splitlines()
    at = shown.index("To look at")
    assert shown[at + 1] == "  passback.sections names sections that the SIS does not have, 1: nowhere"


def test_write_keeps_the_old_file_under_a_dated_name_that_is_no_district(home: Path) -> None:
    file = home / "districts" / f"{DISTRICT}.yaml"
    old = file.read_bytes()
    done = roll(home, "--write", "--json")
    assert done.code == 0, done.err
    backup = Path(done.document["backup"])
    assert backup.read_bytes() == old
    assert {one.name for one in file.parent.iterdir()} == {file.name, backup.name}
    place = Home(home)
    assert place.district_names() == [DISTRICT]
    assert place.misnamed() == []
    new = place.district(DISTRICT).district
    assert str(new.passback.effective_date) == NEXT
    assert new.passback.first_load is None
    written, _ = read_yaml(file)
    was, _ = read_yaml(backup)
    assert written["lms"] == was["lms"]
    assert written["sis"] == was["sis"]
    again = roll(home, "--write", day="2028-08-14")
    assert again.code == 2
    assert backup.name in again.err
    assert backup.read_bytes() == old


@pytest.mark.parametrize(
    ("day", "words"), [("2027-02-31", "no date"), ("soon", "no date"), ("2026-08-17", "later")]
)
def test_a_day_that_begins_no_new_year_is_refused(home: Path, day: str, words: str) -> None:
    done = roll(home, "--write", day=day)
    assert done.code == 2
    assert words in done.err
    assert len(list((home / "districts").iterdir())) == 1


def test_after_the_rollover_a_night_sends_nothing_of_the_year_before(loaded: Practice) -> None:
    before = loaded.state()
    assert roll(loaded.home, "--write").code == 0
    loaded.grade(501, "s-001", 3)
    loaded.set_clock(f"{NEXT}T03:30:00-04:00")
    loaded.sis.forget()
    done = run(loaded.home, "sync", DISTRICT, "--json")
    assert done.run["line_items"]["created"] == done.run["line_items"]["updated"] == 0
    assert done.run["results"]["created"] == done.run["results"]["updated"] == 0
    assert loaded.sis.calls("PUT") == 0
    assert loaded.state() == before
