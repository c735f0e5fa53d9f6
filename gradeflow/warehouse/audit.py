"""The audit trail: one chain of hashes per district, so that no row can vanish or change unseen.

Each hash covers the hash before it and the row's canonical JSON; the district row keeps where the chain
ends. Bodies carry keys, digests, codes and bases, never names.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from gradeflow.model.ledger import AuditFault
from gradeflow.warehouse.columns import canonical_json
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.tables import AUDIT, DISTRICT

Entry = tuple[str, Mapping[str, Any]]


def append_audit(
    connection: Connection, district: str, entries: Iterable[Entry], *, run_id: str, at: dt.datetime
) -> None:
    """Add rows (kind and body) to the district's chain, in the transaction of what they tell about."""
    owner = district_key(connection, district)
    # The lock lasts until the commit: two writers of one chain wait for each other.
    seq, last = connection.execute(
        select(DISTRICT.c.audit_seq, DISTRICT.c.audit_hash)
        .where(DISTRICT.c.district_key == owner)
        .with_for_update()
    ).one()
    rows: list[dict[str, Any]] = []
    for kind, body in entries:
        seq += 1
        row = {"seq": seq, "run_id": run_id, "at": at, "kind": kind, "body": canonical_json(body)}
        following = _hash(last, district, row)
        rows.append({"district_key": owner, **row, "prev_hash": last, "hash": following})
        last = following
    if rows:
        connection.execute(insert(AUDIT), rows)
        connection.execute(
            update(DISTRICT).where(DISTRICT.c.district_key == owner).values(audit_seq=seq, audit_hash=last)
        )


def verify_audit(connection: Connection, district: str) -> AuditFault | None:
    """Recompute the district's chain; give the first row that does not hold, None if all do."""
    head = connection.execute(select(DISTRICT).where(DISTRICT.c.district == district)).one_or_none()
    if head is None:
        return None
    query = select(AUDIT).where(AUDIT.c.district_key == head.district_key).order_by(AUDIT.c.seq)
    seq, last = 0, ""
    with connection.execute(query.execution_options(yield_per=10_000)) as rows:
        for row in rows.mappings():
            seq += 1
            problem = _problem(row, seq, last, district)
            if problem:
                return AuditFault(seq, problem)
            last = row["hash"]
    if (seq, last) != (head.audit_seq, head.audit_hash):
        return AuditFault(seq + 1, f"the chain should end at row {head.audit_seq}")
    return None


def _problem(row: RowMapping, seq: int, last: str, district: str) -> str | None:
    if row["seq"] != seq:
        return "the row is missing"
    if row["prev_hash"] != last:
        return "the row does not follow the one before it"
    if row["hash"] != _hash(last, district, row):
        return "the row was changed"
    return None


def _hash(last: str, district: str, row: Mapping[str, Any] | RowMapping) -> str:
    told = {name: row[name] for name in ("seq", "run_id", "kind", "body")}
    instant = row["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    text = canonical_json({**told, "at": instant, "district": district})
    return hashlib.sha256((last + text).encode()).hexdigest()
