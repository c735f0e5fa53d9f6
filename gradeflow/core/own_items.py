"""Which line item of an SIS is ours, where the SIS gives its own ids, whether it answered to the create or not.

First by our own id, where the SIS keeps it beside its own. Then by the id of the answer; where several were
answered with the same one, an SIS that keeps nothing gave it to the next again, and the title tells. Else by what
it looks like: of the section, nobody's yet, with the same title and dates. One such row is ours; two are a
person's to tell apart, and one whose title looks like ours cut short may be. Only where there is none it was
certainly not stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from gradeflow.core.hold_texts import item_text
from gradeflow.core.item_diff import normal_title, observed_fields
from gradeflow.core.records import make_holds


@dataclass(frozen=True, slots=True)
class Made:
    """A line item that was sent to be created, as it was sent. `told_id` is the id that the answer gave it."""

    line_item_id: str
    title: str
    assign_date: str | None
    due_date: str | None
    told_id: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Which row it is: one, none, or nobody can tell."""

    state: Literal["one", "none", "uncertain"]
    sis_id: str | None = None


NONE, UNCERTAIN = Found("none"), Found("uncertain")


def find_made(wanted: Sequence[Made], frame: pd.DataFrame, taken: Collection[str]) -> list[Found]:
    """Find each of some created line items of one section.

    Args:
        wanted: all of them that were not looked for yet: two that look alike cannot both be the same row.
        frame: frame OBSERVED_LINE_ITEMS of the section.
        taken: SIS ids of which it is known whose line items they are.
    """
    rows = _rows(frame)
    named = [_by_own_id(one, rows) for one in wanted]
    times = Counter(one.told_id for one in wanted)
    by_told_id = [_by_told_id(one, rows, is_shared=times[one.told_id] > 1) for one in wanted]
    named = [_if_none(own, told) for own, told in zip(named, by_told_id, strict=True)]
    known = {*taken, *_ids(named)}
    free = [row for row in rows if row["sis_id"] not in known and row["external_id"] is None]
    found = [_if_none(own, _by_looks(one, free)) for own, one in zip(named, wanted, strict=True)]
    claims = Counter(_ids(found))
    return [UNCERTAIN if one.sis_id is not None and claims[one.sis_id] > 1 else one for one in found]


def _if_none(found: Found, other: Found) -> Found:
    return other if found.state == "none" else found


def _ids(found: Sequence[Found]) -> list[str]:
    return [one.sis_id for one in found if one.sis_id is not None]


def _rows(frame: pd.DataFrame) -> list[Mapping[str, Any]]:
    fields = observed_fields(frame)
    own = [None if pd.isna(text) else str(text) for text in frame["external_id"]]
    columns = zip(
        frame["sis_id"], own, *(fields[name] for name in ("title", "assign_date", "due_date")), strict=True
    )
    return [
        dict(zip(("sis_id", "external_id", "title", "assign_date", "due_date"), row, strict=True))
        for row in columns
    ]


def _by_own_id(one: Made, rows: Sequence[Mapping[str, Any]]) -> Found:
    return _only([row for row in rows if row["external_id"] == one.line_item_id])


def _by_told_id(one: Made, rows: Sequence[Mapping[str, Any]], *, is_shared: bool) -> Found:
    bears_it = [row for row in rows if row["sis_id"] == one.told_id and row["external_id"] is None]
    title = normal_title(one.title)
    return _only([row for row in bears_it if not is_shared or _is_title(title, row)])


def _is_title(title: str, row: Mapping[str, Any]) -> bool:
    """Tell whether a row has a title, perhaps cut short."""
    there = normal_title(row["title"])
    return bool(there) and title.startswith(there)


def _by_looks(one: Made, free: Sequence[Mapping[str, Any]]) -> Found:
    title = normal_title(one.title)
    like = [row for row in free if row["due_date"] == one.due_date and _is_assigned(row, one)]
    found = _only([row for row in like if normal_title(row["title"]) == title])
    is_cut = any(_is_title(title, row) for row in like)
    is_renamed = any(
        row["sis_id"] == one.told_id for row in free
    )  # several have that id, none of them the title
    return UNCERTAIN if found.state == "none" and (is_cut or is_renamed) else found


def _is_assigned(row: Mapping[str, Any], one: Made) -> bool:
    return row["assign_date"] is None or row["assign_date"] == one.assign_date


def _only(rows: Sequence[Mapping[str, Any]]) -> Found:
    if len(rows) == 1:
        return Found("one", str(rows[0]["sis_id"]))
    return UNCERTAIN if rows else NONE


def uncertain_hold(line_item_key: int, sent: Mapping[str, Any]) -> pd.DataFrame:
    """Make the hold (HOLD_COLUMNS) on a line item of which nobody can tell whether it was created."""
    text = np.array([item_text(sent["title"], sent["due_date"])], dtype=object)
    return make_holds(np.array([line_item_key]), None, None, "CREATE_UNCERTAIN", text, None)
