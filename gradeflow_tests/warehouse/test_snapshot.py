from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from gradeflow.errors import LeaseHeldError
from gradeflow.model.ledger import Lease, Receipt
from gradeflow.warehouse import adoptions, holds, keys, lease, snapshot
from gradeflow.warehouse.intents import record_intents
from gradeflow.warehouse.receipts import record_receipts
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER, gradebook, item, score


def adoption(*result_keys: int, base_version: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "result_key": pd.array(result_keys, dtype="Int64"),
            "base_version": base_version,
            "sent_score_e4": pd.array([85_000] * len(result_keys), dtype="Int64"),
            "sent_status": "graded",
            "stored_score_e4": pd.array([None] * len(result_keys), dtype="Int64"),
            "stored_status": pd.array([None] * len(result_keys), dtype="str"),
            "origin": "typed",
        }
    )


def adopt(warehouse: Warehouse, held: Lease, frame: pd.DataFrame) -> list[bool]:
    with warehouse.writing() as connection:
        return adoptions.adopt_results(connection, held, frame, as_of=AS_OF).tolist()


def test_an_empty_warehouse_gives_frames_with_the_whole_schema(warehouse: Warehouse) -> None:
    with warehouse.reading() as connection:
        items = snapshot.load_line_items(connection, DISTRICT)
        results = snapshot.load_results(connection, [])
        fields = snapshot.load_fields(connection, DISTRICT)
        held = holds.load_open_holds(connection, DISTRICT)
    assert [len(frame) for frame in (items, results, fields, held)] == [0, 0, 0, 0]
    assert items["line_item_key"].dtype == "Int64"
    assert items["assigned_on"].dtype == "datetime64[ns]"
    assert results["sent_score_e4"].dtype == "Int64"
    assert results["sent_status"].dtype == "str"
    assert results["is_locked"].dtype == "boolean"
    assert held["opened_at"].dtype == "datetime64[us, UTC]"


