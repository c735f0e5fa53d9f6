"""A drop folder in place of an SIS interface: a district without a licence imports or types what is in it.

What is written goes into a journal that is never changed (`file_drop_journal`), and when the run ends into a pack
of what changed, per section (`file_drop_pack`). What the SIS holds is *assumed* to be what was dropped; it is
known only as far as somebody puts an export of the SIS into `observed/` (`file_drop_export`).
The roster (`file_drop_roster`) is the SIS reference. All folders are the district's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from gradeflow.errors import OutsideError, PermanentError
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.model.points import parse_e4
from gradeflow.ports import Calls, CheckResult, ConnectorContext
from gradeflow.sis.file_drop_export import Export, as_entered, read_export, unfinished
from gradeflow.sis.file_drop_journal import (
    LABEL,
    Held,
    Journal,
    Row,
    held_of,
    row_of_line_item,
    row_of_result,
)
from gradeflow.sis.file_drop_pack import last_entry, last_number, make_pack
from gradeflow.sis.file_drop_roster import read_roster, read_student_numbers
from gradeflow.sis.file_drop_settings import FileDropSettings
from gradeflow.sis.records import date_of, frame_of
from gradeflow.transport.records import raw_of

BATCH = 1000


@dataclass(slots=True)
class FileDropSink:
    """One drop folder, open for reading and writing."""

    settings: FileDropSettings
    system_id: str
    context: ConnectorContext
    calls: Calls = field(default_factory=Calls)
    allocates_ids: bool = False
    clears_results: bool = True
    line_item_batch: int = BATCH
    result_batch: int = BATCH
    _held: Held | None = field(default=None, repr=False)  # scores stand in no log
    _once: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> list[CheckResult]:
        """Read roster, journal and what was observed, and say what waits to be entered."""
        results: list[CheckResult] = []
        names = ("roster", "drop", "observed")
        try:
            found = await self._roster()
            people = f"{len(found.sections)} sections, {len(found.students)} students"
            results.append(CheckResult(names[0], passed=not found.sections.empty, detail=people))
            waiting = len(self._journal.entries(last_entry(self._packs, last_number(self._packs))))
            detail = f"{last_number(self._packs)} packs; {waiting} entries wait for the next one"
            results.append(CheckResult(names[1], passed=True, detail=detail))
            export = self._export()
            self._read()
            detail = (
                "nothing: what was dropped counts as entered"
                if export is None
                else f"up to pack {export.pack}"
            )
            results.append(CheckResult(names[2], passed=True, detail=detail))
        except (OutsideError, OSError, ValueError, KeyError) as error:
            detail = (
                str(error) if isinstance(error, OutsideError) else f"cannot be read ({type(error).__name__})"
            )
            return [*results, CheckResult(names[len(results)], passed=False, detail=detail)]
        return results

    async def read_reference(self) -> SisReference:
        """Read the roster."""
        self.calls.reads += 1
        return await self._roster()

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Give what was observed, and dropped since, of one section (frame OBSERVED_LINE_ITEMS)."""
        held = await self._known()
        self.calls.reads += 1
        zone = self.context.zone
        return frame_of(
            frames.OBSERVED_LINE_ITEMS,
            (
                {
                    "sis_id": key,
                    "section_id_sis": section_id_sis,
                    "title": row["title"],
                    "assign_date": date_of(row["assign_date"], zone),
                    "due_date": date_of(row["due_date"], zone),
                    "category_id_sis": row["category_id"] or None,
                    "period_id_sis": row.get("period_id") or None,
                    "points_possible_e4": parse_e4(row["points_possible"]),
                    "raw": raw_of(row),
                }
                for key, row in held.line_items.items()
                if row["section_id"] == section_id_sis
            ),
            LABEL,
        )

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Give what was observed, and dropped since, of one line item (frame OBSERVED_RESULTS)."""
        held = await self._known()
        self.calls.reads += 1
        return frame_of(
            frames.OBSERVED_RESULTS,
            (
                {
                    "sis_id": row.get("result_id") or f"{line_item_sis_id}:{student}",
                    "line_item_sis_id": line_item_sis_id,
                    "student_id_sis": student,
                    "score_e4": parse_e4(row["score"]),
                    "status": row["status"] or None,
                    "raw": raw_of(row),
                }
                for student, row in held.results.get(line_item_sis_id, {}).items()
            ),
            LABEL,
        )

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Write one line item into the journal."""
        await self._append([row_of_line_item(write)], [])
        return _stored_line_item(write)

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Write one result into the journal."""
        await self._append([], [row_of_result(write)])
        return _stored_result(write)

    async def put_line_items(self, writes: Sequence[LineItemWrite]) -> list[StoredLineItem | OutsideError]:
        """Write line items into the journal, all or none."""
        await self._append([row_of_line_item(write) for write in writes], [])
        return [_stored_line_item(write) for write in writes]

    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        """Write results into the journal, all or none."""
        await self._append([], [row_of_result(write) for write in writes])
        return [_stored_result(write) for write in writes]

    @property
    def is_used(self) -> bool:
        """Tell whether a run worked with the drop, also one that had nothing to write; a check does not."""
        return bool(self.calls.writes or self.calls.reads)

    def pack(self) -> Path | None:
        """Make the pack of what was written since the last one; None where nothing was.

        Raises:
            PermanentError: it could not be written; the journal keeps all of it for the next time.
        """
        try:
            numbers = partial(read_student_numbers, self.settings.roster, self.settings.student_number)
            return make_pack(self._packs, self._journal, numbers, self.context.as_of.isoformat())
        except (OSError, ValueError, KeyError) as error:
            what = type(error).__name__
        raise PermanentError(
            f"the pack cannot be written ({what}): is there room, were its folders changed? What was dropped is in the"
            " journal and goes into the next pack",
            system=LABEL,
            code="PACK_NOT_WRITTEN",
        )

    @property
    def _journal(self) -> Journal:
        return Journal(self.settings.folder / "journal")

    @property
    def _packs(self) -> Path:
        return self.settings.folder / "packs"

    async def _roster(self) -> SisReference:
        return await asyncio.to_thread(read_roster, self.settings.roster, self.context.zone)

    async def _append(self, line_items: list[Row], results: list[Row]) -> None:
        async with self._once:
            self.calls.writes += 1
            entry = await asyncio.to_thread(
                self._journal.append, self.context.as_of.isoformat(), line_items, results
            )
            if self._held is not None:
                self._held.take(entry)

    async def _known(self) -> Held:
        async with self._once:
            if self._held is None:
                self._held = await asyncio.to_thread(self._read)
            return self._held

    def _read(self) -> Held:
        export = self._export()
        if export is None:
            return held_of(self._journal.entries())
        try:
            last = last_entry(self._packs, export.pack)
        except (OSError, ValueError, KeyError):
            raise unfinished(f"complete.json names pack {export.pack}, which is not there") from None
        entries = self._journal.entries()
        held = as_entered(export.held, held_of(entry for entry in entries if entry[0] <= last))
        for number, entry in entries:
            held.take(entry if number > last else _outside(entry, export.sections))
        return held

    def _export(self) -> Export | None:
        return read_export(self.settings.folder / "observed")


def _outside(entry: Mapping[str, Any], sections: frozenset[str]) -> dict[str, list[Row]]:
    """Keep of an entry what is of other sections than these."""
    return {
        name: [row for row in entry[name] if row["section_id"] not in sections]
        for name in ("line_items", "results")
    }


def _stored_line_item(write: LineItemWrite) -> StoredLineItem:
    return StoredLineItem(
        sis_id=write.sis_id,
        title=write.title,
        assign_date=write.assign_date,
        due_date=write.due_date,
        category_id_sis=write.category_id_sis,
        period_id_sis=write.period_id_sis,
        points_possible_e4=write.points_possible_e4,
    )


def _stored_result(write: ResultWrite) -> StoredResult:
    if write.status == "blank":
        return StoredResult(write.sis_id, is_echoed=True)
    return StoredResult(write.sis_id, is_echoed=True, score_e4=write.score_e4, status=write.status)
