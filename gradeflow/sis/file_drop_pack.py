"""The pack that people enter by hand or import: what changed since the last one, per section, with its evidence.

`packs/<number>/`, made whole or not at all, never changed:

    manifest.json       number, when, which journal entries, counts, and the SHA-256 of each file
    <section>/to-type.txt       the list to print: what to type, and what stood there before
    <section>/assignments.csv   change (new | changed), line_item_id, section_id, title, assign_date, due_date,
                                category_id, points_possible, period_id
    <section>/scores.csv        change, line_item_id, title, due_date, student_id, student_number, score, status, before
                                (score and status are empty where the score is to be cleared)
    <section>/import/<line_item_id>.csv   Student Num, Score: graded scores of one assignment

PowerTeacher Pro imports scores per assignment and finds students by their number (reported): its column is the
roster's `student_number`. Folder names are section ids with every sign but letters, digits, `_`, `.`, `-` escaped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gradeflow.sis.file_drop_journal import Held, Journal, Row, fsync_folder, held_of, write_durably

ASSIGNMENT_COLUMNS = (
    *("change", "line_item_id", "section_id", "title", "assign_date", "due_date", "category_id"),
    *("points_possible", "period_id"),
)
SCORE_COLUMNS = (
    *("change", "line_item_id", "title", "due_date", "student_id", "student_number", "score", "status"),
    "before",
)
IMPORT_COLUMNS = ("Student Num", "Score")
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is new or stands otherwise than before."""

    row: Row
    before: Row | None

    @property
    def word(self) -> str:
        """Name the change."""
        return "new" if self.before is None else "changed"


def make_pack(
    folder: Path, journal: Journal, read_numbers: Callable[[], Mapping[str, str]], at: str
) -> Path | None:
    """Make the pack of what the journal holds since the last one; None where that is nothing.

    Raises:
        OSError, ValueError, KeyError: it could not be written, or what is there was changed; nothing of it is there.
    """
    before = last_entry(folder, last_number(folder))
    entries = journal.entries()
    fresh = [number for number, _ in entries if number > before]
    if not fresh:
        return None
    old, new = held_of(entry for entry in entries if entry[0] <= before), held_of(entries)
    found = changes(old, new)
    counts = {
        "sections": len(found),
        "assignments": sum(len(items) for items, _ in found.values()),
        "scores": sum(len(results) for _, results in found.values()),
    }
    return write_pack(folder, (fresh[0], fresh[-1]), at, make_files(found, new, read_numbers()), counts)


def changes(before: Held, after: Held) -> dict[str, tuple[list[Change], list[Change]]]:
    """List what changed, per section: line items, and results."""
    found: dict[str, tuple[list[Change], list[Change]]] = {}
    for key, row in after.line_items.items():
        old = before.line_items.get(key)
        if old != row:
            found.setdefault(row["section_id"], ([], []))[0].append(Change(row, old))
    for key, rows in after.results.items():
        for student, row in rows.items():
            old = before.results.get(key, {}).get(student)
            if old is None or _value(old) != _value(row):
                found.setdefault(row["section_id"], ([], []))[1].append(Change(row, old))
    return found


def _value(row: Row) -> tuple[str, str]:
    return row["score"], row["status"]


