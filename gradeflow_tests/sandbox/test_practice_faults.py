"""Every fault does what its row says, and stops when it has acted often enough."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from gradeflow.sandbox.faults import KINDS

PUT_RESULT = {"method": "PUT", "path": "/results/*"}


@pytest.fixture
def sis(schooltool):
    assert schooltool.put_line_item().status_code == 201
    return schooltool


def result_ids(sis) -> list[str]:
    return [result["sourcedId"] for result in sis.stored("/results")["results"]]


def test_a_status_fault_answers_with_its_code_headers_and_body_and_stores_nothing(sis):
    sis.fault("status", code=429, headers={"Retry-After": "7"}, body={"busy": True}, **PUT_RESULT)
    answer = sis.put_result()
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (429, "7", {"busy": True})
    assert result_ids(sis) == []


def test_an_html_fault_answers_a_web_page(sis):
    sis.fault("html", path="/classes")
    answer = sis.get("/classes")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html>" in answer.text


def test_an_answer_lost_after_commit_was_stored(sis):
    sis.fault("lose_answer", **PUT_RESULT)
    with pytest.raises(httpx.RemoteProtocolError):
        sis.put_result()
    assert result_ids(sis) == ["r-1"]


def test_a_reset_connection_stored_nothing(sis):
    sis.fault("reset", **PUT_RESULT)
    with pytest.raises(httpx.RemoteProtocolError):
        sis.put_result()
    assert result_ids(sis) == []


def test_store_nothing_answers_200_with_the_echo_and_stores_nothing(sis):
    sis.fault("store_nothing", **PUT_RESULT)
    answer = sis.put_result()
    assert (answer.status_code, answer.json()["result"]["score"]) == (200, 8.75)
    assert result_ids(sis) == []


@pytest.mark.parametrize(("digits", "stored"), [(0, 9), (1, 8.8), (2, 8.75)])
def test_a_score_is_stored_rounded_half_up(sis, digits, stored):
    sis.fault("round", digits=digits, **PUT_RESULT)
    assert sis.put_result().status_code == 201
    assert sis.stored("/results/r-1")["result"]["score"] == stored


def test_a_title_is_stored_cut(sis):
    sis.fault("cut_title", length=6, method="PUT", path="/lineItems/*")
    assert sis.put_line_item("li-2").status_code == 201
    assert sis.stored("/lineItems/li-2")["lineItem"]["title"] == "Ratios"


def test_latency_delays_the_answer_and_changes_nothing(sis):
    sis.fault("latency", seconds=0.05, **PUT_RESULT)
    before = time.monotonic()
    assert sis.put_result().status_code == 201
    assert time.monotonic() - before >= 0.05


def test_expired_tokens_are_refused_until_a_fresh_one_is_fetched(sis):
    sis.fault("expire_tokens", path="/classes")
    assert sis.get("/classes").status_code == 401
    assert sis.get("/classes").status_code == 401


def test_an_expired_canvas_token_is_refused_once(canvas):
    canvas.fault("expire_tokens", path="/api/v1/accounts/self")
    codes = [canvas.get("/api/v1/accounts/self").status_code for _ in range(2)]
    assert codes == [401, 200]


def test_no_echo_leaves_the_body_of_a_success_empty(sis):
    sis.fault("no_echo", **PUT_RESULT)
    answer = sis.put_result()
    assert (answer.status_code, answer.content) == (201, b"")
    assert result_ids(sis) == ["r-1"]


def test_bad_json_breaks_off(sis):
    sis.fault("bad_json", path="/classes")
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        sis.get("/classes").json()


def test_canvas_throttles_with_403_and_its_words(canvas):
    canvas.fault("rate_limit_403", path="/api/v1/accounts/self")
    answer = canvas.get("/api/v1/accounts/self")
    assert (answer.status_code, answer.text) == (403, "403 Forbidden (Rate Limit Exceeded)")


def test_canvas_without_sis_integration_says_not_enabled(canvas):
    canvas.fault("not_enabled", path="/api/sis/*")
    answer = canvas.get("/api/sis/accounts/1/assignments")
    assert (answer.status_code, answer.json()) == (400, {"code": "not_enabled"})


def test_canvas_leaves_the_sis_keys_out_by_fault(canvas):
    canvas.fault("no_sis_rights", path="/api/v1/courses/101/sections")
    assert "sis_section_id" not in canvas.get("/api/v1/courses/101/sections").json()[0]
    assert "sis_section_id" in canvas.get("/api/v1/courses/101/sections").json()[0]


@pytest.mark.parametrize(("point", "is_stored"), [("before_commit", False), ("after_commit", True)])
def test_a_held_call_ends_where_its_client_left(sis, point, is_stored):
    sis.fault("hold", point=point, **PUT_RESULT)
    with pytest.raises(httpx.ReadTimeout):
        put_with_timeout(sis, 0.2)
    wait_until(lambda: sis.faults()["held"] == 0)
    sis.client.delete(f"{sis.spec.origin}/_sandbox/fault")
    assert (result_ids(sis) == ["r-1"]) is is_stored


def test_clearing_faults_lets_a_held_call_go_on(sis):
    sis.fault("hold", **PUT_RESULT)
    codes: list[int] = []
    caller = threading.Thread(target=lambda: codes.append(sis.put_result().status_code))
    caller.start()
    wait_until(lambda: sis.faults()["held"] == 1)
    sis.client.delete(f"{sis.spec.origin}/_sandbox/fault")
    caller.join()
    assert codes == [201]


def test_a_fault_lets_calls_through_first_and_acts_so_often(sis):
    sis.fault("status", code=503, times=2, after=1, path="/classes")
    codes = [sis.get("/classes").status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    assert sis.faults()["faults"][0]["fired"] == 2


def test_a_fault_without_number_acts_until_it_is_cleared(sis):
    sis.fault("status", code=503, times=None, path="/classes")
    assert {sis.get("/classes").status_code for _ in range(3)} == {503}
    assert sis.client.delete(f"{sis.spec.origin}/_sandbox/fault").json() == {"faults": [], "held": 0}
    assert sis.get("/classes").status_code == 200


def test_deciding_faults_take_turns(sis):
    sis.fault("status", code=429, path="/classes")
    sis.fault("status", code=500, path="/classes")
    assert [sis.get("/classes").status_code for _ in range(3)] == [429, 500, 200]


def test_a_fault_leaves_other_calls_alone(sis):
    sis.fault("status", code=500, times=None, **PUT_RESULT)
    assert sis.get("/results").status_code == 200
    assert sis.put_line_item("li-2").status_code == 201


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"do": "explode"}, "round"),
        ({"do": "round", "digit": 1}, "digits"),
        ({"do": "status", "code": "500"}, "whole number"),
        ({"do": "hold", "point": "later"}, "after_commit"),
        ({"do": "status", "times": -1}, "times"),
    ],
)
def test_a_fault_that_does_not_exist_is_refused_with_what_does(schooltool, asked, told):
    answer = schooltool.control("fault", {"faults": [asked]})
    assert answer.status_code == 400
    assert told in answer.json()["error"]
    assert schooltool.faults()["faults"] == []


def test_every_kind_of_fault_can_be_armed(schooltool):
    armed: list[dict[str, Any]] = [{"do": do, "path": "/nothing"} for do in KINDS]
    assert len(schooltool.control("fault", {"faults": armed}).json()["faults"]) == len(KINDS)


def put_with_timeout(sis, seconds: float) -> None:
    headers = {"Authorization": sis.client.headers["authorization"]}
    with httpx.Client(headers=headers, timeout=seconds) as impatient:
        type(sis)(sis.spec, impatient).put_result()


def wait_until(holds) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
