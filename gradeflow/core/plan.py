"""The plan: every row's verdict by the three-way table, and exactly the changes that follow from it.

Pure: desired values, bases and what was read go in; changes, holds, findings and counts come out. Nothing is
written outside a plan.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.desired import Desired
from gradeflow.core.item_diff import diff_items, item_changes
from gradeflow.core.reading import Bases, Candidates, Observed
from gradeflow.core.result_diff import diff_results, result_changes
from gradeflow.core.tally import Tally, tally
from gradeflow.rules.profile import Profile


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run means to do.

    Attributes:
        line_item_changes: one row per line item to create, update or adopt: line_item_key, sis_id, action,
            section_id_sis, school_id_sis, base_version, observed_raw, the FIELDS as they shall stand in the
            SIS, and `own`: the names of the fields that carry our desired value; `observed_*` for adoption.
        result_changes: one row per result to create, update or adopt.
        holds: HOLD_COLUMNS of holds to open.
        locked_results: result keys to lock.
        findings: findings born in the diff.
        line_item_counts, result_counts: per count of ITEM_COUNTS, as if every change is confirmed.
        rests: per examined line item what its rows count as once nothing is left to do.
    """

    line_item_changes: pd.DataFrame
    result_changes: pd.DataFrame
    holds: pd.DataFrame
    locked_results: list[int]
    findings: pd.DataFrame
    line_item_counts: dict[str, int]
    result_counts: dict[str, int]
    rests: pd.DataFrame
    zeroed: int
    updated_results: int


def make_plan(
    desired: Desired,
    bases: Bases,
    observed: Observed,
    candidates: Candidates,
    examined: npt.NDArray[np.bool_],
    settled: list[Tally | None],
    ours: Collection[str],
    profile: Profile,
) -> Plan:
    """Decide every row of the examined line items; the others keep the counts they were settled with.

    Args:
        settled: per line item its settled counts; None where it was never settled.
        ours: every SIS line item id that gradeflow made in this district, in scope or not.
    """
    items = diff_items(desired, bases, observed, candidates, ours, profile)
    results = diff_results(desired, bases, observed, items, profile)
    counts = tally(desired, items.verdict, results.verdict, examined, settled)
    findings = pd.concat([items.findings, results.findings], ignore_index=True)
    changes = result_changes(desired, bases, observed, results)
    return Plan(
        line_item_changes=item_changes(desired, bases, items),
        result_changes=changes,
        holds=pd.concat([items.holds, results.holds], ignore_index=True),
        locked_results=results.locked,
        findings=findings,
        line_item_counts=counts.line_items,
        result_counts=counts.results,
        rests=counts.rests,
        zeroed=int(
            (
                (changes["action"] == "update") & (changes["score_e4"] == 0) & (changes["origin"] == "typed")
            ).sum()
        ),
        updated_results=int((changes["action"] == "update").sum()),
    )
