"""Running a command in this process, as a shell would see it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from gradeflow.cli.main import APP
from gradeflow_tests.delivery.practice import Ended


def run(home: Path, *arguments: str) -> Ended:
    """Run a command on a home; the terminal is 80 columns wide."""
    done = CliRunner().invoke(APP, [*arguments, "--home", str(home)], env={"COLUMNS": "80"})
    return Ended(done.exit_code, done.stdout, done.stderr)
