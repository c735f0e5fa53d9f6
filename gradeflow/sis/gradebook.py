"""Line items and results as a OneRoster provider shows them, mapped to canonical frames and stored values.

Source: LineItem, Result and GUIDPair of OneRoster 1.1 and 1.2 as public client libraries and Google's
conformance tests repeat them, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.model import frames
from gradeflow.model.gradebook import StoredLineItem, StoredResult
from gradeflow.model.points import parse_e4
from gradeflow.sis.oneroster_bodies import OWN_ID
from gradeflow.sis.oneroster_records import is_active, once_each
from gradeflow.sis.records import date_of, frame_of
from gradeflow.transport.oneroster import id_of, unwrap
from gradeflow.transport.records import Record, is_blank, raw_of, text_of


def map_line_items(
    records: Iterable[Record], section_id_sis: str, label: str, zone: ZoneInfo
) -> pd.DataFrame:
    """Map line items that are not deleted. Shape: one row per line item, frame OBSERVED_LINE_ITEMS."""
    return frame_of(
        frames.OBSERVED_LINE_ITEMS,
        (
            {
                "sis_id": id_of(record),
                # Asked for by section: what the object itself says may be another form of the same id.
                "section_id_sis": section_id_sis,
                "title": text_of(record.get("title")) or "",
                "assign_date": date_of(record.get("assignDate"), zone),
                "due_date": date_of(record.get("dueDate"), zone),
                "category_id_sis": id_of(record.get("category")),
                "period_id_sis": id_of(record.get("gradingPeriod")),
                "points_possible_e4": parse_e4(record.get("resultValueMax")),
                "external_id": _own_id(record),
                "raw": raw_of(record),
            }
            for record in once_each(records, label, "line item")
            if is_active(record, label, "line item")
        ),
        label,
    )


def _own_id(record: Record) -> str | None:
    metadata = record.get("metadata")
    return text_of(metadata.get(OWN_ID)) if isinstance(metadata, dict) else None


def map_results(records: Iterable[Record], line_item_sis_id: str, label: str) -> pd.DataFrame:
    """Map results that are not deleted. Shape: one row per result, frame OBSERVED_RESULTS."""
    rows = []
    for record in once_each(records, label, "result"):
        if is_active(record, label, "result"):
            score_e4 = parse_e4(record.get("score"))
            rows.append(
                {
                    "sis_id": id_of(record),
                    "line_item_sis_id": line_item_sis_id,
                    "student_id_sis": id_of(record.get("student")),
                    "score_e4": score_e4,
                    "status": status_of(record.get("scoreStatus"), score_e4, is_typed=_is_typed(record)),
                    "raw": raw_of(record),
                }
            )
    return frame_of(frames.OBSERVED_RESULTS, rows, label)


def _is_typed(record: Record) -> bool:
    """Tell whether somebody gave a grade that is no number, as 1.2 has it in `textScore`: no blank cell."""
    return not all(is_blank(record.get(name)) for name in ("score", "textScore"))


def status_of(word: Any, score_e4: int | None, *, is_typed: bool = False) -> str | None:
    """Map `scoreStatus` to the canonical status; anything but exempt is graded by having a score, if only in words.

    >>> status_of("Exempt", None), status_of("submitted", 80000), status_of("fully graded", None)
    ('exempt', 'graded', None)
    >>> status_of("fully graded", None, is_typed=True)
    'graded'
    """
    if str(word).strip().lower() == "exempt":
        return "exempt"
    return "graded" if is_typed or score_e4 is not None else None


def stored_line_item(echo: Any, sis_id: str, zone: ZoneInfo) -> StoredLineItem:
    """Read what a PUT of a line item answered; without an echo only the id is known."""
    record = unwrap(echo, "lineItem")
    if record is None:
        return StoredLineItem(allocated_ids(echo).get(sis_id, sis_id))
    return StoredLineItem(
        sis_id=id_of(record) or sis_id,
        title=text_of(record.get("title")),
        assign_date=_iso(date_of(record.get("assignDate"), zone)),
        due_date=_iso(date_of(record.get("dueDate"), zone)),
        category_id_sis=id_of(record.get("category")),
        period_id_sis=id_of(record.get("gradingPeriod")),
        points_possible_e4=parse_e4(record.get("resultValueMax")),
    )


def stored_result(echo: Any, sis_id: str) -> StoredResult:
    """Read what a PUT of a result answered; an echo without a score field tells nothing."""
    record = unwrap(echo, "result")
    if record is None:
        return StoredResult(allocated_ids(echo).get(sis_id, sis_id), is_echoed=False)
    if "score" not in record:
        return StoredResult(id_of(record) or sis_id, is_echoed=False)
    score_e4 = parse_e4(record["score"])
    return StoredResult(
        sis_id=id_of(record) or sis_id,
        is_echoed=True,
        score_e4=score_e4,
        status=status_of(record.get("scoreStatus"), score_e4),
    )


def allocated_ids(answer: Any) -> dict[str, str]:
    """Read which id each object got: ours to the provider's, of what the answer names.

    >>> allocated_ids({"sourcedIdPairs": {"suppliedSourcedId": "a", "allocatedSourcedId": "0042"}})
    {'a': '0042'}
    """
    pairs = answer.get("sourcedIdPairs") if isinstance(answer, dict) else answer
    named = {}
    # A list by the standard; a large provider gives the only pair bare.
    for pair in [pairs] if isinstance(pairs, dict) else pairs if isinstance(pairs, list) else []:
        if isinstance(pair, dict):
            supplied, allocated = id_of(pair.get("suppliedSourcedId")), id_of(pair.get("allocatedSourcedId"))
            if supplied and allocated:
                named[supplied] = allocated
    return named


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
