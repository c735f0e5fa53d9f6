"""Nights that stay away: a check that fails where a district had no good night for two of its own (R040).

A run that never starts reports nothing, so no check inside a run can tell. A sensor looks instead, and writes
what it found as the check's evaluation: that is what an alert hangs on. `gradeflow status` says the same.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

import dagster as dg

from gradeflow.defs.resources import GradeflowHome
from gradeflow.defs.scheduled import LOOKS_BACK, is_watched, missed_nights
from gradeflow.defs.steps import DELIVERY
from gradeflow.errors import ConfigError
from gradeflow.warehouse import runs

CHECK = "nights_kept"
CHECK_KEY = dg.AssetCheckKey(dg.AssetKey(DELIVERY), CHECK)
EVERY = dt.timedelta(hours=1)
ABOUT = (
    "Each district that runs by itself had a run that sent in its last two nights, by its own clock. The sensor "
    "`missed_nights` asks every hour and answers here when that changes."
)
KEPT = "Every district that runs by itself had a good night in its last two."
WHAT_TO_DO = "Is its schedule switched on? What stopped its last run? gradeflow status --history says more."


def overdue(gradeflow: GradeflowHome) -> dict[str, str]:
    """Say, by district, which nights stayed away, or that its file is wrong so that none can come."""
    home, now = gradeflow.home, gradeflow.now()
    found: dict[str, str] = {}
    for name in home.district_names():
        try:
            district = home.district(name).district
            if not is_watched(district):
                continue
        except ConfigError as error:
            found[name] = str(error)
            continue
        with gradeflow.warehouse().reading() as connection:
            recent = runs.runs_since(connection, name, now - LOOKS_BACK)
        if missed := missed_nights(district, recent, now):
            found[name] = f"no night ended well on {' and '.join(map(str, missed))}. {WHAT_TO_DO}"
    return found


def _words(found: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {text}" for name, text in found.items()) or KEPT


@dg.asset_check(asset=DELIVERY, name=CHECK, description=ABOUT)
def nights_kept(gradeflow: GradeflowHome) -> dg.AssetCheckResult:
    """Answer the check when somebody executes it."""
    found = overdue(gradeflow)
    return dg.AssetCheckResult(passed=not found, description=_words(found), metadata=_metadata(found))


@dg.sensor(
    name="missed_nights",
    minimum_interval_seconds=int(EVERY.total_seconds()),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=f"Answers the check {CHECK} of {DELIVERY} when a district's nights stay away, and when they are back.",
)
def missed_nights_sensor(
    context: dg.SensorEvaluationContext, gradeflow: GradeflowHome
) -> dg.SensorResult | dg.SkipReason:
    """Answer the check anew when what is overdue changed since the last look."""
    found = overdue(gradeflow)
    told = json.dumps(found)
    if told == context.cursor:
        return dg.SkipReason("As it was at the last look.")
    answer = dg.AssetCheckEvaluation(
        asset_key=CHECK_KEY.asset_key,
        check_name=CHECK,
        passed=not found,
        description=_words(found),
        metadata=_metadata(found),
    )
    return dg.SensorResult(asset_events=[answer], cursor=told)


def _metadata(found: Mapping[str, str]) -> dict[str, int | list[str]]:
    return {"districts_overdue": len(found), "districts": sorted(found)}
