"""A run judges what lies in its window now, also where an item was first seen with a date outside of it."""

from __future__ import annotations

import asyncio
import datetime as dt

from gradeflow.core.planned import Planned
from gradeflow.core.scope import Scope, Window
from gradeflow.defs.connections import prepare
from gradeflow.settings import Home
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.delivery import nights
from gradeflow_tests.delivery.practice import DISTRICT, Practice

JULY = Scope((Window(dt.date(2026, 7, 1), dt.date(2026, 8, 1)),))


def _planned(practice: Practice, scope: Scope) -> Planned:
    home = Home(practice.home)
    warehouse = Warehouse.open(home.warehouse_url())
    prepared = prepare(home, DISTRICT, scope, {}, nights._now)
    store = nights.open_store(warehouse, prepared)

    async def plan() -> Planned:
        async with prepared.source() as source, prepared.sink() as sink:
            return (await nights._plan(prepared, source, sink, store, frozenset(), retry=False))[0]

    try:
        return asyncio.run(plan())
    finally:
        store.release_lease()
        warehouse.close()


def test_an_item_whose_date_moved_into_the_window_is_judged_in_it(practice: Practice) -> None:
    assert sum(_planned(practice, nights.WHOLE).plan.line_item_counts.values()) > 0
    assert sum(_planned(practice, JULY).plan.line_item_counts.values()) == 0
    practice.canvas.edit(collection="assignments", id=501, set={"unlock_at": "2026-07-06T12:00:00Z"})
    assert sum(_planned(practice, JULY).plan.line_item_counts.values()) > 0
