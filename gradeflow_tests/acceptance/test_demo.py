"""The demo on the packaged real grades, judged by a script that does not know gradeflow."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow_tests.acceptance.derive import Expected, expected_districts
from gradeflow_tests.acceptance.outside import gradeflow, sandbox, sis_categories, sis_results

PACKAGED = Path(str(resources.files("gradeflow.sandbox") / "data"))
COUNTS = ("created", "updated", "adopted", "unchanged", "held", "rejected", "skipped", "failed")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def expected() -> dict[str, Expected]:
    return {district.slug: district for district in expected_districts(PACKAGED)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    home = tmp_path_factory.mktemp("demo")
    done = gradeflow("demo", "--json", home=home)
    assert done.returncode == 0, done.stderr
    return home, json.loads(done.stdout)


def _nights(document: dict[str, Any]) -> list[dict[str, dict[str, Any]]]:
    return [{run["district"]: run for run in night["districts"]} for night in document["nights"]]


def _title_of(folder: Path) -> dict[str, str]:
    frame = pd.read_parquet(folder / "assessments.parquet").sort_values(["date", "id_assessment"])
    number = frame.groupby(["code_module", "code_presentation", "assessment_type"]).cumcount() + 1
    titles = frame["assessment_type"] + " " + number.astype(str)
    return dict(zip(frame["id_assessment"].astype(str), titles, strict=True))


def test_night_1_creates_exactly_the_results_that_the_files_say(
    demo: tuple[Path, dict[str, Any]], expected: dict[str, Expected]
) -> None:
    night = _nights(demo[1])[0]
    assert sorted(night) == sorted(expected)
    for slug, run in night.items():
        assert run["results"]["created"] == len(expected[slug].results) > 1000
        assert run["line_items"]["created"] == len(expected[slug].line_items)
        assert run["route"] == expected[slug].route


def test_every_count_adds_up_to_the_rows_after_fan_out(
    demo: tuple[Path, dict[str, Any]], expected: dict[str, Expected]
) -> None:
    for night in _nights(demo[1]):
        for slug, run in night.items():
            assert set(run["results"]) == set(run["line_items"]) == set(COUNTS)
            assert sum(run["results"].values()) == expected[slug].rows


def test_the_second_night_writes_nothing_and_reads_no_result(demo: tuple[Path, dict[str, Any]]) -> None:
    first, second, _ = _nights(demo[1])
    for slug, run in second.items():
        assert run["calls"]["sis_write"] == 0
        assert run["results"]["unchanged"] == first[slug]["results"]["created"]
        # The reference's pages are the same each night; a read of results would come on top.
        assert run["calls"]["sis_read"] < first[slug]["calls"]["sis_read"]


def test_the_third_night_writes_the_changes_holds_the_conflicts_and_overwrites_nobody(
    demo: tuple[Path, dict[str, Any]],
) -> None:
    for run in _nights(demo[1])[2].values():
        assert run["results"]["held"] == run["findings"]["BOTH_CHANGED"] == 3
        assert run["results"]["updated"] == 13
        assert run["findings"]["SIS_EDITED"] == 1
        assert run["calls"]["sis_write"] == run["results"]["updated"] + run["line_items"]["updated"]
        assert run["status"] == "completed_with_errors"


def test_the_sis_holds_what_the_files_say_but_for_what_people_changed(
    demo: tuple[Path, dict[str, Any]], expected: dict[str, Expected]
) -> None:
    home, document = demo
    titles = _title_of(PACKAGED)
    last = _nights(document)[2]
    with sandbox(home) as servers:
        for slug, district in expected.items():
            kind = "schooltool" if district.route == "canvas-schooltool" else "skyward_sms"
            held = {
                (title.removesuffix(" (revised)"), section, student): value
                for (title, section, student), value in sis_results(servers[slug, kind]).items()
            }
            wanted = {
                (titles[a], section, student): v for (a, section, student), v in district.results.items()
            }
            assert held.keys() == wanted.keys()
            differing = {key for key in held if held[key] != wanted[key]}
            # 13 came from teachers through gradeflow; the office edited 3 of both, 1 read anyway and 2 unseen.
            assert len(differing) == last[slug]["results"]["updated"] + 3 + 1 + 2


def test_the_category_that_the_office_moved_stays_where_it_was_put(
    demo: tuple[Path, dict[str, Any]], expected: dict[str, Expected]
) -> None:
    home, document = demo
    renamed = {slug: run["line_items"]["updated"] for slug, run in _nights(document)[2].items()}
    with sandbox(home) as servers:
        for slug, district in expected.items():
            kind = "schooltool" if district.route == "canvas-schooltool" else "skyward_sms"
            categories = sis_categories(servers[slug, kind])
            (title,) = [title for title in categories if title.endswith(" (revised)")]
            counts = sorted(pd.Series(categories[title]).value_counts())
            assert counts == [1, renamed[slug] - 1]
