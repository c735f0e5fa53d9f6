"""Why a score is, or is not, in the SIS: everything known of one assignment or of one student's score in it.

The rules are asked again about what the last run read, at that run's instant and under the settings as they are now;
the rest is what the warehouse remembers. Nothing is written and nobody is asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gradeflow.core import three_way
from gradeflow.core.clearing import is_clearing
from gradeflow.core.desired import FIELDS, line_item_fields
from gradeflow.core.hold_texts import value_of_text
from gradeflow.core.names import names_sent
from gradeflow.model.district import District
from gradeflow.model.gradebook import SisReference
from gradeflow.model.joins import locate
from gradeflow.model.ledger import CLEARED, Extract, ResultValue
from gradeflow.reports.answers import answer_of_item, answer_of_score
from gradeflow.reports.evidence import ASSIGNMENT, SECTION, Evidence
from gradeflow.reports.other_sections import in_other_sections
from gradeflow.rules.item_facts import effective_date
from gradeflow.rules.judge import ITEM_KEY, RESULT_KEY, Judged, judge
from gradeflow.rules.profile import Profile
from gradeflow.rules.score_facts import score_facts
from gradeflow.rules.student_ids import with_ids_of_the_sis
from gradeflow.rules.trace import trace
from gradeflow.warehouse import history, snapshot

Document = dict[str, Any]
SAID = (
    "title", "kind", "kind_raw", "category_lms", "grading", "points_possible_e4", "points_text", "is_published",
    "is_selected", "is_in_final_grade", "assigned_at", "assigned_basis", "due_at", "due_basis", "assigned_by_lms",
    "assigned_by_sis", "created_at", "term_lms",
)  # fmt: skip
SAID_OF_SCORE = (
    "score_e4", "score_text", "is_graded", "is_submitted", "is_excused", "is_excluded", "is_missing", "is_late",
    "is_posted", "is_enrolled", "graded_at", "attempt", "has_own_due", "own_due_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know of one district."""

    district: District
    profile: Profile
    as_of: dt.datetime
    assignment: str
    section: str | None = None
    student: str | None = None


def explain(asked: Asked, evidence: Evidence, connection: Connection) -> Document:
    """Explain an assignment, or one student's score in it, in each of its sections.

    Returns:
        `sections`: one entry per section and generation with `lms`, `rules`, `fields`, `holds`, `findings`,
        `sends`, `answer`, and `score` where a student was named, with `elsewhere`: what the SIS holds of it in the
        assignment's other sections; else `scores`: counts by verdict and reason.
        Instants are ISO 8601 in the district's zone.
    """
    extract = with_ids_of_the_sis(evidence.extract, evidence.reference, asked.district)
    evidence = replace(evidence, extract=extract)
    of = connection, asked.district.district
    names = names_sent(snapshot.load_line_items(*of), snapshot.load_fields(*of))
    judged = judge(evidence.extract, evidence.reference, asked.district, asked.profile, asked.as_of, names)
    known = history.line_items_of(connection, asked.district.district, asked.assignment)
    items = judged.line_items[judged.line_items[ASSIGNMENT] == asked.assignment]
    sections = sorted({*items[SECTION], *(row["section_id_sis"] for row in known)})
    wanted = [section for section in sections if asked.section in (None, section)]
    return {
        "district": asked.district.district,
        "route": asked.profile.route,
        "as_of": _told(asked.as_of, asked.district),
        "read": {"run_id": evidence.run_id, "at": _told(evidence.read_at, asked.district)},
        "evidence": {
            "lms": _bundle(evidence.lms, asked.district),
            "sis": _bundle(evidence.sis, asked.district),
            "left_out": dict(evidence.left_out),
        },
        "assignment": asked.assignment,
        "student": asked.student,
        "sections": [_section(asked, evidence, judged, section, known, connection) for section in wanted],
    }


def _bundle(extract: Extract | None, district: District) -> Document | None:
    """Tell of what one side said which run read it, when, and the digest that names its content."""
    if extract is None:
        return None
    at = _told(extract.written_at, district)
    return {"run_id": extract.run_id, "at": at, "digest": extract.digest, "path": extract.path}


