"""Counting: every row after fan-out falls into exactly one count, so that the counts add up to their base."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.desired import Desired

ITEM_COUNTS = ("created", "updated", "adopted", "unchanged", "held", "rejected", "skipped", "failed")

# What a verdict of the three-way table counts as; `none` counts by the reason that nothing is desired.
COUNTED: Mapping[str, str] = {
    "create": "created",
    "update": "updated",
    "adopt": "adopted",
    "unchanged": "unchanged",
    "keep": "unchanged",
    "held": "held",
    "rejected": "rejected",
    "failed": "failed",
}
# What it counts as in the next run if nothing changes.
AT_REST: Mapping[str, str] = {"created": "unchanged", "updated": "unchanged", "adopted": "unchanged"}


@dataclass(frozen=True, slots=True)
class Tally:
    """What one settled line item counts as: itself, and its results per count."""

    line_item: str
    results: Mapping[str, int]

    def to_json(self) -> str:
        """Write it for the warehouse."""
        return json.dumps({"line_item": self.line_item, "results": dict(self.results)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Tally:
        """Read it back."""
        loaded = json.loads(text)
        return cls(loaded["line_item"], loaded["results"])


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a plan, and per examined line item what it counts as at rest."""

    line_items: dict[str, int]
    results: dict[str, int]
    rests: pd.DataFrame  # line_item_key, digest, counts (JSON), is_settled


def held_back(planned: Mapping[str, int]) -> dict[str, int]:
    """Turn planned counts into those of a run that a breaker stopped: what would have gone is held."""
    counts = dict(planned)
    for name in AT_REST:
        counts["held"] += counts[name]
        counts[name] = 0
    return counts


def counted(verdict: npt.NDArray[np.object_], reasons: pd.Series) -> npt.NDArray[np.int64]:
    """Count each row as one of ITEM_COUNTS, by its position there.

    Where none is desired, the rules' verdict (skipped, rejected) counts.
    """
    codes, verdicts = pd.factorize(verdict)
    by_verdict = [COUNTED.get(name) for name in verdicts]
    counts = np.array(
        [-1 if name is None else ITEM_COUNTS.index(name) for name in by_verdict], dtype=np.int64
    )[codes]
    by_reason = counts < 0
    counts[by_reason] = pd.Categorical(reasons[by_reason], categories=list(ITEM_COUNTS)).codes
    return counts


def tally(
    desired: Desired,
    item_verdict: npt.NDArray[np.object_],
    result_verdict: npt.NDArray[np.object_],
    examined: npt.NDArray[np.bool_],
    settled: list[Tally | None],
    blanked: npt.NDArray[np.bool_],
) -> Counts:
    """Count a plan. Line items that were not examined count as they were settled.

    Args:
        blanked: per result whether it is a score taken back: once it is, it counts as skipped.
    """
    items, results = desired.line_items, desired.results
    of_items = counted(item_verdict, items["verdict"])
    row = results["item_row"].to_numpy()
    of_results = counted(result_verdict, results["verdict"])
    at_rest = np.where(blanked, ITEM_COUNTS.index("skipped"), of_results)

    def by_item(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Count the results per line item and count."""
        cells = (row * len(ITEM_COUNTS) + counts)[examined[row]]
        table = np.bincount(cells, minlength=len(items) * len(ITEM_COUNTS))
        return table.reshape(len(items), len(ITEM_COUNTS))

    table = by_item(of_results)
    line_items = np.bincount(of_items[examined], minlength=len(ITEM_COUNTS))
    counts = dict(zip(ITEM_COUNTS, line_items.tolist(), strict=True))
    totals = dict(zip(ITEM_COUNTS, table.sum(axis=0).tolist(), strict=True))
    for position in np.flatnonzero(~examined):
        known = settled[position]
        if known is None:
            msg = "a line item that was never settled must be examined"
            raise LookupError(msg)
        counts[known.line_item] += 1
        for name, count in known.results.items():
            totals[name] += count
    return Counts(counts, totals, _rests(desired, of_items, by_item(at_rest), examined))


def _rests(
    desired: Desired,
    of_items: npt.NDArray[np.int64],
    table: npt.NDArray[np.int64],
    examined: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Say of every examined line item what it counts as once its changes are confirmed."""
    rows = np.flatnonzero(examined)
    failed = ITEM_COUNTS.index("failed")
    at_rest = [AT_REST.get(name, name) for name in ITEM_COUNTS]
    texts = []
    for item, counts in zip(of_items[rows].tolist(), table[rows].tolist(), strict=True):
        rest: dict[str, int] = {}
        for name, count in zip(at_rest, counts, strict=True):
            if count:
                rest[name] = rest.get(name, 0) + count
        texts.append(Tally(at_rest[item], rest).to_json())
    return pd.DataFrame(
        {
            "line_item_key": desired.line_items["line_item_key"].to_numpy()[rows],
            "digest": pd.Series([desired.digests[row] for row in rows], dtype="str"),
            "counts": pd.Series(texts, dtype="str"),
            "is_settled": (of_items[rows] != failed) & (table[rows, failed] == 0),
        }
    )
