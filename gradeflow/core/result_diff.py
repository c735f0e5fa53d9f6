"""The three-way diff of results: score and status together, one lookup for all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.bases import AWAY, Bases
from gradeflow.core.clearing import BLANK_STATUS
from gradeflow.core.desired import STATUSES, Desired
from gradeflow.core.hold_texts import result_texts
from gradeflow.core.item_diff import CHANGED, ItemDiff
from gradeflow.core.reading import Observed
from gradeflow.core.records import join_findings, make_holds
from gradeflow.core.resting import Refusals, resting_results, stopped_results
from gradeflow.core.result_decision import DecidedResults, is_back
from gradeflow.model.joins import objects, pick
from gradeflow.model.ledger import CLEARED
from gradeflow.model.points import SCALE
from gradeflow.rules.judge import make_findings
from gradeflow.rules.profile import Profile

# Why a score that was sent as an automatic zero would not be one now: the due date moved, or work came in.
NOT_SCORED = ("NO_SCORE", "NOT_GRADED")
KindT = TypeVar("KindT", bound=np.generic)


@dataclass(frozen=True, slots=True)
class ResultDiff:
    """The diff of the results, arrays aligned to `Desired.results`."""

    verdict: npt.NDArray[np.object_]
    observed_at: npt.NDArray[np.int64]
    holds: pd.DataFrame
    locked: list[int]
    findings: pd.DataFrame
    dependent: npt.NDArray[np.bool_]  # held by its line item, not by a hold of its own


def diff_results(
    desired: Desired,
    bases: Bases,
    decided: DecidedResults,
    items: ItemDiff,
    refusals: Refusals,
    profile: Profile,
) -> ResultDiff:
    """Turn the verdicts into changes, holds and findings; what blocks its line item holds a result too.

    Such a result gets no hold of its own: it goes as soon as its line item is free. What the SIS refused rests.
    """
    live, row, held, cells = decided.live, decided.row, decided.held, decided.cells
    results, own = desired.results.iloc[live], bases.results.iloc[live]
    judged = _beside_their_items(decided, results, items, refusals, profile)
    verdict, codes, dependent = judged.verdict, judged.codes, judged.dependent
    fresh = (verdict == "held") & ~pd.isna(codes) & ~held & ~dependent
    waits = is_back(results, own) & np.isin(verdict, ("failed", "held", "rejected"))
    told = _told_codes(judged, results, own)
    values = results["reason"].mask(told == "ITEM_INCOMPLETE", pd.Series(items.why[row], results.index))
    values = values.mask(~pd.isna(judged.rests_since), pd.Series(judged.rests_since, results.index))
    length = len(desired.results)
    return ResultDiff(
        verdict=_among_all(verdict, live, length, otherwise="unchanged"),
        observed_at=_among_all(cells.at, live, length, otherwise=-1),
        holds=_holds(results[fresh], codes[fresh], cells.texts(fresh)),
        locked=results["result_key"].to_numpy()[three_way.locking(decided.found)].tolist(),
        findings=_result_findings(desired, results, row, told, values.mask(waits, AWAY)),
        dependent=_among_all(dependent, live, length, otherwise=False),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """The examined results once their line items had their say.

    Attributes:
        dependent: held by their line item.
        rests_since: since when the refused send rests; None where it does not.
    """

    verdict: npt.NDArray[np.object_]
    codes: npt.NDArray[np.object_]
    dependent: npt.NDArray[np.bool_]
    rests_since: npt.NDArray[np.object_]


def _beside_their_items(
    decided: DecidedResults, results: pd.DataFrame, items: ItemDiff, refusals: Refusals, profile: Profile
) -> _Judged:
    """Hold what a line item holds, and let rest what the SIS refused."""
    row = decided.row
    verdict, codes, blocks = (
        three_way.verdicts(decided.found),
        three_way.codes(decided.found),
        items.blocks[row],
    )
    codes[decided.blocks & (blocks == "SIS_CHANGED_ITEM")] = "SIS_CHANGED_ITEM"
    unread = (verdict == "failed") & (decided.cells.state == three_way.code_of("observed", "unread"))
    by_item = (verdict == "held") & np.isin(codes.astype(str), ("SIS_DELETED", "SIS_CHANGED_ITEM"))
    dependent = (np.isin(verdict, CHANGED) | unread | by_item) & ~pd.isna(blocks)
    codes[dependent] = blocks[dependent]
    verdict[dependent] = "held"
    verdict[codes == "ITEM_REFUSED"] = "rejected"
    since = resting_results(results, verdict, row, items, refusals)
    if profile.values.atomic_unit == "item":
        stopped = stopped_results(since, verdict, row)
        verdict[stopped], codes[stopped] = "rejected", "ITEM_STOPPED"
    rests = ~pd.isna(since)
    verdict[rests], codes[rests] = "rejected", "SIS_REFUSED"
    return _Judged(verdict, codes, dependent, since)


def _told_codes(judged: _Judged, results: pd.DataFrame, own: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Give the code of each result's finding: also of what is still so, and of a zero that would be none now."""
    codes = judged.codes.copy()
    stale = (judged.verdict == "keep") & own["is_auto_zero"].to_numpy(bool)
    codes[stale & results["reason"].isin(NOT_SCORED).to_numpy(bool)] = "AUTO_ZERO_STALE"
    # What an earlier night held or locked is still so: its finding must not end while the hold lasts.
    still = (judged.verdict == "held") & pd.isna(codes)
    codes[still] = own["held_reason"].fillna("SIS_EDITED").to_numpy(dtype=object)[still]
    return codes


