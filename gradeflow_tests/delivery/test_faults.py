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


@pytest.mark.parametrize(
    ("code", "word", "unknown"), [(401, "new client key and secret", 4), (403, "turn on", 0)]
)
def test_refused_credentials_stop_the_district_and_say_what_to_do(
    practice: Practice, undisturbed: dict[str, Any], code: int, word: str, unknown: int
) -> None:
    practice.sis.fault("status", method="PUT", path=RESULTS, code=code, times=None, after=4)
    done = night(practice)
    assert done.code == 5
    assert word in done.message.lower()
    # Those in flight when the first was refused, each asked once more with a new token; nothing after them.
    assert practice.sis.calls("PUT", "/results/{key}") <= 4 + IN_FLIGHT * (2 if code == 401 else 1)
    # Where nothing may be read any more either, a yes could not be checked: the next run looks.
    created = 4 - unknown
    assert (done.line_items["created"], done.results["created"]) == (6, created)
    assert done.results["failed"] == 16 - created
    assert (unresolved(practice), adds_up(done)) == (unknown, True)
    practice.sis.clear()
    assert night(practice).code == 3
    assert (unresolved(practice), practice.state()) == (0, undisturbed)


def test_what_refused_credentials_left_goes_in_the_next_run(
    practice: Practice, undisturbed: dict[str, Any]
) -> None:
    practice.sis.fault("status", method="PUT", path=ITEMS, code=403, times=None, after=2)
    assert night(practice).code == 5
    practice.sis.clear()
    assert night(practice).code == 3
    assert practice.state() == undisturbed


def test_a_refused_line_item_stays_behind_alone_with_its_results(
    practice: Practice, undisturbed: dict[str, Any]
) -> None:
    scored = next(iter(undisturbed["results"].values()))["lineItem"]["sourcedId"]
    practice.sis.fault("status", method="PUT", path=f"*/lineItems/{scored}", code=422)
    done = night(practice)
    assert done.code == 3
    assert done.line_items["created"] == 5
    assert done.line_items["rejected"] == 5 + 1
    assert done.findings["SIS_REFUSED"] == 1
    behind = len(undisturbed["results"]) - done.results["created"]
    assert done.findings["ITEM_REFUSED"] == behind > 0
    assert done.results["rejected"] == 37 + behind
    assert adds_up(done)
    resting = night(practice)
    assert (resting.line_items, resting.results) == (
        {**done.line_items, "created": 0, "unchanged": 5},
        {**done.results, "created": 0, "unchanged": done.results["created"]},
    )
    assert night(practice, retry=True).line_items["created"] == 1
    assert practice.state() == undisturbed


def test_a_refused_result_stays_behind_alone(practice: Practice, undisturbed: dict[str, Any]) -> None:
    practice.sis.fault("status", method="PUT", path=RESULTS, code=422)
    done = night(practice)
    assert (done.results["created"], done.results["rejected"]) == (15, 38)
    assert adds_up(done)
    practice.sis.forget()
    assert night(practice).results["rejected"] == 38
    assert practice.sis.calls("PUT") == 0
    assert night(practice, retry=True).results["created"] == 1
    assert practice.state() == undisturbed


@pytest.mark.parametrize("echoes", [True, False], ids=["repeats what was sent", "says nothing"])
@pytest.mark.parametrize("path", [ITEMS, RESULTS])
def test_a_yes_that_stored_nothing_is_found_out_and_sent_again_next_night(
    practice: Practice, undisturbed: dict[str, Any], path: str, echoes: bool
) -> None:
    practice.sis.fault("store_nothing", method="PUT", path=path)
    if not echoes:
        practice.sis.fault("no_echo", method="PUT", path=path)
    done = night(practice)
    assert done.findings["NOT_STORED"] == 1
    kind = done.line_items if path == ITEMS else done.results
    assert kind["failed"] == 1
    assert adds_up(done)
    assert practice.state() != undisturbed
    practice.sis.clear()
    assert night(practice).code == 3
    assert practice.state() == undisturbed


