"""Plans as they were made: where the file lies, its digest, and the digests of all that went in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from gradeflow.model.ledger import Plan
from gradeflow.warehouse.audit import append_audit
from gradeflow.warehouse.frames import upsert
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.tables import DISTRICT, PLAN

_PLANS: Select[Any] = select(PLAN, DISTRICT.c.district).join(DISTRICT)


def save_plan(connection: Connection, plan: Plan) -> None:
    """Remember the run's plan; a run that plans again replaces it."""
    row = {name: getattr(plan, name) for name in Plan.__dataclass_fields__ if name != "district"}
    row["district_key"] = district_key(connection, plan.district)
    changed = {name: value for name, value in row.items() if name != "run_id"}
    statement = upsert(connection, PLAN).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["run_id"], set_=changed))


def record_approval(
    connection: Connection, district: str, digest: str, *, by: str, run_id: str, at: dt.datetime
) -> None:
    """Chain into the audit who approved exactly this plan, and when (R185)."""
    append_audit(connection, district, [("approval", {"plan": digest, "by": by})], run_id=run_id, at=at)


def load_plan(connection: Connection, run_id: str) -> Plan | None:
    """Give the plan of a run."""
    row = connection.execute(_PLANS.where(PLAN.c.run_id == run_id)).mappings().one_or_none()
    return None if row is None else _plan(row)


def latest_plan(
    connection: Connection, district: str, digest: str | None = None, *, start: str | None = None
) -> Plan | None:
    """Give the district's newest plan, or the newest with this digest, or with a digest of this start."""
    query = _PLANS.where(DISTRICT.c.district == district)
    if digest is not None:
        query = query.where(PLAN.c.digest == digest)
    if start is not None:
        query = query.where(PLAN.c.digest.startswith(start, autoescape=True))
    newest = query.order_by(PLAN.c.created_at.desc(), PLAN.c.run_id.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    return None if row is None else _plan(row)


def _plan(row: RowMapping) -> Plan:
    return Plan(**{name: row[name] for name in Plan.__dataclass_fields__})
