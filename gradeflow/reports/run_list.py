"""Which runs a list shows, and in which words.

How long a run is listed is a matter of the view alone: runs and audit rows are never deleted (C18).
Windows and words: Instructure's guide to grade passback into SchoolTool, Schoology's to its sync, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

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
