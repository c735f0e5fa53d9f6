"""What the rules about single scores judge, and what each kind of score means on the route.

A score is in exactly one state (SCORE_STATES, first row that fits), so that "excused", "missing" and "nothing
yet" can never be confused with zero.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.model.district import District
from gradeflow.model.gradebook import SisReference
from gradeflow.model.joins import Positions, locate, take
from gradeflow.rules.calendar import first_fit, local_dates
from gradeflow.rules.profile import ProfileValues

MINUTE = pd.Timedelta(minutes=1)
SCORE_STATES: tuple[tuple[str, dict[str, bool]], ...] = (
    ("excluded", {"is_excluded": True}),
    ("excused", {"is_excused": True}),
    ("text", {"has_text": True}),
    ("numeric", {"has_score": True, "is_final": True}),
    ("ungraded", {"has_score": True}),
    ("enrolled_after_due", {"is_unsubmitted_past_due": True, "is_late_comer": True}),
    ("enrolment_unknown", {"is_unsubmitted_past_due": True, "is_begin_unknown": True}),
    ("auto_zero", {"is_unsubmitted_past_due": True}),
    ("missing_blank", {"is_missing": True}),
    ("late_blank", {"is_late": True}),
    ("ungraded", {"is_final": False}),
    ("blank", {}),
)


def score_facts(
    results: pd.DataFrame,
    facts: pd.DataFrame,
    item_at: Positions,
    reference: SisReference,
    district: District,
    values: ProfileValues,
    as_of: dt.datetime,
) -> pd.DataFrame:
    """Derive the facts of the scores of line items that go.

    Args:
        results: rows of RESULTS whose line item passed.
        facts: the line items' facts.
        item_at: the position in `facts` of each result's line item.

    Returns:
        Shape: one row per row of `results`, index 0..n-1, its columns and one column per fact.
    """
    today = as_of.astimezone(district.zone).date()
    scores = results.reset_index(drop=True)
    enrolled_at = locate(scores, reference.enrolments, ["student_id_sis", "section_id_sis"])
    begin = take(reference.enrolments["begin_date"], enrolled_at)
    in_lms = scores["is_enrolled"].fillna(True).astype(bool)
    scores["is_in_section"] = _sits(reference, enrolled_at, today) & in_lms
    scores["seat"] = _seats(scores)
    points = take(facts["points_possible_e4"], item_at)
    due_at = due_at_of(scores, facts, item_at)
    own = local_dates(due_at, district.timezone)
    # A line item's due date may be its period's end, which is no instant that anybody wrote down.
    due_date = own.where(has_own_due(scores), take(facts["due_date"], item_at))
    flags = _flags(scores, values, due_at, due_date, begin, as_of)
    scores["score_state"] = first_fit(SCORE_STATES, flags, len(scores))
    # Only of a score that would be sent: an excused student's old one is not.
    counts = scores["score_state"] == "numeric"
    scores["is_negative"] = (scores["score_e4"] < 0).fillna(False).astype(bool) & counts
    scores["is_above_max"] = (scores["score_e4"] > points).fillna(False).astype(bool) & counts
    scores["exempt_e4"] = _beside_exempt(scores["score_e4"], points, values)
    hidden = (scores["is_posted"] == False).fillna(False)  # noqa: E712 - unknown is not hidden
    scores["is_shown"] = ~hidden.astype(bool)
    return scores


def sits_in_section(keys: pd.DataFrame, reference: SisReference, today: dt.date) -> npt.NDArray[np.bool_]:
    """Tell of which rows (section_id_sis, student_id_sis) the SIS has the student in the section on a day."""
    at = locate(keys, reference.enrolments, ["student_id_sis", "section_id_sis"])
    return _sits(reference, at, today).to_numpy(bool)


def _sits(reference: SisReference, enrolled_at: Positions, today: dt.date) -> pd.Series:
    day = pd.Timestamp(today)
    begin = take(reference.enrolments["begin_date"], enrolled_at)
    end = take(reference.enrolments["end_date"], enrolled_at)
    active = take(reference.enrolments["is_active"], enrolled_at).fillna(False).astype(bool)
    return active & (begin.isna() | (begin <= day)) & (end.isna() | (end > day))


def _seats(scores: pd.DataFrame) -> pd.Series:
    """Say of each score whether its student sits in the section, or which of the assignment's they are in now (G04)."""
    here = scores["is_in_section"].astype(bool)
    seats = here.astype("str")
    if here.all():
        return seats
    pair = ["lms_assignment_id", "student_id_sis"]
    taken = scores.loc[here, [*pair, "section_id_sis"]].astype("str")
    away = scores.loc[~here, pair].drop_duplicates(ignore_index=True)
    taken = taken[locate(taken, away, pair) >= 0].sort_values("section_id_sis")
    sections = taken.groupby(pair)["section_id_sis"].agg(", ".join).reset_index()
    now = "now in " + take(sections["section_id_sis"], locate(scores, sections, pair)).astype("str")
    return seats.mask(~here & now.notna(), now)


