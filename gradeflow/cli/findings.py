"""What keeps scores out of the SIS, as `gradeflow status --findings` tells it: by reason, with whom and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import pandas as pd
from rich.text import Text

from gradeflow.cli.output import OUT, print_indented
from gradeflow.rules.reasons import REASONS

GROUP = ["lms_assignment_id", "section_id_sis", "rule_id", "code", "outcome", "owner"]
OUTCOMES = ("failed", "held", "rejected", "noted", "skipped")  # what waits for somebody first
ASSIGNMENTS, SECTIONS = 5, 4


def findings_document(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Group open findings by what they are about and why; students are counted, never named."""
    groups = found.groupby(GROUP, dropna=False, sort=True)["student_id_sis"].nunique()
    rows = []
    for keys, students in groups.items():
        values = zip(GROUP, keys if isinstance(keys, tuple) else (keys,), strict=True)
        row = {name: None if pd.isna(value) else str(value) for name, value in values}
        reason = REASONS[str(row["code"])]
        rows.append({**row, "cause": reason.cause, "fix": reason.fix, "students": int(students)})
    return rows


def print_findings(name: str, found: Sequence[dict[str, Any]]) -> None:
    """Print each reason once, the gravest first, then where it holds; `--json` names every place."""
    OUT.print(f"\n[bold]{name}[/]: {_total(found)}")
    by_reason: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in found:
        by_reason.setdefault((one["code"], one["rule_id"]), []).append(one)
    for (code, rule), places in sorted(by_reason.items(), key=_gravity):
        first = places[0]
        OUT.print(f"{code} ({rule}), {first['outcome']}: {_size(places)}", style="bold", markup=False)
        print_indented(2, Text(first["cause"]))
        print_indented(2, Text(f"{first['owner']}: {first['fix']}"))
        for line in _where(places):
            print_indented(4, Text(line, style="dim"))


def _total(found: Sequence[dict[str, Any]]) -> str:
    """Count the findings, and by outcome; a line item's own is one, a score's one for each student."""
    if not found:
        return "no open finding"
    counts: dict[str, int] = {}
    for one in found:
        counts[one["outcome"]] = counts.get(one["outcome"], 0) + max(one["students"], 1)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if outcome in counts)
    return f"{_counted(sum(counts.values()), 'open finding')}: {told}"


def _gravity(entry: tuple[tuple[str, str], list[dict[str, Any]]]) -> tuple[int, int, tuple[str, str]]:
    reason, places = entry
    return OUTCOMES.index(places[0]["outcome"]), -len(places), reason


def _size(places: Sequence[dict[str, Any]]) -> str:
    items = sum(one["lms_assignment_id"] is not None for one in places)
    scores = sum(one["students"] for one in places)
    told = [_counted(scores, "score")] * (scores > 0) + [_counted(items, "line item")] * (items > 0)
    return " in ".join(told) or "the whole district"


def _where(places: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Name the assignments and their sections, and count what would be too long to read."""
    named = [one for one in places if one["lms_assignment_id"] is not None]
    items = [
        (str(item), list(group)) for item, group in groupby(named, key=lambda one: one["lms_assignment_id"])
    ]
    for item, group in items[:ASSIGNMENTS]:
        sections = [str(one["section_id_sis"]) for one in group if one["section_id_sis"] is not None]
        more = f" and {len(sections) - SECTIONS} more" if len(sections) > SECTIONS else ""
        where = (
            f", section{'s' * (len(sections) != 1)} {', '.join(sections[:SECTIONS])}{more}"
            if sections
            else ""
        )
        yield f"assignment {item}{where}"
    if len(items) > ASSIGNMENTS:
        yield f"and {_counted(len(items) - ASSIGNMENTS, 'more assignment')}; --json names all"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
