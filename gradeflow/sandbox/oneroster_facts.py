"""What is true of a write to a OneRoster provider: the facts that vendors' refusals ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.oneroster_objects import referred
from gradeflow.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Write:
    """A write that the standard allows, and what the SIS knows around it.

    Attributes:
        key: its sourcedId.
        content: the line item or result as sent.
        class_id: the class that it belongs to.
        version: name of the standard's version that the call speaks.
        today: the SIS's date, in the district's zone.
    """

    key: str
    content: Mapping[str, Any]
    class_id: str
    version: str
    today: dt.date
    zone: ZoneInfo
    store: Store

    def day(self, field: str) -> dt.date | None:
        """Give a date or date-time field as the district's date."""
        return local_day(self.content.get(field), self.zone)


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


def is_longer(limit: int) -> Callable[[Write], bool]:
    """Make the fact that a title has more characters."""
    return lambda write: len(write.content["title"]) > limit


def is_fraction(write: Write) -> bool:
    """Tell whether the maximum is no whole number."""
    return float(write.content.get("resultValueMax", 0)) % 1 != 0


def category_class(write: Write) -> str | None:
    """Give the class that alone has the category; None where every class has it."""
    key = referred(write.content.get("category"))
    category = write.store.get("categories", key) if key else None
    return ((category or {}).get("metadata") or {}).get("classId")


def is_inverted(write: Write) -> bool:
    """Tell whether it is due before it is assigned."""
    assigned, due = write.day("assignDate"), write.day("dueDate")
    return assigned is not None and due is not None and due < assigned


def _period_of(write: Write, day: dt.date) -> dict[str, Any] | None:
    periods = write.store.documents("academicSessions", {"a": "gradingPeriod"})
    text = day.isoformat()
    return next((p for p in periods if p["startDate"] <= text <= p["endDate"]), None)


def is_outside_open_periods(write: Write) -> bool:
    """Tell whether one of its dates lies in no open grading period."""
    for field in ("assignDate", "dueDate"):
        day = write.day(field)
        period = _period_of(write, day) if day is not None else None
        if day is not None and (period is None or _is_closed(write, period["sourcedId"])):
            return True
    return False


def _is_closed(write: Write, period: str) -> bool:
    calendar = write.store.get("calendar", period)
    return calendar is None or write.today.isoformat() > calendar["closes"]


def is_straddling(write: Write) -> bool:
    """Tell whether its dates lie in different grading periods."""
    days = [write.day("assignDate"), write.day("dueDate")]
    periods = [_period_of(write, day) for day in days if day is not None]
    return len({period["sourcedId"] for period in periods if period}) > 1


def has_no_category(write: Write) -> bool:
    """Tell whether it names no category."""
    return referred(write.content.get("category")) is None


def is_taken(write: Write) -> bool:
    """Tell whether another line item of the class has its title."""
    title = write.content["title"].strip().casefold()
    others = write.store.documents("lineItems", {"a": write.class_id})
    return any(o["title"].strip().casefold() == title for o in others if o["sourcedId"] != write.key)


def is_due_in_closed_period(write: Write) -> bool:
    """Tell whether it is due in no open grading period."""
    day = write.day("dueDate")
    period = _period_of(write, day) if day is not None else None
    return day is not None and (period is None or _is_closed(write, period["sourcedId"]))


def is_due_outside_term(write: Write) -> bool:
    """Tell whether it is due outside the terms of its class."""
    due, section = write.day("dueDate"), write.store.get("classes", write.class_id) or {}
    terms = [write.store.get("academicSessions", term["sourcedId"]) for term in section.get("terms", ())]
    text = due.isoformat() if due is not None else ""
    return due is not None and not any(t and t["startDate"] <= text <= t["endDate"] for t in terms)


def is_due_outside_marking_periods(write: Write) -> bool:
    """Tell whether it is due outside every grading period, open or closed."""
    day = write.day("dueDate")
    return day is not None and _period_of(write, day) is None


def is_due_without_school(write: Write) -> bool:
    """Tell whether it is due on a weekend or a holiday."""
    day = write.day("dueDate")
    return day is not None and (day.weekday() > 4 or write.store.has("holidays", day.isoformat()))


def has_many_decimals(write: Write) -> bool:
    """Tell whether a score has more than four decimals."""
    score = write.content.get("score")
    return score is not None and Decimal(str(score)) * 10_000 % 1 != 0


def is_not_enrolled(write: Write) -> bool:
    """Tell whether the student does not sit in the class today."""
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
