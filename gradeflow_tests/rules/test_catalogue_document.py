"""What is shown of the catalogue: the checked-in reference, and the rules and values of one route."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gradeflow.rules
from gradeflow.errors import ConfigError
from gradeflow.rules.catalogue import catalogue
from gradeflow.rules.catalogue.markdown import catalogue_markdown
from gradeflow.rules.catalogue.standing import standing, standing_on
from gradeflow.rules.profile import ProfileValues, load_profile, route_names

REFERENCE = Path(gradeflow.rules.__file__).parent / "catalogue.md"


def test_the_reference_is_what_the_catalogue_says_now() -> None:
    """Else: gradeflow rules --markdown > gradeflow/rules/catalogue.md."""
    assert REFERENCE.read_text(encoding="utf-8") == catalogue_markdown()


def test_the_reference_has_every_rule_once_and_says_what_is_missing() -> None:
    lines = catalogue_markdown().splitlines()
    body = lines[lines.index("## itslearning") :]
    for rule, row in catalogue().items():
        own = [line for line in body if line.startswith(f"| {rule} |")]
        assert len(own) == 1
        assert row.missing is None or f"missing: {row.missing}" in own[0]
    columns = 0
    for line in lines:
        cells = re.split(r"(?<!\\)\|", line) if line.startswith("|") else []
        assert columns in {0, len(cells)} or not cells
        columns = len(cells)


@pytest.mark.parametrize("route", route_names())
def test_every_value_of_a_route_has_a_layer_and_a_rule(route: str) -> None:
    there = standing_on(route)
    assert set(there.values) == set(ProfileValues.model_fields)
    ids = {row.id for row in there.rows}
    assert {value.rule for value in there.values.values() if value.origin != "global"} <= ids


def test_a_route_has_its_own_rules_and_not_those_of_others() -> None:
    ids = {row.id for row in standing_on("canvas-schooltool").rows}
    assert {"R111", "R154", "R200"} <= ids
    assert not {"R006", "R014", "R045", "R183"} & ids
    # No guide has this pair; what its two sides take from guides holds all the same.
    derived = standing_on("canvas-skyward_sms")
    assert {"R042", "R067", "R111", "E15"} <= {row.id for row in derived.rows}
    assert not derived.profile.is_documented


def test_an_override_is_shown_as_the_districts_own() -> None:
    there = standing("otus", "skyward_sms", load_profile("otus", "skyward_sms", {"title_max": 40}))
    row = catalogue()["R044"]
    value = there.values_of(row)["title_max"]
    assert (value.value, value.origin, value.rule) == (40, "district", "R044")


@pytest.mark.parametrize("route", ["", "otus", "otus-", "skyward_sms-otus", "canvas-nothing"])
def test_an_unknown_route_is_named_with_those_that_there_are(route: str) -> None:
    with pytest.raises(ConfigError, match="otus-skyward"):
        standing_on(route)
