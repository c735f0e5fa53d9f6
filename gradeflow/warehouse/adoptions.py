"""Bases set without a send: the SIS already held what we wanted, or a person settled a difference."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from sqlalchemy import Connection

from gradeflow.model.ledger import Lease
from gradeflow.warehouse.audit import append_audit
from gradeflow.warehouse.bases import (
    RESULT_BASES,
    field_bases,
    line_item_versions,
    result_bases,
    result_versions,
    save_line_items,
    save_results,
)
from gradeflow.warehouse.frames import read_rows
from gradeflow.warehouse.lease import hold_lease


def adopt_results(
    connection: Connection, lease: Lease, frame: pd.DataFrame, *, as_of: dt.datetime, kind: str = "adopt"
) -> pd.Series[bool]:
    """Set the bases of results as they are, sending nothing.

    Shape:
        in: one row per result; result_key, base_version (the plan's; 0 without a base), sent_score_e4,
        sent_status, stored_score_e4, stored_status, origin.
        out: per row, with the frame's index, whether it was adopted; False: its base changed meanwhile.

    Args:
        connection: in a write transaction.
        lease: of the district that the results belong to.
        frame: see above.
        as_of: when.
        kind: what the audit calls it.

    Raises:
        LeaseHeldError: another run took over; nothing was changed.
    """
    hold_lease(connection, lease)
    rows = read_rows(frame, ["result_key", "base_version", *RESULT_BASES])
    keys = [row["result_key"] for row in rows]
    versions = result_versions(connection, keys)
    is_fresh = [versions.get(row["result_key"], 0) == row["base_version"] for row in rows]
    fresh = [
        {name: row[name] for name in ("result_key", *RESULT_BASES)}
        for row, keep in zip(rows, is_fresh, strict=True)
        if keep
    ]
    before = result_bases(connection, keys)
    entries = [(kind, {"before": before.get(row["result_key"]), "after": row}) for row in fresh]
    save_results(connection, fresh)
    append_audit(connection, lease.district, entries, run_id=lease.run_id, at=as_of)
    return pd.Series(is_fresh, index=frame.index, dtype=bool)


def adopt_line_items(
    connection: Connection, lease: Lease, frame: pd.DataFrame, *, as_of: dt.datetime, kind: str = "adopt"
) -> pd.Series[bool]:
    """Set the bases of line item fields as they are, sending nothing.

    Shape:
        in: one row per field; line_item_key, base_version, sis_id (null: as known), field, sent, stored.
        out: per row, with the frame's index, whether it was adopted; False: the item changed meanwhile.

    Raises:
        LeaseHeldError: another run took over; nothing was changed.
    """
    hold_lease(connection, lease)
    rows = read_rows(frame, ["line_item_key", "base_version", "sis_id", "field", "sent", "stored"])
    keys = {row["line_item_key"] for row in rows}
    versions = line_item_versions(connection, keys)
    is_fresh = [versions.get(row["line_item_key"], 0) == row["base_version"] for row in rows]
    fresh = [row for row, keep in zip(rows, is_fresh, strict=True) if keep]
    fields = [{name: row[name] for name in ("line_item_key", "field", "sent", "stored")} for row in fresh]
    before = field_bases(connection, keys)
    entries = [
        (kind, {"before": before.get(row["line_item_key"], {}).get(row["field"]), "after": row})
        for row in fields
    ]
    save_line_items(connection, {row["line_item_key"]: row["sis_id"] for row in fresh}, fields)
    append_audit(connection, lease.district, entries, run_id=lease.run_id, at=as_of)
    return pd.Series(is_fresh, index=frame.index, dtype=bool)
