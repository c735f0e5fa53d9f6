"""What the SIS holds for each desired result: the cell of its student in its line item, as far as it was read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.bases import Bases
from gradeflow.core.desired import status_codes
from gradeflow.core.hold_texts import result_text
from gradeflow.core.item_diff import ItemDiff
from gradeflow.core.reading import Observed
from gradeflow.core.taken import WORDS_E4
from gradeflow.model.joins import locate

CELL = ["line_item_sis_id", "student_id_sis"]


@dataclass(frozen=True, slots=True)
class Cells:
    """What the SIS holds for each result: where it was observed (-1: not), value, and what is known of it."""

    at: npt.NDArray[np.int64]
    score: npt.NDArray[np.int64]
    status: npt.NDArray[np.int64]
    state: npt.NDArray[np.int64]

    def texts(self, rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
        """Write the values of some rows as holds show them; None where the SIS was seen to hold nothing."""
        values = zip(self.score[rows], self.status[rows], strict=True)
        texts = [result_text(score, status) if status else None for score, status in values]
        return np.array(texts or [], dtype=object)


def find_cells(
    results: pd.DataFrame,
    row: npt.NDArray[np.int64],
    bases: Bases,
    observed: Observed,
    items: ItemDiff,
) -> Cells:
    """Find what is known of each cell: of an item that is not there, every cell is known to be absent.

    Two cells for one student in one item are not readable: nobody can say which one counts.
    """
    ids = pd.Series(bases.sis_ids, dtype="str")
    was_read = ids.isin(observed.read_items).to_numpy(bool)[row]
    double = observed.results.duplicated(CELL, keep=False).to_numpy(bool)
    at = np.full(len(results), -1, dtype=np.int64)
    is_double = np.zeros(len(results), dtype=bool)
    rows = np.flatnonzero(was_read)
    wanted = cell_keys(ids, row[rows], results.iloc[rows])
    single = np.flatnonzero(~double)
    found = locate(wanted, observed.results.iloc[single], CELL)
    at[rows] = np.where(found >= 0, single[found] if len(single) else -1, -1)
    is_double[rows] = locate(wanted, observed.results[double].drop_duplicates(CELL), CELL) >= 0
    there = at >= 0
    score, status = np.zeros(len(results), dtype=np.int64), np.zeros(len(results), dtype=np.int64)
    scores_seen, statuses_seen = seen_values(observed.results)
    score[there], status[there] = scores_seen[at[there]], statuses_seen[at[there]]
    code = three_way.code_of
    unreadable = ids.isin(observed.unreadable_items).to_numpy(bool) | (
        items.state == code("observed", "unreadable")
    )
    absent = items.state == code("observed", "absent")
    state = np.select(
        [unreadable[row] | is_double, absent[row], was_read & (status > 0), was_read],
        [code("observed", name) for name in ("unreadable", "absent", "present", "absent")],
        default=code("observed", "unread"),
    ).astype("int64")
    return Cells(at, score, status, state)


def cell_keys(sis_ids: pd.Series, row: npt.NDArray[np.int64], results: pd.DataFrame) -> pd.DataFrame:
    """Give the CELL of results: of the line items at `row` of `sis_ids`, of their own students."""
    return pd.DataFrame(
        {
            "line_item_sis_id": sis_ids.iloc[row].array,
            "student_id_sis": results["student_id_sis"].array,
        }
    )


def seen_values(cells: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Read observed results as the diff compares them: scores (`score_seen` of many) and status codes."""
    is_words = (cells["score_e4"].isna() & (cells["status"] == "graded")).to_numpy(bool)
    scores = cells["score_e4"].to_numpy(dtype="int64", na_value=0)
    return np.where(is_words, WORDS_E4, scores), status_codes(cells["status"])
