"""The commands, put together."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Annotated

import dagster as dg
import typer

from gradeflow.cli import (
    categories,
    check,
    demo,
    explain,
    init,
    night,
    rollover,
    routes,
    rules,
    sandbox,
    simulate,
    status,
    ui,
    unlock,
)
from gradeflow.cli.options import FOLDER, HOME_WORDS
from gradeflow.settings import HOME_VARIABLE

APP = typer.Typer(
    name="gradeflow",
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


APP.command("demo")(demo.demo)
APP.command("init")(init.init)
APP.command("check")(check.check)
APP.command("plan")(night.plan)
APP.command("sync")(night.sync)
APP.command("remaster")(night.remaster)
APP.command("simulate")(simulate.simulate)
APP.command("status")(status.status)
APP.command("ui")(ui.ui)
APP.command("explain")(explain.explain)
APP.command("unlock")(unlock.unlock)
APP.command("categories")(categories.categories)
APP.command("rollover")(rollover.rollover)
APP.command("routes")(routes.routes)
APP.command("rules")(rules.rules)
APP.command("sandbox")(sandbox.sandbox)


def main() -> None:
    """Run the command line."""
    # `backfill_policy` is what makes a backfill one run per district; its beta mark is no news to an operator.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    APP()
