"""Every learning platform into every SIS, on a small real gradebook: loads, then nothing, then only the changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.lms import registry as lms_registry
from gradeflow.sandbox.home import new_specs
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.server import fill, running
from gradeflow.settings import Home
from gradeflow.sis import registry as sis_registry
from gradeflow_tests.routes.outside import Held, held_by
from gradeflow_tests.routes.pipeline import Ended, run_night
from gradeflow_tests.routes.real_school import as_of, changed_school, graded, real_school

# What no teacher typed, yet stands in the SIS: by a guide's own rule.
ZEROES = "otus"  # work not handed in counts zero once it is due (R049)


@dataclass
class District:
    """One route's district, its systems running."""

    home: Home
    lms: ServerSpec
    sis: ServerSpec

    def night(self, number: int) -> Ended:
        return run_night(self.home, real_school().slug, as_of(number))


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Callable[[str, str], District]]:
    """Join two practice systems of the same school."""
    school, home = real_school(), Home(tmp_path)
    with ExitStack() as stack:

        def join(lms: str, sis: str) -> District:
            specs = new_specs([lms, sis], school, tmp_path / "sandbox" / school.slug, as_of(1))
            write_practice_district(home, school, *specs)
            home.settings_file.write_text(f"partitions: {{start: {school.start}, grain: month}}\n")
            stack.enter_context(running(specs))
            return District(home, *specs)

        yield join


def typed(held: Held) -> dict[tuple[str, str, str], Decimal | None]:
    return {cell: score for cell, (score, status) in held.items() if status == "graded"}


@pytest.mark.parametrize("sis", list(sis_registry.connectors()))
@pytest.mark.parametrize("lms", list(lms_registry.connectors()))
def test_a_route_loads_once_then_rests_then_sends_only_what_changed(
    joined: Callable[[str, str], District], lms: str, sis: str
) -> None:
    district = joined(lms, sis)

    first = district.night(1)
    assert first.stopped == []
    held = held_by(district.sis)
    expected = graded(real_school())
    assert {cell: typed(held).get(cell) for cell in expected} == expected
    others = {cell: value for cell, value in held.items() if cell not in expected}
    assert all(score == 0 or status == "exempt" for score, status in others.values()), others
    assert lms == ZEROES or not typed(others)
    assert first.results["created"] == len(held)

    second = district.night(2)
    assert second.writes == 0
    assert held_by(district.sis) == held

    changed, cells = changed_school()
    fill(district.lms, changed)
    third = district.night(3)
    now = held_by(district.sis)
    assert third.results["updated"] == len(cells)
    assert third.results["created"] == third.line_items["created"] == third.line_items["updated"] == 0
    assert {cell: now[cell][0] for cell in cells} == cells
    assert {cell for cell in now if now[cell] != held.get(cell)} == set(cells)
    assert 0 < third.writes <= len(cells)


def test_the_gradebook_is_a_real_one_and_worth_the_work() -> None:
    assert len(graded(real_school())) > 40
    assert len(changed_school()[1]) == 3
    assert as_of(2) - as_of(1) == dt.timedelta(days=1)
