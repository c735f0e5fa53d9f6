"""Canvas's throttle, seen from this side: slow down before the bucket is full, and read Canvas's clock.

Every answer says what remains of the token's bucket, which leaks 10 units per second and charges each request
50 until it ends. Who waits for the bucket is refused nothing; who runs it full is refused everything.

Source: canvas.instructure.com/doc/api (Throttling) and canvas-lms app/middleware/request_throttle.rb, read
2026-11 for facts only.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx

UP_FRONT, LEAK_PER_SECOND = 50.0, 10.0
LONGEST_SECONDS = 60.0


@dataclass
class Pacing(httpx.AsyncBaseTransport):
    """Sends requests on, one token's worth at a time.

    Attributes:
        sleep: taken from outside so that tests do not wait.
        first_date: Canvas's clock at the first answer since `begin`; None before it, or where it does not tell.
    """

    inner: httpx.AsyncBaseTransport
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    first_date: dt.datetime | None = None
    _has_begun: bool = field(default=False, init=False)
    # None until an answer told it: an installation without a throttle never does
    _remaining: float | None = field(default=None, init=False)
    # What a request is reckoned to cost: what it is charged until it ends, or more where the last one cost more
    _charge: float = field(default=UP_FRONT, init=False)
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def begin(self) -> None:
        """Take the clock of the next answer for `first_date`."""
        self.first_date, self._has_begun = None, False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request once the bucket has room for it."""
        async with self._gate:
            await self._wait()
        response = await self.inner.handle_async_request(request)
        self._note(response)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self.inner.aclose()

    async def _wait(self) -> None:
        if self._remaining is None:
            return
        if self._remaining < self._charge:
            # Nobody passes meanwhile, so what leaks is there for whoever waits.
            await self.sleep(min((self._charge - self._remaining) / LEAK_PER_SECOND, LONGEST_SECONDS))
            self._remaining = self._charge
        self._remaining -= self._charge

    def _note(self, response: httpx.Response) -> None:
        if not self._has_begun:
            self._has_begun, self.first_date = True, _date_of(response)
        remaining = _number(response, "X-Rate-Limit-Remaining")
        if remaining is not None:
            self._remaining = remaining
            self._charge = max(UP_FRONT, _number(response, "X-Request-Cost") or 0.0)


def _number(response: httpx.Response, name: str) -> float | None:
    try:
        return float(response.headers[name])
    except (KeyError, ValueError):
        return None


def _date_of(response: httpx.Response) -> dt.datetime | None:
    try:
        date = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    return date.astimezone(dt.UTC) if date.tzinfo else None
