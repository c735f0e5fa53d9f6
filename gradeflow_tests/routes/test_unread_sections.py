"""A platform that gives one section only in part: nothing of it is concluded, and that is told."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gradeflow.transport.waiting import Waiting
from gradeflow_tests.routes.conftest import District
from gradeflow_tests.routes.outside import held_by
from gradeflow_tests.routes.real_school import real_school

# A list of every section, without which nothing is known of the section's scores, or of its items either
LISTS = [
    pytest.param("canvas", "*/sections/*/enrollments", id="canvas, scores"),
    pytest.param("oneroster", "*/results", id="oneroster, scores"),
    pytest.param("oneroster", "*/lineItems", id="oneroster, items"),
    pytest.param("schoology", "*/grading_categories", id="schoology, items"),
]


@pytest.mark.parametrize(("lms", "path"), LISTS)
def test_a_section_that_stays_out_of_reach_is_told_and_left_as_it_is(
    joined: Callable[[str, str], District], monkeypatch: pytest.MonkeyPatch, lms: str, path: str
) -> None:
    monkeypatch.setattr(Waiting, "seconds", lambda *_: 0.0)
    district = joined(lms, "schooltool")
    first, control = district.night(1), f"{district.lms.origin}/_sandbox/fault"
    held = held_by(district.sis)
    fault = {"do": "status", "code": 503, "path": path, "after": 1, "times": None}
    httpx.post(control, json={"faults": [fault]}).raise_for_status()

    second = district.night(2)
    assert (second.stopped, second.writes, held_by(district.sis)) == ([], 0, held)
    sections = len(real_school().sections)
    assert second.findings["LMS_INCOMPLETE"] * sections == sum(first.line_items.values())
    assert "ORPHAN_IN_SIS" not in second.findings

    httpx.delete(control).raise_for_status()
    third = district.night(3)
    assert "LMS_INCOMPLETE" not in third.findings
    assert (third.writes, held_by(district.sis)) == (0, held)


def test_a_section_that_cannot_be_read_on_its_very_first_night_is_told_all_the_same(
    joined: Callable[[str, str], District], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Waiting, "seconds", lambda *_: 0.0)
    district = joined("oneroster", "schooltool")
    fault = {"do": "status", "code": 503, "path": "*/lineItems", "after": 1, "times": None}
    httpx.post(f"{district.lms.origin}/_sandbox/fault", json={"faults": [fault]}).raise_for_status()
    first = district.night(1)
    assert (first.findings["LMS_INCOMPLETE"], len(real_school().sections)) == (1, 2)
    assert held_by(district.sis) != {}
