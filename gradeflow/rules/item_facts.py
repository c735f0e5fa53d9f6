"""What the rules about line items judge: one fact per column, unknown kept apart from false.

Facts join the extract with the SIS's reference and the district's settings. Nothing is decided here.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.model.district import District
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.joins import locate, take
from gradeflow.rules import calendar
from gradeflow.rules.categories import CategoryMap
from gradeflow.rules.date_facts import add_date_facts, is_entered_late
from gradeflow.rules.membership import Member, standing_by_school
from gradeflow.rules.profile import ProfileValues
from gradeflow.rules.score_facts import due_at_of, is_past


def effective_date(district: District, periods: pd.DataFrame, today: dt.date) -> dt.date | None:
    """Give the district's effective date: its setting, else the first day of the school year.

    That is the year that the SIS names, else the one that the district file says has begun, else all that is there.
    """
    if district.passback.effective_date is not None:
        return district.passback.effective_date
    begun = periods[periods["start_date"] <= pd.Timestamp(today)]
    if begun.empty:
        return None
    year = begun.sort_values(["start_date", "period_id_sis"])["school_year"].iloc[-1]
    told = district.calendar.year_begins
    if pd.isna(year) and told is not None and told <= today:
        return told
    same = periods if pd.isna(year) else periods[periods["school_year"] == year]
    first: pd.Timestamp = same["start_date"].min()
    return first.date()


def item_facts(
    extract: GradebookExtract,
    reference: SisReference,
    district: District,
    values: ProfileValues,
    as_of: dt.datetime,
) -> pd.DataFrame:
    """Derive the facts of every line item.

    Returns:
        Shape: one row per row of `extract.line_items`, in its order with index 0..n-1; its columns and one
        column per fact.
    """
    zone = district.timezone
    today = as_of.astimezone(district.zone).date()
    items = extract.line_items.reset_index(drop=True)
    facts = items.copy()
    titles = [unicodedata.normalize("NFC", title).strip() for title in items["title"]]
    facts["title"] = pd.Series(titles, dtype="str")
    facts["title_length"] = facts["title"].str.len().astype("int64")
    facts["assign_date"] = calendar.local_dates(items["assigned_at"], zone)
    facts["due_date"] = calendar.local_dates(items["due_at"], zone)
    _add_sections(facts, reference, district)
    add_date_facts(facts, reference.grading_periods, district.calendar, values, today)
    _add_window(facts, effective_date(district, reference.grading_periods, today))
    _add_targets(facts, values)
    _add_categories(facts, reference, district, values)
    _add_assigners(facts, reference, district, values, today)
    facts["points_state"] = _points_states(items)
    # Points that are missing are another rule's matter; points with too many digits are surely not whole.
    facts["is_points_whole"] = (
        (items["points_possible_e4"] % 10_000 == 0).fillna(facts["points_state"] == "missing").astype(bool)
    )
    facts["counts_once"] = (items["factor_e4"] == 10_000).fillna(False).astype(bool)
    facts["score_presence"] = _score_presence(facts, extract.results, values, as_of)
    return facts


def _add_window(facts: pd.DataFrame, effective: dt.date | None) -> None:
    """Hold each item against the effective date: by its assigned date, else by its due date.

    Nothing is assigned after it is due, so where the LMS tells no assigned date, what was due before the effective
    date was surely assigned before it; so it was where the assigned date is only a guess, such as when an item was
    made that is entered or copied later. An item with neither date goes nowhere: it lacks its due date.
    """
    facts["window_date"] = facts["assign_date"].mask(is_entered_late(facts), facts["due_date"])
    facts["window_date"] = facts["window_date"].fillna(facts["due_date"])
    if effective is None:
        facts["is_in_window"] = False
        return
    is_in = facts["window_date"].isna() | (facts["window_date"] >= pd.Timestamp(effective))
    facts["is_in_window"] = is_in.fillna(False).astype(bool)


def _add_sections(facts: pd.DataFrame, reference: SisReference, district: District) -> None:
    active = reference.sections[reference.sections["is_active"].astype(bool)]
    at = locate(facts, active, ["section_id_sis"])
    facts["is_section_known"] = at >= 0
    facts["school_id_sis"] = take(active["school_id_sis"], at)
    facts["course_end_date"] = take(active["end_date"], at)
    pilot = district.passback.sections
    facts["is_section_chosen"] = True if pilot == "all" else facts["section_id_sis"].isin(pilot)


def _add_targets(facts: pd.DataFrame, values: ProfileValues) -> None:
    everyone = facts["has_everyone"].fillna(False).astype(bool)
    named = facts["is_section_named"].fillna(False).astype(bool)
    dated = facts["has_section_dates"].fillna(False).astype(bool)
    lacks = everyone & facts["everyone_due_at"].isna()
    facts["everyone_has_due"] = ~lacks
    facts["everyone_else_has_due"] = ~(lacks & dated)
    facts["is_targeted"] = ~(dated & ~named) if values.everyone_else == "exclude" else True
    facts["is_for_groups"] = ~facts["is_individual"].fillna(False).astype(bool)


def _add_categories(
    facts: pd.DataFrame, reference: SisReference, district: District, values: ProfileValues
) -> None:
    if values.category_source == "none":
        facts["category_state"], facts["category_detail"] = "mapped", None
        facts["category_id_sis"] = pd.Series(pd.NA, index=facts.index, dtype="str")
        return
    found = CategoryMap(district.passback.categories, reference.categories, values)
    cache: dict[tuple[str | None, str, str], tuple[str, str | None, str | None]] = {}
    by_item = any(row.item is not None for row in district.passback.categories)
    teachers = _teachers_of(reference.class_teachers)
    rows = []
    columns = facts[["category_lms", "section_id_sis", "lms_assignment_id"]]
    for lms, section, item in columns.itertuples(index=False):
        key = (None if pd.isna(lms) else lms, section, item if by_item else "")
        if key not in cache:
            mapped = found.find(*key)
            detail = mapped.detail
            if mapped.state == "inactive" and section in teachers:
                detail = f"{detail}, inactive for teacher {', '.join(teachers[section])}"  # R060
            cache[key] = (mapped.state, mapped.category_id_sis, detail)
        rows.append(cache[key])
    facts["category_state"] = pd.Series([row[0] for row in rows], dtype="str")
    facts["category_id_sis"] = pd.Series([row[1] for row in rows], dtype="str")
    facts["category_detail"] = pd.Series([row[2] for row in rows], dtype="str")


def _teachers_of(class_teachers: pd.DataFrame) -> dict[str, list[str]]:
    """List the teachers of each section, by their SIS ids; whoever left it is not one."""
    rows = class_teachers.loc[class_teachers["is_active"].astype(bool), ["section_id_sis", "teacher_id_sis"]]
    found: dict[str, list[str]] = {}
    for section, teacher in sorted(rows.itertuples(index=False)):
        found.setdefault(section, []).append(teacher)
    return found


def _add_assigners(
    facts: pd.DataFrame,
    reference: SisReference,
    district: District,
    values: ProfileValues,
    today: dt.date,
) -> None:
    if not values.teacher_group:
        facts["assigner_state"] = "ok"
        return
    # The person whom a finding names; where the SIS does not know them, by the LMS's id.
    facts["assigner"] = facts["assigned_by_sis"].fillna(facts["assigned_by_lms"])
    by_school = standing_by_school(
        district.passback.teachers, reference.grading_periods, district.calendar.schools, today
    )
    staff = set(reference.teachers.loc[reference.teachers["is_active"].astype(bool), "teacher_id_sis"])
    taught = reference.class_teachers[reference.class_teachers["is_active"].astype(bool)]
    classes = set(zip(taught["teacher_id_sis"], taught["section_id_sis"], strict=True))
    columns = facts[["assigned_by_lms", "assigned_by_sis", "section_id_sis", "assign_date", "school_id_sis"]]
    facts["assigner_state"] = pd.Series(
        [
            _assigner_state(
                lms, sis, section, assigned, by_school.get(school, by_school[None]), staff, classes
            )
            for lms, sis, section, assigned, school in columns.itertuples(index=False)
        ],
        dtype="str",
        index=facts.index,
    )


def _assigner_state(
    lms: str | float,
    sis: str | float,
    section: str,
    assigned: pd.Timestamp,
    members: dict[str, Member],
    staff: set[str],
    classes: set[tuple[str, str]],
) -> str:
    if pd.isna(sis):
        return "unknown" if pd.isna(lms) else "not_in_sis"
    # What was not meant to go comes before what needs a fix.
    person = str(sis)
    member = members.get(person)
    if member is None or not member.is_in:
        return "not_in_group"
    bound = member.first_assigned
    if bound is not None and not pd.isna(assigned) and assigned.date() < bound:
        return "before_joining"
    if person not in staff:
        return "not_in_sis"
    return "ok" if (person, section) in classes else "not_in_class"


def _points_states(items: pd.DataFrame) -> npt.NDArray[np.str_]:
    points = items["points_possible_e4"]
    return np.select(
        [
            (points.isna() & items["points_text"].notna()).to_numpy(bool),
            points.isna().to_numpy(bool),
            (points <= 0).fillna(False).to_numpy(bool),
        ],
        ["too_precise", "missing", "not_positive"],
        default="ok",
    )


def _score_presence(
    facts: pd.DataFrame, results: pd.DataFrame, values: ProfileValues, as_of: dt.datetime
) -> pd.Series:
    """Tell per item whether anything scored is there: R121 wants any score, R046 a graded one or a zero."""
    if values.require_score == "none":
        return pd.Series(True, index=facts.index)
    counts = results["score_e4"].notna() | results["is_excused"].fillna(False) | results["score_text"].notna()
    if values.require_score == "graded":
        counts = results["is_graded"].fillna(False).astype(bool)
    at = locate(results, facts, ["lms_assignment_id", "section_id_sis"])
    if values.missing_policy == "auto_zero":
        past = is_past(due_at_of(results, facts, at), as_of)
        unsubmitted = (results["is_submitted"] == False).fillna(False)  # noqa: E712 - null is neither
        freed = results["is_excluded"].fillna(False) | results["is_excused"].fillna(False)
        counts = counts | (unsubmitted & ~freed & past)
    present = np.zeros(len(facts), dtype=bool)
    hit = at[counts.fillna(False).to_numpy(bool)]
    present[hit[hit >= 0]] = True
    return pd.Series(present, index=facts.index)
