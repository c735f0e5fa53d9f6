"""A bound on requests under way that changes with the hour, also in the middle of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx


class Paced(httpx.AsyncBaseTransport):
    """Sends a request on once few enough are under way.

    Args:
        most: asked before each request: how many may be under way now, itself included; 1 at least.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, most: Callable[[], int]) -> None:
        self._inner, self._most = inner, most
        self._under_way = 0
        self._ended = asyncio.Condition()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request once there is room for it."""
        async with self._ended:
            await self._ended.wait_for(lambda: self._under_way < self._most())
            self._under_way += 1
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._under_way -= 1
            async with self._ended:
                self._ended.notify_all()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
