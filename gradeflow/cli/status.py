"""`gradeflow status`: what every district's last night did, what is held, and what waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from gradeflow.cli.options import Districts, HomeOption, Json, home_of
from gradeflow.cli.output import OUT, print_json, run_document, told_to_the_operator
from gradeflow.model.ledger import Run
from gradeflow.settings import Home
from gradeflow.warehouse import findings, holds, lease, runs, snapshot
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


def status(districts: Districts = None, home: HomeOption = None, json: Json = False) -> None:
    """Show each district's newest run, its open holds and its open findings by reason."""
    with told_to_the_operator():
        place = home_of(home)
        warehouse = Warehouse.open(place.warehouse_url())
        shown = [_district(place, warehouse, name) for name in districts or place.district_names()]
    if json:
        print_json({"home": str(place.path), "districts": shown})
        return
    if not shown:
        OUT.print(f"{place.districts_folder} holds no district yet; gradeflow init writes one.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("district", "as of", "last run", "in SIS", "holds", "findings"):
        table.add_column(name, justify="right" if name in {"in SIS", "holds", "findings"} else "left")
    for row in shown:
        run = row["last_run"]
        table.add_row(
            row["district"],
            "never" if run is None else run["as_of"][:16].replace("T", " "),
            "" if run is None else SHORT_WORDS[run["status"]],
            str(row["confirmed_results"]),
            str(sum(row["open_holds"].values())),
            str(sum(row["open_findings"].values())),
        )
    OUT.print(table)
    OUT.print("[dim]in SIS: results that the SIS is known to hold; holds: changes that wait for a person[/]")
    for row in shown:
        if row["lease_holder"]:
            OUT.print(f"\n[bold]{row['district']}[/] is being written now by {row['lease_holder']}")
        if row["last_run"] is not None and row["last_run"]["message"]:
            OUT.print(f"\n[bold]{row['district']}[/]: ", end="")
            OUT.print(row["last_run"]["message"], markup=False)


def _last_ended(newest: Sequence[Run]) -> Run | None:
    """Choose the run that ended last: one that found the district taken ends before the one that has it."""
    ended = [run for run in newest if run.ended_at is not None]
    return max(ended, key=lambda run: str(run.ended_at), default=newest[0] if newest else None)


def _district(home: Home, warehouse: Warehouse, name: str) -> dict[str, Any]:
    home.district(name)
    with warehouse.reading() as connection:
        holder = lease.current_holder(connection, name)
        newest = _last_ended(runs.last_runs(connection, name, LOOKED_AT))
        held = holds.load_open_holds(connection, name)
        found = findings.load_open_findings(connection, name)
        return {
            "district": name,
            "last_run": None if newest is None else run_document(newest),
            "confirmed_results": snapshot.confirmed_results(connection, name),
            "open_holds": {str(k): int(v) for k, v in held["reason"].value_counts().sort_index().items()},
            "open_findings": {str(k): int(v) for k, v in found["code"].value_counts().sort_index().items()},
            "lease_holder": None if holder is None or is_provably_dead(holder) else holder,
        }
