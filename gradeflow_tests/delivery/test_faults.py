"""What an SIS may answer to a write, and what becomes of it: nothing lost, nothing twice, nothing in silence."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow_tests.delivery.nights import Done, night, unresolved
from gradeflow_tests.delivery.practice import Practice

ITEMS, RESULTS = "/lineItems/*", "/results/*"
ROWS = {"line_items": 14, "results": 84}
IN_FLIGHT = 8


def adds_up(done: Done) -> bool:
    return (sum(done.line_items.values()), sum(done.results.values())) == tuple(ROWS.values())


@pytest.mark.parametrize(
    ("fault", "keys"),
    [
        pytest.param("expire_tokens", {}, id="401 once: the token is renewed"),
        pytest.param("status", {"code": 429, "headers": {"Retry-After": "0"}, "times": 3}, id="429"),
        pytest.param("status", {"code": 429}, id="429 without Retry-After"),
        pytest.param("status", {"code": 503}, id="503"),
        pytest.param("status", {"code": 500}, id="500"),
        pytest.param("reset", {}, id="connection reset before the commit"),
        pytest.param("lose_answer", {}, id="connection lost after the commit"),
        pytest.param("bad_json", {}, id="answer broken off"),
        pytest.param("no_echo", {"times": None}, id="an SIS that never says what it stored"),
    ],
)
@pytest.mark.parametrize("path", [ITEMS, RESULTS])
def test_a_passing_fault_leaves_no_trace(
    practice: Practice, undisturbed: dict[str, Any], path: str, fault: str, keys: dict[str, Any]
) -> None:
    practice.sis.fault(fault, method="PUT", path=path, **keys)
    done = night(practice)
    assert (done.code, done.message) == (3, "")
    assert (done.line_items["created"], done.results["created"]) == (6, 16)
    assert practice.state() == undisturbed
    assert (unresolved(practice), adds_up(done)) == (0, True)
