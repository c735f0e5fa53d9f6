"""The journal of a drop: numbered files that are never changed, each with what one call wrote.

An entry is there whole or not at all, whenever the process is killed: it is written beside, forced to disk, and then
given its number. What the drop holds is all entries in their order; numbers are texts, so that nothing is rounded.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradeflow.errors import AmbiguousDeliveryError, RetriableError, SourceDataError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.model.points import format_e4

LABEL = "File drop"
DIGITS = 8
Row = Mapping[str, Any]


@dataclass(slots=True)
class Held:
    """Line items by their id, and results by line item and student, as far as entries were taken in."""

    line_items: dict[str, Row] = field(default_factory=dict)
    results: dict[str, dict[str, Row]] = field(default_factory=dict)

    def take(self, entry: Mapping[str, Any]) -> None:
        """Take an entry in; what it names replaces what was there."""
        for row in entry["line_items"]:
            self.line_items[row["line_item_id"]] = row
        for row in entry["results"]:
            self.results.setdefault(row["line_item_id"], {})[row["student_id"]] = row


class Journal:
    """The entries of one drop folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entries(self, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """Read the entries after a number, in their order.

        Raises:
            SourceDataError: one was changed or removed.
        """
        numbers = sorted(int(path.stem) for path in self._folder.glob("*.json") if path.stem.isdecimal())
        if numbers != list(range(1, len(numbers) + 1)):
            raise _damaged("an entry is missing")
        return [(number, self._read(number)) for number in numbers if number > after]

    def append(self, at: str, line_items: Sequence[Row] = (), results: Sequence[Row] = ()) -> dict[str, Any]:
        """Write one entry.

        Raises:
            RetriableError: nothing was written.
            AmbiguousDeliveryError: it may be there.
        """
        entry = {"at": at, "line_items": list(line_items), "results": list(results)}
        content = json.dumps(entry, ensure_ascii=False, indent=1).encode() + b"\n"
        partial = self._folder / f".{secrets.token_hex(8)}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_durably(partial, content)
        except OSError as error:
            what = type(error).__name__
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise RetriableError(
                f"the drop folder cannot be written ({what}): is it there, is there room, may gradeflow write?",
                system=LABEL,
                code="UNREACHABLE",
            ) from None
        try:
            _give_number(partial, self._folder)
        except OSError as error:
            raise AmbiguousDeliveryError(
                f"an entry of the drop was written, but whether it stays is not known ({type(error).__name__})",
                system=LABEL,
                code="OUTCOME_UNKNOWN",
            ) from None
        return entry

    def _read(self, number: int) -> dict[str, Any]:
        try:
            entry = json.loads(self._path(number).read_bytes())
            if isinstance(entry, dict) and all(
                isinstance(entry[name], list) for name in ("line_items", "results")
            ):
                return entry
        except (OSError, ValueError, KeyError):
            pass
        raise _damaged(f"entry {number} cannot be read")

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:0{DIGITS}}.json"


def held_of(entries: Iterable[tuple[int, Mapping[str, Any]]]) -> Held:
    """Take many entries in."""
    held = Held()
    for _, entry in entries:
        held.take(entry)
    return held


def row_of_line_item(write: LineItemWrite) -> Row:
    """Give the row that stands for a line item; numbers are texts."""
    return {
        "line_item_id": write.sis_id,
        "section_id": write.section_id_sis,
        "title": write.title,
        "assign_date": write.assign_date,
        "due_date": write.due_date,
        "category_id": write.category_id_sis or "",
        "points_possible": format_e4(write.points_possible_e4),
        "period_id": write.period_id_sis or "",
    }


def row_of_result(write: ResultWrite) -> Row:
    """Give the row that stands for a result; one that is cleared has neither score nor status."""
    is_blank = write.status == "blank"
    return {
        "line_item_id": write.line_item_sis_id,
        "section_id": write.section_id_sis,
        "student_id": write.student_id_sis,
        "result_id": write.sis_id,
        "score": "" if is_blank else format_e4(write.score_e4),
        "status": "" if is_blank else write.status,
        "score_date": write.score_date,
    }


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and force it to disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Force the names in a folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _give_number(partial: Path, folder: Path) -> None:
    """Give a file the next free number. A link never replaces what is there; some file systems have none."""
    number = 1 + max((int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal()), default=0)
    while True:
        target = folder / f"{number:0{DIGITS}}.json"
        try:
            target.hardlink_to(partial)
        except FileExistsError:
            number += 1
        except OSError:
            if not target.exists():
                partial.rename(target)
                break
            number += 1
        else:
            partial.unlink()
            break
    fsync_folder(folder)


def _damaged(what: str) -> SourceDataError:
    return SourceDataError(
        f"the journal of the drop is damaged: {what}. Put it back from a backup; its files are never to be changed",
        system=LABEL,
        code="DROP_DAMAGED",
    )
