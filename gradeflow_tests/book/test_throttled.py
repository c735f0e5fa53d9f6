"""A Canvas that throttles with 403 (E20): waited out, never taken for a missing right or an empty gradebook."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from gradeflow.errors import CredentialError, RetriableError
from gradeflow.lms import canvas
from gradeflow.lms.canvas_pacing import Pacing
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.book import gradebook
from gradeflow_tests.book.words import passes, rule
from gradeflow_tests.book.world import Opened, Route, calls, fault, opened

SUBMISSIONS = "/api/v1/sections/*/students/submissions"
ROUTE = Route(
    "canvas-schooltool, throttled",
    "canvas",
    "schooltool",
    (rule("E20", passes().sends("8.5").then(score="9").sends("9")),),
)


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let pauses take no time, and list those after a refusal."""
    found: list[float] = []
    usual = Waiting.retrying

    async def noted(seconds: float) -> None:
        found.append(seconds)

    async def at_once(_: float) -> None:
        pass

    monkeypatch.setattr(Waiting, "retrying", lambda self: usual(dataclasses.replace(self, sleep=noted)))
    monkeypatch.setattr(canvas, "Pacing", partial(Pacing, sleep=at_once))
    return found


def score_of(district: Opened) -> Decimal | None:
    held = gradebook.read(district.sis)
    (item,) = held.of("E20 passes 1", "A")
    return held.scores(item)["A-1"][0]


def test_a_throttle_is_waited_out_and_one_without_end_leaves_everything_for_the_next_night(
    tmp_path: Path, waited: list[float]
) -> None:
    with opened(ROUTE, tmp_path) as district:
        fault(district.lms, {"do": "rate_limit_403", "path": SUBMISSIONS, "times": 2})
        first = district.night(0)
        assert (first.results["created"], len(waited)) == (2, 2)
        fault(district.lms, {"do": "rate_limit_403", "times": None})
        calls(district.sis, forget=True)
        with pytest.raises(RetriableError):
            district.night(1)
        fault(district.lms, {"do": "status", "code": 403, "body": {"status": "unauthorized"}, "times": None})
        with pytest.raises(CredentialError) as refused:
            district.night(1)
        assert refused.value.code == "RIGHTS_MISSING"
        assert {method for method, _ in calls(district.sis)} <= {"GET", "POST"}
        assert score_of(district) == Decimal("8.5")
        fault(district.lms)
        after = district.night(1)
        assert (after.results["updated"], score_of(district)) == (1, Decimal(9))
        assert after.findings == first.findings
