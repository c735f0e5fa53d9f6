"""A new school year: what of a district file carries over, what must change, and whom the SIS has now (R082).

Asked of what the SIS said last. The new file holds what may be concluded: the new effective date, without what
was true of the old year only (closing days, days off, the approval of the first load, old attestations). The
category map and the passback group stay as they are; whoever is missing in one of them is listed for a person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from gradeflow.model.district import Attested, District
from gradeflow.model.gradebook import SisReference
from gradeflow.rules.categories import CategoryMap
from gradeflow.rules.membership import standing
from gradeflow.rules.profile import Profile

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of the district file that a new year makes wrong: what stands there, what instead, and why."""

    key: str
    old: str | None
    new: str | None
    why: str


def changes(district: District, first_day: dt.date) -> list[Change]:
    """List what must change in a district file for the school year that begins on a day."""
    passback, days = district.passback, district.calendar
    before = passback.effective_date
    found = [
        Change(
            "passback.effective_date",
            None if before is None else str(before),
            str(first_day),
            "What was assigned before this day never passes back: last year's work stays out.",
        )
    ]
    if days.year_begins is not None and days.year_begins < first_day:
        why = "By this day a new year is told from the old one: what is used again becomes a line item of its own."
        found.append(Change("calendar.year_begins", str(days.year_begins), str(first_day), why))
    if passback.first_load is not None:
        found.append(
            Change(
                "passback.first_load",
                f"approved by {passback.first_load.approved_by} on {passback.first_load.on}",
                None,
                "The new year begins with a first load of its own: look at its plan, then approve it.",
            )
        )
    if passback.pause is not None and passback.pause.until < first_day:
        found.append(Change("passback.pause", f"until {passback.pause.until}", None, "It is over."))
    found += [
        Change(f"calendar.closes.{period}", str(last), None, "This grading period belongs to the old year.")
        for period, last in days.closes.items()
        if last < first_day
    ]
    found += [
        Change("calendar.no_school", f"{span.first} to {span.last}", None, "These days lie in the old year.")
        for span in days.no_school
        if span.last < first_day
    ]
    found += [
        Change(
            f"attested.{entry.fact}",
            f"by {entry.by} on {entry.on}",
            None,
            "It was vouched for a year ago: look at the setting again, then attest it with the new day.",
        )
        for entry in district.attested
        if _is_a_year_old(entry, first_day)
    ]
    return found


def next_year(content: Mapping[str, Any], district: District, first_day: dt.date) -> Document:
    """Write a district file's content for the new year.

    Args:
        content: of the file, as YAML gives it, with the same order of lists as in `district`.
    """
    passback = {**(content.get("passback") or {}), "effective_date": first_day}
    passback.pop("first_load", None)
    if district.passback.pause is not None and district.passback.pause.until < first_day:
        passback.pop("pause")
    new = {**content, "passback": passback}
    if content.get("calendar"):
        days = dict(content["calendar"])
        if "closes" in days:
            last = district.calendar.closes
            days["closes"] = {key: value for key, value in days["closes"].items() if last[key] >= first_day}
        if "no_school" in days:
            spans = zip(days["no_school"], district.calendar.no_school, strict=True)
            days["no_school"] = [written for written, span in spans if span.last >= first_day]
        if district.calendar.year_begins is not None:
            days["year_begins"] = max(first_day, district.calendar.year_begins)
        new["calendar"] = days
    if content.get("attested"):
        entries = zip(content["attested"], district.attested, strict=True)
        new["attested"] = [written for written, entry in entries if not _is_a_year_old(entry, first_day)]
    return new


def _is_a_year_old(entry: Attested, day: dt.date) -> bool:
    return (pd.Timestamp(entry.on) + pd.DateOffset(years=1)).date() <= day


def rollover(district: District, profile: Profile, reference: SisReference, first_day: dt.date) -> Document:
    """Report a district's step into the school year that begins on `first_day`.

    Returns:
        `carries_over` (counts), `must_change` (key, old, new, why), `group` (teachers of the SIS outside it,
        members whom the SIS has no more), `categories_gone`, `sections_gone`, `periods_gone`, and
        `sis_has_new_year`: whether the SIS named a grading period of the new year when it was last read.
    """
    passback, periods = district.passback, reference.grading_periods
    ends = periods["end_date"] >= pd.Timestamp(first_day)
    has_map = profile.values.category_source != "none"
    return {
        "district": district.district,
        "route": profile.route,
        "effective_date": str(first_day),
        "carries_over": {
            "category_rows": sum(row.state == "published" for row in passback.categories),
            "category_drafts": sum(row.state == "draft" for row in passback.categories),
            "rows_of_single_assignments": sum(row.item is not None for row in passback.categories),
            "group_members": len(_members(district, periods, first_day)),
        },
        "must_change": [asdict(change) for change in changes(district, first_day)],
        "sis_has_new_year": bool(ends.any()),
        "group": _group(district, reference, first_day) if profile.values.teacher_group else None,
        "categories_gone": _categories_gone(district, profile, reference) if has_map else [],
        "sections_gone": _sections_gone(district, reference),
        "periods_gone": _periods_gone(district, periods, first_day),
    }


def _members(district: District, periods: pd.DataFrame, day: dt.date) -> list[str]:
    found = standing(district.passback.teachers, periods, day)
    return sorted(teacher for teacher, member in found.items() if member.is_in)


def _group(district: District, reference: SisReference, day: dt.date) -> Document:
    """Compare the group with who teaches in the SIS; who was removed before is no news."""
    members = set(_members(district, reference.grading_periods, day))
    ever = {stay.teacher for stay in district.passback.teachers}
    staff = _active(reference.teachers, "teacher_id_sis")
    teaching = staff & _active(reference.class_teachers, "teacher_id_sis")
    return {
        "members": len(members),
        "new_in_sis": sorted(teaching - ever),
        "removed_before": sorted((teaching & ever) - members),
        "gone_from_sis": sorted(members - staff),
    }


def _categories_gone(district: District, profile: Profile, reference: SisReference) -> list[Document]:
    known = CategoryMap(district.passback.categories, reference.categories, profile.values)
    found = []
    for row in district.passback.categories:
        lost = None if row.sis is None else known.lost(row.sis)
        if lost is not None:
            found.append({**row.model_dump(), "lost": lost, "near": known.near(str(row.sis))})
    return found


def _sections_gone(district: District, reference: SisReference) -> Document:
    active = _active(reference.sections, "section_id_sis")
    pilot, nightly = district.passback.sections, district.passback.nightly_sections
    return {
        "passback.categories": _outside((row.section for row in district.passback.categories), active),
        "passback.sections": [] if pilot == "all" else _outside(pilot, active),
        "passback.nightly_sections": [] if nightly == "all" else _outside(nightly, active),
    }


def _periods_gone(district: District, periods: pd.DataFrame, day: dt.date) -> Document:
    """List periods that the calendar names and the SIS does not have, or has only in the past."""
    coming = set(periods.loc[periods["end_date"] >= pd.Timestamp(day), "period_id_sis"])
    days = district.calendar
    return {
        "calendar.terms": _outside(sorted(days.periods_of_terms()), coming),
        "calendar.sections": _outside((one for own in days.sections.values() for one in own), coming),
        "calendar.schools": _outside((one for own in days.schools.values() for one in own), coming),
    }


def _active(frame: pd.DataFrame, column: str) -> set[str]:
    return set(frame.loc[frame["is_active"].astype(bool), column])


def _outside(named: Iterable[str | None], known: set[str]) -> list[str]:
    return sorted({one for one in named if one is not None and one not in known})
