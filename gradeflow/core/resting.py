"""What the SIS refused rests: the same thing is not sent to it night after night (R202).

A refused row goes again when what would be sent is another, when its line item changes with it, or when a person
asks for it. Till then it counts as rejected, and so do the rows that cannot go without it: the scores of a refused
line item, and, where items go whole, the other changes of the item.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.bases import Bases
from gradeflow.core.clearing import BLANK_STATUS, sent_value
from gradeflow.core.desired import STATUSES, Desired
from gradeflow.core.item_diff import CHANGED, ItemDiff, item_changes
from gradeflow.core.item_lane import own_fields
from gradeflow.core.lanes import digest, rows_of
from gradeflow.core.records import join_findings
from gradeflow.rules.judge import ITEM_KEY, make_findings

SENT = ("create", "update")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused: the digest of its payload, and the district's day on which that was."""

    payload_digest: str
    day: str

    @property
    def words(self) -> str:
        """Say since when it rests, for a finding."""
        return f"rests since {self.day}"


@dataclass(frozen=True, slots=True)
class Refusals:
    """The refusals that are the last word on a line item or a result, by its key."""

    line_items: dict[int, Refusal]
    results: dict[int, Refusal]


def no_refusals() -> Refusals:
    """Let everything go."""
    return Refusals({}, {})


def refusals_of(refused: pd.DataFrame, zone: object) -> Refusals:
    """Key the refused sends that the warehouse knows.

    Args:
        refused: line_item_key, result_key, payload_digest, refused_at.
        zone: the district's.
    """
    found = no_refusals()
    if refused.empty:
        return found
    days = refused["refused_at"].dt.tz_convert(zone).dt.strftime("%Y-%m-%d")
    columns = (refused[name] for name in ("line_item_key", "result_key", "payload_digest"))
    for item, result, payload, day in zip(*columns, days, strict=True):
        refusal = Refusal(str(payload), str(day))
        if pd.isna(result):
            found.line_items[int(item)] = refusal
        else:
            found.results[int(result)] = refusal
    return found


def rest_items(items: ItemDiff, desired: Desired, bases: Bases, refusals: Refusals) -> ItemDiff:
    """Keep back the line items whose very change was refused, and with them their scores."""
    if not refusals.line_items:
        return items
    resting = _resting_items(item_changes(desired, bases, items), refusals)
    rests = desired.line_items["line_item_key"].isin(resting).to_numpy(bool)
    verdict, blocks = items.verdict.copy(), items.blocks.copy()
    verdict[rests] = "rejected"
    blocks[rests & pd.isna(blocks)] = "ITEM_REFUSED"
    mine = desired.line_items.loc[rests]
    words = [refusals.line_items[key].words for key in mine["line_item_key"].tolist()]
    told = make_findings(mine[ITEM_KEY], "SIS_REFUSED", value=pd.Series(words, dtype="str"))
    return replace(items, verdict=verdict, blocks=blocks, findings=join_findings([items.findings, told]))


def _resting_items(changes: pd.DataFrame, refusals: Refusals) -> Collection[int]:
    known = changes[changes["action"].isin(SENT) & changes["line_item_key"].isin(list(refusals.line_items))]
    return {
        int(row["line_item_key"])
        for row in rows_of(known)
        if digest(own_fields(row)) == refusals.line_items[int(row["line_item_key"])].payload_digest
    }


def resting_results(
    results: pd.DataFrame,
    verdict: npt.NDArray[np.object_],
    row: npt.NDArray[np.int64],
    items: ItemDiff,
    refusals: Refusals,
) -> npt.NDArray[np.object_]:
    """Say of each result since when its refused send rests; None where it does not.

    Args:
        results: of `Desired.results`.
        verdict, row: of each its verdict and the position of its line item, whose change lets it go again.
    """
    words = np.full(len(results), None, dtype=object)
    if not refusals.results:
        return words
    item_moves = np.isin(items.verdict, CHANGED)[row]
    known = results["result_key"].isin(list(refusals.results)).to_numpy(bool)
    for at in np.flatnonzero(known & np.isin(verdict, SENT) & ~item_moves):
        wanted = results.iloc[at]
        refusal = refusals.results[int(wanted["result_key"])]
        # As `ResultLane.intent` names what it sends.
        value = sent_value(int(wanted["score_e4"]), STATUSES[int(wanted["status"])] or BLANK_STATUS)
        if digest({"score_e4": value.score_e4, "status": value.status}) == refusal.payload_digest:
            words[at] = refusal.words
    return words


def stopped_results(
    words: npt.NDArray[np.object_], verdict: npt.NDArray[np.object_], row: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Tell which changes cannot go on a route that sends items whole, since a score of their item rests."""
    rests = ~pd.isna(words)
    return np.asarray(np.isin(verdict, SENT) & ~rests & np.isin(row, np.unique(row[rests])), dtype=bool)
