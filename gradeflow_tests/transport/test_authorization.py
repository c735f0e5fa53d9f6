from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gradeflow.errors import CredentialError, OutsideError, PermanentError, RetriableError
from gradeflow.transport.auth import ClientCredentials, bearer_token


def header(auth: ClientCredentials, answer: Callable[[httpx.Request], httpx.Response]) -> str:
    async def main() -> str:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await value(auth, http)

    return asyncio.run(main())


async def value(auth: ClientCredentials, http: httpx.AsyncClient) -> str:
    return (await auth.headers(http, "GET", httpx.URL("https://sis.example/classes")))["Authorization"]


def made(**more: Any) -> ClientCredentials:
    return ClientCredentials(
        label="Skyward",
        token_url="https://sis.example/token",
        client_id="key:1",
        client_secret="hidden/é",
        renew="Make new ones.",
        **more,
    )


def granted(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"access_token": "abc", "expires_in": "100"})


def test_basic_sends_both_percent_encoded_and_the_scope() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return granted(request)

    assert header(made(scope="a b"), answer) == "Bearer abc"
    pair = base64.b64decode(seen[0].headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == "key%3A1:hidden%2F%C3%A9"
    assert seen[0].content == b"grant_type=client_credentials&scope=a+b"


def test_a_refresh_token_is_sent_where_there_is_one_and_never_shown() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return granted(request)

    auth = made(mode="body", refresh_token="fresh/1")
    assert header(auth, answer) == "Bearer abc"
    form = b"grant_type=refresh_token&refresh_token=fresh%2F1&client_id=key%3A1&client_secret=hidden%2F%C3%A9"
    assert seen[0].content == form
    assert "fresh" not in repr(auth)


def test_body_mode_sends_both_in_the_form() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return granted(request)

    header(made(mode="body"), answer)
    assert seen[0].content == (
        b"grant_type=client_credentials&client_id=key%3A1&client_secret=hidden%2F%C3%A9"
    )
    assert seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in seen[0].headers


def test_a_token_is_got_anew_shortly_before_it_ends() -> None:
    now = [0.0]
    count = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        return httpx.Response(200, json={"access_token": f"t{count}", "expires_in": 100})

    auth = made(clock=lambda: now[0])

    async def main() -> list[str]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            values = []
            for now[0] in (0.0, 69.0, 71.0):
                values.append(await value(auth, http))
            return values

    assert asyncio.run(main()) == ["Bearer t1", "Bearer t1", "Bearer t2"]


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), CredentialError, "CREDENTIAL_INVALID"),
        (httpx.Response(400, json={"error": "invalid_scope"}), CredentialError, "CREDENTIAL_INVALID"),
        (httpx.Response(503), RetriableError, "UNAVAILABLE"),
        (httpx.Response(500), RetriableError, "UNAVAILABLE"),
        (httpx.Response(404), PermanentError, "TOKEN_URL_WRONG"),
        (httpx.Response(200, html="<html>"), PermanentError, "NOT_JSON"),
        (httpx.Response(200, json={"token": "x"}), PermanentError, "NOT_JSON"),
    ],
)
def test_what_a_token_endpoint_may_answer_instead(
    answer: httpx.Response, error: type[OutsideError], code: str
) -> None:
    with pytest.raises(error) as caught:
        header(made(), lambda request: answer)
    assert caught.value.code == code
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_credentials_refused_once_are_not_shown_again(status: int) -> None:
    answers = [httpx.Response(200, json={"access_token": "t", "expires_in": 100}), httpx.Response(status)]
    now = [0.0]
    auth = made(clock=lambda: now[0])

    async def main() -> list[Any]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answers.pop(0))) as http:
            assert await value(auth, http) == "Bearer t"
            now[0] = 99.0
            at_once = await asyncio.gather(*(value(auth, http) for _ in range(8)), return_exceptions=True)
            return [*at_once, *await asyncio.gather(value(auth, http), return_exceptions=True)]

    errors = asyncio.run(main())
    assert {type(error) for error in errors} == {CredentialError}
    assert len({str(error) for error in errors}) == 1
    assert errors[-1].code == "CREDENTIAL_INVALID"
    assert errors[-1].status == status


def test_a_busy_token_endpoint_is_asked_again() -> None:
    auth = made()
    with pytest.raises(RetriableError):
        header(auth, lambda _: httpx.Response(503))
    assert header(auth, granted) == "Bearer abc"


def test_a_token_endpoint_out_of_reach_had_no_effect() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("x")

    with pytest.raises(RetriableError, match=r"at sis\.example does not answer .*: is token_url in"):
        header(made(), answer)


@pytest.mark.parametrize(
    "answer", [httpx.Response(404), httpx.Response(200, html="<html>"), httpx.ConnectError("x")]
)
def test_the_setting_that_is_named_is_one_that_the_district_file_has(answer: Any) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    for setting in ("token_url", "base_url"):
        with pytest.raises(OutsideError) as caught:
            header(made(setting=setting), respond)
        named = {name for name in ("token_url", "base_url") if name in str(caught.value)}
        assert named == {setting}


def test_no_representation_shows_a_secret() -> None:
    assert "hidden" not in repr(made())
    assert "tok" not in repr(bearer_token("tok"))
