"""Runs every call of a practice server: counts it, lets faults act on it, and hands it to its handler.

What the faults are is `faults`; how they are switched on from outside is `control`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gradeflow.sandbox.faults import Fault
from gradeflow.sandbox.wire import Answer, AnsweredError, Call, Endpoint, PracticeServer

_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
_THROTTLED = b"403 Forbidden (Rate Limit Exceeded)"
# What is a score and what is a title, in OneRoster, PowerSchool and Aeries
_SCORES = frozenset({"score", "scorepoints", "NumberCorrect"})
_TITLES = frozenset({"title", "name", "Description"})


class Gone(Exception):  # noqa: N818 - not an error of ours: the client left, or we close without an answer
    """This call ends without an answer."""


class Traffic:
    """Counts, faults and held calls of one server."""

    def __init__(self, server: PracticeServer) -> None:
        self._server = server
        self.faults: list[Fault] = []
        self.log: Counter[tuple[str, str]] = Counter()
        self.held = 0
        self._released = asyncio.Event()

    def arm(self, faults: list[Fault]) -> None:
        """Switch faults on, after those already on."""
        self.faults.extend(faults)

    def clear(self) -> None:
        """Switch all faults off and let held calls go on."""
        self.faults.clear()
        self._released.set()
        self._released = asyncio.Event()

    def endpoint(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler for Starlette."""
        template = endpoint.template.replace(":path}", "}")

        async def answer(request: Request) -> Response:
            self.log[request.method, template] += 1
            body = await request.body()
            call = Call(
                method=request.method,
                origin=f"http://{request.headers.get('host', '')}",
                path=request.scope["path"],
                params=request.path_params,
                query=request.query_params,
                headers=request.headers,
                body=body,
                target=_target(request),
            )
            try:
                given = (
                    await self._run(request, call, endpoint) if self.faults else self._plain(call, endpoint)
                )
            except Gone:
                return await _hang_up(request)
            # The clock of the district is the servers' only one, also where an answer says when it was given
            headers = {"Date": format_datetime(self._server.clock.now().astimezone(dt.UTC), usegmt=True)}
            return Response(
                given.content(),
                given.status,
                headers=headers | dict(given.headers),
                media_type=given.media_type,
            )

        return answer

    def _plain(self, call: Call, endpoint: Endpoint, *, keep: bool = True) -> Answer:
        try:
            with self._server.store.transaction(keep=keep):
                return endpoint.handler(call)
        except AnsweredError as error:
            return error.answer

    async def _run(self, request: Request, call: Call, endpoint: Endpoint) -> Answer:
        acting = {fault.do: fault for fault in self._acting(call)}
        if "latency" in acting:
            await asyncio.sleep(acting["latency"].options["seconds"])
        if "expire_tokens" in acting:
            self._server.expire_tokens()
        early = _early(acting)
        if early is not None:
            return early
        call = replace(call, body=_altered(call.body, acting), altered=frozenset(acting))
        await self._hold(request, acting, "before_commit")
        answer = self._plain(call, endpoint, keep="store_nothing" not in acting)
        await self._hold(request, acting, "after_commit")
        return _late(answer, acting)

    def _acting(self, call: Call) -> list[Fault]:
        path = _below(call.path, self._server.base_path)
        acting: list[Fault] = []
        is_decided = False
        for fault in self.faults:
            if fault.is_spent or not fault.matches(call.method, path):
                continue
            fault.seen += 1
            if fault.seen <= fault.after or (fault.kind.decides and is_decided):
                continue
            fault.fired += 1
            is_decided = is_decided or fault.kind.decides
            acting.append(fault)
        return acting

    async def _hold(self, request: Request, acting: dict[str, Fault], point: str) -> None:
        """Wait until faults are cleared, or until the client leaves: then this call ends where it stands."""
        if "hold" not in acting or acting["hold"].options["point"] != point:
            return
        self.held += 1
        release = asyncio.ensure_future(self._released.wait())
        leave = asyncio.ensure_future(_left(request))
        try:
            done, _ = await asyncio.wait({release, leave}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.held -= 1
            release.cancel()
            leave.cancel()
        if leave in done:
            raise Gone


def _below(path: str, base: str | tuple[str, ...]) -> str:
    bases = (base,) if isinstance(base, str) else base
    return path.removeprefix(next((one for one in bases if path.startswith(one)), ""))


def _target(request: Request) -> str:
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _early(acting: dict[str, Fault]) -> Answer | None:
    if "reset" in acting:
        raise Gone
    if "status" in acting:
        options = acting["status"].options
        body = options["body"].encode() if isinstance(options["body"], str) else options["body"]
        return Answer(options["code"], body, options["headers"])
    if "html" in acting:
        return Answer(acting["html"].options["code"], _PAGE, media_type="text/html; charset=utf-8")
    if "rate_limit_403" in acting:
        headers = {"X-Rate-Limit-Remaining": "0.0"}
        return Answer(403, _THROTTLED, headers, media_type="text/plain; charset=utf-8")
    return None


def _late(answer: Answer, acting: dict[str, Fault]) -> Answer:
    if "lose_answer" in acting:
        raise Gone
    if answer.status >= 300:
        return answer
    if "store_nothing" in acting:
        answer = replace(answer, status=200)
    if "no_echo" in acting:
        return replace(answer, body=None)
    if "bad_json" in acting:
        content = answer.content()
        return replace(answer, body=content[: len(content) // 2])
    return answer


def _altered(body: bytes, acting: dict[str, Fault]) -> bytes:
    """Change what is about to be stored, as systems with narrower columns do."""
    if not ({"round", "cut_title"} & acting.keys()):
        return body
    try:
        # Decimals in, so that half is really half
        content = json.loads(body, parse_float=Decimal)
    except ValueError:
        return body
    return json.dumps(_alter(content, acting), default=float).encode()


def _alter(value: Any, acting: dict[str, Fault], name: str = "") -> Any:
    """Change scores and titles wherever they stand: wrapped, flat, or in a batch."""
    if isinstance(value, dict):
        return {key: _alter(inner, acting, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_alter(inner, acting) for inner in value]
    if "round" in acting and name in _SCORES and isinstance(value, Decimal):
        step = Decimal(1).scaleb(-acting["round"].options["digits"])
        return value.quantize(step, ROUND_HALF_UP)
    if "cut_title" in acting and name in _TITLES and isinstance(value, str):
        return value[: acting["cut_title"].options["length"]]
    return value


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _hang_up(request: Request) -> Response:
    """Close the connection without a byte, and wait until that is known, so that nothing is sent after it."""
    request.scope["state"]["connection"].abort()
    await _left(request)
    return Response(status_code=500)
