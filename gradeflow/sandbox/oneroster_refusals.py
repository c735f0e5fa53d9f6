"""What each SIS refuses beyond the standard: a table, one row per documented refusal.

The rules are the vendors' own words as integrators pass them on: SchoolTool's from the Canvas guide (title
up to 50 characters, due date, categories per section), Skyward's from the Otus guide (title under 50, whole
maximum, both dates in one open grading period, district-level categories).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.oneroster_objects import referred
from gradeflow.sandbox.store import Store

SCHOOLTOOL = ("schooltool",)
SKYWARD = ("skyward_sms", "skyward_qmlativ")
FLAVOURS = (*SCHOOLTOOL, *SKYWARD)


@dataclass(frozen=True, slots=True)
class Write:
    """A write that the standard allows, and what the SIS knows around it.

    Attributes:
        content: the line item or result as sent.
        class_id: the class that it belongs to.
        today: the SIS's date, in the district's zone.
    """

    content: Mapping[str, Any]
    class_id: str
    today: dt.date
    zone: ZoneInfo
    store: Store

    def day(self, field: str) -> dt.date | None:
        """Give a date or date-time field as the district's date."""
        return local_day(self.content.get(field), self.zone)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: which flavours refuse what, and the words of the answer."""

    reason: str
    flavours: tuple[str, ...]
    message: str
    is_refused: Callable[[Write], bool]


def refused(table: tuple[Refusal, ...], flavour: str, write: Write) -> Refusal | None:
    """Give the first row that refuses a write, or None."""
    return next((row for row in table if flavour in row.flavours and row.is_refused(write)), None)


def local_day(value: Any, zone: ZoneInfo) -> dt.date | None:
    """Read a date or date-time as a date in a zone; None where it is neither.

    >>> local_day("2026-11-03T04:59:00.000Z", ZoneInfo("America/New_York"))
    datetime.date(2026, 11, 2)
    """
    if not isinstance(value, str):
        return None
    try:
        if len(value) == 10:
            return dt.date.fromisoformat(value)
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(zone).date() if moment.tzinfo else moment.date()


def _title_length(write: Write) -> int:
    return len(write.content["title"])


def _is_fraction(write: Write) -> bool:
    return float(write.content.get("resultValueMax", 0)) % 1 != 0


def _category_class(write: Write) -> str | None:
    key = referred(write.content.get("category"))
    category = write.store.get("categories", key) if key else None
    return ((category or {}).get("metadata") or {}).get("classId")


def _is_inverted(write: Write) -> bool:
    assigned, due = write.day("assignDate"), write.day("dueDate")
    return assigned is not None and due is not None and due < assigned


def _period_of(write: Write, day: dt.date) -> dict[str, Any] | None:
    periods = write.store.documents("academicSessions", {"a": "gradingPeriod"})
    text = day.isoformat()
    return next((p for p in periods if p["startDate"] <= text <= p["endDate"]), None)


def _is_outside_open_periods(write: Write) -> bool:
    for field in ("assignDate", "dueDate"):
        day = write.day(field)
        period = _period_of(write, day) if day is not None else None
        if day is not None and (period is None or _is_closed(write, period["sourcedId"])):
            return True
    return False


def _is_closed(write: Write, period: str) -> bool:
    calendar = write.store.get("calendar", period)
    return calendar is None or write.today.isoformat() > calendar["closes"]


def _is_straddling(write: Write) -> bool:
    days = [write.day("assignDate"), write.day("dueDate")]
    periods = [_period_of(write, day) for day in days if day is not None]
    return len({period["sourcedId"] for period in periods if period}) > 1


def _is_not_enrolled(write: Write) -> bool:
    student = referred(write.content.get("student")) or ""
    stays = write.store.documents("enrollments", {"a": write.class_id, "b": student})
    return not any(is_current(stay, write.today) for stay in stays)


def is_current(stay: Mapping[str, Any], today: dt.date) -> bool:
    """Tell whether an enrollment holds today; its end date is the first day after it."""
    text = today.isoformat()
    if stay["status"] != "active" or stay.get("beginDate", text) > text:
        return False
    end = stay.get("endDate")
    return end is None or end > text


LINE_ITEM_REFUSALS = (
    Refusal(
        "title_too_long", SCHOOLTOOL, "title has more than 50 characters", lambda w: _title_length(w) > 50
    ),
    Refusal(
        "title_too_long", SKYWARD, "title must have less than 50 characters", lambda w: _title_length(w) > 49
    ),
    Refusal("due_date_missing", FLAVOURS, "dueDate is required", lambda w: w.day("dueDate") is None),
    Refusal(
        "category_not_offered",
        SCHOOLTOOL,
        "category is not offered in this class",
        lambda w: _category_class(w) not in {None, w.class_id},
    ),
    Refusal(
        "category_not_district",
        SKYWARD,
        "category is not a district-level category",
        lambda w: _category_class(w) is not None,
    ),
    Refusal("max_not_whole", SKYWARD, "resultValueMax must be a whole number", _is_fraction),
    Refusal("due_before_assign", SKYWARD, "dueDate lies before assignDate", _is_inverted),
    Refusal(
        "period_closed",
        SKYWARD,
        "assignDate or dueDate lies outside the open grading periods",
        _is_outside_open_periods,
    ),
    Refusal(
        "period_straddle",
        SKYWARD,
        "assignDate and dueDate lie in different grading periods",
        _is_straddling,
    ),
)

RESULT_REFUSALS = (
    Refusal(
        "not_enrolled", SCHOOLTOOL, "student is not enrolled in the class of this line item", _is_not_enrolled
    ),
)
