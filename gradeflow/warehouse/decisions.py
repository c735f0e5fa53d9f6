"""A person's word, written down: bases, lock, hold and audit row in one commit (G15)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from gradeflow.model.decisions import Decision, DeletedDecision, FieldDecision, ScoreDecision
from gradeflow.model.ledger import CLEARED, Lease, ResultValue
from gradeflow.warehouse.audit import append_audit
from gradeflow.warehouse.bases import (
    field_bases,
    forget_settled,
    result_bases,
    save_line_items,
    save_results,
)
from gradeflow.warehouse.holds import close_holds, lock_line_items, lock_results
from gradeflow.warehouse.keys import line_item_of
from gradeflow.warehouse.lease import hold_lease
from gradeflow.warehouse.tables import HOLD, LINE_ITEM, RESULT

LOCK = "SIS_EDITED"  # what a lock without a hold was there for


def record_decision(
    connection: Connection, lease: Lease, decision: Decision, *, as_of: dt.datetime, at: dt.datetime
) -> None:
    """Set the bases as a person decided, end what held or locked the value, and say so in the audit.

    Holds end at `as_of`, as by a run; in the audit it stands when the person decided, as with an approval.

    A lock leaves no hold behind; so that its history is read in the same place, one is written that ended at once.

    Raises:
        LeaseHeldError: a run is at work; nothing was changed.
    """
    hold_lease(connection, lease)
    if isinstance(decision, DeletedDecision):
        _record_deleted(connection, lease, decision, as_of, at)
        return
    if isinstance(decision, ScoreDecision):
        item, result, field = line_item_of(decision.result_key), decision.result_key, None
        before: Any = result_bases(connection, [result]).get(result)
        _set_score(connection, decision, before)
        lock_results(connection, lease, [result], as_of=as_of, is_locked=False)
    else:
        item, result, field = decision.line_item_key, None, decision.field
        before = field_bases(connection, [item]).get(item, {}).get(field)
        bases = {
            "line_item_key": item,
            "field": field,
            "sent": decision.sent,
            "stored": decision.stored,
        }
        save_line_items(connection, {item: decision.sis_id}, [bases])
        lock_line_items(connection, lease, [item], as_of=as_of, is_locked=False)
    _end_hold(connection, lease, decision, (item, result, field), as_of)
    forget_settled(connection, [item])
    body = {"line_item_key": item, "before": before, **asdict(decision)}
    append_audit(connection, lease.district, [("decision", body)], run_id=lease.run_id, at=at)


def _record_deleted(
    connection: Connection, lease: Lease, decision: DeletedDecision, as_of: dt.datetime, at: dt.datetime
) -> None:
    """Register the next generation of a line item, or let what the LMS wants of it count as sent."""
    item = decision.line_item_key
    before = field_bases(connection, [item]).get(item, {})
    if decision.again is not None:
        _register_again(connection, item, decision.again, as_of)
    else:
        known = result_bases(connection, decision.scores)
        fields = [
            {"line_item_key": item, "field": name, "sent": sent, "stored": before.get(name, (None, None))[1]}
            for name, sent in decision.fields.items()
        ]
        save_line_items(connection, {item: None}, fields)
        save_results(
            connection, [_left(key, value, known.get(key)) for key, value in decision.scores.items()]
        )
    held = select(HOLD.c.hold_id).where(
        HOLD.c.district_key == lease.district_key,
        HOLD.c.line_item_key == item,
        HOLD.c.result_key.is_(None),
        HOLD.c.closed_at.is_(None),
    )
    close_holds(connection, lease, connection.scalars(held).all(), resolution=decision.word.text, as_of=as_of)
    forget_settled(connection, [item])
    body = {"line_item_key": item, "before": before, **asdict(decision)}
    append_audit(connection, lease.district, [("decision", body)], run_id=lease.run_id, at=at)


def _register_again(connection: Connection, item: int, line_item_id: str, as_of: dt.datetime) -> None:
    """Register a line item's next generation: it has no bases, so that all of it goes."""
    of_it = (
        "district_key",
        "lms_assignment_id",
        "section_id_sis",
        "assigned_on",
        "assigned_basis",
        "generation",
    )
    columns = [LINE_ITEM.c[name] for name in of_it]
    was = connection.execute(select(*columns).where(LINE_ITEM.c.line_item_key == item)).mappings().one()
    new = {"line_item_id": line_item_id, "version": 0, "is_locked": False, "first_seen_at": as_of}
    connection.execute(insert(LINE_ITEM), [{**was, **new, "generation": was["generation"] + 1}])


def _left(key: int, value: ResultValue, known: Any) -> dict[str, Any]:
    stored = known or {"stored_score_e4": None, "stored_status": None, "origin": "typed"}
    return {
        "result_key": key,
        "sent_score_e4": value.score_e4,
        "sent_status": value.status,
        **{name: stored[name] for name in ("stored_score_e4", "stored_status", "origin")},
    }


def _set_score(connection: Connection, decision: ScoreDecision, before: Any) -> None:
    if decision.sent is None or decision.stored is None:
        connection.execute(delete(RESULT).where(RESULT.c.result_key == decision.result_key))
        return
    row = {
        "result_key": decision.result_key,
        "sent_score_e4": decision.sent.score_e4,
        "sent_status": decision.sent.status,
        "stored_score_e4": decision.stored.score_e4,
        "stored_status": decision.stored.status,
        # What a person settles after a score was cleared is no cleared score any more.
        "origin": "typed" if before is None or before["origin"] == CLEARED else before["origin"],
    }
    save_results(connection, [row])


def _end_hold(
    connection: Connection,
    lease: Lease,
    decision: ScoreDecision | FieldDecision,
    subject: tuple[int, int | None, str | None],
    as_of: dt.datetime,
) -> None:
    item, result, field = subject
    mine = select(HOLD.c.hold_id).where(
        HOLD.c.district_key == lease.district_key, HOLD.c.line_item_key == item, HOLD.c.closed_at.is_(None)
    )
    mine = mine.where(HOLD.c.result_key == result) if result else mine.where(HOLD.c.field == field)
    resolution = decision.word.text
    held = connection.scalars(mine).all()
    if held:
        close_holds(connection, lease, held, resolution=resolution, as_of=as_of)
        return
    times = {"opened_run": lease.run_id, "opened_at": as_of, "closed_run": lease.run_id, "closed_at": as_of}
    seen = decision.stored if isinstance(decision, FieldDecision) else _text(decision.seen)
    row = {
        "district_key": lease.district_key,
        "line_item_key": item,
        "result_key": result,
        "field": field,
        "reason": LOCK,
        "desired": None,
        "observed": seen,
        "resolution": resolution,
    }
    connection.execute(insert(HOLD), [row | times])


def _text(value: ResultValue | None) -> str | None:
    return None if value is None else f"{value.score_e4}:{value.status}"
