"""Talking to an operator: one JSON document on standard output, or words and tables; errors on standard error.

Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 done with rejects or holds, 4 stopped by a guard
(a breaker, or another run's lease), 5 an outside system failed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gradeflow.core.tally import ITEM_COUNTS
from gradeflow.defs.exit_codes import exit_code_of, safe_message
from gradeflow.errors import GradeflowError
from gradeflow.model.ledger import Run

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

# From nothing to the gravest: what a person did not ask for, cannot mend by a decision, did not expect.
GRAVITY = (0, 3, 4, 2, 5, 1)

STATUS_WORDS = {
    "completed": "[green]completed[/]",
    "completed_with_errors": "[yellow]completed, with rejects or holds[/]",
    "held_by_breaker": "[yellow]stopped by a breaker, nothing written[/]",
    "failed": "[red]failed[/]",
    "running": "running",
}

# A plan has done nothing yet; what it does not name here it would leave as it is.
PLAN_COUNTS = {
    "created": "would create",
    "updated": "would update",
    "adopted": "would adopt",
    "held": "would hold",
}
SHORT_DIGEST = 12
NARROWEST = 20


def print_json(document: Mapping[str, Any]) -> None:
    """Print exactly one document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong on standard error and end."""
    say(message, "gradeflow")
    raise typer.Exit(code)


def say(message: str, who: str) -> None:
    """Say what is wrong on standard error: one line each, however long, so that it can be searched for."""
    ERR.print(f"[bold red]{who}:[/] {_plain(message)}", soft_wrap=True)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def worst(codes: Iterable[int]) -> int:
    """Give the exit code of several districts: the gravest, which is not the highest number."""
    return max(codes, key=GRAVITY.index, default=0)


@contextmanager
def told_to_the_operator() -> Iterator[None]:
    """Turn our errors into one sentence and their exit code; anything else shows its kind and place."""
    try:
        yield
    except GradeflowError as error:
        fail(str(error), exit_code_of(error))
    except (typer.Exit, typer.Abort, KeyboardInterrupt):
        raise
    except Exception as error:
        if os.environ.get("GRADEFLOW_DEBUG"):
            raise
        fail(f"{safe_message(error)}. GRADEFLOW_DEBUG=1 shows all of it.", 1)


def run_document(run: Run) -> dict[str, Any]:
    """Give a run as the commands' JSON shows it."""
    return {
        "district": run.district,
        "route": run.route,
        "run_id": run.run_id,
        "status": run.status,
        "as_of": run.as_of.isoformat(),
        "line_items": _counts(run.line_items),
        "results": _counts(run.results),
        "findings": dict(run.findings),
        "calls": dict(run.calls),
        "seconds": None if run.seconds is None else round(run.seconds, 3),
        "message": run.message,
        "started_by": run.started_by,
    }


def as_of_words(instant: str, zone: ZoneInfo) -> str:
    """Write the instant of a run as a clock on the district's wall shows it."""
    return f"{dt.datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: int(counts.get(name, 0)) for name in ITEM_COUNTS}


def count_table(line_items: Mapping[str, int], results: Mapping[str, int]) -> Table:
    """Make a district's table of counts, 80 columns wide; each row adds up to its rows after fan-out."""
    # A single space between columns: with two, the table would not fit.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", style="bold", no_wrap=True)
    for name in (*ITEM_COUNTS, "rows"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, counts in (("line items", line_items), ("results", results)):
        known = _counts(counts)
        cells = [str(known[name]) if known[name] else "[dim]0[/]" for name in ITEM_COUNTS]
        table.add_row(label, *cells, str(sum(known.values())))
    return table


def _print_head(run: Run, zone: ZoneInfo) -> None:
    OUT.print(f"\n[bold]{run.district}[/]  {run.route}  as of {as_of_words(run.as_of.isoformat(), zone)}")


def print_run(run: Run, zone: ZoneInfo) -> None:
    """Show one run: how it ended, what it counted, what it asked of the other systems."""
    _print_head(run, zone)
    OUT.print(STATUS_WORDS[run.status])
    if run.message:
        OUT.print(_plain(run.message))
    if run.line_items:
        OUT.print(count_table(run.line_items, run.results))
    by = "" if run.started_by is None else f" by {_plain(run.started_by)}"
    OUT.print(f"[dim]{calls_line(run)}\nrun {run.run_id}{by}[/]")


def print_plan(
    run: Run, zone: ZoneInfo, digest: str | None, stopped_by: Mapping[str, str], again: str
) -> None:
    """Show a run that only planned: what would be, that nothing was sent, and what would stop it or send it."""
    _print_head(run, zone)
    if digest is None or run.status == "failed":
        OUT.print(f"{STATUS_WORDS[run.status]}; there is no plan. Nothing was sent.")
        OUT.print(_plain(run.message or ""))
    else:
        OUT.print(f"Plan {digest[:SHORT_DIGEST]}. [bold]Nothing was sent[/] to the SIS.")
        for label, counts in (("line items", run.line_items), ("results", run.results)):
            OUT.print(f"{label}: {_would(counts)}")
        if stopped_by:
            OUT.print(f"[yellow]A sync would stop before it sends anything: {', '.join(stopped_by)}.[/]")
            OUT.print(_plain(" ".join(stopped_by.values())))
        else:
            OUT.print(_plain(f"To send it: {again}"), soft_wrap=True)
    OUT.print(f"[dim]{calls_line(run)}\nrun {run.run_id}[/]")


def _would(counts: Mapping[str, int]) -> str:
    """Say the counts of a plan that are not 0; what would be done comes first and always with a create."""
    known = _counts(counts)
    return ", ".join(
        f"{PLAN_COUNTS.get(name, name)} {count}"
        for name, count in known.items()
        if count or name == "created"
    )


def calls_line(run: Run) -> str:
    """Say what a run asked of the other systems, and how long it took."""
    calls = run.calls
    return (
        f"{calls.get('lms', 0)} LMS reads, {calls.get('sis_read', 0)} SIS reads, "
        f"{calls.get('sis_write', 0)} SIS writes, {run.seconds or 0:.1f} s"
    )


def print_reasons(findings: Mapping[str, int]) -> None:
    """List reasons with their count, cause, fix and who can fix it, most frequent first."""
    from gradeflow.rules.reasons import REASONS  # noqa: PLC0415 - keeps --help quick

    if not findings:
        return
    OUT.print("\nWhy not, or how (a line item counts once, however many results stay with it):")
    width = len(str(max(findings.values()))) + 2
    for code, count in sorted(findings.items(), key=lambda item: (-item[1], item[0])):
        reason = REASONS[code]
        print_indented(width, Text.assemble((code, "bold"), f"  {reason.cause}"), lead=str(count))
        print_indented(width, Text.assemble((f"{reason.owner}:", "dim"), f" {reason.fix}"))


def print_indented(columns: int, text: Text, lead: str = "") -> None:
    """Print a text that stands so many columns in, also where it wraps; the lead stands right-aligned before it."""
    for position, line in enumerate(text.wrap(OUT, max(OUT.width - columns, NARROWEST))):
        line.rstrip()  # the blank at which it was wrapped
        before = lead.rjust(columns - 2) if position == 0 else ""
        OUT.print(Text(before.ljust(columns)).append_text(line), soft_wrap=True)
