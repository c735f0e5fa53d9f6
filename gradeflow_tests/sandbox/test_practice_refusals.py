"""One test per row of what the practice SIS refuses, each with the neighbour that still passes."""

from __future__ import annotations

import pytest
from oneroster_practice import words

FIFTY = "x" * 50
Q1, Q2 = "2026-10-01T16:00:00.000Z", "2026-11-20T17:00:00.000Z"

LINE_ITEMS = [
    ("schooltool", {"title": FIFTY + "x"}, {"title": FIFTY}, "50"),
    ("skyward_sms", {"title": FIFTY}, {"title": FIFTY[1:]}, "50"),
    ("skyward_qmlativ", {"title": FIFTY}, {"title": FIFTY[1:]}, "50"),
    ("schooltool", {"dueDate": None}, {}, "dueDate"),
    ("skyward_sms", {"dueDate": None}, {}, "dueDate"),
    (
        "schooltool",
        {"category": {"sourcedId": "cat-lab"}},
        {"category": {"sourcedId": "cat-lab"}, "class": {"sourcedId": "sci-01"}},
        "not offered",
    ),
    ("skyward_sms", {"category": {"sourcedId": "cat-lab"}}, {}, "district-level"),
    ("skyward_sms", {"resultValueMax": 10.5}, {"resultValueMax": 10.0}, "whole"),
    ("skyward_sms", {"dueDate": "2026-09-10T16:00:00Z"}, {"dueDate": "2026-09-11T16:00:00Z"}, "before"),
    ("skyward_sms", {"dueDate": Q2}, {"assignDate": Q2, "dueDate": Q2}, "different"),
    ("skyward_sms", {"dueDate": "2027-07-01T16:00:00Z"}, {}, "outside"),
]


@pytest.mark.parametrize(("flavour", "refused", "taken", "words"), LINE_ITEMS)
def test_a_line_item_is_refused_by_this_row_alone(start, flavour, refused, taken, words):
    (sis,) = start(flavour)
    answer = sis.put_line_item("bad", **refused)
    assert answer.status_code == 422
    assert answer.json()["imsx_codeMinor"] == "invalid data"
    assert words in answer.json()["imsx_description"]
    assert sis.stored("/lineItems")["lineItems"] == []
    assert sis.put_line_item("good", **taken).status_code == 201


NEW_LINE_ITEMS = [
    ("infinite_campus", "v1p1", {"title": FIFTY + "x"}, {"title": FIFTY}, "50"),
    ("powerschool", "v1p1", {"title": FIFTY + "x"}, {"title": FIFTY}, "50"),
    ("aeries", "v1p1", {"title": FIFTY}, {"title": FIFTY[1:]}, "50"),
    ("infinite_campus", "v1p2", {"resultValueMax": 10.5}, {}, "whole"),
    ("powerschool", "v1p1", {"resultValueMax": 10.5}, {}, "whole"),
    ("aeries", "v1p1", {"resultValueMax": 10.5}, {}, "whole"),
    ("infinite_campus", "v1p1", {"dueDate": None}, {}, "dueDate"),
    ("powerschool", "v1p1", {"dueDate": None}, {"assignDate": None}, "dueDate"),
    ("eschoolplus", "v1p1", {"dueDate": None}, {"assignDate": None}, "dueDate"),
    ("eschoolplus", "v1p1", {"category": None}, {}, "category"),
    ("eschoolplus", "v1p2", {"category": {"sourcedId": "cat-lab"}}, {}, "not offered"),
    ("powerschool", "v1p1", {"category": {"sourcedId": "cat-lab"}}, {}, "district-level"),
    ("infinite_campus", "v1p2", {"dueDate": "2027-07-01T16:00:00Z"}, {"dueDate": Q1}, "open grading"),
    ("powerschool", "v1p1", {"dueDate": "2027-06-19T16:00:00Z"}, {"dueDate": "2027-06-18T16:00:00Z"}, "term"),
    ("eschoolplus", "v1p2", {"dueDate": "2027-06-21T16:00:00Z"}, {"dueDate": Q1}, "marking periods"),
    (
        "eschoolplus",
        "v1p2",
        {"dueDate": "2026-11-26T17:00:00Z"},
        {"dueDate": "2026-11-25T17:00:00Z"},
        "school",
    ),
    (
        "eschoolplus",
        "v1p1",
        {"dueDate": "2026-11-21T17:00:00Z"},
        {"dueDate": "2026-11-23T17:00:00Z"},
        "school",
    ),
]


