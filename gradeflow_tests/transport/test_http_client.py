"""What the HTTP client does with each answer: wait, send again, or say what to do next."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
    RetriableError,
)
from gradeflow.ports import Calls
from gradeflow.transport.answers import Next, Vendor, error_for, next_for
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow_tests.transport.http_calls import HTML, OK, ask, read, write


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Next.USE),
        (201, Next.USE),
        (204, Next.USE),
        (302, Next.REFUSED),
        (400, Next.REFUSED),
        (401, Next.RENEW),
        (403, Next.FORBIDDEN),
        (404, Next.GONE),
        (408, Next.WAIT),
        (409, Next.REFUSED),
        (412, Next.REFUSED),
        (422, Next.REFUSED),
        (429, Next.WAIT),
        (500, Next.UNSURE),
        (502, Next.UNSURE),
        (503, Next.WAIT),
        (504, Next.UNSURE),
    ],
)
def test_each_status_says_what_to_do_next(status: int, expected: Next) -> None:
    assert next_for(status) is expected


def test_no_status_is_without_a_row() -> None:
    assert {next_for(status) for status in range(100, 600)} <= set(Next)


@pytest.mark.parametrize(
    ("status", "of_read", "of_write"),
    [
        (302, PermanentError, PermanentError),
        (400, PermanentError, PermanentError),
        (401, CredentialError, CredentialError),
        (403, CredentialError, CredentialError),
        (404, PermanentError, PermanentError),
        (422, PermanentError, PermanentError),
        (429, RetriableError, RetriableError),
        (500, RetriableError, AmbiguousDeliveryError),
        (503, RetriableError, RetriableError),
    ],
)
def test_a_status_raises_the_error_of_its_recovery(
    far: Any, status: int, of_read: type[OutsideError], of_write: type[OutsideError]
) -> None:
    for work, expected in ((read, of_read), (write, of_write)):
        side = far(*[httpx.Response(status, text="Ann Marked got 8.5")] * 4)
        with pytest.raises(expected) as caught:
            side.run(work)
        assert type(caught.value) is expected
        assert caught.value.status == status


def test_a_busy_system_is_asked_again_after_growing_pauses(far: Any) -> None:
    side = far(httpx.Response(500), httpx.ReadTimeout("x"), httpx.Response(503), OK)
    assert side.run(read) == {"score": 1}
    assert side.waited == [0.5, 1.0, 2.0]
    assert side.calls.reads == 4


def test_a_throttled_write_is_sent_again_since_it_was_not_stored(far: Any) -> None:
    side = far(httpx.Response(429, headers={"Retry-After": "7"}), OK)
    assert side.run(write) == {"score": 1}
    assert side.waited == [7.0]
    assert side.calls.writes == 2


def test_a_write_throttled_for_ever_ends_with_how_long_to_wait(far: Any) -> None:
    side = far(*[httpx.Response(429, headers={"Retry-After": "9"})] * 4)
    with pytest.raises(RetriableError) as caught:
        side.run(write)
    assert caught.value.retry_after_seconds == 9.0
    assert side.calls.writes == 4


def test_a_write_lost_after_a_throttle_is_unknown_and_not_sent_again(far: Any) -> None:
    side = far(httpx.Response(503), httpx.ReadTimeout("x"))
    with pytest.raises(AmbiguousDeliveryError):
        side.run(write)
    assert side.calls.writes == 2
    assert len(side.waited) == 1


def test_a_call_that_waits_keeps_its_place(far: Any) -> None:
    async def two(client: Any) -> None:
        await asyncio.gather(client.get("/one"), client.get("/two"))

    side = far(httpx.Response(429), httpx.Response(429), OK, OK)
    side.run(two, max_in_flight=1)
    assert [one.url.path for one in side.seen] == ["/api/one", "/api/one", "/api/one", "/api/two"]


def test_calls_under_way_at_one_time_count_their_attempts_apart(far: Any) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(503) if request.url.path.endswith("/busy") else OK

    async def many(client: Any) -> list[Any]:
        client._http._transport = httpx.MockTransport(answer)
        calls = (client.get("/busy" if number % 2 else "/fine") for number in range(8))
        return await asyncio.gather(*calls, return_exceptions=True)

    side = far()
    answers = side.run(many)
    assert answers[::2] == [{"score": 1}] * 4
    assert all(type(one) is RetriableError for one in answers[1::2])
    assert side.calls.reads == 4 + 4 * 4
    assert sorted(side.waited) == [0.5] * 4 + [1.0] * 4 + [2.0] * 4


def test_a_cancelled_wait_ends_at_once_and_frees_its_place(far: Any) -> None:
    async def work(client: Any) -> Any:
        first = asyncio.ensure_future(write(client))
        while not side.waited:
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await read(client)

    async def for_ever(seconds: float) -> None:
        side.waited.append(seconds)
        await asyncio.Event().wait()

    side = far(httpx.Response(429), OK)
    side.sleep = for_ever
    assert side.run(work, max_in_flight=1) == {"score": 1}
    assert side.calls.writes == 1


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("x"), httpx.WriteError("x"), httpx.RemoteProtocolError("x")]
)
def test_a_write_without_an_answer_is_unknown_and_not_sent_again(far: Any, failure: Exception) -> None:
    side = far(failure)
    with pytest.raises(AmbiguousDeliveryError, match="read back"):
        side.run(write)
    assert side.calls.writes == 1
    assert side.waited == []


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.Response(500)])
def test_a_read_by_post_is_sent_again_and_counts_as_a_read(far: Any, failure: Any) -> None:
    side = far(failure, OK)
    assert side.run(ask) == {"score": 1}
    assert [request.method for request in side.seen] == ["POST", "POST"]
    assert (side.calls.reads, side.calls.writes) == (2, 0)
    assert side.seen[0].content == b'{"request":["/v1/sections/1"]}'


def test_a_refused_connection_certainly_had_no_effect(far: Any) -> None:
    side = far(*[httpx.ConnectError("x")] * 4)
    with pytest.raises(RetriableError) as caught:
        side.run(write)
    assert caught.value.code == "UNREACHABLE"


def test_who_is_out_of_reach_is_told_by_host_alone(far: Any) -> None:
    side = far(*[httpx.ConnectError("x")] * 4)
    with pytest.raises(RetriableError, match="is the address in the district file right") as caught:
        side.run(read)
    host = side.seen[0].url.netloc.decode()
    assert f"no connection to {host} (ConnectError)" in str(caught.value)
    assert not any(part in str(caught.value) for part in ("/results", "marked", "http"))


@pytest.mark.parametrize("status", [400, 405, 409, 422])
def test_a_read_that_is_refused_says_what_to_look_at(far: Any, status: int) -> None:
    with pytest.raises(PermanentError, match=f"answered {status}: it refuses the question .* district file"):
        far(httpx.Response(status)).run(read)
    with pytest.raises(PermanentError, match=rf"answered {status} \["):
        far(httpx.Response(status)).run(write)


def test_html_on_a_read_is_no_data(far: Any) -> None:
    with pytest.raises(PermanentError, match="answered HTML, not JSON: is base_url right") as caught:
        far(HTML).run(read)
    assert caught.value.code == "NOT_JSON"


@pytest.mark.parametrize("content", [b"", b'{"cut": ', b"NaN", b"\xff"])
def test_a_body_that_is_no_json_is_refused_on_a_read_and_no_echo_on_a_write(far: Any, content: bytes) -> None:
    with pytest.raises(PermanentError):
        far(httpx.Response(200, content=content)).run(read)
    assert far(httpx.Response(200, content=content)).run(write) is None


def test_a_redirect_is_never_followed_with_the_token(far: Any) -> None:
    for work in (read, write):
        side = far(httpx.Response(307, headers={"Location": "https://evil.example/api"}), OK)
        with pytest.raises(PermanentError, match="correct the address"):
            side.run(work)
        assert len(side.seen) == 1


def test_numbers_stay_exact(far: Any) -> None:
    body = far(httpx.Response(200, text='{"a": 8.10, "b": 8}')).run(read)
    assert body == {"a": Decimal("8.10"), "b": 8}
    assert str(body["a"]) == "8.10"


def test_no_more_than_the_limit_is_under_way(far: Any) -> None:
    running = peak = 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running -= 1
        return OK

    async def many(client: Any) -> None:
        client._http._transport = httpx.MockTransport(slow)
        await asyncio.gather(*(read(client) for _ in range(40)))

    far().run(many)
    assert peak == 8


def test_another_part_of_a_system_shares_all_but_its_headers_and_refusals(far: Any) -> None:
    system = far(OK, httpx.Response(401), httpx.Response(200, json={}))

    async def work(client: Any) -> None:
        other = client.at("https://sis.example/book", client.vendor, {"x-key": "hidden"})
        await other.get("/a")
        assert "hidden" not in repr(other)
        with pytest.raises(CredentialError):
            await other.get("/b")
        with pytest.raises(CredentialError):
            await other.get("/c")  # refused for good, so not asked again
        await client.get("/d")

    system.run(work)
    assert [str(request.url) for request in system.seen] == [
        "https://sis.example/book/a",
        "https://sis.example/book/b",
        "https://sis.example/api/d",
    ]
    assert [request.headers.get("x-key") for request in system.seen] == ["hidden", "hidden", None]
    assert system.calls.reads == 3


def test_two_parts_of_a_system_share_its_places() -> None:
    most = now = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return httpx.Response(200, json={})

    async def main() -> None:
        vendor, transport = Vendor(label="SchoolTool", renew="", widen=""), httpx.MockTransport(answer)
        async with HttpClient(
            vendor,
            "https://sis.example/api",
            bearer_token("t"),
            Calls(),
            max_in_flight=2,
            transport=transport,
        ) as client:
            other = client.at("https://sis.example/book", vendor, {})
            await asyncio.gather(*(one.get("/a") for one in (client, other) * 4))

    asyncio.run(main())
    assert most == 2


@pytest.mark.parametrize(("is_write", "word"), [(True, "sends it again"), (False, "reads it again")])
def test_what_could_not_be_done_now_says_what_the_next_run_does(is_write: bool, word: str) -> None:
    method = "PUT" if is_write else "GET"
    response = httpx.Response(503, request=httpx.Request(method, "https://sis.example/classes"))
    error = error_for(Vendor("Skyward", renew="", widen=""), Next.WAIT, response, is_write=is_write)
    assert word in str(error)
