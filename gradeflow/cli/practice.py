"""The practice servers of a home, as a child process while a command runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradeflow.errors import ConfigError
from gradeflow.settings import Home


@contextmanager
def practice_servers(home: Home) -> Iterator[list[dict[str, Any]]]:
    """Serve what a home holds, in a process of their own so that both cores work; none where it holds none.

    Raises:
        ConfigError: they do not start, mostly because they already run.
    """
    if not any((home.path / "sandbox").glob("*/servers.json")):
        yield []
        return
    command = [sys.executable, "-m", "gradeflow", "sandbox", "--home", str(home.path), "--json"]
    child = subprocess.Popen(  # noqa: S603 - our own command, no input of anybody
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = child.stdout.readline() if child.stdout is not None else ""
        if not line:
            _, words = child.communicate()
            raise ConfigError(
                f"the practice servers of {home.path} do not start; do they run already, as with gradeflow ui? "
                + words.strip().removeprefix("gradeflow: ")
            )
        yield json.loads(line)["servers"]
    finally:
        child.terminate()
        child.communicate()
