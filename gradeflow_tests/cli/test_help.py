"""Help names what an argument is, which kinds there are, and the home the same way everywhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gradeflow.cli.main import APP
from gradeflow.defs.build import build_defs
from gradeflow.defs.resources import GradeflowHome
from gradeflow.lms import registry as lms_registry
from gradeflow.settings import Home, school_year_start
from gradeflow.sis import registry as sis_registry
from gradeflow_tests.cli.commands import run


def words(home: Path, *arguments: str) -> str:
    return " ".join(run(home, *arguments, "--help").out.replace("│", " ").split())


@pytest.mark.parametrize("command", ["check", "plan", "sync", "status"])
def test_an_argument_is_named_by_what_it_takes(tmp_path: Path, command: str) -> None:
    assert "[DISTRICT]..." in words(tmp_path, command)
    assert "districts..." not in words(tmp_path, command)


def test_init_lists_the_kinds_that_there_are(tmp_path: Path) -> None:
    shown = words(tmp_path, "init")
    for kind in (*lms_registry.connectors(), *sis_registry.connectors()):
        assert kind in shown


def test_the_home_is_explained_alike_on_both_levels(tmp_path: Path) -> None:
    says = "Where everything lies; by default $GRADEFLOW_HOME, else ./var."
    assert says in words(tmp_path, "status")
    top = CliRunner().invoke(APP, ["--help"], env={"COLUMNS": "80"}).stdout
    assert says in " ".join(top.replace("│", " ").split())


@pytest.mark.parametrize(
    ("today", "start"),
    [("2026-07-01", "2026-07-01"), ("2027-06-30", "2026-07-01"), ("2027-07-01", "2027-07-01")],
)
def test_a_school_year_begins_in_july(today: str, start: str) -> None:
    assert school_year_start(dt.date.fromisoformat(today)) == dt.date.fromisoformat(start)


def test_a_home_without_settings_begins_with_the_school_year_of_its_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GradeflowHome, "now", lambda _: dt.datetime(2031, 2, 3, tzinfo=dt.UTC))
    place = GradeflowHome(path=str(tmp_path)).home
    assert place.settings().partitions.start == dt.date(2030, 7, 1)
    (tmp_path / "gradeflow.yaml").write_text("warehouse: sqlite:////tmp/never.sqlite\n")
    assert place.settings().partitions.start == dt.date(2030, 7, 1)
    assert build_defs(Home(tmp_path / "elsewhere")) is not None
