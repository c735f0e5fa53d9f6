"""One district's night from its file to the SIS, without Dagster."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradeflow.core.night import deliver_night, judge_night, plan_night
from gradeflow.core.scope import Scope, Window
from gradeflow.defs.connections import prepare
from gradeflow.model.ledger import Run
from gradeflow.settings import Home
from gradeflow.warehouse import runs
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse


@dataclass(frozen=True)
class Ended:
    """What a night did."""

    line_items: dict[str, int]
    results: dict[str, int]
    findings: dict[str, int]
    writes: int
    stopped: list[str]


def run_night(home: Home, district: str, as_of: dt.datetime) -> Ended:
    """Read both sides, judge, plan, deliver."""
    warehouse = Warehouse.open(home.warehouse_url())
    try:
        return asyncio.run(_night(home, district, as_of, warehouse))
    finally:
        warehouse.close()


async def _night(home: Home, district: str, as_of: dt.datetime, warehouse: Warehouse) -> Ended:
    def now() -> dt.datetime:
        return as_of

    year = Window(as_of.date() - dt.timedelta(days=400), as_of.date() + dt.timedelta(days=30))
    prepared = prepare(home, district, Scope.of([year]), {"gradeflow/as_of": as_of.isoformat()}, now)
    run_id = f"night-{as_of.date()}"
    with warehouse.writing() as connection:
        runs.start_run(
            connection,
            Run(run_id, district, "passback", prepared.profile.route, as_of=as_of, started_at=as_of),
        )
    store = DistrictStore(warehouse, district, run_id, as_of, now)
    async with prepared.source() as source, prepared.sink() as sink:
        night = prepared.night(source.system_id, sink.system_id)
        extract, reference = await source.read_gradebook(), await sink.read_reference()
        judged = judge_night(night, extract, reference, store)
        planned = await plan_night(night, judged, extract, reference, sink, store, will_deliver=True)
        stopped = [verdict.message for verdict in planned.stopped_by]
        if stopped:
            store.release_lease()
            return Ended({}, {}, _codes(planned.findings), sink.calls.writes, stopped)
        delivered, status = await deliver_night(night, planned, sink, store)
        store.end_run(status)
        return Ended(
            delivered.counts("line_item", planned.plan.line_item_counts),
            delivered.counts("result", planned.plan.result_counts),
            _codes(planned.findings) | _codes(delivered.findings()),
            sink.calls.writes,
            [],
        )


def _codes(findings: Any) -> dict[str, int]:
    return {str(code): int(count) for code, count in findings["code"].value_counts().items()}


Night = Callable[[int], Ended]
