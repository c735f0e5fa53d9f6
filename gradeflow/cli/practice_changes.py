"""What changes before night 3 of the demo: teachers in the LMS, the office in the SIS, some of it the same.

Chosen from what the SIS holds after night 2, deterministically: in a few line items two scores change in the
LMS; (a) some of these the office changed too; (b) the office changed others, one of them in a line item that is
read anyway; one assignment is renamed, and the office had moved one of its line items to another category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pandas as pd

from gradeflow.model.ids import result_id
from gradeflow.sandbox import otus_drop
from gradeflow.sandbox.home import PreparedDistrict
from gradeflow.warehouse import keys, snapshot
from gradeflow.warehouse.store import Warehouse

ITEMS = 8
BOTH = 3
SECONDS = 30.0
POINT = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """One score: where it is, what it was, what it becomes (ten-thousandths)."""

    line_item_id: str
    lms_assignment_id: str
    section_id_sis: str
    student_id_sis: str
    was_e4: int
    becomes_e4: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Night 3 of one district, and what has to come of it."""

    lms_scores: tuple[Change, ...]
    sis_scores: tuple[Change, ...]
    renamed: str
    renamed_items: tuple[str, ...]
    moved_category: str
    expected_updated_results: int
    expected_held_results: int
    expected_seen_edits: int


def choose_changes(warehouse: Warehouse, district: str) -> Changes:
    """Choose what changes, from what the district's SIS is known to hold."""
    with warehouse.reading() as connection:
        items = snapshot.load_line_items(connection, district)
        sent = items[items["version"] > 0].sort_values(["section_id_sis", "lms_assignment_id"])
        results = snapshot.load_results(connection, sent["line_item_key"].tolist())
        students = keys.load_students(connection, district)
    typed = (
        results[(results["origin"] == "typed") & results["sent_score_e4"].notna()]
        .merge(students, on="student_key")
        .merge(sent, on="line_item_key")
    )
    typed = typed.sort_values(["section_id_sis", "lms_assignment_id", "student_id_sis"])
    groups = [group for _, group in typed.groupby(["section_id_sis", "lms_assignment_id"]) if len(group) >= 3]
    renamed = str(sent["lms_assignment_id"].max())
    own = [group for group in groups if group["lms_assignment_id"].iloc[0] != renamed] or groups
    step = max(1, len(own) // ITEMS)
    chosen = own[::step][:ITEMS]
    others = [group for position, group in enumerate(own) if position % step or position // step >= ITEMS]
    lms = [_change(group.iloc[n], 1) for group in chosen for n in (0, 1)]
    both = [_change(group.iloc[0], 7) for group in chosen[:BOTH]]
    read_anyway = [_change(group.iloc[2], 7) for group in chosen[:1]]
    elsewhere = [_change(group.iloc[0], 7) for group in others[:2]]
    targets = sent[sent["lms_assignment_id"] == renamed]["line_item_id"].tolist()
    return Changes(
        lms_scores=tuple(lms),
        sis_scores=tuple(both + read_anyway + elsewhere),
        renamed=renamed,
        renamed_items=tuple(targets),
        moved_category=targets[0],
        expected_updated_results=len(lms) - len(both),
        expected_held_results=len(both),
        expected_seen_edits=len(read_anyway),
    )


def _change(row: pd.Series, points: int) -> Change:
    was = int(row["sent_score_e4"])
    becomes = was - points * POINT if was >= points * POINT else was + points * POINT
    return Change(
        line_item_id=str(row["line_item_id"]),
        lms_assignment_id=str(row["lms_assignment_id"]),
        section_id_sis=str(row["section_id_sis"]),
        student_id_sis=str(row["student_id_sis"]),
        was_e4=was,
        becomes_e4=becomes,
    )


def apply_changes(prepared: PreparedDistrict, changes: Changes) -> None:
    """Do them: in the practice LMS as teachers, in the practice SIS as the office."""
    if prepared.lms == "otus":
        otus_drop.edit(prepared.server("otus").drop, _otus_edits(prepared, changes))
    else:
        _post(prepared.server("canvas").origin, _canvas_edits(prepared, changes))
    _post(prepared.server(prepared.sis).origin, _sis_edits(prepared, changes))


def _post(origin: str, edits: Sequence[dict[str, Any]]) -> None:
    httpx.post(f"{origin}/_sandbox/edit", json={"edits": edits}, timeout=SECONDS).raise_for_status()


def _title(prepared: PreparedDistrict, changes: Changes) -> str:
    old = next(a.title for a in prepared.school.assignments if a.id == changes.renamed)
    return f"{old} (revised)"


def _canvas_edits(prepared: PreparedDistrict, changes: Changes) -> list[dict[str, Any]]:
    scores = [
        {
            "collection": "submissions",
            "assignment_id": int(change.lms_assignment_id),
            "sis_user_id": change.student_id_sis,
            "set": {"score": change.becomes_e4 / POINT},
        }
        for change in changes.lms_scores
    ]
    title = {
        "collection": "assignments",
        "id": int(changes.renamed),
        "set": {"name": _title(prepared, changes)},
    }
    return [*scores, title]


def _otus_edits(prepared: PreparedDistrict, changes: Changes) -> list[dict[str, Any]]:
    scores = [
        {
            "file": "scores",
            "match": {
                "assessment_id": change.lms_assignment_id,
                "section_sis_id": change.section_id_sis,
                "student_sis_id": change.student_id_sis,
            },
            "set": {"points_earned": str(change.becomes_e4 // POINT)},
        }
        for change in changes.lms_scores
    ]
    title = {
        "file": "assessments",
        "match": {"assessment_id": changes.renamed},
        "set": {"title": _title(prepared, changes)},
    }
    return [*scores, title]


def _sis_edits(prepared: PreparedDistrict, changes: Changes) -> list[dict[str, Any]]:
    scores = [
        {
            "collection": "results",
            "sourcedId": result_id(change.line_item_id, change.student_id_sis),
            "set": {"score": change.becomes_e4 / POINT},
        }
        for change in changes.sis_scores
    ]
    used = {
        prepared.school.category_of[a.type] for a in prepared.school.assignments if a.id == changes.renamed
    }
    other = next(category.id for category in prepared.school.categories if category.id not in used)
    category = {"sourcedId": other, "type": "category"}
    moved = {"collection": "lineItems", "sourcedId": changes.moved_category, "set": {"category": category}}
    return [*scores, moved]
