"""The tables of the rules hold together: codes, words, profile keys, citations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gradeflow
from gradeflow.core.three_way import TABLE
from gradeflow.errors import ConfigError
from gradeflow.rules.profile import ProfileValues
from gradeflow.rules.reasons import REASONS, Reason
from gradeflow.rules.rulebook import RULES, rules_of, schema_of
from gradeflow_tests.rules.small_school import ROUTES, profile

RULE_ID = re.compile(r"[RCGE]\d+")
# Said by `judge` itself, where a score passes with a word.
SAID_BY_JUDGE = {"AUTO_ZERO", "LMS_INCOMPLETE", "SCORE_ROUNDED", "STUDENT_IN_TWO_SECTIONS"}
SAID_BY_DIFF = {"AUTO_ZERO_STALE", "ITEM_INCOMPLETE", "LIKELY_DUPLICATE", "SIS_POINTS_CHANGED"}
SAID_BY_NIGHT = {"ORPHAN_IN_SIS", "RECREATED"}
OF_THE_DISTRICT = {"SIS_SETTING_UNATTESTED", "MAPPING_INCOMPLETE", "TEACHER_GROUP_EMPTY"}
OUTSIDE = {"CREDENTIAL_INVALID", "LICENSE_MISSING"}
RESERVED_FOR_DELIVERY = {
    "SIS_REFUSED", "SIS_PARENT_GONE", "ITEM_REFUSED", "NOT_DELIVERED", "OUTCOME_UNKNOWN", "STALE", "NOT_STORED",
    "WINDOW_ENDED", "CREATE_UNCERTAIN", "ITEM_STOPPED", "ITEM_WRITTEN_IN_PART",
}  # fmt: skip


def test_every_code_has_words_and_every_words_a_code_that_is_raised() -> None:
    by_rules = {rule.code for rule in RULES}
    by_table = {row.code for row in TABLE if row.code is not None}
    raised = by_rules | by_table | SAID_BY_JUDGE | SAID_BY_DIFF | SAID_BY_NIGHT | OF_THE_DISTRICT | OUTSIDE
    assert raised | RESERVED_FOR_DELIVERY == set(REASONS)


@pytest.mark.parametrize(
    "code", sorted(SAID_BY_JUDGE | SAID_BY_DIFF | SAID_BY_NIGHT | OUTSIDE | RESERVED_FOR_DELIVERY)
)
def test_a_code_that_no_table_raises_stands_in_the_code(code: str) -> None:
    own = Path(gradeflow.__file__).parent
    sources = [path for path in own.rglob("*.py") if path.name != "reasons.py"]
    assert any(f'"{code}"' in path.read_text(encoding="utf-8") for path in sources)


def test_every_rule_is_raised_on_some_route_and_judged_at_its_grain() -> None:
    variants = [profile(route) for route in ROUTES] + [profile("canvas", require_posted=False)]
    for rule in RULES:
        assert any(rule in [one for one, _ in rules_of(made, rule.grain)] for made in variants), rule.code
        assert rule.key in ProfileValues.model_fields


def test_outcomes_of_rules_let_rows_go_or_not() -> None:
    assert {REASONS[rule.code].outcome for rule in RULES} == {"skipped", "rejected", "noted"}


@pytest.mark.parametrize("row", REASONS.values(), ids=lambda row: row.code)
def test_words_are_written_for_people(row: Reason) -> None:
    cause, fix, rule = row.cause, row.fix, row.rule
    assert RULE_ID.fullmatch(rule)
    assert cause.endswith(".")
    assert fix.endswith(".")
    assert cause != fix


@pytest.mark.parametrize("route", list(ROUTES))
def test_every_value_of_a_profile_cites_its_rule_and_its_origin(route: str) -> None:
    made = profile(route)
    assert set(made.cites) == set(made.origins) == set(ProfileValues.model_fields)
    assert all(RULE_ID.fullmatch(rule) for rule in made.cites.values())
    assert made.is_documented == (route != "oneroster")
    for rule in RULES:
        assert RULE_ID.fullmatch(rule.cited(made))


def test_an_override_is_the_districts_and_keeps_its_citation() -> None:
    made = profile("canvas", title_max=49)
    assert (made.values.title_max, made.origins["title_max"], made.cites["title_max"]) == (
        49,
        "district",
        "R114",
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"tittle_max": 49}, r"overrides\.tittle_max.*allowed: .*title_max"),
        ({"title_max": 0}, r"overrides\.title_max"),
        ({"conflict_policy": "coin"}, r"overrides\.conflict_policy: .*'ask'"),
    ],
)
def test_an_override_that_means_nothing_is_refused(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        profile("canvas", **overrides)


@pytest.mark.parametrize(
    ("route", "key", "value"),
    [
        ("otus", "title_max", 49),
        ("otus", "points_integer", True),
        ("otus", "missing_policy", "auto_zero"),
        ("otus", "on_excused", "skip"),
        ("otus", "require_score", "graded"),
        ("otus", "category_policy", "resend"),
        ("otus", "period_dates", ("assign", "due")),
        ("canvas", "title_max", 50),
        ("canvas", "title_warn", 30),
        ("canvas", "points_integer", False),
        ("canvas", "missing_policy", "require_numeric"),
        ("canvas", "on_excused", "zero_exempt"),
        ("canvas", "require_score", "any"),
        ("canvas", "everyone_else", "exclude"),
        ("canvas", "conflict_policy", "ask"),
        ("otus", "conflict_policy", "ask"),
    ],
)
def test_the_documented_routes_have_the_values_of_their_guides(route: str, key: str, value: object) -> None:
    assert getattr(profile(route).values, key) == value


def test_the_template_of_the_twelve_types_is_the_guides() -> None:
    values = profile("otus").values
    assert values.category_types is not None
    assert set(values.category_template) == set(values.category_types)
    assert len(values.category_types) == 12
    assert values.category_template["Worksheet"] == "Classwork"


def test_the_schema_of_a_grain_holds_each_rule_once() -> None:
    for route in ROUTES:
        for grain in ("line_item", "result"):
            schema = schema_of(profile(route), grain)
            named = [(name, check.name) for name, column in schema.columns.items() for check in column.checks]
            assert sorted(named) == sorted(
                (rule.column, rule.code) for rule, _ in rules_of(profile(route), grain)
            )
