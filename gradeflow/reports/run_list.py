"""Which runs a list shows, in which words, and whether a district's nights stay away.

How long a run is listed is a matter of the view alone: runs and audit rows are never deleted (C18).
Windows and words: Instructure's guide to grade passback into SchoolTool, Schoology's to its sync, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from gradeflow.model.district import District
from gradeflow.model.ledger import Run, RunStatus

# Days by how a run ended. What did not go through is listed longer; one with errors as long as a failed one (G24).
LISTED_DAYS: Mapping[RunStatus, int] = {
    "completed": 7,
    "completed_with_errors": 14,
    "held_by_breaker": 14,
    "failed": 14,
    "running": 14,
}
# The word that a platform's own list has for a state; a state that it does not know has none.
LABELS: Mapping[str, Mapping[RunStatus, str]] = {
    "canvas": {
        "completed": "Completed",
        "completed_with_errors": "Completed (with errors)",
        "failed": "Failed",
        "running": "Running",
    },
    "schoology": {"completed": "Successful", "failed": "Error", "running": "Queued"},
}
PLAN = "plan"
WENT: tuple[RunStatus, ...] = ("completed", "completed_with_errors")
NIGHTS = 2
# A night that has just begun may still be under way.
LASTS = dt.timedelta(hours=6)


def listed(runs: Iterable[Run], now: dt.datetime, days: int | None = None) -> list[Run]:
    """Choose the runs that a list shows, in their order.

    Args:
        runs: a district's runs.
        now: the instant of the list.
        days: how long every run is listed; None: by how it ended.
    """
    return [run for run in runs if now - run.started_at <= _shown(run, days)]


def _shown(run: Run, days: int | None) -> dt.timedelta:
    return dt.timedelta(days=LISTED_DAYS[run.status] if days is None else days)


def longest(days: int | None = None) -> int:
    """Give the days after which no run is listed any more."""
    return max(LISTED_DAYS.values()) if days is None else days


def label_of(lms: str, status: RunStatus) -> str | None:
    """Give a platform's own word for a state; None where its guide has none."""
    return LABELS.get(lms, {}).get(status)


def missed_nights(
    district: District, runs: Sequence[Run], now: dt.datetime, *, is_scheduled: bool
) -> list[dt.date]:
    """Name the last nights that should have been, if none of them was.

    Args:
        runs: the district's runs of the last two weeks, in any order.
        now: the instant of the question.
        is_scheduled: whether the district runs by itself.

    Returns:
        The days of the last two nights by the schedule, where no run that sends was completed since the first of
        them; empty where one was, where the district does not run by itself, is a practice district or is new.
    """
    if not is_scheduled or district.sandbox is not None or not runs:
        return []
    due = _last_nights(district, now)
    if len(due) < NIGHTS:
        return []
    since = due[0]
    if all(run.started_at >= since for run in runs):
        return []  # new: no night was due before its first run
    went = any(run.status in WENT and run.job != PLAN and run.started_at >= since for run in runs)
    return [] if went else [night.astimezone(district.zone).date() for night in due]


def _last_nights(district: District, now: dt.datetime) -> list[dt.datetime]:
    """Give the last nights that were due and have had their time, oldest first; fewer just after a pause."""
    at, pause = district.passback.nightly or dt.time(), district.passback.pause
    today = now.astimezone(district.zone).date()
    days = (today - dt.timedelta(days=back) for back in range(NIGHTS + 1))
    nights = (
        dt.datetime.combine(day, at, district.zone) for day in days if pause is None or day > pause.until
    )
    return [night for night in nights if night + LASTS <= now][:NIGHTS][::-1]
