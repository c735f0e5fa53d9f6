"""The one HTTP client: limits, retries, and what a failure means for a read and for a write.

A read is repeated. A write is repeated only when it certainly had no effect; otherwise its outcome is
unknown, and whoever sent it must read back first.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx

from gradeflow.errors import AmbiguousDeliveryError, OutsideError, RetriableError
from gradeflow.ports import Calls
from gradeflow.transport.address import origin_of, shown_host
from gradeflow.transport.answers import Next, Vendor, error_for, json_or_none, read_body, shown_path
from gradeflow.transport.auth import Authorization, Headers, refuse_unsendable
from gradeflow.transport.lanes import lanes_to
from gradeflow.transport.paging import NextPage, Page, is_linked, total_of
from gradeflow.transport.waiting import Waiting

Params = Sequence[tuple[str, str]] | Mapping[str, str]

TIMEOUT = httpx.Timeout(60.0, connect=10.0)

# httpx logs each URL with its query, httpcore its headers.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write.

    Attributes:
        body: its JSON, None where there was none that could be read.
        location: where the new object is, where the answer says so.
    """

    status: int
    body: Any
    location: str | None


@dataclass(slots=True)
class HttpClient:
    """A client of one system.

    Attributes:
        base_url: what paths are appended to, without a trailing slash.
        calls: counts every request but those for tokens.
        headers: sent with every request but those for tokens; they may be secrets.
        max_in_flight: requests at one time. A call that waits keeps its place, so that a throttled system
            gets fewer of the others too.
        transport: taken from outside by tests.
    """

    vendor: Vendor
    base_url: str
    auth: Authorization
    calls: Calls
    max_in_flight: int = 8
    waiting: Waiting = field(default_factory=Waiting)
    timeout: httpx.Timeout = field(default_factory=lambda: TIMEOUT)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    transport: httpx.AsyncBaseTransport | None = None
    _http: httpx.AsyncClient = field(init=False, repr=False)
    _places: asyncio.Semaphore = field(init=False, repr=False)
    # The answer that refused the credentials for good: asked again they would be refused again.
    _refused: httpx.Response | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._http = httpx.AsyncClient(
            headers={"Accept": "application/json"},
            timeout=self.timeout,
            transport=self.transport or lanes_to(self.base_url),
            follow_redirects=False,
        )
        self._places = asyncio.Semaphore(self.max_in_flight)

    async def __aenter__(self) -> HttpClient:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    def at(self, base_url: str, vendor: Vendor, headers: Mapping[str, str]) -> HttpClient:
        """Give a client of another part of the same system, with headers of its own.

        Connections, places, cookies and counts are one, and it lives as long as this one; what refuses its
        credentials there does not refuse them here.
        """
        other = copy.copy(self)
        other.base_url, other.vendor, other.headers = base_url, vendor, headers
        return other

    async def get(self, path: str, params: Params = ()) -> Any:
        """Read one object.

        Raises:
            OutsideError: it could not be read; nothing may be concluded.
        """
        return read_body(self.vendor.label, await self._send("GET", self._url(path, params)))

    async def fetch(self, url: httpx.URL) -> httpx.Response:
        """Read what is perhaps no JSON, such as a page that names its next one in XML; on the same origin only.

        Raises as `get`.
        """
        if origin_of(url) != origin_of(httpx.URL(self.base_url)):
            msg = "another origin: the credentials must not go there"
            raise ValueError(msg)
        return await self._send("GET", url)

    async def ask(self, path: str, body: Any) -> Any:
        """Read by a POST that changes nothing, such as many reads in one call; counted and repeated as a read.

        Raises as `get`.
        """
        response = await self._send("POST", self._url(path, ()), _json(body), is_read=True)
        return read_body(self.vendor.label, response)

    async def pages(self, path: str, params: Params = ()) -> AsyncIterator[Page]:
        """Read a list, page by page, to its end.

        Raises:
            OutsideError: a page could not be read; the pages before it are not the list.
        """
        url: httpx.URL | None = self._url(path, params)
        following = NextPage(self.vendor.label, origin_of(httpx.URL(self.base_url)))
        while url is not None:
            response = await self._send("GET", url)
            yield Page(read_body(self.vendor.label, response), total_of(response), is_linked(response))
            url = following.after(response)

    async def put(self, path: str, body: Any) -> Any:
        """Write one object and give the JSON that came back, None where nothing readable did.

        Raises as `write`.
        """
        return (await self.write("PUT", path, body)).body

    async def write(self, method: str, path: str, body: Any, params: Params = ()) -> Written:
        """Write, and give what came back. A `body` of None is none.

        Raises:
            PermanentError: refused for good.
            RetriableError: certainly not stored.
            AmbiguousDeliveryError: sent without a certain answer.
            CredentialError: every further write would be refused too.
        """
        content = None if body is None else _json(body)
        response = await self._send(method, self._url(path, params), content)
        return Written(response.status_code, json_or_none(response), response.headers.get("Location"))

    def _url(self, path: str, params: Params) -> httpx.URL:
        # QueryParams keeps the repeated keys that Canvas wants (`include[]`).
        pairs = tuple(params.items()) if isinstance(params, Mapping) else tuple(params)
        url = httpx.URL(f"{self.base_url}{path}")
        return url.copy_with(params=httpx.QueryParams(pairs)) if pairs else url

    async def _send(
        self, method: str, url: httpx.URL, content: bytes | None = None, *, is_read: bool = False
    ) -> httpx.Response:
        is_write = method != "GET" and not is_read
        async with self._places:
            return await self.waiting.retrying()(self._attempt, method, url, content, is_write)

    async def _attempt(
        self, method: str, url: httpx.URL, content: bytes | None, is_write: bool
    ) -> httpx.Response:
        has_renewed = False
        while True:
            if self._refused is not None:
                raise error_for(self.vendor, Next.RENEW, self._refused, is_write=is_write)
            headers = await self.auth.headers(self._http, method, url)
            response = await self._once(method, url, content, headers, is_write=is_write)
            step = self.vendor.classify(response)
            if step is Next.USE:
                return response
            if step is Next.RENEW:
                # Renewed at most once per request: a second 401 is no matter of age.
                if not has_renewed and self.auth.refuse(headers):
                    has_renewed = True
                    continue
                self._refused = response
            raise error_for(self.vendor, step, response, is_write=is_write)

    async def _once(
        self, method: str, url: httpx.URL, content: bytes | None, authorization: Headers, *, is_write: bool
    ) -> httpx.Response:
        headers = {**self.headers, **authorization}
        refuse_unsendable(self.vendor.label, self.vendor.renew, headers)
        if content is not None:
            headers["Content-Type"] = "application/json"
        self._count(is_write=is_write)
        try:
            return await self._http.request(method, url, content=content, headers=headers)
        except httpx.RequestError as error:
            failure = self._lost(method, url, error, is_write=is_write)
        raise failure  # outside the except: httpx's error would carry the request with its token

    def _lost(
        self, method: str, url: httpx.URL, error: httpx.RequestError, *, is_write: bool
    ) -> OutsideError:
        kind = type(error).__name__
        if isinstance(error, _NEVER_SENT):
            return RetriableError(
                f"no connection to {shown_host(url)} ({kind}): is the address in the district file right, is the"
                " system up, does a firewall let this machine through? The next run asks again",
                system=self.vendor.label,
                code="UNREACHABLE",
            )
        where = f"{method} {shown_path(url.path)}: {kind}"
        if not is_write:
            return RetriableError(
                f"{where}, no answer. The next run reads again", system=self.vendor.label, code="NO_ANSWER"
            )
        return AmbiguousDeliveryError(
            f"{where}, sent without an answer: read back before anything is sent again",
            system=self.vendor.label,
            code="OUTCOME_UNKNOWN",
        )

    def _count(self, *, is_write: bool) -> None:
        if is_write:
            self.calls.writes += 1
        else:
            self.calls.reads += 1


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
