"""`status --history` lists runs with who started them; two nights without success end the command with 4."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from gradeflow.cli import status
from gradeflow.model.ledger import Run, RunStatus
from gradeflow.settings import Home
from gradeflow.warehouse import runs
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.cli.commands import run

NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
FILE = """\
district: lincoln
timezone: America/Chicago
lms: {kind: canvas}
sis: {kind: schooltool}
passback: {nightly: "03:30", trigger: nightly}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "districts").mkdir()
    (tmp_path / "districts" / "lincoln.yaml").write_text(FILE)
    (tmp_path / "gradeflow.yaml").write_text("partitions: {start: 2026-08-01, grain: month}\n")
    monkeypatch.setattr(status, "clock", lambda: NOW)
    return tmp_path


def night(home: Path, days: float, ended: RunStatus, by: str | None = None) -> None:
    at = NOW - dt.timedelta(days=days)
    made = Run(f"run-{days}", "lincoln", "passback", "canvas-schooltool", at, at, started_by=by)
    warehouse = Warehouse.open(Home(home).warehouse_url())
    with warehouse.writing() as connection:
        runs.start_run(connection, made)
        runs.end_run(connection, made.run_id, ended, ended_at=at + dt.timedelta(minutes=5))
    warehouse.close()


def test_the_list_names_who_started_a_run_and_the_platforms_word_and_its_window_is_the_views(
    home: Path,
) -> None:
    night(home, 8, "completed")
    night(home, 7.5, "completed_with_errors", by="Ann Lee")
    night(home, 0.4, "completed")
    (listed,) = run(home, "status", "--history", "--json").document["districts"]
    assert [one["run_id"] for one in listed["history"]] == ["run-0.4", "run-7.5"]
    assert listed["history"][1]["started_by"] == "Ann Lee"
    shown = run(home, "status", "--history").out
    assert '"Completed (with errors)"), by Ann Lee, run run-7.5' in shown
    assert "run run-8" in run(home, "status", "--history", "--days", "30").out


def test_two_nights_without_success_end_the_command_with_a_code_that_a_monitor_sees(home: Path) -> None:
    night(home, 3, "completed")
    assert run(home, "status").code == 4
    night(home, 0.4, "failed")
    shown = run(home, "status", "--json")
    assert (shown.code, shown.document["districts"][0]["missed_nights"]) == (4, ["2026-11-19", "2026-11-20"])
    assert "2026-11-19 and 2026-11-20" in shown.err
    night(home, 0.3, "completed_with_errors")
    assert run(home, "status").code == 0
