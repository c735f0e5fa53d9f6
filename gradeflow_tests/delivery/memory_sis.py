"""An SIS gradebook in memory that keeps the Protocol, with manners and faults that no practice server has.

It may give its own ids, keep ours beside them or not, take many objects in one call, say nothing of what it
stored, round scores, lose answers after the commit or amid a call. Its state may live in a file, so that it
outlives a process that is killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
    RetriableError,
)
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.model.points import round_e4
from gradeflow.ports import Calls, CheckResult
from gradeflow_tests.rules.small_school import usual_reference

WHERE = {"system": "Memory", "code": "MEMORY"}
# What may happen to a writing call before its commit; the other faults see its answer.
BEFORE: dict[str, type[OutsideError]] = {
    "refused": PermanentError,
    "busy": RetriableError,
    "unauthorized": CredentialError,
    "reset": AmbiguousDeliveryError,
}
FAULTS = (*BEFORE, "lost", "half", "row_lost", "too_few", "forgotten", "row_forgotten")


@dataclass
class Item:
    """A line item as the SIS holds it."""

    section: str
    title: str
    assign_date: str
    due_date: str
    category: str | None
    period: str | None
    points_e4: int
    external_id: str | None


@dataclass
class State:
    """What the SIS holds: line items by id, and per line item and student the (id, score_e4, status)."""

    items: dict[str, Item] = field(default_factory=dict)
    cells: dict[str, dict[str, tuple[str, int | None, str | None]]] = field(default_factory=dict)
    next_id: int = 1

    def new_id(self) -> str:
        self.next_id += 1
        return f"{self.next_id:04d}"


@dataclass
class MemorySis:
    """The SIS. `faults` are drawn one per writing call, in order; then all goes well.

    Attributes:
        kill_at: at which writing call this process is killed, and whether before or after its commit.
    """

    allocates_ids: bool = False
    keeps_external_id: bool = True
    clears_results: bool = True
    drops_cleared: bool = False  # a cleared cell is gone, not blank
    is_mute: bool = False  # takes creates without saying the id, and everything without saying what it stored
    hides_ids: bool = False  # says what it stored, but not under which id
    digits: int = 4
    echoes_unrounded: bool = False  # its answers repeat what was sent, whatever it stored
    faults: list[str | None] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)  # students whose scores it refuses
    wants_unique_names: bool = False  # refuses a name that another line item of the section has
    file: Path | None = None
    kill_at: tuple[int, str] | None = None
    state: State = field(default_factory=State)
    calls: Calls = field(default_factory=Calls)
    log: list[tuple[str, ...]] = field(default_factory=list)
    _in_flight: set[str] = field(default_factory=set)

    @property
    def system_id(self) -> str:
        return "memory"

    async def check(self) -> list[CheckResult]:
        return []

    async def read_reference(self) -> SisReference:
        return usual_reference()

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        self.log.append(("read_line_items", section_id_sis))
        await asyncio.sleep(0)
        rows = [
            {
                "sis_id": key, "section_id_sis": one.section, "title": one.title, "category_id_sis": one.category,
                "period_id_sis": one.period, "points_possible_e4": one.points_e4, "raw": "{}",
                "assign_date": pd.Timestamp(one.assign_date), "due_date": pd.Timestamp(one.due_date),
                "external_id": one.external_id,
            }
            for key, one in self.state.items.items()
            if one.section == section_id_sis
        ]  # fmt: skip
        return frames.build(frames.OBSERVED_LINE_ITEMS, rows)

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        self.log.append(("read_results", line_item_sis_id))
        await asyncio.sleep(0)
        assert self.state.items[line_item_sis_id].section == section_id_sis
        rows = [
            {"sis_id": key, "line_item_sis_id": line_item_sis_id, "student_id_sis": student, "score_e4": score,
             "status": status, "raw": "{}"}
            for student, (key, score, status) in self.state.cells.get(line_item_sis_id, {}).items()
        ]  # fmt: skip
        return frames.build(frames.OBSERVED_RESULTS, rows)

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        self.log.append(("put_line_item", write.title))
        (answer,) = await self._write([write])
        if isinstance(answer, OutsideError):
            raise answer
        assert isinstance(answer, StoredLineItem)
        return answer

    async def put_result(self, write: ResultWrite) -> StoredResult:
        self.log.append(("put_result", write.student_id_sis))
        (answer,) = await self._write([write])
        if isinstance(answer, OutsideError):
            raise answer
        assert isinstance(answer, StoredResult)
        return answer

    async def _write(self, writes: Sequence[LineItemWrite | ResultWrite]) -> list[Any]:
        """Take one call, with the next fault."""
        fault = self.faults.pop(0) if self.faults else None
        targets = [_target(write) for write in writes]
        assert self._in_flight.isdisjoint(targets), "the same row is on its way twice"
        assert len(set(targets)) == len(targets), "the same row twice in one call"
        self._in_flight.update(targets)
        self.calls.writes += 1
        call = self.calls.writes
        try:
            self._kill(call, "before")
            await asyncio.sleep(0)
            answers = self._commit(writes, fault)
            self._save()
            self._kill(call, "after")
            await asyncio.sleep(0)
            return answers
        finally:
            self._in_flight.difference_update(targets)

    def _commit(self, writes: Sequence[LineItemWrite | ResultWrite], fault: str | None) -> list[Any]:
        if fault in BEFORE:
            raise BEFORE[fault](fault, **WHERE)
        stored = writes[: len(writes) // 2] if fault == "half" else writes
        before = deepcopy(self.state)
        answers = [self._store(write) for write in stored]
        if fault in ("forgotten", "row_forgotten"):  # every answer repeats what was sent all the same
            self.state = before
            if fault == "row_forgotten":
                for write in writes[:-1]:
                    self._store(write)
            return answers
        if fault in ("half", "lost"):
            raise AmbiguousDeliveryError("lost", **WHERE)
        if fault == "row_lost":
            answers[-1] = AmbiguousDeliveryError("this one", **WHERE)
        if fault == "too_few" and len(answers) > 1:
            del answers[-1]
        return answers

    def _store(self, write: LineItemWrite | ResultWrite) -> Any:
        if isinstance(write, LineItemWrite):
            return self._store_item(write)
        return self._store_cell(write)

    def _store_item(self, write: LineItemWrite) -> StoredLineItem | PermanentError:
        key = self.state.new_id() if self.allocates_ids and write.is_create else write.sis_id
        if not write.is_create and key not in self.state.items:
            return PermanentError("it is gone", system="Memory", code="SIS_PARENT_GONE")
        same = (one for name, one in self.state.items.items() if name != key and one.title == write.title)
        if self.wants_unique_names and any(one.section == write.section_id_sis for one in same):
            return PermanentError("another one has this name", **WHERE)
        external = write.sis_id if self.allocates_ids and self.keeps_external_id else None
        if not write.is_create:
            external = self.state.items[key].external_id
        self.state.items[key] = Item(
            write.section_id_sis, write.title, write.assign_date, write.due_date, write.category_id_sis,
            write.period_id_sis, write.points_possible_e4, external,
        )  # fmt: skip
        self.state.cells.setdefault(key, {})
        if self.is_mute:
            return StoredLineItem(write.sis_id)
        return StoredLineItem("" if self.hides_ids else key, title=write.title)

    def _store_cell(self, write: ResultWrite) -> StoredResult | PermanentError:
        if write.student_id_sis in self.refuses:
            return PermanentError("refused", **WHERE)
        if write.line_item_sis_id not in self.state.items:
            return PermanentError("it is gone", system="Memory", code="SIS_PARENT_GONE")
        cells = self.state.cells[write.line_item_sis_id]
        there = cells.get(write.student_id_sis)
        key = there[0] if there else self.state.new_id() if self.allocates_ids else write.sis_id
        if write.status == "blank":
            cells[write.student_id_sis] = (key, None, None)
            if self.drops_cleared:
                del cells[write.student_id_sis]
            return StoredResult(key, not self.is_mute)
        score = round_e4(write.score_e4, self.digits)
        cells[write.student_id_sis] = (key, score, write.status)
        if self.is_mute:
            return StoredResult(key, False)
        return StoredResult(key, True, write.score_e4 if self.echoes_unrounded else score, write.status)

    # ---- what tests look at ----

    def contents(self) -> list[tuple[Any, ...]]:
        """What it holds, without ids: line items and their cells."""
        return sorted(
            (
                tuple(asdict(replace(one, external_id=None)).values()),
                sorted((student, cell[1:]) for student, cell in self.state.cells[key].items()),
            )
            for key, one in self.state.items.items()
        )

    def key_of(self, title: str) -> str:
        """Give the id of the one line item of a title."""
        (key,) = (key for key, one in self.state.items.items() if one.title == title)
        return key

    def count(self, what: str) -> int:
        """Count the calls of a kind since the log was cleared."""
        return sum(entry[0] == what for entry in self.log)

    # ---- a state that outlives the process ----

    def _save(self) -> None:
        if self.file is not None:
            self.file.write_text(json.dumps(asdict(self.state)))

    def load(self) -> None:
        """Read the state that another process left."""
        if self.file is not None and self.file.exists():
            told = json.loads(self.file.read_text())
            items = {key: Item(**one) for key, one in told["items"].items()}
            cells = {
                key: {student: (cell[0], cell[1], cell[2]) for student, cell in row.items()}
                for key, row in told["cells"].items()
            }
            self.state = State(items, cells, told["next_id"])

    def _kill(self, call: int, when: str) -> None:
        if self.kill_at == (call, when):
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class BulkSis(MemorySis):
    """The same, taking many objects in one call."""

    line_item_batch: int = 1
    result_batch: int = 1

    async def put_line_items(self, writes: Sequence[LineItemWrite]) -> list[StoredLineItem | OutsideError]:
        self.log.append(("put_line_items", *(write.title for write in writes)))
        assert 1 < len(writes) <= self.line_item_batch
        assert all(write.is_create for write in writes)
        assert len({write.section_id_sis for write in writes}) == 1
        return await self._write(writes)

    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        self.log.append(("put_results", *(write.student_id_sis for write in writes)))
        assert 1 < len(writes) <= self.result_batch
        assert len({write.line_item_sis_id for write in writes}) == 1
        return await self._write(writes)


def _target(write: LineItemWrite | ResultWrite) -> str:
    if isinstance(write, LineItemWrite):
        return write.sis_id
    return f"{write.line_item_sis_id}/{write.student_id_sis}"
