"""Tokens of the HTTP client: renewed once, shared, and never offered again once refused."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from gradeflow.errors import (
    CredentialError,
)
from gradeflow.ports import Calls
from gradeflow.transport.answers import Vendor
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow_tests.transport.http_calls import OK, read, write


def test_a_refused_bearer_token_is_not_tried_again(far: Any) -> None:
    side = far(httpx.Response(401))
    with pytest.raises(CredentialError, match="Make new credentials") as caught:
        side.run(read)
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert len(side.seen) == 1


@pytest.mark.parametrize(
    "token", ["hidden\n", "hid\nden", "hidden ", "“hidden”", "hiddén", "hid\0den"], ids=ascii
)
@pytest.mark.parametrize("work", [read, write])
def test_a_token_that_no_header_can_carry_is_not_sent_and_asks_for_a_new_one(
    far: Any, token: str, work: Any
) -> None:
    side = far(OK)
    with pytest.raises(CredentialError, match=r"copy them anew\. Make new credentials") as caught:
        side.run(work, bearer_token(token))
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert (side.seen, side.waited, side.calls) == ([], [], Calls())
    error = caught.value
    assert "hid" not in f"{error} {error!r} {error.__cause__} {error.__context__}"


def test_an_expired_token_is_renewed_once_and_the_call_sent_again(far: Any, credentials: Any) -> None:
    side = far(httpx.Response(401), OK)
    assert side.run(write, credentials) == {"score": 1}
    assert [one.headers["Authorization"] for one in side.seen] == ["Bearer t1", "Bearer t2"]
    assert side.calls.writes == 2
    assert side.calls.reads == 0  # token calls count nowhere


def test_a_second_401_asks_for_new_credentials(far: Any, credentials: Any) -> None:
    side = far(httpx.Response(401), httpx.Response(401))
    with pytest.raises(CredentialError):
        side.run(read, credentials)
    assert side.tokens == 2


@pytest.mark.parametrize(("is_renewable", "knocks", "tokens"), [(False, 1, 0), (True, 2, 2)])
def test_refused_credentials_stay_refused_and_nobody_knocks_again(
    far: Any, credentials: Any, is_renewable: bool, knocks: int, tokens: int
) -> None:
    async def work(client: Any) -> list[str]:
        texts = []
        for one in (write, read, write):
            with pytest.raises(CredentialError) as caught:
                await one(client)
            texts.append(str(caught.value))
        return texts

    side = far(*[httpx.Response(401)] * knocks)
    texts = side.run(work, credentials if is_renewable else None)
    assert (len(side.seen), side.tokens) == (knocks, tokens)
    assert len(set(texts)) == 1
    assert "[CREDENTIAL_INVALID]" in texts[0]


def test_a_missing_right_on_one_address_silences_no_other(far: Any) -> None:
    async def work(client: Any) -> Any:
        with pytest.raises(CredentialError):
            await write(client)
        return await read(client)

    assert far(httpx.Response(403), OK).run(work) == {"score": 1}


def test_concurrent_calls_share_one_token_and_one_renewal(far: Any, credentials: Any) -> None:
    valid = "Bearer t1"

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if request.url.path == "/token":
            return side(request)
        return OK if request.headers["Authorization"] == valid else httpx.Response(401)

    async def many(client: Any) -> None:
        nonlocal valid
        client._http._transport = httpx.MockTransport(answer)
        await asyncio.gather(*(read(client) for _ in range(6)))
        valid = "Bearer t2"
        await asyncio.gather(*(read(client) for _ in range(6)))

    side = far()
    side.run(many, credentials)
    assert side.tokens == 2
    assert side.calls.reads == 18


def test_a_cookie_that_comes_with_the_token_goes_with_every_call(credentials: Any) -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            body = {"access_token": "t", "expires_in": 21600}
            return httpx.Response(200, json=body, headers={"Set-Cookie": "AWSALB=node1; Path=/"})
        seen.append(request.headers.get("Cookie"))
        return httpx.Response(200, json={})

    async def main() -> None:
        vendor = Vendor(label="Aeries", renew="", widen="")
        async with HttpClient(
            vendor, "https://sis.example/api", credentials, Calls(), transport=httpx.MockTransport(answer)
        ) as client:
            await client.get("/classes")
            await client.at("https://sis.example/book", vendor, {}).get("/lineItems")

    asyncio.run(main())
    assert seen == ["AWSALB=node1", "AWSALB=node1"]
