"""What persons decided lately, as the audit trail keeps it (G15)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from gradeflow.model.decisions import Decided, Word
from gradeflow.warehouse.tables import AUDIT, DISTRICT, LINE_ITEM

SPAN = 10_000
"""How many rows of the trail are looked through at a time, from its end: most are about deliveries."""


def decisions_since(connection: Connection, district: str, since: dt.datetime) -> list[Decided]:
    """Give the decisions made at `since` or later, the newest first; what was decided at once is one."""
    found: dict[str, Decided] = {}
    for span in _spans(connection, district, since):
        mine = select(AUDIT.c.run_id, AUDIT.c.at, AUDIT.c.body).where(
            *span, AUDIT.c.kind == "decision", AUDIT.c.at >= since
        )
        for run_id, at, body in connection.execute(mine.order_by(AUDIT.c.seq.desc())).all():
            told = json.loads(body)
            before = found.get(run_id)
            what = (_what(told), *(before.what if before else ()))
            found[run_id] = Decided(run_id, at, Word(**told["word"]), *_place(connection, told), what)
    return list(found.values())


def _spans(
    connection: Connection, district: str, since: dt.datetime
) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Give the parts of the district's trail, the last first, as far back as any row is that new."""
    head = connection.execute(
        select(DISTRICT.c.district_key, DISTRICT.c.audit_seq).where(DISTRICT.c.district == district)
    ).one_or_none()
    last = 0 if head is None else head.audit_seq
    while head is not None and last > 0:
        span = (AUDIT.c.district_key == head.district_key, AUDIT.c.seq > last - SPAN, AUDIT.c.seq <= last)
        newest = connection.scalar(select(func.max(AUDIT.c.at)).where(*span))
        if newest is None or newest < since:
            return
        yield span
        last -= SPAN


def _what(told: dict[str, Any]) -> str:
    return "score" if "result_key" in told else str(told.get("field", "line item"))


def _place(connection: Connection, told: dict[str, Any]) -> tuple[str, str]:
    columns = (LINE_ITEM.c.lms_assignment_id, LINE_ITEM.c.section_id_sis)
    mine = select(*columns).where(LINE_ITEM.c.line_item_key == told["line_item_key"])
    assignment, section = connection.execute(mine).one()
    return assignment, section
