"""Starting and stopping practice servers: all in one process and one event loop, on loopback only.

`running` serves in a background thread, for tests and the demo; `serve` serves in the foreground until
SIGTERM or SIGINT, for the command. What a home holds and where is `home`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gradeflow.errors import ConfigError
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.control import Control
from gradeflow.sandbox.practice import LOOPBACK, ServerSpec
from gradeflow.sandbox.registry import practice_of, told
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.traffic import Traffic
from gradeflow.sandbox.wire import PracticeServer

Entry = dict[str, Any]


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on now, all different."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def fill(spec: ServerSpec, school: School) -> None:
    """Fill a system's state from a School; it need not run."""
    practice_of(spec.kind).fill(spec, school, spec.clock())


@contextlib.contextmanager
def running(specs: Sequence[ServerSpec]) -> Iterator[list[ServerSpec]]:
    """Serve in a background thread while the block runs.

    Raises:
        ConfigError: a port is taken.
    """
    fleet = _Fleet(specs)
    thread = threading.Thread(target=fleet.run, name="gradeflow-sandbox", daemon=True)
    thread.start()
    fleet.started.wait()
    try:
        if not thread.is_alive():
            raise ConfigError("the practice servers ended before they answered")
        yield list(specs)
    finally:
        fleet.stop()
        thread.join()


def serve(specs: Sequence[ServerSpec], announce: Callable[[list[Entry]], None]) -> None:
    """Serve until SIGTERM or SIGINT; call from the main thread.

    Args:
        specs: what to start.
        announce: called once, when every server answers, with one entry each.

    Raises:
        ConfigError: a port is taken.
    """
    fleet = _Fleet(specs)
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: fleet.stop()) for number in signals]
    try:
        fleet.run(on_started=lambda: announce([told(spec) for spec in specs]))
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


class _Connection(HttpToolsProtocol):
    """Hands the connection to the application, so that a fault can close it without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base
        self.app_state = {**self.app_state, "connection": transport}
        super().connection_made(transport)


class _Listener(uvicorn.Server):
    """A uvicorn server that leaves signals alone: several of them share one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Fleet:
    """Several servers on one event loop."""

    def __init__(self, specs: Sequence[ServerSpec]) -> None:
        self.started = threading.Event()
        served = [spec for spec in specs if practice_of(spec.kind).serve is not None]
        others = [spec for spec in specs if practice_of(spec.kind).listen is not None]
        sockets = _bind([*served, *others])
        self._sockets = sockets[: len(served)]
        self._others = list(zip(others, sockets[len(served) :], strict=True))
        self._should_end = False
        clocks = {spec.folder: spec.clock() for spec in served}
        self._stores: list[Store] = []
        self._traffic: list[Traffic] = []
        self._listeners = [self._listener(spec, clocks[spec.folder]) for spec in served]

    def run(self, on_started: Callable[[], None] | None = None) -> None:
        """Serve until `stop`."""
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(self._serve(on_started))
        finally:
            for store in self._stores:
                store.close()
            self.started.set()

    def stop(self) -> None:
        """Ask all servers to end; safe from another thread and from a signal."""
        self._should_end = True
        for listener in self._listeners:
            listener.should_exit = True

    async def _serve(self, on_started: Callable[[], None] | None) -> None:
        async with contextlib.AsyncExitStack() as stack:
            for spec, sock in self._others:
                await stack.enter_async_context(_listening(spec, sock))
            await self._serve_http(on_started)

    async def _serve_http(self, on_started: Callable[[], None] | None) -> None:
        pairs = zip(self._listeners, self._sockets, strict=True)
        serving = [asyncio.ensure_future(listener.serve(sockets=[sock])) for listener, sock in pairs]
        while not all(
            listener.started or task.done() for listener, task in zip(self._listeners, serving, strict=True)
        ):
            await asyncio.sleep(0.005)
        self.started.set()
        if on_started is not None:
            on_started()
        while not self._should_end and not any(listener.should_exit for listener in self._listeners):
            await asyncio.sleep(0.02)
        for traffic in self._traffic:
            traffic.clear()
        await asyncio.gather(*serving)

    def _listener(self, spec: ServerSpec, clock: Clock) -> _Listener:
        server = _open(spec, clock)
        self._stores.append(server.store)
        traffic = Traffic(server)
        self._traffic.append(traffic)
        config = uvicorn.Config(
            _application(server, traffic),
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.CRITICAL,
            access_log=False,
            server_header=False,
            date_header=False,  # answers carry the district's clock
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        return _Listener(config)


def _application(server: PracticeServer, traffic: Traffic) -> Starlette:
    routes = [
        Route(endpoint.template, traffic.endpoint(endpoint), methods=[endpoint.method])
        for endpoint in server.endpoints()
    ]

    async def no_route(request: Request, _: Exception) -> Response:
        answer = server.no_route(request.url.path)
        return Response(answer.content(), answer.status, dict(answer.headers), answer.media_type)

    return Starlette(
        routes=[*routes, *Control(server, traffic).routes()],
        exception_handlers={404: no_route},
    )


def _open(spec: ServerSpec, clock: Clock) -> PracticeServer:
    serve = practice_of(spec.kind).serve
    if serve is None:
        msg = f"nothing is served of {spec.kind}"
        raise ValueError(msg)
    return serve(spec, clock)


def _listening(spec: ServerSpec, sock: socket.socket) -> contextlib.AbstractAsyncContextManager[None]:
    listen = practice_of(spec.kind).listen
    if listen is None:
        msg = f"nothing listens of {spec.kind}"
        raise ValueError(msg)
    return listen(spec, sock)


def _bind(specs: Sequence[ServerSpec]) -> list[socket.socket]:
    bound: list[socket.socket] = []
    for spec in specs:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((LOOPBACK, spec.port))
        except OSError as error:
            for other in (*bound, sock):
                other.close()
            msg = f"port {spec.port} ({spec.district}, {spec.kind}) is taken; stop what listens there"
            raise ConfigError(msg) from error
        bound.append(sock)
    return bound


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
