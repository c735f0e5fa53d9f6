"""Where else a student's score of one assignment stands: a student who moved has one in each section (G04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gradeflow.warehouse import history


def in_other_sections(
    known: Sequence[Mapping[str, Any]], section: str, student: str, district: str, connection: Connection
) -> list[dict[str, Any]]:
    """Give what the SIS is known to hold of a student's score in the other sections of the same assignment.

    Args:
        known: every line item ever known of the assignment, the newest generation of a section last.

    Returns:
        Shape: section, line_item_id, sis_id, stored_score_e4, stored_status, and last_sent and last_run, which
        are None where it was never sent.
    """
    newest = {row["section_id_sis"]: row for row in known}
    found = []
    for other, row in newest.items():
        key = history.result_key_of(connection, district, row["line_item_key"], student)
        base = None if other == section or key is None else history.result_of(connection, key)
        if base is None:
            continue
        sends = history.sends_of(connection, row["line_item_key"], key)
        found.append(
            {"section": other, "line_item_id": row["line_item_id"], "sis_id": row["sis_id"]}
            | {name: base[name] for name in ("stored_score_e4", "stored_status")}
            | {"last_sent": sends[-1]["intended_at"] if sends else None}
            | {"last_run": sends[-1]["run_id"] if sends else None}
        )
    return found
