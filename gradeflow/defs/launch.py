"""Running a job in this process, through the very definitions that the UI serves, on the home's instance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dagster as dg

from gradeflow.core.scope import Scope
from gradeflow.defs.automation import window_tags
from gradeflow.defs.build import build_defs
from gradeflow.defs.connections import DISTRICT_TAG, prepare
from gradeflow.defs.resources import GradeflowHome
from gradeflow.model.ledger import Run
from gradeflow.settings import Home
from gradeflow.warehouse import runs
from gradeflow.warehouse.holder import describe_holder, is_provably_dead
from gradeflow.warehouse.store import Warehouse

# Dagster keeps tags that begin so out of its pages: who holds a run is for us, not for its list of runs.
PROCESS_TAG = ".dagster/gradeflow_process"
ENDED_EARLY = "The command's process ended before the run was done; the next run goes on from there."
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
    clock = GradeflowHome(path=str(home.path))
    prepared = prepare(home, district, Scope(()), tags or {}, clock.now)
    content = prepared.district
    today = prepared.as_of.astimezone(content.zone).date()
    close_dead_runs(instance, warehouse, clock.now)
    all_tags = {
        **window_tags(home, content, today),
        DISTRICT_TAG: district,
        PROCESS_TAG: describe_holder("command"),
        **(tags or {}),
    }
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


def close_dead_runs(
    instance: dg.DagsterInstance, warehouse: Warehouse, now: Callable[[], dt.datetime]
) -> int:
    """End the runs of commands that were killed: else they count as running and keep scheduled ones waiting.

    Returns:
        How many there were.
    """
    going = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
    dead = [
        run
        for run in instance.get_runs(going)
        if is_provably_dead(run.tags.get(PROCESS_TAG, "of no command"))
    ]
    for run in dead:
        instance.report_run_failed(run, ENDED_EARLY)
        with warehouse.writing() as connection:
            known = runs.load_run(connection, run.run_id)
            if known is not None and known.status == "running":
                runs.end_run(connection, run.run_id, "failed", ended_at=now(), message=ENDED_EARLY)
    return len(dead)


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