@pytest.mark.parametrize(
    ("fault", "path", "keys"),
    [("round", RESULTS, {"digits": 0}), ("cut_title", ITEMS, {"length": 6})],
    ids=["scores rounded", "titles cut"],
)
@pytest.mark.parametrize("loses", [False, True], ids=["answered", "answers lost"])
def test_an_sis_that_stores_less_than_it_was_sent_is_no_conflict(
    practice: Practice, fault: str, path: str, keys: dict[str, Any], loses: bool
) -> None:
    practice.sis.fault(fault, method="PUT", path=path, times=None, **keys)
    if loses:
        practice.sis.fault("lose_answer", method="PUT", path=path, times=None)
    first = night(practice)
    assert (first.line_items["created"], first.results["created"]) == (6, 16)
    before = practice.state()
    practice.sis.forget()
    second = night(practice)
    assert practice.sis.calls("PUT") == 0
    assert (second.results["unchanged"], second.results["held"], second.line_items["held"]) == (16, 0, 0)
    assert practice.state() == before


def test_a_later_change_passes_over_a_rounded_score(practice: Practice) -> None:
    practice.sis.fault("round", method="PUT", path=RESULTS, times=None, digits=0)
    night(practice)
    item = practice.item("Unit 1 quiz", "m9-02")
    assert practice.results_of(item)["s-007"]["score"] == 13
    practice.grade(502, "s-007", 14.5)
    done = night(practice)
    assert (done.results["updated"], done.results["held"]) == (1, 0)
    assert practice.results_of(item)["s-007"]["score"] == 15


def test_an_unreadable_section_fails_its_rows_and_makes_nothing_twice(
    practice: Practice, undisturbed: dict[str, Any]
) -> None:
    practice.sis.fault("status", method="GET", path="/classes/m9-01/lineItems", code=404, times=None)
    done = night(practice)
    assert done.line_items["created"] == 4
    assert done.line_items["failed"] == 2
    assert done.findings["NOT_READ"] > 0
    assert adds_up(done)
    assert all(row["class"]["sourcedId"] != "m9-01" for row in practice.sis.records("lineItems").values())
    practice.sis.clear()
    assert night(practice).line_items["created"] == 2
    assert practice.state() == undisturbed


def test_unreadable_results_are_not_taken_for_an_empty_list(loaded: Practice) -> None:
    item = loaded.item("Ratios practice", "m9-01")
    before = loaded.state()
    loaded.grade(501, "s-001", 10)
    loaded.sis.fault("html", method="GET", path=f"*/lineItems/{item}/results", times=None)
    done = night(loaded)
    assert (done.results["failed"], done.results["updated"]) == (1, 0)
    assert loaded.state() == before


def test_an_sis_that_answers_html_is_named_once_and_nothing_is_written(practice: Practice) -> None:
    practice.sis.fault("html", path="*", method="GET", times=None)
    done = night(practice)
    assert done.code == 5
    assert "HTML" in done.message
    assert "base_url" in done.message
    assert practice.sis.calls("PUT") == 0


def test_a_token_address_that_answers_html_is_named(practice: Practice) -> None:
    practice.sis.fault("html", path="/oauth/token", method="POST", times=None)
    done = night(practice)
    assert done.code == 5
    assert "token_url" in done.message


@pytest.mark.parametrize(
    ("fault", "sends"),
    [
        pytest.param("lose_answer", 22, id="stored: not sent again"),
        pytest.param("reset", 23, id="not stored: sent once more"),
    ],
)
@pytest.mark.parametrize("path", [ITEMS, RESULTS])
def test_an_unknown_outcome_is_read_back_before_anything_is_sent_again(
    practice: Practice, path: str, fault: str, sends: int
) -> None:
    practice.sis.fault(fault, method="PUT", path=path, after=2)
    place = "/lineItems" if path == ITEMS else "/lineItems/{line_item_id}/results"
    done = night(practice)
    assert (done.line_items["created"], done.results["created"]) == (6, 16)
    assert practice.sis.calls("PUT") == sends
    # Three sections are read for the plan; then each place is read once for each round that wrote there.
    places, for_plan = (3, 3) if path == ITEMS else (4, 0)
    assert practice.sis.calls("GET", place) == for_plan + places + (sends - 22)
