"""The three-way diff of results: score and status together, one lookup for all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.bases import AWAY, Bases
from gradeflow.core.clearing import BLANK_STATUS, is_cleared, result_wishes
from gradeflow.core.desired import STATUSES, Desired, status_codes
from gradeflow.core.hold_texts import is_held, result_text, result_texts
from gradeflow.core.item_diff import CHANGED, ItemDiff
from gradeflow.core.reading import Observed
from gradeflow.core.records import join_findings, make_holds
from gradeflow.core.resting import Refusals, resting_results, stopped_results
from gradeflow.core.taken import WORDS_E4
from gradeflow.model.joins import locate, objects, pick
from gradeflow.model.ledger import CLEARED
from gradeflow.model.points import SCALE
from gradeflow.rules.judge import make_findings
from gradeflow.rules.profile import Profile

CELL = ["line_item_sis_id", "student_id_sis"]
# Why a score that was sent as an automatic zero would not be one now: the due date moved, or work came in.
NOT_SCORED = ("NO_SCORE", "NOT_GRADED")


@dataclass(frozen=True, slots=True)
class ResultDiff:
    """The diff of the results, arrays aligned to `Desired.results`."""

    verdict: npt.NDArray[np.object_]
    observed_at: npt.NDArray[np.int64]
    holds: pd.DataFrame
    locked: list[int]
    findings: pd.DataFrame
    dependent: npt.NDArray[np.bool_]  # held by its line item, not by a hold of its own


@dataclass(frozen=True, slots=True)
class _Cells:
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
    cells: _Cells


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
    cells = _cells(results, row, bases, observed, items)
    held = is_held(results, own)
    wishes = result_wishes(results, is_cleared(results, own, profile))
    found = _decide(results, own, row, cells, held, wishes, bases, items, profile)
    return DecidedResults(live, row, found, three_way.blocking(found), held, cells)


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
    live, row, found, held, cells = decided.live, decided.row, decided.found, decided.held, decided.cells
    item_row = desired.results["item_row"].to_numpy()
    results, own = desired.results.iloc[live], bases.results.iloc[live]
    verdict, codes = three_way.verdicts(found), three_way.codes(found)
    codes[decided.blocks & (items.blocks[row] == "SIS_CHANGED_ITEM")] = "SIS_CHANGED_ITEM"
    unread = (verdict == "failed") & (cells.state == three_way.code_of("observed", "unread"))
    blocks = items.blocks[row]
    by_item = (verdict == "held") & np.isin(codes.astype(str), ("SIS_DELETED", "SIS_CHANGED_ITEM"))
    changes = np.isin(verdict, CHANGED) | unread | by_item
    dependent = changes & ~pd.isna(blocks)
    codes[dependent] = blocks[dependent]
    verdict[dependent] = "held"
    verdict[codes == "ITEM_REFUSED"] = "rejected"
    since = resting_results(results, verdict, row, items, refusals)
    if profile.values.atomic_unit == "item":
        stopped = stopped_results(since, verdict, row)
        verdict[stopped], codes[stopped] = "rejected", "ITEM_STOPPED"
    rests = ~pd.isna(since)
    verdict[rests], codes[rests] = "rejected", "SIS_REFUSED"
    fresh = (verdict == "held") & ~pd.isna(codes) & ~held & ~dependent
    holds = _holds(results[fresh], codes[fresh], cells.texts(fresh))
    stale = (verdict == "keep") & own["is_auto_zero"].to_numpy(bool)
    codes[stale & results["reason"].isin(NOT_SCORED).to_numpy(bool)] = "AUTO_ZERO_STALE"
    # What an earlier night held or locked is still so: its finding must not end while the hold lasts.
    still = (verdict == "held") & pd.isna(codes)
    codes[still] = np.where(held, own["held_reason"].to_numpy(dtype=object), "SIS_EDITED")[still]
    locks = results["result_key"].to_numpy()[three_way.locking(found)].tolist()
    waits = _is_back(results, own) & np.isin(verdict, ("failed", "held", "rejected"))
    values = results["reason"].mask(codes == "ITEM_INCOMPLETE", pd.Series(items.why[row], results.index))
    values = values.mask(rests, pd.Series(since, results.index))
    findings = _result_findings(desired, results, row, codes, values.mask(waits, AWAY))
    everywhere = np.zeros(len(item_row), dtype=bool)
    everywhere[live] = dependent
    return ResultDiff(
        _spread(verdict, live, item_row),
        _spread_at(cells.at, live, item_row),
        holds,
        locks,
        findings,
        everywhere,
    )


def _cells(
    results: pd.DataFrame,
    row: npt.NDArray[np.int64],
    bases: Bases,
    observed: Observed,
    items: ItemDiff,
) -> _Cells:
    """Find what is known of each cell: of an item that is not there, every cell is known to be absent.

    Two cells for one student in one item are not readable: nobody can say which one counts.
    """
    ids = pd.Series(bases.sis_ids, dtype="str")
    was_read = ids.isin(observed.read_items).to_numpy(bool)[row]
    double = observed.results.duplicated(CELL, keep=False).to_numpy(bool)
    at = np.full(len(results), -1, dtype=np.int64)
    is_double = np.zeros(len(results), dtype=bool)
    rows = np.flatnonzero(was_read)
    wanted = pd.DataFrame(
        {
            "line_item_sis_id": ids.iloc[row[rows]].array,
            "student_id_sis": results["student_id_sis"].iloc[rows].array,
        }
    )
    single = np.flatnonzero(~double)
    found = locate(wanted, observed.results.iloc[single], CELL)
    at[rows] = np.where(found >= 0, single[found] if len(single) else -1, -1)
    is_double[rows] = locate(wanted, observed.results[double].drop_duplicates(CELL), CELL) >= 0
    there = at >= 0
    score, status = np.zeros(len(results), dtype=np.int64), np.zeros(len(results), dtype=np.int64)
    status[there] = status_codes(observed.results["status"])[at[there]]
    seen = observed.results["score_e4"]
    is_words = (seen.isna() & (observed.results["status"] == "graded")).to_numpy(bool)
    score[there] = np.where(is_words, WORDS_E4, seen.to_numpy(dtype="int64", na_value=0))[at[there]]
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
    return _Cells(at, score, status, state)


def _decide(
    results: pd.DataFrame,
    own: pd.DataFrame,
    row: npt.NDArray[np.int64],
    cells: _Cells,
    held: npt.NDArray[np.bool_],
    wishes: npt.NDArray[np.int64],
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
    back = _is_back(results, own)
    is_there, is_gone = (cells.state == three_way.code_of("observed", was) for was in ("present", "absent"))
    is_sent &= ~back | is_there
    is_stored = (cells.score == stored_score) & (cells.status == stored_status)
    # A remaster forgets what was sent, and only that: what somebody changed in the SIS is judged as ever.
    is_sent &= ~(items.again[row] & has_base & passes & ((is_there & is_stored) | (is_gone & recreate)))
    return three_way.diff(
        {
            "observed": cells.state,
            "lock": np.select([locked, held & passes], [1, 2], default=0).astype("int64"),
            "desired": wishes,
            "base": has_base.astype("int64"),
            "is_sent": (is_sent & ~resend).astype("int64"),
            "is_observed": (equals(cells.score, cells.status) & ~resend).astype("int64"),
            "is_stored": is_stored.astype("int64"),
            "policy": three_way.code_of("policy", profile.values.conflict_policy),
            "recreate": (back | recreate).astype("int64"),
        }
    )


def _was_rounded(own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell of which scores the SIS made another number when they were last sent."""
    moved = (own["sent_score_e4"] - own["stored_score_e4"]).abs()
    return np.asarray(own["has_base"] & (moved > 0) & (moved < SCALE), dtype=bool)


def _is_back(results: pd.DataFrame, own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell whose student is enrolled again."""
    passes = (results["verdict"] == "pass").to_numpy(bool)
    return np.asarray((own["was_away"] & own["has_base"]).to_numpy(bool) & passes, dtype=bool)


def _spread(
    verdict: npt.NDArray[np.object_], live: npt.NDArray[np.intp], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    """Lay the verdicts of the examined rows among all rows; nothing was decided of the others."""
    if len(live) == len(rows):
        return verdict
    everywhere = np.full(len(rows), "unchanged", dtype=object)
    everywhere[live] = verdict
    return everywhere


def _spread_at(
    at: npt.NDArray[np.int64], live: npt.NDArray[np.intp], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    everywhere = np.full(len(rows), -1, dtype=np.int64)
    everywhere[live] = at
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
    back = _is_back(wanted, bases.results.iloc[rows])
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
