"""The three-way diff of results: score and status together, one lookup for all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.desired import STATUSES, Desired, status_codes
from gradeflow.core.item_diff import CHANGED, ItemDiff
from gradeflow.core.reading import Bases, Observed, result_texts
from gradeflow.core.records import join_findings, make_holds
from gradeflow.model.joins import objects, pick
from gradeflow.rules.judge import make_findings
from gradeflow.rules.profile import Profile


@dataclass(frozen=True, slots=True)
class ResultDiff:
    """The diff of the results, arrays aligned to `Desired.results`."""

    verdict: npt.NDArray[np.object_]
    observed_at: npt.NDArray[np.int64]
    holds: pd.DataFrame
    locked: list[int]
    findings: pd.DataFrame


def _observed_at(
    desired: Desired, bases: Bases, observed: Observed
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Find each desired result among the observed ones, by SIS line item and student.

    Two cells for one student in one item are not readable: nobody can say which one counts.
    """
    seen = pd.MultiIndex.from_frame(observed.results[["line_item_sis_id", "student_id_sis"]])
    ids = pd.Series(bases.sis_ids[desired.results["item_row"]], dtype="str")
    wanted = pd.MultiIndex.from_arrays([ids, desired.results["student_id_sis"]])
    double = seen.duplicated(keep=False)
    single = np.flatnonzero(~double)
    at = seen[single].get_indexer(wanted)
    positions = np.where(at >= 0, single[np.where(at >= 0, at, 0)], -1) if len(single) else at
    return positions.astype("int64"), np.asarray(wanted.isin(seen[double]), dtype=bool)


def diff_results(
    desired: Desired, bases: Bases, observed: Observed, items: ItemDiff, profile: Profile
) -> ResultDiff:
    """Decide every result; what blocks its line item holds it too."""
    results, own = desired.results, bases.results
    row = results["item_row"].to_numpy()
    at, is_double = _observed_at(desired, bases, observed)
    safe = np.where(at >= 0, at, 0)
    o_score = observed.results["score_e4"].to_numpy(dtype="int64", na_value=0)
    o_status = status_codes(observed.results["status"])
    o_score = np.where(at >= 0, o_score[safe], 0) if len(o_score) else np.zeros(len(results), dtype="int64")
    o_status = (
        np.where(at >= 0, o_status[safe], 0) if len(o_status) else np.zeros(len(results), dtype="int64")
    )
    score, status = results["score_e4"].to_numpy(), results["status"].to_numpy()
    passes = (results["verdict"] == "pass").to_numpy(bool)
    has_base = own["has_base"].to_numpy(bool)
    is_sent = (score == own["sent_score_e4"].to_numpy()) & (status == own["sent_status"].to_numpy())
    resend = items.resend[row] & has_base & passes
    texts = result_texts(results)
    held = own["held"].to_numpy(dtype=object) == texts
    locked = own["is_locked"].to_numpy(bool) | bases.item_locked[row]
    state = _result_state(bases, observed, items, row, o_status)
    state[is_double] = three_way.code_of("observed", "unreadable")
    found = three_way.diff(
        {
            "observed": state,
            "lock": np.select([locked, held & passes], [1, 2], default=0).astype("int64"),
            "desired": np.where(passes, 2, 1).astype("int64"),
            "base": has_base.astype("int64"),
            "is_sent": (is_sent & ~resend).astype("int64"),
            "is_observed": ((score == o_score) & (status == o_status) & ~resend).astype("int64"),
            "is_stored": (
                (o_score == own["stored_score_e4"].to_numpy()) & (o_status == own["stored_status"].to_numpy())
            ).astype("int64"),
            "policy": three_way.code_of("policy", profile.values.conflict_policy),
            "recreate": int(profile.values.recreate_deleted),
        }
    )
    verdict, codes = three_way.verdicts(found), three_way.codes(found)
    unread = (verdict == "failed") & (state == three_way.code_of("observed", "unread"))
    blocked = (np.isin(verdict, CHANGED) | unread) & ~pd.isna(items.blocks[row])
    codes[blocked] = items.blocks[row][blocked]
    verdict[blocked] = "held"
    if profile.values.atomic_unit == "item":
        _hold_broken_items(verdict, codes, results, row)
    fresh = (verdict == "held") & ~pd.isna(codes) & ~held
    seen = np.array(
        [f"{s}:{k}" for s, k in zip(o_score[fresh], o_status[fresh], strict=True)] or [], dtype=object
    )
    holds = make_holds(
        results["line_item_key"].to_numpy()[fresh], results["result_key"].to_numpy()[fresh], None,
        codes[fresh], texts[fresh], seen,
    )  # fmt: skip
    locks = results["result_key"].to_numpy()[three_way.locking(found)].tolist()
    return ResultDiff(verdict, at, holds, locks, _result_findings(desired, row, codes))


