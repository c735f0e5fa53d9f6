"""The three-way diff of line items: field by field, then summed up per item."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core import three_way
from gradeflow.core.bases import ITEM_FIELD, Bases
from gradeflow.core.desired import Desired, wish_codes
from gradeflow.core.hold_texts import item_texts
from gradeflow.core.reading import Candidates, Observed
from gradeflow.core.records import join_findings, make_holds
from gradeflow.core.taken import MAYBE_UNTOLD
from gradeflow.model.joins import objects, pick
from gradeflow.model.ledger import FIELDS
from gradeflow.rules.judge import make_findings
from gradeflow.rules.profile import Profile

CHANGED = ("create", "update", "adopt")
# What holds the item, whichever field shows it (`whole_items`).
OF_THE_ITEM = ("SIS_CHANGED_ITEM", "SIS_DELETED")
IN_PASSING = ("SIS_EDITED", "SIS_DELETED")  # worth telling of an item that was not looked for


@dataclass(frozen=True, slots=True)
class ItemDiff:
    """The diff of the line items, every array aligned to `Desired.line_items`."""

    verdict: npt.NDArray[np.object_]
    fields: dict[str, npt.NDArray[np.object_]]  # verdict per field
    observed_at: npt.NDArray[np.int64]  # position in the observed frame, -1: not there
    observed: dict[str, npt.NDArray[np.object_]]
    raw: npt.NDArray[np.object_]
    state: npt.NDArray[np.int64]  # code of the fact `observed`
    blocks: npt.NDArray[np.object_]  # a code that holds every change of the item's results
    why: npt.NDArray[np.object_]  # what its findings say of it
    resend: npt.NDArray[np.bool_]  # the maximum moves: all scores go again, as one unit (G06)
    again: npt.NDArray[np.bool_]  # a remaster: what stands as it was sent goes again (R154)
    holds: pd.DataFrame
    findings: pd.DataFrame
    whole: npt.NDArray[np.object_]  # the code of a hold on the whole item, looked at again every night
    held_fields: frozenset[tuple[int, str]]
    changed: npt.NDArray[np.bool_]  # a field was changed in the SIS where that blocks the item


def normal_title(text: str) -> str:
    """Write a title as two people would call it the same."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def observed_fields(frame: pd.DataFrame) -> dict[str, npt.NDArray[np.object_]]:
    """Write observed line items in the text that desired fields are written in."""
    points = frame["points_possible_e4"]
    texts = {
        "title": [unicodedata.normalize("NFC", title).strip() for title in frame["title"]],
        "assign_date": frame["assign_date"].dt.strftime("%Y-%m-%d"),
        "due_date": frame["due_date"].dt.strftime("%Y-%m-%d"),
        "category": frame["category_id_sis"],
        "points": [None if pd.isna(p) else str(p) for p in points],
        "period": frame["period_id_sis"],
    }
    return {name: objects(pd.Series(list(v), dtype="str")) for name, v in texts.items()}


def _field_policy(name: str, profile: Profile) -> str:
    """Who wins a field: the SIS owns category (R062) and period; title, dates and points follow the route."""
    if name == "category":
        return (
            "create_only"
            if profile.values.category_policy in ("create_only", "teacher_owned")
            else "sis_owns"
        )
    if name == "period":
        return "sis_owns"
    return profile.values.conflict_policy


