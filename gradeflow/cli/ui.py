"""`gradeflow ui`: the Dagster UI on a home, with its practice servers where it has some."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import Annotated

import typer

from gradeflow.cli.options import HomeOption, home_of
from gradeflow.cli.output import OUT, told_to_the_operator
from gradeflow.cli.practice import practice_servers
from gradeflow.defs.instance import dagster_home
from gradeflow.settings import HOME_VARIABLE


def ui(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(help="Where the UI listens, on loopback.")] = 3000,
) -> None:
    """Serve the Dagster UI, its daemon and the home's practice servers until SIGTERM or Ctrl-C."""
    with told_to_the_operator(), ExitStack() as stack:
        place = home_of(home)
        servers = stack.enter_context(practice_servers(place))
        environment = os.environ | {"DAGSTER_HOME": str(dagster_home(place)), HOME_VARIABLE: str(place.path)}
        command = [sys.executable, "-m", "dagster", "dev", "-m", "gradeflow.definitions", "-p", str(port)]
        OUT.print(
            f"Dagster UI: http://127.0.0.1:{port}  home: {place.path}  practice servers: {len(servers)}"
        )
        # A group of its own, so that whatever it starts can be ended with it.
        child = subprocess.Popen(  # noqa: S603 - our own command; the port is a number
            [*command, "-h", "127.0.0.1"], env=environment, cwd=place.path, start_new_session=True
        )
        stack.callback(_end, child)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        code = child.wait()
    raise typer.Exit(0 if code in {0, -signal.SIGTERM, -signal.SIGINT} else 1)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask Dagster to end with all its children, and wait."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
