from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gradeflow.errors import ConfigError, PermanentError
from gradeflow.model.gradebook import ResultWrite
from gradeflow.ports import Calls, ConnectorContext
from gradeflow.sis import skyward_qmlativ, skyward_sms
from gradeflow.sis.oneroster_answers import vendor_of
from gradeflow.sis.oneroster_bodies import Writer
from gradeflow.sis.oneroster_lists import USERS, ListReader
from gradeflow.sis.oneroster_sink import OneRosterSink
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.sis.registry import by_kind, connectors
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient

PROFILE = OneRosterProfile(kind="p", label="Practice", evidence="assumed", renew="Renew.", widen="Buy.")
WRITE = ResultWrite("r1", "li", "s", "007", 85_000, "graded", "2026-11-16")


def run(answer: Callable[[httpx.Request], httpx.Response], work: Callable[[Any], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        calls = Calls()
        async with HttpClient(
            vendor_of(PROFILE),
            "https://sis.example/v1p1",
            bearer_token("t"),
            calls,
            transport=httpx.MockTransport(answer),
        ) as http:
            context = ConnectorContext(
                "d", ZoneInfo("UTC"), dt.datetime(2026, 11, 16, tzinfo=dt.UTC), lambda reference: ""
            )
            reader = ListReader(http, PROFILE.label, 2)
            writer = Writer(PROFILE, "1.1", http.base_url, http.base_url, context.zone, context.as_of)
            return await work(OneRosterSink(PROFILE, "p:x", reader, reader, writer, context, calls))

    return asyncio.run(main())


def items(*keys: str) -> list[dict[str, str]]:
    return [{"sourcedId": key} for key in keys]


async def line_items(sink: Any) -> list[str]:
    return list((await sink.read_line_items("s")).sis_id)


def test_a_provider_without_links_is_read_by_its_total() -> None:
    every = items("a", "b", "c", "d", "e")

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        page = every[start : start + int(request.url.params["limit"])]
        return httpx.Response(200, json={"lineItems": page}, headers={"X-Total-Count": "5"})

    assert run(answer, line_items) == ["a", "b", "c", "d", "e"]


def test_a_list_shorter_than_its_total_is_not_used() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = items("a") if request.url.params["offset"] == "0" else []
        return httpx.Response(200, json={"lineItems": page}, headers={"X-Total-Count": "5"})

    with pytest.raises(PermanentError, match="says it has 5 records") as caught:
        run(answer, line_items)
    assert caught.value.code == "LIST_INCOMPLETE"


def pages_of(
    keys: str, *, total: int | None = None, honours_offset: bool = True
) -> Callable[[httpx.Request], httpx.Response]:
    """Serve line items as a provider without links does."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"]) if honours_offset else 0
        page = items(*keys)[start : start + int(request.url.params["limit"])]
        headers = {} if total is None else {"X-Total-Count": str(total)}
        return httpx.Response(200, json={"lineItems": page}, headers=headers)

    return answer


@pytest.mark.parametrize("total", [4, 5, None])
def test_a_provider_that_gives_the_first_page_again_and_again_gives_no_list(total: int | None) -> None:
    with pytest.raises(PermanentError, match="nothing of it is used") as caught:
        run(pages_of("abcde", total=total, honours_offset=False), line_items)
    assert caught.value.code == "LIST_INCOMPLETE"


@pytest.mark.parametrize("keys", ["", "a", "ab", "abc", "abcd", "abcde"])
def test_a_provider_without_links_and_total_is_asked_until_a_page_is_short(keys: str) -> None:
    assert run(pages_of(keys), line_items) == list(keys)


def test_a_list_with_links_ends_where_they_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["offset"] == "0", "asked beyond the last page"
        return httpx.Response(200, json=items("a", "b"), headers={"Link": '<?offset=0>; rel="last"'})

    assert run(answer, line_items) == ["a", "b"]


def test_a_link_that_is_no_page_does_not_end_a_list() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        response = pages_of("abc")(request)
        response.headers["Link"] = '</style.css>; rel="preload"'
        return response

    assert run(answer, line_items) == ["a", "b", "c"]


def test_a_row_that_comes_twice_hides_none_behind_it() -> None:
    assert run(pages_of("aabc"), line_items) == ["a", "b", "c"]
    with pytest.raises(PermanentError, match="LIST_INCOMPLETE"):
        run(pages_of("aabc", total=4), line_items)  # is a fourth one missing? nobody can know


async def students(sink: Any) -> int:
    return len({record["sourcedId"] for record in await sink.roster.whole("/students", USERS)})


@pytest.mark.parametrize(("total", "found"), [(4, 2), (5, None)])
def test_people_listed_once_per_school_count_once_per_school(total: int, found: int | None) -> None:
    rows = [{"sourcedId": key, "orgs": [school]} for school in "xy" for key in "ab"]

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        page = [row | {"dateLastModified": str(start)} for row in rows[start : start + 2]]
        return httpx.Response(200, json={"users": page}, headers={"X-Total-Count": str(total)})

    if found is not None:
        assert run(answer, students) == found
        return
    with pytest.raises(PermanentError, match="LIST_INCOMPLETE"):
        run(answer, students)


@pytest.mark.parametrize("total", [5, None])
def test_people_given_again_with_another_time_stamp_are_the_same(total: int | None) -> None:
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        assert asked < 9, "asks for ever"
        page = [{"sourcedId": key, "dateLastModified": str(asked)} for key in "ab"]
        headers = {} if total is None else {"X-Total-Count": str(total)}
        return httpx.Response(200, json={"users": page}, headers=headers)

    with pytest.raises(PermanentError, match="LIST_INCOMPLETE"):
        run(answer, students)


def test_people_without_an_id_count_as_rows() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        rows = [{"sourcedId": "t"}, {"familyName": "X"}]
        return httpx.Response(200, json={"users": rows}, headers={"X-Total-Count": "2"})

    assert len(run(answer, lambda sink: sink.roster.whole("/teachers", USERS))) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"lineItems": items("a")},
        {"LineItems": items("a")},
        items("a"),
        {"lineItems": [{"lineItem": {"sourcedId": "a"}}]},
        {"imsx_codeMajor": "success", "data": items("a")},
    ],
)
def test_a_list_is_found_in_each_form(body: Any) -> None:
    assert run(lambda request: httpx.Response(200, json=body), line_items) == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"error": "x"},
        "text",
        {"lineItems": None},
        {"lineItems": [{"title": "x"}]},
        {"lineItems": [7]},
    ],
)
def test_an_answer_without_the_list_is_no_empty_list(body: Any) -> None:
    with pytest.raises(PermanentError) as caught:
        run(lambda request: httpx.Response(200, json=body), line_items)
    assert caught.value.code == "ANSWER_UNREADABLE"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"imsx_codeMinor": "invalid data", "imsx_description": "Marked 8.5"}, "(invaliddata)"),
        (
            {
                "imsx_CodeMinor": {
                    "imsx_codeMinorField": [
                        {"imsx_codeMinorFieldName": "x", "imsx_codeMinorFieldValue": "Invalid_Data"}
                    ]
                }
            },
            "(invaliddata)",
        ),
        ({"code": "PERIOD_CLOSED"}, "(periodclosed)"),
        ({"error": "score 8.5 of Marked refused"}, "422 ["),
        ([1], "422 ["),
    ],
)
def test_error_bodies_give_a_word_and_never_a_value(body: Any, word: str) -> None:
    with pytest.raises(PermanentError) as caught:
        run(lambda request: httpx.Response(422, json=body), lambda sink: sink.put_result(WRITE))
    assert word in str(caught.value)
    assert caught.value.code == "SIS_REFUSED"
    assert not any(value in str(caught.value) for value in ("Marked", "8.5"))


def test_an_html_error_page_is_a_refusal_too() -> None:
    with pytest.raises(PermanentError) as caught:
        run(lambda request: httpx.Response(400, html="<html>Marked"), lambda sink: sink.put_result(WRITE))
    assert caught.value.code == "SIS_REFUSED"


def test_a_200_whose_body_says_failure_is_a_refusal() -> None:
    body = {"imsx_codeMajor": "failure", "imsx_codeMinor": "invaliddata"}
    with pytest.raises(PermanentError) as caught:
        run(lambda request: httpx.Response(200, json=body), lambda sink: sink.put_result(WRITE))
    assert caught.value.code == "SIS_REFUSED"
    assert "PUT /results/... was" in str(caught.value)


def test_ids_are_quoted_in_paths_and_sent_as_they_are() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201)

    write = ResultWrite("r/1,2 %", "li", "s", "007", 80_000, "graded", "2026-11-16")
    run(answer, lambda sink: sink.put_result(write))
    assert seen[0].url.raw_path == b"/v1p1/results/r%2F1%2C2%20%25"
    assert json.loads(seen[0].content)["result"]["sourcedId"] == "r/1,2 %"
    assert b'"score":8,' in seen[0].content


KINDS = {
    "aeries",
    "eschoolplus",
    "infinite_campus",
    "powerschool",
    "schooltool",
    "skyward_qmlativ",
    "skyward_sms",
}


def test_a_connector_is_one_module_that_says_what_to_know_and_what_to_ask_for() -> None:
    assert set(connectors()) >= KINDS
    for kind in KINDS:
        connector = by_kind(kind)
        assert connector.kind == kind
        assert connector.limits
        assert connector.needs


def test_an_unknown_kind_names_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"allowed: aeries, .*schooltool, skyward_qmlativ, skyward_sms"):
        by_kind("marked")


def test_the_remedy_is_the_one_of_the_version() -> None:
    assert "Secured User" in skyward_sms.PROFILE.renew
    assert "Partner Portal" in skyward_qmlativ.PROFILE.renew
    assert "disabled" in skyward_qmlativ.PROFILE.renew
    assert all("licence" in one.PROFILE.widen for one in (skyward_sms, skyward_qmlativ))
