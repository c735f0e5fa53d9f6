"""How often a request is sent again and how long to wait before; the loop itself is tenacity's.

Not stamina's, which wraps it: that takes no sleep function from outside.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential,
    wait_random_exponential,
)

from gradeflow.errors import RetriableError

# Half of a pause is fixed, half is drawn: 0.25 to 0.5 seconds after the first attempt, then ever twice that.
_HALF = {"multiplier": 0.25, "max": 30.0}
BACKOFF = wait_exponential(**_HALF) + wait_random_exponential(**_HALF)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Number of attempts, and the pauses between them, in seconds.

    Attributes:
        attempts: requests sent at most, the first one included.
        cap_seconds: the longest pause; who asks for a longer one is not asked again, least of all too early.
        backoff: the pause where it asks for none.
        sleep: taken from outside so that tests do not wait.
    """

    attempts: int = 4
    cap_seconds: float = 60.0
    backoff: Callable[[RetryCallState], float] = BACKOFF
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def retrying(self) -> AsyncRetrying:
        """Make the loop of one request: tenacity keeps a loop's state in it, so no two requests share one."""
        return AsyncRetrying(
            sleep=self.sleep,
            stop=self._gives_up,
            wait=self.seconds,
            retry=retry_if_exception_type(RetriableError),
            reraise=True,
        )

    def seconds(self, state: RetryCallState) -> float:
        """Give the pause after a failed attempt."""
        asked = _asked(state)
        return self.backoff(state) if asked is None else asked

    def _gives_up(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self.attempts or (_asked(state) or 0.0) > self.cap_seconds


def _asked(state: RetryCallState) -> float | None:
    """Give the pause that the other side asked for."""
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after_seconds if isinstance(error, RetriableError) else None


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