def test_types_do_not_depend_on_what_the_rows_hold(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    with warehouse.reading() as connection:
        empty = snapshot.load_results(connection, items)
    adopt(warehouse, held, adoption(*results))
    with warehouse.reading() as connection:
        full = snapshot.load_results(connection, items)
    assert full.dtypes.to_dict() == empty.dtypes.to_dict()


def test_results_are_loaded_for_the_items_asked_and_no_others(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    in_other_item = keys.result_keys([items[1]], [keys.student_of(results[0])]).tolist()
    adopt(warehouse, held, adoption(*results, *in_other_item))
    with warehouse.reading() as connection:
        assert sorted(snapshot.load_results(connection, [items[0]])["result_key"]) == results
        assert snapshot.load_results(connection, [items[1]])["result_key"].tolist() == in_other_item
        assert snapshot.confirmed_count(connection, [items[0]]) == 3
        assert snapshot.confirmed_count(connection, items) == 4
        assert snapshot.confirmed_count(connection, []) == 0


def test_a_score_that_was_cleared_has_a_blank_base_and_is_not_counted_as_held_there(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    adopt(warehouse, held, adoption(*results))
    blank = {"sent_score_e4": None, "sent_status": None, "stored_score_e4": None, "stored_status": None}
    cleared = adoption(results[0]).assign(**blank, origin="cleared", base_version=1)
    assert adopt(warehouse, held, cleared) == [True]
    with warehouse.reading() as connection:
        found = snapshot.load_results(connection, items).set_index("result_key").loc[results[0]]
        assert snapshot.confirmed_count(connection, items) == 2
        assert snapshot.confirmed_results(connection, DISTRICT) == 2
    assert found[list(blank)].isna().all()
    assert (found["origin"], found["version"]) == ("cleared", 2)


def test_adopting_sets_the_bases_and_keeps_null_apart_from_zero(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    assert adopt(warehouse, held, adoption(results[0])) == [True]
    with warehouse.reading() as connection:
        found = snapshot.load_results(connection, items).squeeze()
    assert found["sent_score_e4"] == 85_000
    assert pd.isna(found["stored_score_e4"])
    assert pd.isna(found["stored_status"])
    assert (found["version"], found["origin"], found["is_locked"]) == (1, "typed", False)


def test_adopting_on_a_base_that_the_plan_did_not_see_is_refused(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    adopt(warehouse, held, adoption(results[0]))
    assert adopt(warehouse, held, adoption(*results[:2])) == [False, True]
    assert adopt(warehouse, held, adoption(results[0], base_version=1)) == [True]


def test_line_item_fields_are_adopted_with_the_sis_id(
    warehouse: Warehouse, held: Lease, items: list[int]
) -> None:
    frame = pd.DataFrame(
        {
            "line_item_key": [items[0], items[0], items[1]],
            "base_version": [0, 0, 7],
            "sis_id": ["li-1", "li-1", "li-2"],
            "field": ["title", "points", "title"],
            "sent": ["Quiz", "10", "Test"],
            "stored": ["QUIZ", None, "Test"],
        }
    )
    with warehouse.writing() as connection:
        adopted = adoptions.adopt_line_items(connection, held, frame, as_of=AS_OF)
    with warehouse.reading() as connection:
        fields = snapshot.load_fields(connection, DISTRICT).set_index("field")
        found = snapshot.load_line_items(connection, DISTRICT).set_index("line_item_key")
    assert adopted.tolist() == [True, True, False]
    assert fields["stored"].isna().to_dict() == {"points": True, "title": False}
    assert found["sis_id"].isna().tolist() == [False, True]
    assert found["version"].tolist() == [1, 0]


def test_adopting_without_the_lease_is_refused(warehouse: Warehouse, held: Lease, results: list[int]) -> None:
    with warehouse.writing() as connection:
        lease.release(connection, held)
    with pytest.raises(LeaseHeldError):
        adopt(warehouse, held, adoption(*results))
    with pytest.raises(LeaseHeldError), warehouse.writing() as connection:
        adoptions.adopt_line_items(
            connection,
            held,
            pd.DataFrame(columns=["line_item_key", "base_version", "sis_id", "field", "sent", "stored"]),
            as_of=AS_OF,
        )


@pytest.fixture
def settled(warehouse: Warehouse, held: Lease, items: list[int], results: list[int]) -> list[int]:
    """Two settled items; the first has one base."""
    adopt(warehouse, held, adoption(results[0]))
    settle(warehouse, items)
    return items


def settle(warehouse: Warehouse, items: list[int]) -> None:
    frame = pd.DataFrame({"line_item_key": items, "settled_digest": "d1", "settled_counts": '{"held":1}'})
    with warehouse.writing() as connection:
        snapshot.settle_line_items(connection, frame)


def settled_items(warehouse: Warehouse) -> list[int]:
    with warehouse.reading() as connection:
        frame = snapshot.load_line_items(connection, DISTRICT)
    assert frame["settled_digest"].isna().equals(frame["settled_counts"].isna())
    return frame.loc[frame["settled_digest"] == "d1", "line_item_key"].tolist()


def test_settled_items_are_remembered(warehouse: Warehouse, settled: list[int]) -> None:
    assert settled_items(warehouse) == settled
    settle(warehouse, [])
    assert settled_items(warehouse) == settled


@pytest.mark.parametrize("touch", ["hold", "close", "lock", "lock item", "adopt", "receipt", "item receipt"])
def test_whatever_touches_an_item_makes_the_next_plan_look_at_it_again(
    warehouse: Warehouse, held: Lease, settled: list[int], results: list[int], touch: str
) -> None:
    one, other = settled
    with warehouse.writing() as connection:
        if touch in {"hold", "close"}:
            holds.place_holds(connection, held, hold(one, results[0]), as_of=AS_OF)
        if touch == "close":
            settle_again = pd.DataFrame(
                {"line_item_key": [one], "settled_digest": "d1", "settled_counts": "{}"}
            )
            snapshot.settle_line_items(connection, settle_again)
            [open_one] = holds.load_open_holds(connection, DISTRICT)["hold_id"]
            holds.close_holds(connection, held, [open_one], resolution="sis", as_of=LATER)
        if touch == "lock":
            holds.lock_results(connection, held, [results[0]], as_of=AS_OF)
        if touch == "lock item":
            holds.lock_line_items(connection, held, [one], as_of=AS_OF)
        if touch == "adopt":
            adoptions.adopt_results(connection, held, adoption(results[1]), as_of=AS_OF)
        if touch in {"receipt", "item receipt"}:
            intent = score(results[1]) if touch == "receipt" else item(one, title="Quiz")
            [intent_id] = record_intents(connection, held, [intent], as_of=AS_OF)
            record_receipts(connection, held, [Receipt(intent_id or 0, "confirmed")], as_of=LATER)
    assert settled_items(warehouse) == [other]


def hold(line_item_key: int, result_key: int | None = None, **given: str | None) -> pd.DataFrame:
    row = {"field": None, "reason": "SIS_EDITED", "desired": "8.5|graded", "observed": "9|graded"} | given
    frame = pd.DataFrame([{"line_item_key": line_item_key, "result_key": result_key, **row}])
    return frame.astype({"result_key": "Int64"})


def test_a_date_of_first_sight_is_kept_as_a_date(warehouse: Warehouse) -> None:
    late = gradebook("a1").assign(assigned_on=[dt.date(2026, 12, 31)])
    with warehouse.writing() as connection:
        keys.line_item_keys(connection, DISTRICT, late, as_of=AS_OF)
        found = snapshot.load_line_items(connection, DISTRICT)
    assert found["assigned_on"].tolist() == [pd.Timestamp("2026-12-31")]