def write_pack(
    folder: Path, entries: tuple[int, int], at: str, files: Mapping[str, bytes], counts: Row
) -> Path:
    """Write a pack under the next number.

    Raises:
        OSError: it could not be written; nothing of it is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        number = last_number(folder) + 1
        digests = [
            {"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        ]
        manifest = {
            "pack": number,
            "at": at,
            "entries": {"first": entries[0], "last": entries[1]},
            "counts": counts,
            "files": digests,
        }
        told = json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"
        for name, content in {**files, "manifest.json": told}.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, content)
            fsync_folder(path.parent)
        target = partial.rename(folder / f"{number:0{DIGITS}}")
        fsync_folder(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def last_number(folder: Path) -> int:
    """Give the number of the last pack; 0 where there is none."""
    return max((int(path.name) for path in folder.glob("*") if path.name.isdecimal()), default=0)


def last_entry(folder: Path, number: int) -> int:
    """Give the last journal entry that a pack holds; 0 for no pack.

    Raises:
        OSError: there is no such pack.
        ValueError, KeyError: its manifest was changed.
    """
    if number == 0:
        return 0
    manifest = json.loads((folder / f"{number:0{DIGITS}}" / "manifest.json").read_bytes())
    return int(manifest["entries"]["last"])


def make_files(
    found: Mapping[str, tuple[Sequence[Change], Sequence[Change]]], after: Held, numbers: Mapping[str, str]
) -> dict[str, bytes]:
    """Make the files of a pack, by their path in it."""
    files: dict[str, bytes] = {}
    for section, (line_items, results) in sorted(found.items()):
        place = quote(section, safe="") or "_"
        place = place.replace(".", "%2E") if set(place) == {"."} else place
        items = sorted(line_items, key=lambda one: (one.row["due_date"], one.row["title"]))
        scores = sorted(results, key=lambda one: (one.row["line_item_id"], one.row["student_id"]))
        files[f"{place}/assignments.csv"] = _csv(
            ASSIGNMENT_COLUMNS, ({"change": one.word, **one.row} for one in items)
        )
        files[f"{place}/scores.csv"] = _csv(SCORE_COLUMNS, (_score(one, after, numbers) for one in scores))
        files[f"{place}/to-type.txt"] = _to_type(section, items, scores, after, numbers).encode()
        for key in sorted({one.row["line_item_id"] for one in scores}):
            rows = [
                {"Student Num": numbers.get(one.row["student_id"], ""), "Score": one.row["score"]}
                for one in scores
                if one.row["line_item_id"] == key and one.row["status"] == "graded"
            ]
            if rows:
                files[f"{place}/import/{quote(key, safe='')}.csv"] = _csv(IMPORT_COLUMNS, rows)
    return files


def _score(one: Change, after: Held, numbers: Mapping[str, str]) -> dict[str, Any]:
    item = after.line_items.get(one.row["line_item_id"], {})
    return {
        "change": one.word,
        **one.row,
        "title": item.get("title", ""),
        "due_date": item.get("due_date", ""),
        "student_number": numbers.get(one.row["student_id"], ""),
        "before": "" if one.before is None else _shown(one.before),
    }


def _shown(row: Row) -> str:
    return {"exempt": "EXCUSED", "": "CLEAR IT"}.get(row["status"], str(row["score"]))


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _to_type(
    section: str, items: Sequence[Change], scores: Sequence[Change], after: Held, numbers: Mapping[str, str]
) -> str:
    """Write the list of one section: its assignments, each with the scores to type below it."""
    changed = {one.row["line_item_id"]: one for one in items}
    by_item: dict[str, list[Change]] = {key: [] for key in changed}
    for one in scores:
        by_item.setdefault(one.row["line_item_id"], []).append(one)
    lines = [f"Section {section}", ""]
    for key, cells in by_item.items():
        item = after.line_items.get(key, {"title": "(not in this drop)"})
        word = {"new": "NEW ASSIGNMENT", "changed": "CHANGE ASSIGNMENT"}.get(
            changed[key].word if key in changed else "", "ASSIGNMENT"
        )
        lines.append(f"{word}: {item['title']}")
        if key in changed:
            old = changed[key].before
            lines += [
                f"  {label:<16}{item.get(name) or '-'}{_was(old, item, name)}"
                for name, label in (
                    *(
                        ("category_id", "category"),
                        ("points_possible", "points"),
                        ("assign_date", "assigned"),
                    ),
                    ("due_date", "due"),
                )
            ]
            lines += [f"  {'name before':<16}{old['title']}"] if old and old["title"] != item["title"] else []
        lines += [
            f"  {numbers.get(cell.row['student_id']) or cell.row['student_id']:<20}{_shown(cell.row):>10}"
            + (f"   (was {_shown(cell.before)})" if cell.before is not None else "")
            for cell in cells
        ]
        lines.append("")
    return "\n".join(lines)


def _was(old: Row | None, item: Row, name: str) -> str:
    return f"   (was {old.get(name) or '-'})" if old is not None and old.get(name) != item.get(name) else ""
