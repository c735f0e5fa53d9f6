"""A night hands the district's last extract to a source that goes on from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pandas.testing import assert_frame_equal

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.defs.instance import open_instance
from gradeflow.defs.io import last_gradebook
from gradeflow.defs.launch import launch
from gradeflow.defs.resources import GradeflowHome
from gradeflow.sandbox.home import specs_for, specs_of
from gradeflow.sandbox.server import running
from gradeflow.sandbox.small_school import small_school
from gradeflow.settings import Home
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.lms.practice_lms import NOW

DISTRICT = "practice"
KEY = ["lms_assignment_id", "section_id_sis", "student_id_sis"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A served practice district whose Canvas is read whole once a week."""
    path = tmp_path / "home"
    specs = specs_for(("canvas", "schooltool"), home=path, now=NOW)
    write_practice_district(Home(path), small_school(), *specs)
    file = Home(path).districts_folder / f"{DISTRICT}.yaml"
    content = yaml.safe_load(file.read_text())
    content["lms"]["full_read_every_days"] = 7
    file.write_text(yaml.safe_dump(content))
    (path / "gradeflow.yaml").write_text("partitions: {start: 2026-08-01, grain: month}\n")
    with running(specs):
        yield path


def plan(home: Path) -> Any:
    place = Home(home)
    with open_instance(place) as instance:
        return launch(place, instance, Warehouse.open(place.warehouse_url()), "plan", DISTRICT)


def asked_for_work(home: Path) -> int:
    """How often Canvas was asked for submissions since the last time, by its own count."""
    (canvas,) = (spec for spec in specs_of(home) if spec.kind == "canvas")
    log = f"{canvas.origin}/_sandbox/log"
    with httpx.Client(verify=False, trust_env=False) as client:  # loopback, no TLS
        calls = client.get(log).json()["calls"]
        client.delete(log)
    return sum(call["count"] for call in calls if call["route"].endswith("/students/submissions"))


def bundle_of(home: Path) -> Path:
    folder = home / "extracts" / "lms_gradebook" / DISTRICT
    newest = max((folder / "runs").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    return home / newest.read_text()


def test_the_second_night_goes_on_from_the_first(home: Path) -> None:
    resource = GradeflowHome(path=str(home))
    assert last_gradebook(resource, DISTRICT) is None
    plan(home)
    first = last_gradebook(resource, DISTRICT)
    assert first is not None
    assert first.bookmark is not None
    assert set(first.bookmark.sections) == {"m9-01", "m9-02", "sci-01"}
    assert asked_for_work(home) == 3
    plan(home)
    assert asked_for_work(home) == 6  # graded since, handed in since
    second = last_gradebook(resource, DISTRICT)
    assert second is not None
    assert second.bookmark is not None
    assert second.bookmark.full_read_at == first.bookmark.full_read_at
    assert_frame_equal(
        second.results.sort_values(KEY).reset_index(drop=True),
        first.results.sort_values(KEY).reset_index(drop=True),
    )


@pytest.mark.parametrize("harm", ["purged", "changed", "cut"])
def test_a_bundle_that_is_not_what_was_written_is_as_good_as_none(home: Path, harm: str) -> None:
    plan(home)
    bundle = bundle_of(home)
    if harm == "purged":
        shutil.rmtree(bundle)
    elif harm == "changed":
        values = (bundle / "values.json").read_text()
        (bundle / "values.json").write_text(values.replace('"left_out": {', '"left_out": {"X": 1'))
    else:
        (bundle / "results.parquet").write_bytes((bundle / "results.parquet").read_bytes()[:-20])
    assert last_gradebook(GradeflowHome(path=str(home)), DISTRICT) is None
