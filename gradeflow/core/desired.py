"""Desired values with their keys: the D of the three-way diff, and its digest.

A line item is examined only where its digest differs from the one it was last settled with: cost follows
change. Digests are of *desired* values, never of the extract, since an automatic zero appears without any
change in the LMS.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.model.joins import Positions, locate, match, objects, take
from gradeflow.model.ledger import FIELDS
from gradeflow.rules.judge import ITEM_KEY, Judged

STATUSES = ("", "graded", "exempt")
STUDENT_BITS = 32
RESULT_COLUMNS = ["student_id_sis", "score_e4", "status", "origin", "verdict", "reason", "attempt"]


@dataclass(frozen=True, slots=True)
class Desired:
    """What one district wants, keyed as the warehouse keys it.

    Attributes:
        line_items: one row per line item in scope, index 0..n-1: line_item_key, line_item_id, the key
            columns, school_id_sis, verdict, reason, the FIELDS as normalised text (null where unknown).
        results: one row per result of those, index 0..n-1: item_row (position in line_items), line_item_key,
            student_key, result_key, student_id_sis, score_e4 (0 where none), status code (position in
            STATUSES, 0: none), origin, verdict, reason, attempt (in no digest: it changes no value).
        digests: one text per row of line_items.
    """

    line_items: pd.DataFrame
    results: pd.DataFrame
    digests: list[str]


def line_item_fields(items: pd.DataFrame) -> pd.DataFrame:
    """Write the fields of judged line items as the text that `sent` and `stored` are compared with."""
    # Canvas tells when something was made, not assigned: a quiz entered after its day was assigned on that day.
    assigned = items["assign_date"].where(~(items["assign_date"] > items["due_date"]), items["due_date"])
    assigned = assigned.fillna(items["due_date"])
    points = items["points_possible_e4"]
    return pd.DataFrame(
        {
            "title": items["title"],
            "assign_date": assigned.dt.strftime("%Y-%m-%d"),
            "due_date": items["due_date"].dt.strftime("%Y-%m-%d"),
            "category": items["category_id_sis"],
            "points": pd.Series([None if pd.isna(p) else str(p) for p in points], dtype="str"),
            "period": items["period_id_sis"],
        }
    ).astype("str")


def key_desired(judged: Judged, keys: pd.DataFrame, students: pd.Series, policy: str) -> Desired:
    """Bring judged rows and warehouse keys together.

    Args:
        judged: of the whole gradebook.
        keys: the line items in scope: ITEM_KEY, line_item_key, line_item_id.
        students: student_key by student_id_sis.
        policy: settings that change what is done with equal values; part of every digest.
    """
    at = locate(judged.line_items, keys, ITEM_KEY)
    inside = at >= 0
    items = judged.line_items[inside].reset_index(drop=True)
    keyed = items[[*ITEM_KEY, "school_id_sis", "verdict", "reason"]].join(line_item_fields(items))
    keyed["line_item_key"] = take(keys["line_item_key"], at[inside]).astype("int64")
    keyed["line_item_id"] = take(keys["line_item_id"], at[inside])
    rows = locate(judged.results, keyed, ITEM_KEY)
    own = judged.results[RESULT_COLUMNS][rows >= 0].reset_index(drop=True)
    results = own[["student_id_sis", "origin", "verdict", "reason", "attempt"]].copy()
    results["item_row"] = rows[rows >= 0]
    results["line_item_key"] = keyed["line_item_key"].to_numpy()[results["item_row"]]
    results["student_key"] = students.to_numpy(dtype="int64")[
        _known(match(own["student_id_sis"], students.index))
    ]
    results["result_key"] = results["line_item_key"] * (1 << STUDENT_BITS) + results["student_key"]
    passed = (own["verdict"] == "pass").to_numpy(bool)
    results["score_e4"] = np.where(passed, own["score_e4"].to_numpy(dtype="int64", na_value=0), 0)
    results["status"] = np.where(passed, _status_codes(own["status"]), 0)
    return Desired(keyed, results, _digests(keyed, results, policy))


def _known(positions: Positions) -> Positions:
    if (positions < 0).any():
        msg = "every student of a desired result has a key"
        raise LookupError(msg)
    return positions


def _status_codes(status: pd.Series) -> npt.NDArray[np.int64]:
    codes = pd.Categorical(status, categories=list(STATUSES)).codes.astype("int64")
    return np.where(codes < 0, 0, codes)


def wish_codes(verdict: pd.Series) -> npt.NDArray[np.int64]:
    """Code what the rules' verdict means for the diff: a value, none, or unknown (the fact `desired`)."""
    code = three_way.code_of
    states = [(verdict == "pass").to_numpy(bool), (verdict == "unknown").to_numpy(bool)]
    wishes = [code("desired", "value"), code("desired", "unknown")]
    return np.select(states, wishes, default=code("desired", "none")).astype("int64")


def status_codes(status: pd.Series) -> npt.NDArray[np.int64]:
    """Code a status column; null and unknown are 0, a blank cell."""
    return _status_codes(status)


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread the bits (splitmix64's finaliser), so that sums of mixed rows do not cancel."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _digests(items: pd.DataFrame, results: pd.DataFrame, policy: str) -> list[str]:
    """Digest each line item's desired values; the order of its results is irrelevant."""
    codes, names = pd.factorize(results["reason"])
    reason = np.array([*(zlib.crc32(str(name).encode()) for name in names), 0], dtype="uint64")[codes]
    row = _mix(results["student_key"].to_numpy(dtype="uint64"))
    row = _mix(row + results["score_e4"].to_numpy(dtype="int64").view("uint64"))
    row = _mix(row + results["status"].to_numpy(dtype="int64").view("uint64") + (reason << np.uint64(8)))
    sums = np.zeros(len(items), dtype="uint64")
    np.add.at(sums, results["item_row"].to_numpy(dtype="int64"), row)
    columns = np.column_stack([objects(items[name]) for name in ("verdict", "reason", *FIELDS)])
    return [
        hashlib.sha256(json.dumps([policy, int(total), *values]).encode()).hexdigest()
        for total, values in zip(sums, columns.tolist(), strict=True)
    ]
