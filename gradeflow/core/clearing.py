"""Scores that a teacher cleared in the LMS: which are blanked in the SIS too, where a district asks for it (G02).

Only a typed score that was sent, stands as stored, and of which the LMS says today that there is none. Whatever else
keeps a score from being sent is no clearing: a rule, an excuse, a student who left, a reading that is not whole. An
automatic zero was nobody's score, so nobody cleared it.

Where such scores stay, no automatic zero replaces one: a teacher's score that was sent is no work that never came.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.desired import STATUSES, Desired, wish_codes
from gradeflow.model.ledger import BLANK, CLEARED, ResultValue
from gradeflow.rules.profile import Profile

BLANK_STATUS: Final = "blank"
"""The status of a change that takes a score back."""
NO_SCORE: Final = "NO_SCORE"
AUTO_ZERO: Final = "auto_zero"


def is_cleared(results: pd.DataFrame, own: pd.DataFrame, profile: Profile) -> npt.NDArray[np.bool_]:
    """Tell which results are to be blanked, if the SIS still holds what it stored.

    A result of a line item that does not go bears the item's reason (`judge`), never that it has no score.

    Args:
        results: rows of `Desired.results`.
        own: their bases, row by row.
    """
    if profile.values.on_cleared != "clear":
        return np.zeros(len(results), dtype=bool)
    has_none = ((results["verdict"] == "skipped") & (results["reason"] == NO_SCORE)).to_numpy(bool)
    return np.asarray(has_none & _was_typed(own), dtype=bool)


def _was_typed(own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    was_typed = (own["has_base"] & ~own["is_auto_zero"]).to_numpy(bool)
    was_score = (own["stored_status"] == STATUSES.index("graded")).to_numpy(bool)
    return np.asarray(was_typed & was_score, dtype=bool)


def keeping_typed(desired: Desired, own: pd.DataFrame, profile: Profile) -> Desired:
    """Take automatic zeros for no score where a typed one was sent, on routes where a cleared score stays.

    Args:
        own: the bases of the results, row by row.
    """
    results = desired.results
    kept = (results["origin"] == AUTO_ZERO).to_numpy(bool) & _was_typed(own)
    if profile.values.on_cleared == "clear" or not kept.any():
        return desired
    none = {"verdict": "skipped", "reason": NO_SCORE, "origin": "", "score_e4": 0, "status": 0}
    return replace(
        desired, results=results.assign(**{name: results[name].mask(kept, one) for name, one in none.items()})
    )


def is_kept(profile: Profile, wanted: str, origin: str, stored_status: str | None) -> bool:
    """Tell the same of one result that has a base, by the origins of what is wanted and of what was sent."""
    was_typed = origin not in (AUTO_ZERO, CLEARED) and stored_status == "graded"
    return profile.values.on_cleared != "clear" and wanted == AUTO_ZERO and was_typed


def is_clearing(profile: Profile, reason: str | None, origin: str, stored_status: str | None) -> bool:
    """Tell the same of one result that has a base, by what is kept of it."""
    was_typed = origin not in (AUTO_ZERO, CLEARED) and stored_status == "graded"
    return profile.values.on_cleared == "clear" and reason == NO_SCORE and was_typed


def result_wishes(results: pd.DataFrame, cleared: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Code what is desired of results (the fact `desired`)."""
    wishes = wish_codes(results["verdict"])
    return np.where(cleared, three_way.code_of("desired", "blank"), wishes).astype("int64")


def sent_value(score_e4: int, status: str) -> ResultValue:
    """Give the value of a change of a result.

    >>> sent_value(85_000, "graded"), sent_value(0, "blank") == BLANK
    (ResultValue(score_e4=85000, status='graded'), True)
    """
    return BLANK if status == BLANK_STATUS else ResultValue(score_e4, status)