@pytest.mark.parametrize(("kind", "version", "wrong", "right", "told"), NEW_LINE_ITEMS)
def test_a_vendor_refuses_a_line_item_by_this_row_alone(sis_of, kind, version, wrong, right, told):
    sis = sis_of(kind, version)
    answer = sis.put_line_item("bad", **wrong)
    assert (answer.status_code, told in words(answer)) == (422, True)
    assert sis.stored("/lineItems")["lineItems"] == []
    assert sis.put_line_item("good", **right).status_code == 201


def test_the_day_on_which_an_item_is_due_is_the_districts(sis_of):
    """Thanksgiving ends at midnight in New York, five hours later than in UTC."""
    sis = sis_of("eschoolplus")
    assert sis.put_line_item(dueDate="2026-11-27T04:59:00Z").status_code == 422
    assert sis.put_line_item(dueDate="2026-11-26T04:59:00Z").status_code == 201


@pytest.mark.parametrize("kind", ["infinite_campus", "powerschool"])
def test_a_title_is_unique_in_its_class(sis_of, kind):
    sis = sis_of(kind, "v1p1")
    assert sis.put_line_item("a", title="Quiz 1").status_code == 201
    taken = sis.put_line_item("b", title=" QUIZ 1")
    assert (taken.status_code, "title" in words(taken)) == (422, True)
    other = {"class": {"sourcedId": "m9-02"}}
    assert sis.put_line_item("c", title="Quiz 1", **other).status_code == 201
    assert sis.put_line_item("a", title="Quiz 1", resultValueMax=20).status_code == 200


def test_two_new_items_of_one_batch_cannot_have_one_title(sis_of):
    sis = sis_of("infinite_campus")
    rows = [sis.line_item("a", title="Quiz"), sis.line_item("b", title="Quiz")]
    answer = sis.post("/classes/m9-01/lineItems", {"lineItems": rows})
    assert (answer.status_code, words(answer).startswith("lineItems[1]")) == (422, True)
    assert sis.stored("/lineItems")["lineItems"] == []


def test_campus_takes_a_due_date_until_its_period_closes_and_any_day_of_assignment(sis_of):
    sis = sis_of("infinite_campus")
    early = {"assignDate": "2026-08-01T16:00:00Z", "dueDate": Q1}
    sis.practice.control("clock", {"now": "2026-11-22T23:59:00-05:00"})
    assert sis.put_line_item("in-time", **early).status_code == 201
    sis.practice.control("clock", {"now": "2026-11-23T00:00:00-05:00"})
    assert sis.put_line_item("too-late", **early).status_code == 422


@pytest.mark.parametrize(
    ("kind", "code"),
    [("powerschool", 422), ("aeries", 422), ("infinite_campus", 201), ("eschoolplus", 201)],
)
def test_who_is_not_in_the_class_is_refused_where_that_is_known(sis_of, kind, code):
    sis = sis_of(kind, "v1p1")
    sis.put_line_item()
    assert sis.put_result(student="s-012").status_code == code


@pytest.mark.parametrize(("score", "code"), [(8.1234, 201), (8.12345, 422), (8.0, 201), (8, 201)])
def test_aeries_takes_four_decimals(sis_of, score, code):
    sis = sis_of("aeries", "v1p1")
    sis.put_line_item()
    assert sis.put_result(score=score).status_code == code


