"""Why a score is, or is not, in the SIS: everything known of one assignment or of one student's score in it.

The rules are asked again about what the last run read, at that run's instant and under the settings as they are now;
the rest is what the warehouse remembers. Nothing is written and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gradeflow.core.names import names_sent
from gradeflow.model.district import District
from gradeflow.model.gradebook import SisReference
from gradeflow.model.ledger import Extract
from gradeflow.reports.answers import answer_of_item, answer_of_score
from gradeflow.reports.evidence import ASSIGNMENT, SECTION, Evidence, named_alike
from gradeflow.reports.explain_row import fields_of
from gradeflow.reports.explain_score import score_of
from gradeflow.reports.other_sections import in_other_sections
from gradeflow.reports.question import Asked
from gradeflow.reports.told import Document, plain, said, text, told
from gradeflow.rules.item_facts import effective_date
from gradeflow.rules.judge import Judged, judge
from gradeflow.rules.student_ids import with_ids_of_the_sis
from gradeflow.rules.trace import trace
from gradeflow.warehouse import history, snapshot

__all__ = ["Asked", "Document", "explain"]
SAID = (
    "title", "kind", "kind_raw", "category_lms", "grading", "points_possible_e4", "points_text", "is_published",
    "is_selected", "is_in_final_grade", "assigned_at", "assigned_basis", "due_at", "due_basis", "assigned_by_lms",
    "assigned_by_sis", "created_at", "term_lms",
)  # fmt: skip


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
    of = connection, asked.district.district, named_alike(extract.line_items, asked.assignment)
    names = names_sent(snapshot.load_line_items(*of), snapshot.load_fields(*of))
    judged = judge(evidence.extract, evidence.reference, asked.district, asked.profile, asked.as_of, names)
    known = history.line_items_of(connection, asked.district.district, asked.assignment)
    items = judged.line_items[judged.line_items[ASSIGNMENT] == asked.assignment]
    sections = sorted({*items[SECTION], *(row["section_id_sis"] for row in known)})
    wanted = [section for section in sections if asked.section in (None, section)]
    return {
        "district": asked.district.district,
        "route": asked.profile.route,
        "as_of": told(asked.as_of, asked.district),
        "read": {"run_id": evidence.run_id, "at": told(evidence.read_at, asked.district)},
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
    at = told(extract.written_at, district)
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
        "lms": None if here.empty else said(here, SAID, district),
        "verdict": None if here.empty else str(here["verdict"].iloc[0]),
        "reason": None if here.empty else text(here["reason"].iloc[0]),
        "rules": [] if here.empty else _rules_of_item(asked, evidence.reference, here),
        "is_unread": section in evidence.unread_sections,
        "in_sis": None,
        "older": [_older(one, district, connection) for one in generations[:-1]],
        "fields": [],
        "holds": [],
        "sends": [],
    }
    document["findings"] = plain(
        history.findings_of(connection, district.district, asked.assignment, section), district
    )
    if row is not None:
        document["in_sis"] = {
            name: told(row[name], district) for name in ("line_item_id", "sis_id", "generation", "is_locked")
        }
        document["first_seen"] = told(row["first_seen_at"], district)
        document["partition"] = {"assigned_on": str(row["assigned_on"]), "basis": row["assigned_basis"]}
        document["holds"] = plain(history.holds_of(connection, row["line_item_key"]), district)
        document["sends"] = plain(history.sends_of(connection, row["line_item_key"]), district)
        document["fields"] = fields_of(asked, here, row, document["holds"], connection)
    if asked.student is None:
        document["scores"] = _counts(judged, asked.assignment, section)
        document["answer"] = answer_of_item(document)
    else:
        document["score"] = score_of(asked, evidence, judged, section, row, connection)
        elsewhere = in_other_sections(known, section, asked.student, district.district, connection)
        document["score"]["elsewhere"] = plain(elsewhere, district)
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
        "first_seen": told(row["first_seen_at"], district),
        "last_sent": last and told(last["intended_at"], district),
        "last_run": last and last["run_id"],
    }


def _counts(judged: Judged, assignment: str, section: str) -> dict[str, int]:
    rows = judged.results[(judged.results[ASSIGNMENT] == assignment) & (judged.results[SECTION] == section)]
    words = rows["reason"].where(rows["verdict"] != "pass", "pass").fillna("pass")
    return {str(word): int(count) for word, count in words.value_counts().sort_index().items()}
