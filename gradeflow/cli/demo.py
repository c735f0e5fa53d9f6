"""`gradeflow demo`: three nights on real grades, through the definitions that the UI serves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
import httpx
import typer

from gradeflow.cli.options import FOLDER, HomeOption, Json, home_of
from gradeflow.cli.output import (
    ERR,
    OUT,
    STATUS_WORDS,
    calls_line,
    count_table,
    print_json,
    print_reasons,
    run_document,
    told_to_the_operator,
)
from gradeflow.cli.practice import practice_servers
from gradeflow.cli.practice_changes import Changes, apply_changes, choose_changes
from gradeflow.cli.practice_home import make_practice_home
from gradeflow.defs.instance import open_instance
from gradeflow.defs.launch import Launched, launch
from gradeflow.defs.scheduled import WENT
from gradeflow.model.ledger import Run
from gradeflow.sandbox.home import PreparedDistrict
from gradeflow.sandbox.oulad_files import packaged_grades
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import night
from gradeflow.settings import Home
from gradeflow.warehouse.store import Warehouse

NIGHTS = (
    (1, "first load"),
    (2, "nothing changed"),
    (3, "teachers and the office changed some"),
)
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Night:
    """One night of all districts."""

    number: int
    as_of: dt.datetime
    runs: list[Run]


def demo(
    home: HomeOption = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar=FOLDER, help="A folder with the same four Parquet files; by default the packaged grades."
        ),
    ] = None,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Fill the sandboxes and write the districts, but run no night.")
    ] = False,
    json: Json = False,
) -> None:
    """Derive practice districts from real grades and pass them back, for three nights.

    Writes only below the home. A home that a demo made is replaced; one with real districts is refused.
    """
    with told_to_the_operator():
        place = home_of(home)
        with ERR.status("filling the practice systems from real grades"):
            prepared = make_practice_home(place, data or packaged_grades())
        if prepare:
            _say_prepared(place, prepared, json=json)
            return
        with practice_servers(place), open_instance(place) as instance:
            warehouse = Warehouse.open(place.warehouse_url())
            nights, problems = _run_nights(place, instance, warehouse, prepared)
    if json:
        print_json({"nights": [_document(one) for one in nights]})
    else:
        _show(place, nights)
    for problem in problems:
        ERR.print(problem, markup=False)
    raise typer.Exit(1 if problems else 0)


def _run_nights(
    home: Home, instance: dg.DagsterInstance, warehouse: Warehouse, prepared: Sequence[PreparedDistrict]
) -> tuple[list[Night], list[str]]:
    nights, problems = [], []
    changes: dict[str, Changes] = {}
    for number, what in NIGHTS:
        done = []
        for district in prepared:
            if number == len(NIGHTS):
                changes[district.slug] = choose_changes(warehouse, district.slug)
                apply_changes(district, changes[district.slug])
            as_of = night(district.school, number)
            _set_clocks(district, as_of)
            with ERR.status(f"night {number} ({what}): {district.slug}, {district.lms} -> {district.sis}"):
                launched = launch(home, instance, warehouse, "passback", district.slug)
            done.append(launched.run)
            problems += _problems(number, launched, changes.get(district.slug))
            ERR.print(_line(number, launched.run), markup=False)
        nights.append(Night(number, max(run.as_of for run in done), done))
        if any(run.status not in WENT for run in done):
            return nights, problems  # nothing was sent that the next night could build on
    return nights, problems


def _set_clocks(district: PreparedDistrict, as_of: dt.datetime) -> None:
    served = (server for server in district.servers if practice_of(server.kind).serve is not None)
    for origin in {server.origin for server in served}:
        body = {"now": as_of.isoformat()}
        httpx.post(f"{origin}/_sandbox/clock", json=body, timeout=SECONDS).raise_for_status()


def _line(number: int, run: Run) -> str:
    wrote = run.results.get("created", 0) + run.results.get("updated", 0)
    return (
        f"night {number}  {run.district}: {wrote} results written, {run.results.get('held', 0)} held, "
        f"{run.calls['sis_write']} SIS writes, {run.seconds or 0:.1f} s"
    )


def _problems(number: int, launched: Launched, changes: Changes | None) -> list[str]:
    """Say what did not go as the demo planned it; nothing, on a good day."""
    run = launched.run
    expected: list[tuple[str, int, int]] = [("failed results", run.results.get("failed", 0), 0)]
    if run.status not in WENT:
        return [f"night {number}, {run.district}: {run.status}. {run.message or ''}"]
    if number == 2:
        expected.append(("SIS writes", run.calls["sis_write"], 0))
    if changes is not None:
        expected += [
            ("updated results", run.results.get("updated", 0), changes.expected_updated_results),
            ("held results", run.results.get("held", 0), changes.expected_held_results),
            ("updated line items", run.line_items.get("updated", 0), len(changes.renamed_items)),
            ("edits seen in the SIS", run.findings.get("SIS_EDITED", 0), changes.expected_seen_edits),
        ]
    return [
        f"night {number}, {run.district}: {name} should be {wanted} and is {found}"
        for name, found, wanted in expected
        if found != wanted
    ]


def _document(one: Night) -> dict[str, Any]:
    return {"as_of": one.as_of.isoformat(), "districts": [run_document(run) for run in one.runs]}


def _show(home: Home, nights: Sequence[Night]) -> None:
    words = dict(NIGHTS)
    for one in nights:
        OUT.print(f"\n[bold]Night {one.number}[/]: {words[one.number]}, as of {one.as_of:%Y-%m-%d}")
        for run in one.runs:
            OUT.print(f"{run.district} ({run.route}): {STATUS_WORDS[run.status]}")
            OUT.print(count_table(run.line_items, run.results))
            OUT.print(f"[dim]{calls_line(run)}[/]")
    reasons: dict[str, int] = {}
    for run in nights[-1].runs:
        for code, count in run.findings.items():
            reasons[code] = reasons.get(code, 0) + count
    print_reasons(reasons)
    _say_ui(home)


def _say_prepared(home: Home, prepared: Sequence[PreparedDistrict], *, json: bool) -> None:
    names = [district.slug for district in prepared]
    if json:
        print_json({"home": str(home.path), "districts": names})
        return
    OUT.print(f"Prepared {len(names)} practice districts: {', '.join(names)}")
    _say_ui(home)


def _say_ui(home: Home) -> None:
    OUT.print(
        f"\nSee it in the Dagster UI, with the practice systems running:\n  gradeflow ui --home {home.path}",
        soft_wrap=True,
    )
