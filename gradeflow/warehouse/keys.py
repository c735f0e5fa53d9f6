"""Text ids to dense integer keys, and where an item's partition is frozen at first sight.

Keep out: how an id is made (`gradeflow.model.ids`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, select

from gradeflow.warehouse.frames import as_date, read_frame, read_rows, upsert
from gradeflow.warehouse.tables import DISTRICT, LINE_ITEM, STUDENT

Keys = npt.NDArray[np.int64]
STUDENT_BITS = 32


def result_keys(line_items: Any, students: Any) -> Keys:
    """Name results by one int64 each: the item's key above, the student's below.

    >>> result_keys([1, 2], [7, 7]).tolist()
    [4294967303, 8589934599]
    """
    above = np.asarray(line_items, dtype=np.int64) << STUDENT_BITS
    return np.asarray(above | np.asarray(students, dtype=np.int64), dtype=np.int64)


def line_item_of(result_key: int) -> int:
    """Give the key of the line item that a result belongs to."""
    return result_key >> STUDENT_BITS


def student_of(result_key: int) -> int:
    """Give the key of the student whose result it is."""
    return result_key & ((1 << STUDENT_BITS) - 1)


def district_key(connection: Connection, district: str) -> int:
    """Give the district's key; registers a new one. Needs a write transaction."""
    query = select(DISTRICT.c.district_key).where(DISTRICT.c.district == district)
    found = connection.scalar(query)
    if found is None:
        connection.execute(upsert(connection, DISTRICT).values(district=district).on_conflict_do_nothing())
        found = connection.scalar(query)
    return int(found or 0)


def line_item_keys(
    connection: Connection, district: str, frame: pd.DataFrame, *, as_of: dt.datetime
) -> pd.DataFrame:
    """Give each line item its key, registering those never seen. Needs a write transaction.

    Shape:
        in: one row per line item; lms_assignment_id, section_id_sis, line_item_id, assigned_on,
        assigned_basis, and generation where it is not 0.
        out: the same rows in the same order, with line_item_key (int64) and with assigned_on and
        assigned_basis as they were when the item was first seen, whatever the frame says now.
    """
    owner = district_key(connection, district)
    known = _known_line_items(connection, owner)
    new = frame[~frame["line_item_id"].isin(known.index)]
    if len(new):
        generation = new.get("generation", 0)
        columns = ["line_item_id", "lms_assignment_id", "section_id_sis"]
        columns += ["assigned_on", "assigned_basis", "generation"]
        fixed = {"district_key": owner, "version": 0, "is_locked": False, "first_seen_at": as_of}
        rows = read_rows(new.assign(generation=generation), columns)
        connection.execute(
            upsert(connection, LINE_ITEM).on_conflict_do_nothing(index_elements=["line_item_id"]),
            [row | fixed | {"assigned_on": as_date(row["assigned_on"])} for row in rows],
        )
        known = _known_line_items(connection, owner)
    frozen = known.loc[frame["line_item_id"]]
    return frame.assign(
        line_item_key=frozen["line_item_key"].to_numpy(dtype=np.int64),
        assigned_on=frozen["assigned_on"].array,
        assigned_basis=frozen["assigned_basis"].array,
    )


def _known_line_items(connection: Connection, owner: int) -> pd.DataFrame:
    item = LINE_ITEM.c
    query = select(item.line_item_id, item.line_item_key, item.assigned_on, item.assigned_basis)
    return read_frame(connection, query.where(item.district_key == owner)).set_index("line_item_id")


def student_keys(connection: Connection, district: str, ids: pd.Series[Any]) -> pd.Series[int]:
    """Give each student id its key, registering those never seen. Needs a write transaction.

    Shape:
        one int64 per row of `ids` (text or categorical, repeats allowed, none null), with its index.
    """
    owner = district_key(connection, district)
    codes, unique = pd.factorize(ids)
    if (codes < 0).any():
        msg = "a student id is null"
        raise ValueError(msg)
    known = _known_students(connection, owner)
    new = [str(student) for student in unique if student not in known.index]
    if new:
        connection.execute(
            upsert(connection, STUDENT).on_conflict_do_nothing(),
            [{"district_key": owner, "student_id_sis": student} for student in new],
        )
        known = _known_students(connection, owner)
    keys = known.reindex(np.asarray(unique, dtype=object)).to_numpy(dtype=np.int64)
    return pd.Series(keys[codes], index=ids.index, dtype=np.int64, name="student_key")


def _known_students(connection: Connection, owner: int) -> pd.Series[Any]:
    query = select(STUDENT.c.student_id_sis, STUDENT.c.student_key)
    frame = read_frame(connection, query.where(STUDENT.c.district_key == owner))
    return pd.Series(
        frame["student_key"].to_numpy(dtype=np.int64), index=frame["student_id_sis"].astype(object)
    )


def load_students(connection: Connection, district: str) -> pd.DataFrame:
    """Give student_key and student_id_sis of every student ever seen in the district."""
    query = select(STUDENT.c.student_key, STUDENT.c.student_id_sis).join(DISTRICT)
    return read_frame(connection, query.where(DISTRICT.c.district == district))
