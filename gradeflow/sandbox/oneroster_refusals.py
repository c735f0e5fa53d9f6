"""What each SIS refuses beyond the standard: a table, one row per documented refusal.

The rules are the vendors' own words as integrators pass them on, read 2026-11:

| SIS | source | rules |
|---|---|---|
| SchoolTool | Canvas guide | title up to 50 characters, due date, categories per section |
| Skyward | Otus guide | title under 50, whole maximum, both dates in one open period, district categories |
| Infinite Campus | Canvas and Otus guides | title up to 50, unique; whole maximum; due date in an open period |
| PowerSchool | GG4L, Canvas and Otus guides | title up to 50, unique; whole maximum; due date in the section's
term; district categories; students of the section |
| eSchoolPLUS | Schoology guide | category; due date, in a marking period and on a school day |
| Aeries | Canvas and Otus guides | title under 50, whole maximum, students of the section; 4 decimals |

Over 1.2 a long title is cut instead of refused: `oneroster_alterations` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradeflow.sandbox.oneroster_facts import (
    Write,
    category_class,
    has_many_decimals,
    has_no_category,
    is_due_in_closed_period,
    is_due_outside_marking_periods,
    is_due_outside_term,
    is_due_without_school,
    is_fraction,
    is_inverted,
    is_longer,
    is_not_enrolled,
    is_outside_open_periods,
    is_straddling,
    is_taken,
)

SCHOOLTOOL = ("schooltool",)
SKYWARD = ("skyward_sms", "skyward_qmlativ")
CAMPUS, POWERSCHOOL = ("infinite_campus",), ("powerschool",)
ESCHOOL, AERIES = ("eschoolplus",), ("aeries",)
BOTH, OLD = ("1.1", "1.2"), ("1.1",)
# How many characters of a title each keeps; where it is not published there is no limit
TITLE_LIMITS: Mapping[str, int] = {
    "schooltool": 50,
    **dict.fromkeys((*CAMPUS, *POWERSCHOOL), 50),
    **dict.fromkeys((*SKYWARD, *AERIES), 49),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: which flavours refuse what, and the words of the answer."""

    reason: str
    flavours: tuple[str, ...]
    message: str
    is_refused: Callable[[Write], bool]
    versions: tuple[str, ...] = BOTH

    def refuses(self, flavour: str, write: Write) -> bool:
        """Tell whether this row refuses a write."""
        return flavour in self.flavours and write.version in self.versions and self.is_refused(write)


def refused(table: tuple[Refusal, ...], flavour: str, write: Write) -> Refusal | None:
    """Give the first row that refuses a write, or None."""
    return next((row for row in table if row.refuses(flavour, write)), None)


LINE_ITEM_REFUSALS = (
    Refusal("title_too_long", SCHOOLTOOL, "title has more than 50 characters", is_longer(50), OLD),
    Refusal(
        "title_too_long",
        (*SKYWARD, *AERIES),
        "title must have less than 50 characters",
        is_longer(49),
        OLD,
    ),
    Refusal(
        "title_too_long", (*CAMPUS, *POWERSCHOOL), "title has more than 50 characters", is_longer(50), OLD
    ),
    Refusal(
        "due_date_missing",
        (*SCHOOLTOOL, *SKYWARD, *CAMPUS, *POWERSCHOOL, *ESCHOOL),
        "dueDate is required",
        lambda w: w.day("dueDate") is None,
    ),
    Refusal("category_missing", ESCHOOL, "category is required", has_no_category),
    Refusal(
        "category_not_offered",
        (*SCHOOLTOOL, *ESCHOOL),
        "category is not offered in this class",
        lambda w: category_class(w) not in {None, w.class_id},
    ),
    Refusal(
        "category_not_district",
        (*SKYWARD, *POWERSCHOOL),
        "category is not a district-level category",
        lambda w: category_class(w) is not None,
    ),
    Refusal(
        "max_not_whole",
        (*SKYWARD, *CAMPUS, *POWERSCHOOL, *AERIES),
        "resultValueMax must be a whole number",
        is_fraction,
    ),
    Refusal("due_before_assign", SKYWARD, "dueDate lies before assignDate", is_inverted),
    Refusal(
        "period_closed",
        SKYWARD,
        "assignDate or dueDate lies outside the open grading periods",
        is_outside_open_periods,
    ),
    Refusal(
        "period_straddle",
        SKYWARD,
        "assignDate and dueDate lie in different grading periods",
        is_straddling,
    ),
    Refusal(
        "due_in_closed_period",
        CAMPUS,
        "dueDate lies outside the open grading periods",
        is_due_in_closed_period,
    ),
    Refusal(
        "due_outside_term", POWERSCHOOL, "dueDate lies outside the term of this class", is_due_outside_term
    ),
    Refusal(
        "due_outside_marking_period",
        ESCHOOL,
        "dueDate lies outside the marking periods",
        is_due_outside_marking_periods,
    ),
    Refusal("due_without_school", ESCHOOL, "there is no school on dueDate", is_due_without_school),
    Refusal(
        "name_taken",
        (*CAMPUS, *POWERSCHOOL),
        "another line item of this class has this title",
        is_taken,
    ),
)

RESULT_REFUSALS = (
    Refusal(
        "not_enrolled",
        (*SCHOOLTOOL, *POWERSCHOOL, *AERIES),
        "student is not enrolled in the class of this line item",
        is_not_enrolled,
    ),
    Refusal("too_many_decimals", AERIES, "score has more than 4 decimals", has_many_decimals),
)
