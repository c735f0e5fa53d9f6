"""Schoology's sections and grade items, mapped to rows of LINE_ITEMS; no request is made here.

Numbers and flags come as JSON numbers or as text ("1", 1). Who made an item, when, and when students first see
it are not in this API: `assigned_*` and `created_at` stay unknown.

Source: developers.schoology.com (Section, Assignment, Grading Categories, Scales, Groups), read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.lms import records
from gradeflow.model.points import is_exact_e4, parse_decimal, parse_e4

Record = Mapping[str, Any]
Row = dict[str, Any]

LABEL = "Schoology"
invalid, id_text = partial(records.invalid, LABEL), partial(records.id_text, LABEL)

_KINDS = {"assignment": "assignment", "discussion": "discussion", "assessment": "quiz"}
# By the type of the scale; with any of them a grade is stored as a number that stands for a level.
_SCALED = {1: "letter", 3: "letter"}
_PERCENT_LEVELS, _POINT_LEVELS = 1, 3
_NO_DATES = ("", "0000-00-00 00:00:00")


@dataclass(frozen=True, slots=True)
class Section:
    """One section that the SIS knows."""

    id_lms: str
    id_sis: str
    course_id_lms: str
    is_rostered: bool | None


@dataclass(slots=True)
class Book:
    """One section's gradebook as read: everything but its students and scores.

    Attributes:
        categories: titles by id.
        dropping: ids of the categories whose lowest scores do not count.
        scales: grading scales by id.
        groups: enrollment ids of grading groups by their id.
    """

    section: Section
    items: list[Record] = field(default_factory=list)
    categories: dict[str, str] = field(default_factory=dict)
    scales: dict[str, Record] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    dropping: frozenset[str] = frozenset()

    def scored(self) -> list[Record]:
        """Give the items that can have scores."""
        return [one for one in self.items if flag(one.get("published")) is not False]


def flag(value: Any) -> bool | None:
    """Read a flag; anything but 0 and 1 is unknown.

    >>> flag("1"), flag(0), flag(None)
    (True, False, None)
    """
    return {"1": True, "0": False, "True": True, "False": False}.get(str(value))


def reference(value: Any) -> str | None:
    """Read the id of something else; 0 and nothing mean that there is none."""
    return None if value in (None, "", 0, "0") else str(value)


def local_instant(value: Any, zone: ZoneInfo) -> dt.datetime | None:
    """Read a time without a zone as one of the school's.

    Raises:
        SourceDataError: it is there and cannot be read; no date and a broken date are not the same.
    """
    if value is None or value in _NO_DATES:
        return None
    try:
        parsed = dt.datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        return parsed.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise invalid("a due date that is no YYYY-MM-DD HH:MM:SS")


def grading_of(item: Record) -> str:
    """Name how an item is graded; a scale makes levels of numbers.

    >>> grading_of({"grading_scale": "0"}), grading_of({"grading_scale": "7", "grading_scale_type": 1})
    ('points', 'letter')
    """
    if flag(item.get("collected_only")):
        return "not_graded"
    kind = parse_decimal(item.get("grading_scale_type"))
    if reference(item.get("grading_scale")) is None or kind == 0:
        return "points"
    return "unknown" if kind is None else _SCALED.get(int(kind), "unknown")


def assignees_of(item: Record) -> bool | None:
    """Tell whether an item is for single students or groups; None where Schoology does not say."""
    named = [item.get("assignees"), item.get("grading_group_ids")]
    count = parse_decimal(item.get("num_assignees"))
    if any(named) or count:
        return True
    return None if count is None and all(one is None for one in named) else False


def factor_of(item: Record) -> int | None:
    """Read how often an item counts, in ten-thousandths; None where it does not say, or not exactly.

    >>> factor_of({"factor": "1"}), factor_of({"factor": 0.5}), factor_of({})
    (10000, 5000, None)
    """
    factor = item.get("factor")
    return parse_e4(factor) if is_exact_e4(factor) else None


def line_item_rows(book: Book, zone: ZoneInfo) -> list[Row]:
    """Map a section's items to LINE_ITEMS. Shape: one row per item, which Schoology has once per section."""
    return [_line_item(item, book, zone) for item in book.items]


def _line_item(item: Record, book: Book, zone: ZoneInfo) -> Row:
    section = book.section
    points = item.get("max_points")
    is_exact = points in (None, "") or is_exact_e4(points)
    due = local_instant(item.get("due"), zone)
    is_individual = assignees_of(item)
    category = reference(item.get("grading_category"))
    kind = str(item.get("type") or "")
    return {
        "lms_assignment_id": id_text(item),
        "section_id_sis": section.id_sis,
        "section_id_lms": section.id_lms,
        "course_id_lms": section.course_id_lms,
        "title": str(item.get("title") or ""),
        "kind": _KINDS.get(kind, "other"),
        "kind_raw": kind or None,
        "category_lms": None if category is None else book.categories.get(category),
        "points_possible_e4": parse_e4(points) if is_exact else None,
        "points_text": None if is_exact else str(points),
        "grading": grading_of(item),
        "factor_e4": factor_of(item),
        "is_droppable": False if category is None else category in book.dropping,
        "is_published": flag(item.get("published")),
        # Absent means the default: it counts.
        "is_in_final_grade": True if item.get("count_in_grade") is None else flag(item["count_in_grade"]),
        "assigned_basis": "unknown",
        "due_at": due,
        "due_basis": "none" if due is None else "item",
        "everyone_due_at": due,
        "has_everyone": None if is_individual is None else not is_individual,
        "has_section_dates": False,
        "is_section_named": False,
        "is_individual": is_individual,
        "term_lms": reference(item.get("grading_period")),
        "is_rostered": section.is_rostered,
    }


def level_name(scale: Record | None, grade: Decimal, max_points: Decimal | None) -> str:
    """Name the level of a scale that a stored number stands for; the number itself where none is found."""
    levels = ((scale or {}).get("scale") or {}).get("level") or ()
    kind = (scale or {}).get("type")
    if kind == _POINT_LEVELS:
        named = [one.get("description") for one in levels if parse_decimal(one.get("points")) == grade]
    elif kind == _PERCENT_LEVELS and max_points:
        percent = grade * 100 / max_points
        bounds = [(parse_decimal(one.get("cutoff")), one.get("grade")) for one in levels]
        below = [(cutoff, name) for cutoff, name in bounds if cutoff is not None and cutoff <= percent]
        named = [name for _, name in sorted(below, key=lambda one: one[0])[-1:]]
    else:
        named = []
    return str(named[0]) if named and named[0] else f"{grade:f}"
