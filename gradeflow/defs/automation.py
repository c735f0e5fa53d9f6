"""Jobs, and the schedules that start them: districts grouped by local time and zone.

A tick starts one run per district over its whole effective-date window. What a district file says is read again
at each tick, so that a pause or a new effective date counts at once; only a new time of day needs a reload.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from gradeflow.defs.asked import REMASTER
from gradeflow.defs.connections import DISTRICT_TAG
from gradeflow.defs.metadata import JOBS as DESCRIPTIONS
from gradeflow.defs.partitions import key_range
from gradeflow.defs.scheduled import is_scheduled
from gradeflow.defs.steps import DELIVERY, PLAN
from gradeflow.defs.watch import CHECK_KEY
from gradeflow.errors import ConfigError
from gradeflow.model.district import District
from gradeflow.settings import Home

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
JOBS = {"passback": "*" + DELIVERY, "plan": "*" + PLAN, REMASTER: "*" + DELIVERY}


def build_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """Define the jobs: `passback` runs the night, `plan` stops before delivery, `remaster` sends all again."""
    watch = dg.AssetSelection.checks(CHECK_KEY)  # about all districts; a run is about one
    return [
        dg.define_asset_job(
            name,
            selection=dg.AssetSelection.from_string(selection) - watch,
            executor_def=dg.in_process_executor,
            description=DESCRIPTIONS[name],
        )
        for name, selection in JOBS.items()
    ]


def window_tags(home: Home, district: District, today: dt.date) -> dict[str, str]:
    """Give the tags of a run over a district's whole effective-date window, through `today`.

    Raises:
        ConfigError: the window lies before the home's first partition.
    """
    first = district.passback.effective_date or home.settings().partitions.start
    start, end = key_range(home, district.district, min(first, today), today)
    return {RANGE_START: start, RANGE_END: end, DISTRICT_TAG: district.district}


def build_schedules(home: Home, job: dg.UnresolvedAssetJobDefinition) -> list[dg.ScheduleDefinition]:
    """Define one schedule per local time and zone. A district whose file is broken gets none until it is right."""
    groups: dict[tuple[dt.time, str], list[str]] = {}
    for name in home.district_names():
        try:
            district = home.district(name).district
            if is_scheduled(district) and district.passback.nightly is not None:
                groups.setdefault((district.passback.nightly, district.timezone), []).append(name)
        except ConfigError:
            continue  # its own run says what is wrong with it
    return [_schedule(home, job, at, zone, names) for (at, zone), names in sorted(groups.items())]


def _schedule(
    home: Home, job: dg.UnresolvedAssetJobDefinition, at: dt.time, zone: str, names: Sequence[str]
) -> dg.ScheduleDefinition:
    place = zone.lower().replace("/", "_").replace("-", "_")

    @dg.schedule(
        job=job,
        name=f"nightly_{at:%H%M}_{place}",
        cron_schedule=f"{at.minute} {at.hour} * * *",
        execution_timezone=zone,
        description=f"Every night at {at:%H:%M} {zone}: {', '.join(names)}",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        tick = context.scheduled_execution_time
        requests, skipped = [], []
        for name in names:
            try:
                request = _request(home, name, tick)
            except ConfigError as error:
                skipped.append(str(error))
                continue
            if isinstance(request, str):
                skipped.append(request)
            else:
                requests.append(request)
        for reason in skipped:
            context.log.info(reason)
        return requests or dg.SkipReason(" ".join(skipped))

    return nightly


def _request(home: Home, name: str, tick: dt.datetime) -> dg.RunRequest | str:
    district = home.district(name).district
    today = tick.astimezone(district.zone).date()
    pause = district.passback.pause
    if pause is not None and today <= pause.until:
        return f"{name} is paused until {pause.until} ({pause.reason})."
    return dg.RunRequest(run_key=f"{name}:{tick.isoformat()}", tags=window_tags(home, district, today))
