"""What the SIS holds beside what is remembered of it: what only it has, what differs, what is gone (R028).

What a teacher made in the SIS is listed and stays there; nothing is copied and nothing is written. No student is
named and no score is told: of scores there are counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradeflow.core.taken import MAYBE_UNTOLD
from gradeflow.errors import ConfigError
from gradeflow.model.district import District
from gradeflow.model.ledger import FIELDS
from gradeflow.reports.evidence import Evidence
from gradeflow.reports.reconcile_reading import Cell, Own, Seen

Document = dict[str, Any]
COUNTS = ("in_sis", "only_sis", "as_stored", "changed", "unconfirmed_in_sis", "unconfirmed", "gone")
SCORE_COUNTS = ("in_sis", "only_sis", "as_stored", "changed", "unconfirmed", "gone", "unread_items")
DIFFERENT = ("changed", "unconfirmed", "gone")


def sections_of(
    district: District, evidence: Evidence, remembered: Iterable[str], asked: Sequence[str]
) -> tuple[list[str], list[str]]:
    """List the sections to read: those that pass back and have work in the LMS, and those that have ours.

    Args:
        evidence: what both systems said when they were last read.
        remembered: sections of line items that the SIS confirmed, or that nobody knows of whether it did.
        asked: sections that somebody named; none: all that the SIS had active.

    Returns:
        The sections, and those of ours that the SIS has no more, such as last year's: they are read where named.

    Raises:
        ConfigError: the SIS had no section of a name that was asked for.
    """
    sections, pilot = evidence.reference.sections, district.passback.sections
    in_sis, ours = set(sections["section_id_sis"]), set(remembered)
    unknown = sorted(set(asked) - in_sis - ours)
    if unknown:
        raise ConfigError(
            f"the SIS had no section {', '.join(unknown)} when it was last read; write the id as the SIS has it"
        )
    if asked:
        return sorted(set(asked)), []
    active = set(sections.loc[sections["is_active"].astype(bool), "section_id_sis"])
    with_work = set(evidence.extract.line_items["section_id_sis"])
    chosen = with_work if pilot == "all" else with_work & set(pilot)
    return sorted((ours | chosen) & active), sorted(ours - active)


def told(seen: Sequence[Seen]) -> Document:
    """Write what was seen, section by section.

    Returns:
        `sections` and `totals`. Of each section that was read `counts`, where in_sis is the sum of only_sis,
        as_stored, changed and unconfirmed_in_sis; the lists `only_sis`, `changed`, `gone`, `unconfirmed`; and
        `scores`, where they were read: in_sis is the sum of only_sis, as_stored, changed and unconfirmed.
    """
    sections = [_section(one) for one in seen]
    read = [one for one in sections if one["unread"] is None]
    totals: Document = {"sections": len(sections), "unread_sections": len(sections) - len(read)}
    totals |= {name: sum(one["counts"][name] for one in read) for name in COUNTS}
    with_scores = [one["scores"] for one in read if one["scores"] is not None]
    totals["scores"] = (
        {name: sum(one[name] for one in with_scores) for name in SCORE_COUNTS} if with_scores else None
    )
    return {"totals": totals, "sections": sections}


def differs(document: Document) -> bool:
    """Tell whether anything is not as it is remembered, or could not be read."""
    totals = document["totals"]
    scores = totals["scores"] or {}
    return bool(
        totals["unread_sections"]
        or any(totals[name] for name in DIFFERENT)
        or any(scores.get(name) for name in (*DIFFERENT, "unread_items"))
    )


def _section(seen: Seen) -> Document:
    document: Document = {"section": seen.section, "unread": seen.unread, "counts": None, "scores": None}
    if seen.unread is not None:
        return document
    lists: dict[str, list[Document]] = {name: [] for name in ("only_sis", "changed", "gone", "unconfirmed")}
    lists["only_sis"] = _only_sis(seen)
    as_stored = 0
    for number, one in enumerate(seen.own):
        row = seen.rows[seen.at[number]] if number in seen.at else None
        if one.waiting is not None or (row is not None and not one.has_base):
            lists["unconfirmed"].append(_unconfirmed(one, row, number in seen.perhaps))
        elif row is None:
            # An older generation is gone by right, and one without a base was never there.
            lists["gone"] += [_named(one)] if one.has_base and one.is_latest else []
        elif fields := _changed_fields(one.stored, row):
            lists["changed"].append({**_named(one), "sis_id": row["sis_id"], "fields": fields})
        else:
            as_stored += 1
    counts = {name: len(found) for name, found in lists.items()}
    there = sum(one["state"] == "there" for one in lists["unconfirmed"])
    counts |= {"in_sis": len(seen.rows), "as_stored": as_stored, "unconfirmed_in_sis": there}
    document["counts"] = {name: counts[name] for name in COUNTS}
    return {**document, **lists, "scores": _scores(seen) if seen.cells else None}


def _only_sis(seen: Seen) -> list[Document]:
    """List what somebody made in the SIS; a copy of ours bears our id, and is theirs all the same."""
    matched, ours = set(seen.at.values()), {one.line_item_id for one in seen.own}
    return [
        {
            "sis_id": row["sis_id"],
            "title": row["title"],
            "due_date": row["due_date"],
            "copy_of": row["external_id"] if row["external_id"] in ours else None,
        }
        for position, row in enumerate(seen.rows)
        if position not in matched
    ]


def _named(one: Own) -> Document:
    return {
        "assignment": one.assignment,
        "line_item_id": one.line_item_id,
        "sis_id": one.sis_id,
        "title": one.stored.get("title"),
    }


def _unconfirmed(one: Own, row: Mapping[str, Any] | None, perhaps: bool) -> Document:
    sent = {} if one.waiting is None else one.waiting
    known = {**one.stored, **sent}
    return {
        **_named(one),
        "sis_id": one.sis_id if row is None else row["sis_id"],
        "title": known.get("title") if row is None else row["title"],
        "state": "there" if row is not None else "perhaps there" if perhaps else "not there",
    }


def _changed_fields(stored: Mapping[str, str | None], row: Mapping[str, Any]) -> list[Document]:
    """List the fields that are not as they were stored; what we never set is the SIS's own."""
    return [
        {"field": name, "stored": stored[name], "there": row[name]}
        for name in FIELDS
        if stored.get(name) is not None
        and row[name] != stored[name]
        and not (row[name] is None and name in MAYBE_UNTOLD)
    ]


def _scores(seen: Seen) -> Document:
    """Count the scores of our line items; those that differ are told by line item, without student or score."""
    total: Counter[str] = Counter()
    items = []
    for number, cells in seen.cells.items():
        one = seen.own[number]
        if isinstance(cells, str):
            total["unread_items"] += 1
            items.append({**_named(one), "unread": cells, "counts": None})
            continue
        counts = _count(one, cells)
        total += counts
        if any(counts[name] for name in DIFFERENT):
            items.append({**_named(one), "unread": None, "counts": _whole(counts)})
    return {**_whole(total), "items": items}


def _whole(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in SCORE_COUNTS}


def _count(one: Own, cells: Mapping[str, Cell]) -> Counter[str]:
    counts: Counter[str] = Counter(in_sis=len(cells))
    for student, there in cells.items():
        stored = one.scores.get(student)
        if student in one.waiting_students:
            counts["unconfirmed"] += 1
        elif stored is None:
            counts["only_sis"] += 1
        else:
            counts["as_stored" if there == stored else "changed"] += 1
    counts["gone"] = len(one.scores.keys() - cells.keys())
    return counts
