"""What is steered from outside: clock, edits, log; faults have their own file."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "body", [{"now": "2026-11-02T03:30:00"}, {"now": "noon"}, {"now": 5}, {}, {"then": 1}, []]
)
def test_a_clock_takes_instants_only(schooltool, body):
    before = schooltool.client.get(schooltool.spec.clock_url).json()
    assert schooltool.control("clock", body).status_code == 400
    assert schooltool.client.get(schooltool.spec.clock_url).json() == before


def test_the_office_changes_a_score_past_every_refusal(schooltool):
    schooltool.put_line_item()
    schooltool.put_result()
    edits = [
        {"collection": "results", "sourcedId": "r-1", "set": {"score": 5}},
        {"collection": "lineItems", "sourcedId": "li-1", "set": {"title": "x" * 60}},
    ]
    assert schooltool.control("edit", {"edits": edits}).json() == {"edited": 2}
    assert schooltool.stored("/results/r-1")["result"]["score"] == 5
    assert len(schooltool.stored("/lineItems/li-1")["lineItem"]["title"]) == 60


def test_a_teacher_types_a_score_that_was_never_sent(schooltool):
    schooltool.put_line_item()
    typed = {"lineItem": {"sourcedId": "li-1"}, "student": {"sourcedId": "s-001"}, "score": 4}
    schooltool.control("edit", {"edits": [{"collection": "results", "sourcedId": "typed", "set": typed}]})
    found = schooltool.stored("/classes/m9-01/lineItems/li-1/results")["results"]
    assert [(result["sourcedId"], result["score"]) for result in found] == [("typed", 4)]


def test_an_edit_of_null_deletes(schooltool):
    edit = {"collection": "enrollments", "sourcedId": "m9-01-s-001", "set": None}
    assert schooltool.control("edit", {"edits": [edit]}).status_code == 200
    assert schooltool.control("edit", {"edits": [edit]}).status_code == 400


def test_edits_are_done_all_or_none(schooltool):
    good = {"collection": "categories", "sourcedId": "cat-quiz", "set": {"title": "Changed"}}
    bad = {"collection": "categories", "sourcedId": "cat-quiz", "set": {"colour": "red"}}
    answer = schooltool.control("edit", {"edits": [good, bad]})
    assert (answer.status_code, "title" in answer.json()["error"]) == (400, True)
    assert schooltool.stored("/categories/cat-quiz")["category"]["title"] == "Quiz"


@pytest.mark.parametrize(
    "edit",
    [
        {"collection": "grades", "sourcedId": "x", "set": {}},
        {"collection": "results", "sourcedId": "x"},
        {"collection": "results", "sourcedId": "x", "set": {"score": 1}},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(schooltool, edit):
    assert schooltool.control("edit", {"edits": [edit]}).status_code == 400


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("edit", {"edits": "all"}),
        ("edit", {"edits": [1]}),
        ("fault", {"faults": {}}),
        ("fault", {"do": "html"}),
    ],
)
def test_a_list_of_another_shape_is_refused(schooltool, name, body):
    assert schooltool.control(name, body).status_code == 400


def test_the_log_counts_calls_by_route_and_forgets_when_told(schooltool):
    log = f"{schooltool.spec.origin}/_sandbox/log"
    schooltool.client.delete(log)
    schooltool.get("/classes/m9-01/students")
    schooltool.get("/classes/m9-02/students")
    schooltool.get("/classes/none/students")
    schooltool.put_line_item()
    assert schooltool.client.get(log).json()["calls"] == [
        {"method": "GET", "route": "/ims/oneroster/v1p1/classes/{class_id}/students", "count": 3},
        {"method": "PUT", "route": "/ims/oneroster/v1p1/lineItems/{key}", "count": 1},
    ]
    assert schooltool.client.delete(log).json() == {"calls": []}


def test_a_body_that_is_no_json_is_refused(schooltool):
    answer = schooltool.client.post(schooltool.spec.clock_url, content=b"{")
    assert (answer.status_code, answer.json()) == (400, {"error": "the body is no JSON"})


def test_an_answer_says_by_the_districts_clock_when_it_was_given(canvas):
    canvas.control("clock", {"now": "2026-10-16T00:00:00-04:00"})
    assert canvas.get("/api/v1/courses/101").headers.get_list("date") == ["Fri, 16 Oct 2026 04:00:00 GMT"]
