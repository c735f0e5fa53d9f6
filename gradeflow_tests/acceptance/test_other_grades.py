"""Another folder of the same shape: other years, other modules, other sizes. Nothing knows the packaged one."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow_tests.acceptance.derive import expected_districts
from gradeflow_tests.acceptance.outside import gradeflow, sandbox, sis_results

PACKAGED = Path(str(resources.files("gradeflow.sandbox") / "data"))
# Packaged presentation -> (module, presentation, days, students kept) of the folder made from it.
OTHERS = {
    ("BBB", "2013J"): (("CCC", "2014B", 241, 60), ("DDD", "2014J", 262, 27)),
    ("EEE", "2013J"): (("AAA", "2014J", 269, 270),),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three presentations of two other years out of real rows, with new ids."""
    source = {file.stem: pd.read_parquet(file) for file in PACKAGED.glob("*.parquet")}
    made: dict[str, list[pd.DataFrame]] = {name: [] for name in source}
    for n, ((module, presentation), others) in enumerate(OTHERS.items()):
        for m, (new_module, new_presentation, days, students) in enumerate(others):
            shift = 1_000_000 * (n * 10 + m + 1)
            own = {
                name: frame[(frame["code_module"] == module) & (frame["code_presentation"] == presentation)]
                for name, frame in source.items()
                if "code_module" in frame
            }
            scores = source["student_assessment"]
            scores = scores[scores["id_assessment"].isin(own["assessments"]["id_assessment"])]
            kept = sorted({*own["student_registration"]["id_student"], *scores["id_student"]})[:students]
            own["student_registration"] = _of(own["student_registration"], kept)
            own["student_assessment"] = _of(scores, kept)
            for name, frame in own.items():
                new = frame.copy()
                if "code_module" in new:
                    new["code_module"], new["code_presentation"] = new_module, new_presentation
                if "module_presentation_length" in new:
                    new["module_presentation_length"] = days
                if "id_assessment" in new:
                    new["id_assessment"] += shift
                made[name].append(new)
    target = tmp_path_factory.mktemp("other-grades")
    for name, parts in made.items():
        pd.concat(parts, ignore_index=True).astype(source[name].dtypes).to_parquet(target / f"{name}.parquet")
    return target


def _of(frame: pd.DataFrame, students: list[int]) -> pd.DataFrame:
    return frame[frame["id_student"].isin(students)]


@pytest.fixture(scope="module")
def loaded(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Prepare a home from the folder and run night 1 by hand; give its SIS contents too."""
    home = tmp_path_factory.mktemp("other-home")
    prepared = gradeflow("demo", "--prepare", "--json", "--data", str(folder), home=home)
    assert prepared.returncode == 0, prepared.stderr
    with sandbox(home) as servers:
        done = gradeflow("sync", "--json", home=home)
        assert done.returncode == 3, done.stderr  # some items lie in the closed period
        contents = {
            district: sis_results(server) for (district, kind), server in servers.items() if kind != "canvas"
        }
    return home, json.loads(done.stdout), contents


def test_the_sis_holds_exactly_what_the_files_say_after_night_1(
    folder: Path, loaded: tuple[Path, dict[str, Any], dict[str, Any]]
) -> None:
    _, document, contents = loaded
    runs = {run["district"]: run for run in document["districts"]}
    frame = pd.read_parquet(folder / "assessments.parquet").sort_values(["date", "id_assessment"])
    number = frame.groupby(["code_module", "code_presentation", "assessment_type"]).cumcount() + 1
    titles = dict(
        zip(
            frame["id_assessment"].astype(str),
            frame["assessment_type"] + " " + number.astype(str),
            strict=True,
        )
    )
    districts = expected_districts(folder)
    assert sorted(contents) == sorted(district.slug for district in districts)
    for district in districts:
        wanted = {(titles[a], section, student): v for (a, section, student), v in district.results.items()}
        assert contents[district.slug] == wanted
        assert runs[district.slug]["results"]["created"] == len(wanted) > 0
        assert sum(runs[district.slug]["results"].values()) == district.rows


def test_a_demo_on_the_other_folder_goes_as_planned(folder: Path, tmp_path: Path) -> None:
    done = gradeflow("demo", "--json", "--data", str(folder), home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    nights = json.loads(done.stdout)["nights"]
    assert [len(night["districts"]) for night in nights] == [3, 3, 3]
    assert all(run["calls"]["sis_write"] == 0 for run in nights[1]["districts"])
    assert all(run["results"]["updated"] > 0 for run in nights[2]["districts"])
