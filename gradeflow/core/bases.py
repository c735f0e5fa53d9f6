"""What the warehouse remembers of what is wanted, laid beside it row by row: the `sent` and `stored` of the diff.

Pure: the warehouse's frames come in (`sides`), arrays aligned to `Desired` go out. Keep out: what follows from
them (`reading`, `item_diff`, `result_diff`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.desired import Desired, status_codes
from gradeflow.model.joins import locate, objects, pick
from gradeflow.model.ledger import CLEARED, FIELDS
from gradeflow.rules.judge import ITEM_KEY

ITEM_FIELD = "item"  # a hold on a whole line item
AWAY = (
    "NOT_ENROLLED"  # the value of open findings of results whose student left, until they are as wanted again
)


@dataclass(frozen=True, slots=True)
class Bases:
    """What the warehouse remembers of the line items in scope, aligned to `Desired`.

    Attributes:
        sis_ids: per line item the id it has in the SIS, or the one it would get.
        item_versions: per line item; 0 without base.
        item_locked: per line item.
        sent, stored: per FIELDS an object array over line items; None without base.
        field_holds: per FIELDS and ITEM_FIELD an object array: what an open hold wanted, else None.
        field_reasons: the same, with the reason of the hold.
        results: per result, index aligned to `Desired.results` of the examined items: has_base (not of a score
            that was cleared: what stands there now was not sent), version,
            is_locked, sent_score_e4, sent_status, stored_score_e4, stored_status (codes), is_auto_zero,
            held (what an open hold wanted), held_reason, was_away (its student was not enrolled when it was
            last judged: the SIS may have taken the score out meanwhile, so it is read when it goes again).
    """

    sis_ids: npt.NDArray[np.object_]
    item_versions: npt.NDArray[np.int64]
    item_locked: npt.NDArray[np.bool_]
    sent: Mapping[str, npt.NDArray[np.object_]]
    stored: Mapping[str, npt.NDArray[np.object_]]
    field_holds: Mapping[str, npt.NDArray[np.object_]]
    field_reasons: Mapping[str, npt.NDArray[np.object_]]
    results: pd.DataFrame

    @property
    def is_blocked(self) -> npt.NDArray[np.bool_]:
        """Per line item whether it waits to be deleted in the SIS (R183)."""
        return np.equal(self.field_reasons[ITEM_FIELD], "SIS_CHANGED_ITEM").astype(bool)


def align_bases(
    desired: Desired,
    line_items: pd.DataFrame,
    fields: pd.DataFrame,
    results: pd.DataFrame,
    holds: pd.DataFrame,
    findings: pd.DataFrame,
) -> Bases:
    """Lay the warehouse's frames beside the desired rows; `findings` are the open ones."""
    keys = pd.Index(desired.line_items["line_item_key"])
    known = line_items.set_index("line_item_key").reindex(keys)
    own_ids = desired.line_items["line_item_id"].to_numpy(dtype=object)
    sis_ids = objects(known["sis_id"])
    sent, stored = {}, {}
    for name in FIELDS:
        own = fields[fields["field"] == name].set_index("line_item_key").reindex(keys)
        sent[name] = objects(own["sent"])
        stored[name] = objects(own["stored"])
    return Bases(
        sis_ids=np.where(pd.isna(sis_ids), own_ids, sis_ids),
        item_versions=known["version"].fillna(0).to_numpy(dtype="int64"),
        item_locked=known["is_locked"].fillna(False).to_numpy(bool),
        sent=sent,
        stored=stored,
        field_holds=_field_holds(keys, holds, "desired"),
        field_reasons=_field_holds(keys, holds, "reason"),
        results=_result_bases(desired.results, results, holds).assign(was_away=_was_away(desired, findings)),
    )


def with_found_ids(desired: Desired, bases: Bases, listed: pd.DataFrame) -> Bases:
    """Give line items of which the SIS's id is not known the one that the SIS holds beside ours.

    Args:
        listed: frame OBSERVED_LINE_ITEMS of the sections that were read.
    """
    named = listed[listed["external_id"].notna()]
    single = named[~named["external_id"].duplicated(keep=False)]
    ids = dict(zip(single["external_id"], single["sis_id"], strict=True))
    own = desired.line_items["line_item_id"].to_numpy(dtype=object)
    found = [
        ids.get(name, known) if known == name else known
        for name, known in zip(own, bases.sis_ids, strict=True)
    ]
    return replace(bases, sis_ids=np.array(found or [], dtype=object)) if ids else bases


def _was_away(desired: Desired, findings: pd.DataFrame) -> npt.NDArray[np.bool_]:
    away = (findings["value"] == AWAY).fillna(False).to_numpy(bool)
    of_students = findings[away & findings["student_id_sis"].notna().to_numpy(bool)]
    was_away = np.zeros(len(desired.results), dtype=bool)
    if not of_students.empty:
        row = desired.results["item_row"].to_numpy()
        keys = desired.line_items[ITEM_KEY].iloc[row].reset_index(drop=True)
        keys["student_id_sis"] = desired.results["student_id_sis"].to_numpy()
        found = of_students[[*ITEM_KEY, "student_id_sis"]].drop_duplicates(ignore_index=True)
        was_away = locate(keys, found, [*ITEM_KEY, "student_id_sis"]) >= 0
    return was_away


def _field_holds(keys: pd.Index, holds: pd.DataFrame, column: str) -> dict[str, npt.NDArray[np.object_]]:
    of_items = holds[holds["result_key"].isna()]
    named = of_items["field"].fillna(ITEM_FIELD)
    return {
        name: objects(of_items[named == name].set_index("line_item_key")[column].reindex(keys))
        for name in (*FIELDS, ITEM_FIELD)
    }


def _result_bases(wanted: pd.DataFrame, results: pd.DataFrame, holds: pd.DataFrame) -> pd.DataFrame:
    known = pd.Index(results["result_key"].to_numpy(dtype="int64"))
    keys = pd.Index(wanted["result_key"].to_numpy(dtype="int64"))
    at = known.get_indexer(keys)
    has = at >= 0
    safe = np.where(has, at, 0)

    def column(name: str) -> npt.NDArray[np.int64]:
        values = results[name].to_numpy(dtype="int64", na_value=0)
        return np.where(has, values[safe], 0) if len(values) else np.zeros(len(wanted), dtype="int64")

    def status(name: str) -> npt.NDArray[np.int64]:
        values = status_codes(results[name])
        return np.where(has, values[safe], 0) if len(values) else np.zeros(len(wanted), dtype="int64")

    is_zero = (results["origin"] == "auto_zero").fillna(False).to_numpy(bool)
    was_cleared = (results["origin"] == CLEARED).fillna(False).to_numpy(bool)
    holds_ours = ~was_cleared[safe] & has if len(results) else has
    of_results = holds[holds["result_key"].notna()]
    hold_at = pd.Index(of_results["result_key"].to_numpy(dtype="int64")).get_indexer(keys)
    return pd.DataFrame(
        {
            "has_base": holds_ours,
            "version": column("version"),
            "is_locked": column("is_locked").astype(bool),
            "sent_score_e4": column("sent_score_e4"),
            "sent_status": status("sent_status"),
            "stored_score_e4": column("stored_score_e4"),
            "stored_status": status("stored_status"),
            "is_auto_zero": is_zero[safe] & has if len(results) else np.zeros(len(wanted), dtype=bool),
            "held": pick(objects(of_results["desired"]), hold_at),
            "held_reason": pick(objects(of_results["reason"]), hold_at),
        },
        index=wanted.index,
    )
