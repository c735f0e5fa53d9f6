"""Line items and results of OneRoster 1.1, both ways: bodies that are sent, answers that come back.

What is sent is complete by the official schema; a PUT replaces the whole object, so every field of the
present object that is not ours goes back as it was.

Source: OneRoster 1.1 LineItem and Result as repeated in public client libraries and in Google's
conformance tests, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, StoredLineItem, StoredResult
from gradeflow.model.points import json_number, parse_e4
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.sis.records import (
    Record,
    date_of,
    frame_of,
    id_of,
    is_active,
    once_each,
    raw_of,
    text_of,
    unwrap,
)

NOON = dt.time(12)


def instant_text(instant: dt.datetime) -> str:
    """Write an instant as OneRoster likes it.

    >>> instant_text(dt.datetime(2026, 10, 1, 12, tzinfo=ZoneInfo("America/Chicago")))
    '2026-10-01T17:00:00.000Z'
    """
    return instant.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def path_of(collection: str, key: str) -> str:
    """Give the path of one object; commas and slashes in an id are data.

    >>> path_of("classes", "4,1/a")
    '/classes/4%2C1%2Fa'
    """
    return f"/{collection}/{quote(key, safe='')}"


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes bodies for one provider and district."""

    profile: OneRosterProfile
    base_url: str
    zone: ZoneInfo
    as_of: dt.datetime

    def line_item(self, write: LineItemWrite) -> dict[str, Any]:
        """Make the body of `PUT /lineItems/{id}`. Units: points as plain JSON numbers."""
        item = self._base(write.sis_id, write.observed_raw)
        item |= {
            "title": write.title,
            "assignDate": self._day(write.assign_date),
            "dueDate": self._day(write.due_date),
            "class": self._reference("classes", "class", write.section_id_sis),
            "resultValueMax": json_number(write.points_possible_e4),
        }
        if write.category_id_sis is not None:
            item["category"] = self._reference("categories", "category", write.category_id_sis)
        if write.period_id_sis is not None:
            item["gradingPeriod"] = self._reference("gradingPeriods", "gradingPeriod", write.period_id_sis)
        item.setdefault("description", write.title)
        item.setdefault("resultValueMin", 0)
        return {"lineItem": item}

    def result(self, write: ResultWrite) -> dict[str, Any]:
        """Make the body of `PUT /results/{id}`. Units: the score as a plain JSON number."""
        result = self._base(write.sis_id, write.observed_raw)
        day = dt.date.fromisoformat(write.score_date)
        is_date = self.profile.score_date_format == "date"
        result |= {
            "lineItem": self._reference("lineItems", "lineItem", write.line_item_sis_id),
            "student": self._reference("students", "student", write.student_id_sis),
            "scoreStatus": self.profile.score_status[write.status],
            "score": json_number(write.score_e4),
            "scoreDate": day.isoformat() if is_date else self._noon(day),
        }
        return {"result": result}

    def _base(self, sis_id: str, observed_raw: str | None) -> dict[str, Any]:
        carried: dict[str, Any] = json.loads(observed_raw) if observed_raw else {}
        return carried | {
            "sourcedId": sis_id,
            "status": "active",
            "dateLastModified": instant_text(self.as_of),
        }

    def _reference(self, collection: str, kind: str, key: str) -> dict[str, str]:
        return {"href": self.base_url + path_of(collection, key), "sourcedId": key, "type": kind}

    def _day(self, text: str) -> str:
        day = dt.date.fromisoformat(text)
        return day.isoformat() if self.profile.due_time_encoding == "date_only" else self._noon(day)

    def _noon(self, day: dt.date) -> str:
        return instant_text(dt.datetime.combine(day, NOON, self.zone))


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
                "raw": raw_of(record),
            }
            for record in once_each(records, label, "line item")
            if is_active(record, label, "line item")
        ),
        label,
    )


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
                    "status": status_of(record.get("scoreStatus"), score_e4),
                    "raw": raw_of(record),
                }
            )
    return frame_of(frames.OBSERVED_RESULTS, rows, label)


def status_of(word: Any, score_e4: int | None) -> str | None:
    """Map `scoreStatus` to the canonical status; anything but exempt is graded by having a score.

    >>> status_of("Exempt", None), status_of("submitted", 80000), status_of("fully graded", None)
    ('exempt', 'graded', None)
    """
    if str(word).strip().lower() == "exempt":
        return "exempt"
    return None if score_e4 is None else "graded"


def stored_line_item(echo: Any, sis_id: str, zone: ZoneInfo) -> StoredLineItem:
    """Read what a PUT of a line item answered; without an echo only the id is known."""
    record = unwrap(echo, "lineItem")
    if record is None:
        return StoredLineItem(sis_id)
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
    if record is None or "score" not in record:
        return StoredResult(sis_id, is_echoed=False)
    score_e4 = parse_e4(record["score"])
    return StoredResult(
        sis_id=id_of(record) or sis_id,
        is_echoed=True,
        score_e4=score_e4,
        status=status_of(record.get("scoreStatus"), score_e4),
    )


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