def _section(
    asked: Asked,
    evidence: Evidence,
    judged: Judged,
    section: str,
    known: Sequence[Mapping[str, Any]],
    connection: Connection,
) -> Document:
    district = asked.district
    here = judged.line_items[
        (judged.line_items[ASSIGNMENT] == asked.assignment) & (judged.line_items[SECTION] == section)
    ].reset_index(drop=True)
    generations = [one for one in known if one["section_id_sis"] == section]
    row = (
        generations[-1] if generations else None
    )  # the newest; those before it are last year's or gone from the SIS
    document: Document = {
        "section": section,
        "lms": None if here.empty else _said(here, SAID, district),
        "verdict": None if here.empty else str(here["verdict"].iloc[0]),
        "reason": None if here.empty else _text(here["reason"].iloc[0]),
        "rules": [] if here.empty else _rules_of_item(asked, evidence.reference, here),
        "is_unread": section in evidence.unread_sections,
        "in_sis": None,
        "older": [_older(one, district, connection) for one in generations[:-1]],
        "fields": [],
        "holds": [],
        "sends": [],
    }
    document["findings"] = _plain(
        history.findings_of(connection, district.district, asked.assignment, section), district
    )
    if row is not None:
        document["in_sis"] = {
            name: _told(row[name], district) for name in ("line_item_id", "sis_id", "generation", "is_locked")
        }
        document["first_seen"] = _told(row["first_seen_at"], district)
        document["partition"] = {"assigned_on": str(row["assigned_on"]), "basis": row["assigned_basis"]}
        document["holds"] = _plain(history.holds_of(connection, row["line_item_key"]), district)
        document["sends"] = _plain(history.sends_of(connection, row["line_item_key"]), district)
        document["fields"] = _fields(asked, here, row, document["holds"], connection)
    if asked.student is None:
        document["scores"] = _counts(judged, asked.assignment, section)
        document["answer"] = answer_of_item(document)
    else:
        document["score"] = _score(asked, evidence, judged, here, row, connection)
        elsewhere = in_other_sections(known, section, asked.student, district.district, connection)
        document["score"]["elsewhere"] = _plain(elsewhere, district)
        document["answer"] = answer_of_score(document)
    return document


def _rules_of_item(asked: Asked, reference: SisReference, here: pd.DataFrame) -> list[Document]:
    """Ask every rule about a line item; the window's begins on a day that the profile does not know."""
    rules = [asdict(one) for one in trace(here, asked.profile, "line_item")]
    today = asked.as_of.astimezone(asked.district.zone).date()
    begins = effective_date(asked.district, reference.grading_periods, today)
    for rule in rules:
        if rule["code"] == "BEFORE_EFFECTIVE_DATE" and begins is not None:
            rule["threshold"] = f"{rule['threshold']} on or after {begins}"
    return rules


def _older(row: Mapping[str, Any], district: District, connection: Connection) -> Document:
    """Tell of a line item that was made anew since: what it was in the SIS, and when it was last sent."""
    sends = history.sends_of(connection, row["line_item_key"])
    last = sends[-1] if sends else None
    return {
        "generation": row["generation"],
        "line_item_id": row["line_item_id"],
        "sis_id": row["sis_id"],
        "first_seen": _told(row["first_seen_at"], district),
        "last_sent": last and _told(last["intended_at"], district),
        "last_run": last and last["run_id"],
    }


def _fields(
    asked: Asked,
    here: pd.DataFrame,
    row: Mapping[str, Any],
    holds: list[Document],
    connection: Connection,
) -> list[Document]:
    bases = history.fields_of(connection, row["line_item_key"])
    wanted = line_item_fields(here) if len(here) else pd.DataFrame()
    goes = len(here) > 0 and here["verdict"].iloc[0] == "pass"
    shown = []
    for name in FIELDS:
        sent, stored = bases.get(name, (None, None))
        desired = _text(wanted[name].iloc[0]) if goes else None
        hold = next((one for one in holds if one["field"] == name and one["closed_at"] is None), None)
        facts = _facts(
            asked.profile, row["version"] > 0, desired, desired == sent, hold, bool(row["is_locked"])
        )
        shown.append(
            {"field": name, "desired": desired, "sent": sent, "stored": stored}
            | {"observed": hold and hold["observed"], "row": three_way.decide(facts).number}
        )
    return shown


def _facts(
    profile: Profile,
    has_base: bool,
    desired: Any,
    is_sent: bool,
    hold: Mapping[str, Any] | None,
    is_locked: bool,
    *,
    is_cleared: bool = False,
) -> dict[str, str]:
    """Give the facts of the three-way table as they stand before the next run reads the SIS."""
    said = {True: "yes", False: "no"}
    return {
        "observed": "unread",
        "lock": "locked" if is_locked else "held" if hold else "free",
        "desired": "blank" if is_cleared else "none" if desired is None else "value",
        "base": said[has_base],
        "is_sent": said[is_sent],
        "is_observed": "no",
        "is_stored": "no",
        "policy": profile.values.conflict_policy,
        "recreate": said[profile.values.recreate_deleted],
    }


