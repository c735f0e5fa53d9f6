"""The values of a route, each with the rule that says so: district override > route > SIS > LMS > global.

The files below `profiles/` are the policy (`gradeflow.rules.layers` reads them); here they are typed and put
together. Every LMS routes to every SIS; a route that a guide documents is one file more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradeflow.errors import ConfigError
from gradeflow.model.district import District
from gradeflow.rules import layers

ConflictPolicy = Literal["sis_wins_sticky", "block_item", "lms_wins", "sis_wins_until_lms_changes", "ask"]


class ProfileValues(BaseModel):
    """Every key a profile may set; a key that is not here is a typo."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trigger: Literal["manual", "nightly", "both"]
    kinds: tuple[str, ...]
    gradings: tuple[str, ...]
    score_type: Literal["score_scale", "points", "numeric"]
    title_required: bool
    title_max: int | None = Field(ge=1)  # null: no limit is known
    title_warn: int | None = Field(ge=1)
    points_required: bool
    points_integer: bool
    factor_one: bool
    score_digits: int = Field(ge=0, le=4)
    allow_extra_credit: bool
    require_published: bool
    require_selected: bool
    require_final_grade: bool
    require_posted: bool
    require_rostered: bool
    require_enabled: bool
    require_term: bool
    require_score: Literal["any", "none", "graded"]
    missing_due: Literal["reject", "period_end", "period_or_course_end", "week_after_assigned"]
    send_from: Literal["any", "due"]  # from which day on an item goes: any, or its due date
    everyone_due: bool
    everyone_else: Literal["include", "exclude"]
    individuals: Literal["reject", "accept"]
    duplicates: Literal["reject", "accept"]
    effective_date: Literal["assigned", "none"]
    assign_required: bool
    due_after_assign: bool
    period_rule: Literal["open", "marking_period", "none"]
    period_dates: tuple[Literal["assign", "due", "term"], ...] = Field(min_length=1)
    same_period: bool
    school_day_rule: Literal["reject", "none"]
    section_scope: bool
    section_known: bool
    teacher_group: bool
    category_source: Literal["type_map", "group_map", "item_choice", "none"]
    category_fallback: Literal["exact_name", "none"]
    category_types: tuple[str, ...] | None
    category_template: dict[str, str]
    category_policy: Literal["create_only", "resend", "teacher_owned", "none"]
    category_scope: Literal["any", "district"]
    on_excluded: Literal["skip"]
    on_excused: Literal["skip", "exempt", "zero_exempt"]
    missing_policy: Literal["auto_zero", "require_numeric", "skip"]
    note_late: bool
    note_missing: bool
    note_dropped: bool
    enrolled_only: bool
    on_cleared: Literal["keep", "clear"]  # of a sent score that was cleared in the LMS
    conflict_policy: ConflictPolicy
    recreate_deleted: bool
    atomic_unit: Literal["score", "item"]
    attestations: tuple[str, ...]
    breaker_share_changed: float = Field(gt=0, le=1)
    breaker_share_removed: float = Field(gt=0, le=1)
    breaker_share_moved: float = Field(gt=0, le=1)
    breaker_share_zeroed: float = Field(gt=0, le=1)
    breaker_minimum: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Profile:
    """The effective profile of one district.

    Attributes:
        route: the documented route's name, such as `canvas-schooltool`, else the two kinds.
        values: what is decided.
        cites: per key the rule that says so.
        origins: per key which layer says so: `global`, `lms canvas`, `sis skyward_sms`,
            `route otus-skyward`, `district`.
        codes: per reason code the rule that it rests on, where a guide has its own.
        is_documented: a guide documents this route (R173); what no guide says is taken from the layers of
            its two sides.
    """

    route: str
    values: ProfileValues
    cites: Mapping[str, str]
    origins: Mapping[str, str]
    codes: Mapping[str, str]
    is_documented: bool


def route_names() -> tuple[str, ...]:
    """List the documented routes."""
    return tuple(route.name for route in layers.routes())


def profile_for(district: District) -> Profile:
    """Put together what holds for a district, by its file.

    Raises:
        ConfigError: an override names an unknown key or value.
    """
    return load_profile(district.lms.kind, district.sis.kind, district.overrides, district.sis.spoken_version)


def load_profile(
    lms_kind: str, sis_kind: str, overrides: Mapping[str, Any], sis_version: str | None = None
) -> Profile:
    """Put the effective profile together, for any two kinds.

    Args:
        overrides: a district's own values.
        sis_version: of the SIS's interface, where the district file names one.

    Raises:
        ConfigError: an override names an unknown key or value.
    """
    route = layers.route_between(lms_kind, sis_kind)
    values: dict[str, Any] = {}
    cites: dict[str, str] = {}
    origins: dict[str, str] = {}
    codes: dict[str, str] = {}
    for layer in layers.layers_of(lms_kind, sis_kind, sis_version):
        for key, entry in layer.values.items():
            values[key], cites[key], origins[key] = entry["value"], entry["rule"], layer.origin
        codes |= layer.codes
    for key, value in overrides.items():
        values[key], origins[key] = value, "district"
    return Profile(
        route=f"{lms_kind}-{sis_kind}" if route is None else route.name,
        values=_checked(values),
        cites=cites,
        origins=origins,
        codes=codes,
        is_documented=route is not None,
    )


def _checked(values: Mapping[str, Any]) -> ProfileValues:
    try:
        return ProfileValues.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        allowed = (
            ", ".join(sorted(ProfileValues.model_fields)) if first["type"] == "extra_forbidden" else None
        )
        raise ConfigError(f"overrides.{key}: {first['msg']}", allowed=allowed) from None
