"""Which districts run by themselves, and whose nights stay away; for those too who know no Dagster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from gradeflow.model.district import District
from gradeflow.model.ledger import Run, RunStatus
from gradeflow.rules.profile import profile_for

PLAN = "plan"
WENT: tuple[RunStatus, ...] = ("completed", "completed_with_errors")
NIGHTS = 2
# A night that has just begun may still be under way.
LASTS = dt.timedelta(hours=6)
LOOKS_BACK = dt.timedelta(days=14)


def is_scheduled(district: District) -> bool:
    """Tell whether a district runs by itself: manual routes only where the district says so (C08)."""
    if district.passback.nightly is None:
        return False
    asked = district.passback.trigger
    if asked is not None:
        return asked in {"nightly", "both"}
    profile = profile_for(district)
    return profile.values.trigger in {"nightly", "both"}


def is_watched(district: District) -> bool:
    """Tell whether a night that stays away is news: the district runs by itself and is no practice district."""
    return is_scheduled(district) and district.sandbox is None


def missed_nights(district: District, runs: Sequence[Run], now: dt.datetime) -> list[dt.date]:
    """Name the last nights that should have been, if none of them was (R040).

    Args:
        runs: the district's runs of the last two weeks (`LOOKS_BACK`), in any order.
        now: the instant of the question.

    Returns:
        The days of the last two nights by the schedule, in the district's time zone, where no run that sends was
        completed since the first of them; empty where one was, where nobody watches, or the district is new.
    """
    if not is_watched(district) or not runs:
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
