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
        held_results, held_fields, held_items: what is held now, by an old hold or a new one.
        rests: per examined line item what its rows count as once nothing is left to do. One that the SIS
            holds back is never settled: it is looked at every night, since nobody says when it is free.
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
    held_results: frozenset[int]
    held_fields: frozenset[tuple[int, str]]
    held_items: frozenset[int]

    def freed_holds(self, holds: pd.DataFrame) -> list[int]:
        """Of open holds of examined line items, list those that hold nothing any more."""
        freed = []
        columns = holds[["hold_id", "line_item_key", "result_key", "field"]]
        for hold, item, result, field in columns.itertuples(index=False):
            if not pd.isna(result):
                still = int(result) in self.held_results
            elif not pd.isna(field):
                still = (int(item), str(field)) in self.held_fields
            else:
                still = int(item) in self.held_items
            if not still:
                freed.append(int(hold))
        return freed


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
    items = diff_items(desired, bases, observed, candidates, examined, ours, profile)
    results = diff_results(desired, bases, observed, items, examined, profile)
    counts = tally(desired, items.verdict, results.verdict, examined, settled)
    waiting = items.is_twin.copy()
    by_item = results.dependent & ~pd.isna(items.blocks[desired.results["item_row"].to_numpy()])
    waiting[desired.results["item_row"].to_numpy()[by_item]] = True
    rests = counts.rests.assign(is_settled=counts.rests["is_settled"] & ~waiting[examined])
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
        rests=rests,
        zeroed=int(
            (
                (changes["action"] == "update") & (changes["score_e4"] == 0) & (changes["origin"] == "typed")
            ).sum()
        ),
        updated_results=int((changes["action"] == "update").sum()),
        held_results=frozenset(
            desired.results["result_key"][(results.verdict == "held") & ~results.dependent].tolist()
        ),
        held_fields=items.held_fields,
        held_items=frozenset(desired.line_items["line_item_key"][items.is_twin].tolist()),
    )