def diff_items(
    desired: Desired,
    bases: Bases,
    observed: Observed,
    candidates: Candidates,
    examined: npt.NDArray[np.bool_],
    ours: Collection[str],
    profile: Profile,
) -> ItemDiff:
    """Decide every line item; a field that is held does not hold the others.

    Of line items that were not examined only what was seen in passing is told: nothing of them changes.
    """
    items = desired.line_items
    at = pd.Index(observed.line_items["sis_id"]).get_indexer(pd.Index(bases.sis_ids)).astype("int64")
    sections = items["section_id_sis"]
    read = sections.isin(candidates.sections).to_numpy(bool)
    unreadable = sections.isin(observed.unreadable_sections).to_numpy(bool)
    state = np.select(
        [unreadable, read & (at >= 0), read],
        [three_way.code_of("observed", name) for name in ("unreadable", "present", "absent")],
        default=three_way.code_of("observed", "unread"),
    ).astype("int64")
    seen = observed_fields(observed.line_items)
    there = {name: pick(seen[name], at) for name in FIELDS}
    rows = {name: _decide_field(name, desired, bases, state, there[name], profile) for name in FIELDS}
    by_field = {name: three_way.verdicts(found) for name, found in rows.items()}
    has_base = bases.item_versions > 0
    verdict = _item_verdict(by_field, items, has_base)
    verdict[~examined] = "unchanged"
    gone = has_base & (state == three_way.code_of("observed", "absent")) & (verdict != "create")
    twins = _twins(items, observed, ours) & (verdict == "create")
    goes = (items["verdict"] == "pass").to_numpy(bool)
    # Where the section was read its twin was seen or is gone; else an open hold stays.
    unseen = np.isin(state, [three_way.code_of("observed", name) for name in ("unread", "unreadable")])
    known_twin = np.equal(bases.field_holds[ITEM_FIELD], item_texts(items)) & goes & ~has_base
    held_twin = known_twin & (twins | unseen)
    whole = np.full(len(items), None, dtype=object)
    whole[twins | held_twin] = "LIKELY_DUPLICATE"
    whole[np.equal(bases.field_reasons[ITEM_FIELD], "CREATE_UNCERTAIN").astype(bool) & ~has_base] = (
        "CREATE_UNCERTAIN"
    )
    blocks, why = (np.full(len(items), None, dtype=object) for _ in range(2))
    settles = np.isin(by_field["points"], CHANGED)  # both sides moved alike, or the LMS wins
    moved = has_base & (at >= 0) & (there["points"] != bases.stored["points"]) & ~settles
    for mask, code in (
        (moved, "SIS_POINTS_CHANGED"),
        (gone, "SIS_DELETED"),
    ):
        blocks[mask] = code
    is_whole = ~pd.isna(whole)
    blocks[is_whole] = whole[is_whole]
    verdict[is_whole & (verdict != "none")] = "held"
    stuck = np.isin(verdict, ("held", "failed")) & ~has_base
    blocks[stuck & pd.isna(blocks)] = "SIS_TYPED_FIRST"
    resend = by_field["points"] == "update"
    fresh = twins & ~known_twin & (whole == "LIKELY_DUPLICATE")
    holds = _item_holds(items, rows, there, fresh, examined)
    told = whole.copy()
    told[~examined & ~twins] = None
    findings = _item_findings(items, rows, bases, told, examined)
    raw = observed.line_items["raw"].to_numpy(dtype=object)
    keys = items["line_item_key"].to_numpy()
    held = frozenset((int(key), name) for name in FIELDS for key in keys[by_field[name] == "held"])
    return ItemDiff(
        verdict, by_field, at, there, pick(raw, at), state, blocks, why, resend, candidates.again, holds, findings,
        whole, held, _changed(rows, state),
    )  # fmt: skip


