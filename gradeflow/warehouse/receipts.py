"""The other half of the ledger: what became of each intent, with the bases and the audit in one commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from gradeflow.model.ledger import Lease, LineItemIntent, Receipt, ResultIntent, ResultValue
from gradeflow.warehouse.audit import append_audit
from gradeflow.warehouse.bases import (
    field_bases,
    forget_sent,
    result_bases,
    save_line_items,
    save_results,
)
from gradeflow.warehouse.frames import Row, key_table
from gradeflow.warehouse.intents import UNRESOLVED, parse_intent
from gradeflow.warehouse.lease import hold_lease
from gradeflow.warehouse.tables import INTENT

TOLD = ("intent_id", "kind", "action", "line_item_key", "result_key", "plan_digest", "payload_digest")


@dataclass(slots=True)
class _Confirmed:
    """What the confirmed receipts of one group change."""

    results: dict[int, Row] = field(default_factory=dict)
    fields: dict[int, list[Row]] = field(default_factory=dict)
    sis_ids: dict[int, str | None] = field(default_factory=dict)
    new_maxima: set[int] = field(default_factory=set)  # line items whose scores all have to go again (G06)


def record_receipts(
    connection: Connection, lease: Lease, receipts: Sequence[Receipt], *, as_of: dt.datetime
) -> None:
    """Write down the outcome of calls; for confirmed ones set the bases too.

    Raises:
        LeaseHeldError: another run took over. Nothing was recorded; that run reads these rows back.
        ValueError: a receipt has no intent of this district that waits for one.
        TypeError: `stored` is not of the intent's kind.
    """
    hold_lease(connection, lease)
    if not receipts:
        return
    waiting = _waiting(connection, lease, receipts)
    outcome = {"state": bindparam("new_state"), "code": bindparam("new_code"), "received_at": as_of}
    connection.execute(
        update(INTENT).where(INTENT.c.intent_id == bindparam("intent")).values(outcome),
        [{"intent": one.intent_id, "new_state": one.state, "new_code": one.code} for one in receipts],
    )
    confirmed = _Confirmed()
    for receipt in receipts:
        if receipt.state == "confirmed":
            _confirm(confirmed, parse_intent(waiting[receipt.intent_id]), receipt)
    # In this commit, so that scores which a crash keeps from following their maximum are not forgotten.
    resent = forget_sent(connection, confirmed.new_maxima)
    told = _tell(connection, waiting, receipts, confirmed, resent)
    save_line_items(
        connection, confirmed.sis_ids, [row for rows in confirmed.fields.values() for row in rows]
    )
    save_results(connection, list(confirmed.results.values()))
    entries = [("receipt", body) for body in told]
    append_audit(connection, lease.district, entries, run_id=lease.run_id, at=as_of)


def _waiting(connection: Connection, lease: Lease, receipts: Sequence[Receipt]) -> dict[int, RowMapping]:
    some = key_table(connection, (receipt.intent_id for receipt in receipts))
    query = select(INTENT).join(some, INTENT.c.intent_id == some.c.value)
    mine = query.where(UNRESOLVED, INTENT.c.district_key == lease.district_key)
    waiting = {row["intent_id"]: row for row in connection.execute(mine).mappings()}
    if len(waiting) != len(receipts):
        msg = f"{len(receipts)} receipts for {len(waiting)} intents that wait for one"
        raise ValueError(msg)
    return waiting


def _confirm(confirmed: _Confirmed, intent: ResultIntent | LineItemIntent, receipt: Receipt) -> None:
    stored = receipt.stored
    if isinstance(intent, ResultIntent):
        if isinstance(stored, Mapping):
            msg = f"intent {receipt.intent_id} is of a result; its receipt tells of fields"
            raise TypeError(msg)
        confirmed.results[intent.result_key] = _result_row(intent, stored or intent.sent)
        return
    if isinstance(stored, ResultValue):
        msg = f"intent {receipt.intent_id} is of a line item; its receipt tells of a score"
        raise TypeError(msg)
    held = {**intent.sent, **(stored or {})}
    key = intent.line_item_key
    confirmed.sis_ids[key] = receipt.sis_id
    if intent.action == "update" and "points" in intent.sent:
        confirmed.new_maxima.add(key)
    confirmed.fields[key] = [
        {"line_item_key": key, "field": name, "sent": sent, "stored": held[name]}
        for name, sent in intent.sent.items()
    ]


def _result_row(intent: ResultIntent, stored: ResultValue) -> Row:
    return {
        "result_key": intent.result_key,
        "sent_score_e4": intent.sent.score_e4,
        "sent_status": intent.sent.status,
        "stored_score_e4": stored.score_e4,
        "stored_status": stored.status,
        "origin": intent.origin,
    }


def _tell(
    connection: Connection,
    waiting: Mapping[int, RowMapping],
    receipts: Sequence[Receipt],
    confirmed: _Confirmed,
    resent: Mapping[int, int],
) -> list[dict[str, Any]]:
    results_before = result_bases(connection, confirmed.results) if confirmed.results else {}
    fields_before = field_bases(connection, confirmed.fields) if confirmed.fields else {}
    told: list[dict[str, Any]] = []
    for receipt in receipts:
        row = waiting[receipt.intent_id]
        body = {name: row[name] for name in TOLD} | {"state": receipt.state, "code": receipt.code}
        if receipt.state == "confirmed" and row["kind"] == "result":
            body["before"] = results_before.get(row["result_key"])
            body["after"] = confirmed.results[row["result_key"]]
            body["attempt"] = row["sent"].get("attempt")
        elif receipt.state == "confirmed":
            body["before"] = fields_before.get(row["line_item_key"])
            body["after"] = {
                one["field"]: [one["sent"], one["stored"]] for one in confirmed.fields[row["line_item_key"]]
            }
            if row["line_item_key"] in resent:
                body["scores_to_resend"] = resent[row["line_item_key"]]
        told.append(body)
    return told
