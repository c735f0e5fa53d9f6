from __future__ import annotations

import pandas as pd
import pytest

from gradeflow.errors import LeaseHeldError
from gradeflow.model.ledger import Receipt, Run
from gradeflow.ports import SnapshotStore
from gradeflow.warehouse import runs
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER, gradebook, score


def bind(warehouse: Warehouse, run_id: str) -> DistrictStore:
    return DistrictStore(warehouse, DISTRICT, run_id, AS_OF, lambda: LATER)


def test_a_district_store_is_the_snapshot_store_of_the_ports(warehouse: Warehouse) -> None:
    store: SnapshotStore = bind(warehouse, "night-1")
    assert store.lease_holder() is None


def test_nothing_is_sent_before_the_lease_was_taken(warehouse: Warehouse) -> None:
    store = bind(warehouse, "night-1")
    with pytest.raises(LeaseHeldError, match="no run"):
        store.record_intents([])


def test_a_second_run_of_the_district_waits_until_the_first_released(warehouse: Warehouse) -> None:
    first, second = bind(warehouse, "night-1"), bind(warehouse, "night-2")
    first.acquire_lease()
    with pytest.raises(LeaseHeldError, match="run night-1"):
        second.acquire_lease()
    first.release_lease()
    second.acquire_lease()
    with pytest.raises(LeaseHeldError, match="run night-2"):
        first.record_intents([])


def test_each_step_is_durable_by_itself(warehouse: Warehouse, url: str) -> None:
    with warehouse.writing() as connection:
        runs.start_run(connection, Run("night-1", DISTRICT, "passback", "r", AS_OF, AS_OF))
    store = bind(warehouse, "night-1")
    store.acquire_lease()
    [item] = store.line_item_keys(gradebook("a1"))["line_item_key"]
    [student] = store.student_keys(pd.Series(["007"]))
    [intent_id] = store.record_intents([score(item << 32 | student)])

    other = Warehouse.open(url)  # as another process would see it
    assert len(bind(other, "night-2").unresolved_intents()) == 1
    store.record_receipts([Receipt(intent_id or 0, "confirmed")])
    assert bind(other, "night-2").unresolved_intents() == []
    assert bind(other, "night-2").confirmed_count([item]) == 1
    store.add_calls(sis_write=1)
    store.set_counts(results={"created": 1})
    store.end_run("completed")
    with other.reading() as connection:
        [run] = runs.last_runs(connection, DISTRICT, 1)
    other.close()
    assert (run.status, run.calls["sis_write"], run.results) == ("completed", 1, {"created": 1})
