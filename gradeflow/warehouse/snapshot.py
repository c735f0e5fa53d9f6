"""Reading the bases: what was last sent, what the SIS then stored, and which items are settled.

Keep out: changing the bases (`receipts.py`, `adoptions.py`, by way of `bases.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, func, literal_column, select, update

from gradeflow.model.ledger import CLEARED
from gradeflow.warehouse.frames import key_table, read_frame, read_rows
from gradeflow.warehouse.keys import STUDENT_BITS
from gradeflow.warehouse.tables import DISTRICT, LINE_ITEM, LINE_ITEM_FIELD, RESULT

IS_HELD_THERE = RESULT.c.origin != CLEARED


def load_line_items(
    connection: Connection, district: str, assignments: Sequence[str] | None = None
) -> pd.DataFrame:
    """Give every line item ever registered, without its fields; or those of a few assignments, by their LMS ids.

    Shape:
        line_item_key, line_item_id, lms_assignment_id, section_id_sis, sis_id, assigned_on,
        assigned_basis, generation, version, settled_digest, settled_counts, is_locked; by key.
    """
    item = LINE_ITEM.c
    query = select(
        item.line_item_key,
        item.line_item_id,
        item.lms_assignment_id,
        item.section_id_sis,
        item.sis_id,
        item.assigned_on,
        item.assigned_basis,
        item.generation,
        item.version,
        item.settled_digest,
        item.settled_counts,
        item.is_locked,
    )
    mine = query.join(DISTRICT).where(DISTRICT.c.district == district, *_of(assignments))
    return read_frame(connection, mine.order_by(item.line_item_key))


def load_fields(
    connection: Connection, district: str, assignments: Sequence[str] | None = None
) -> pd.DataFrame:
    """Give the bases of line item fields: line_item_key, field, sent, stored; all, or of a few assignments."""
    query = select(LINE_ITEM_FIELD).select_from(LINE_ITEM_FIELD.join(LINE_ITEM).join(DISTRICT))
    return read_frame(connection, query.where(DISTRICT.c.district == district, *_of(assignments)))


def _of(assignments: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [] if assignments is None else [LINE_ITEM.c.lms_assignment_id.in_(assignments)]


def load_results(connection: Connection, line_item_keys: Iterable[int]) -> pd.DataFrame:
    """Give the bases of all results of some line items.

    Shape:
        result_key, line_item_key, student_key, sent_score_e4, sent_status, stored_score_e4,
        stored_status, origin, version, is_locked; in no order.
    """
    items = key_table(connection, line_item_keys)
    return read_frame(connection, select(RESULT).join(items, _belongs_to(items.c.value)))


def confirmed_count(connection: Connection, line_item_keys: Iterable[int]) -> int:
    """Count the results that some line items hold in the SIS as far as we know."""
    items = key_table(connection, line_item_keys)
    query = select(func.count()).select_from(RESULT).join(items, _belongs_to(items.c.value))
    return int(connection.scalar(query.where(IS_HELD_THERE)) or 0)


def confirmed_results(connection: Connection, district: str) -> int:
    """Count the results of a whole district that the SIS is known to hold."""
    query = select(func.count()).select_from(RESULT).join(LINE_ITEM).join(DISTRICT)
    return int(connection.scalar(query.where(DISTRICT.c.district == district, IS_HELD_THERE)) or 0)


def _belongs_to(line_item_key: ColumnElement[Any]) -> ColumnElement[bool]:
    # A range of the primary key, so that the results of an item are read side by side without an index.
    size: ColumnElement[int] = literal_column(str(1 << STUDENT_BITS), BigInteger)
    first = line_item_key * size
    return RESULT.c.result_key.between(first, first + size - 1)


def settle_line_items(connection: Connection, frame: pd.DataFrame) -> None:
    """Remember that nothing is left to do for these desired values.

    Whatever later touches an item's bases, holds or locks forgets it again.

    Shape:
        line_item_key, settled_digest, settled_counts (JSON text); one row per line item.
    """
    rows = read_rows(frame, ["line_item_key", "settled_digest", "settled_counts"])
    if rows:
        item = LINE_ITEM.c.line_item_key
        connection.execute(
            update(LINE_ITEM).where(item == bindparam("item")), [_renamed(row) for row in rows]
        )


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    # The name of a column cannot be that of a parameter in WHERE too.
    return {"item": row["line_item_key"]} | {key: row[key] for key in ("settled_digest", "settled_counts")}
