"""`gradeflow status`: what every district's last night did, what is held, and what waits for whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from gradeflow.cli.asked import told_asked
from gradeflow.cli.findings import findings_document, print_findings
from gradeflow.cli.options import Districts, HomeOption, Json, home_of
from gradeflow.cli.output import (
    OUT,
    as_of_words,
    print_indented,
    print_json,
    run_document,
    say,
    told_to_the_operator,
    worst,
)
from gradeflow.defs.exit_codes import exit_code_of
from gradeflow.defs.scheduled import missed_nights
from gradeflow.errors import ConfigError, GradeflowError, StoppedError
from gradeflow.model.decisions import Decided
from gradeflow.model.ledger import Run
from gradeflow.reports import run_list
from gradeflow.reports.asked import asked_of
from gradeflow.settings import Home
from gradeflow.warehouse import findings, holds, lease, runs, snapshot
from gradeflow.warehouse.decided import decisions_since
from gradeflow.warehouse.holder import is_provably_dead
from gradeflow.warehouse.store import Warehouse

LOOKED_AT = 20
SHORT_WORDS = {
    "completed": "[green]done[/]",
    "completed_with_errors": "[yellow]done, not all[/]",
    "held_by_breaker": "[yellow]stopped[/]",
    "failed": "[red]failed[/]",
    "running": "running",
}
PLAN_WORDS = SHORT_WORDS | {"completed": "[green]made[/]", "held_by_breaker": "[yellow]would stop[/]"}
BY_HAND = "assets by hand"  # what Dagster calls __ASSET_JOB
MISSED = (
    "no night ended well for two nights ({nights}). Is gradeflow ui running, and the schedule switched on under "
    "Automation? gradeflow status --history says more"
)
LEGEND = (
    "in SIS: results it is known to hold; holds: changes that wait for a person;\n"
    "findings: what stays or was noted; gradeflow status --findings says why"
)


def status(
    districts: Districts = None,
    found: Annotated[
        bool,
        typer.Option("--findings", help="List why scores are not in the SIS, by reason."),
    ] = False,
    history: Annotated[
        bool,
        typer.Option(
            "--history",
            help="List the runs, successful ones for 7 days, all others and people's decisions for 14.",
        ),
    ] = False,
    days: Annotated[
        int | None,
        typer.Option(
            "--days", min=1, help="With --history: list everything this long. None is ever deleted."
        ),
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Show each district's newest run, its open holds and its open findings by reason."""
    with told_to_the_operator():
        place = home_of(home)
        warehouse = Warehouse.open(place.warehouse_url())
        errors: list[tuple[str, GradeflowError]] = (
            [] if districts else [("gradeflow", error) for error in place.misnamed()]
        )
        shown = []
        for name in dict.fromkeys(districts or place.district_names()):
            try:
                row = _district(place, warehouse, name, with_findings=found)
                row["missed_nights"] = _missed(place, warehouse, name)
                shown.append(row | ({"history": _history(place, warehouse, name, days)} if history else {}))
            except ConfigError as error:
                errors.append((name, error))
                shown.append({"district": name, "error": str(error)})
    if json:
        print_json({"home": str(place.path), "districts": shown})
    elif shown:
        _print(place, [row for row in shown if "error" not in row], shown)
    else:
        OUT.print(f"{place.districts_folder} holds no district yet; gradeflow init writes one.")
    for name, wrong in errors:
        say(str(wrong), name)
    for row in shown:
        if row.get("missed_nights"):
            say(MISSED.format(nights=" and ".join(row["missed_nights"])), row["district"])
            errors.append((row["district"], StoppedError("no night")))
    raise typer.Exit(worst(exit_code_of(wrong) for _, wrong in errors))


def _print(home: Home, whole: Sequence[dict[str, Any]], shown: Sequence[dict[str, Any]]) -> None:
    if whole:  # else the errors say all that there is
        _print_table(home, shown)
    for row in whole:
        _print_words(row)
    for row in whole:
        if "history" in row:
            _print_history(row["district"], row["history"])
    for row in whole:
        if "findings" in row:
            print_findings(row["district"], row["findings"])


