"""A plan as a night hands it on: with the verdicts of its breakers, and its name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pandas as pd

from gradeflow.core.breakers import Verdict
from gradeflow.core.choice import EVERYTHING, Choice
from gradeflow.core.plan import Plan


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with all that its breakers and its delivery need.

    Attributes:
        run_id: the run that made it; only that run may deliver it, since only it looked at the SIS just before.
        findings: of the rules and of the diff, for the line items in scope.
        examined: keys (ITEM_KEY) of the line items that were examined: whose findings are recorded.
        removed_holds: open holds of examined rows that no longer hold anything.
        gone_holds: open holds of line items that the LMS has no more.
        choice, is_remaster: what was asked of the run.
    """

    run_id: str
    plan: Plan
    digest: str
    verdicts: list[Verdict]
    findings: pd.DataFrame
    examined: pd.DataFrame
    removed_holds: list[int]
    gone_holds: list[int]
    choice: Choice = EVERYTHING
    is_remaster: bool = False

    @property
    def stopped_by(self) -> list[Verdict]:
        """The breakers that tripped."""
        return [verdict for verdict in self.verdicts if not verdict.passed]


def plan_digest(plan: Plan) -> str:
    """Name a plan by its changes: the same changes, the same name. The order of rows is irrelevant.

    What was observed is no change, and neither is which attempt a score is of.
    """
    parts = []
    for frame, key in ((plan.line_item_changes, "line_item_key"), (plan.result_changes, "result_key")):
        columns = [name for name in frame.columns if not name.startswith("observed") and name != "attempt"]
        rows = frame.sort_values(key)[columns].astype("object").astype("str")
        parts.append(hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest())
    return hashlib.sha256("".join(parts).encode()).hexdigest()
