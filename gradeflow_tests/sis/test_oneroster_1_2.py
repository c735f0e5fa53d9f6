from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from zoneinfo import ZoneInfo

import httpx
import pytest

from gradeflow.errors import AmbiguousDeliveryError, PermanentError, RetriableError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.ports import Calls, ConnectorContext
from gradeflow.sis.oneroster_answers import vendor_of
from gradeflow.sis.oneroster_bodies import OWN_ID, Writer
from gradeflow.sis.oneroster_sink import OneRosterSink
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oneroster import Version
from gradeflow.transport.oneroster_lists import ListReader
from gradeflow.transport.waiting import Waiting

ROSTER, BOOK = "https://sis.example/rostering/v1p2", "https://sis.example/gradebook/v1p2"
PROFILE = OneRosterProfile(
    kind="p", label="Practice", evidence="assumed", renew="Renew.", widen="Buy.", versions=("1.2", "1.1")
)
ITEM = LineItemWrite(
    "li", "07,1", "school-1", "Cells", "2026-10-30", "2026-11-02", "c1", "q1", 100_000, is_create=True
)
RESULT = ResultWrite("r1", "li", "07,1", "007", 85_000, "graded", "2026-11-16")
UTC = ZoneInfo("UTC")
AS_OF = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)
Answer = Callable[[httpx.Request], httpx.Response]


async def no_pause(seconds: float) -> None:
    del seconds


def run(
    answer: Answer,
    work: Callable[[Any], Awaitable[Any]],
    *,
    profile: OneRosterProfile = PROFILE,
    version: Version = "1.2",
    id_mode: Literal["client", "server"] = "client",
    page_size: int = 100,
    **more: Any,
) -> Any:
    is_given = id_mode == "server"

    async def main() -> Any:
        calls = Calls()
        async with HttpClient(
            vendor_of(profile),
            ROSTER,
            bearer_token("t"),
            calls,
            waiting=Waiting(sleep=no_pause),
            transport=httpx.MockTransport(answer),
        ) as http:
            book = http.at(BOOK, vendor_of(profile, is_id_given=is_given, is_gradebook=True), {})
            context = ConnectorContext("d", UTC, AS_OF, lambda reference: "")
            sink = OneRosterSink(
                profile,
                "p:x",
                ListReader(http, page_size),
                ListReader(book, page_size),
                Writer(profile, version, ROSTER, BOOK, UTC, AS_OF, is_given),
                context,
                calls,
                allocates_ids=is_given,
                **more,
            )
            return await work(sink)

    return asyncio.run(main())


def sent(work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201)

    run(answer, work, **more)
    return json.loads(seen[0].content)


def test_a_line_item_of_1_2_names_its_school_and_leads_to_both_services() -> None:
    item = sent(lambda sink: sink.put_line_item(ITEM))["lineItem"]
    assert item["school"] == {"href": f"{ROSTER}/orgs/school-1", "sourcedId": "school-1", "type": "org"}
    assert item["class"]["href"] == f"{ROSTER}/classes/07%2C1"
    assert item["category"]["href"] == f"{BOOK}/categories/c1"
    assert item["gradingPeriod"]["type"] == "academicSession"
    student = sent(lambda sink: sink.put_result(RESULT))["result"]["student"]
    assert student == {"href": f"{ROSTER}/users/007", "sourcedId": "007", "type": "user"}


def test_a_line_item_of_1_1_has_no_school() -> None:
    assert "school" not in sent(lambda sink: sink.put_line_item(ITEM), version="1.1")["lineItem"]


@pytest.mark.parametrize(
    ("requires", "field", "word"),
    [(frozenset(), "school_id_sis", "school"), (frozenset({"category"}), "category_id_sis", "category")],
)
def test_a_line_item_without_what_the_sis_demands_is_not_sent(requires: Any, field: str, word: str) -> None:
    profile = dataclasses.replace(PROFILE, requires=requires)
    nothing: dict[str, Any] = {field: None}
    write = dataclasses.replace(ITEM, **nothing)

    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError("sent")

    with pytest.raises(PermanentError, match=f"a line item needs {word} here"):
        run(answer, lambda sink: sink.put_line_item(write), profile=profile)
    kept = dataclasses.replace(write, observed_raw=json.dumps({word: {"sourcedId": "x"}}))
    assert sent(lambda sink: sink.put_line_item(kept), profile=profile)["lineItem"][word] == {
        "sourcedId": "x"
    }


def test_flags_go_back_as_words() -> None:
    write = dataclasses.replace(RESULT, observed_raw='{"late": true, "missing": "false", "comment": "x"}')
    result = sent(lambda sink: sink.put_result(write))["result"]
    assert (result["late"], result["missing"], result["comment"]) == ("true", "false", "x")
    assert sent(lambda sink: sink.put_result(write), version="1.1")["result"]["late"] is True


