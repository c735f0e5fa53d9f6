"""One student's score: what the LMS says of it, what every rule does, and what the warehouse remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gradeflow.core import three_way
from gradeflow.core.clearing import NO_SCORE, is_clearing, is_kept
from gradeflow.core.hold_texts import value_of_text
from gradeflow.model.gradebook import SisReference
from gradeflow.model.joins import locate
from gradeflow.model.ledger import CLEARED, ResultValue
from gradeflow.reports.evidence import ASSIGNMENT, SECTION, Evidence
from gradeflow.reports.explain_row import facts_of
from gradeflow.reports.question import Asked
from gradeflow.reports.told import Document, plain, said, text
from gradeflow.rules.judge import ITEM_KEY, RESULT_KEY, Judged
from gradeflow.rules.score_facts import score_facts
from gradeflow.rules.trace import trace
from gradeflow.warehouse import history

STUDENT = "student_id_sis"
SAID_OF_SCORE = (
    "score_e4", "score_text", "is_graded", "is_submitted", "is_excused", "is_excluded", "is_missing", "is_late",
    "is_posted", "is_enrolled", "graded_at", "attempt", "has_own_due", "own_due_at",
)  # fmt: skip


def score_of(
    asked: Asked,
    evidence: Evidence,
    judged: Judged,
    section: str,
    row: Mapping[str, Any] | None,
    connection: Connection,
) -> Document:
    """Explain the score of the student who was asked about, in one section.

    Args:
        row: the line item as the warehouse knows it; None where it does not.
    """
    key = {ASSIGNMENT: asked.assignment, SECTION: section, STUDENT: asked.student}
    place = pd.DataFrame([key]).astype("str")
    document: Document = {"lms": None, "rules": [], "verdict": None, "reason": None, "desired": None}
    document["seat"] = _seat(evidence.reference, section, str(asked.student))
    facts = _judged_facts(asked, evidence, judged, section)
    if len(facts):
        mine = judged.results[locate(judged.results, place, RESULT_KEY) >= 0]
        document["lms"] = said(facts, SAID_OF_SCORE, asked.district)
        document["rules"] = [asdict(one) for one in trace(facts, asked.profile, "result")]
        document["verdict"], document["reason"] = str(mine["verdict"].iloc[0]), text(mine["reason"].iloc[0])
        if document["verdict"] == "pass":
            document["desired"] = _value(mine["score_e4"].iloc[0], mine["status"].iloc[0])
            document["origin"] = str(mine["origin"].iloc[0])
    return document | _remembered(asked, document, section, row, connection)


def _judged_facts(asked: Asked, evidence: Evidence, judged: Judged, section: str) -> pd.DataFrame:
    """Derive the facts of the score beside those of the same student that are judged with it in other sections.

    A student who moved has one in each, and only together do they tell where the student is now (G04).
    """
    items = judged.line_items[judged.line_items[ASSIGNMENT] == asked.assignment].reset_index(drop=True)
    goes = items.loc[items["verdict"] == "pass", SECTION]
    scores = evidence.extract.results
    scores = scores[(scores[ASSIGNMENT] == asked.assignment) & (scores[STUDENT] == asked.student)]
    scores = scores[(scores[SECTION] == section) | scores[SECTION].isin(goes)]
    at = locate(scores, items, ITEM_KEY)
    place = evidence.reference, asked.district, asked.profile.values, asked.as_of
    facts = score_facts(scores, items, at, *place)
    return facts[facts[SECTION] == section]


def _seat(reference: SisReference, section: str, student: str) -> str:
    """Tell what the SIS says of a student: `enrolled` in the section, `elsewhere`, `left`, or `unknown`."""
    seats = reference.enrolments
    mine = seats[(seats[SECTION] == section) & (seats[STUDENT] == student)]
    if len(mine):
        return "enrolled" if bool(mine["is_active"].fillna(False).any()) else "left"
    return "elsewhere" if bool((reference.students[STUDENT] == student).any()) else "unknown"


def _remembered(
    asked: Asked,
    wanted: Document,
    section: str,
    row: Mapping[str, Any] | None,
    connection: Connection,
) -> Document:
    district, student = asked.district, str(asked.student)
    found: Document = {"sent": None, "stored": None, "observed": None, "holds": [], "sends": [], "row": None}
    name = district.district
    found["findings"] = plain(
        history.findings_of(connection, name, asked.assignment, section, student), district
    )
    if row is None:
        return found
    key = history.result_key_of(connection, name, row["line_item_key"], student)
    if key is None:
        return found
    base = history.result_of(connection, key)
    if base is not None:
        found["sent"] = _value(base["sent_score_e4"], base["sent_status"])
        found["stored"] = _value(base["stored_score_e4"], base["stored_status"])
    found["holds"] = plain(history.holds_of(connection, row["line_item_key"], key), district)
    found["sends"] = plain(history.sends_of(connection, row["line_item_key"], key), district)
    for one in found["holds"]:
        one |= {name: _held_value(one[name]) for name in ("desired", "observed")}
    hold = next((one for one in found["holds"] if one["closed_at"] is None), None)
    found["observed"] = hold and hold["observed"]
    is_locked = base is not None and bool(base["is_locked"])
    has_base = base is not None and base["origin"] != CLEARED
    kept: Document = {}
    if base is not None and is_kept(
        asked.profile, wanted.get("origin", ""), base["origin"], base["stored_status"]
    ):
        kept = {"desired": None, "verdict": "skipped", "reason": NO_SCORE}
    desired = (wanted | kept)["desired"]
    clears = (
        is_clearing(asked.profile, wanted["reason"], base["origin"], base["stored_status"]) if base else False
    )
    facts = facts_of(
        asked.profile, has_base, desired, desired == found["sent"], hold, is_locked, is_cleared=clears
    )
    return found | kept | {"row": three_way.decide(facts).number, "is_locked": is_locked}


def _held_value(text: str | None) -> Document | None:
    return None if text is None else asdict(value_of_text(text))


def _value(score_e4: Any, status: Any) -> Document | None:
    if pd.isna(status):
        return None
    return asdict(ResultValue(None if pd.isna(score_e4) else int(score_e4), str(status)))
