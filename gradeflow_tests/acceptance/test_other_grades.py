"""Another folder of the same shape: other years, other modules, other sizes. Nothing knows the packaged one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow_tests.acceptance.derive import expected_districts
from gradeflow_tests.acceptance.outside import gradeflow, sandbox, sis_results


@pytest.fixture(scope="module")
def loaded(
    other_grades: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Prepare a home from the folder and run night 1 by hand; give its SIS contents too."""
    home = tmp_path_factory.mktemp("other-home")
    prepared = gradeflow("demo", "--prepare", "--json", "--data", str(other_grades), home=home)
    assert prepared.returncode == 0, prepared.stderr
    with sandbox(home) as servers:
        done = gradeflow("sync", "--json", home=home)
        assert done.returncode == 3, done.stderr  # some items lie in the closed period
        contents = {
            district: sis_results(server)
            for (district, kind), server in servers.items()
            if kind in {"schooltool", "skyward_sms"}
        }
    return home, json.loads(done.stdout), contents


def test_the_sis_holds_exactly_what_the_files_say_after_night_1(
    other_grades: Path, loaded: tuple[Path, dict[str, Any], dict[str, Any]]
) -> None:
    _, document, contents = loaded
    runs = {run["district"]: run for run in document["districts"]}
    frame = pd.read_parquet(other_grades / "assessments.parquet").sort_values(["date", "id_assessment"])
    number = frame.groupby(["code_module", "code_presentation", "assessment_type"]).cumcount() + 1
    titles = dict(
        zip(
            frame["id_assessment"].astype(str),
            frame["assessment_type"] + " " + number.astype(str),
            strict=True,
        )
    )
    districts = expected_districts(other_grades)
    assert sorted(contents) == sorted(district.slug for district in districts)
    for district in districts:
        wanted = {(titles[a], section, student): v for (a, section, student), v in district.results.items()}
        assert contents[district.slug] == wanted
        assert runs[district.slug]["results"]["created"] == len(wanted) > 0
        assert sum(runs[district.slug]["results"].values()) == district.rows


def test_a_demo_on_the_other_folder_goes_as_planned(other_grades: Path, tmp_path: Path) -> None:
    done = gradeflow("demo", "--json", "--data", str(other_grades), home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    nights = json.loads(done.stdout)["nights"]
    assert [len(night["districts"]) for night in nights] == [3, 3, 3]
    assert all(run["calls"]["sis_write"] == 0 for run in nights[1]["districts"])
    assert all(run["results"]["updated"] > 0 for run in nights[2]["districts"])
