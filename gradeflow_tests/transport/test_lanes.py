from __future__ import annotations

import asyncio
import gzip

import httpx
import pytest

from gradeflow.transport.lanes import Lanes, _proxy_to


class Lane(httpx.AsyncBaseTransport):
    """One connection: refuses a second request while the first is under way."""

    def __init__(self) -> None:
        self.is_busy = False
        self.count = 0
        self.is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert not self.is_busy
        self.is_busy = True
        self.count += 1
        await asyncio.sleep(0)
        self.is_busy = False
        if request.url.path == "/fails":
            raise httpx.ReadError("x")
        headers = {"Content-Encoding": "gzip"}
        return httpx.Response(200, headers=headers, content=gzip.compress(b"whole"))

    async def aclose(self) -> None:
        self.is_closed = True


def test_each_request_under_way_has_a_lane_and_lanes_are_used_again() -> None:
    made: list[Lane] = []

    def make() -> Lane:
        made.append(Lane())
        return made[-1]

    async def main() -> None:
        async with httpx.AsyncClient(transport=Lanes(make)) as http:
            for _ in range(3):
                answers = await asyncio.gather(*(http.get("https://x.example/") for _ in range(4)))
                assert {answer.text for answer in answers} == {"whole"}
            for _ in range(3):
                with pytest.raises(httpx.ReadError):
                    await http.get("https://x.example/fails")

    asyncio.run(main())
    assert len(made) == 4
    assert sum(lane.count for lane in made) == 15
    assert all(lane.is_closed for lane in made)


def test_a_proxy_of_the_environment_is_used_but_never_to_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert _proxy_to(httpx.URL("https://sis.example/x")) == "http://proxy.example:3128"
    assert _proxy_to(httpx.URL("https://inside.example/x")) is None
    assert _proxy_to(httpx.URL("http://127.0.0.1:8000")) is None