@pytest.mark.parametrize("kind", ["infinite_campus", "powerschool", "eschoolplus"])
def test_part_of_a_point_is_taken_by_the_others(sis_of, kind):
    sis = sis_of(kind, "v1p1")
    sis.put_line_item()
    assert sis.put_result(score=8.123456).json()["result"]["score"] == 8.123456


def test_skyward_takes_dates_of_a_period_until_the_day_it_closes(skyward):
    skyward.control("clock", {"now": "2026-11-22T23:59:00-05:00"})
    assert skyward.put_line_item("in-time").status_code == 201
    skyward.control("clock", {"now": "2026-11-23T00:00:00-05:00"})
    answer = skyward.put_line_item("too-late")
    assert (answer.status_code, answer.json()["imsx_description"]) == (
        422,
        "assignDate or dueDate lies outside the open grading periods",
    )


def test_the_last_minute_of_a_period_belongs_to_it_in_local_time(skyward):
    assert skyward.put_line_item(dueDate="2026-11-09T04:59:00.000Z").status_code == 201
    assert skyward.put_line_item(dueDate="2026-11-09T05:00:00.000Z").status_code == 422


def test_schooltool_takes_dates_of_any_period(schooltool):
    assert schooltool.put_line_item(dueDate=Q2, assignDate=Q1).status_code == 201
    assert schooltool.put_line_item("li-2", resultValueMax=10.5).status_code == 201


@pytest.mark.parametrize("student", ["s-006", "s-007", "s-012"])
def test_schooltool_refuses_a_score_of_a_student_who_is_not_in_the_class(start, student):
    (sis,) = start("schooltool")
    sis.put_line_item()
    answer = sis.put_result(student={"sourcedId": student})
    assert (answer.status_code, answer.json()["imsx_description"]) == (
        422,
        "student is not enrolled in the class of this line item",
    )
    assert sis.put_result(student={"sourcedId": "s-005"}).status_code == 201


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"score": "A-"}, "number"),
        ({"score": None}, "number"),
        ({"score": True}, "number"),
        ({"scoreStatus": "fullyGraded"}, "scoreStatus"),
        ({"scoreDate": None}, "scoreDate"),
        ({"student": {"sourcedId": "nobody"}}, "student"),
        ({"lineItem": {"sourcedId": "none"}}, "lineItem"),
        ({"sourcedId": "other"}, "sourcedId"),
        ({"status": "gone"}, "status"),
    ],
)
def test_a_result_that_breaks_the_standard_is_refused(skyward, changes, words):
    skyward.put_line_item()
    answer = skyward.put_result(**changes)
    assert answer.status_code == 422
    assert words in answer.json()["imsx_description"]
    assert skyward.stored("/results")["results"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class": {"sourcedId": "none"}}, "class"),
        ({"category": {"sourcedId": "none"}}, "category"),
        ({"gradingPeriod": {"sourcedId": "none"}}, "gradingPeriod"),
        ({"title": " "}, "title"),
        ({"resultValueMax": "10"}, "resultValueMax"),
        ({"dueDate": "tomorrow"}, "dueDate"),
    ],
)
def test_a_line_item_that_breaks_the_standard_is_refused(schooltool, changes, words):
    answer = schooltool.put_line_item(**changes)
    assert answer.status_code == 422
    assert words in answer.json()["imsx_description"]


@pytest.mark.parametrize("body", [None, [], {}, {"lineItem": 1}, {"result": {}}])
def test_a_body_of_another_shape_is_refused(schooltool, body):
    assert schooltool.put("/lineItems/li-1", body).status_code == 422


def test_a_refused_update_leaves_the_line_item_as_it_was(schooltool):
    schooltool.put_line_item()
    assert schooltool.put_line_item(title=FIFTY + "x").status_code == 422
    assert schooltool.stored("/lineItems/li-1")["lineItem"]["title"] == "Ratios practice"