def test_where_the_sis_gives_ids_its_own_is_kept_and_ours_goes_beside() -> None:
    stored: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"lineItems": stored})
        stored.append({**json.loads(request.content)["lineItem"], "sourcedId": 4711})
        return httpx.Response(201, json={"lineItem": stored[-1]})

    async def work(sink: Any) -> Any:
        return await sink.put_line_item(ITEM), await sink.read_line_items("07,1")

    answered, seen = run(answer, work, id_mode="server")
    assert answered.sis_id == "4711"
    assert (seen.iloc[0].sis_id, seen.iloc[0].external_id) == ("4711", "li")


def test_our_id_goes_beside_only_when_it_is_made() -> None:
    known = dataclasses.replace(
        ITEM, sis_id="4711", is_create=False, observed_raw=json.dumps({"metadata": {OWN_ID: "li", "w": 1}})
    )
    item = sent(lambda sink: sink.put_line_item(known), id_mode="server")["lineItem"]
    assert item["metadata"] == {OWN_ID: "li", "w": 1}
    assert "metadata" not in sent(lambda sink: sink.put_line_item(ITEM))["lineItem"]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"sourcedIdPairs": [{"suppliedSourcedId": "li", "allocatedSourcedId": "9"}]}, "9"),
        ({"sourcedIdPairs": {"suppliedSourcedId": "li", "allocatedSourcedId": 9}}, "9"),
        ({"sourcedIdPairs": [{"suppliedSourcedId": "other", "allocatedSourcedId": "9"}]}, "li"),
        ({"sourcedIdPairs": ["li", {"suppliedSourcedId": "li"}]}, "li"),
        ({}, "li"),
    ],
)
def test_a_put_may_be_answered_with_a_pair_of_ids(body: Any, key: str) -> None:
    answered = run(lambda _: httpx.Response(201, json=body), lambda sink: sink.put_line_item(ITEM))
    assert (answered.sis_id, answered.title) == (key, None)


@pytest.mark.parametrize("status", [408, 503])
@pytest.mark.parametrize(
    ("id_mode", "error", "tries"), [("client", RetriableError, 4), ("server", AmbiguousDeliveryError, 1)]
)
def test_an_outage_is_certain_only_where_a_put_can_be_repeated(
    status: int, id_mode: Any, error: type[Exception], tries: int
) -> None:
    count = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return httpx.Response(status)

    with pytest.raises(error):
        run(answer, lambda sink: sink.put_line_item(ITEM), id_mode=id_mode)
    assert count == tries


@pytest.mark.parametrize(("status", "batch"), [(403, 1), (405, 1), (501, 1), (404, 50), (409, 50), (422, 50)])
def test_a_sis_without_bulk_calls_is_asked_once(status: int, batch: int) -> None:
    async def work(sink: Any) -> Any:
        with pytest.raises(PermanentError):
            await sink.put_results([RESULT, dataclasses.replace(RESULT, sis_id="r2", student_id_sis="8")])
        with pytest.raises(PermanentError):
            await sink.put_line_items([ITEM, dataclasses.replace(ITEM, sis_id="li2")])
        return sink.result_batch, sink.line_item_batch

    found = run(lambda _: httpx.Response(status), work, result_batch=50, line_item_batch=50)
    assert found == (batch, batch)


def test_a_batch_whose_body_says_failure_is_refused_as_a_whole() -> None:
    writes = [RESULT, dataclasses.replace(RESULT, sis_id="r2", student_id_sis="8")]
    body = {"imsx_StatusInfo": {"imsx_codeMajor": "failure", "imsx_codeMinor": "invaliddata"}}
    with pytest.raises(PermanentError, match="its body says failure"):
        run(lambda _: httpx.Response(201, json=body), lambda sink: sink.put_results(writes))


def test_one_row_that_fails_by_itself_does_not_hide_the_others() -> None:
    writes = [dataclasses.replace(RESULT, sis_id=key, observed_raw="{}") for key in ("a", "b")]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            422 if request.url.path.endswith("/a") else 200, json={"result": {"score": 8.5}}
        )

    first, second = run(answer, lambda sink: sink.put_results(writes))
    assert isinstance(first, PermanentError)
    assert second.sis_id == "b"


def test_a_provider_with_a_page_limit_of_its_own_is_read_to_the_end() -> None:
    every = [{"sourcedId": str(number)} for number in range(250)]

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        assert request.url.params["limit"] == "1000"
        return httpx.Response(200, json={"lineItems": every[start : start + 100]})

    found = run(answer, lambda sink: sink.read_line_items("s"), page_size=1000)
    assert len(found) == 250


