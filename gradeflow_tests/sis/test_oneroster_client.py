from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
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
from gradeflow.sis.oneroster_sink import OneRosterSink
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.sis.registry import by_kind, connectors
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oneroster_lists import ListReader

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
            reader = ListReader(http, 2)
            writer = Writer(PROFILE, "1.1", http.base_url, http.base_url, context.zone, context.as_of)
            return await work(OneRosterSink(PROFILE, "p:x", reader, reader, writer, context, calls))

    return asyncio.run(main())


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


def test_a_result_is_cleared_by_deleting_it_and_the_answer_is_no_proof() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    stored = run(answer, lambda sink: sink.put_result(replace(WRITE, score_e4=0, status="blank")))
    assert [(one.method, one.url.path, one.content) for one in seen] == [("DELETE", "/v1p1/results/r1", b"")]
    assert not stored.is_echoed


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
