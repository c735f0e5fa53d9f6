"""`gradeflow sandbox`: practice LMS and SIS servers on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gradeflow.cli.options import FOLDER, HomeOption, Json
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.errors import ConfigError


def sandbox(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KIND", help="Which servers: canvas, schooltool, skyward_sms, skyward_qmlativ."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar=FOLDER, help="A folder of grades; by default a documented small school."),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Start practice servers on 127.0.0.1 and serve until SIGTERM or Ctrl-C.

    With --home and no kind, everything that the home holds comes back as it was, on the same ports.
    """
    from gradeflow.sandbox.home import specs_for, specs_of  # noqa: PLC0415 - servers are loaded only where started
    from gradeflow.sandbox.server import serve  # noqa: PLC0415

    def announce(servers: list[dict[str, object]]) -> None:
        if json:
            print_json({"servers": servers})
            return
        for server in servers:
            OUT.print(f"[bold]{server['kind']}[/]  {server['base_url']}")
            for name, value in server.items():
                if name not in {"kind", "base_url"}:
                    OUT.print(f"  {name}: {value}", markup=False)

    with told_to_the_operator():
        specs = specs_for(kinds, data, home) if kinds else specs_of(home) if home else []
        if not specs:
            raise ConfigError(
                "name at least one kind of server", allowed="canvas, schooltool, skyward_sms, skyward_qmlativ"
            )
        serve(specs, announce)
