"""What keeps a line item back as a whole, with all its scores, though only some of them are the reason.

Two policies of a route: one changed score or field in the SIS blocks its item (`conflict_policy: block_item`), and
one score that breaks a rule keeps its item back (`atomic_unit: item`). And a line item that was deleted in the SIS, of
which a person is asked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.bases import ITEM_FIELD, Bases
from gradeflow.core.desired import Desired
from gradeflow.core.hold_texts import item_texts
from gradeflow.core.item_diff import CHANGED, ItemDiff
from gradeflow.core.records import join_findings, make_holds
from gradeflow.core.result_decision import DecidedResults
from gradeflow.core.result_diff import ResultDiff
from gradeflow.rules.judge import ITEM_KEY, make_findings
from gradeflow.rules.profile import Profile


def keep_back(
    items: ItemDiff,
    desired: Desired,
    bases: Bases,
    results: DecidedResults,
    examined: npt.NDArray[np.bool_],
    profile: Profile,
) -> ItemDiff:
    """Hold every change of the line items that must go whole and cannot."""
    if profile.values.atomic_unit == "item":
        items = _keep_incomplete(items, desired, examined)
    if profile.values.conflict_policy == "block_item":
        items = _block_changed(items, desired, bases, results, examined)
    return items


def _keep_incomplete(items: ItemDiff, desired: Desired, examined: npt.NDArray[np.bool_]) -> ItemDiff:
    why = _broken(desired)
    broken = examined & ~pd.isna(why) & (desired.line_items["verdict"] == "pass").to_numpy(bool)
    blocks, verdict = items.blocks.copy(), items.verdict.copy()
    blocks[broken & pd.isna(blocks)] = "ITEM_INCOMPLETE"
    kept = broken & np.isin(verdict, CHANGED)
    verdict[kept] = "held"
    reasons = pd.Series(why[kept], dtype="str")
    told = make_findings(desired.line_items.loc[kept, ITEM_KEY], "ITEM_INCOMPLETE", value=reasons)
    findings = join_findings([items.findings, told])
    return replace(items, blocks=blocks, why=why, verdict=verdict, findings=findings)


def _broken(desired: Desired) -> npt.NDArray[np.object_]:
    """Give per line item the reasons for which the rules reject scores of it, as one text; None: none."""
    results = desired.results
    rejected = results[(results["verdict"] == "rejected").to_numpy(bool)]
    pairs = rejected[["item_row", "reason"]].drop_duplicates().sort_values(["item_row", "reason"])
    why = np.full(len(desired.line_items), None, dtype=object)
    for row, reason in pairs.itertuples(index=False):
        why[row] = reason if why[row] is None else f"{why[row]}, {reason}"
    return why


def _block_changed(
    items: ItemDiff,
    desired: Desired,
    bases: Bases,
    results: DecidedResults,
    examined: npt.NDArray[np.bool_],
) -> ItemDiff:
    """Block what the SIS changed, until the item is deleted there.

    An item that was only seen in passing is blocked too: from then on it is looked at every night.
    """
    lines = desired.line_items
    is_there = items.state == three_way.code_of("observed", "present")
    is_gone = items.state == three_way.code_of("observed", "absent")
    changed = items.changed.copy()
    changed[np.unique(results.row[results.blocks & is_there[results.row]])] = True
    blocked = changed | (bases.is_blocked & ~is_gone)
    now = blocked & examined
    blocks, verdict, whole = items.blocks.copy(), items.verdict.copy(), items.whole.copy()
    blocks[now] = whole[blocked] = "SIS_CHANGED_ITEM"
    verdict[now & (lines["verdict"] == "pass").to_numpy(bool)] = "held"
    fresh = changed & ~bases.is_blocked
    keys = lines["line_item_key"].to_numpy()[fresh]
    hold = make_holds(keys, None, None, "SIS_CHANGED_ITEM", item_texts(lines)[fresh], None)
    told = make_findings(lines.loc[fresh | (blocked & examined), ITEM_KEY], "SIS_CHANGED_ITEM")
    return replace(
        items,
        blocks=blocks,
        verdict=verdict,
        whole=whole,
        holds=pd.concat([items.holds, hold], ignore_index=True),
        findings=join_findings([items.findings, told]),
    )


def hold_deleted(
    items: ItemDiff,
    desired: Desired,
    bases: Bases,
    results: ResultDiff,
    examined: npt.NDArray[np.bool_],
) -> ItemDiff:
    """Hold the line items that were deleted in the SIS while something of them waits (G10).

    Where nothing waits nobody is asked: nothing would be sent either way.
    """
    lines = desired.line_items
    waits = np.equal(items.verdict, "held").astype(bool)
    waits[desired.results["item_row"].to_numpy()[results.dependent]] = True
    deleted = examined & waits & np.equal(items.blocks, "SIS_DELETED").astype(bool)
    asked_before = np.equal(bases.field_reasons[ITEM_FIELD], "SIS_DELETED").astype(bool)
    unseen = examined & asked_before & (items.state == three_way.code_of("observed", "unreadable"))
    whole = items.whole.copy()
    whole[deleted | unseen] = "SIS_DELETED"
    texts = item_texts(lines)
    fresh = deleted & ~(asked_before & np.equal(bases.field_holds[ITEM_FIELD], texts).astype(bool))
    hold = make_holds(lines["line_item_key"].to_numpy()[fresh], None, None, "SIS_DELETED", texts[fresh], None)
    return replace(items, whole=whole, holds=pd.concat([items.holds, hold], ignore_index=True))
