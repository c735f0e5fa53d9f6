"""The `gradeflow` command: thin. Each file below is one command or one concern of talking to an operator."""

from gradeflow.cli.main import main

__all__ = ["main"]
