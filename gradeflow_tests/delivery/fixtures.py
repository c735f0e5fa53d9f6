"""Fixtures of a practice district: made once, copied for each test, on the same ports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.small_school import small_school
from gradeflow.settings import Home
from gradeflow_tests.delivery.practice import Ended, Practice, copy_of, served

# The day after the last due date of quarter 1 that has one: its line items go, those of quarter 2 wait.
NOW = dt.datetime.fromisoformat("2026-11-02T03:30:00-05:00")


@pytest.fixture(scope="session")
def untouched_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose practice systems are filled and where no run was made; nobody serves or changes it."""
    home = tmp_path_factory.mktemp("untouched") / "home"
    canvas, sis = specs_for(("canvas", "schooltool"), home=home, now=NOW)
    write_practice_district(Home(home), small_school(), canvas, sis)
    (home / "gradeflow.yaml").write_text("partitions: {start: 2026-08-01, grain: month}\n")
    return home


@pytest.fixture
def practice(untouched_home: Path, tmp_path: Path) -> Iterator[Practice]:
    """A practice district of the test's own, its servers running, before its first night."""
    with served(copy_of(untouched_home, tmp_path / "home")) as running:
        yield running


@pytest.fixture(scope="session")
def loaded_home(
    untouched_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], Ended]:
    """A home after one undisturbed night, what its SIS then holds, and how the night ended."""
    home = copy_of(untouched_home, tmp_path_factory.mktemp("loaded") / "home")
    with served(home) as running:
        done = running.sync()
        return home, running.state(), done


@pytest.fixture
def undisturbed(loaded_home: tuple[Path, dict[str, Any], Ended]) -> dict[str, Any]:
    """What an SIS holds after one night in which nothing went wrong."""
    return loaded_home[1]


@pytest.fixture
def loaded(loaded_home: tuple[Path, dict[str, Any], Ended], tmp_path: Path) -> Iterator[Practice]:
    """A practice district of the test's own after its first night."""
    with served(copy_of(loaded_home[0], tmp_path / "home")) as running:
        yield running
