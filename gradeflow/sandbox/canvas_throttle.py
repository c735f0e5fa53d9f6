"""Canvas's throttle: a bucket per token that each call fills by its cost and that leaks all the time.

Every answer tells the cost of its call and what remains. A bucket above its high-water mark answers 403 (or
429: the documents differ by their age) "Rate Limit Exceeded" until enough has leaked; while a call runs it is
charged 50, of which all but its cost is given back.

Source: the Canvas REST documentation (Throttling) and its open source (`request_throttle`), read in
November 2026: high water 600, 10 leak per second, 50 up front.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from gradeflow.sandbox.wire import Answer, EditError

HIGH_WATER, LEAK_PER_SECOND, UP_FRONT = 600.0, 10.0, 50.0
USUAL_COST = 0.005  # seconds of work, which a practice server has less of than Canvas
KEYS = ("cost", "remaining", "seconds", "status")


@dataclass(slots=True)
class Throttle:
    """The bucket of the one token there is.

    Attributes:
        cost: of every call; a rehearsal may raise it.
        status: of the refusal: 403 by the source, 429 by newer pages.
    """

    clock: Callable[[], float] = time.monotonic
    cost: float = USUAL_COST
    status: int = 403
    _level: float = 0.0
    _at: float = field(default=0.0, init=False)

    def admit(self) -> Answer | None:
        """Charge a call; give the refusal where the bucket is full."""
        self._leak()
        if self._level > HIGH_WATER:
            refused = f"{self.status} {HTTPStatus(self.status).phrase} (Rate Limit Exceeded)\n".encode()
            return Answer(self.status, refused, self.headers(), media_type="text/plain; charset=utf-8")
        self._level += self.cost
        return None

    def headers(self) -> dict[str, str]:
        """Tell what the call cost and what remains, as while it still runs."""
        remaining = HIGH_WATER - self._level - UP_FRONT
        return {"X-Request-Cost": f"{self.cost}", "X-Rate-Limit-Remaining": f"{remaining:.4f}"}

    def edit(self, changes: Mapping[str, float]) -> None:
        """Set what remains or what a call costs, or let seconds pass for the bucket alone.

        Raises:
            EditError: another key, or no number.
        """
        if not changes or not set(changes) <= set(KEYS):
            msg = f"set names one or more of {', '.join(KEYS)}"
            raise EditError(msg)
        if not all(isinstance(value, int | float) for value in changes.values()):
            msg = "cost, remaining and seconds are numbers"
            raise EditError(msg)
        if changes.get("status", self.status) not in {403, 429}:
            msg = "status is 403 or 429"
            raise EditError(msg)
        self._leak()
        self.status = int(changes.get("status", self.status))
        self.cost = changes.get("cost", self.cost)
        if "remaining" in changes:
            self._level = HIGH_WATER - UP_FRONT - changes["remaining"]
        self._level = max(0.0, self._level - changes.get("seconds", 0.0) * LEAK_PER_SECOND)

    def _leak(self) -> None:
        now = self.clock()
        self._level = max(0.0, self._level - (now - self._at) * LEAK_PER_SECOND)
        self._at = now
