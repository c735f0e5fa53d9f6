"""Every learning platform into every SIS, on a small real gradebook: loads, then nothing, then only the changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from gradeflow.lms import registry as lms_registry
from gradeflow.sandbox.server import fill
from gradeflow.sis import registry as sis_registry
from gradeflow_tests.routes.conftest import District
from gradeflow_tests.routes.outside import Held, held_by
from gradeflow_tests.routes.real_school import as_of, changed_school, graded, real_school

# What no teacher typed, yet stands in the SIS: by a guide's own rule.
ZEROES = "otus"  # work not handed in counts zero once it is due (R049)


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

    changed = changed_school()
    fill(district.lms, changed.school)
    third = district.night(3)
    now = held_by(district.sis)
    assert third.results["updated"] == len(changed.cells)
    assert third.results["created"] == third.line_items["created"] == 0
    assert third.line_items["updated"] == len(real_school().sections)
    expected = {changed.cell(cell): value for cell, value in held.items()}
    assert now == expected | {cell: (score, "graded") for cell, score in changed.cells.items()}
    assert 0 < third.writes <= len(changed.cells) + third.line_items["updated"]
    assert not {"SIS_EDITED", "SIS_REFUSED", "OUTCOME_UNKNOWN"} & set(third.findings)
    if lms == "canvas":  # what stands there after an update depends on the SIS alone
        assert district.night(4).writes == 0


def test_the_gradebook_is_a_real_one_and_worth_the_work() -> None:
    assert len(graded(real_school())) > 25
    assert len(changed_school().cells) == 3
    assert as_of(2) - as_of(1) == dt.timedelta(days=1)
