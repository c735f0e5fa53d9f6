"""A district's night in this process, without Dagster: the same files, warehouse, connectors and HTTP.

For the many faults. That the same happens in a real process, through Dagster, is shown by those of the kill,
lease and command tests.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from dataclasses import dataclass, replace

from gradeflow.core.night import deliver_night, judge_night, plan_night
from gradeflow.core.planned import Planned
from gradeflow.core.scope import Night, Scope, Window
from gradeflow.defs.connections import Prepared, prepare
from gradeflow.defs.exit_codes import exit_code_of
from gradeflow.errors import GradeflowError
from gradeflow.model.ledger import Run
from gradeflow.ports import GradebookSource, GradeSink
from gradeflow.settings import Home
from gradeflow.warehouse import findings, runs
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.delivery.practice import DISTRICT, Practice

WHOLE = Scope((Window(dt.date(2026, 7, 1), dt.date(2027, 8, 1)),))
STATUS_CODES = {"completed": 0, "completed_with_errors": 3, "held_by_breaker": 4}


@dataclass(frozen=True)
class Done:
    """How a night ended: as a command's exit code, its message and what it counted."""

    code: int
    message: str
    line_items: dict[str, int]
    results: dict[str, int]
    findings: dict[str, int]
    open_findings: dict[str, int]
    planned: Planned | None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def open_store(warehouse: Warehouse, prepared: Prepared) -> DistrictStore:
    run = Run(
        run_id=str(uuid.uuid4()),
        district=DISTRICT,
        job="passback",
        route=prepared.profile.route,
        as_of=prepared.as_of,
        started_at=_now(),
    )
    with warehouse.writing() as connection:
        runs.start_run(connection, run)
    return DistrictStore(warehouse, DISTRICT, run.run_id, prepared.as_of, _now)


def night(practice: Practice, allowed: frozenset[str] = frozenset(), *, retry: bool = False) -> Done:
    """Run one night and say how it ended; `retry` sends again what the SIS refused."""
    home = Home(practice.home)
    warehouse = Warehouse.open(home.warehouse_url())
    code, message, planned = 1, "", None
    try:
        prepared = prepare(home, DISTRICT, WHOLE, {}, _now)
        store = open_store(warehouse, prepared)
        try:
            planned, code, message = asyncio.run(_night(prepared, store, allowed, retry))
        except GradeflowError as error:
            code, message = exit_code_of(error), str(error)
        finally:
            store.release_lease()
            store.end_run("completed" if code in STATUS_CODES.values() else "failed", message)
        with warehouse.reading() as connection:
            run = runs.load_run(connection, store.run_id)
            still = findings.load_open_findings(connection, DISTRICT)["code"].value_counts()
        assert run is not None
        told = {str(name): int(count) for name, count in still.items()}
        return Done(
            code,
            message,
            dict(run.line_items or {}),
            dict(run.results or {}),
            dict(run.findings or {}),
            told,
            planned,
        )
    finally:
        warehouse.close()


async def _night(
    prepared: Prepared, store: DistrictStore, allowed: frozenset[str], retry: bool
) -> tuple[Planned, int, str]:
    async with prepared.source() as source, prepared.sink() as sink:
        planned, about = await _plan(prepared, source, sink, store, allowed, retry)
        if planned.stopped_by:
            return planned, 4, " ".join(verdict.message for verdict in planned.stopped_by)
        _, status = await deliver_night(about, planned, sink, store, prepared.may_send)
        return planned, STATUS_CODES[status], ""


async def _plan(
    prepared: Prepared,
    source: GradebookSource,
    sink: GradeSink,
    store: DistrictStore,
    allowed: frozenset[str],
    retry: bool,
) -> tuple[Planned, Night]:
    extract, reference = await source.read_gradebook(), await sink.read_reference()
    about = replace(prepared.night(source.system_id, sink.system_id), retry=retry)
    planned = await plan_night(
        about,
        judge_night(about, extract, reference, store),
        extract,
        reference,
        sink,
        store,
        will_deliver=True,
        allowed=allowed,
    )
    return planned, about


def unresolved(practice: Practice) -> int:
    """Count the sends of which nobody knows what became of them."""
    home = Home(practice.home)
    warehouse = Warehouse.open(home.warehouse_url())
    try:
        prepared = prepare(home, DISTRICT, WHOLE, {}, _now)
        return len(DistrictStore(warehouse, DISTRICT, "none", prepared.as_of, _now).unresolved_intents())
    finally:
        warehouse.close()
