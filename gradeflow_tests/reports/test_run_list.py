"""Which runs are listed for how long and in whose words, and when a district's nights stay away."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gradeflow.model.district import District
from gradeflow.model.ledger import Run, RunStatus
from gradeflow.reports.run_list import LABELS, label_of, listed, missed_nights

NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)


def run(status: RunStatus, days: float, job: str = "passback") -> Run:
    at = NOW - dt.timedelta(days=days)
    return Run(f"{status}-{days}", "lincoln", job, "canvas-schooltool", at, at, status=status)


def district(**passback: Any) -> District:
    return District.model_validate(
        {
            "district": "lincoln",
            "timezone": "America/Chicago",
            "lms": {"kind": "canvas"},
            "sis": {"kind": "schooltool"},
            "passback": {"nightly": "03:30", **passback},
        }
    )


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


@pytest.mark.parametrize(
    ("runs", "missed"),
    [
        ([run("failed", 0.4), run("completed", 3)], ["2026-11-19", "2026-11-20"]),
        ([run("completed", 3)], ["2026-11-19", "2026-11-20"]),
        ([run("completed", 0.4, "plan"), run("completed", 3)], ["2026-11-19", "2026-11-20"]),
        ([run("held_by_breaker", 1.3), run("completed", 2.3)], ["2026-11-19", "2026-11-20"]),
        ([run("completed_with_errors", 1.3), run("failed", 0.3), run("failed", 2.3)], []),
        ([run("failed", 0.3)], []),
        ([], []),
    ],
)
def test_two_nights_of_which_none_ended_well_are_named(runs: list[Run], missed: list[str]) -> None:
    found = missed_nights(district(), runs, NOW, is_scheduled=True)
    assert [str(day) for day in found] == missed
    assert missed_nights(district(), runs, NOW, is_scheduled=False) == []


def test_a_night_under_way_is_not_missed_and_a_pause_is_none() -> None:
    runs = [run("completed", 2.3), run("completed", 9)]
    early = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)  # 04:00, half an hour after it began
    assert missed_nights(district(), runs, early, is_scheduled=True) == []
    paused = district(pause={"until": "2026-11-19", "reason": "report cards"})
    assert missed_nights(paused, [run("completed", 9)], NOW, is_scheduled=True) == []
