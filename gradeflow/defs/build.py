"""Putting the definitions together from what a home's files say; a caller may hand in another home."""

from __future__ import annotations

import dagster as dg

from gradeflow.defs.assets import build_assets
from gradeflow.defs.automation import build_jobs, build_schedules
from gradeflow.defs.io import BundleIOManager
from gradeflow.defs.resources import GradeflowHome
from gradeflow.defs.watch import missed_nights_sensor, nights_kept
from gradeflow.settings import Home


def build_defs(home: Home | None = None) -> dg.Definitions:
    """Build the code location of a home, by default `$GRADEFLOW_HOME`. No secret is read, nothing is reached."""
    resource = GradeflowHome(path=str((home or Home.from_environment()).path))
    home = resource.home
    jobs = build_jobs()
    return dg.Definitions(
        assets=build_assets(home),
        asset_checks=[nights_kept],
        jobs=jobs,
        schedules=build_schedules(home, jobs[0]),
        sensors=[missed_nights_sensor],
        resources={
            "gradeflow": resource,
            "io_manager": BundleIOManager(home, resource.warehouse, resource.now),
        },
        executor=dg.in_process_executor,
    )
