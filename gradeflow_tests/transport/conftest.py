from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tenacity import wait_exponential

from gradeflow.ports import Calls
from gradeflow.transport.answers import Vendor
from gradeflow.transport.auth import Authorization, ClientCredentials, bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow.transport.waiting import Waiting

Answer = httpx.Response | Exception
BASE = "https://sis.example/api"


@dataclass
class Far:
    """The other side: gives its answers one by one, and remembers what it was sent."""

    answers: Iterator[Answer]
    seen: list[httpx.Request] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)
    tokens: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": 3600})
        self.seen.append(request)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        await asyncio.sleep(0)  # others get their turn, as in a real pause

    def run(
        self,
        work: Callable[[HttpClient], Awaitable[Any]],
        auth: Authorization | None = None,
        max_in_flight: int = 8,
    ) -> Any:
        async def main() -> Any:
            async with HttpClient(
                Vendor(label="SchoolTool", renew="Make new credentials.", widen="Ask for the right."),
                BASE,
                auth or bearer_token("secret-token"),
                self.calls,
                waiting=Waiting(sleep=self.sleep, backoff=wait_exponential(multiplier=0.5)),
                max_in_flight=max_in_flight,
                transport=httpx.MockTransport(self),
            ) as client:
                return await work(client)

        return asyncio.run(main())


@pytest.fixture
def far() -> Callable[..., Far]:
    return lambda *answers: Far(iter(answers))


@pytest.fixture
def credentials() -> ClientCredentials:
    return ClientCredentials(
        label="SchoolTool",
        token_url="https://sis.example/token",
        client_id="key",
        client_secret="hidden",
        renew="Make new credentials.",
    )
