"""Changes what goes over the line between a connector and its practice system, as a sloppy vendor would.

Practice systems answer as their vendors document it; what no vendor documents is made here, from real answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import httpx
import pytest

from gradeflow.transport.lanes import Lanes


@dataclass(slots=True)
class Told:
    """One JSON answer on its way to the connector; what is changed here is what arrives."""

    url: httpx.URL
    body: Any
    headers: dict[str, str]

    def records(self) -> Iterator[list[dict[str, Any]]]:
        """Give every list of objects in it, outer ones first."""
        yield from _lists(self.body)


@dataclass(slots=True)
class Line:
    """The line of every client that is opened during a test.

    Attributes:
        ask: what becomes of an address that is asked.
        changes: what becomes of answers, by a pattern of their path.
        changed: how many answers were changed so far.
    """

    ask: Callable[[httpx.URL], httpx.URL] = lambda url: url
    changes: list[tuple[str, Callable[[Told], None]]] = field(default_factory=list)
    changed: int = 0

    def change(self, path: str, change: Callable[[Told], None]) -> None:
        """Change the answers from these paths; `*` spans slashes."""
        self.changes.append((path, change))

    def change_records(self, path: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Change each object in the answers from these paths, also one within another."""

        def each(told: Told) -> None:
            for record in list(_objects(told.body)):
                change(record)

        self.change(path, each)

    def answered(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        wanted = [change for path, change in self.changes if fnmatchcase(request.url.path, path)]
        if not wanted or response.status_code >= 300:
            return response
        content = b"".join(response.stream)  # type: ignore[arg-type] # lanes hand over whole answers
        told = Told(request.url, json.loads(content), dict(response.headers))
        for change in wanted:
            change(told)
        self.changed += 1
        headers = {name: text for name, text in told.headers.items() if name.lower() != "content-length"}
        return httpx.Response(response.status_code, headers=headers, content=json.dumps(told.body).encode())


def _lists(value: Any) -> Iterator[list[dict[str, Any]]]:
    if isinstance(value, list):
        if value and all(isinstance(one, dict) for one in value):
            yield value
        for one in value:
            yield from _lists(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _lists(one)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _objects(one)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """The line between the connectors of this test and their systems."""
    made = Line()
    usual = Lanes.handle_async_request

    async def handle(self: Lanes, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(
            request.method,
            made.ask(request.url),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return made.answered(request, await usual(self, sent))

    monkeypatch.setattr(Lanes, "handle_async_request", handle)
    return made
