"""A person's word on a line item that was deleted in the SIS (G10): make it again, or leave it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gradeflow.core.decisions import decide_deleted
from gradeflow.core.night import judge_night
from gradeflow.core.scope import Night
from gradeflow.defs.connections import Prepared
from gradeflow.errors import ConfigError
from gradeflow.model.decisions import DeletedDecision, Word
from gradeflow.model.ids import line_item_id
from gradeflow.model.ledger import ResultValue
from gradeflow.reports.evidence import Evidence
from gradeflow.reports.explain import Document
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.keys import result_keys

REASON = "SIS_DELETED"
NEXT = {
    "lms": "the next run makes it again, with all its scores.",
    "sis": "it stays deleted; if the LMS changes, a person is asked again.",
}


def is_asked(holds: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether an open hold asks what shall become of a deleted line item."""
    return any(
        hold["closed_at"] is None and hold["field"] is None and hold["reason"] == REASON for hold in holds
    )


def decide(
    prepared: Prepared,
    store: DistrictStore,
    evidence: Evidence,
    known: Document,
    row: Mapping[str, Any],
    word: Word,
) -> tuple[DeletedDecision, Document]:
    """Look whether it is still gone, and settle what a word means for it.

    Raises:
        OutsideError: the SIS could not be read; nothing was decided.
        ConfigError: it is there again.
    """
    sis, lms = asyncio.run(_still_gone(prepared, row))
    again = line_item_id(
        district=prepared.district.district,
        sis_system_id=sis,
        lms_system_id=lms,
        lms_assignment_id=row["lms_assignment_id"],
        section_id_sis=row["section_id_sis"],
        generation=int(row["generation"]) + 1,
    )
    fields = {one["field"]: one["desired"] for one in known["fields"] if one["desired"] is not None}
    night = prepared.night(lms, sis)
    scores = {} if word.take == "lms" else _wanted(night, store, evidence, row)
    decision = decide_deleted(word, int(row["line_item_key"]), again, fields, scores)
    return decision, {"what": "line item", "lms": fields.get("title"), "sis": None}


async def _still_gone(prepared: Prepared, row: Mapping[str, Any]) -> tuple[str, str]:
    """Name the SIS and the LMS, once the SIS was read and does not hold the line item."""
    async with prepared.sink() as sink:
        listed = await sink.read_line_items(row["section_id_sis"])
        ids = (row["sis_id"], row["line_item_id"])
        if bool((listed["sis_id"].isin(ids) | listed["external_id"].isin(ids)).any()):
            raise ConfigError(
                "it stands in the SIS again; the next run goes on with it, nothing has to be decided"
            )
        async with prepared.source() as source:
            return sink.system_id, source.system_id


def _wanted(
    night: Night, store: DistrictStore, evidence: Evidence, row: Mapping[str, Any]
) -> dict[int, ResultValue]:
    """Give what the LMS wants of every score of the line item that may go, by result key."""
    judged = judge_night(night, evidence.extract, evidence.reference, store).results
    mine = judged[
        (judged["lms_assignment_id"] == row["lms_assignment_id"])
        & (judged["section_id_sis"] == row["section_id_sis"])
        & (judged["verdict"] == "pass")
    ]
    students = store.students().set_index("student_id_sis")["student_key"]
    columns = mine[["student_id_sis", "score_e4", "status"]].itertuples(index=False)
    return {
        int(result_keys([row["line_item_key"]], [students[student]])[0]): ResultValue(
            None if pd.isna(score) else int(score), str(status)
        )
        for student, score, status in columns
        if student in students.index
    }
