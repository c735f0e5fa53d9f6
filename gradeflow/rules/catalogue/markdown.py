"""The catalogue as one Markdown document, for people: `catalogue.md` beside this package is exactly this.

A test makes it anew and compares; `gradeflow rules --markdown` prints it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from gradeflow.rules import layers
from gradeflow.rules.catalogue.rows import CatalogueRow, Kind, catalogue
from gradeflow.rules.catalogue.standing import standing_on
from gradeflow.rules.profile import ProfileValues
from gradeflow.rules.reasons import REASONS

HEAD = """\
# The passback rules

Made from the catalogue by `gradeflow rules --markdown`; a change here is lost. Ids are permanent: findings,
profiles and reason codes cite them.

- R...: rules of the vendors' guides. S0: itslearning to Skyward. S1: Otus to Skyward. S2: itslearning to Infinite
  Campus. S3: Canvas to SchoolTool. S4: Schoology to five SIS.
- C...: where guides contradict one another, and how it is settled. G...: what no guide says. E...: what public
  documents add.
- A *check* judges line items or scores. A *transformation* makes what is sent. *Delivery* decides what is sent, and
  when. *Reporting* shows it. What is *attested* no interface can tell: a person vouches for it.
"""
SECTIONS = (
    ("itslearning", "R001", "R031"),
    ("Otus", "R040", "R087"),
    ("Canvas", "R100", "R161"),
    ("Schoology", "R170", "R189"),
    ("Every route", "R200", "R205"),
    ("Contradictions, settled", "C01", "C25"),
    ("What no guide says", "G01", "G24"),
    ("What public documents add", "E01", "E21"),
)


def catalogue_markdown() -> str:
    """Write the catalogue: what is not there yet, every rule, every route's values, every reason code."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    rows = list(catalogue().values())
    yield HEAD
    counts = Counter(row.kind for row in rows)
    yield f"{len(rows)} rules: " + ", ".join(f"{counts[kind]} {kind}" for kind in get_args(Kind)) + "."
    yield from _open("What is missing", "missing", rows)
    yield from _open("Screens that come later", "later", rows)
    for title, first, last in SECTIONS:
        yield f"\n## {title}\n"
        own = [row for row in rows if first <= row.id <= last and row.id[0] == first[0]]
        yield from table(("rule", "what it demands", "kind", "where it lives"), map(_cells, own))
    yield from _values()
    yield from _reasons()


def _open(title: str, field: str, rows: Sequence[CatalogueRow]) -> Iterator[str]:
    yield f"\n## {title}\n"
    said = ((row.id, row.title, getattr(row, field)) for row in rows if getattr(row, field) is not None)
    yield from table(("rule", "what it demands", title.lower()), said)


def _cells(row: CatalogueRow) -> tuple[str, ...]:
    stated = f" ({', '.join(row.guides)})" if row.guides else ""
    lives = ", ".join(f"`{name}`" for name in row.lives)
    gaps = [f"{name}: {text}" for name, text in (("missing", row.missing), ("later", row.later)) if text]
    return row.id, row.title + stated, row.kind, "; ".join(filter(None, [lives, *gaps]))


def _values() -> Iterator[str]:
    yield "\n## Values of the documented routes\n"
    yield "Each with the rule it rests on. A district's own overrides outweigh them; other routes are put together"
    yield "from their two sides: `gradeflow rules --route LMS-SIS`.\n"
    routes = [standing_on(route.name) for route in layers.routes()]
    names = [f"{one.profile.route} ({one.sis})" for one in routes]
    cells = (
        (f"`{key}`", *(f"{told(one.values[key].value)} ({one.values[key].rule})" for one in routes))
        for key in ProfileValues.model_fields
    )
    yield from table(("value", *names), cells)


def _reasons() -> Iterator[str]:
    yield "\n## Reason codes\n"
    rows = ((f"`{r.code}`", r.rule, r.outcome, r.cause, r.fix, r.owner) for r in REASONS.values())
    yield from table(("code", "rule", "what it does", "cause", "what to do", "who"), rows)


def told(value: Any) -> str:
    """Write a profile's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} to {target}" for name, target in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a Markdown table."""
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