def _changed(rows: dict[str, npt.NDArray[np.int8]], state: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    any_field = np.logical_or.reduce([three_way.blocking(found) for found in rows.values()])
    return np.asarray(any_field & (state == three_way.code_of("observed", "present")), dtype=bool)


def _decide_field(
    name: str,
    desired: Desired,
    bases: Bases,
    state: npt.NDArray[np.int64],
    there: npt.NDArray[np.object_],
    profile: Profile,
) -> npt.NDArray[np.int8]:
    items = desired.line_items
    value = objects(items[name])
    goes = (items["verdict"] == "pass").to_numpy(bool)
    has_base = bases.item_versions > 0
    if name in MAYBE_UNTOLD:
        untold = pd.isna(there) & (state == three_way.code_of("observed", "present"))
        there = np.where(untold, np.where(has_base, bases.stored[name], value), there)
    held = goes & (bases.field_holds[name] == value) & ~pd.isna(value)
    lock = np.select([bases.item_locked, held & ~_is_over(name, bases, state)], [1, 2], default=0)
    return three_way.diff(
        {
            "observed": state,
            "lock": lock.astype("int64"),
            "desired": wish_codes(items["verdict"]),
            "base": has_base.astype("int64"),
            "is_sent": (value == bases.sent[name]).astype("int64"),
            "is_observed": (value == there).astype("int64"),
            "is_stored": (there == bases.stored[name]).astype("int64"),
            "policy": three_way.code_of("policy", _field_policy(name, profile)),
            "recreate": int(profile.values.recreate_deleted),
        }
    )


def _is_over(name: str, bases: Bases, state: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell of which fields the SIS took away what held them: what was typed first, or the deletion."""
    reason = bases.field_reasons[name]
    is_there, is_gone = (state == three_way.code_of("observed", was) for was in ("present", "absent"))
    return np.asarray(
        ((reason == "SIS_DELETED") & is_there) | ((reason == "SIS_TYPED_FIRST") & is_gone), dtype=bool
    )


def _item_verdict(
    by_field: dict[str, npt.NDArray[np.object_]], items: pd.DataFrame, has_base: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Sum an item's fields up: the strongest verdict counts."""
    stack = np.stack([by_field[name] for name in FIELDS])
    verdict = np.full(len(items), "unchanged", dtype=object)
    for name in ("keep", "adopt", "held", "update", "create", "failed"):
        verdict[(stack == name).any(axis=0)] = name
    # A field of an unsent item that the SIS holds otherwise keeps the whole item back: it is not ours yet.
    verdict[(stack == "held").any(axis=0) & ~has_base] = "held"
    verdict[(stack == "none").all(axis=0)] = "none"
    return verdict


def _twins(items: pd.DataFrame, observed: Observed, ours: Collection[str]) -> npt.NDArray[np.bool_]:
    """Tell whose likeness is in its section, made by somebody else: or twice under our own id."""
    listed = observed.line_items
    twice = listed["external_id"][listed["external_id"].notna() & listed["external_id"].duplicated()]
    foreign = listed[~listed["sis_id"].isin(ours) & ~listed["external_id"].isin(ours)]
    due = foreign["due_date"].dt.strftime("%Y-%m-%d")
    known = set(zip(foreign["section_id_sis"], map(normal_title, foreign["title"]), due, strict=True))
    sections, titles, days = (objects(items[name]) for name in ("section_id_sis", "title", "due_date"))
    wanted = zip(sections, map(normal_title, titles), days, strict=True)
    is_twin = np.array([key in known for key in wanted] or [], dtype=bool)
    return is_twin | items["line_item_id"].isin(twice).to_numpy(bool)


def _item_holds(
    items: pd.DataFrame,
    rows: dict[str, npt.NDArray[np.int8]],
    there: dict[str, npt.NDArray[np.object_]],
    twins: npt.NDArray[np.bool_],
    examined: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    keys = items["line_item_key"].to_numpy()
    parts = [make_holds(keys[twins], None, None, "LIKELY_DUPLICATE", item_texts(items)[twins], None)]
    for name, found in rows.items():
        held, codes = three_way.verdicts(found) == "held", three_way.codes(found)
        fresh = held & ~pd.isna(codes) & ~np.isin(codes.astype(str), OF_THE_ITEM) & examined
        value = objects(items[name])
        parts.append(make_holds(keys[fresh], None, name, codes[fresh], value[fresh], there[name][fresh]))
    return pd.concat(parts, ignore_index=True)


def _item_findings(
    items: pd.DataFrame,
    rows: dict[str, npt.NDArray[np.int8]],
    bases: Bases,
    whole: npt.NDArray[np.object_],
    examined: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    keys = items[["lms_assignment_id", "section_id_sis"]]
    parts = [make_findings(keys[whole == code], code) for code in ("LIKELY_DUPLICATE", "CREATE_UNCERTAIN")]
    by_code: dict[str, npt.NDArray[np.bool_]] = {}
    for name, found in rows.items():
        codes = three_way.codes(found)
        still = (three_way.verdicts(found) == "held") & pd.isna(codes)
        codes[still] = np.where(bases.item_locked, "SIS_EDITED", bases.field_reasons[name])[still]
        codes[~examined & ~np.isin(codes, IN_PASSING)] = None
        # What blocks the item is told of it once, whatever else was changed (`whole_items`).
        for code in set(codes[~pd.isna(codes)]) - {"SIS_CHANGED_ITEM"}:
            by_code[code] = by_code.get(code, np.zeros(len(items), dtype=bool)) | (codes == code)
    for code, mask in sorted(by_code.items()):
        rows_of = mask & pd.isna(whole)
        parts.append(make_findings(keys[rows_of], code, value=items["reason"][rows_of]))
    return join_findings(parts)


def item_changes(desired: Desired, bases: Bases, items: ItemDiff) -> pd.DataFrame:
    """Give the line items to create, update or adopt, with every field as it shall stand in the SIS."""
    rows = np.flatnonzero(np.isin(items.verdict, CHANGED))
    frame = desired.line_items.iloc[rows][
        ["line_item_key", "line_item_id", "lms_assignment_id", "section_id_sis", "school_id_sis"]
    ].reset_index(drop=True)
    frame["sis_id"] = pd.Series(bases.sis_ids[rows], dtype="str")
    frame["action"] = pd.Series(items.verdict[rows], dtype="str")
    frame["base_version"] = bases.item_versions[rows]
    frame["observed_raw"] = pd.Series(items.raw[rows], dtype="str")
    own: list[list[str]] = [[] for _ in rows]
    for name in FIELDS:
        mine = np.isin(items.fields[name][rows], CHANGED)
        value = objects(desired.line_items[name])[rows]
        # A field that we leave alone goes back as the SIS holds it; one that it does not hold, as we want it.
        frame[name] = pd.Series(
            np.where(mine | pd.isna(items.observed[name][rows]), value, items.observed[name][rows]),
            dtype="str",
        )
        frame[f"observed_{name}"] = pd.Series(items.observed[name][rows], dtype="str")
        for position in np.flatnonzero(mine):
            own[position].append(name)
    frame["own"] = pd.Series([",".join(names) for names in own], dtype="str")
    return frame
