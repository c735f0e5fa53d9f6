"""The mechanics of a drop: files replaced one by one, `complete.json` removed first and written last.

What is in the files belongs to the systems that work by files: `otus_drop`, `itslearning_drop`.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradeflow.sandbox.practice import Practice
from gradeflow.sandbox.school import School
from gradeflow.sandbox.wire import EditError

COMPLETE = "complete.json"
Row = dict[str, str]
Columns = Mapping[str, Sequence[str]]
"""File name without `.csv` to its columns."""


def practice(kind: str, label: str, drop: Callable[[Path, School, dt.datetime], None]) -> Practice:
    """Register an LMS that is nothing but a drop folder; `drop` writes a School's whole export into it."""
    return Practice(
        kind=kind,
        side="lms",
        label=label,
        secrets=(),
        settings=lambda spec: {"folder": spec.drop},
        fill=lambda spec, school, clock: drop(spec.drop, school, clock.now()),
        serve=None,
    )


def write(folder: Path, columns: Columns, rows: Mapping[str, list[Row]], exported_at: dt.datetime) -> None:
    """Replace the export; while `complete.json` is away a reader knows that it must wait."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMPLETE).unlink(missing_ok=True)
    for name, names in columns.items():
        partial = folder / f"{name}.csv.tmp"
        with partial.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, names)
            writer.writeheader()
            writer.writerows(rows[name])
        partial.replace(folder / f"{name}.csv")
    told = {"exported_at": exported_at.isoformat(), **{name: len(rows[name]) for name in columns}}
    partial = folder / f"{COMPLETE}.tmp"
    partial.write_text(json.dumps(told) + "\n", encoding="utf-8")
    partial.replace(folder / COMPLETE)


def edit(
    folder: Path, columns: Columns, edits: Sequence[Mapping[str, Any]], exported_at: dt.datetime | None = None
) -> int:
    """Change rows of the last export as teachers would, and drop it anew.

    Args:
        folder: where the export lies.
        columns: its files.
        edits: each `{"file": "scores", "match": {column: value}, "set": {column: value}}`; `"set": null`
            removes the rows.
        exported_at: when the new export is made; the last one's time by default.

    Returns:
        How many rows were changed.

    Raises:
        EditError: a file or column is unknown, or an edit matches no row. Nothing is changed then.
    """
    rows = {name: _read(folder, name) for name in columns}
    last = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))["exported_at"]
    changed = sum(_apply(columns, rows, change) for change in edits)
    write(folder, columns, rows, exported_at or dt.datetime.fromisoformat(last))
    return changed


def _apply(columns: Columns, rows: dict[str, list[Row]], change: Mapping[str, Any]) -> int:
    if set(change) != {"file", "match", "set"} or change["file"] not in columns:
        msg = f"an edit has the keys file ({', '.join(columns)}), match and set"
        raise EditError(msg)
    name, match, values = change["file"], change["match"], change["set"]
    unknown = sorted((set(match) | set(values or {})) - set(columns[name]))
    if unknown:
        msg = f"{name} has no column {', '.join(unknown)}; allowed: {', '.join(columns[name])}"
        raise EditError(msg)
    found = [row for row in rows[name] if all(row[column] == str(value) for column, value in match.items())]
    if not found:
        msg = f"no row of {name} matches {dict(match)}"
        raise EditError(msg)
    if values is None:
        rows[name] = [row for row in rows[name] if row not in found]
    for row in found:
        row |= {column: str(value) for column, value in (values or {}).items()}
    return len(found)


def _read(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
