"""`gradeflow categories`: what each LMS category becomes in each section, and what becomes of none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from gradeflow.cli.options import HomeOption, Json, OneDistrict, home_of
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.defs.connections import profile_of
from gradeflow.reports.coverage import coverage
from gradeflow.reports.evidence import read_items
from gradeflow.rules.reasons import REASONS
from gradeflow.settings import Home
from gradeflow.settings.publish import publication
from gradeflow.warehouse import history
from gradeflow.warehouse.store import Warehouse

SHOWN_SECTIONS = 5
NO_CATEGORY = "(no category)"


def categories(
    district: OneDistrict,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="Publish all drafts of the map: each takes the place of the row of its scope. "
            "What that would do, gradeflow simulate says before.",
        ),
    ] = False,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Show how far the category map covers what the LMS has, and who assigns outside the passback group."""
    with told_to_the_operator():
        if publish:
            _publish(home_of(home), district, json=json)
            return
        document = _document(home_of(home), district)
    if json:
        print_json(document)
    else:
        _print(document)


def _publish(home: Home, name: str, *, json: bool) -> None:
    changes = publication(home.district(name))
    changes.write()
    files = [str(path) for path in changes.texts]
    if json:
        print_json(
            {
                "district": name,
                "published": changes.published,
                "replaced": changes.replaced,
                "files": files,
            }
        )
    elif not changes.published:
        OUT.print(f"The category map of {name} has no drafts.", markup=False)
    else:
        OUT.print(
            f"Published {changes.published} drafts in {', '.join(files)}; they took the place of {changes.replaced}"
            " rows. The next run goes by them.",
            markup=False,
            soft_wrap=True,
        )


def _document(home: Home, name: str) -> dict[str, Any]:
    file = home.district(name)
    warehouse = Warehouse.open(home.warehouse_url())
    evidence = read_items(home, warehouse, name)
    with warehouse.reading() as connection:
        run = history.latest_judging_run(connection, name)
    as_of = evidence.read_at if run is None else run["as_of"]
    return coverage(file.district, profile_of(file), evidence, as_of)


def _print(document: Mapping[str, Any]) -> None:
    OUT.print(f"\n[bold]{document['district']}[/]  {document['route']}")
    OUT.print(
        f"[dim]As both systems were read {document['read']['at']} by run {document['read']['run_id']}[/]"
    )
    if document["category_source"] == "none":
        OUT.print("This route sends no category; nothing has to be mapped.")
    elif not document["categories"]:
        OUT.print("The LMS has no assignment in the district's window yet.")
    else:
        _print_categories(document["categories"])
    _print_rows(document["rows"])
    _print_assigners(document["assigners"])


def _print_categories(found: Iterable[Mapping[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("LMS category")
    for name in ("items", "sections", "mapped", "unassociated", "like name", "changed"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        counts = [one[key] for key in ("items", "sections", "mapped", "unassociated", "by_like_name")]
        table.add_row(_named(one["lms"]), *map(str, counts), str(one["states"]["Changed"]))
    OUT.print(table)
    OUT.print("[dim]like name: nobody mapped it; the SIS category of exactly that name is used[/]")
    for one in found:
        _print_problems(one)


def _print_problems(category: Mapping[str, Any]) -> None:
    groups: dict[tuple[str, str | None], list[Mapping[str, Any]]] = {}
    for line in category["lines"]:
        if line["code"] is not None:
            groups.setdefault((line["code"], line["near"]), []).append(line)
    for (code, near), lines in groups.items():
        reason = REASONS[code]
        sections = sorted({line["section"] for line in lines})
        more = f" and {len(sections) - SHOWN_SECTIONS} more" if len(sections) > SHOWN_SECTIONS else ""
        items = sum(line["items"] for line in lines)
        OUT.print(f"\n{_named(category['lms'])}", style="bold", markup=False, end="")
        OUT.print(
            f": {code}, items {items}, sections {', '.join(sections[:SHOWN_SECTIONS])}{more}", markup=False
        )
        OUT.print(f"  {reason.cause}", markup=False)
        if near:
            OUT.print(f"  Perhaps meant: {near}. It is not taken by itself.", markup=False)
        OUT.print(f"  {reason.owner}: {reason.fix}", markup=False, style="dim")


def _print_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        scope = ", ".join(f"{key} {row[key]}" for key in ("lms", "section", "item") if row[key] is not None)
        said = []
        if row["lost"] is not None:
            near = f"; perhaps meant: {row['near']}" if row["near"] else ""
            is_gone = row["lost"] == "gone"
            said.append(
                f"the SIS {'has no' if is_gone else 'has set inactive its'} category {row['sis']}{near}"
            )
        if row["items"] == 0:
            said.append("no assignment needs it")
        if row["state"] == "draft":
            said.append("a draft: no run goes by it until its state is published")
        if said:
            OUT.print(f"\nRow of the map ({scope}): {'; '.join(said)}.", markup=False)


def _print_assigners(found: Iterable[Mapping[str, Any]]) -> None:
    for one in found:
        who = one["assigner"] or "somebody whom the LMS does not name"
        OUT.print(f"\nAssigned by {who}: {one['code']}, items {one['items']}, sections {one['sections']}",
                  markup=False)  # fmt: skip
        OUT.print(f"  {one['cause']}", markup=False)
        OUT.print(f"  {one['owner']}: {one['fix']}", markup=False, style="dim")


def _named(category: str | None) -> str:
    return NO_CATEGORY if category is None else category
