"""What every practice server speaks: a call comes in, an answer goes out.

A handler is synchronous and sees the whole call at once, so it is atomic on the event loop; everything that
takes time or misbehaves is done around it (`traffic`). What the answers say belongs to each server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.datastructures import Headers, QueryParams

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it.

    Attributes:
        path: the path, decoded, without query.
        target: path and query as sent, which a signature covers.
        params: what the route's template names.
        body: the bytes received.
        altered: fault kinds that the handler itself has to obey.
    """

    method: str
    origin: str
    path: str
    params: Mapping[str, str]
    query: QueryParams
    headers: Headers
    body: bytes
    altered: frozenset[str] = frozenset()
    target: str = ""

    def json(self) -> Any:
        """Read the body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. `body` is sent as it is when it is bytes, as JSON otherwise, not at all when None."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def content(self) -> bytes:
        """Give the bytes to send."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


class AnsweredError(Exception):
    """Ends a handler with an answer; whatever it stored so far is taken back."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"answered {answer.status}")


class EditError(Exception):
    """An edit from outside makes no sense; the message says what is allowed."""


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of a server's table of routes; `template` is written as Starlette does."""

    method: str
    template: str
    handler: Handler


class PracticeServer(Protocol):
    """What the starter, the fault machinery and the control routes need of a server."""

    store: Store
    clock: Clock

    @property
    def base_path(self) -> str | tuple[str, ...]:
        """What stands before the paths that faults are armed for; several where it serves several protocols."""

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change state as a person at the system would.

        Raises:
            EditError: names nothing that exists.
        """

    def expire_tokens(self) -> None:
        """Make every token given out so far invalid."""

    def no_route(self, path: str) -> Answer:
        """Answer for an address that this system does not have."""
