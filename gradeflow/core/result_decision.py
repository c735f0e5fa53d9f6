"""The results of the examined line items by the three-way table: their facts, and the row of the table that fits.

Their line items have no say here; what follows from both is in `result_diff`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.bases import Bases
from gradeflow.core.cells import Cells, find_cells
from gradeflow.core.clearing import is_cleared, result_wishes
from gradeflow.core.desired import Desired
from gradeflow.core.hold_texts import is_held
from gradeflow.core.item_diff import ItemDiff
from gradeflow.core.reading import Observed
from gradeflow.rules.profile import Profile


@dataclass(frozen=True, slots=True)
class DecidedResults:
    """The results of the examined line items by the three-way table, before their line items have a say.

    Attributes:
        live: positions in `Desired.results`; the others are aligned to it.
        row: position of the line item.
        found: position in the table.
        blocks: what was changed in the SIS where that blocks the line item, if that is there.
    """

    live: npt.NDArray[np.intp]
    row: npt.NDArray[np.int64]
    found: npt.NDArray[np.int8]
    blocks: npt.NDArray[np.bool_]
    held: npt.NDArray[np.bool_]
    cells: Cells


def decide_results(
    desired: Desired,
    bases: Bases,
    observed: Observed,
    items: ItemDiff,
    examined: npt.NDArray[np.bool_],
    profile: Profile,
) -> DecidedResults:
    """Decide the results of the examined line items."""
    item_row = desired.results["item_row"].to_numpy()
    live = np.flatnonzero(examined[item_row])
    results, own, row = desired.results.iloc[live], bases.results.iloc[live], item_row[live]
    cells = find_cells(results, row, bases, observed, items)
    held = is_held(results, own)
    found = _decide(results, own, row, cells, held, bases, items, profile)
    return DecidedResults(live, row, found, three_way.blocking(found), held, cells)


def _decide(
    results: pd.DataFrame,
    own: pd.DataFrame,
    row: npt.NDArray[np.int64],
    cells: Cells,
    held: npt.NDArray[np.bool_],
    bases: Bases,
    items: ItemDiff,
    profile: Profile,
) -> npt.NDArray[np.int8]:
    score, status = results["score_e4"].to_numpy(), results["status"].to_numpy()
    passes = (results["verdict"] == "pass").to_numpy(bool)
    has_base = own["has_base"].to_numpy(bool)
    resend = items.resend[row] & has_base & passes
    locked = own["is_locked"].to_numpy(bool) | bases.item_locked[row]

    def equals(side: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        return np.asarray((score == side) & (status == other), dtype=bool)

    stored_score, stored_status = own["stored_score_e4"].to_numpy(), own["stored_status"].to_numpy()
    is_sent = equals(own["sent_score_e4"].to_numpy(), own["sent_status"].to_numpy())
    recreate = np.full(len(results), profile.values.recreate_deleted)
    if profile.values.conflict_policy == "block_item":
        # A score that was taken out of an item that is still there was changed, and blocks it.
        recreate &= (items.state == three_way.code_of("observed", "absent"))[row]
    # What the SIS took out with the enrolment goes again with it; nobody there deleted it.
    back = is_back(results, own)
    is_there, is_gone = (cells.state == three_way.code_of("observed", was) for was in ("present", "absent"))
    is_sent &= ~back | is_there
    is_stored = (cells.score == stored_score) & (cells.status == stored_status)
    # A remaster forgets what was sent, and only that: what somebody changed in the SIS is judged as ever.
    is_sent &= ~(items.again[row] & has_base & passes & ((is_there & is_stored) | (is_gone & recreate)))
    return three_way.diff(
        {
            "observed": cells.state,
            "lock": np.select([locked, held & passes], [1, 2], default=0).astype("int64"),
            "desired": result_wishes(results, is_cleared(results, own, profile)),
            "base": has_base.astype("int64"),
            "is_sent": (is_sent & ~resend).astype("int64"),
            "is_observed": (equals(cells.score, cells.status) & ~resend).astype("int64"),
            "is_stored": is_stored.astype("int64"),
            "policy": three_way.code_of("policy", profile.values.conflict_policy),
            "recreate": (back | recreate).astype("int64"),
        }
    )


def is_back(results: pd.DataFrame, own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell whose student is enrolled again."""
    passes = (results["verdict"] == "pass").to_numpy(bool)
    return np.asarray((own["was_away"] & own["has_base"]).to_numpy(bool) & passes, dtype=bool)