def has_own_due(scores: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which scores are known to have a due date of their student's own, also where that is none at all."""
    return scores["has_own_due"].fillna(False).to_numpy(bool)


def due_at_of(scores: pd.DataFrame, facts: pd.DataFrame, item_at: Positions) -> pd.Series:
    """Give the instant at which each score is due: its student's own, else its line item's; null where none is known.

    Returns:
        Shape: one instant per row of `scores`, index 0..n-1.
    """
    own: pd.Series = scores["own_due_at"].reset_index(drop=True)
    return own.where(has_own_due(scores), take(facts["due_at"], item_at))


def is_past(due_at: pd.Series, as_of: dt.datetime) -> npt.NDArray[np.bool_]:
    """Tell which due instants lie behind. The minute in which work is due counts whole: 23:59 is its day (G12)."""
    over: npt.NDArray[np.bool_] = (due_at.dt.floor("min") + MINUTE <= as_of).fillna(False).to_numpy(bool)
    return over


def _beside_exempt(score: pd.Series, points: pd.Series, values: ProfileValues) -> pd.Series:
    """Give what stands in the SIS beside the mark that it does not count: a score it would take, else 0."""
    if values.on_excused != "exempt":
        return pd.Series(0, index=score.index, dtype="int64")
    fits = (score >= 0) & (values.allow_extra_credit | (score <= points))
    return score.where(fits.fillna(False).astype(bool), 0).fillna(0)


def _flags(
    scores: pd.DataFrame,
    values: ProfileValues,
    due_at: pd.Series,
    due_date: pd.Series,
    begin: pd.Series,
    as_of: dt.datetime,
) -> dict[str, np.ndarray]:
    def known(column: str) -> np.ndarray:
        return scores[column].fillna(False).to_numpy(bool)

    unsubmitted = (scores["is_submitted"] == False).fillna(False).to_numpy(bool)  # noqa: E712 - absent is unknown
    past = is_past(due_at, as_of)
    blank = scores["score_e4"].isna().to_numpy(bool)
    numeric = values.missing_policy == "require_numeric"
    return {
        "is_excluded": known("is_excluded"),
        "is_excused": known("is_excused"),
        "has_text": scores["score_text"].notna().to_numpy(bool),
        "has_score": ~blank,
        "is_final": known("is_graded")
        if values.require_score == "graded"
        else np.ones(len(scores), dtype=bool),
        "is_unsubmitted_past_due": unsubmitted & past & blank & (values.missing_policy == "auto_zero"),
        "is_late_comer": (begin > due_date).fillna(False).to_numpy(bool),
        "is_begin_unknown": begin.isna().to_numpy(bool),
        "is_missing": known("is_missing") & numeric,
        "is_late": known("is_late") & numeric,
    }
