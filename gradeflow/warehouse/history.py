"""All that is remembered of one line item or of one score of it: bases, holds, findings, what was sent and when.

A handful of rows by index, however large the warehouse is.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, select

from gradeflow.warehouse.frames import Row
from gradeflow.warehouse.keys import result_keys
from gradeflow.warehouse.tables import (
    DISTRICT,
    FINDING,
    HOLD,
    INTENT,
    LINE_ITEM,
    LINE_ITEM_FIELD,
    RESULT,
    RUN,
    STUDENT,
)

_SENT = ("run_id", "kind", "action", "sent", "state", "code", "intended_at", "received_at")


def _rows(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def line_items_of(connection: Connection, district: str, lms_assignment_id: str) -> list[Row]:
    """Give every line item ever known of an assignment, of all sections and generations, newest generation last."""
    query = select(LINE_ITEM).join(DISTRICT).where(DISTRICT.c.district == district)
    mine = query.where(LINE_ITEM.c.lms_assignment_id == lms_assignment_id)
    return _rows(connection, mine.order_by(LINE_ITEM.c.section_id_sis, LINE_ITEM.c.generation))


def fields_of(connection: Connection, line_item_key: int) -> dict[str, tuple[str | None, str | None]]:
    """Give, per field, what was sent and what the SIS stored."""
    query = select(LINE_ITEM_FIELD).where(LINE_ITEM_FIELD.c.line_item_key == line_item_key)
    return {row.field: (row.sent, row.stored) for row in connection.execute(query)}


def result_key_of(
    connection: Connection, district: str, line_item_key: int, student_id_sis: str
) -> int | None:
    """Give the key of a student's result in a line item; None where the warehouse never saw the student."""
    query = select(STUDENT.c.student_key).join(DISTRICT).where(DISTRICT.c.district == district)
    student = connection.scalar(query.where(STUDENT.c.student_id_sis == student_id_sis))
    return None if student is None else int(result_keys([line_item_key], [student])[0])


def result_of(connection: Connection, result_key: int) -> Row | None:
    """Give the bases of a result; None where it has none."""
    found = _rows(connection, select(RESULT).where(RESULT.c.result_key == result_key))
    return found[0] if found else None


def holds_of(connection: Connection, line_item_key: int, result_key: int | None = None) -> list[Row]:
    """Give the holds of a line item, open and closed, or those of one of its results; oldest first."""
    mine = select(HOLD).where(HOLD.c.line_item_key == line_item_key)
    mine = mine.where(HOLD.c.result_key.is_(None) if result_key is None else HOLD.c.result_key == result_key)
    return _rows(connection, mine.order_by(HOLD.c.hold_id))


def findings_of(
    connection: Connection,
    district: str,
    lms_assignment_id: str,
    section_id_sis: str,
    student_id_sis: str | None = None,
) -> list[Row]:
    """Give the findings of a line item as intervals, or those of one student in it; oldest first."""
    finding = FINDING.c
    query = select(FINDING).join(DISTRICT).where(DISTRICT.c.district == district)
    mine = query.where(
        finding.lms_assignment_id == lms_assignment_id, finding.section_id_sis == section_id_sis
    )
    about = finding.student_id_sis
    mine = mine.where(about.is_(None) if student_id_sis is None else about == student_id_sis)
    return _rows(connection, mine.order_by(finding.finding_id))


def sends_of(connection: Connection, line_item_key: int, result_key: int | None = None) -> list[Row]:
    """Give every send of a line item, or of one of its results, with what became of it; oldest first."""
    mine = select(*(INTENT.c[name] for name in _SENT)).where(INTENT.c.line_item_key == line_item_key)
    mine = mine.where(
        INTENT.c.result_key.is_(None) if result_key is None else INTENT.c.result_key == result_key
    )
    return _rows(connection, mine.order_by(INTENT.c.intent_id))


def latest_judging_run(connection: Connection, district: str) -> Row | None:
    """Give the newest run that came as far as a plan: its instant, and which settings and rules it used."""
    names = ("run_id", "as_of", "settings_digest", "rules_digest", "started_at")
    query = select(*(RUN.c[name] for name in names)).join(DISTRICT).where(DISTRICT.c.district == district)
    ended = query.where(RUN.c.status.in_(("completed", "completed_with_errors", "held_by_breaker")))
    found = _rows(connection, ended.order_by(RUN.c.started_at.desc()).limit(1))
    return found[0] if found else None
