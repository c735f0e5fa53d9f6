"""How much of what was read back is no longer what the SIS stored: after a restored backup that is much at once (G19).

Counted are the scores that a plan happened to read, of students who are still there; not those of which it is known
already that somebody changed them: locked, held, or found to be edited. Each of them was a teacher's own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.bases import Bases
from gradeflow.core.cells import CELL, cell_keys, seen_values
from gradeflow.core.desired import Desired
from gradeflow.core.reading import Candidates, Observed
from gradeflow.model.joins import locate
from gradeflow.rules.judge import RESULT_KEY

KNOWN = ("SIS_EDITED", "SIS_DELETED", "SIS_CHANGED_ITEM")


def count_moved(
    desired: Desired, bases: Bases, observed: Observed, candidates: Candidates, findings: pd.DataFrame
) -> tuple[int, int]:
    """Count the scores whose value in the SIS moved, and the scores that were compared.

    Args:
        findings: the open ones, as the warehouse knows them.
    """
    results, own = desired.results, bases.results
    row = results["item_row"].to_numpy()
    ids = pd.Series(bases.sis_ids, dtype="str")
    read = set(candidates.sections) - observed.unreadable_sections
    was_read = desired.line_items["section_id_sis"].isin(read).to_numpy(bool) & (bases.item_versions > 0)
    is_gone = was_read & ~ids.isin(observed.line_items["sis_id"]).to_numpy(bool)
    is_read = ids.isin(observed.read_items).to_numpy(bool) | is_gone
    compared = (results["verdict"] == "pass").to_numpy(bool) & own["has_base"].to_numpy(bool) & is_read[row]
    compared &= ~own["was_away"].to_numpy(bool) & ~own["is_locked"].to_numpy(bool)
    compared &= pd.isna(own["held"].to_numpy(dtype=object))
    rows = np.flatnonzero(compared)
    rows = rows[~_is_known(desired, rows, findings)]
    wanted = cell_keys(ids, row[rows], results.iloc[rows])
    cells = observed.results.drop_duplicates(CELL, ignore_index=True)
    at = locate(wanted, cells, CELL)
    scores_seen, statuses_seen = seen_values(cells)
    status = np.where(at >= 0, statuses_seen[at] if len(cells) else 0, 0)
    score = np.where(status > 0, scores_seen[at] if len(cells) else 0, 0)
    stored_status = own["stored_status"].to_numpy()[rows]
    stored_score = np.where(stored_status > 0, own["stored_score_e4"].to_numpy()[rows], 0)
    return int(((score != stored_score) | (status != stored_status)).sum()), len(rows)


def _is_known(desired: Desired, rows: npt.NDArray[np.int64], findings: pd.DataFrame) -> npt.NDArray[np.bool_]:
    known = findings[findings["code"].isin(KNOWN) & findings["student_id_sis"].notna()]
    results = desired.results.iloc[rows]
    keys = desired.line_items[RESULT_KEY[:2]].iloc[results["item_row"]].reset_index(drop=True)
    keys["student_id_sis"] = results["student_id_sis"].to_numpy()
    return np.asarray(locate(keys, known[RESULT_KEY].drop_duplicates(ignore_index=True), RESULT_KEY) >= 0)
