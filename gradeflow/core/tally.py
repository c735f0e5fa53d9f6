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


def counted(verdict: npt.NDArray[np.object_], reasons: pd.Series) -> npt.NDArray[np.object_]:
    """Name the count of each row; where none is desired, the rules' verdict (skipped, rejected) counts."""
    names = np.array([COUNTED.get(name, "") for name in verdict] or [], dtype=object)
    by_reason = names == ""
    names[by_reason] = reasons.to_numpy(dtype=object)[by_reason]
    return names


def tally(
    desired: Desired,
    item_verdict: npt.NDArray[np.object_],
    result_verdict: npt.NDArray[np.object_],
    examined: npt.NDArray[np.bool_],
    settled: list[Tally | None],
) -> Counts:
    """Count a plan. Line items that were not examined count as they were settled."""
    items, results = desired.line_items, desired.results
    of_items = counted(item_verdict, items["verdict"])
    of_results = counted(result_verdict, results["verdict"])
    row = results["item_row"].to_numpy()
    line_items = dict.fromkeys(ITEM_COUNTS, 0)
    totals = dict.fromkeys(ITEM_COUNTS, 0)
    for name in of_items[examined]:
        line_items[name] += 1
    table = (
        pd.crosstab(row[examined[row]], of_results[examined[row]]) if examined[row].any() else pd.DataFrame()
    )
    for name in table.columns:
        totals[name] += int(table[name].sum())
    for position in np.flatnonzero(~examined):
        known = settled[position]
        if known is None:
            msg = "a line item that was never settled must be examined"
            raise AssertionError(msg)
        line_items[known.line_item] += 1
        for name, count in known.results.items():
            totals[name] += count
    return Counts(line_items, totals, _rests(desired, of_items, table, examined))


def _rests(
    desired: Desired,
    of_items: npt.NDArray[np.object_],
    table: pd.DataFrame,
    examined: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    rows = np.flatnonzero(examined)
    counts = table.to_dict("index") if len(table) else {}
    texts, settled = [], []
    for row in rows:
        rest: dict[str, int] = {}
        for label, count in counts.get(int(row), {}).items():
            name = str(label)
            if count:
                rest[AT_REST.get(name, name)] = rest.get(AT_REST.get(name, name), 0) + int(count)
        texts.append(Tally(AT_REST.get(of_items[row], of_items[row]), rest).to_json())
        settled.append(of_items[row] != "failed" and not rest.get("failed"))
    return pd.DataFrame(
        {
            "line_item_key": desired.line_items["line_item_key"].to_numpy()[rows],
            "digest": pd.Series([desired.digests[row] for row in rows], dtype="str"),
            "counts": pd.Series(texts, dtype="str"),
            "is_settled": np.array(settled, dtype=bool),
        }
    )
