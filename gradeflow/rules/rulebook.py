"""One row per rule: the fact it judges, the pandera check, and the profile value that sets it.

A row without a check on a route (the function gives None) does not apply there. Each check sees one column
and says for every row whether it passes; no row may pass on an unknown fact unless the row says so, because
facts are made total before they come here (`item_facts`, `score_facts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pandera.pandas as pa

from gradeflow.rules.profile import Profile, ProfileValues

Grain = Literal["line_item", "result"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        code: the reason code of a row that fails; its words are in `reasons`.
        grain: what one row is.
        column: the fact judged.
        key: the profile value that switches and sets it.
        check: the check under given values; None where the rule does not apply.
        rule: its rule id where neither the key's nor the code's citation can be meant.
        detail: a column whose value explains a failure better than the fact itself.
    """

    code: str
    grain: Grain
    column: str
    key: str
    check: Callable[[ProfileValues], pa.Check | None]
    rule: str | None = None
    detail: str | None = None

    def cited(self, profile: Profile) -> str:
        """Name the numbered rule that a failure rests on."""
        return self.rule or profile.codes.get(self.code) or profile.cites[self.key]

    def threshold(self, profile: Profile) -> str:
        """Write the profile value that a failing row did not meet."""
        return str(getattr(profile.values, self.key))


def _true(series: pd.Series) -> pd.Series:
    return series.fillna(False).astype(bool)


def _must_hold(name: str) -> pa.Check:
    """Pass where the fact is True; null fails."""
    return pa.Check(_true, name=name, ignore_na=False)


def _flag(name: str, key: str, wanted: object = True) -> Callable[[ProfileValues], pa.Check | None]:
    return lambda values: _must_hold(name) if getattr(values, key) == wanted else None


def _not_in(name: str, *states: str) -> pa.Check:
    return pa.Check(lambda series: ~series.isin(states), name=name, ignore_na=False)


def _state(name: str, *states: str) -> Callable[[ProfileValues], pa.Check | None]:
    return lambda values: _not_in(name, *states)


def _isin(name: str, key: str) -> Callable[[ProfileValues], pa.Check | None]:
    return lambda values: pa.Check(
        lambda series: series.isin(getattr(values, key)), name=name, ignore_na=False
    )


def _only(name: str, *values: str) -> pa.Check:
    return pa.Check(lambda series: series.isin(values), name=name, ignore_na=False)


def _at_most(name: str, key: str) -> Callable[[ProfileValues], pa.Check | None]:
    def check(values: ProfileValues) -> pa.Check | None:
        limit = getattr(values, key)
        return None if limit is None else pa.Check(lambda series: series <= limit, name=name, ignore_na=False)

    return check


def _not_flag(name: str, key: str, *, applies_when: object) -> Callable[[ProfileValues], pa.Check | None]:
    return lambda values: (
        pa.Check(lambda series: ~_true(series), name=name, ignore_na=False)
        if getattr(values, key) == applies_when
        else None
    )


def _category(
    name: str,
    state: str,
    key: str = "category_source",
    where: Callable[[ProfileValues], bool] = lambda values: values.category_source != "none",
) -> Rule:
    return Rule(
        name,
        "line_item",
        "category_state",
        key,
        lambda values: _not_in(name, state) if where(values) else None,
        detail="category_detail",
    )


def _period(name: str, state: str, *, under: tuple[str, ...] = ("open", "marking_period")) -> Rule:
    return Rule(
        name,
        "line_item",
        "period_state",
        "period_rule",
        lambda values: _not_in(name, state) if values.period_rule in under else None,
        detail="due_date" if name == "DUE_OUTSIDE_PERIOD" else None,
    )


def _assigner(name: str, state: str, rule: str) -> Rule:
    return Rule(
        name,
        "line_item",
        "assigner_state",
        "teacher_group",
        lambda values: _not_in(name, state) if values.teacher_group else None,
        rule,
        "assigner",
    )


