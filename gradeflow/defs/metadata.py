"""What an operator reads in the Dagster UI: descriptions, counts as a table, reasons with their fix.

A range run writes one event per partition with the same metadata, so what is called `run/...` is of the whole
run, whichever partition one looks at. Only counts, digests and our own sentences; no student's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from gradeflow.core.breakers import Verdict
from gradeflow.core.tally import ITEM_COUNTS
from gradeflow.rules.reasons import REASONS

ASSETS = {
    "lms_gradebook": (
        "What the LMS says: line items per SIS section, and every student's result in them. The counts tell what "
        "was read, what was left out and why, and in how many sections the reading is incomplete."
    ),
    "sis_reference": "What the SIS says of itself: sections, grading periods, categories, people, enrolments.",
    "eligible_gradebook": (
        "The gradebook after the route's rules: what shall stand in the SIS. **Why a score is missing** is "
        "answered by its reasons."
    ),
    "passback_plan": (
        "The three-way diff of what is about to change. **Why nothing was sent** is answered by its checks: each "
        "is a breaker, and one that failed says what to do. Materialised does not mean sent."
    ),
    "passback_delivery": (
        "What was written to the SIS: intents, receipts, read-backs, and the audit chain. If it did not run, look "
        "at the checks of `passback_plan`."
    ),
}

CHECKS = {
    "ready": (
        "Everything that only a person can vouch for is in the district file: attested SIS settings, a category for "
        "each type of line item, and the teachers' group where the route sends for one. Until then nothing is sent."
    ),
    "not_paused": "The district file does not pause passback today (`passback.pause`).",
    "first_seen": (
        "Before the first scores ever go to this SIS, somebody looks at the plan and signs it in the district file "
        "(`passback.first_load`). Later runs pass."
    ),
    "share_changed": (
        "Only a small share of the scores that the SIS already holds would change. A sudden change of many mostly "
        "means a wrong setting. If it is right: `gradeflow sync DISTRICT --allow share_changed`."
    ),
    "shrunken_extract": (
        "The LMS still lists nearly everything that was sent before. If much is gone, it was mostly read "
        "incompletely. If it was deleted: `gradeflow sync DISTRICT --allow shrunken_extract`."
    ),
    "sis_moved": (
        "Most scores that were read back are still what the SIS stored. Many that differ at once mostly mean that a "
        "backup of it was restored. If these are edits: `gradeflow sync DISTRICT --allow sis_moved`."
    ),
    "share_zeroed": (
        "Only a small share of the scores that the SIS holds would become a typed 0 or be cleared. "
        "If it is right: `gradeflow sync DISTRICT --allow share_zeroed`."
    ),
    "reviewed": (
        "Where the district file says `delivery: review`, a plan is sent only after a person approved exactly this "
        "plan with `gradeflow sync DISTRICT --plan DIGEST --by NAME`."
    ),
}

JOBS = {
    "passback": "The night of one district: read both sides, judge, plan, deliver. Writes to the SIS.",
    "plan": "The same up to the plan. Nothing is sent; look at passback_plan.",
    "remaster": (
        "The night, and every eligible score goes again, unchanged ones too. What somebody changed in the SIS is left "
        "as it is, by the same rules. Writes to the SIS."
    ),
}
VERDICTS = ("pass", "rejected", "skipped", "unknown")  # unknown: of a section that was not read
KINDS = {"line items": "line_items", "results": "results"}


def run_numbers(counts: Mapping[str, Mapping[str, int]], written: str) -> dict[str, int]:
    """Give the numbers of a run that are worth plotting over time; `written` says whether it is done yet."""
    results = counts["results"]
    numbers = {f"run/results_{name}": int(results.get(name, 0)) for name in ("held", "rejected", "failed")}
    return {f"run/results_{written}": results.get("created", 0) + results.get("updated", 0)} | numbers


def verdict_table(judged: Mapping[str, Mapping[str, int]]) -> dg.MarkdownMetadataValue:
    """Show what the rules said of every row, what passes first; each column adds up to its last line."""
    return count_table(judged, VERDICTS)


def stops(tripped: Sequence[Verdict]) -> dg.MarkdownMetadataValue:
    """Say which breakers stopped a plan, and what to do about each."""
    lines = [f"- **{verdict.name}**: {verdict.message}" for verdict in tripped]
    return dg.MetadataValue.md("\n".join(lines) or "nothing")


def count_table(
    counts: Mapping[str, Mapping[str, int]], names: Sequence[str] = ITEM_COUNTS
) -> dg.MarkdownMetadataValue:
    """Show what became of every row after fan-out; each column adds up to its last line.

    One line per count: a table that is wider than the page pushes what stands beside it out of sight.
    """
    known = [[int(counts[key].get(name, 0)) for name in names] for key in KINDS.values()]
    lines = [[name, *map(str, row)] for name, row in zip(names, zip(*known, strict=True), strict=True)]
    return _table(["", *KINDS], [*lines, ["rows", *(str(sum(one)) for one in known)]])


def reason_table(findings: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """List reasons, most frequent first, with their cause, the fix and who can fix it."""
    ordered = sorted(findings.items(), key=lambda entry: (-entry[1], entry[0]))
    reasons = [(count, REASONS[code]) for code, count in ordered]
    rows = [[str(count), r.code, r.outcome, r.cause, r.fix, r.owner] for count, r in reasons]
    return _table(["count", "reason", "outcome", "cause", "what to do", "who"], rows)


def simple_table(counts: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """List things and how many there are."""
    return _table(["what", "count"], [[name.replace("_", " "), str(n)] for name, n in counts.items()])


def check_result(verdict: Verdict) -> dg.AssetCheckResult:
    """Answer a breaker's check: what it found, what to do, and the numbers that it looked at."""
    facts: dict[str, Any] = {"message": verdict.message or "Nothing in the way."}
    if verdict.value or verdict.base:
        facts |= {"looked_at": verdict.value, "of_confirmed_results": verdict.base}
    return dg.AssetCheckResult(
        passed=verdict.passed, check_name=verdict.name, description=facts["message"], metadata=facts
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dg.MarkdownMetadataValue:
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else "none")
