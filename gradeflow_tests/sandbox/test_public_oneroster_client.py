"""A client of others, generated from 1EdTech's OpenAPI file of OneRoster 1.1, works on every SIS that serves 1.1.

It builds its own paths, bodies and models and refuses an answer that lacks a required field, so that this holds
the practice SISs to the published schema and not to our reading of it.
"""

from __future__ import annotations

import datetime as dt

import oneroster_client as public
import pytest
from oneroster_practice import scopes, token
from requests import HTTPError

NOON = dt.datetime(2026, 11, 20, 17, tzinfo=dt.UTC)
BASE = {"status": "active", "date_last_modified": NOON}
KINDS = [
    *("schooltool", "skyward_sms", "skyward_qmlativ", "powerschool", "aeries", "infinite_campus"),
    "eschoolplus",
]


@pytest.fixture(params=KINDS)
def client(request, sis_of):
    sis = sis_of(request.param, "v1p1")
    configuration = public.Configuration()
    configuration.host = sis.root("gradebook")
    configuration.access_token = token(sis.practice, scopes("v1p1"))
    made = public.ApiClient(configuration)
    if "x-vendor-authorization" in sis.client.headers:
        made.default_headers["x-vendor-authorization"] = sis.client.headers["x-vendor-authorization"]
    made.kind = request.param
    yield made
    made.rest_client.pool_manager.clear()


def ref(key, kind):
    return public.GUIDRefType(href="http://sis.example/x", sourced_id=key, type=kind)


def item(**changes):
    fields = {
        "sourced_id": "item-1",
        "title": "From a public client",
        "assign_date": NOON,
        "due_date": NOON,
        "_class": ref("m9-01", "class"),
        "category": ref("cat-quiz", "category"),
        "grading_period": ref("q2-2026", "gradingPeriod"),
        "result_value_min": 0.0,
        "result_value_max": 20.0,
        **BASE,
        **changes,
    }
    return public.SingleLineItemType(line_item=public.LineItemType(**fields))


def result(**changes):
    fields = {
        "sourced_id": "result-1",
        "line_item": ref("item-1", "lineItem"),
        "student": ref("s-001", "user"),
        "score_status": "fully graded",
        "score": 17.5,
        "score_date": NOON.date(),
        **BASE,
        **changes,
    }
    return public.SingleResultType(result=public.ResultType(**fields))


def test_it_reads_the_roster(client):
    classes = public.ClassesManagementApi(client).get_classes().classes
    assert (classes[0].sourced_id, classes[0].class_type) == ("m9-01", "scheduled")
    (teacher,) = (
        public.TeachersManagementApi(client).get_teachers(filter="email='t-100@practice.example'").users
    )
    assert (teacher.sourced_id, teacher.role, teacher.enabled_user) == ("t-100", "teacher", True)
    (term,) = public.TermsManagementApi(client).get_terms().academic_sessions
    periods = public.GradingPeriodsManagementApi(client).get_grading_periods_for_term(term.sourced_id)
    assert [one.start_date for one in periods.academic_sessions][:2] == [
        dt.date(2026, 8, 31),
        dt.date(2026, 11, 9),
    ]
    stays = public.EnrollmentsManagementApi(client).get_enrollments(limit=2, offset=1).enrollments
    assert len(stays) == 2


def test_it_writes_and_reads_back_a_gradebook(client):
    items, results = public.LineItemsManagementApi(client), public.ResultsManagementApi(client)
    assert items.put_line_item_with_http_info(item(), "item-1")[1] == 201
    assert items.put_line_item_with_http_info(item(title="Renamed"), "item-1")[1] == 200
    assert [one.title for one in items.get_line_items_for_class("m9-01").line_items] == ["Renamed"]
    assert items.get_line_item("item-1").line_item.due_date == NOON

    assert results.put_result_with_http_info(result(), "result-1")[1] == 201
    assert results.put_result_with_http_info(result(score_status="exempt"), "result-1")[1] == 200
    held = results.get_results_for_line_item_for_class("m9-01", "item-1").results
    assert [(one.score, one.score_status, one.score_date) for one in held] == [
        (17.5, "exempt", dt.date(2026, 11, 20))
    ]
    mine = results.get_results_for_student_for_class("m9-01", "s-001").results
    assert [one.sourced_id for one in mine] == ["result-1"]


def test_it_deletes_where_that_is_offered(client):
    public.LineItemsManagementApi(client).put_line_item(item(), "item-1")
    results = public.ResultsManagementApi(client)
    results.put_result(result(), "result-1")
    if client.kind == "aeries":
        with pytest.raises(HTTPError, match="405"):
            results.delete_result("result-1")
        return
    assert results.delete_result_with_http_info("result-1")[1] == 204
    assert results.get_results().results == []
