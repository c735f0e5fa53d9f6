"""What has to be read from the SIS before anything is decided: only what is about to change.

First the line items of the sections where something is about to change (one read per section, which also
finds twins and deletions), then the results of the line items that exist and have scores about to change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.clearing import is_cleared
from gradeflow.core.desired import FIELDS, STATUSES, Desired, status_codes
from gradeflow.core.taken import WORDS_E4
from gradeflow.model.joins import Positions, locate, objects, pick
from gradeflow.model.ledger import CLEARED, ResultValue
from gradeflow.rules.judge import ITEM_KEY
from gradeflow.rules.profile import Profile

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


def result_text(score_e4: int, status: int) -> str:
    """Write a result's value as the text that a hold compares with."""
    return f"{score_e4}:{status}"


def value_of_text(text: str) -> ResultValue:
    """Read a hold's text back; a graded value without a score is a cell of words.

    >>> value_of_text("820000:1")
    ResultValue(score_e4=820000, status='graded')
    """
    score, status = (int(part) for part in text.split(":"))
    return ResultValue(None if score == WORDS_E4 else score, STATUSES[status])


def result_texts(results: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Write many results' desired values as hold texts."""
    pairs = zip(results["score_e4"].tolist(), results["status"].tolist(), strict=True)
    return np.array([result_text(score, status) for score, status in pairs] or [], dtype=object)


def is_held(results: pd.DataFrame, own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which results an open hold keeps back in the very value that is desired now."""
    wanted = own["held"].to_numpy(dtype=object)
    rows = np.flatnonzero(~pd.isna(wanted))
    held = np.zeros(len(results), dtype=bool)
    held[rows] = np.equal(wanted[rows], result_texts(results.iloc[rows]))
    return held


@dataclass(frozen=True, slots=True)
class Observed:
    """What was read of the SIS for this plan.

    Attributes:
        line_items: frame OBSERVED_LINE_ITEMS of the sections that were read.
        results: frame OBSERVED_RESULTS of the line items that were read.
        unreadable_sections: sections whose line items could not be read: not the same as empty.
        unreadable_items: SIS line item ids whose results could not be read.
        read_items: SIS line item ids whose results were read.
    """

    line_items: pd.DataFrame
    results: pd.DataFrame
    unreadable_sections: frozenset[str] = frozenset()
    unreadable_items: frozenset[str] = frozenset()
    read_items: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows about to change, before the SIS was read.

    Attributes:
        results: per desired result.
        line_items: per desired line item: its fields or some of its results are about to change.
        whole: per desired line item: all its results have to be read, whichever are about to change.
        again: per desired line item: in a remaster, whether its scores that stand as sent go again too (R154).
        sections: whose line items have to be read.
    """

    results: npt.NDArray[np.bool_]
    line_items: npt.NDArray[np.bool_]
    whole: npt.NDArray[np.bool_]
    again: npt.NDArray[np.bool_]
    sections: list[str]


def find_candidates(
    desired: Desired,
    bases: Bases,
    examined: npt.NDArray[np.bool_],
    profile: Profile,
    *,
    is_remaster: bool = False,
) -> Candidates:
    """Tell what is about to change. Held and locked rows are not read again.

    A line item that is held whole is: its twin in the SIS may be gone, or it may be deleted there, and only the
    SIS can tell.

    Args:
        examined: per line item whether its digest differs from the settled one.
        is_remaster: whether every score of what was sent before is about to go again.
    """
    items, results = desired.line_items, desired.results
    passes = (items["verdict"] == "pass").to_numpy(bool) & ~bases.item_locked & examined
    own = bases.results
    differs = ~is_as_sent(results, own)
    again = passes & (bases.item_versions > 0) & is_remaster
    row = results["item_row"].to_numpy()
    changing = {name: _is_changing(name, items, bases) & passes for name in FIELDS}
    # Scores are parts of the maximum: where it changes they all go again (G06), so all have to be read.
    resent = ((changing["points"] & (bases.item_versions > 0)) | again)[row]
    free = passes[row] & ~own["is_locked"].to_numpy(bool) & ~is_held(results, own)
    wanted = (results["verdict"] == "pass").to_numpy(bool) & free
    back = own["was_away"].to_numpy(bool)
    candidates = wanted & (~own["has_base"].to_numpy(bool) | differs | resent | back)
    candidates |= is_cleared(desired, results, own, profile) & free
    touched = np.logical_or.reduce(list(changing.values()))
    touched[row[candidates]] = True
    touched |= (bases.is_blocked & passes) | again
    # Where one changed score blocks its item, every score of it has to be looked at before any is sent.
    is_unit = profile.values.conflict_policy == "block_item"
    whole = (touched & (bases.item_versions > 0) & is_unit) | again
    sections = sorted(set(items["section_id_sis"].to_numpy(dtype=object)[touched]))
    return Candidates(candidates, touched, whole, again, sections)


def is_as_sent(results: pd.DataFrame, own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which results are wanted as they were last sent; `own` are their bases, row by row."""
    same_score = results["score_e4"].to_numpy() == own["sent_score_e4"].to_numpy()
    return np.asarray(
        same_score & (results["status"].to_numpy() == own["sent_status"].to_numpy()), dtype=bool
    )


def _is_changing(name: str, items: pd.DataFrame, bases: Bases) -> npt.NDArray[np.bool_]:
    value = objects(items[name])
    return np.asarray((value != bases.sent[name]) & (bases.field_holds[name] != value), dtype=bool)


def item_text(title: str | None, due_date: str | None) -> str:
    """Write what a hold on a whole line item compares with: what would make it another item to a person."""
    return f"{title}|{due_date}"


def item_texts(items: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Write it of many."""
    pairs = zip(objects(items["title"]), objects(items["due_date"]), strict=True)
    return np.array([item_text(title, due) for title, due in pairs] or [], dtype=object)


def items_to_read(
    desired: Desired, bases: Bases, candidates: Candidates, existing: Collection[str]
) -> list[tuple[str, str]]:
    """List (section, SIS line item id) whose results have to be read: existing ones with candidates."""
    with_candidates = desired.results["item_row"].to_numpy()[candidates.results]
    rows: Positions = np.union1d(with_candidates, np.flatnonzero(candidates.whole)).astype(np.int64)
    sections = desired.line_items["section_id_sis"].to_numpy(dtype=object)
    return [
        (str(sections[row]), str(bases.sis_ids[row])) for row in rows if str(bases.sis_ids[row]) in existing
    ]
