from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from sqlalchemy import Connection, select

from gradeflow.errors import LeaseHeldError
from gradeflow.model.ledger import Lease
from gradeflow.warehouse import adoptions, holds, lease, snapshot
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import AUDIT, HOLD
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER
from gradeflow_tests.warehouse.test_snapshot import adoption, hold


def place(warehouse: Warehouse, held: Lease, *frames: pd.DataFrame) -> int:
    with warehouse.writing() as connection:
        return holds.place_holds(connection, held, pd.concat(frames, ignore_index=True), as_of=AS_OF)


def open_holds(warehouse: Warehouse) -> pd.DataFrame:
    with warehouse.reading() as connection:
        return holds.load_open_holds(connection, DISTRICT)


def test_a_result_a_field_and_a_whole_item_can_be_held_side_by_side(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    one = items[0]
    asked = [hold(one, results[0]), hold(one, results[1]), hold(one, field="title"), hold(one)]
    assert place(warehouse, held, *asked) == 4
    found = open_holds(warehouse)
    assert found["result_key"].isna().tolist() == [False, False, True, True]
    assert found["field"].isna().tolist() == [True, True, False, True]
    assert set(found["opened_run"]) == {"night-1"}


def test_the_same_hold_of_the_next_night_is_no_new_one(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    asked = [hold(items[0], results[0]), hold(items[0], field="title"), hold(items[1])]
    place(warehouse, held, *asked)
    before = open_holds(warehouse)
    assert place(warehouse, held, *asked) == 0
    assert open_holds(warehouse).equals(before)


@pytest.mark.parametrize("moved", [{"desired": "9|graded"}, {"reason": "SIS_DELETED"}, {"desired": None}])
def test_a_hold_for_something_else_replaces_the_open_one(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int], moved: dict[str, str | None]
) -> None:
    place(warehouse, held, hold(items[0], results[0]))
    assert place(warehouse, held, hold(items[0], results[0], **moved)) == 1
    assert len(open_holds(warehouse)) == 1
    with warehouse.reading() as connection:
        rows = connection.execute(select(HOLD).order_by(HOLD.c.hold_id)).all()
    assert [row.resolution for row in rows] == ["replaced", None]


def test_a_closed_hold_says_who_closed_it_and_how(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    place(warehouse, held, hold(items[0], results[0]), hold(items[1]))
    first = open_holds(warehouse)["hold_id"].tolist()[0]
    for closed in (1, 0):
        with warehouse.writing() as connection:
            assert holds.close_holds(connection, held, [first], resolution="keep_sis", as_of=LATER) == closed
    assert len(open_holds(warehouse)) == 1
    with warehouse.reading() as connection:
        row = connection.execute(select(HOLD).where(HOLD.c.hold_id == first)).one()
        kinds = connection.scalars(select(AUDIT.c.kind).order_by(AUDIT.c.seq)).all()
    assert (row.resolution, row.closed_run, row.closed_at) == ("keep_sis", "night-1", LATER)
    assert kinds == ["hold", "hold", "close_hold"]


def test_only_results_with_a_base_can_be_locked_and_unlocked(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    locked = {}
    with warehouse.writing() as connection:
        adoptions.adopt_results(connection, held, adoption(results[0]), as_of=AS_OF)
        for is_locked in (True, False):
            holds.lock_results(connection, held, results, as_of=AS_OF, is_locked=is_locked)
            locked[is_locked] = snapshot.load_results(connection, items)["is_locked"].tolist()
    assert locked == {True: [True], False: [False]}


def test_a_line_item_can_be_locked_and_unlocked(warehouse: Warehouse, held: Lease, items: list[int]) -> None:
    locked = {}
    with warehouse.writing() as connection:
        for is_locked in (True, False):
            holds.lock_line_items(connection, held, [items[1]], as_of=AS_OF, is_locked=is_locked)
            locked[is_locked] = snapshot.load_line_items(connection, DISTRICT)["is_locked"].tolist()
    assert locked == {True: [False, True], False: [False, False]}


NEEDS_LEASE: list[Callable[[Connection, Lease], object]] = [
    lambda connection, held: holds.place_holds(connection, held, hold(1), as_of=AS_OF),
    lambda connection, held: holds.close_holds(connection, held, [], resolution="x", as_of=AS_OF),
    lambda connection, held: holds.lock_results(connection, held, [], as_of=AS_OF),
    lambda connection, held: holds.lock_line_items(connection, held, [], as_of=AS_OF),
]


@pytest.mark.parametrize("change", NEEDS_LEASE, ids=["place", "close", "lock results", "lock line items"])
def test_nothing_is_held_or_locked_without_the_lease(
    warehouse: Warehouse, held: Lease, change: Callable[[Connection, Lease], object]
) -> None:
    with warehouse.writing() as connection:
        lease.release(connection, held)
    with pytest.raises(LeaseHeldError), warehouse.writing() as connection:
        change(connection, held)
