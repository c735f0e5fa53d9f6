"""`gradeflow routes`: which learning platform goes to which SIS, how well that is known, and what must be bought."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.table import Table

from gradeflow.cli.options import Json
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.lms import registry as lms_registry
from gradeflow.ports import Connector
from gradeflow.rules.profile import load_profile
from gradeflow.sis import registry as sis_registry

WORDS = {
    "documented": "from the vendor's public documentation",
    "reported": "as others report it; the vendor publishes no reference",
    "assumed": "assumed; settle it with your vendor before the first run",
}
GUIDE, DERIVED = "guide", "derived"
LEGEND = (
    f"{GUIDE}: a vendor's guide for this very route sets its rules. "
    f"{DERIVED}: its rules are put together from those of both systems; read them before the first night."
)
NOT_CERTIFIED = (
    "Tested against practice servers built from public documentation. No vendor has certified or endorsed any of "
    "it; every system needs your own licence and credentials."
)


def routes(
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables as Markdown.")] = False,
) -> None:
    """Show every route, what is known of its systems, and what a district must buy or ask for."""
    with told_to_the_operator():
        document = routes_document()
    if json:
        print_json(document)
    elif markdown:
        OUT.print(routes_markdown(), markup=False, soft_wrap=True, end="")
    else:
        _print(document)


def routes_document() -> dict[str, Any]:
    """Give all routes and connectors as the command's JSON shows them."""
    lms, sis = lms_registry.connectors(), sis_registry.connectors()
    return {
        "routes": [
            {"lms": source, "sis": target, "rules": _rules(source, target)}
            for source in lms
            for target in sis
        ],
        "lms": [_told(connector) for connector in lms.values()],
        "sis": [_told(connector) for connector in sis.values()],
        "certified": False,
        "note": NOT_CERTIFIED,
    }


def _rules(lms: str, sis: str) -> str:
    return GUIDE if load_profile(lms, sis, {}).is_documented else DERIVED


def _told(connector: Connector[Any]) -> dict[str, Any]:
    return {
        "kind": connector.kind,
        "label": connector.label,
        "evidence": connector.evidence,
        "needs": list(connector.needs),
        "limits": list(connector.limits),
    }


def _print(document: dict[str, Any]) -> None:
    rules = {(route["lms"], route["sis"]): route["rules"] for route in document["routes"]}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("SIS", no_wrap=True)
    for lms in document["lms"]:
        table.add_column(lms["kind"].replace("_", "_\n"), no_wrap=True)  # so that all fit 80 columns
    for sis in document["sis"]:
        words = (rules[lms["kind"], sis["kind"]] for lms in document["lms"])
        table.add_row(sis["kind"], *(f"[green]{word}[/]" if word == GUIDE else word for word in words))
    OUT.print(table)
    OUT.print(f"\n{LEGEND}")
    for title, side in (("Learning platforms", "lms"), ("Student information systems", "sis")):
        OUT.print(f"\n[bold]{title}[/]")
        for told in document[side]:
            OUT.print(
                f"\n  [bold]{told['kind']}[/]  {told['label']}: {WORDS[told['evidence']]}", soft_wrap=True
            )
            for mark, lines in (("needs", told["needs"]), ("know ", told["limits"])):
                for line in lines:
                    OUT.print(f"    {mark}  ", end="")
                    OUT.print(line, markup=False, soft_wrap=True)
    OUT.print(f"\n{NOT_CERTIFIED}")


def routes_markdown() -> str:
    """Give the matrix, and per system its evidence, needs and limits, as two Markdown tables and a list."""
    return "\n".join(_markdown(routes_document())) + "\n"


def _markdown(document: dict[str, Any]) -> Iterator[str]:
    rules = {(route["lms"], route["sis"]): route["rules"] for route in document["routes"]}
    yield "| to \\ from | " + " | ".join(lms["label"] for lms in document["lms"]) + " |"
    yield "|---" * (len(document["lms"]) + 1) + "|"
    for sis in document["sis"]:
        words = [rules[lms["kind"], sis["kind"]] for lms in document["lms"]]
        yield f"| {sis['label']} | " + " | ".join(words) + " |"
    yield ""
    yield LEGEND
    yield ""
    yield "| system | kind | what is known of it | what you must buy or ask for |"
    yield "|---|---|---|---|"
    for told in (*document["lms"], *document["sis"]):
        needs = " ".join(told["needs"]) or "nothing beyond credentials"
        yield f"| {told['label']} | `{told['kind']}` | {told['evidence']} | {needs} |"
    yield ""
    yield document["note"]
