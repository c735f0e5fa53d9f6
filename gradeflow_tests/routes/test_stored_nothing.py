"""An SIS that answers yes and keeps nothing: what a night reports is what the SIS holds, whatever it was told."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gradeflow.sis import registry as sis_registry
from gradeflow_tests.contracts.manners import MANNERS, Place
from gradeflow_tests.routes.conftest import District
from gradeflow_tests.routes.outside import held_by

SERVED = [kind for kind in sis_registry.connectors() if MANNERS[kind].score is not None]
MANY_SCORES = Place("POST", "/line*tems/*/results")  # the same as one score each, where a kind takes many


def forget(district: District) -> None:
    """Have the SIS answer the next two creates and the next two calls of scores as ever, and keep nothing of them."""
    manners = MANNERS[district.sis.kind]
    places = [manners.create, manners.score, MANY_SCORES]
    faults = [place.fault(do="store_nothing", times=2) for place in places if place is not None]
    answer = httpx.post(f"{district.sis.origin}/_sandbox/fault", json={"faults": faults})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("sis", SERVED)
def test_what_an_sis_only_says_it_stored_is_never_reported_as_sent(
    joined: Callable[[str, str], District], sis: str
) -> None:
    district = joined("canvas", sis)
    forget(district)
    first = district.night(1)
    assert first.line_items["failed"] == 2
    assert first.findings["NOT_STORED"] > 2
    held = held_by(district.sis)
    assert 0 < first.results["created"] == len(held)

    second = district.night(2)
    assert second.line_items["created"] == 2
    assert second.results["created"] == first.results["failed"]
    assert "NOT_STORED" not in second.findings
    assert len(held_by(district.sis)) == len(held) + second.results["created"]
    assert district.night(3).writes == 0
