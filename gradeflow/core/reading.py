"""What has to be read from the SIS before anything is decided: only what is about to change.

First the line items of the sections where something is about to change (one read per section, which also
finds twins and deletions), then the results of the line items that exist and have scores about to change.
Pure; `observing` asks the SIS.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.bases import Bases
from gradeflow.core.clearing import is_cleared
from gradeflow.core.desired import Desired
from gradeflow.core.hold_texts import is_held
from gradeflow.model.joins import Positions, objects
from gradeflow.model.ledger import FIELDS
from gradeflow.rules.profile import Profile


@dataclass(frozen=True, slots=True)
class Observed:
    """What was read of the SIS for this plan.

    Attributes:
        line_items: frame OBSERVED_LINE_ITEMS of the sections that were read.
        results: frame OBSERVED_RESULTS of the line items that were read.
        unreadable_sections: sections whose line items could not be read: not the same as empty.
        unreadable_items: SIS line item ids whose results could not be read.
        read_items: SIS line item ids whose results were read.
    """

    line_items: pd.DataFrame
    results: pd.DataFrame
    unreadable_sections: frozenset[str] = frozenset()
    unreadable_items: frozenset[str] = frozenset()
    read_items: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows about to change, before the SIS was read.

    Attributes:
        results: per desired result.
        line_items: per desired line item: its fields or some of its results are about to change.
        whole: per desired line item: all its results have to be read, whichever are about to change.
        again: per desired line item: in a remaster, whether its scores that stand as sent go again too (R154).
        sections: whose line items have to be read.
    """

    results: npt.NDArray[np.bool_]
    line_items: npt.NDArray[np.bool_]
    whole: npt.NDArray[np.bool_]
    again: npt.NDArray[np.bool_]
    sections: list[str]


def find_candidates(
    desired: Desired,
    bases: Bases,
    examined: npt.NDArray[np.bool_],
    profile: Profile,
    *,
    is_remaster: bool = False,
) -> Candidates:
    """Tell what is about to change. Held and locked rows are not read again.

    A line item that is held whole is: its twin in the SIS may be gone, or it may be deleted there, and only the
    SIS can tell.

    Args:
        examined: per line item whether its digest differs from the settled one.
        is_remaster: whether every score of what was sent before is about to go again.
    """
    items, results = desired.line_items, desired.results
    passes = (items["verdict"] == "pass").to_numpy(bool) & ~bases.item_locked & examined
    own = bases.results
    differs = ~is_as_sent(results, own)
    again = passes & (bases.item_versions > 0) & is_remaster
    row = results["item_row"].to_numpy()
    changing = {name: _is_changing(name, items, bases) & passes for name in FIELDS}
    # Scores are parts of the maximum: where it changes they all go again (G06), so all have to be read.
    resent = ((changing["points"] & (bases.item_versions > 0)) | again)[row]
    free = passes[row] & ~own["is_locked"].to_numpy(bool) & ~is_held(results, own)
    wanted = (results["verdict"] == "pass").to_numpy(bool) & free
    back = own["was_away"].to_numpy(bool)
    candidates = wanted & (~own["has_base"].to_numpy(bool) | differs | resent | back)
    candidates |= is_cleared(results, own, profile) & free
    touched = np.logical_or.reduce(list(changing.values()))
    touched[row[candidates]] = True
    touched |= (bases.is_blocked & passes) | again
    # Where one changed score blocks its item, every score of it has to be looked at before any is sent.
    is_unit = profile.values.conflict_policy == "block_item"
    whole = (touched & (bases.item_versions > 0) & is_unit) | again
    sections = sorted(set(items["section_id_sis"].to_numpy(dtype=object)[touched]))
    return Candidates(candidates, touched, whole, again, sections)


def is_as_sent(results: pd.DataFrame, own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which results are wanted as they were last sent; `own` are their bases, row by row."""
    same_score = results["score_e4"].to_numpy() == own["sent_score_e4"].to_numpy()
    return np.asarray(
        same_score & (results["status"].to_numpy() == own["sent_status"].to_numpy()), dtype=bool
    )


def _is_changing(name: str, items: pd.DataFrame, bases: Bases) -> npt.NDArray[np.bool_]:
    value = objects(items[name])
    return np.asarray((value != bases.sent[name]) & (bases.field_holds[name] != value), dtype=bool)


def items_to_read(
    desired: Desired, bases: Bases, candidates: Candidates, existing: Collection[str]
) -> list[tuple[str, str]]:
    """List (section, SIS line item id) whose results have to be read: existing ones with candidates."""
    with_candidates = desired.results["item_row"].to_numpy()[candidates.results]
    rows: Positions = np.union1d(with_candidates, np.flatnonzero(candidates.whole)).astype(np.int64)
    sections = desired.line_items["section_id_sis"].to_numpy(dtype=object)
    return [
        (str(sections[row]), str(bases.sis_ids[row])) for row in rows if str(bases.sis_ids[row]) in existing
    ]
