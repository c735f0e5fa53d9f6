"""Drops: a set of CSV files that somebody else writes, with a marker written last that counts their rows.

Whoever fills a drop replaces its files one by one, so a reader may come at any moment. The marker
`complete.json` is `{"exported_at": ISO 8601, "<file>": rows below its header, ...}`. While it is absent,
counts otherwise, or changes during the reading, the drop is unfinished and none of it is used. Where a drop
lies (a folder, or a server reached over SFTP) is a `Shelf`; what the files must hold is each system's own.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import index
from pathlib import Path
from typing import Protocol

import pandas as pd

from gradeflow.errors import SourceDataError
from gradeflow.ports import Calls
from gradeflow.transport.csv import Fault, Text, read_text

MARKER = "complete.json"
FAULTS_SHOWN = 20

Texts = Mapping[str, Text]


class Shelf(Protocol):
    """Where a drop lies."""

    def shown(self, name: str) -> str:
        """Name one of its files for a person."""

    async def read(self, name: str) -> bytes:
        """Read one file whole.

        Raises:
            FileNotFoundError: it is not there.
            OSError: it is there and cannot be read.
            OutsideError: what it lies on cannot be reached.
        """


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """A folder of this machine."""

    folder: Path

    def shown(self, name: str) -> str:
        """Name a file by its path."""
        return str(self.folder / name)

    async def read(self, name: str) -> bytes:
        """Read one file whole."""
        return await asyncio.to_thread((self.folder / name).read_bytes)


@dataclass(frozen=True, slots=True)
class Marker:
    """What complete.json says: when the drop was made, and how many rows each file has."""

    exported_at: dt.datetime
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Drop:
    """A finished drop: the rows of each file, all columns as text."""

    marker: Marker
    rows: Mapping[str, pd.DataFrame]

    def told(self) -> str:
        """Say when it was made and how much is in it."""
        counts = ", ".join(f"{len(rows)} {name}" for name, rows in self.rows.items())
        return f"exported {self.marker.exported_at.isoformat()}: {counts}"


@dataclass(frozen=True, slots=True)
class DropReader:
    """Reads one kind of drop.

    Attributes:
        label: whose drop it is, as operators say it.
        shelf: where it lies.
        files: name without `.csv` to the columns it must have, in reading order.
        calls: counts every file read.
        optional: name to the columns that it may do without.
    """

    label: str
    shelf: Shelf
    files: Mapping[str, Sequence[str]]
    calls: Calls
    optional: Mapping[str, Sequence[str]] = field(default_factory=dict)

    async def marker(self) -> Marker:
        """Read the marker.

        Raises:
            SourceDataError: it is absent or cannot be understood (code DROP_INCOMPLETE).
        """
        content = await self._content(MARKER)
        try:
            body = json.loads(content)
            exported_at = dt.datetime.fromisoformat(body["exported_at"])
            return Marker(exported_at, {name: index(body[name]) for name in self.files})
        except (ValueError, KeyError, TypeError):
            pass
        names = " and ".join(self.files)
        shown = self.shelf.shown(MARKER)
        raise self._incomplete(f"{shown} does not hold exported_at (ISO 8601) and the numbers {names}")

    async def read(self, find_faults: Callable[[Texts], list[Fault]]) -> Drop:
        """Read the drop whole.

        Args:
            find_faults: names every wrong place of the files that could be cut into rows.

        Raises:
            SourceDataError: unfinished (DROP_INCOMPLETE) or with broken rows (FILE_ROW_INVALID).
        """
        marker = await self.marker()
        self.calls.reads += 1
        texts: dict[str, Text] = {}
        for name, columns in self.files.items():
            self.calls.reads += 1
            content = await self._content(f"{name}.csv")
            texts[name] = await asyncio.to_thread(
                read_text, f"{name}.csv", content, columns, self.optional.get(name, ())
            )
        # Asked again: a new drop may have replaced the files while the first of them was read.
        if await self.marker() != marker:
            raise self._incomplete(f"{MARKER} changed during the reading: a new drop is being written")
        return await asyncio.to_thread(self._judged, marker, texts, find_faults)

    def _judged(self, marker: Marker, texts: Texts, find_faults: Callable[[Texts], list[Fault]]) -> Drop:
        faults = [fault for text in texts.values() for fault in text.faults] + find_faults(texts)
        rows = {name: text.rows for name, text in texts.items() if text.rows is not None}
        if len(rows) < len(texts):
            raise broken(self.label, faults)
        for name, said in marker.rows.items():
            if said != len(rows[name]):
                raise self._incomplete(f"{name}.csv has {len(rows[name])} rows, {MARKER} says {said}")
        if faults:
            raise broken(self.label, faults)
        return Drop(marker, rows)

    async def _content(self, name: str) -> bytes:
        try:
            return await self.shelf.read(name)
        except OSError as error:
            what = f"{self.shelf.shown(name)} cannot be read ({type(error).__name__})"
        raise self._incomplete(what)

    def _incomplete(self, what: str) -> SourceDataError:
        return SourceDataError(
            f"{what}. The drop is still being written or was cut off: wait for its end, or export it again;"
            f" {MARKER} is written last",
            system=self.label,
            code="DROP_INCOMPLETE",
        )


def broken(label: str, faults: Sequence[Fault]) -> SourceDataError:
    """Build the error for files with wrong places; up to twenty are named, none with what stands there."""
    shown = sorted(set(faults))
    lines = "".join(f"\n  {fault}" for fault in shown[:FAULTS_SHOWN])
    more = f"\n  and {len(shown) - FAULTS_SHOWN} more" if len(shown) > FAULTS_SHOWN else ""
    return SourceDataError(
        f"{len(shown)} broken places; nothing is used. Correct and export again; allowed is:{lines}{more}",
        system=label,
        code="FILE_ROW_INVALID",
    )
