"""Which runs are listed for how long and in whose words."""

from __future__ import annotations

import datetime as dt

import pytest

from gradeflow.model.ledger import Run, RunStatus
from gradeflow.reports.run_list import LABELS, label_of, listed

NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)


def run(status: RunStatus, days: float, job: str = "passback") -> Run:
    at = NOW - dt.timedelta(days=days)
    return Run(f"{status}-{days}", "lincoln", job, "canvas-schooltool", at, at, status=status)


@pytest.mark.parametrize(
    ("status", "last_day"),
    [("completed", 7), ("completed_with_errors", 14), ("failed", 14), ("held_by_breaker", 14)],
)
def test_a_run_is_listed_through_its_last_day_and_one_with_errors_as_long_as_a_failed_one(
    status: RunStatus, last_day: int
) -> None:
    runs = [run(status, last_day), run(status, last_day + 0.01)]
    assert listed(runs, NOW) == runs[:1]
    assert listed(runs, NOW, days=30) == runs
    assert listed(runs, NOW, days=3) == []


def test_each_platform_has_its_own_word_and_none_is_made_up() -> None:
    assert label_of("canvas", "completed_with_errors") == "Completed (with errors)"
    assert label_of("schoology", "failed") == "Error"
    assert label_of("schoology", "completed_with_errors") is None
    assert label_of("otus", "completed") is None
    assert "held_by_breaker" not in {status for words in LABELS.values() for status in words}
