"""One connection per request under way, instead of one pool that is searched by each of them.

httpcore's pool looks at every connection for every request, which costs more the more are under way. The
aiohttp transport for httpx is no choice for writes: it reports a connection lost *after* sending as one that
was never made, and aiohttp itself sends a PUT again unasked.
"""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Callable
from functools import cache

import httpx

from gradeflow.transport.address import is_loopback

# Servers commonly drop an idle connection after five seconds; a write sent into one that is just closing
# would have an unknown outcome for no reason.
KEEPALIVE_SECONDS = 4.0
ONE = httpx.Limits(max_connections=1, keepalive_expiry=KEEPALIVE_SECONDS)


class Lanes(httpx.AsyncBaseTransport):
    """As many transports of one connection each as requests are under way at one time."""

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._all: list[httpx.AsyncBaseTransport] = []
        self._free: list[httpx.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request in a free lane and read its answer whole, so that the lane is free again."""
        lane = self._free.pop() if self._free else self._opened()
        try:
            response = await lane.handle_async_request(request)
            try:
                content = b"".join([chunk async for chunk in _stream_of(response)])
            finally:
                await response.aclose()
        finally:
            self._free.append(lane)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(content),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        for lane in self._all:
            await lane.aclose()

    def _opened(self) -> httpx.AsyncBaseTransport:
        lane = self._make()
        self._all.append(lane)
        return lane


def _stream_of(response: httpx.Response) -> httpx.AsyncByteStream:
    if not isinstance(response.stream, httpx.AsyncByteStream):
        msg = "an asynchronous transport answers with an asynchronous stream"
        raise TypeError(msg)
    return response.stream


def lanes_to(base_url: str) -> Lanes:
    """Make the lanes to a host; its certificate is checked, and a proxy of the environment is used."""
    proxy = _proxy_to(httpx.URL(base_url))
    return Lanes(lambda: httpx.AsyncHTTPTransport(verify=_trusted(), limits=ONE, proxy=proxy))


@cache
def _trusted() -> ssl.SSLContext:
    """Load the authorities once per process: it takes longer than many requests do."""
    return httpx.create_ssl_context()


def _proxy_to(url: httpx.URL) -> str | None:
    if is_loopback(url.host) or urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
