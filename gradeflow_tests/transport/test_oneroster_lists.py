from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gradeflow.errors import PermanentError, RetriableError
from gradeflow.ports import Calls
from gradeflow.transport.answers import Vendor
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oneroster_lists import LINE_ITEMS, STUDENTS, TEACHERS, ListName, ListReader

Answer = Callable[[httpx.Request], httpx.Response]
VENDOR = Vendor(label="Practice", renew="Renew.", widen="Buy.")


def read(answer: Answer, name: ListName = LINE_ITEMS, page_size: int = 2) -> list[str]:
    """Read a list whole and give its different ids in order."""

    async def main() -> list[str]:
        transport = httpx.MockTransport(answer)
        async with HttpClient(
            VENDOR, "https://sis.example/v1p1", bearer_token("t"), Calls(), transport=transport
        ) as http:
            records = await ListReader(http, page_size).whole("/list", name)
        return list(dict.fromkeys(str(record["sourcedId"]) for record in records))

    return asyncio.run(main())


def items(*keys: str) -> list[dict[str, str]]:
    return [{"sourcedId": key} for key in keys]


def test_a_provider_without_links_is_read_by_its_total() -> None:
    every = items("a", "b", "c", "d", "e")

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        page = every[start : start + int(request.url.params["limit"])]
        return httpx.Response(200, json={"lineItems": page}, headers={"X-Total-Count": "5"})

    assert read(answer) == ["a", "b", "c", "d", "e"]


def test_a_list_shorter_than_its_total_is_not_used() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = items("a") if request.url.params["offset"] == "0" else []
        return httpx.Response(200, json={"lineItems": page}, headers={"X-Total-Count": "5"})

    with pytest.raises(PermanentError, match="says it has 5 records") as caught:
        read(answer)
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
        read(pages_of("abcde", total=total, honours_offset=False))
    assert caught.value.code == "LIST_INCOMPLETE"


@pytest.mark.parametrize("keys", ["", "a", "ab", "abc", "abcd", "abcde"])
def test_a_provider_without_links_and_total_is_asked_until_a_page_is_short(keys: str) -> None:
    assert read(pages_of(keys)) == list(keys)


def test_a_list_with_links_ends_where_they_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["offset"] == "0", "asked beyond the last page"
        return httpx.Response(200, json=items("a", "b"), headers={"Link": '<?offset=0>; rel="last"'})

    assert read(answer) == ["a", "b"]


def test_a_link_that_is_no_page_does_not_end_a_list() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        response = pages_of("abc")(request)
        response.headers["Link"] = '</style.css>; rel="preload"'
        return response

    assert read(answer) == ["a", "b", "c"]


def test_a_row_that_comes_twice_hides_none_behind_it() -> None:
    assert read(pages_of("aabc")) == ["a", "b", "c"]
    with pytest.raises(PermanentError, match="LIST_INCOMPLETE"):
        read(pages_of("aabc", total=4))  # is a fourth one missing? nobody can know


@pytest.mark.parametrize(("total", "found"), [(4, 2), (5, None)])
def test_people_listed_once_per_school_count_once_per_school(total: int, found: int | None) -> None:
    rows = [{"sourcedId": key, "orgs": [school]} for school in "xy" for key in "ab"]

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        page = [row | {"dateLastModified": str(start)} for row in rows[start : start + 2]]
        return httpx.Response(200, json={"users": page}, headers={"X-Total-Count": str(total)})

    if found is not None:
        assert len(set(read(answer, STUDENTS))) == found
        return
    with pytest.raises(PermanentError, match="LIST_INCOMPLETE"):
        read(answer, STUDENTS)


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
        read(answer, STUDENTS)


def test_people_without_an_id_count_as_rows() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        rows = [{"sourcedId": "t"}, {"familyName": "X"}]
        return httpx.Response(200, json={"users": rows}, headers={"X-Total-Count": "2"})

    assert read(answer, TEACHERS) == ["t"]


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
    assert read(lambda request: httpx.Response(200, json=body)) == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"error": "x"},
        {"errors": []},
        {"a": [], "b": []},
        "text",
        {"lineItems": None},
        {"lineItems": [{"title": "x"}]},
        {"lineItems": [7]},
    ],
)
def test_an_answer_without_the_list_is_no_empty_list(body: Any) -> None:
    with pytest.raises(PermanentError) as caught:
        read(lambda request: httpx.Response(200, json=body))
    assert caught.value.code == "ANSWER_UNREADABLE"


@pytest.mark.parametrize("body", [[], {"lineItems": []}, {"lineItems": [], "errors": []}, {"data": []}])
def test_an_empty_list_is_known_to_be_empty(body: Any) -> None:
    assert read(lambda request: httpx.Response(200, json=body)) == []


def test_a_page_smaller_than_ours_but_not_than_the_standards_is_not_the_last() -> None:
    keys = [str(number) for number in range(250)]

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return httpx.Response(200, json=items(*keys[start : start + 100]))

    assert read(answer, page_size=1000) == keys


def test_an_empty_list_beside_words_of_failure_is_no_list() -> None:
    body = {"imsx_codeMajor": "failure", "imsx_codeMinor": "server_busy", "lineItems": []}
    with pytest.raises(PermanentError, match="its body says failure"):
        read(lambda request: httpx.Response(200, json=body))


def deleting(times: int, *, is_linked: bool) -> Callable[[httpx.Request], httpx.Response]:
    """Serve line items, of which somebody deletes the first one behind each of the first answers."""
    every = items("a", "b", "c", "d", "e", "f", "g")
    answered = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal answered
        start, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        headers = {"X-Total-Count": str(len(every))}
        if is_linked and start + limit < len(every):
            headers["Link"] = (
                f'<https://sis.example/v1p1/list?limit={limit}&offset={start + limit}>; rel="next"'
            )
        page = every[start : start + limit]
        if answered < times:
            del every[0]
        answered += 1
        return httpx.Response(200, json={"lineItems": page}, headers=headers)

    return answer


@pytest.mark.parametrize("is_linked", [False, True])
def test_a_row_that_moves_to_a_page_already_read_is_read_all_the_same(is_linked: bool) -> None:
    assert read(deleting(1, is_linked=is_linked)) == ["b", "c", "d", "e", "f", "g"]


def test_a_list_that_becomes_shorter_each_time_is_not_used() -> None:
    with pytest.raises(RetriableError, match="LIST_MOVED"):
        read(deleting(5, is_linked=False))


def test_a_provider_that_counts_the_rows_of_each_page_is_read_by_its_links() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        page = items("a", "b", "c")[start : start + 2]
        link = {} if start else {"Link": '<https://sis.example/v1p1/list?limit=2&offset=2>; rel="next"'}
        return httpx.Response(
            200, json={"lineItems": page}, headers={"X-Total-Count": str(len(page)), **link}
        )

    assert read(answer) == ["a", "b", "c"]
