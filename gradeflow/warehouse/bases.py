"""Changing the bases, for receipts and adoptions alike: upsert, raise the version, forget `settled`.

Keep out: who may change them (`lease.py`), why (`receipts.py`, `adoptions.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from gradeflow.warehouse.frames import Row, key_table, upsert
from gradeflow.warehouse.keys import STUDENT_BITS, line_item_of, student_of
from gradeflow.warehouse.tables import LINE_ITEM, LINE_ITEM_FIELD, RESULT

RESULT_BASES = ("sent_score_e4", "sent_status", "stored_score_e4", "stored_status", "origin")


def result_versions(connection: Connection, keys: Iterable[int]) -> dict[int, int]:
    """Give the versions of those results that have a base."""
    some = key_table(connection, keys)
    query = select(RESULT.c.result_key, RESULT.c.version).join(some, RESULT.c.result_key == some.c.value)
    return {row.result_key: row.version for row in connection.execute(query)}


def line_item_versions(connection: Connection, keys: Iterable[int]) -> dict[int, int]:
    """Give the versions of line items; 0 where nothing of them was ever sent or adopted."""
    some = key_table(connection, keys)
    item = LINE_ITEM.c
    query = select(item.line_item_key, item.version).join(some, item.line_item_key == some.c.value)
    return {row.line_item_key: row.version for row in connection.execute(query)}


def result_bases(connection: Connection, keys: Iterable[int]) -> dict[int, Row]:
    """Give the bases of some results as the audit shows them."""
    some = key_table(connection, keys)
    query = select(RESULT).join(some, RESULT.c.result_key == some.c.value)
    return {
        row["result_key"]: {name: row[name] for name in (*RESULT_BASES, "version")}
        for row in connection.execute(query).mappings()
    }


def field_bases(connection: Connection, keys: Iterable[int]) -> dict[int, dict[str, list[str | None]]]:
    """Give the field bases of some line items as the audit shows them: field to [sent, stored]."""
    some = key_table(connection, keys)
    query = select(LINE_ITEM_FIELD).join(some, LINE_ITEM_FIELD.c.line_item_key == some.c.value)
    found: dict[int, dict[str, list[str | None]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.line_item_key, {})[row.field] = [row.sent, row.stored]
    return found


def save_results(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the bases of results.

    Shape:
        one mapping per result: result_key and RESULT_BASES.
    """
    if not rows:
        return
    statement = upsert(connection, RESULT)
    changed: dict[str, Any] = {name: statement.excluded[name] for name in RESULT_BASES}
    changed["version"] = RESULT.c.version + 1
    connection.execute(
        statement.on_conflict_do_update(index_elements=["result_key"], set_=changed),
        [
            {
                **row,
                "line_item_key": line_item_of(row["result_key"]),
                "student_key": student_of(row["result_key"]),
                "version": 1,
                "is_locked": False,
            }
            for row in rows
        ],
    )
    forget_settled(connection, {line_item_of(row["result_key"]) for row in rows})


def save_line_items(
    connection: Connection, sis_ids: Mapping[int, str | None], fields: Sequence[Mapping[str, Any]]
) -> None:
    """Set the bases of line item fields and raise the items' versions.

    Args:
        connection: in a write transaction.
        sis_ids: line_item_key to its id in the SIS; None keeps the one that is known.
        fields: one mapping per field: line_item_key, field, sent, stored.
    """
    if fields:
        statement = upsert(connection, LINE_ITEM_FIELD)
        changed = {name: statement.excluded[name] for name in ("sent", "stored")}
        keys = ["line_item_key", "field"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(fields))
    if sis_ids:
        item = LINE_ITEM.c
        new = bindparam("new_sis_id", type_=item.sis_id.type)
        connection.execute(
            update(LINE_ITEM)
            .where(item.line_item_key == bindparam("item"))
            .values(version=item.version + 1, sis_id=func.coalesce(new, item.sis_id)),
            [{"item": key, "new_sis_id": sis_id} for key, sis_id in sis_ids.items()],
        )
        forget_settled(connection, sis_ids)


def forget_sent(connection: Connection, line_item_keys: Iterable[int]) -> dict[int, int]:
    """Forget what was last sent of all scores of some line items, so that they count as not sent yet.

    A score is a part of the maximum: after a new maximum the same number is another score. What is stored stays,
    so that an edit in the SIS is still seen; so does the version, since no base was set.

    Returns:
        How many scores there are, by line item.
    """
    counts: dict[int, int] = {}
    for key in line_item_keys:
        mine = RESULT.c.result_key.between(key << STUDENT_BITS, ((key + 1) << STUDENT_BITS) - 1)
        forgotten = update(RESULT).where(mine).values(sent_score_e4=None, sent_status=None)
        counts[key] = connection.execute(forgotten).rowcount
    return counts


def forget_settled(connection: Connection, line_item_keys: Iterable[int]) -> None:
    """Make the next plan look at these items again."""
    some = key_table(connection, line_item_keys)
    item = LINE_ITEM.c
    touched = item.line_item_key.in_(select(some.c.value)) & item.settled_digest.is_not(None)
    connection.execute(update(LINE_ITEM).where(touched).values(settled_digest=None, settled_counts=None))
