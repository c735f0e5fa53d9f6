from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tenacity import AsyncRetrying, RetryCallState

from gradeflow.errors import PermanentError, RetriableError
from gradeflow.transport.address import installation_of, parse_address
from gradeflow.transport.together import together
from gradeflow.transport.waiting import Waiting, retry_after_seconds


async def rows(client: Any) -> list[Any]:
    return [row async for page in client.pages("/list", {"per_page": "2"}) for row in page.body]


def linked(body: list[int], url: str | None = None) -> httpx.Response:
    headers = {"link": f'<{url}>; rel="next", <x>; rel="first"'} if url else {}
    return httpx.Response(200, json=body, headers=headers)


def test_a_list_is_followed_by_its_links(far: Any) -> None:
    side = far(linked([1, 2], "https://sis.example/api/list?page=2"), linked([3], None))
    assert side.run(rows) == [1, 2, 3]
    assert str(side.seen[1].url) == "https://sis.example/api/list?page=2"


def test_a_relative_link_is_followed(far: Any) -> None:
    assert far(linked([1], "?page=2"), linked([2])).run(rows) == [1, 2]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/api/list",
        "http://sis.example/api/list",
        "https://sis.example:8443/api/list",
        "https://sis.example:port/api/list",
    ],
)
def test_a_link_off_the_origin_never_gets_the_token(far: Any, url: str) -> None:
    side = far(linked([1], url))
    with pytest.raises(PermanentError) as caught:
        side.run(rows)
    assert caught.value.code == "PAGING_OFF_ORIGIN"
    assert len(side.seen) == 1


def test_a_list_in_a_circle_is_refused(far: Any) -> None:
    one, two = "https://sis.example/api/list?page=1", "https://sis.example/api/list?page=2"
    with pytest.raises(PermanentError) as caught:
        far(linked([1], one), linked([1], two), linked([2], one)).run(rows)
    assert caught.value.code == "PAGING_LOOP"


def test_a_page_that_fails_fails_the_list(far: Any) -> None:
    side = far(linked([1], "?page=2"), httpx.Response(404))
    with pytest.raises(PermanentError):
        side.run(rows)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        (
            {"Retry-After": "Mon, 02 Nov 2026 10:00:30 GMT", "Date": "Mon, 02 Nov 2026 10:00:00 GMT"},
            30.0,
        ),
        (
            {"Retry-After": "Mon, 02 Nov 2026 10:00:00 GMT", "Date": "Mon, 02 Nov 2026 10:00:30 GMT"},
            0.0,
        ),
        ({"Retry-After": "Mon, 02 Nov 2026 10:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_each_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(httpx.Response(429, headers=headers)) == seconds


@pytest.mark.parametrize(("attempt", "full"), [(1, 0.5), (2, 1.0), (3, 2.0), (30, 60.0)])
def test_pauses_double_to_a_cap_and_half_of_each_is_drawn(attempt: int, full: float) -> None:
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.attempt_number = attempt
    drawn = [Waiting().seconds(state) for _ in range(200)]
    assert full / 2 <= min(drawn) < full * 0.6
    assert full * 0.9 < max(drawn) <= full


def test_who_asks_for_a_pause_up_to_the_cap_gets_it_whole(far: Any) -> None:
    side = far(httpx.Response(429, headers={"Retry-After": "60"}), linked([1]))
    assert side.run(rows) == [1]
    assert side.waited == [60.0]


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_a_longer_pause_is_neither_waited_for_nor_asked_too_early(far: Any, status: int) -> None:
    side = far(httpx.Response(status, headers={"Retry-After": "61"}), linked([1]))
    with pytest.raises(RetriableError, match="the next run reads it again") as caught:
        side.run(rows)
    assert caught.value.retry_after_seconds == 61.0
    assert (len(side.seen), side.waited) == (1, [])


@pytest.mark.parametrize(
    "text",
    [
        "lincoln.example",
        "ftp://lincoln.example",
        "https://",
        "https://ann:pw@lincoln.example",
        "https://lincoln.example?token=pw",
        "http://lincoln.example",
    ],
)
def test_an_address_that_leaks_or_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|no user") as caught:
        parse_address(text)
    assert "pw" not in str(caught.value)


def test_addresses_name_an_installation() -> None:
    assert parse_address("http://127.0.0.1:8001/x/") == "http://127.0.0.1:8001/x"
    assert installation_of("https://Lincoln.example:443/x/") == "lincoln.example/x"
    assert installation_of("http://127.0.0.1:8001") == "127.0.0.1:8001"


def test_the_first_failure_of_many_ends_all() -> None:
    ended = []

    async def forever() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)
        return 0

    async def fails() -> int:
        await asyncio.sleep(0)
        raise KeyError("x")

    with pytest.raises(KeyError):
        asyncio.run(together([forever(), fails()]))
    assert ended == [1]
