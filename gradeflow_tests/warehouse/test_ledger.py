from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from gradeflow.errors import LeaseHeldError
from gradeflow.model.ledger import BLANK, CLEARED, Intent, Lease, Receipt, ResultValue
from gradeflow.warehouse import lease, snapshot
from gradeflow.warehouse.intents import record_intents, settle_intents, unresolved_intents
from gradeflow.warehouse.receipts import record_receipts
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import AUDIT, INTENT
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER, item, score

BASES = ["sent_score_e4", "sent_status", "stored_score_e4", "stored_status", "origin", "version"]


def intend(warehouse: Warehouse, held: Lease, *intents: Intent) -> list[int | None]:
    with warehouse.writing() as connection:
        return record_intents(connection, held, intents, as_of=AS_OF)


def receive(warehouse: Warehouse, held: Lease, *receipts: Receipt) -> None:
    with warehouse.writing() as connection:
        record_receipts(connection, held, receipts, as_of=LATER)


def send(warehouse: Warehouse, held: Lease, intent: Intent, **outcome: Any) -> None:
    [intent_id] = intend(warehouse, held, intent)
    assert intent_id is not None
    receive(warehouse, held, Receipt(intent_id, "confirmed", **outcome))


def bases(warehouse: Warehouse, line_item_key: int) -> list[list[Any]]:
    with warehouse.reading() as connection:
        frame = snapshot.load_results(connection, [line_item_key]).sort_values("result_key")
    return frame[BASES].to_numpy(dtype=object, na_value=None).tolist()


def test_a_confirmed_score_becomes_the_base(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0], 87_500), stored=ResultValue(88_000, "graded"))
    assert bases(warehouse, items[0]) == [[87_500, "graded", 88_000, "graded", "typed", 1]]


def test_without_an_echo_what_was_sent_is_taken_as_stored(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    assert bases(warehouse, items[0]) == [[85_000, "graded", 85_000, "graded", "typed", 1]]


def test_a_cell_that_the_sis_left_blank_is_stored_as_blank(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]), stored=ResultValue(None, None))
    assert bases(warehouse, items[0]) == [[85_000, "graded", None, None, "typed", 1]]


