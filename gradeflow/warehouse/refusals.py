"""What the SIS refused and nobody sent again since. Keep out: what rests because of it (`gradeflow.core.resting`)."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from sqlalchemy import Connection, and_, exists, or_, select

from gradeflow.warehouse.frames import key_table, read_frame
from gradeflow.warehouse.tables import INTENT

# Whether the line item is there is read before each send, so its absence needs no memory.
ASKED_ANYWAY = "SIS_PARENT_GONE"


def load_refused(connection: Connection, line_item_keys: Iterable[int]) -> pd.DataFrame:
    """Give the refused sends of some line items and their results, where the refusal is the last word.

    It is not where the row was sent again since, whatever became of that; nor that of a score whose line item the
    SIS took since, since a score is a score of that line item.

    Shape:
        line_item_key, result_key (null: of the line item itself), payload_digest, code, refused_at; in no order.
    """
    some = key_table(connection, line_item_keys)
    sent, later = INTENT.c, INTENT.alias("later").c
    is_same_row = or_(
        later.result_key == sent.result_key, and_(later.result_key.is_(None), sent.result_key.is_(None))
    )
    is_its_item = and_(later.result_key.is_(None), later.state == "confirmed")
    followed = exists().where(
        later.line_item_key == sent.line_item_key,
        later.intent_id > sent.intent_id,
        or_(is_same_row, is_its_item),
    )
    columns = (sent.line_item_key, sent.result_key, sent.payload_digest, sent.code)
    query = select(*columns, sent.intended_at.label("refused_at")).join(
        some, sent.line_item_key == some.c.value
    )
    is_refused = and_(sent.state == "rejected", or_(sent.code.is_(None), sent.code != ASKED_ANYWAY))
    return read_frame(connection, query.where(is_refused, ~followed))
