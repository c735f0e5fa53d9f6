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

from gradeflow.core.bases import Bases
from gradeflow.core.clearing import BLANK_STATUS
from gradeflow.core.desired import Desired
from gradeflow.core.item_diff import CHANGED, diff_items, item_changes
from gradeflow.core.reading import Candidates, Observed, is_as_sent
from gradeflow.core.resting import Refusals, no_refusals, rest_items
from gradeflow.core.result_decision import decide_results
from gradeflow.core.result_diff import ResultDiff, diff_results, result_changes
from gradeflow.core.tally import Tally, tally
from gradeflow.core.three_way import verdicts
from gradeflow.core.whole_items import hold_deleted, keep_back
from gradeflow.rules.profile import Profile

SETTLED_BLOCKS = ("ITEM_INCOMPLETE", "ITEM_REFUSED")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run means to do.

    Attributes:
        line_item_changes: one row per line item to create, update or adopt: line_item_key, sis_id, action,
            section_id_sis, school_id_sis, base_version, observed_raw, the FIELDS as they shall stand in the
            SIS, and `own`: the names of the fields that carry our desired value; `observed_*` for adoption.
        result_changes: one row per result to create, update or adopt.
        zeroed, updated_results: how many scores in the SIS would become a typed 0, or another value than was
            sent; a remaster's repetition of what was sent is neither.
        cleared: how many scores in the SIS would be taken back, since they were cleared in the LMS.
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
    cleared: int
    held_results: frozenset[int]
    held_fields: frozenset[tuple[int, str]]
    held_items: frozenset[int]

    @property
    def writes(self) -> int:
        """How many changes go out; what is adopted does not."""
        changes = (self.line_item_changes, self.result_changes)
        return sum(int((frame["action"] != "adopt").sum()) for frame in changes)

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
    refusals: Refusals | None = None,
) -> Plan:
    """Decide every row of the examined line items; the others keep the counts they were settled with.

    Args:
        settled: per line item its settled counts; None where it was never settled.
        ours: every SIS line item id that gradeflow made in this district, in scope or not.
        refusals: what the SIS refused and nobody asked for again.
    """
    refused = refusals or no_refusals()
    items = diff_items(desired, bases, observed, candidates, examined, ours, profile)
    decided = decide_results(desired, bases, observed, items, examined, profile)
    items = keep_back(items, desired, bases, decided, examined, profile)
    items = rest_items(items, desired, bases, refused)
    results = diff_results(desired, bases, decided, items, refused, profile)
    items = hold_deleted(items, desired, bases, results, examined)
    blanked = _is_blanked(desired, results)
    counts = tally(desired, items.verdict, results.verdict, examined, settled, blanked)
    waiting = ~pd.isna(items.whole)
    row = desired.results["item_row"].to_numpy()
    # What a rule keeps back or the SIS refused goes when the LMS changes; what the SIS holds back, nobody says when.
    waiting[row[results.dependent & ~np.isin(items.blocks[row].astype(str), SETTLED_BLOCKS)]] = True
    rests = counts.rests.assign(is_settled=counts.rests["is_settled"] & ~waiting[examined])
    findings = pd.concat([items.findings, results.findings], ignore_index=True)
    changes = result_changes(desired, bases, observed, results)
    moves = (changes["action"] == "update") & ~_is_repeated(desired, bases, candidates, results)
    return Plan(
        line_item_changes=item_changes(desired, bases, items),
        result_changes=changes,
        holds=pd.concat([items.holds, results.holds], ignore_index=True),
        locked_results=results.locked,
        findings=findings,
        line_item_counts=counts.line_items,
        result_counts=counts.results,
        rests=rests,
        zeroed=int((moves & (changes["score_e4"] == 0) & (changes["origin"] == "typed")).sum()),
        updated_results=int(moves.sum()),
        cleared=int(((changes["action"] == "update") & (changes["status"] == BLANK_STATUS)).sum()),
        held_results=frozenset(
            desired.results["result_key"][(results.verdict == "held") & ~results.dependent].tolist()
        ),
        held_fields=items.held_fields,
        held_items=frozenset(desired.line_items["line_item_key"][~pd.isna(items.whole)].tolist()),
    )


def _is_blanked(desired: Desired, results: ResultDiff) -> npt.NDArray[np.bool_]:
    """Tell which changes take a score back."""
    changes = np.isin(results.verdict, CHANGED)
    return np.asarray(changes & (desired.results["status"].to_numpy() == 0), dtype=bool)


def _is_repeated(
    desired: Desired, bases: Bases, candidates: Candidates, results: ResultDiff
) -> npt.NDArray[np.bool_]:
    """Tell which changes of results a remaster sends though they are wanted as they were sent."""
    rows = np.flatnonzero(np.isin(results.verdict, CHANGED))
    wanted = desired.results.iloc[rows]
    again = candidates.again[wanted["item_row"].to_numpy()]
    return np.asarray(again & is_as_sent(wanted, bases.results.iloc[rows]), dtype=bool)


def items_to_recreate(
    desired: Desired,
    bases: Bases,
    observed: Observed,
    candidates: Candidates,
    examined: npt.NDArray[np.bool_],
    ours: Collection[str],
    profile: Profile,
) -> npt.NDArray[np.bool_]:
    """Find the line items to be made anew: deleted in the SIS, and blocked until then or about to change.

    They get a new id and start without bases, so that all their scores go again: an SIS may refuse the id of what
    was deleted, and what it deleted with the item is not known.

    Args:
        ours: as for `make_plan`.
    """
    is_gone = _is_gone(desired, bases, observed, candidates) & examined
    if not profile.values.recreate_deleted or not is_gone.any():
        return np.zeros(len(is_gone), dtype=bool)
    items = diff_items(desired, bases, observed, candidates, examined, ours, profile)
    results = decide_results(desired, bases, observed, items, examined, profile)
    wanted = bases.is_blocked | (items.verdict == "create")
    wanted[results.row[verdicts(results.found) == "create"]] = True
    return np.asarray(is_gone & wanted, dtype=bool)


def _is_gone(
    desired: Desired, bases: Bases, observed: Observed, candidates: Candidates
) -> npt.NDArray[np.bool_]:
    items = desired.line_items
    read = set(candidates.sections) - observed.unreadable_sections
    was_sent = (items["verdict"] == "pass").to_numpy(bool) & (bases.item_versions > 0)
    was_read = items["section_id_sis"].isin(read).to_numpy(bool)
    is_listed = pd.Index(observed.line_items["sis_id"]).get_indexer(pd.Index(bases.sis_ids)) >= 0
    return np.asarray(was_sent & was_read & ~is_listed, dtype=bool)
