"""A command imports what it needs: who asks about one score does not wait for Dagster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gradeflow.cli.main import APP, COMMANDS

LOOKS = """
import sys
from gradeflow.cli.main import _command
_command(sys.argv[1])
print(*(name for name in ("dagster", "uvicorn", "alembic", "httpx", "hypothesis") if name in sys.modules))
"""


@pytest.mark.parametrize("command", ["explain", "status"])
def test_a_command_that_only_looks_imports_neither_dagster_nor_what_asks_other_systems(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOKS, command], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


def test_every_command_is_there_and_is_named_as_its_function(tmp_path: Path) -> None:
    for name in COMMANDS:
        done = CliRunner().invoke(APP, [name, "--help"], env={"COLUMNS": "120"})
        assert (done.exit_code, f"{name} [OPTIONS]" in done.stdout) == (0, True), name


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant() -> None:
    done = CliRunner().invoke(APP, ["explian"])
    assert done.exit_code == 2
    assert "'explain'" in done.stderr
