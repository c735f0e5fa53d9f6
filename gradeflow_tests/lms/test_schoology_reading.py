"""How Schoology's lists are followed, over answers that no practice server gives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from gradeflow.errors import OutsideError, PermanentError, SourceDataError
from gradeflow.lms.schoology_account import VENDOR, classify
from gradeflow.lms.schoology_reading import Reader, bodies_of, rows_in
from gradeflow.ports import Calls
from gradeflow.transport.answers import Next
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oauth1 import OAuth1
from gradeflow.transport.waiting import Waiting

BASE = "https://api.schoology.com/v1"


@dataclass
class Far:
    """The other side: answers by path and start, and remembers what it was asked."""

    answer: Callable[[httpx.Request], httpx.Response]
    seen: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return self.answer(request)

    def many(self, *paths: str, name: str = "enrollment", is_bulk: bool = True) -> list[Any]:
        """Read lists; give the rows or the failure of each."""

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(0)

        async def main() -> list[Any]:
            async with HttpClient(
                VENDOR,
                BASE,
                OAuth1("key", "secret"),
                Calls(),
                waiting=Waiting(sleep=sleep),
                transport=httpx.MockTransport(self),
            ) as http:
                reader = Reader(http, page_size=2, is_bulk=is_bulk)
                listings = await reader.many([reader.listing(path, name) for path in paths])
            return [one.failure or [row["id"] for row in one.rows] for one in listings]

        return asyncio.run(main())

    def one(self, name: str = "enrollment") -> Any:
        return self.many("/sections/1/enrollments", name=name, is_bulk=False)[0]


def page(ids: Sequence[int], following: str | None = None, **more: Any) -> httpx.Response:
    links = {"self": "x"} | ({"next": following} if following else {})
    return httpx.Response(200, json={"enrollment": [{"id": one} for one in ids], "links": links, **more})


def start_of(request: httpx.Request) -> int:
    return int(request.url.params.get("start", 0))


def test_a_list_is_followed_by_its_links_whatever_its_pages_hold() -> None:
    pages = {
        0: page([1], f"{BASE}/sections/1/enrollments?start=1"),
        1: page([], f"{BASE}/a?start=9"),
        9: page([2]),
    }
    assert Far(lambda request: pages[start_of(request)]).one() == [1, 2]


def test_a_link_that_is_written_with_http_is_never_followed_with_http() -> None:
    far = Far(
        lambda request: page([2]) if start_of(request) else page([1], "http://api.schoology.com/v1/x?start=1")
    )
    assert far.one() == [1, 2]
    assert {request.url.scheme for request in far.seen} == {"https"}


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://evil.example/v1/x?start=1", "PAGING_OFF_ORIGIN"),
        ("https://api.schoology.com:8443/v1/x?start=1", "PAGING_OFF_ORIGIN"),
        ("https://api.schoology.com/other/x?start=1", "PAGING_OFF_ORIGIN"),
        (f"{BASE}/sections/1/enrollments?limit=2", "PAGING_LOOP"),
    ],
)
@pytest.mark.parametrize("is_bulk", [True, False])
def test_a_list_that_leads_elsewhere_or_around_ends_the_reading(link: str, code: str, is_bulk: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            body = json.loads(page([1], link).content)
            return httpx.Response(200, json={"response": [{"response_code": 200, "body": body}]})
        return page([1], link)

    far = Far(answer)
    with pytest.raises(PermanentError) as caught:
        far.many("/sections/1/enrollments", is_bulk=is_bulk)
    assert caught.value.code == code
    assert len(far.seen) == 1


def test_a_list_that_ends_before_its_total_is_not_whole() -> None:
    failure = Far(lambda _: page([1, 2], total="3")).one()
    assert isinstance(failure, OutsideError)
    assert failure.code == "LIST_CUT"
    assert Far(lambda _: page([1, 2], total="2")).one() == [1, 2]


def test_pages_that_say_nothing_of_links_are_asked_on() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        rows = [{"id": start_of(request) + i} for i in range(20 if start_of(request) < 40 else 3)]
        return httpx.Response(200, json={"enrollment": rows})

    far = Far(answer)
    assert far.one() == list(range(43))
    assert len(far.seen) == 3


def test_a_list_without_pages_that_ignores_where_to_start_is_not_doubled() -> None:
    rows = [{"id": i} for i in range(25)]
    far = Far(lambda _: httpx.Response(200, json={"enrollment": rows}))
    assert far.one() == list(range(25))
    assert len(far.seen) == 2


def multiget(bodies: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return page([99])
        asked = json.loads(request.content)["request"]
        told = [
            {"location": f"https://api.schoology.com{one}", **bodies[one.partition("?")[0]]} for one in asked
        ]
        return httpx.Response(200, json={"response": told})

    return answer


def test_what_fails_among_many_is_asked_alone() -> None:
    well = {"response_code": 200, "body": {"enrollment": [{"id": 1}], "links": {}}}
    far = Far(multiget({"/v1/a": well, "/v1/b": {"response_code": 429, "body": ""}}))
    assert far.many("/a", "/b") == [[1], [99]]
    assert [(request.method, request.url.path) for request in far.seen] == [
        ("POST", "/v1/multiget"),
        ("GET", "/v1/b"),
    ]


def test_more_than_fifty_lists_take_more_than_one_call() -> None:
    well = {"response_code": 200, "body": {"enrollment": [{"id": 1}], "links": {}}}
    far = Far(multiget({f"/v1/{i}": well for i in range(120)}))
    assert far.many(*(f"/{i}" for i in range(120))) == [[1]] * 120
    assert sorted(len(json.loads(request.content)["request"]) for request in far.seen) == [20, 50, 50]


def test_following_pages_of_many_lists_share_a_call() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["request"]
        told = []
        for one in asked:
            path = one.partition("?")[0]
            links = {} if "start=1" in one else {"next": f"https://api.schoology.com{path}?start=1"}
            told.append({"response_code": "200", "body": {"enrollment": [{"id": 1}], "links": links}})
        return httpx.Response(200, json={"response": told})

    far = Far(answer)
    assert far.many("/a", "/b") == [[1, 1], [1, 1]]
    assert len(far.seen) == 2


def test_answers_in_another_order_than_the_requests_are_refused() -> None:
    told = [{"location": "https://api.schoology.com/v1/b?limit=2", "response_code": 200, "body": {}}]
    with pytest.raises(SourceDataError, match="another order"):
        bodies_of({"response": told}, ["/v1/a?limit=2"])


@pytest.mark.parametrize("answer", [{}, [], {"response": "x"}, {"response": [1]}])
def test_an_answer_that_is_no_multigets_is_refused(answer: Any) -> None:
    with pytest.raises(SourceDataError, match="multi-get"):
        bodies_of(answer, ["/v1/a"])


def test_too_few_answers_are_all_asked_alone() -> None:
    told = [{"response_code": 200, "body": {}}]
    assert bodies_of({"response": told}, ["/v1/a", "/v1/b"]) == [None, None]


def test_the_section_itself_instead_of_its_list_is_no_empty_list() -> None:
    for body in ({"id": "4318461", "section_title": "x"}, {"enrollment": None}, {"enrollment": [1]}, [], "x"):
        with pytest.raises(SourceDataError, match="without a list of enrollment"):
            rows_in(body, "enrollment")
    assert rows_in({"enrollment": []}, "enrollment") == []
    assert rows_in({"grades": {"grade": [{"id": 1}]}}, "grades.grade") == [{"id": 1}]
    assert rows_in({"grades": []}, "grades.grade") == []
    with pytest.raises(SourceDataError):
        rows_in({"grades": {}}, "grades.grade")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            httpx.Response(401, text="Duplicate timestamp/nonce combination, possible replay attack."),
            Next.WAIT,
        ),
        (httpx.Response(401, text="Timestamp is out of sequence. Request rejected."), Next.WAIT),
        (httpx.Response(401, text="Unauthorized"), Next.RENEW),
        (httpx.Response(403), Next.FORBIDDEN),
        (httpx.Response(404), Next.GONE),
        (httpx.Response(429), Next.WAIT),
        (httpx.Response(303), Next.REFUSED),
    ],
)
def test_statuses_mean_what_schoology_means(response: httpx.Response, expected: Next) -> None:
    assert classify(response) is expected
