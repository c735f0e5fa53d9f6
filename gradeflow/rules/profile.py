"""The values of a route, each with the rule that says so: district override > route > global.

The files below `profiles/` are the policy; this module only reads and types them. A new route is one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradeflow.errors import ConfigError

ConflictPolicy = Literal["sis_wins_sticky", "block_item", "lms_wins", "sis_wins_until_lms_changes", "ask"]


class ProfileValues(BaseModel):
    """Every key a profile may set; a key that is not here is a typo."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trigger: Literal["manual", "nightly", "both"]
    kinds: tuple[str, ...]
    gradings: tuple[str, ...]
    title_required: bool
    title_max: int = Field(ge=1)
    title_warn: int | None
    points_required: bool
    points_integer: bool
    score_digits: int = Field(ge=0, le=4)
    allow_extra_credit: bool
    require_published: bool
    require_selected: bool
    require_final_grade: bool
    require_posted: bool
    require_score: Literal["any", "none", "graded"]
    missing_due: Literal["reject", "period_end"]
    everyone_due: bool
    everyone_else: Literal["include", "exclude"]
    individuals: Literal["reject", "accept"]
    duplicates: Literal["reject", "accept"]
    effective_date: Literal["assigned", "none"]
    assign_required: bool
    due_after_assign: bool
    period_rule: Literal["open", "none"]
    period_dates: tuple[Literal["assign", "due"], ...]
    same_period: bool
    section_scope: bool
    section_known: bool
    teacher_group: bool
    category_source: Literal["type_map", "group_map", "none"]
    category_fallback: Literal["exact_name", "none"]
    category_types: tuple[str, ...] | None
    category_template: dict[str, str]
    category_policy: Literal["create_only", "resend", "teacher_owned", "none"]
    category_scope: Literal["any", "district"]
    on_excluded: Literal["skip"]
    on_excused: Literal["skip", "zero_exempt"]
    missing_policy: Literal["auto_zero", "require_numeric", "skip"]
    enrolled_only: bool
    conflict_policy: ConflictPolicy
    recreate_deleted: bool
    atomic_unit: Literal["score", "item"]
    attestations: tuple[str, ...]
    breaker_share_changed: float = Field(gt=0, le=1)
    breaker_share_removed: float = Field(gt=0, le=1)
    breaker_share_zeroed: float = Field(gt=0, le=1)
    breaker_minimum: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class Profile:
    """The effective profile of one district.

    Attributes:
        route: its name, such as `canvas-schooltool`.
        values: what is decided.
        cites: per key the rule that says so.
        origins: per key where the value comes from: global, the route, or district.
    """

    route: str
    values: ProfileValues
    cites: Mapping[str, str]
    origins: Mapping[str, str]


@cache
def _read(name: str) -> dict[str, Any]:
    text = resources.files("gradeflow.rules.profiles").joinpath(name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def _routes() -> tuple[dict[str, Any], ...]:
    files = resources.files("gradeflow.rules.profiles").iterdir()
    names = sorted(entry.name for entry in files if entry.name.endswith(".yaml"))
    return tuple(_read(name) for name in names if name != "global.yaml")


def route_names() -> tuple[str, ...]:
    """List the documented routes."""
    return tuple(entry["route"] for entry in _routes())


def load_profile(lms_kind: str, sis_kind: str, overrides: Mapping[str, Any]) -> Profile:
    """Put the effective profile of a district together.

    Raises:
        ConfigError: no route joins the two kinds, or an override names an unknown key or value.
    """
    route = next((r for r in _routes() if lms_kind in r["lms"] and sis_kind in r["sis"]), None)
    if route is None:
        pairs = ", ".join(f"{lms} -> {sis}" for r in _routes() for lms in r["lms"] for sis in r["sis"])
        raise ConfigError(f"there is no route from {lms_kind} to {sis_kind}", allowed=pairs)
    layers = [("global", _read("global.yaml")), (route["route"], route["values"])]
    values: dict[str, Any] = {}
    cites: dict[str, str] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        for key, entry in layer.items():
            values[key], cites[key], origins[key] = entry["value"], entry["rule"], origin
    for key, value in overrides.items():
        values[key], origins[key] = value, "district"
    try:
        checked = ProfileValues.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        allowed = (
            ", ".join(sorted(ProfileValues.model_fields)) if first["type"] == "extra_forbidden" else None
        )
        raise ConfigError(f"overrides.{key}: {first['msg']}", allowed=allowed) from None
    return Profile(route=route["route"], values=checked, cites=cites, origins=origins)
