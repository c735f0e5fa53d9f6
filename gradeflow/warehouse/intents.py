"""The write-ahead half of the ledger: what is about to be sent is committed before it is sent.

Commit a group (leave `Warehouse.writing()`) before its first call goes out. After a crash the intents say
what may have reached the SIS. Keep out: what became of them (`receipts.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from gradeflow.model.ledger import Intent, Lease, LineItemIntent, OpenIntent, ResultIntent, ResultValue
from gradeflow.warehouse.audit import append_audit
from gradeflow.warehouse.bases import line_item_versions, result_versions
from gradeflow.warehouse.frames import Row, key_table
from gradeflow.warehouse.keys import line_item_of
from gradeflow.warehouse.lease import hold_lease
from gradeflow.warehouse.tables import DISTRICT, INTENT, UNRESOLVED_STATES

UNRESOLVED = INTENT.c.state.in_(UNRESOLVED_STATES)


def record_intents(
    connection: Connection, lease: Lease, intents: Sequence[Intent], *, as_of: dt.datetime
) -> list[int | None]:
    """Write down what is about to be sent.

    Returns:
        One id per intent, in order. None where it is stale and must not be sent: the base has another
        version than the plan saw, or an earlier send of the same row is still unexplained.

    Raises:
        LeaseHeldError: another run took over; nothing was recorded.
    """
    hold_lease(connection, lease)
    fresh = _fresh(connection, intents)
    rows = [
        _row(intent) | {"district_key": lease.district_key, "run_id": lease.run_id, "intended_at": as_of}
        for intent, is_fresh in zip(intents, fresh, strict=True)
        if is_fresh
    ]
    ids: Iterable[int] = ()
    if rows:
        returning = insert(INTENT).returning(INTENT.c.intent_id, sort_by_parameter_order=True)
        ids = connection.scalars(returning, rows).all()
    following = iter(ids)
    return [next(following) if is_fresh else None for is_fresh in fresh]


def _fresh(connection: Connection, intents: Sequence[Intent]) -> list[bool]:
    results = [intent.result_key for intent in intents if isinstance(intent, ResultIntent)]
    items = [intent.line_item_key for intent in intents if isinstance(intent, LineItemIntent)]
    open_results, open_items = _unexplained(connection, results, items)
    version_of_result = result_versions(connection, results) if results else {}
    version_of_item = line_item_versions(connection, items) if items else {}
    fresh: list[bool] = []
    for intent in intents:
        if isinstance(intent, ResultIntent):
            key, versions, pending = intent.result_key, version_of_result, open_results
        else:
            key, versions, pending = intent.line_item_key, version_of_item, open_items
        fresh.append(key not in pending and versions.get(key, 0) == intent.base_version)
        pending.add(key)  # the same row twice in one group would be sent twice at once
    return fresh


def _unexplained(connection: Connection, results: list[int], items: list[int]) -> tuple[set[int], set[int]]:
    intent = INTENT.c
    some = key_table(connection, results)
    of_results = select(intent.result_key).join(some, intent.result_key == some.c.value).where(UNRESOLVED)
    some = key_table(connection, items)
    of_items = (
        select(intent.line_item_key)
        .join(some, intent.line_item_key == some.c.value)
        .where(UNRESOLVED, intent.result_key.is_(None))
    )
    return (
        set(connection.scalars(of_results)) if results else set(),
        set(connection.scalars(of_items)) if items else set(),
    )


def _row(intent: Intent) -> Row:
    common = {
        "plan_digest": intent.plan_digest,
        "action": intent.action,
        "payload_digest": intent.payload_digest,
        "base_version": intent.base_version,
        "state": "intended",
    }
    if isinstance(intent, ResultIntent):
        return common | {
            "kind": "result",
            "line_item_key": line_item_of(intent.result_key),
            "result_key": intent.result_key,
            "sent": {**asdict(intent.sent), "origin": intent.origin, "attempt": intent.attempt},
        }
    return common | {
        "kind": "line_item",
        "line_item_key": intent.line_item_key,
        "result_key": None,
        "sent": dict(intent.sent),
    }


def parse_intent(row: RowMapping) -> Intent:
    """Give back the intent that a row of the ledger was made of."""
    common: dict[str, Any] = {
        name: row[name] for name in ("action", "payload_digest", "plan_digest", "base_version")
    }
    sent = row["sent"]
    if row["kind"] == "result":
        value = ResultValue(sent["score_e4"], sent["status"])
        # An intent that an older version wrote names no attempt
        told = {"origin": sent["origin"], "attempt": sent.get("attempt")}
        return ResultIntent(result_key=row["result_key"], sent=value, **told, **common)
    return LineItemIntent(line_item_key=row["line_item_key"], sent=sent, **common)


def unresolved_intents(connection: Connection, district: str) -> list[OpenIntent]:
    """List what may or may not have reached the SIS, oldest first: read back before sending again."""
    query = select(INTENT).join(DISTRICT).where(DISTRICT.c.district == district, UNRESOLVED)
    return [
        OpenIntent(row["intent_id"], row["run_id"], row["state"], row["intended_at"], parse_intent(row))
        for row in connection.execute(query.order_by(INTENT.c.intent_id)).mappings()
    ]


def settle_intents(
    connection: Connection, lease: Lease, intent_ids: Iterable[int], *, code: str, as_of: dt.datetime
) -> None:
    """Close intents that a later read explained as not stored; the bases stay and the row may be sent again.

    One that was stored is a confirmed receipt instead (`record_receipts`).

    Raises:
        LeaseHeldError: another run took over; nothing was changed.
    """
    hold_lease(connection, lease)
    some = key_table(connection, intent_ids)
    mine = INTENT.c.intent_id.in_(select(some.c.value)) & (INTENT.c.district_key == lease.district_key)
    closed = connection.scalars(
        update(INTENT)
        .where(mine, UNRESOLVED)
        .values(state="settled", code=code, received_at=as_of)
        .returning(INTENT.c.intent_id)
    ).all()
    entries = [("settle_intent", {"intent_id": intent_id, "code": code}) for intent_id in sorted(closed)]
    append_audit(connection, lease.district, entries, run_id=lease.run_id, at=as_of)
