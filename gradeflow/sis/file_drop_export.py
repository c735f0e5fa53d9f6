"""What the SIS is known to hold: its own export, as somebody puts it into `observed/`.

`complete.json`, written last: `{"packs_entered": 12, "assignments": 40, "scores": 1200, "sections": ["0901"]}`:
    the last pack that had been entered when the export was made, rows below the headers, and the sections that
    the export holds whole. Later packs count on top of it; a row of these sections that it lacks was deleted.
`assignments.csv`: line_item_id (of the pack, empty for what others made), section_id, title, assign_date,
    due_date, category_id, points_possible
`scores.csv`: line_item_id, student_id, score, status (graded | exempt)

An SIS that keeps whole points shows 9 where 8.75 was entered, and one with short names the start of a title. No
answer ever told so, as there is none: `as_entered` finds it out by what the export shows beside it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from operator import index
from pathlib import Path

from gradeflow.errors import SourceDataError
from gradeflow.model.points import DIGITS, SCALE, cut_e4, parse_e4, round_e4
from gradeflow.sis.file_drop_journal import LABEL, Held, Row
from gradeflow.sis.file_drop_roster import read_table

ASSIGNMENTS = (
    *("line_item_id", "section_id", "title", "assign_date", "due_date", "category_id", "points_possible"),
)
SCORES = ("line_item_id", "student_id", "score", "status")
STATUSES = ("graded", "exempt")
NARROWEST = 15
"""Letters below which no gradebook is taken to cut titles (assumed): a shorter one was typed by somebody."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export.

    Attributes:
        held: its rows.
        pack: the last pack that had been entered.
        sections: those that it holds whole.
    """

    held: Held
    pack: int
    sections: frozenset[str]


def read_export(folder: Path) -> Export | None:
    """Read an export of the SIS; None where there is none.

    Raises:
        SourceDataError: it is unfinished, or a row is broken.
    """
    if not (folder / "complete.json").exists():
        if any(folder.glob("*.csv")):
            raise unfinished("complete.json is not there")
        return None
    try:
        told = json.loads((folder / "complete.json").read_bytes())
        pack, counts = index(told["packs_entered"]), (index(told["assignments"]), index(told["scores"]))
        sections = frozenset(str(one) for one in told["sections"])
    except (OSError, ValueError, KeyError, TypeError):
        raise unfinished("complete.json has not packs_entered, assignments, scores and sections") from None
    items = read_table(folder / "assignments.csv", ASSIGNMENTS)
    scores = read_table(folder / "scores.csv", SCORES)
    if (len(items), len(scores)) != counts:
        raise unfinished(
            f"it has {len(items)} assignments and {len(scores)} scores, complete.json says otherwise"
        )
    held = Held()
    held.take({"line_items": [_identified(row) for row in items], "results": scores})
    if any(row["section_id"] not in sections for row in held.line_items.values()) or any(
        row["status"] not in STATUSES or (row["status"] == "graded" and parse_e4(row["score"]) is None)
        for row in scores
    ):
        raise unfinished("a section is not among those of complete.json, or a score has no number or status")
    return Export(held, pack, sections)


def as_entered(seen: Held, entered: Held) -> Held:
    """Give what an export shows, and what was entered where the SIS only shows less of it.

    A score counts as rounded or cut only to the most digits that its line item shows of any score, a title as
    cut only to the most letters that any title has: else it is somebody's edit.
    """
    longest = max((len(_plain(row["title"])) for row in seen.line_items.values()), default=0)
    found = Held()
    for key, row in seen.line_items.items():
        ours = entered.line_items.get(key)
        is_cut = ours is not None and _is_cut_title(ours["title"], row["title"], longest)
        found.line_items[key] = {**row, "title": ours["title"]} if ours and is_cut else row
    for key, rows in seen.results.items():
        digits = max(_digits(row) for row in rows.values())
        cells = entered.results.get(key, {})
        found.results[key] = {
            student: {**row, "score": cells[student]["score"]}
            if student in cells and _is_less(cells[student], row, digits)
            else row
            for student, row in rows.items()
        }
    return found


def _is_less(entered: Row, shown: Row, digits: int) -> bool:
    """Tell whether a score is what is left of the one that was entered."""
    ours, there = parse_e4(entered["score"]), parse_e4(shown["score"])
    if entered["status"] != "graded" or shown["status"] != "graded" or ours is None or there is None:
        return False
    return abs(there - ours) < SCALE and there in (round_e4(ours, digits), cut_e4(ours, digits))


def _digits(row: Row) -> int:
    """Count the decimal digits of a score; 9.00 has none."""
    score_e4 = parse_e4(row["score"]) if row["status"] == "graded" else None
    return next(
        (digits for digits in range(DIGITS) if score_e4 is None or cut_e4(score_e4, digits) == score_e4),
        DIGITS,
    )


def _is_cut_title(entered: str, shown: str, longest: int) -> bool:
    full, left = _plain(entered), _plain(shown)
    return longest >= NARROWEST and full[:longest].strip() == left


def _plain(title: str) -> str:
    return unicodedata.normalize("NFC", title).strip()


def _identified(row: Mapping[str, str]) -> Row:
    """Give an assignment that somebody else made an id of its own: as long as section, name and day stay."""
    if row["line_item_id"]:
        return row
    name = json.dumps([row["section_id"], row["title"], row["due_date"]], ensure_ascii=False)
    return {**row, "line_item_id": f"observed:{hashlib.sha256(name.encode()).hexdigest()[:32]}"}


def unfinished(what: str) -> SourceDataError:
    """Build the error for an export that cannot be used."""
    return SourceDataError(
        f"the export of the SIS in observed/ is not used: {what}. Export it again, complete.json last, or take the"
        " folder away",
        system=LABEL,
        code="DROP_INCOMPLETE",
    )
