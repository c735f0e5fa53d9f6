"""Profiles in layers: any LMS to any SIS, the narrowest owner wins, and every value says which rule it rests on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import gradeflow.rules.profiles as files
from gradeflow.errors import ConfigError
from gradeflow.model.district import District
from gradeflow.rules.layers import kinds_with_layer, layer_of
from gradeflow.rules.profile import Profile, ProfileValues, load_profile, profile_for, route_names
from gradeflow.rules.reasons import REASONS
from gradeflow.rules.rulebook import RULES, rules_of
from gradeflow.sis import infinite_campus

FOLDER = Path(files.__file__).parent
LMS = ("canvas", "schoology", "itslearning", "itslearning_files", "otus", "oneroster")
SIS = (
    "skyward_sms", "skyward_qmlativ", "infinite_campus", "schooltool", "powerschool", "powerschool_xte", "eschoolplus",
    "aeries", "aeries_v5", "file_drop",
)  # fmt: skip
PAIRS = list(itertools.product((*LMS, "elsewhere"), (*SIS, "elsewhere")))
ITSLEARNING = ("itslearning", "itslearning_files")
DOCUMENTED = {
    "itslearning-skyward": (ITSLEARNING, ("skyward_sms", "skyward_qmlativ")),
    "itslearning-infinite-campus": (ITSLEARNING, ("infinite_campus",)),
    "otus-skyward": (("otus",), ("skyward_sms", "skyward_qmlativ")),
    "canvas-schooltool": (("canvas",), ("schooltool",)),
    "schoology-eschoolplus": (("schoology",), ("eschoolplus",)),
    "schoology-powerschool": (("schoology",), ("powerschool", "powerschool_xte")),
    "schoology-skyward": (("schoology",), ("skyward_sms", "skyward_qmlativ")),
    "schoology-infinite-campus": (("schoology",), ("infinite_campus",)),
    "canvas-infinite-campus": (("canvas",), ("infinite_campus",)),
    "otus-infinite-campus": (("otus",), ("infinite_campus",)),
    "schoology-aeries": (("schoology",), ("aeries", "aeries_v5")),
}
RANGES = {
    "R": [(1, 31), (40, 87), (100, 161), (170, 189), (200, 205)],
    "C": [(1, 25)],
    "G": [(1, 24)],
    "E": [(1, 21)],
}
# Whose guide a numbered rule comes from: it may be cited where one of these systems takes part.
GUIDES = {
    (1, 31): set(ITSLEARNING),
    (40, 87): {"otus", "skyward_sms", "skyward_qmlativ"},
    (100, 161): {"canvas", "schooltool"},
    (170, 189): {"schoology", "eschoolplus"},
}


def _is_rule(rule: str) -> bool:
    letter, number = rule[0], int(rule[1:])
    return any(first <= number <= last for first, last in RANGES.get(letter, []))


def _content(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    if "like" in loaded:
        base = _content(f"{Path(name).parent}/{loaded['like']}.yaml")
        return {"values": base["values"] | loaded.get("values", {})}
    if "versions" in loaded:
        loaded["values"] |= loaded["versions"].get(loaded["version"], {})
    return loaded


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.yaml")), ids=lambda file: file.stem)
def test_every_file_of_a_layer_is_read_and_cites_rules_that_exist(file: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert set(content) <= {"like", "lms", "sis", "version", "versions", "values", "codes"}
    assert content.get("values") or content.get("like")
    versions = content.get("versions", {})
    assert ("version" in content) == bool(versions)
    assert all(isinstance(version, str) for version in versions)
    values = [content.get("values", {}), *versions.values()]
    for key, entry in itertools.chain.from_iterable(layer.items() for layer in values):
        assert key in ProfileValues.model_fields
        assert set(entry) == {"value", "rule"}
        assert _is_rule(entry["rule"]), (key, entry["rule"])
    for code, rule in content.get("codes", {}).items():
        assert code in {row.code for row in RULES}
        assert _is_rule(rule), (code, rule)


def test_every_known_kind_has_a_layer() -> None:
    assert set(kinds_with_layer("lms")) == set(LMS)
    assert set(kinds_with_layer("sis")) == set(SIS)


def test_every_rule_that_code_and_words_cite_exists() -> None:
    assert all(_is_rule(reason.rule) for reason in REASONS.values())
    assert all(_is_rule(row.rule) for row in RULES if row.rule is not None)


@pytest.mark.parametrize(("lms", "sis"), PAIRS)
def test_any_lms_routes_to_any_sis_with_a_value_and_a_citation_for_every_key(lms: str, sis: str) -> None:
    made = load_profile(lms, sis, {})
    assert set(made.cites) == set(made.origins) == set(ProfileValues.model_fields)
    documented = next((name for name, (one, many) in DOCUMENTED.items() if lms in one and sis in many), None)
    assert made.is_documented == (documented is not None)
    assert made.route == (documented or f"{lms}-{sis}")
    assert set(made.origins.values()) <= {"global", f"lms {lms}", f"sis {sis}", f"route {made.route}"}


@pytest.mark.parametrize(("lms", "sis"), PAIRS)
def test_a_value_comes_from_its_narrowest_owner(lms: str, sis: str) -> None:
    made = load_profile(lms, sis, {})
    names = {
        f"route {made.route}": f"routes/{made.route}.yaml",
        f"sis {sis}": f"sis/{sis}.yaml",
        f"lms {lms}": f"lms/{lms}.yaml",
        "global": "global.yaml",
    }
    layers = {name: _content(file)["values"] for name, file in names.items() if (FOLDER / file).exists()}
    for key, value in made.values.model_dump(mode="json").items():
        origin = next(name for name, values in layers.items() if key in values)
        entry = layers[origin][key]
        assert (made.origins[key], made.cites[key], value) == (origin, entry["rule"], entry["value"]), key


def test_each_layer_outweighs_the_wider_one() -> None:
    warn = [
        load_profile(*pair, overrides)
        for pair, overrides in (
            (("elsewhere", "elsewhere"), {}),
            (("canvas", "elsewhere"), {}),
            (("canvas", "eschoolplus"), {}),
            (("canvas", "schooltool"), {}),
            (("canvas", "schooltool"), {"title_warn": 20}),
        )
    ]
    assert [
        (made.origins["title_warn"], made.cites["title_warn"], made.values.title_warn) for made in warn
    ] == [
        ("global", "C01", None),
        ("lms canvas", "C01", 30),
        ("sis eschoolplus", "C02", 50),
        ("route canvas-schooltool", "R115", 30),
        ("district", "R115", 20),
    ]


def test_a_kind_of_another_package_has_no_layer_and_works_on_the_global_values() -> None:
    assert layer_of("lms", "elsewhere") is None
    made = load_profile("elsewhere", "elsewhere", {})
    assert set(made.origins.values()) == {"global"}
    assert made.codes == {}


@pytest.mark.parametrize("kind", ["../global", "", "routes/otus-skyward", "/etc/passwd"])
def test_a_kind_names_no_file_of_another_folder(kind: str) -> None:
    assert layer_of("lms", kind) is None


def test_a_kind_that_is_like_another_has_its_values_and_its_own() -> None:
    one, other = load_profile("otus", "skyward_sms", {}), load_profile("otus", "skyward_qmlativ", {})
    assert (one.values, one.cites, one.codes) == (other.values, other.cites, other.codes)
    assert other.origins["title_max"] == "sis skyward_qmlativ"


def test_the_documented_routes_are_those_of_the_guides() -> None:
    assert set(route_names()) == set(DOCUMENTED)


def _guides_of(rule: str) -> set[str] | None:
    if rule[0] != "R" or int(rule[1:]) >= 200:
        return None
    return next(names for (first, last), names in GUIDES.items() if first <= int(rule[1:]) <= last)


@pytest.mark.parametrize(("lms", "sis"), list(itertools.product(LMS, SIS)))
def test_no_route_is_told_a_rule_of_somebody_elses_guide(lms: str, sis: str) -> None:
    made = load_profile(lms, sis, {})
    told = [
        (rule.code, rule.cited(made))
        for grain in ("line_item", "result")
        for rule, _ in rules_of(made, grain)
    ]
    foreign = [(code, rule) for code, rule in told if not (_guides_of(rule) or {lms}) & {lms, sis}]
    assert foreign == []


@pytest.mark.parametrize(
    ("lms", "sis", "code", "rule"),
    [
        ("otus", "skyward_sms", "NO_SCORE", "R046"),
        ("otus", "skyward_sms", "NAME_REQUIRED", "R044"),
        ("otus", "skyward_sms", "CATEGORY_REQUIRED", "R056"),
        ("otus", "skyward_sms", "PERIOD_CLOSED", "R066"),
        ("otus", "skyward_sms", "SCORE_NOT_NUMERIC", "R041"),
        ("otus", "skyward_sms", "SECTION_NOT_IN_SIS", "R200"),
        ("otus", "aeries", "SECTION_NOT_IN_SIS", "E13"),
        ("canvas", "schooltool", "NO_SCORE", "R121"),
        ("canvas", "schooltool", "NAME_REQUIRED", "R114"),
        ("canvas", "schooltool", "CATEGORY_NO_MATCH", "R100"),
        ("canvas", "schooltool", "CATEGORY_GONE", "R105"),
        ("canvas", "schooltool", "CATEGORY_UNASSOCIATED", "R107"),
        ("canvas", "schooltool", "SCORE_NOT_NUMERIC", "R101"),
        ("schoology", "powerschool", "CATEGORY_REQUIRED", "R172"),
        ("schoology", "eschoolplus", "DUE_OUTSIDE_PERIOD", "R184"),
        ("itslearning", "skyward_sms", "CATEGORY_REQUIRED", "R014"),
        ("itslearning", "skyward_sms", "CATEGORY_NOT_IN_SECTION", "R015"),
        ("itslearning", "skyward_sms", "SECTION_NOT_IN_SIS", "R003"),
        ("itslearning", "infinite_campus", "PERIOD_CLOSED", "E06"),
    ],
)
def test_a_code_rests_on_the_rule_of_the_layer_that_speaks(lms: str, sis: str, code: str, rule: str) -> None:
    made = load_profile(lms, sis, {})
    assert rule in {row.cited(made) for row in RULES if row.code == code}


def test_a_straddle_and_two_open_periods_rest_on_different_rules() -> None:
    made = load_profile("otus", "skyward_sms", {})
    rows = [row for row, _ in rules_of(made, "line_item") if row.code == "PERIOD_STRADDLE"]
    assert [row.cited(made) for row in rows] == ["R067", "R064"]


def _value(made: Profile, key: str) -> object:
    return getattr(made.values, key)


@pytest.mark.parametrize(
    ("lms", "sis", "expected"),
    [
        ("itslearning", "skyward_sms", {
            "trigger": "manual", "title_max": 49, "points_integer": True, "score_type": "score_scale",
            "missing_due": "period_end", "period_dates": ("due", "term"), "category_source": "item_choice",
            "category_policy": "create_only", "on_excused": "skip", "missing_policy": "skip", "require_score": "none",
            "conflict_policy": "sis_wins_sticky", "require_rostered": True, "require_enabled": True,
            "require_term": True, "atomic_unit": "item", "note_late": True,
            "kinds": ("assignment", "test", "task"),
        }),
        ("itslearning", "infinite_campus", {
            "category_source": "none", "category_policy": "none", "missing_due": "period_end", "title_max": 50,
            "conflict_policy": "sis_wins_sticky", "points_integer": False, "on_excused": "skip",
        }),
        ("otus", "skyward_qmlativ", {
            "trigger": "nightly", "title_max": 49, "points_integer": True, "missing_due": "reject",
            "missing_policy": "auto_zero", "require_score": "graded", "category_policy": "resend",
            "category_scope": "district", "same_period": True, "conflict_policy": "ask", "atomic_unit": "score",
        }),
        ("canvas", "schooltool", {
            "trigger": "both", "title_max": 50, "title_warn": 30, "missing_due": "reject", "require_score": "any",
            "on_excused": "zero_exempt", "missing_policy": "require_numeric", "category_source": "group_map",
            "everyone_due": True, "everyone_else": "exclude", "conflict_policy": "ask", "require_selected": True,
        }),
        ("schoology", "eschoolplus", {
            "trigger": "manual", "conflict_policy": "block_item", "recreate_deleted": True, "atomic_unit": "item",
            "require_score": "none", "missing_due": "reject", "school_day_rule": "reject", "title_max": None,
            "title_warn": 50, "period_rule": "marking_period", "on_excused": "skip", "category_source": "group_map",
        }),
        ("schoology", "powerschool", {
            "missing_due": "period_or_course_end", "title_max": 50, "title_warn": 30, "points_integer": True,
            "on_excused": "exempt", "conflict_policy": "ask", "trigger": "manual",
        }),
        ("schoology", "skyward_sms", {"title_max": 49, "on_excused": "exempt", "missing_due": "reject"}),
        ("schoology", "infinite_campus", {"category_source": "none", "on_excused": "exempt", "atomic_unit": "item"}),
        ("schoology", "aeries", {"trigger": "manual", "title_max": 49, "on_excused": "exempt"}),
        ("schoology", "aeries_v5", {"title_max": 255, "on_excused": "skip", "score_digits": 4}),
        ("canvas", "infinite_campus", {"category_source": "none", "title_warn": 30, "duplicates": "reject"}),
        ("oneroster", "schooltool", {"require_published": False, "require_selected": False}),
    ],
)  # fmt: skip
def test_a_route_has_the_values_of_its_guide(lms: str, sis: str, expected: dict[str, object]) -> None:
    made = load_profile(lms, sis, {})
    assert {key: _value(made, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("lms", "version", "source", "rule"),
    [
        ("canvas", None, "none", "C11"),
        ("canvas", "1.1", "none", "C11"),
        ("canvas", "1.2", "group_map", "C11"),
        ("itslearning", 1.2, "item_choice", "R014"),  # as YAML reads it without quotes
        ("schoology", "1.1", "none", "C11"),
        ("schoology", "1.2", "group_map", "R172"),
        ("otus", "1.2", "type_map", "R056"),
        ("itslearning", "1.1", "none", "R011"),
        ("itslearning", "1.2", "item_choice", "R014"),
    ],
)
def test_infinite_campus_has_categories_from_oneroster_1_2_on(
    lms: str, version: object, source: str, rule: str
) -> None:
    sis = {"kind": "infinite_campus", **({} if version is None else {"version": version})}
    assert _category_source(lms, sis) == (source, rule)


@pytest.mark.parametrize(
    ("end", "more", "source"),
    [
        ("ims/oneroster/v1p1", {}, "none"),
        ("ims/oneroster/v1p2", {}, "group_map"),
        ("ims/oneroster/gradebook/v1p2/", {}, "group_map"),
        ("ims/oneroster/v1p2", {"version": "1.1"}, "none"),
        ("v1p2/gradeflow", {}, "none"),
    ],
)
def test_where_the_file_names_no_version_the_address_may_end_in_one(
    end: str, more: dict[str, str], source: str
) -> None:
    sis = {"kind": "infinite_campus", "base_url": f"https://campus.example/{end}", **more}
    assert _category_source("canvas", sis)[0] == source


def _category_source(lms: str, sis: Mapping[str, object]) -> tuple[str, str]:
    settings = {"district": "a", "timezone": "America/Chicago", "lms": {"kind": lms}, "sis": sis}
    made = profile_for(District.model_validate(settings))
    return made.values.category_source, made.cites["category_source"]


VERSIONED = ("sis/infinite_campus", "routes/itslearning-infinite-campus")


def test_the_version_that_a_layer_takes_for_spoken_is_the_connectors() -> None:
    spoken = {_content(f"{name}.yaml")["version"] for name in VERSIONED}
    assert spoken == {infinite_campus.PROFILE.versions[0]}


def test_an_override_may_lift_a_limit_and_may_not_be_nonsense() -> None:
    assert load_profile("canvas", "schooltool", {"title_max": None}).values.title_max is None
    with pytest.raises(ConfigError, match=re.escape("overrides.period_dates")):
        load_profile("canvas", "schooltool", {"period_dates": []})
