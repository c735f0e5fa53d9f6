"""Options that several commands share."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import typer

from gradeflow.settings import HOME_VARIABLE, Home

FOLDER = "FOLDER"
HOME_WORDS = "Where everything lies; by default $GRADEFLOW_HOME, else ./var."
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
HomeOption = Annotated[Path | None, typer.Option("--home", metavar=FOLDER, help=HOME_WORDS)]
OneDistrict = Annotated[str, typer.Argument(metavar="DISTRICT")]
Districts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DISTRICT", help="Names of districts, as their files are named; none: all of them."
    ),
]


def home_of(path: Path | None) -> Home:
    """Settle the home of a command, and let child processes know it."""
    if path is not None:
        os.environ[HOME_VARIABLE] = str(path.absolute())
    # The shell may read the clock; Dagster's resource, which has it too, takes half a second to import
    return Home(Home.from_environment().path, dt.datetime.now(dt.UTC).date())