def _score(
    asked: Asked,
    evidence: Evidence,
    judged: Judged,
    here: pd.DataFrame,
    row: Mapping[str, Any] | None,
    connection: Connection,
) -> Document:
    district = asked.district
    section = None if row is None else row["section_id_sis"]
    section = section if here.empty else str(here[SECTION].iloc[0])
    key = {ASSIGNMENT: asked.assignment, SECTION: section, "student_id_sis": asked.student}
    place = pd.DataFrame([key]).astype("str")
    raw = evidence.extract.results
    raw = raw[locate(raw, place, RESULT_KEY) >= 0].reset_index(drop=True)
    mine = judged.results[locate(judged.results, place, RESULT_KEY) >= 0]
    document: Document = {"lms": None, "rules": [], "verdict": None, "reason": None, "desired": None}
    document["seat"] = _seat(evidence.reference, str(section), str(asked.student))
    if len(raw):
        facts = score_facts(
            raw,
            here,
            locate(raw, here, ITEM_KEY),
            evidence.reference,
            district,
            asked.profile.values,
            asked.as_of,
        )
        document["lms"] = _said(raw, SAID_OF_SCORE, district)
        document["rules"] = [asdict(one) for one in trace(facts, asked.profile, "result")]
        document["verdict"], document["reason"] = str(mine["verdict"].iloc[0]), _text(mine["reason"].iloc[0])
        if document["verdict"] == "pass":
            document["desired"] = _value(mine["score_e4"].iloc[0], mine["status"].iloc[0])
            document["origin"] = str(mine["origin"].iloc[0])
    return document | _remembered(asked, document, section, row, connection)


def _seat(reference: SisReference, section: str, student: str) -> str:
    """Tell what the SIS says of a student: `enrolled` in the section, `elsewhere`, `left`, or `unknown`."""
    seats = reference.enrolments
    mine = seats[(seats[SECTION] == section) & (seats["student_id_sis"] == student)]
    if len(mine):
        return "enrolled" if bool(mine["is_active"].fillna(False).any()) else "left"
    return "elsewhere" if bool((reference.students["student_id_sis"] == student).any()) else "unknown"


def _remembered(
    asked: Asked,
    wanted: Document,
    section: str | None,
    row: Mapping[str, Any] | None,
    connection: Connection,
) -> Document:
    district, student = asked.district, str(asked.student)
    found: Document = {"sent": None, "stored": None, "observed": None, "holds": [], "sends": [], "row": None}
    name = district.district
    found["findings"] = _plain(
        history.findings_of(connection, name, asked.assignment, str(section), student), district
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
    found["holds"] = _plain(history.holds_of(connection, row["line_item_key"], key), district)
    found["sends"] = _plain(history.sends_of(connection, row["line_item_key"], key), district)
    for one in found["holds"]:
        one |= {name: _held_value(one[name]) for name in ("desired", "observed")}
    hold = next((one for one in found["holds"] if one["closed_at"] is None), None)
    found["observed"] = hold and hold["observed"]
    is_locked = base is not None and bool(base["is_locked"])
    has_base = base is not None and base["origin"] != CLEARED
    desired = wanted["desired"]
    clears = (
        is_clearing(asked.profile, wanted["reason"], base["origin"], base["stored_status"]) if base else False
    )
    facts = _facts(
        asked.profile, has_base, desired, desired == found["sent"], hold, is_locked, is_cleared=clears
    )
    return found | {"row": three_way.decide(facts).number, "is_locked": is_locked}


def _held_value(text: str | None) -> Document | None:
    return None if text is None else asdict(value_of_text(text))


def _value(score_e4: Any, status: Any) -> Document | None:
    if pd.isna(status):
        return None
    return asdict(ResultValue(None if pd.isna(score_e4) else int(score_e4), str(status)))


def _counts(judged: Judged, assignment: str, section: str) -> dict[str, int]:
    rows = judged.results[(judged.results[ASSIGNMENT] == assignment) & (judged.results[SECTION] == section)]
    words = rows["reason"].where(rows["verdict"] != "pass", "pass").fillna("pass")
    return {str(word): int(count) for word, count in words.value_counts().sort_index().items()}


def _said(row: pd.DataFrame, names: tuple[str, ...], district: District) -> Document:
    return {name: _told(row[name].iloc[0], district) for name in names}


def _plain(rows: list[dict[str, Any]], district: District) -> list[Document]:
    return [{name: _told(value, district) for name, value in row.items()} for row in rows]


def _told(value: Any, district: District) -> Any:
    """Write a value for JSON: instants in the district's zone, unknown as null."""
    if isinstance(value, Mapping):
        return dict(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, dt.datetime):
        return value.astimezone(district.zone).isoformat(timespec="seconds")
    return value.item() if hasattr(value, "item") else value


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)
