"""The catalogue has a row for every rule, and every row says the truth about the code."""

from __future__ import annotations

import importlib
import itertools
import re
from collections.abc import Iterator
from functools import cache, reduce

import pytest

from gradeflow.core.three_way import TABLE
from gradeflow.rules import layers
from gradeflow.rules.catalogue import CatalogueRow, catalogue
from gradeflow.rules.profile import Profile, ProfileValues, load_profile
from gradeflow.rules.reasons import REASONS
from gradeflow.rules.rulebook import RULES

NUMBERED = {
    f"{letter}{number:0{width}}"
    for letter, width, spans in (
        ("R", 3, [(1, 31), (40, 87), (100, 161), (170, 189), (200, 205)]),
        ("C", 2, [(1, 25)]),
        ("G", 2, [(1, 24)]),
        ("E", 2, [(1, 21)]),
    )
    for first, last in spans
    for number in range(first, last + 1)
}
A_PERSON_MAY_VOUCH_FOR = {"R050", "R051", "R053", "R059", "R060", "R085", "R086", "R189"}
HALF_A_SCREEN = {f"R{number}" for span in (range(125, 162), range(174, 182)) for number in span}
ROWS = list(catalogue().values())
EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


@cache
def profiles() -> list[Profile]:
    """List the profiles of all kinds that have a layer, in the versions that differ."""
    lms, sis = layers.kinds_with_layer("lms"), layers.kinds_with_layer("sis")
    return [load_profile(*one[:2], {}, one[2]) for one in itertools.product(lms, sis, (None, "1.1", "1.2"))]


def citations() -> Iterator[tuple[str, str, str]]:
    """Give (rule id, field of the row, what stands there) for all that the code cites."""
    for made in profiles():
        yield from ((rule, "keys", key) for key, rule in made.cites.items())
        applied = (rule for rule in RULES if rule.check(made.values) is not None)
        yield from ((rule.cited(made), "codes", rule.code) for rule in applied)
        yield from ((rule, "codes", code) for code, rule in made.codes.items())
    yield from ((reason.rule, "codes", reason.code) for reason in REASONS.values())


def test_every_numbered_rule_has_a_row_and_no_other() -> None:
    assert len({one for one in NUMBERED if one.startswith("R")}) == 167
    assert set(catalogue()) == NUMBERED


@pytest.mark.parametrize(("rule", "field", "named"), sorted(set(citations())))
def test_what_cites_a_rule_stands_in_its_row(rule: str, field: str, named: str) -> None:
    assert named in getattr(catalogue()[rule], field)


@EVERY_ROW
def test_a_row_names_only_what_there_is(row: CatalogueRow) -> None:
    assert set(row.codes) <= set(REASONS)
    assert set(row.keys) <= set(ProfileValues.model_fields)
    assert set(row.rows) <= {one.number for one in TABLE}
    assert set(row.attests) <= {fact for made in profiles() for fact in made.values.attestations}
    for place in row.places:
        module, names = place.split(":")
        reduce(getattr, names.split("."), importlib.import_module(module))


@EVERY_ROW
def test_a_row_is_stated_for_routes_that_there_are(row: CatalogueRow) -> None:
    pairs = [
        f"{lms}-{sis}" for lms in layers.kinds_with_layer("lms") for sis in layers.kinds_with_layer("sis")
    ]
    for pattern in row.routes:
        assert any(row.model_copy(update={"routes": (pattern,)}).is_on(pair) for pair in pairs), pattern


def test_only_what_no_interface_can_read_is_vouched_for() -> None:
    assert {row.id for row in ROWS if row.kind == "attested" or row.attests} <= A_PERSON_MAY_VOUCH_FOR
    for row in ROWS:
        assert row.kind != "attested" or row.attests or row.missing, row.id


def test_only_screens_may_come_later() -> None:
    assert {row.id for row in ROWS if row.later is not None} <= HALF_A_SCREEN


def test_every_reason_code_three_way_row_and_profile_key_has_its_rule() -> None:
    assert {code for row in ROWS for code in row.codes} == set(REASONS)
    assert {key for row in ROWS for key in row.keys} == set(ProfileValues.model_fields)
    # What remains changes nothing and follows no rule of a guide.
    assert {one.number for one in TABLE} - {number for row in ROWS for number in row.rows} == {
        "2a", "3", "4", "5", "6", "10a"
    }  # fmt: skip


@EVERY_ROW
def test_a_check_is_one_of_the_rule_book_or_of_the_district_file(row: CatalogueRow) -> None:
    judged: set[str] = {rule.code for rule in RULES} | {"MAPPING_INCOMPLETE"}
    if row.kind == "check" and row.missing is None:
        places = [place for place in row.places if place.startswith("gradeflow.model.district:")]
        assert judged & set(row.codes) or row.keys or places


@EVERY_ROW
def test_titles_are_sentences(row: CatalogueRow) -> None:
    assert re.fullmatch(r"[A-Z].+[^.]\.", row.title)
    for said in (row.later, row.missing):
        assert said is None or (said[0].islower() and not said.endswith("."))


def test_a_guide_is_cited_only_on_its_own_routes() -> None:
    """What the file of a route says rests on rules that are stated for that route."""
    for route in layers.routes():
        for lms, sis in itertools.product(route.lms, route.sis):
            made = load_profile(lms, sis, {})
            own = {made.cites[key] for key, origin in made.origins.items() if origin == f"route {route.name}"}
            assert {rule for rule in own if not catalogue()[rule].is_on(f"{lms}-{sis}")} == set()