def _result_state(
    bases: Bases,
    observed: Observed,
    items: ItemDiff,
    row: npt.NDArray[np.int64],
    o_status: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Say what is known of each cell: of an item that is not there, every cell is known to be absent."""
    ids = pd.Series(bases.sis_ids, dtype="str")
    was_read = ids.isin(observed.read_items).to_numpy(bool)[row]
    unreadable = ids.isin(observed.unreadable_items).to_numpy(bool)[row]
    item_absent = (items.state == three_way.code_of("observed", "absent"))[row]
    item_unreadable = (items.state == three_way.code_of("observed", "unreadable"))[row]
    code = three_way.code_of
    return np.select(
        [unreadable | item_unreadable, item_absent, was_read & (o_status > 0), was_read],
        [code("observed", name) for name in ("unreadable", "absent", "present", "absent")],
        default=code("observed", "unread"),
    ).astype("int64")


def _hold_broken_items(
    verdict: npt.NDArray[np.object_],
    codes: npt.NDArray[np.object_],
    results: pd.DataFrame,
    row: npt.NDArray[np.int64],
) -> None:
    """Keep whole items back where one of their scores breaks a rule (`atomic_unit: item`)."""
    broken = np.unique(row[(results["verdict"] == "rejected").to_numpy(bool)])
    caught = np.isin(row, broken) & np.isin(verdict, CHANGED)
    verdict[caught], codes[caught] = "held", "ITEM_INCOMPLETE"


def _result_findings(
    desired: Desired, row: npt.NDArray[np.int64], codes: npt.NDArray[np.object_]
) -> pd.DataFrame:
    items, results = desired.line_items, desired.results
    parts = []
    for code in sorted({code for code in codes if code is not None}):
        mask = codes == code
        keys = items.iloc[row[mask]][["lms_assignment_id", "section_id_sis"]].reset_index(drop=True)
        keys["student_id_sis"] = results["student_id_sis"][mask].to_numpy()
        parts.append(make_findings(keys, code, value=results["reason"][mask]))
    return join_findings(parts)


def result_changes(desired: Desired, bases: Bases, observed: Observed, results: ResultDiff) -> pd.DataFrame:
    """Give the results to create, update or adopt."""
    rows = np.flatnonzero(np.isin(results.verdict, CHANGED))
    wanted = desired.results.iloc[rows]
    item = wanted["item_row"].to_numpy()
    frame = wanted[
        ["result_key", "line_item_key", "student_key", "student_id_sis", "score_e4", "origin"]
    ].reset_index(drop=True)
    frame["status"] = pd.Series([STATUSES[code] for code in wanted["status"]], dtype="str")
    frame["action"] = pd.Series(results.verdict[rows], dtype="str")
    frame["line_item_sis_id"] = pd.Series(bases.sis_ids[item], dtype="str")
    frame["line_item_id"] = desired.line_items["line_item_id"].to_numpy()[item]
    frame["lms_assignment_id"] = desired.line_items["lms_assignment_id"].to_numpy()[item]
    frame["section_id_sis"] = desired.line_items["section_id_sis"].to_numpy()[item]
    frame["base_version"] = bases.results["version"].to_numpy()[rows]
    at = results.observed_at[rows]
    frame["observed_sis_id"] = pd.Series(
        pick(observed.results["sis_id"].to_numpy(dtype=object), at), dtype="str"
    )
    frame["observed_score_e4"] = pd.Series(pick(objects(observed.results["score_e4"]), at), dtype="Int64")
    frame["observed_status"] = pd.Series(pick(objects(observed.results["status"]), at), dtype="str")
    frame["observed_raw"] = pd.Series(pick(observed.results["raw"].to_numpy(dtype=object), at), dtype="str")
    return frame
