"""How long to wait before a request is sent again.

stamina is not used: it neither takes the sleep function from outside nor holds a slot of the concurrency
limit while it waits, and both are what the tests and the throttled vendor need.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx


@dataclass(frozen=True, slots=True)
class Waiting:
    """Number of attempts, and the pauses between them, in seconds.

    Attributes:
        attempts: requests sent at most, the first one included.
        cap_seconds: the longest pause, also where the other side asks for more.
        sleep, draw: taken from outside so that tests neither wait nor depend on chance.
    """

    attempts: int = 4
    first_seconds: float = 0.5
    cap_seconds: float = 60.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = field(default=random.random)

    async def pause(self, attempt: int, asked_seconds: float | None) -> None:
        """Wait after the attempt of this number: as long as asked, else exponentially with jitter."""
        await self.sleep(self.seconds(attempt, asked_seconds))

    def seconds(self, attempt: int, asked_seconds: float | None) -> float:
        """Give the pause after the attempt of this number, counted from 1.

        >>> Waiting(draw=lambda: 1.0).seconds(3, None), Waiting().seconds(1, 7), Waiting().seconds(1, 900)
        (2.0, 7, 60.0)
        """
        if asked_seconds is not None:
            return min(asked_seconds, self.cap_seconds)
        full = self.first_seconds * 2.0 ** (attempt - 1)
        return min(full * (0.5 + self.draw() / 2), self.cap_seconds)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Read Retry-After, as seconds or as a date; None where absent or unreadable.

    A date is measured against the answer's own Date header: their clock, not ours.

    Source: RFC 9110, section 10.2.3, read 2026-11.
    """
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        return (
            max(0.0, float(text))
            if text.isascii() and text.replace(".", "", 1).isdigit()
            else _until(text, response)
        )
    except (ValueError, OverflowError):
        return None


def _until(text: str, response: httpx.Response) -> float | None:
    until = parsedate_to_datetime(text)
    date = response.headers.get("Date")
    if date is None:
        return None
    return max(0.0, (_aware(until) - _aware(parsedate_to_datetime(date))).total_seconds())


def _aware(instant: dt.datetime) -> dt.datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
