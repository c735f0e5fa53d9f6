"""The faults that only batches, deleted items and vendors' keys have, and the old ones where a batch is sent."""

from __future__ import annotations

import json

import httpx
import pytest
from oneroster_practice import minor

from gradeflow.sandbox.faults import parse_fault
from gradeflow.sandbox.traffic import _altered

POST_RESULTS = {"method": "POST", "path": "/lineItems/*/results"}


@pytest.fixture
def sis(sis_of):
    found = sis_of("eschoolplus")
    assert found.put_line_item().status_code == 201
    return found


def post_two(sis):
    return sis.post(
        "/lineItems/li-1/results",
        {"results": [sis.result("r-1", "s-001", score=8.75), sis.result("r-2", "s-002", score=6.25)]},
    )


def scores(sis):
    return [result["score"] for result in sis.stored("/results")["results"]]


def test_a_path_of_a_fault_means_the_same_in_every_service(sis):
    sis.practice.fault("status", code=503, path="/results")
    sis.practice.fault("status", code=504, path="/classes")
    assert sis.get("/results").status_code == 503
    assert sis.roster("/classes").status_code == 504


def test_a_batch_is_refused_as_a_whole_with_409(sis):
    sis.practice.fault("batch_409", **POST_RESULTS)
    answer = post_two(sis)
    assert (answer.status_code, minor(answer)) == (409, "invaliddata")
    assert scores(sis) == []
    assert post_two(sis).status_code == 201


def test_one_pair_comes_as_an_object(sis):
    sis.practice.fault("one_pair", **POST_RESULTS)
    assert post_two(sis).json() == {
        "sourcedIdPairs": {"suppliedSourcedId": "r-1", "allocatedSourcedId": "r-1"}
    }
    assert scores(sis) == [8.75, 6.25]


def test_an_answer_to_a_batch_may_be_lost_after_it_was_stored(sis):
    sis.practice.fault("lose_answer", **POST_RESULTS)
    with pytest.raises(httpx.RemoteProtocolError):
        post_two(sis)
    assert scores(sis) == [8.75, 6.25]


def test_a_batch_may_be_answered_and_stored_nowhere(sis):
    sis.practice.fault("store_nothing", **POST_RESULTS)
    answer = post_two(sis)
    assert (answer.status_code, len(answer.json()["sourcedIdPairs"])) == (200, 2)
    assert scores(sis) == []


def test_scores_of_a_batch_are_rounded_half_up(sis):
    sis.practice.fault("round", digits=1, **POST_RESULTS)
    post_two(sis)
    assert scores(sis) == [8.8, 6.3]


def test_titles_of_a_batch_are_cut(sis):
    sis.practice.fault("cut_title", length=4, method="POST", path="/classes/*/lineItems")
    rows = {"lineItems": [sis.line_item("a", title="Long one"), sis.line_item("b", title="Long two")]}
    assert sis.post("/classes/m9-01/lineItems", rows).status_code == 201
    assert [item["title"] for item in sis.stored("/lineItems")["lineItems"]] == ["Item li-1", "Long", "Long"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"score": 1.25, "title": "abcdef"}, {"score": 1.3, "title": "abc"}),
        ([{"NumberCorrect": 1.25, "Description": "abcdef"}], [{"NumberCorrect": 1.3, "Description": "abc"}]),
        ({"rows": [{"inner": {"scorepoints": 2.05, "name": "abcdef"}}]}, None),
        ({"score": "1.25", "comment": "abcdef", "points": 1.25}, "same"),
        ("no object", "same"),
    ],
)
def test_flat_bodies_lists_and_batches_are_altered_alike(sent, stored):
    acting = {"round": parse_fault({"do": "round", "digits": 1})}
    acting["cut_title"] = parse_fault({"do": "cut_title", "length": 3})
    expected = {"rows": [{"inner": {"scorepoints": 2.1, "name": "abc"}}]} if stored is None else stored
    altered = json.loads(_altered(json.dumps(sent).encode(), acting))
    assert altered == (sent if stored == "same" else expected)


def remove(sis, collection, key):
    edit = {"collection": collection, "sourcedId": key, "set": None}
    assert sis.practice.control("edit", {"edits": [edit]}).status_code == 200


def test_a_write_to_a_deleted_item_may_crash(sis):
    post_two(sis)
    remove(sis, "lineItems", "li-1")
    sis.practice.fault("deleted_500", times=None)
    for answer in (sis.put_line_item(), sis.put_result(), post_two(sis)):
        assert (answer.status_code, minor(answer)) == (500, "internal_server_error")
    assert sis.put_line_item("other").status_code == 201


def test_without_that_fault_a_deleted_item_is_gone_and_can_be_made_anew(sis):
    remove(sis, "lineItems", "li-1")
    assert (sis.put_result().status_code, post_two(sis).status_code) == (422, 404)
    assert sis.put_line_item().status_code == 201


def test_a_token_expires_in_the_middle_of_a_batch_run(sis_of):
    sis = sis_of("infinite_campus")
    sis.put_line_item()
    sis.practice.fault("expire_tokens", **POST_RESULTS)
    answer = post_two(sis)
    assert (answer.status_code, minor(answer)) == (401, "unauthorisedrequest")
    assert sis.get("/results").status_code == 401