def _print_table(home: Home, shown: Sequence[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("district", "as of", "last run", "in SIS", "holds", "findings"):
        table.add_column(name, justify="right" if name in {"in SIS", "holds", "findings"} else "left")
    for row in shown:
        table.add_row(row["district"], *_cells(home, row))
    OUT.print(table)
    OUT.print(f"[dim]{LEGEND}[/]")


def _cells(home: Home, row: dict[str, Any]) -> tuple[str, ...]:
    if "error" in row:
        known = row["district"] in home.district_names()
        return "", "[red]file is wrong[/]" if known else "[red]no such district[/]", "", "", ""
    run = row["last_run"]
    counts = (
        str(row["confirmed_results"]),
        str(sum(row["open_holds"].values())),
        str(sum(row["open_findings"].values())),
    )
    if run is None:
        return "never", "", *counts
    words = PLAN_WORDS if run["job"] == "plan" else SHORT_WORDS
    zone = home.district(row["district"]).district.zone
    return as_of_words(run["as_of"], zone), f"{run['job']}: {words[run['status']]}", *counts


def _print_words(row: dict[str, Any]) -> None:
    run = row["last_run"]
    if row["lease_holder"]:
        OUT.print(f"\n[bold]{row['district']}[/] is being written now by {row['lease_holder']}")
    if run is None:
        return
    planned = "the last run was a plan: nothing was sent. " if run["job"] == "plan" else ""
    if who := told_asked(run["asked"]):
        OUT.print(f"\n[bold]{row['district']}[/]: ", end="")
        OUT.print(f"the last run: {who}", markup=False, soft_wrap=True)
    if planned or run["message"]:
        # In one piece: what is printed in two is wrapped as if it began at the left.
        told = f": {planned}{run['message'] or ''}"
        print_indented(0, Text.assemble("\n", (row["district"], "bold"), told))


def _print_history(name: str, listed: Sequence[dict[str, Any]]) -> None:
    counts = {kind: sum(row["kind"] == kind for row in listed) for kind in ("run", "decision")}
    told = [f"{count} {kind}{'s' * (count != 1)}" for kind, count in counts.items() if count or kind == "run"]
    OUT.print(f"\n[bold]{name}[/]: {' and '.join(told)} listed, none is ever deleted")
    for run in listed:
        if run["kind"] == "decision":
            OUT.print(f"  {run['started']}  {_decision_words(run)}", markup=False, soft_wrap=True)
            continue
        label = f' ("{run["label"]}")' if run["label"] else ""
        who = f", by {run['started_by']}" if run["started_by"] else ""
        line = f"  {run['started']}  {run['job']}: {run['status'].replace('_', ' ')}{label}{who}, run {run['run_id']}"
        OUT.print(line, markup=False, soft_wrap=True)


def _decision_words(row: dict[str, Any]) -> str:
    what = "a score" if row["what"] == ["score"] else " and ".join(row["what"])
    place = f"assignment {row['assignment']} in section {row['section']}"
    word = f"{row['started_by']} takes the {row['take'].upper()} for {what}, {place}"
    return f"unlock: {word}. Reason: {row['reason']}"


def _last_ended(newest: Sequence[Run]) -> Run | None:
    """Choose the run that ended last: one that found the district taken ends before the one that has it."""
    ended = [run for run in newest if run.ended_at is not None]
    return max(ended, key=lambda run: str(run.ended_at), default=newest[0] if newest else None)


def _district(home: Home, warehouse: Warehouse, name: str, *, with_findings: bool) -> dict[str, Any]:
    home.district(name)
    with warehouse.reading() as connection:
        holder = lease.current_holder(connection, name)
        newest = _last_ended(runs.last_runs(connection, name, LOOKED_AT))
        held = holds.load_open_holds(connection, name)
        found = findings.load_open_findings(connection, name)
        row = {
            "district": name,
            "last_run": None
            if newest is None
            else _run_document(newest, asked_of(home, connection, [newest.run_id])[newest.run_id]),
            "confirmed_results": snapshot.confirmed_results(connection, name),
            "open_holds": {str(k): int(v) for k, v in held["reason"].value_counts().sort_index().items()},
            "open_findings": {str(k): int(v) for k, v in found["code"].value_counts().sort_index().items()},
            "lease_holder": None if holder is None or is_provably_dead(holder) else holder,
        }
    return row | ({"findings": findings_document(found)} if with_findings else {})


def clock() -> dt.datetime:
    """Read the clock, as the shell may."""
    return dt.datetime.now(dt.UTC)


def _missed(home: Home, warehouse: Warehouse, name: str) -> list[str]:
    """List the nights that stayed away."""
    district, now = home.district(name).district, clock()
    with warehouse.reading() as connection:
        recent = runs.runs_since(connection, name, now - dt.timedelta(days=run_list.longest()))
    return [str(day) for day in missed_nights(district, recent, now)]


def _history(home: Home, warehouse: Warehouse, name: str, days: int | None) -> list[dict[str, Any]]:
    """List a district's runs and what persons decided, as the view shows them, the newest first."""
    district, now = home.district(name).district, clock()
    since = now - dt.timedelta(days=run_list.longest(days))
    with warehouse.reading() as connection:
        recent = runs.runs_since(connection, name, since)
        decided = decisions_since(connection, name, since)
    listed = [
        (
            run.started_at,
            run_document(run)
            | {
                "kind": "run",
                "job": BY_HAND if run.job.startswith("__") else run.job,
                "label": run_list.label_of(district.lms.kind, run.status),
            },
        )
        for run in run_list.listed(recent, now, days)
    ]
    listed += [(one.at, _decision_document(name, one)) for one in decided]
    listed.sort(key=lambda row: row[0], reverse=True)
    return [row | {"started": as_of_words(at.isoformat(), district.zone)} for at, row in listed]


def _decision_document(name: str, decided: Decided) -> dict[str, Any]:
    return {
        "kind": "decision",
        "district": name,
        "run_id": decided.run_id,
        "started_by": decided.word.by,
        "take": decided.word.take,
        "reason": decided.word.reason,
        "assignment": decided.lms_assignment_id,
        "section": decided.section_id_sis,
        "what": list(decided.what),
    }


def _run_document(run: Run, asked: dict[str, Any]) -> dict[str, Any]:
    return run_document(run) | {"job": BY_HAND if run.job.startswith("__") else run.job, "asked": asked}
