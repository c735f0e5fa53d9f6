"""No rule of the catalogue is silently without its examples."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from gradeflow.rules.catalogue.rows import CatalogueRow, catalogue
from gradeflow.rules.reasons import REASONS
from gradeflow_tests.book.elsewhere import DRIVEN, REPORTING, WAITING
from gradeflow_tests.book.routes import ROUTES

TESTS = Path(__file__).parents[1]
JUDGED = ("check", "transformation", "delivery", "attested")


def shown() -> dict[str, set[bool]]:
    """Give, per rule of the table, which sides it has: a passing example, a failing one."""
    found: dict[str, set[bool]] = {}
    for route in ROUTES.values():
        for case in route.cases:
            found.setdefault(case.rule, set()).update(one.is_passing for one in case.examples)
    return found


def asked_for(kinds: tuple[str, ...]) -> list[CatalogueRow]:
    """Give the rules that must have examples: built in part at least, and without a screen to come."""
    rows = catalogue().values()
    return [row for row in rows if row.kind in kinds and row.lives and row.later is None]


def test_every_rule_has_a_passing_and_a_failing_example_or_a_test_elsewhere() -> None:
    sides = shown()
    covered = {name for name, both in sides.items() if both == {True, False}}
    missing = [row for row in asked_for(JUDGED) if row.id not in covered | set(DRIVEN) | set(WAITING)]
    assert not missing, "\n".join(f"{row.id} {row.title}" for row in missing)


def test_every_reporting_rule_has_a_test_that_shows_it() -> None:
    missing = [row for row in asked_for(("reporting",)) if row.id not in REPORTING]
    assert not missing, "\n".join(f"{row.id} {row.title}" for row in missing)


@pytest.mark.parametrize(
    "place", sorted({one for places in (DRIVEN, REPORTING) for all_ in places.values() for one in all_})
)
def test_a_test_elsewhere_is_there(place: str) -> None:
    file, _, name = place.partition("::")
    assert re.search(rf"^(async )?def {name}\(", _text(file), re.MULTILINE), place


@cache
def _text(file: str) -> str:
    return (TESTS / file).read_text(encoding="utf-8")


def test_nobody_waits_for_what_is_there() -> None:
    built = [name for name in WAITING if catalogue()[name].missing is None]
    assert not built, f"write the examples of {built}"


def test_every_rule_of_the_table_is_one_of_the_catalogue() -> None:
    assert set(shown()) | set(DRIVEN) | set(REPORTING) | set(WAITING) <= set(catalogue())


def test_every_code_of_an_example_is_one_that_can_be_raised() -> None:
    codes = {
        code
        for route in ROUTES.values()
        for one in route.examples.values()
        for step in one.example.steps
        if step.then is not None
        for code in (*step.then.codes, *step.then.held, *" ".join(step.then.except_in.values()).split())
    }
    assert codes <= set(REASONS)
    assert len(codes) > 50
