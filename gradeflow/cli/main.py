"""The commands, put together."""

from __future__ import annotations

import gc
import os
import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from gradeflow.cli.options import FOLDER, HOME_WORDS
from gradeflow.settings import HOME_VARIABLE

if TYPE_CHECKING:
    from typer._click.core import Command, Context

# Looking for garbage after every 700 new objects goes through all that was imported, again and again, for nothing;
# after every 100,000, one answer in forty waits 150 ms for it.
GARBAGE_THRESHOLDS = (10_000, 100, 10)

# Each command and the module that has it, in the order of the help.
COMMANDS = {
    "demo": "demo",
    "init": "init",
    "check": "check",
    "plan": "night",
    "sync": "night",
    "remaster": "night",
    "simulate": "simulate",
    "status": "status",
    "ui": "ui",
    "explain": "explain",
    "unlock": "unlock",
    "reconcile": "reconcile",
    "categories": "categories",
    "rollover": "rollover",
    "routes": "routes",
    "rules": "rules",
    "sandbox": "sandbox",
}


class CommandsWhenAsked(TyperGroup):
    """Imports a command when it is asked for: who looks at one score does not wait for Dagster."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Name all commands; their modules are imported by whoever asks for each."""
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Give one command; for a name that is none all are made, so that a near one can be suggested."""
        wanted = [cmd_name] if cmd_name in COMMANDS else list(COMMANDS)
        self.commands.update({name: _command(name) for name in wanted if name not in self.commands})
        return self.commands.get(cmd_name)


def _command(name: str) -> Command:
    body = getattr(import_module(f"gradeflow.cli.{COMMANDS[name]}"), name)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(body)
    return typer.main.get_command(alone)


APP = typer.Typer(
    name="gradeflow",
    cls=CommandsWhenAsked,
    help=(
        "Open grade passback: scores from the learning platform into the student information system, "
        "and nothing else changes.\n\n"
        "Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 done with rejects or holds, "
        "4 stopped by a breaker or another run, 5 an outside system failed."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@APP.callback()
def _home(
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar=FOLDER, envvar=HOME_VARIABLE, show_envvar=False, help=HOME_WORDS),
    ] = None,
) -> None:
    # Child processes and the definitions read the variable.
    os.environ[HOME_VARIABLE] = str((home or Path("var")).absolute())


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    # `backfill_policy` is what makes a backfill one run per district; its beta mark is no news to an operator.
    # By its words, since its class would import Dagster for every command.
    warnings.filterwarnings("ignore", message=".* is currently in beta")
    APP()
