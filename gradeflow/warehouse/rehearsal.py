"""One district's view of the warehouse where nothing may be written: keys that nobody has yet are made up.

A made-up key lies above every key that the database has, so that nothing is remembered of it, and means the same
row as long as the store lives. Keep out: how a look is held open and writes are refused (`store.Rehearsal`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import Column, func, select

from gradeflow.warehouse import keys, snapshot
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.tables import LINE_ITEM, STUDENT


@dataclass(slots=True)
class RehearsalStore(DistrictStore):
    """A `DistrictStore` on a `Rehearsal`."""

    _items: dict[str, int] = field(default_factory=dict)
    _students: dict[str, int] = field(default_factory=dict)

    def line_item_keys(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Do as `keys.line_item_keys`, registering nothing."""
        with self.warehouse.reading() as connection:
            known = snapshot.load_line_items(connection, self.district).set_index("line_item_id")
        is_known = frame["line_item_id"].isin(known.index)
        self._make_up(self._items, frame.loc[~is_known, "line_item_id"], LINE_ITEM.c.line_item_key)
        rows = known.reindex(frame["line_item_id"])
        made_up = frame["line_item_id"].map(self._items).to_numpy(dtype="float64", na_value=0)
        first_sight = pd.to_datetime(frame["assigned_on"]).array
        return frame.assign(
            line_item_key=rows["line_item_key"].astype("Int64").fillna(0).to_numpy(dtype="int64")
            + made_up.astype("int64"),
            assigned_on=pd.Series(rows["assigned_on"].array, frame.index).fillna(
                pd.Series(first_sight, frame.index)
            ),
            assigned_basis=pd.Series(rows["assigned_basis"].array, frame.index).fillna(
                frame["assigned_basis"]
            ),
        )

    def student_keys(self, ids: pd.Series) -> pd.Series:
        """Do as `keys.student_keys`, registering nobody."""
        with self.warehouse.reading() as connection:
            known = keys.load_students(connection, self.district)
        all_keys = dict(zip(known["student_id_sis"], known["student_key"], strict=True))
        self._make_up(self._students, ids[~ids.isin(list(all_keys))], STUDENT.c.student_key)
        return ids.map(all_keys | self._students).astype("int64").rename("student_key")

    def _make_up(self, given: dict[str, int], ids: Iterable[str], column: Column[int]) -> None:
        """Give keys to ids that have none, from the first that no row of any district has."""
        with self.warehouse.reading() as connection:
            highest = connection.scalar(select(func.coalesce(func.max(column), 0)))
        for one in ids:
            given.setdefault(str(one), int(highest or 0) + len(given) + 1)
