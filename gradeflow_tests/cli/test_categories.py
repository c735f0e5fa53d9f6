"""`gradeflow categories` on a home that one night left behind; no system is running."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, copy_of


@pytest.fixture
def home(loaded_home: tuple[Path, dict[str, Any], Any], tmp_path: Path) -> Path:
    return copy_of(loaded_home[0], tmp_path / "home")


def write_map(home: Path, text: str) -> None:
    (home / "map.csv").write_text(text, encoding="utf-8")
    file = home / "districts" / f"{DISTRICT}.yaml"
    content = yaml.safe_load(file.read_text())
    content["passback"]["categories"] = {"file": "map.csv"}
    file.write_text(yaml.safe_dump(content, sort_keys=False))


def test_the_report_counts_sections_and_names_the_like_name_without_asking_any_system(home: Path) -> None:
    done = run(home, "categories", DISTRICT, "--json")
    assert done.code == 0, done.err
    found = {one["lms"]: one for one in done.document["categories"]}
    assert found["Homework"]["by_like_name"] == found["Homework"]["sections"] == 3
    assert {line["state"] for line in found["Homework"]["lines"]} == {"Imported"}
    assert done.document["read"]["run_id"]


def test_a_map_in_a_csv_is_what_the_report_and_the_next_run_go_by(home: Path) -> None:
    write_map(home, "lms,section,sis,state\nHomework,m9-01,Quiz,\nHomework,m9-02,,\nHomework,,Test,draft\n")
    done = run(home, "categories", DISTRICT, "--json")
    (homework,) = [one for one in done.document["categories"] if one["lms"] == "Homework"]
    lines = {line["section"]: line for line in homework["lines"]}
    assert (lines["m9-01"]["sis"], lines["m9-01"]["state"]) == ("cat-quiz", "Synchronized")
    assert (lines["m9-02"]["code"], homework["unassociated"]) == ("CATEGORY_UNASSOCIATED", 1)
    explained = run(home, "explain", DISTRICT, "--assignment", "501", "--section", "m9-02", "--json")
    assert explained.document["sections"][0]["answer"]["code"] == "CATEGORY_UNASSOCIATED"
    assert explained.document["settings_changed_since"] is True


def test_words_name_cause_fix_and_what_may_have_been_meant(home: Path) -> None:
    write_map(home, "lms,sis\nHomework,Homewrk\nProjects,Quiz\n")
    done = run(home, "categories", DISTRICT)
    assert done.code == 0, done.err
    told = " ".join(done.out.split())
    for words in (
        "Homework: CATEGORY_GONE",
        "Perhaps meant: Homework. It is not taken by itself.",
        "the SIS has no category Homewrk; perhaps meant: Homework",
        "Row of the map (lms Projects): no assignment needs it.",
    ):
        assert words in told


def test_a_district_without_a_run_is_told_how_to_get_one(untouched_home: Path, tmp_path: Path) -> None:
    home = copy_of(untouched_home, tmp_path / "fresh")
    for command in (["categories", DISTRICT], ["rollover", DISTRICT, "--effective-date", "2027-08-16"]):
        done = run(home, *command)
        assert done.code == 2
        assert f"gradeflow plan {DISTRICT}" in done.err