def _was_rounded(own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell of which scores the SIS made another number when they were last sent."""
    moved = (own["sent_score_e4"] - own["stored_score_e4"]).abs()
    return np.asarray(own["has_base"] & (moved > 0) & (moved < SCALE), dtype=bool)


def _among_all(
    values: npt.NDArray[KindT], live: npt.NDArray[np.intp], length: int, *, otherwise: object
) -> npt.NDArray[KindT]:
    """Lay what was decided of the examined rows among all rows; of the others nothing was decided."""
    everywhere = np.full(length, otherwise, dtype=values.dtype)
    everywhere[live] = values
    return everywhere


def _holds(
    results: pd.DataFrame, codes: npt.NDArray[np.object_], seen: npt.NDArray[np.object_]
) -> pd.DataFrame:
    keys = results["line_item_key"].to_numpy(), results["result_key"].to_numpy()
    return make_holds(*keys, None, codes, result_texts(results), seen)


def _result_findings(
    desired: Desired,
    results: pd.DataFrame,
    row: npt.NDArray[np.int64],
    codes: npt.NDArray[np.object_],
    values: pd.Series,
) -> pd.DataFrame:
    items = desired.line_items
    parts = []
    for code in sorted(pd.unique(codes[~pd.isna(codes)])):
        mask = codes == code
        keys = items.iloc[row[mask]][["lms_assignment_id", "section_id_sis"]].reset_index(drop=True)
        keys["student_id_sis"] = results["student_id_sis"][mask].to_numpy()
        parts.append(make_findings(keys, code, value=values[mask]))
    return join_findings(parts)


def result_changes(desired: Desired, bases: Bases, observed: Observed, results: ResultDiff) -> pd.DataFrame:
    """Give the results to create, update or adopt; a score to be taken back has the status `blank`."""
    rows = np.flatnonzero(np.isin(results.verdict, CHANGED))
    wanted = desired.results.iloc[rows]
    item = wanted["item_row"].to_numpy()
    frame = wanted[
        ["result_key", "line_item_key", "student_key", "student_id_sis", "score_e4", "origin", "attempt"]
    ].reset_index(drop=True)
    frame["status"] = pd.Series([STATUSES[code] or BLANK_STATUS for code in wanted["status"]], dtype="str")
    frame["origin"] = frame["origin"].mask(frame["status"] == BLANK_STATUS, CLEARED)
    frame["action"] = pd.Series(results.verdict[rows], dtype="str")
    frame["line_item_sis_id"] = pd.Series(bases.sis_ids[item], dtype="str")
    frame["line_item_id"] = desired.line_items["line_item_id"].to_numpy()[item]
    frame["lms_assignment_id"] = desired.line_items["lms_assignment_id"].to_numpy()[item]
    frame["section_id_sis"] = desired.line_items["section_id_sis"].to_numpy()[item]
    frame["base_version"] = bases.results["version"].to_numpy()[rows]
    back = is_back(wanted, bases.results.iloc[rows])
    frame["away"] = pd.Series([AWAY if one else None for one in back], dtype="str")
    frame["observed_rounds"] = _was_rounded(bases.results.iloc[rows])
    at = results.observed_at[rows]
    frame["observed_sis_id"] = pd.Series(
        pick(observed.results["sis_id"].to_numpy(dtype=object), at), dtype="str"
    )
    frame["observed_score_e4"] = pd.Series(pick(objects(observed.results["score_e4"]), at), dtype="Int64")
    frame["observed_status"] = pd.Series(pick(objects(observed.results["status"]), at), dtype="str")
    frame["observed_raw"] = pd.Series(pick(observed.results["raw"].to_numpy(dtype=object), at), dtype="str")
    return frame
