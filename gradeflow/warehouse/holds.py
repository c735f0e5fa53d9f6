"""What is kept back until somebody decides, and what is locked.

A hold is on a result, on a field of a line item, or (neither named) on the whole line item; at most one is
open on each. Keep out: when something is held or locked (`gradeflow.core`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, select, update

from gradeflow.model.ledger import Lease
from gradeflow.warehouse.audit import append_audit
from gradeflow.warehouse.bases import forget_settled
from gradeflow.warehouse.frames import Row, key_table, read_frame, read_rows
from gradeflow.warehouse.keys import line_item_of
from gradeflow.warehouse.lease import hold_lease
from gradeflow.warehouse.tables import DISTRICT, HOLD, LINE_ITEM, RESULT

SUBJECT = ("line_item_key", "result_key", "field")
ASKED = (*SUBJECT, "reason", "desired", "observed")


def load_open_holds(connection: Connection, district: str) -> pd.DataFrame:
    """Give the open holds of a district.

    Shape:
        hold_id, line_item_key, result_key, field, reason, desired, observed, opened_run, opened_at; oldest
        first. result_key null: of a line item; field null too: of the whole item.
    """
    names = ("hold_id", *ASKED, "opened_run", "opened_at")
    query = select(*(HOLD.c[name] for name in names)).join(DISTRICT)
    mine = query.where(DISTRICT.c.district == district, HOLD.c.closed_at.is_(None))
    return read_frame(connection, mine.order_by(HOLD.c.hold_id))


def place_holds(connection: Connection, lease: Lease, frame: pd.DataFrame, *, as_of: dt.datetime) -> int:
    """Keep changes back; gives how many holds are new.

    A hold already open for the same reason and desired value stays as it is; for another one it is closed
    (`replaced`) and a new one opened.

    Shape:
        line_item_key, result_key, field, reason, desired, observed; at most one row per subject.

    Raises:
        LeaseHeldError: another run took over; nothing was changed.
    """
    hold_lease(connection, lease)
    asked = {_subject(row): row for row in read_rows(frame, ASKED)}
    found = {_subject(row): row for row in _open_on(connection, {key[0] for key in asked})}
    new = [row for key, row in asked.items() if not _is_same(row, found.get(key))]
    replaced = [found[_subject(row)]["hold_id"] for row in new if _subject(row) in found]
    close_holds(connection, lease, replaced, resolution="replaced", as_of=as_of)
    if new:
        opened = {"district_key": lease.district_key, "opened_run": lease.run_id, "opened_at": as_of}
        connection.execute(insert(HOLD), [row | opened for row in new])
        forget_settled(connection, {row["line_item_key"] for row in new})
    entries = [("hold", row) for row in new]
    append_audit(connection, lease.district, entries, run_id=lease.run_id, at=as_of)
    return len(new)


def _subject(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in SUBJECT)


def _is_same(asked: Row, found: Row | None) -> bool:
    return found is not None and (found["reason"], found["desired"]) == (asked["reason"], asked["desired"])


def _open_on(connection: Connection, line_item_keys: Iterable[int]) -> list[Row]:
    some = key_table(connection, line_item_keys)
    query = select(HOLD).join(some, HOLD.c.line_item_key == some.c.value).where(HOLD.c.closed_at.is_(None))
    return [dict(row) for row in connection.execute(query).mappings()]


def close_holds(
    connection: Connection, lease: Lease, hold_ids: Iterable[int], *, resolution: str, as_of: dt.datetime
) -> int:
    """Close open holds of the lease's district; gives how many there were.

    Raises:
        LeaseHeldError: another run took over; nothing was changed.
    """
    hold_lease(connection, lease)
    some = key_table(connection, hold_ids)
    mine = HOLD.c.hold_id.in_(select(some.c.value)) & (HOLD.c.district_key == lease.district_key)
    closed = connection.execute(
        update(HOLD)
        .where(mine, HOLD.c.closed_at.is_(None))
        .values(closed_run=lease.run_id, closed_at=as_of, resolution=resolution)
        .returning(HOLD.c.hold_id, HOLD.c.line_item_key)
    ).all()
    if closed:
        forget_settled(connection, {row.line_item_key for row in closed})
    entries = [
        ("close_hold", {"hold_id": hold_id, "resolution": resolution})
        for hold_id in sorted(row.hold_id for row in closed)
    ]
    append_audit(connection, lease.district, entries, run_id=lease.run_id, at=as_of)
    return len(closed)


def lock_results(
    connection: Connection,
    lease: Lease,
    result_keys: Iterable[int],
    *,
    as_of: dt.datetime,
    is_locked: bool = True,
) -> None:
    """Lock (or unlock) results that have a base: no run sends them while they are locked.

    Raises:
        LeaseHeldError: another run took over; nothing was changed.
    """
    hold_lease(connection, lease)
    some = key_table(connection, result_keys)
    mine = RESULT.c.result_key.in_(select(some.c.value)) & (RESULT.c.is_locked != is_locked)
    query = update(RESULT).where(mine).values(is_locked=is_locked).returning(RESULT.c.result_key)
    changed = sorted(connection.scalars(query))
    forget_settled(connection, {line_item_of(key) for key in changed})
    _tell_locks(connection, lease, "result_key", changed, as_of, is_locked=is_locked)


def lock_line_items(
    connection: Connection,
    lease: Lease,
    line_item_keys: Iterable[int],
    *,
    as_of: dt.datetime,
    is_locked: bool = True,
) -> None:
    """Lock (or unlock) whole line items.

    Raises:
        LeaseHeldError: another run took over; nothing was changed.
    """
    hold_lease(connection, lease)
    some = key_table(connection, line_item_keys)
    item = LINE_ITEM.c
    mine = item.line_item_key.in_(select(some.c.value)) & (item.is_locked != is_locked)
    query = update(LINE_ITEM).where(mine).values(is_locked=is_locked).returning(item.line_item_key)
    changed = sorted(connection.scalars(query))
    forget_settled(connection, changed)
    _tell_locks(connection, lease, "line_item_key", changed, as_of, is_locked=is_locked)


def _tell_locks(
    connection: Connection, lease: Lease, name: str, keys: list[int], as_of: dt.datetime, *, is_locked: bool
) -> None:
    entries = [("lock" if is_locked else "unlock", {name: key}) for key in keys]
    append_audit(connection, lease.district, entries, run_id=lease.run_id, at=as_of)
