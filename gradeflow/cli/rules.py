"""`gradeflow rules`: every passback rule, where it lives, and its value on a route or in a district."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from gradeflow.cli.options import HomeOption, Json, home_of
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.defs.connections import profile_of
from gradeflow.errors import ConfigError
from gradeflow.rules import layers
from gradeflow.rules.catalogue import CatalogueRow, catalogue
from gradeflow.rules.catalogue.markdown import catalogue_markdown, told
from gradeflow.rules.catalogue.standing import Effective, Standing, standing, standing_on
from gradeflow.rules.reasons import REASONS
from gradeflow.settings import Home

LEGEND = "gradeflow rules --rule ID shows one whole; gradeflow rules DISTRICT the values of a district."


def rules(
    district: Annotated[
        str | None,
        typer.Argument(
            metavar="DISTRICT", help="Show this district's values: what each is, and who says so."
        ),
    ] = None,
    route: Annotated[
        str | None,
        typer.Option(metavar="ROUTE", help="The rules of one route, such as otus-skyward or canvas-aeries."),
    ] = None,
    rule: Annotated[
        str | None, typer.Option(metavar="ID", help="One rule whole, with what to do about each reason.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print all of it as Markdown.")] = False,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """List the passback rules, where each lives, what sets it on a route or in a district, and what is missing."""
    with told_to_the_operator():
        if district is not None and route is not None:
            raise ConfigError("name a district or --route, not both")
        if markdown and (json or any(one is not None for one in (district, route, rule))):
            raise ConfigError("--markdown prints all rules; give it alone")
        there = standing_on(route) if route else _of_district(home_of(home), district) if district else None
        rows = _rows(rule, there)
    if markdown:
        OUT.print(catalogue_markdown(), markup=False, soft_wrap=True, end="")
    elif json:
        print_json(_document(rows, there, district))
    elif rule is not None:
        _print_rule(rows[0], there)
    elif district is not None and there is not None:
        _print_values(district, there)
    else:
        _print_list(rows, there)


def _of_district(home: Home, name: str) -> Standing:
    file = home.district(name)
    return standing(file.district.lms.kind, file.district.sis.kind, profile_of(file))


def _rows(rule: str | None, there: Standing | None) -> list[CatalogueRow]:
    if rule is None:
        return list(catalogue().values() if there is None else there.rows)
    if rule.upper() not in catalogue():
        raise ConfigError(
            f"there is no rule {rule}", allowed="R001 to R205, C01 to C25, G01 to G24, E01 to E21"
        )
    return [catalogue()[rule.upper()]]


def _document(rows: Iterable[CatalogueRow], there: Standing | None, district: str | None) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if there is not None:
        document = {
            "district": district,
            "route": there.profile.route,
            "lms": there.lms,
            "sis": there.sis,
            "documented": there.profile.is_documented,
            "profile": _value_documents(there.values),
        }
    return document | {"rules": [_rule_document(row, there) for row in rows]}


def _rule_document(row: CatalogueRow, there: Standing | None) -> dict[str, Any]:
    document = row.model_dump(mode="json") | {"reasons": [_reason(code) for code in row.codes]}
    return document if there is None else document | {"values": _value_documents(there.values_of(row))}


def _reason(code: str) -> dict[str, str]:
    reason = REASONS[code]
    return {name: getattr(reason, name) for name in ("code", "outcome", "owner", "cause", "fix")}


def _value_documents(values: Mapping[str, Effective]) -> dict[str, Any]:
    return {key: {"value": v.value, "from": v.origin, "rule": v.rule} for key, v in values.items()}


def _print_list(rows: Iterable[CatalogueRow], there: Standing | None) -> None:
    if there is not None:
        _print_head(there)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("rule", no_wrap=True, style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("what it demands, and where it lives", overflow="fold")
    for row in rows:
        table.add_row(row.id, row.kind, "\n".join([escape(row.title), *_details(row, there)]))
    OUT.print(table)
    OUT.print(f"[dim]{LEGEND}[/]")


def _details(row: CatalogueRow, there: Standing | None) -> list[str]:
    keys = () if there is None else row.keys
    lines = [f"[dim]{', '.join(name for name in row.lives if name not in keys)}[/]"]
    if there is not None:
        lines += [_line(key, value) for key, value in there.values_of(row).items()]
    lines += [f"[yellow]missing:[/] {escape(row.missing)}"] if row.missing else []
    lines += [f"later: {escape(row.later)}"] if row.later else []
    return [line for line in lines if line != "[dim][/]"]


def _line(key: str, value: Effective) -> str:
    return escape(f"{key}: {told(value.value)}; {value.origin}, {value.rule}")


def _print_head(there: Standing) -> None:
    words = "a guide documents it" if there.profile.is_documented else "put together from its two sides"
    OUT.print(f"[bold]{there.profile.route}[/]: {there.lms} to {there.sis}, {words}")
    route = layers.route_between(there.lms, there.sis)
    pairs = [f"{lms}-{sis}" for lms in route.lms for sis in route.sis] if route is not None else []
    others = [pair for pair in pairs if pair != f"{there.lms}-{there.sis}"]
    if others:
        OUT.print(f"The same guide documents {', '.join(others)}.")


def _print_values(district: str, there: Standing) -> None:
    OUT.print(f"[bold]{district}[/]  ", end="")
    _print_head(there)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("value", no_wrap=True)
    table.add_column("is", overflow="fold")
    for name in ("from", "rule"):
        table.add_column(name, no_wrap=True)
    for key, value in there.values.items():
        origin = f"[bold]{value.origin}[/]" if value.origin == "district" else value.origin
        table.add_row(key, escape(told(value.value)), origin, value.rule)
    OUT.print(table)


def _print_rule(row: CatalogueRow, there: Standing | None) -> None:
    OUT.print(f"[bold]{row.id}[/]  ", end="")
    OUT.print(row.title, markup=False, soft_wrap=True)
    guides = ", ".join(row.guides) or "none"
    OUT.print(
        f"{row.kind}; guides: {guides}; stated for {', '.join(row.routes)}", markup=False, soft_wrap=True
    )
    for name, text in (("missing", row.missing), ("later", row.later)):
        if text is not None:
            OUT.print(f"{name}: {text}", markup=False, soft_wrap=True)
    places = [name for name in row.lives if name not in {*row.codes, *row.keys}]
    for title, lines in (("Where it lives", places), ("Values", list(_value_lines(row, there)))):
        if lines:
            OUT.print(f"\n[bold]{title}[/]")
        for line in lines:
            OUT.print(f"  {line}", markup=False, soft_wrap=True)
    for reason in map(_reason, row.codes):
        OUT.print(f"\n[bold]{reason['code']}[/]  {reason['outcome']}")
        OUT.print(f"  {reason['cause']}", markup=False, soft_wrap=True)
        OUT.print(f"  {reason['owner']}: {reason['fix']}", markup=False, soft_wrap=True)


def _value_lines(row: CatalogueRow, there: Standing | None) -> Iterable[str]:
    if there is not None:
        return (f"{key}: {told(v.value)}; {v.origin}, {v.rule}" for key, v in there.values_of(row).items())
    return (
        f"{key} on {one.profile.route}: {told(value.value)}; {value.origin}, {value.rule}"
        for one in map(standing_on, (route.name for route in layers.routes()))
        for key, value in one.values_of(row).items()
    )
