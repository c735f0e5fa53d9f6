"""Running a job in this process, through the very definitions that the UI serves, on the home's instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg

from gradeflow.defs.automation import window_tags
from gradeflow.defs.build import build_defs
from gradeflow.defs.connections import DISTRICT_TAG, instant_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.model.ledger import Run
from gradeflow.settings import Home
from gradeflow.warehouse import runs
from gradeflow.warehouse.store import Warehouse

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class Launched:
    """How a run ended: its row in the history, and the exit code that it means."""

    run: Run
    exit_code: int


def launch(
    home: Home,
    instance: dg.DagsterInstance,
    warehouse: Warehouse,
    job: str,
    district: str,
    tags: Mapping[str, str] | None = None,
) -> Launched:
    """Run a job for one district over its whole window.

    Raises:
        ConfigError: the district file is wrong.
        RetriableError: the district is on a sandbox that does not answer.
    """
    content = home.district(district).district
    clock = GradeflowHome(path=str(home.path))
    as_of = instant_of(content, tags or {}, clock.now)
    today = as_of.astimezone(content.zone).date()
    all_tags = {**window_tags(home, content, today), DISTRICT_TAG: district, **(tags or {})}
    definition = build_defs(home).resolve_job_def(job)
    result = definition.execute_in_process(
        instance=instance, tags=all_tags, run_config=QUIET, raise_on_error=False
    )
    with warehouse.reading() as connection:
        run = runs.load_run(connection, result.run_id)
    if run is None:
        msg = f"run {result.run_id} left no row in the history"
        raise RuntimeError(msg)
    return Launched(run, _exit_code(run, result))


def _exit_code(run: Run, result: dg.ExecuteInProcessResult) -> int:
    """Give the exit code: by the run's status, and for a failed one by the class of its error."""
    by_status = {"completed": 0, "completed_with_errors": 3, "held_by_breaker": 4}
    if run.status in by_status and (result.success or run.status == "held_by_breaker"):
        return by_status[run.status]
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.user_failure_data is not None:
            value = event.step_failure_data.user_failure_data.metadata.get("exit_code")
            if value is not None:
                return int(str(value.value))
    return 1
