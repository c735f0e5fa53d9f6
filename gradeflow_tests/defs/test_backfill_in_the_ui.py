"""A backfill as the asset page launches it, on a home that `gradeflow demo --prepare` made."""

from __future__ import annotations

import datetime as dt
import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradeflow_tests.acceptance.derive import expected_districts
from gradeflow_tests.acceptance.outside import gradeflow, sis_results
from gradeflow_tests.defs.grades import titles, write_grades
from gradeflow_tests.defs.served import Served, descendants, serving

# More months than districts: Dagster groups the keys of a backfill by whichever dimension has fewer.
MONTHS = ("2013-12-01", "2014-01-01", "2014-02-01", "2014-03-01")
FIRST, END = dt.date(2013, 12, 1), dt.date(2014, 4, 1)
UNAPPROVED = "ccc-2013j"
Results = dict[tuple[str, str, str], tuple[float, str]]

pytestmark = pytest.mark.slow


@dataclass
class Story:
    """What was seen: two backfills over four months of three districts, one of them without approval."""

    expected: dict[str, Results]
    runs: list[list[dict[str, Any]]]
    contents: list[dict[str, Results]]
    first_seen: dict[str, tuple[str, str]]
    history: dict[str, dict[str, Any]]
    exit_code: int
    left_over: list[int]
    log: str


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = write_grades(tmp_path_factory.mktemp("grades"), presentations=3)
    home = tmp_path_factory.mktemp("home")
    made = gradeflow("demo", "--prepare", "--json", "--data", str(folder), home=home)
    assert made.returncode == 0, made.stderr
    _take_approval_away(home / "districts" / f"{UNAPPROVED}.yaml")
    with serving(home) as served:
        yield _tell(served, home, folder)


def _tell(served: Served, home: Path, folder: Path) -> Story:
    expected = _expected(folder)
    keys = [f"{month}|{district}" for month in MONTHS for district in expected]
    runs, contents = [], []
    for _ in range(2):
        runs.append(served.backfill(keys))
        contents.append({district: sis_results(_sis(home, district)) for district in expected})
    told = json.loads(gradeflow("status", "--json", home=home).stdout)["districts"]
    first_seen = served.checks("first_seen")
    started = [served.process.pid, *descendants(served.process.pid)]
    served.process.send_signal(signal.SIGTERM)
    code = served.process.wait(timeout=60)
    return Story(
        expected,
        runs,
        contents,
        first_seen,
        {row["district"]: row["last_run"] for row in told},
        code,
        [pid for pid in started if descendants(pid) or Path(f"/proc/{pid}/exe").exists()],
        served.log.read_text(),
    )


def _take_approval_away(file: Path) -> None:
    content = yaml.safe_load(file.read_text())
    del content["passback"]["first_load"]
    file.write_text(yaml.safe_dump(content))


def _expected(folder: Path) -> dict[str, Results]:
    """Give what must be in the SIS, of items whose bucket lies in the months; from the Parquet files alone."""
    title = titles(folder)
    return {
        district.slug: {
            (title[item], section, student): value
            for (item, section, student), value in district.results.items()
            if FIRST <= district.assigned_on[item] < END
        }
        for district in expected_districts(folder)
    }


def _sis(home: Path, district: str) -> dict[str, Any]:
    content = yaml.safe_load((home / "districts" / f"{district}.yaml").read_text())["sis"]
    secrets = {
        name: (home / content[name]["file"]).read_text().strip() for name in ("client_id", "client_secret")
    }
    return content | secrets


def test_a_backfill_of_partitions_and_districts_is_one_run_per_district(story: Story) -> None:
    for runs in story.runs:
        ranges = {
            (
                run["tags"]["dagster/asset_partition_range_start"],
                run["tags"]["dagster/asset_partition_range_end"],
            )
            for run in runs
        }
        assert ranges == {(f"{MONTHS[0]}|{name}", f"{MONTHS[-1]}|{name}") for name in story.expected}
        assert len(runs) == len(story.expected) == 3


def test_the_first_launch_writes_exactly_what_the_files_say_for_these_partitions(story: Story) -> None:
    for district, expected in story.expected.items():
        assert len(expected) > 10
        if district != UNAPPROVED:
            assert story.contents[0][district] == expected


def test_the_second_launch_writes_nothing(story: Story) -> None:
    assert story.contents[1] == story.contents[0]
    for district in set(story.expected) - {UNAPPROVED}:
        last = story.history[district]
        assert last["run_id"] in {run["runId"] for run in story.runs[1]}
        assert last["calls"]["sis_write"] == 0
        assert last["results"]["unchanged"] == len(story.expected[district])


def test_a_district_without_approval_of_its_first_load_writes_nothing_and_says_so(story: Story) -> None:
    assert story.contents[1][UNAPPROVED] == {}
    last = story.history[UNAPPROVED]
    assert (last["status"], last["calls"]["sis_write"]) == ("held_by_breaker", 0)
    assert "passback.first_load" in last["message"]
    status, words = story.first_seen[last["run_id"]]
    assert status == "FAILED"
    assert words == last["message"]
    failed = {run["runId"] for runs in story.runs for run in runs if run["status"] == "FAILURE"}
    assert failed == {run for run, (answer, _) in story.first_seen.items() if answer == "FAILED"}
    assert len(failed) == 2


def test_sigterm_ends_all_that_the_ui_started_with_exit_code_0(story: Story) -> None:
    assert story.exit_code == 0, story.log
    assert story.left_over == []


def test_the_ui_starts_without_warnings_about_our_own_code(story: Story) -> None:
    assert "BetaWarning" not in story.log
    assert "Supersession" not in story.log
