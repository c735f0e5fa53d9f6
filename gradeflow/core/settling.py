"""What is remembered of a delivered night: what is settled, what was found, how it ended."""

from __future__ import annotations

import json

import pandas as pd

from gradeflow.core.delivered import Delivered
from gradeflow.core.delivery import count_codes
from gradeflow.core.plan import Plan
from gradeflow.core.records import join_findings
from gradeflow.model.joins import locate
from gradeflow.model.ledger import RunStatus
from gradeflow.ports import SnapshotStore
from gradeflow.rules.judge import ITEM_KEY


def settle(plan: Plan, delivered: Delivered, store: SnapshotStore) -> None:
    """Remember which line items need not be looked at again before the LMS changes."""
    rests = plan.rests[plan.rests["is_settled"] & ~plan.rests["line_item_key"].isin(delivered.unsettled())]
    frame = rests.rename(columns={"digest": "settled_digest", "counts": "settled_counts"})
    store.settle_line_items(frame[["line_item_key", "settled_digest", "settled_counts"]])
    # An item that was settled before a remaster and is not after it is looked at again the next night.
    open_again = plan.rests[~plan.rests["line_item_key"].isin(rests["line_item_key"])]
    nothing = pd.DataFrame({"line_item_key": open_again["line_item_key"]})
    store.settle_line_items(nothing.assign(settled_digest=None, settled_counts=None))


def record(
    plan: Plan, findings: pd.DataFrame, examined: pd.DataFrame, delivered: Delivered, store: SnapshotStore
) -> RunStatus:
    """Write down counts and findings, and say how the night ended.

    Args:
        findings: of the rules and of the diff, for the line items in scope.
        examined: keys (ITEM_KEY) of the line items whose findings end where they are not found again.
    """
    line_items = delivered.counts("line_item", plan.line_item_counts)
    results = delivered.counts("result", plan.result_counts)
    findings = join_findings([findings, delivered.findings()])
    at = locate(findings, examined, ITEM_KEY)
    store.record_findings(_with_subjects(findings[at >= 0]), examined)
    store.set_counts(line_items=line_items, results=results, findings=count_codes([findings]))
    trouble = any(counts[name] for counts in (line_items, results) for name in ("rejected", "held", "failed"))
    return "completed_with_errors" if trouble else "completed"


def _with_subjects(findings: pd.DataFrame) -> pd.DataFrame:
    """Add the text by which the warehouse knows a finding again from night to night."""
    keys = findings[[*ITEM_KEY, "student_id_sis"]].astype("object").fillna("")
    subjects = [json.dumps(list(row), ensure_ascii=False) for row in keys.itertuples(index=False)]
    return findings.assign(subject=pd.Series(subjects, dtype="str", index=findings.index))
