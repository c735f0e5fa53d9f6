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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gradeflow.errors import ConfigError
from gradeflow.sandbox.canvas import CanvasServer
from gradeflow.sandbox.canvas_fill import fill_canvas
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.control import Control
from gradeflow.sandbox.oneroster import OneRosterServer
from gradeflow.sandbox.oneroster_fill import fill_oneroster
from gradeflow.sandbox.oneroster_objects import BASE_PATH
from gradeflow.sandbox.oneroster_refusals import FLAVOURS
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.traffic import Traffic
from gradeflow.sandbox.wire import PracticeServer

LOOPBACK = "127.0.0.1"
KINDS = ("canvas", *FLAVOURS)
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """One practice server that can be started.

    Attributes:
        folder: the district's folder; servers with the same folder share its clock.
        port: where it listens.
    """

    kind: str
    district: str
    folder: Path
    port: int
    teacher_email: str
    client_id: str | None = None
    client_secret: str | None = None
    token: str | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def base_url(self) -> str:
        """What goes into a district file."""
        return self.origin if self.kind == "canvas" else self.origin + BASE_PATH

    @property
    def token_url(self) -> str | None:
        """Where an SIS gives out tokens."""
        return None if self.kind == "canvas" else f"{self.origin}/oauth/token"

    @property
    def clock_url(self) -> str:
        """Where the district's clock is read and set."""
        return f"{self.origin}/_sandbox/clock"

    def entry(self) -> Entry:
        """Give what is announced of it, with the keys that apply."""
        told = {
            "kind": self.kind,
            "district": self.district,
            "base_url": self.base_url,
            "token_url": self.token_url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "token": self.token,
            "teacher_email": self.teacher_email,
            "clock": self.clock_url,
        }
        return {key: value for key, value in told.items() if value is not None}


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on now, all different."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def fill(spec: ServerSpec, school: School) -> None:
    """Fill a server's new state from a School; it need not run."""
    store = _store(spec)
    if spec.kind == "canvas":
        fill_canvas(store, school)
    else:
        fill_oneroster(store, school, _clock(spec), spec.base_url)
    store.close()


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
        fleet.run(on_started=lambda: announce([spec.entry() for spec in specs]))
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
        self._sockets = _bind(specs)
        clocks = {spec.folder: _clock(spec) for spec in specs}
        self._stores: list[Store] = []
        self._traffic: list[Traffic] = []
        self._listeners = [self._listener(spec, clocks[spec.folder]) for spec in specs]

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
        for listener in self._listeners:
            listener.should_exit = True

    async def _serve(self, on_started: Callable[[], None] | None) -> None:
        pairs = zip(self._listeners, self._sockets, strict=True)
        serving = [asyncio.ensure_future(listener.serve(sockets=[sock])) for listener, sock in pairs]
        while not all(
            listener.started or task.done() for listener, task in zip(self._listeners, serving, strict=True)
        ):
            await asyncio.sleep(0.005)
        self.started.set()
        if on_started is not None:
            on_started()
        while not any(listener.should_exit for listener in self._listeners):
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
    store = _store(spec)
    if spec.kind == "canvas":
        return CanvasServer(store, clock, token=spec.token or "")
    return OneRosterServer(
        store,
        clock,
        flavour=spec.kind,
        client_id=spec.client_id or "",
        client_secret=spec.client_secret or "",
    )


def _store(spec: ServerSpec) -> Store:
    return Store(spec.folder / f"{spec.kind}.sqlite")


def _clock(spec: ServerSpec) -> Clock:
    return Clock(spec.folder / "clock.txt")


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