@pytest.mark.parametrize(
    "body",
    [
        {"error": "x", "errors": []},
        {"messages": []},
        {"lineItems": [], "imsx_codeMajor": "failure", "imsx_codeMinor": "unauthorisedrequest"},
    ],
)
def test_an_answer_of_errors_is_no_empty_list(body: Any) -> None:
    with pytest.raises(PermanentError):
        run(lambda _: httpx.Response(200, json=body), lambda sink: sink.read_line_items("s"))


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"imsx_StatusInfo": {"imsx_codeMajor": "failure", "imsx_codeMinor": "invalid data"}}, "invaliddata"),
        ({"statusInfoSet": [{"imsx_codeMinor": "unknownobject"}]}, "unknownobject"),
        ({"errors": [{"code": "DATE_OUTSIDE_TERM", "message": "Marked 8.5"}]}, "dateoutsideterm"),
        ({"error": {"errorCode": "Locked", "text": "Marked"}}, "locked"),
        ([{"code": "closed"}], "closed"),
        ({"message": "Marked 8.5"}, "422 ["),
    ],
)
def test_wrapped_and_foreign_error_bodies_give_their_word(body: Any, word: str) -> None:
    with pytest.raises(PermanentError) as caught:
        run(lambda _: httpx.Response(422, json=body), lambda sink: sink.put_result(RESULT))
    assert word in str(caught.value)
    assert "Marked" not in str(caught.value)


def test_small_letters_in_addresses_are_for_line_items_alone() -> None:
    seen: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.partition(b"?")[0].removeprefix(b"/gradebook/v1p2"))
        return httpx.Response(200, json={"results": [], "lineItems": []} if request.method == "GET" else {})

    async def work(sink: Any) -> None:
        await sink.read_line_items("Ab")
        await sink.read_results("Ab", "Li")
        await sink.put_line_item(ITEM)

    run(answer, work, line_items_name="lineitems")
    assert seen == [b"/classes/Ab/lineitems", b"/classes/Ab/lineitems/Li/results", b"/lineitems/li"]


def lists(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    rows: dict[str, list[dict[str, Any]]] = {
        "/classes": [{"sourcedId": key, "school": "s"} for key in "ab"]
        + [{"sourcedId": "c", "status": "tobedeleted"}],
        "/classes/a/categories": [
            {"sourcedId": "hw", "title": "Homework"},
            {"sourcedId": "lab", "title": "L"},
        ],
        "/classes/b/categories": [{"sourcedId": "hw", "title": "Homework"}],
    }
    assert not path.endswith("/c/categories"), "a class that is gone"
    name = path.rpartition("/")[2]
    found = next((value for key, value in rows.items() if path.endswith("/v1p2" + key)), [])
    return httpx.Response(200, json={name: found, "imsx_codeMajor": "success"})


def test_categories_may_be_asked_for_class_by_class() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path != "/gradebook/v1p2/categories"
        body = lists(request).json()
        names = {"gradingPeriods": "academicSessions", "students": "users", "teachers": "users"}
        return httpx.Response(200, json={names.get(key, key): value for key, value in body.items()})

    found = run(answer, lambda sink: sink.read_reference(), categories_by_class=True).categories
    scope = found.set_index("category_id_sis").section_id_sis
    assert scope["lab"] == "a"
    assert scope.isna()["hw"]  # several classes offer it


DOCUMENT: dict[str, Any] = {
    "paths": {"/lineItems/{sourcedId}": {"put": {}}, "/results/{sourcedId}": {"put": {}}}
}


@pytest.mark.parametrize(
    ("document", "published_as", "passed", "detail"),
    [
        (DOCUMENT, "onerosterv1p2gradebookservice", True, "may be written"),
        (DOCUMENT, "imsorv1p2_gradebook", True, "may be written"),
        (
            {"paths": {"/ims/oneroster/gradebook/v1p2/results/{id}": {"put": {}, "get": {}}}},
            "imsorv1p2_gradebook",
            False,
            "takes no line items. Buy.",
        ),
        ({"paths": {"/results/{id}": {"get": {}}}}, "imsorv1p2", False, "no line items and no results"),
        (None, "nowhere", True, "not published"),
    ],
)
def test_what_the_gradebook_service_says_of_itself(
    document: Any, published_as: str, passed: bool, detail: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "/discovery/" in request.url.path:
            is_it = published_as in request.url.path
            return httpx.Response(200, json=document) if is_it else httpx.Response(404)
        name = {"gradingPeriods": "academicSessions", "teachers": "users"}
        last = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={name.get(last, last): [{"sourcedId": "x"}]})

    checks = run(answer, lambda sink: sink.check())
    assert [check.passed for check in checks[:-1]] == [True] * 5
    assert (checks[-1].passed, detail in checks[-1].detail) == (passed, True), checks[-1]


def test_a_list_that_is_not_there_may_be_a_matter_of_the_version() -> None:
    checks = run(lambda _: httpx.Response(404), lambda sink: sink.check())
    assert len(checks) == 1
    assert checks[0].detail.endswith('OneRoster 1.2 was asked for; does the district have version: "1.1"?')


def test_no_categories_are_no_failure_where_none_can_be_named() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "/discovery/" in request.url.path:
            return httpx.Response(404)
        name = {"gradingPeriods": "academicSessions", "teachers": "users"}
        last = request.url.path.rpartition("/")[2]
        rows = [] if last == "categories" else [{"sourcedId": "x"}]
        return httpx.Response(200, json={name.get(last, last): rows})

    without = dataclasses.replace(PROFILE, maps_categories=("1.1",))
    assert all(check.passed for check in run(answer, lambda sink: sink.check(), profile=without))
    assert [check.passed for check in run(answer, lambda sink: sink.check())].count(False) == 1