def _score(name: str, state: str, key: str, wanted: object = None) -> Rule:
    """Refuse a state of scores; where `wanted` is named, on routes that have that value only."""
    return Rule(
        name,
        "result",
        "score_state",
        key,
        lambda values: _not_in(name, state) if wanted in (None, getattr(values, key)) else None,
    )


RULES: tuple[Rule, ...] = (
    # ---- is the line item meant to go? ----
    Rule("NOT_SELECTED_FOR_SIS", "line_item", "is_selected", "require_selected",
         _flag("NOT_SELECTED_FOR_SIS", "require_selected")),
    Rule("NOT_PUBLISHED", "line_item", "is_published", "require_published", _flag("NOT_PUBLISHED", "require_published")),
    Rule("SECTION_NOT_IN_PILOT", "line_item", "is_section_chosen", "section_scope",
         _flag("SECTION_NOT_IN_PILOT", "section_scope")),
    Rule("SECTION_NOT_TARGETED", "line_item", "is_targeted", "everyone_else",
         _flag("SECTION_NOT_TARGETED", "everyone_else", "exclude")),
    Rule("NOT_IN_FINAL_GRADE", "line_item", "is_in_final_grade", "require_final_grade",
         _flag("NOT_IN_FINAL_GRADE", "require_final_grade")),
    Rule("STANDARDS_BASED", "line_item", "grading", "gradings",
         lambda values: (
             None if values.score_type == "score_scale" or "standards" in values.gradings
             else _not_in("STANDARDS_BASED", "standards")
         )),
    Rule("BEFORE_EFFECTIVE_DATE", "line_item", "is_in_window", "effective_date",
         _flag("BEFORE_EFFECTIVE_DATE", "effective_date", "assigned"), detail="window_date"),
    _assigner("ASSIGNER_NOT_IN_GROUP", "not_in_group", "R069"),
    _assigner("ASSIGNED_BEFORE_JOINING", "before_joining", "R073"),
    Rule("PASSBACK_DISABLED", "line_item", "is_passback_enabled", "require_enabled",
         _flag("PASSBACK_DISABLED", "require_enabled")),
    _category("CATEGORY_UNASSOCIATED", "unassociated"),
    Rule("NOT_YET_DUE", "line_item", "is_due", "send_from",
         _flag("NOT_YET_DUE", "send_from", "due"), detail="due_date"),
    Rule("NO_SCORES_YET", "line_item", "score_presence", "require_score",
         _flag("NO_SCORES_YET", "require_score", "any")),
    Rule("NOT_GRADED", "line_item", "score_presence", "require_score",
         _flag("NOT_GRADED", "require_score", "graded")),
    # ---- can it go? ----
    Rule("SECTION_NOT_IN_SIS", "line_item", "is_section_known", "section_known",
         _flag("SECTION_NOT_IN_SIS", "section_known"), detail="section_id_sis"),
    Rule("COURSE_NOT_SIS_ROSTERED", "line_item", "is_rostered", "require_rostered",
         _flag("COURSE_NOT_SIS_ROSTERED", "require_rostered")),
    Rule("ITEM_TYPE_UNSUPPORTED", "line_item", "kind", "kinds", _isin("ITEM_TYPE_UNSUPPORTED", "kinds"), detail="kind_raw"),
    Rule("GRADING_UNSUPPORTED", "line_item", "grading", "gradings",
         lambda values: None if values.score_type == "score_scale" else pa.Check(
             lambda series: series.isin([*values.gradings, "standards"]), name="GRADING_UNSUPPORTED", ignore_na=False
         )),
    Rule("SCALE_UNSUPPORTED", "line_item", "grading", "score_type",  # the one word for all of them there
         lambda values: _only("SCALE_UNSUPPORTED", "points") if values.score_type == "score_scale" else None),
    Rule("NAME_REQUIRED", "line_item", "title_length", "title_required",
         lambda values: (  # not pa.Check.gt: its own words would replace the code in failure cases
             pa.Check(lambda series: series > 0, name="NAME_REQUIRED", ignore_na=False) if values.title_required else None
         )),
    Rule("NAME_TOO_LONG", "line_item", "title_length", "title_max", _at_most("NAME_TOO_LONG", "title_max")),
    Rule("POINTS_REQUIRED", "line_item", "points_state", "points_required", _state("POINTS_REQUIRED", "missing")),
    Rule("POINTS_NOT_POSITIVE", "line_item", "points_state", "points_required",
         _state("POINTS_NOT_POSITIVE", "not_positive")),
    Rule("POINTS_TOO_PRECISE", "line_item", "points_state", "score_digits",
         _state("POINTS_TOO_PRECISE", "too_precise"), "C16"),
    Rule("MAX_NOT_WHOLE", "line_item", "is_points_whole", "points_integer", _flag("MAX_NOT_WHOLE", "points_integer")),
    Rule("FACTOR_NOT_ONE", "line_item", "counts_once", "factor_one",
         _flag("FACTOR_NOT_ONE", "factor_one"), detail="factor_e4"),
    Rule("ASSIGN_DATE_MISSING", "line_item", "has_assign_date", "assign_required",
         _flag("ASSIGN_DATE_MISSING", "assign_required")),
    Rule("DUE_DATE_REQUIRED", "line_item", "has_due_date", "missing_due", lambda values: _must_hold("DUE_DATE_REQUIRED")),
    Rule("DUE_DATE_REQUIRED_EVERYONE", "line_item", "everyone_has_due", "everyone_due",
         _flag("DUE_DATE_REQUIRED_EVERYONE", "everyone_due"), "R116"),
    Rule("DUE_DATE_REQUIRED_EVERYONE_ELSE", "line_item", "everyone_else_has_due", "everyone_due",
         _flag("DUE_DATE_REQUIRED_EVERYONE_ELSE", "everyone_due"), "R117"),
    Rule("DUE_BEFORE_ASSIGN", "line_item", "is_in_order", "due_after_assign",
         _flag("DUE_BEFORE_ASSIGN", "due_after_assign"), detail="due_date"),
    Rule("ASSIGNEE_INDIVIDUAL", "line_item", "is_for_groups", "individuals",
         _flag("ASSIGNEE_INDIVIDUAL", "individuals", "reject")),
    Rule("DUE_ON_NON_SCHOOL_DAY", "line_item", "is_school_day", "school_day_rule",
         _flag("DUE_ON_NON_SCHOOL_DAY", "school_day_rule", "reject"), detail="due_date"),
    Rule("NO_TERM", "line_item", "term_state", "require_term",
         lambda values: _not_in("NO_TERM", "none") if values.require_term else None),
    Rule("TERM_UNMAPPED", "line_item", "term_state", "require_term",
         lambda values: _not_in("TERM_UNMAPPED", "unmapped") if values.require_term else None, detail="term_lms"),
    _period("PERIOD_CLOSED", "closed"),
    _period("PERIOD_STRADDLE", "straddle"),
    Rule("PERIOD_STRADDLE", "line_item", "period_state", "same_period",
         lambda values: (
             _not_in("PERIOD_STRADDLE", "two_open") if values.same_period and values.period_rule != "none" else None
         ), "R064"),
    _period("PERIOD_NOT_STARTED", "not_started"),
    _period("DATE_OUTSIDE_PERIODS", "outside", under=("open",)),
    _period("DUE_OUTSIDE_PERIOD", "outside", under=("marking_period",)),
    _category("CATEGORY_REQUIRED", "required"),
    _category("CATEGORY_NO_MATCH", "no_match", "category_fallback"),
    _category("CATEGORY_AMBIGUOUS", "ambiguous"),
    _category("CATEGORY_GONE", "gone"),
    _category("CATEGORY_NOT_IN_SECTION", "not_in_section"),
    _category("CATEGORY_SCOPE", "scope", "category_scope", lambda values: values.category_scope == "district"),
    _category("CATEGORY_INACTIVE", "inactive"),
    _category("TYPE_UNKNOWN", "type_unknown", "category_types", lambda values: values.category_types is not None),
    _assigner("ASSIGNER_UNKNOWN", "unknown", "R069"),
    _assigner("ASSIGNER_NOT_IN_SIS", "not_in_sis", "R071"),
    _assigner("ASSIGNER_NOT_IN_CLASS", "not_in_class", "R078"),
    Rule("DUPLICATE_ITEM", "line_item", "is_first_of_name", "duplicates",
         _flag("DUPLICATE_ITEM", "duplicates", "reject")),
    Rule("NAME_OVER_LMS_LIMIT", "line_item", "title_length", "title_warn", _at_most("NAME_OVER_LMS_LIMIT", "title_warn")),
    Rule("DROPPED_SCORE_COUNTS", "line_item", "is_droppable", "note_dropped",
         _not_flag("DROPPED_SCORE_COUNTS", "note_dropped", applies_when=True), detail="category_lms"),
    # ---- is the score meant to go? ----
    Rule("NOT_ENROLLED", "result", "is_in_section", "enrolled_only", _flag("NOT_ENROLLED", "enrolled_only"), detail="seat"),
    _score("SCORE_EXCLUDED", "excluded", "on_excluded"),
    Rule("EXCUSED_NOT_SENT", "result", "score_state", "on_excused",
         lambda values: _not_in("EXCUSED_NOT_SENT", "excused") if values.on_excused == "skip" else None),
    _score("NOT_GRADED", "ungraded", "require_score", "graded"),
    _score("NO_SCORE", "blank", "require_score"),
    _score("ENROLLED_AFTER_DUE", "enrolled_after_due", "missing_policy", "auto_zero"),
    _score("ENROLMENT_DATE_UNKNOWN", "enrolment_unknown", "missing_policy", "auto_zero"),
    # ---- can the score go? ----
    _score("MISSING_WITHOUT_SCORE", "missing_blank", "missing_policy", "require_numeric"),
    _score("LATE_WITHOUT_SCORE", "late_blank", "missing_policy", "require_numeric"),
    _score("SCORE_NOT_NUMERIC", "text", "score_type"),
    Rule("SCORE_NEGATIVE", "result", "is_negative", "allow_extra_credit",
         lambda values: pa.Check(lambda series: ~_true(series), name="SCORE_NEGATIVE", ignore_na=False), "G07"),
    Rule("SCORE_ABOVE_MAX", "result", "is_above_max", "allow_extra_credit",
         _not_flag("SCORE_ABOVE_MAX", "allow_extra_credit", applies_when=False)),
    Rule("NOT_POSTED", "result", "is_shown", "require_posted", _flag("NOT_POSTED", "require_posted")),
    # ---- goes, with a word ----
    Rule("LATE_NOT_FLAGGED", "result", "is_late", "note_late",
         _not_flag("LATE_NOT_FLAGGED", "note_late", applies_when=True)),
    Rule("MISSING_NOT_FLAGGED", "result", "is_missing", "note_missing",
         _not_flag("MISSING_NOT_FLAGGED", "note_missing", applies_when=True)),
)  # fmt: skip


def rules_of(profile: Profile, grain: Grain) -> list[tuple[Rule, pa.Check]]:
    """List the rules that apply under a profile, with their checks, in the order of the book."""
    applied = ((rule, rule.check(profile.values)) for rule in RULES if rule.grain == grain)
    return [(rule, check) for rule, check in applied if check is not None]


def schema_of(profile: Profile, grain: Grain) -> pa.DataFrameSchema:
    """Give the same rules as one pandera schema: what `judge` evaluates column by column, as documentation."""
    columns: dict[str, list[pa.Check]] = {}
    for rule, check in rules_of(profile, grain):
        columns.setdefault(rule.column, []).append(check)
    return pa.DataFrameSchema(
        {name: pa.Column(checks=checks, nullable=True) for name, checks in columns.items()}, name=grain
    )
