"""`gradeflow sandbox`: practice LMS and SIS servers on loopback."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradeflow.cli.options import FOLDER, HomeOption, Json
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.errors import ConfigError

if TYPE_CHECKING:
    from gradeflow.sandbox.practice import Practice


def sandbox(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="KIND", help="Which systems; --list names them all."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar=FOLDER, help="A folder of grades; by default a documented small school."),
    ] = None,
    home: HomeOption = None,
    names: Annotated[bool, typer.Option("--list", help="Name every practice system and end.")] = False,
    json: Json = False,
) -> None:
    """Start practice servers on 127.0.0.1 and serve until SIGTERM or Ctrl-C.

    With --home and no kind, everything that the home holds comes back as it was, on the same ports.
    """
    from gradeflow.sandbox.home import specs_for, specs_of  # noqa: PLC0415 - servers are loaded only where started
    from gradeflow.sandbox.registry import practices  # noqa: PLC0415 - likewise
    from gradeflow.sandbox.server import serve  # noqa: PLC0415 - likewise

    with told_to_the_operator():
        if names:
            _list(practices().values(), json=json)
            return
        specs = specs_for(kinds, data, home) if kinds else specs_of(home) if home else []
        if not specs:
            raise ConfigError("name at least one kind of practice system", allowed=", ".join(practices()))
        serve(specs, lambda systems: _announce(systems, json=json))


def _list(practices: Iterable[Practice], *, json: bool) -> None:
    rows = [{"kind": one.kind, "side": one.side, "label": one.label} for one in practices]
    if json:
        print_json({"systems": rows})
        return
    for row in rows:
        OUT.print(f"{row['side'].upper()}  {row['kind']:<18} {row['label']}", highlight=False)


def _announce(systems: list[dict[str, object]], *, json: bool) -> None:
    if json:
        print_json({"servers": systems})
        return
    for system in systems:
        place = _place(system)
        OUT.print(f"[bold]{system['kind']}[/]  {place}")
        for name, value in system.items():
            if name != "kind" and value != place:
                OUT.print(f"  {name}: {value}", markup=False)


def _place(system: dict[str, object]) -> str:
    server = system.get("sftp")
    if isinstance(server, dict):
        return f"sftp://{server['host']}:{server['port']}{server['path']}"
    return next(str(system[key]) for key in ("base_url", "folder") if key in system)
