from __future__ import annotations

import pandas as pd
import pytest

from gradeflow.model.ledger import Intent, Lease, Receipt
from gradeflow.warehouse import refusals
from gradeflow.warehouse.intents import record_intents, settle_intents
from gradeflow.warehouse.receipts import record_receipts
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, LATER, item, score


def send(
    warehouse: Warehouse, held: Lease, intent: Intent, state: str, code: str | None = "SIS_REFUSED"
) -> None:
    with warehouse.writing() as connection:
        [intent_id] = record_intents(connection, held, [intent], as_of=AS_OF)
    assert intent_id is not None
    with warehouse.writing() as connection:
        if state == "settled":
            settle_intents(connection, held, [intent_id], code="NOT_DELIVERED", as_of=LATER)
        else:
            record_receipts(connection, held, [Receipt(intent_id, state, code)], as_of=LATER)  # type: ignore[arg-type] # parametrised as text


def refused(warehouse: Warehouse, *items: int) -> list[tuple[int, int | None]]:
    with warehouse.reading() as connection:
        found = refusals.load_refused(connection, items)
    keys = zip(found["line_item_key"], found["result_key"].astype(object), strict=True)
    return [(int(one), None if pd.isna(other) else int(other)) for one, other in keys]


def test_a_refused_score_and_a_refused_line_item_are_told_apart(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]), "rejected")
    send(warehouse, held, item(items[1], title="Quiz"), "rejected")
    with warehouse.reading() as connection:
        found = refusals.load_refused(connection, items).sort_values("line_item_key")
    assert found["line_item_key"].tolist() == items
    assert found["result_key"].isna().tolist() == [False, True]
    assert found["payload_digest"].tolist() == ["p1", "p2"]
    assert found["refused_at"].tolist() == [AS_OF, AS_OF]


def test_only_the_line_items_asked_for_are_told(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]), "rejected")
    assert len(refused(warehouse, items[0])) == 1
    assert refused(warehouse, items[1]) == []


@pytest.mark.parametrize("state", ["confirmed", "retryable", "settled"])
def test_a_refusal_is_not_the_last_word_once_the_row_was_sent_again(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int], state: str
) -> None:
    send(warehouse, held, score(results[0]), "rejected")
    send(warehouse, held, score(results[1]), "rejected")
    send(warehouse, held, score(results[0], 90_000), state, None)
    assert refused(warehouse, *items) == [(items[0], results[1])]


def test_a_refused_score_is_free_once_its_line_item_was_taken_anew(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]), "rejected")
    send(warehouse, held, item(items[0], title="Quiz"), "rejected")
    send(warehouse, held, item(items[0], title="Test"), "confirmed", None)
    assert refused(warehouse, items[0]) == []


def test_a_refused_line_item_does_not_free_its_refused_score(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]), "rejected")
    send(warehouse, held, item(items[0], title="Quiz"), "rejected")
    assert len(refused(warehouse, items[0])) == 2


def test_a_line_item_that_was_gone_in_the_sis_is_not_remembered_as_a_refusal(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]), "rejected", "SIS_PARENT_GONE")
    assert refused(warehouse, items[0]) == []
