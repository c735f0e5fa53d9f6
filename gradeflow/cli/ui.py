"""`gradeflow ui`: the Dagster UI on a home, with its practice servers where it has some."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from gradeflow.cli.options import HomeOption, Json, home_of
from gradeflow.cli.output import OUT, fail, print_json, told_to_the_operator
from gradeflow.cli.practice import practice_servers
from gradeflow.defs.instance import dagster_home
from gradeflow.errors import ConfigError
from gradeflow.settings import HOME_VARIABLE

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30.0
GRACE_SECONDS = 10.0
SCHEDULES = "The nightly schedules run while this does, each once it is switched on: {url}/automation"
# `dagster dev` calls itself superseded by `dg dev`, a package that we do not need.
QUIETLY = ("-W", "ignore:Function `dev_command` is superseded")


def ui(
    home: HomeOption = None,
    port: Annotated[
        int, typer.Option(metavar="NUMBER", help="Where the UI listens, on loopback.", min=1, max=65535)
    ] = 3000,
    json: Json = False,
) -> None:
    """Serve the Dagster UI, its daemon and the home's practice servers until SIGTERM or Ctrl-C."""
    # First of all, so that a signal at any later moment ends what was started until then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with told_to_the_operator(), ExitStack() as stack:
        _refuse_taken(port)
        place = home_of(home)
        servers = stack.enter_context(practice_servers(place))
        environment = os.environ | {"DAGSTER_HOME": str(dagster_home(place)), HOME_VARIABLE: str(place.path)}
        url = f"http://{HOST}:{port}"
        if json:
            print_json({"url": url, "home": str(place.path), "servers": servers})
        else:
            text = f"Dagster UI: {url}  home: {place.path}  practice servers: {len(servers)}"
            OUT.print(text, markup=False, soft_wrap=True)
            OUT.print(SCHEDULES.format(url=url), markup=False, soft_wrap=True)
        child = stack.enter_context(_dagster(port, place.path, environment))
        with contextlib.suppress(KeyboardInterrupt):
            if child.wait() not in {0, -signal.SIGTERM, -signal.SIGINT}:
                fail(f"Dagster ended by itself with code {child.returncode}; its words are above", 1)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise ConfigError(f"port {port} is taken; give another with --port") from None


@contextlib.contextmanager
def _dagster(port: int, folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `dagster dev` in a process group of its own, and end all of the group afterwards."""
    command = [sys.executable, *QUIETLY, "-m", "dagster", "dev", "-w", "workspace.yaml"]
    child = subprocess.Popen(  # noqa: S603 - our own command; the port is a number
        [*command, "-h", HOST, "-p", str(port)], env=environment, cwd=folder, start_new_session=True
    )
    try:
        yield child
    finally:
        # A second signal must not interrupt the ending.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=PATIENCE_SECONDS)
        _end_group(child)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End what a process left behind in its group: runs under way are told first, and killed where they stay."""
    deadline = time.monotonic() + GRACE_SECONDS
    with contextlib.suppress(ProcessLookupError):  # nobody is left
        os.killpg(child.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            child.poll()  # a dead leader that nobody asked about still counts as a member
            os.killpg(child.pid, 0)
            time.sleep(0.1)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