def test_a_confirmed_clearing_leaves_a_blank_base_and_its_intent_is_read_back_as_one(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    clearing = replace(score(results[0], base_version=1), sent=BLANK, origin=CLEARED)
    [intent_id] = intend(warehouse, held, clearing)
    assert intent_id is not None
    with warehouse.reading() as connection:
        (waiting,) = unresolved_intents(connection, DISTRICT)
    assert waiting.intent == clearing
    receive(warehouse, held, Receipt(intent_id, "confirmed", stored=BLANK))
    assert bases(warehouse, items[0]) == [[None, None, None, None, "cleared", 2]]


def test_each_confirmed_send_raises_the_version(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    send(warehouse, held, score(results[0], 90_000, base_version=1))
    assert bases(warehouse, items[0]) == [[90_000, "graded", 90_000, "graded", "typed", 2]]


@pytest.mark.parametrize("state", ["rejected", "retryable", "unknown"])
def test_only_a_confirmed_send_changes_the_base(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int], state: Any
) -> None:
    [intent_id] = intend(warehouse, held, score(results[0]))
    assert intent_id is not None
    receive(warehouse, held, Receipt(intent_id, state, code="SIS_REFUSED"))
    assert bases(warehouse, items[0]) == []
    with warehouse.reading() as connection:
        row = connection.execute(select(INTENT)).one()
    assert (row.state, row.code, row.intended_at, row.received_at) == (state, "SIS_REFUSED", AS_OF, LATER)


def test_an_intent_on_a_base_that_the_plan_did_not_see_is_stale(
    warehouse: Warehouse, held: Lease, results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    found = intend(warehouse, held, score(results[0]), score(results[1]), score(results[2], base_version=1))
    assert [intent_id is None for intent_id in found] == [True, False, True]


def test_ids_come_in_the_order_of_the_intents(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    intents = [score(results[2]), item(items[1], title="Quiz"), score(results[0]), score(results[1])]
    ids = intend(warehouse, held, *intents)
    with warehouse.reading() as connection:
        found = {one.intent_id: one.intent for one in unresolved_intents(connection, DISTRICT)}
    assert [found[intent_id] for intent_id in ids if intent_id] == intents


def test_a_row_whose_send_is_unexplained_is_not_sent_again(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    [lost, _, _] = intend(warehouse, held, score(results[0]), score(results[1]), item(items[0], title="Quiz"))
    assert lost is not None
    receive(warehouse, held, Receipt(lost, "unknown", code="NO_ANSWER"))
    again = [score(results[0]), score(results[1]), item(items[0], title="Quiz"), score(results[2])]
    assert [intent_id is None for intent_id in intend(warehouse, held, *again)] == [True, True, True, False]


def test_the_same_row_twice_in_one_group_is_sent_once(
    warehouse: Warehouse, held: Lease, results: list[int]
) -> None:
    first, second = intend(warehouse, held, score(results[0]), score(results[0], 90_000))
    assert first is not None
    assert second is None


def test_the_database_itself_refuses_two_unexplained_sends_of_one_row(
    warehouse: Warehouse, held: Lease, results: list[int]
) -> None:
    intend(warehouse, held, score(results[0]))
    with warehouse.writing() as connection:
        row = dict(connection.execute(select(INTENT)).mappings().one())
    del row["intent_id"]
    with pytest.raises(IntegrityError), warehouse.writing() as connection:
        connection.execute(insert(INTENT).values(row))


def test_a_send_explained_as_not_stored_may_be_sent_again(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    [lost] = intend(warehouse, held, score(results[0]))
    with warehouse.writing() as connection:
        settle_intents(connection, held, [lost or 0], code="NOT_STORED", as_of=LATER)
        assert unresolved_intents(connection, DISTRICT) == []
    assert bases(warehouse, items[0]) == []
    assert intend(warehouse, held, score(results[0])) != [None]


def test_an_unknown_send_that_was_stored_is_confirmed_later(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    [lost] = intend(warehouse, held, score(results[0]))
    receive(warehouse, held, Receipt(lost or 0, "unknown"))
    receive(warehouse, held, Receipt(lost or 0, "confirmed", stored=ResultValue(85_000, "graded")))
    assert bases(warehouse, items[0]) == [[85_000, "graded", 85_000, "graded", "typed", 1]]


def test_an_outcome_is_told_once(warehouse: Warehouse, held: Lease, results: list[int]) -> None:
    [intent_id] = intend(warehouse, held, score(results[0]))
    receipt = Receipt(intent_id or 0, "confirmed")
    receive(warehouse, held, receipt)
    with pytest.raises(ValueError, match="1 receipts for 0 intents that wait"):
        receive(warehouse, held, receipt)


def test_a_receipt_of_another_kind_than_its_intent_changes_nothing(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    of_score, of_item = intend(warehouse, held, score(results[0]), item(items[1], title="Quiz"))
    for wrong in (
        Receipt(of_score or 0, "confirmed", stored={"title": "Quiz"}),
        Receipt(of_item or 0, "confirmed", stored=ResultValue(1, "graded")),
    ):
        with pytest.raises(TypeError):
            receive(warehouse, held, wrong)
    with warehouse.reading() as connection:
        assert [one.state for one in unresolved_intents(connection, DISTRICT)] == ["intended", "intended"]


def test_a_confirmed_line_item_keeps_its_sis_id_and_both_bases_of_each_field(
    warehouse: Warehouse, held: Lease, items: list[int]
) -> None:
    send(
        warehouse,
        held,
        item(items[0], title="A very long title", points="10", category=None),
        stored={"title": "A very long", "category": "HW", "never_sent": "x"},
        sis_id="li-1",
    )
    with warehouse.reading() as connection:
        fields = snapshot.load_fields(connection, DISTRICT).sort_values("field")
        found = snapshot.load_line_items(connection, DISTRICT).iloc[0]
    assert fields[["field", "sent", "stored"]].to_numpy(dtype=object, na_value=None).tolist() == [
        ["category", None, "HW"],
        ["points", "10", "10"],
        ["title", "A very long title", "A very long"],
    ]
    assert (found["sis_id"], found["version"]) == ("li-1", 1)


def test_an_update_of_one_field_leaves_the_others_and_the_sis_id(
    warehouse: Warehouse, held: Lease, items: list[int]
) -> None:
    send(warehouse, held, item(items[0], title="Quiz", points="10"), sis_id="li-1")
    send(warehouse, held, item(items[0], base_version=1, title="Quiz 1"))
    with warehouse.reading() as connection:
        fields = snapshot.load_fields(connection, DISTRICT).set_index("field")["sent"].to_dict()
        found = snapshot.load_line_items(connection, DISTRICT).iloc[0]
    assert fields == {"title": "Quiz 1", "points": "10"}
    assert (found["sis_id"], found["version"]) == ("li-1", 2)


def test_a_new_maximum_has_all_scores_of_its_item_count_as_not_sent_yet(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, item(items[0], title="Quiz", points="100000"), sis_id="li-1")
    for key in results[:2]:
        send(warehouse, held, score(key, 85_000), stored=ResultValue(90_000, "graded"))
    send(warehouse, held, item(items[0], base_version=1, title="Quiz 1"))
    assert [row[0] for row in bases(warehouse, items[0])] == [85_000, 85_000]
    send(warehouse, held, item(items[1], points="1"))  # another item's first maximum
    send(warehouse, held, item(items[0], base_version=2, points="200000"))
    assert bases(warehouse, items[0]) == [[None, None, 90_000, "graded", "typed", 1]] * 2
    with warehouse.reading() as connection:
        (body,) = connection.scalars(select(AUDIT.c.body).order_by(AUDIT.c.seq.desc()).limit(1)).all()
    assert '"scores_to_resend":2' in body
    send(warehouse, held, score(results[0], 85_000, base_version=1))
    assert [row[0] for row in bases(warehouse, items[0])] == [85_000, None]


def test_every_outcome_is_audited_with_the_bases_before_and_after(
    warehouse: Warehouse, held: Lease, results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    send(warehouse, held, score(results[0], 90_000, base_version=1))
    with warehouse.reading() as connection:
        first, second = connection.scalars(select(AUDIT.c.body).order_by(AUDIT.c.seq)).all()
    assert '"before":null' in first
    assert '"before":{"origin":"typed","sent_score_e4":85000' in second
    assert '"plan_digest":"plan1"' in second


def test_a_run_that_lost_its_lease_records_neither_intents_nor_receipts(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    [sent] = intend(warehouse, held, score(results[0]))
    with warehouse.writing() as connection:
        lease.release(connection, held)
        lease.acquire(connection, DISTRICT, run_id="night-2", holder="run night-2", ttl_seconds=60)
    with pytest.raises(LeaseHeldError, match="run night-2"):
        intend(warehouse, held, score(results[1]))
    with pytest.raises(LeaseHeldError, match="run night-2"):
        receive(warehouse, held, Receipt(sent or 0, "confirmed"))
    with pytest.raises(LeaseHeldError), warehouse.writing() as connection:
        settle_intents(connection, held, [sent or 0], code="NOT_STORED", as_of=LATER)
    assert bases(warehouse, items[0]) == []
    with warehouse.reading() as connection:
        assert len(unresolved_intents(connection, DISTRICT)) == 1


def test_empty_groups_are_fine(warehouse: Warehouse, held: Lease) -> None:
    assert intend(warehouse, held) == []
    receive(warehouse, held)


DIE_AFTER_INTENT = """
import os, signal, sys
from gradeflow.warehouse import holder, intents, lease
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, score
warehouse = Warehouse.open(sys.argv[1])
with warehouse.writing() as connection:
    held = lease.acquire(
        connection, DISTRICT, run_id="dead", holder=holder.describe_holder("dead"), ttl_seconds=3600
    )
with warehouse.writing() as connection:
    intents.record_intents(connection, held, [score(int(sys.argv[2]))], as_of=AS_OF)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_after_a_kill_the_intent_is_there_and_the_lease_is_free(
    warehouse: Warehouse, url: str, results: list[int]
) -> None:
    command = [sys.executable, "-c", DIE_AFTER_INTENT, url, str(results[0])]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    with warehouse.writing() as connection:
        held = lease.acquire(connection, DISTRICT, run_id="next", holder="run next", ttl_seconds=60)
        [lost] = unresolved_intents(connection, DISTRICT)
    assert held.took_over_run == "dead"
    assert (lost.run_id, lost.state, lost.intent) == ("dead", "intended", score(results[0]))
