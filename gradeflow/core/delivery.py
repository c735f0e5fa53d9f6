"""Delivery: intents committed before the calls, receipts after, and nothing sent twice on a guess.

Line items go before their results. Calls go out in groups: one commit of intents, a few calls in flight, one
commit of receipts. A call whose outcome is unknown is read back before anything is sent again. A refusal stays
with its own row; refused credentials stop the district at once (R084), since every further call would fail
alike.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from gradeflow.core.desired import FIELDS
from gradeflow.core.lanes import Lane, LineItemLane, ResultLane, Row, Sent, rows_of
from gradeflow.core.plan import Plan
from gradeflow.core.tally import COUNTED
from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
)
from gradeflow.model.ledger import Outcome, Receipt
from gradeflow.ports import DeliveryStore, GradeSink
from gradeflow.rules.judge import make_findings
from gradeflow.rules.reasons import REASONS

GROUP = 200
TRIES = 3
"""How often one write is sent in a run, each time after a read-back that showed it had no effect."""


@dataclass(frozen=True, slots=True)
class Undone:
    """A planned change that was not confirmed, and why."""

    kind: str
    line_item_key: int
    planned: str  # create, update, adopt
    code: str
    lms_assignment_id: str
    section_id_sis: str
    student_id_sis: str | None
    value: str | None = None  # what the next run has to know of it, in its finding


@dataclass(slots=True)
class Delivered:
    """What a delivery did: everything planned was confirmed, but for `undone`."""

    undone: list[Undone] = field(default_factory=list)
    stopped_by: OutsideError | None = None

    def counts(self, kind: str, planned: dict[str, int]) -> dict[str, int]:
        """Turn planned counts into what happened; the sum stays."""
        counts = dict(planned)
        for row in self.undone:
            if row.kind == kind:
                counts[COUNTED[row.planned]] -= 1
                counts["rejected" if REASONS[row.code].outcome == "rejected" else "failed"] += 1
        return counts

    def findings(self) -> pd.DataFrame:
        """Give one finding per undone change."""
        columns = ["lms_assignment_id", "section_id_sis", "student_id_sis"]
        parts = []
        for code in sorted({row.code for row in self.undone}):
            rows = [[getattr(row, name) for name in columns] for row in self.undone if row.code == code]
            values = pd.Series([row.value for row in self.undone if row.code == code], dtype="str")
            parts.append(make_findings(pd.DataFrame(rows, columns=columns), code, value=values))
        return pd.concat(parts, ignore_index=True) if parts else make_findings(pd.DataFrame(), "STALE")

    def unsettled(self) -> set[int]:
        """Give the line items that have to be looked at again in the next run."""
        return {row.line_item_key for row in self.undone}


@dataclass(slots=True)
class _Result:
    row: Row
    state: Outcome
    code: str | None = None
    sent: Sent | None = None


@dataclass(slots=True)
class Delivery:
    """One plan on its way.

    Attributes:
        may_send: asked before each group; False once the district's window for writing ended.
    """

    sink: GradeSink
    store: DeliveryStore
    plan_digest: str
    score_date: str
    max_in_flight: int
    may_send: Callable[[], bool]
    done: Delivered = field(default_factory=Delivered)

    async def deliver(self, plan: Plan) -> Delivered:
        """Send a plan.

        Returns:
            What was not confirmed; `stopped_by` where the SIS refused our credentials on the way.

        Raises:
            LeaseHeldError: another run took the district over; nothing more was sent.
        """
        items = LineItemLane(self.sink)
        self._adopt_line_items(plan.line_item_changes)
        await self._lane(items, rows_of(plan.line_item_changes.query("action != 'adopt'")))
        stuck = {row.line_item_key: REASONS[row.code].outcome for row in self.done.undone}
        results = ResultLane(self.sink, self.score_date)
        rows = rows_of(plan.result_changes)
        for row in rows:
            if row["line_item_key"] in stuck:
                refused = stuck[row["line_item_key"]] == "rejected"
                self._undo("result", row, "ITEM_REFUSED" if refused else "NOT_DELIVERED")
        going = [row for row in rows if row["line_item_key"] not in stuck]
        self._adopt_results(pd.DataFrame([row for row in going if row["action"] == "adopt"]))
        await self._lane(results, [row for row in going if row["action"] != "adopt"])
        return self.done

    async def _lane(self, lane: Lane, rows: Sequence[Row]) -> None:
        for group in _groups(rows):
            if self.done.stopped_by is not None or not self.may_send():
                code = "NOT_DELIVERED" if self.done.stopped_by is not None else "WINDOW_ENDED"
                for row in group:
                    self._undo(lane.kind, row, code)
                continue
            await self._group(lane, group)

    async def _group(self, lane: Lane, group: Sequence[Row]) -> None:
        ids = self.store.record_intents([lane.intent(row, self.plan_digest) for row in group])
        gate = asyncio.Semaphore(self.max_in_flight)
        fresh = [(row, intent) for row, intent in zip(group, ids, strict=True) if intent is not None]
        for row, intent in zip(group, ids, strict=True):
            if intent is None:
                self._undo(lane.kind, row, "STALE")
        results = await asyncio.gather(*(self._one(lane, row, gate) for row, _ in fresh))
        await self._verify(lane, [result for result in results if result.state == "confirmed"])
        receipts = []
        for (row, intent), result in zip(fresh, results, strict=True):
            sent = result.sent
            receipts.append(
                Receipt(
                    intent,
                    result.state,
                    result.code,
                    sent.stored if sent else None,
                    sent.sis_id if sent and lane.kind == "line_item" else None,
                )
            )
            if result.state != "confirmed":
                self._undo(lane.kind, row, _reason(result))
        self.store.record_receipts(receipts)

    async def _one(self, lane: Lane, row: Row, gate: asyncio.Semaphore) -> _Result:
        async with gate:
            for _ in range(TRIES):
                if self.done.stopped_by is not None:
                    return _Result(row, "retryable", self.done.stopped_by.code)
                try:
                    return _Result(row, "confirmed", sent=await lane.send(row))
                except OutsideError as error:
                    known = await self._after(error, lane, row)
                if known is not None:
                    return known
            return _Result(row, "retryable", "NOT_DELIVERED")

    async def _after(self, error: OutsideError, lane: Lane, row: Row) -> _Result | None:
        """Say what a failed send amounts to; None where it certainly had no effect and may be sent again."""
        if isinstance(error, AmbiguousDeliveryError):
            return await self._read_back(lane, row)
        if isinstance(error, CredentialError):
            self.done.stopped_by = error
            return _Result(row, "retryable", error.code)
        if isinstance(error, PermanentError):
            return _Result(row, "rejected", error.code)
        return _Result(row, "retryable", "NOT_DELIVERED")

    async def _read_back(self, lane: Lane, row: Row) -> _Result | None:
        """Learn what became of a write; None where it certainly had no effect and may be sent again."""
        try:
            seen = lane.seen(row, await lane.look(lane.place(row)))
        except OutsideError:
            return _Result(row, "unknown", "OUTCOME_UNKNOWN")
        if seen.state == "not_stored":
            return None
        if seen.state == "other":
            return _Result(row, "unknown", "OUTCOME_UNKNOWN")
        return _Result(row, "confirmed", sent=Sent(str(row.get("sis_id", "")), seen.stored))

    async def _verify(self, lane: Lane, confirmed: list[_Result]) -> None:
        """Read back what the SIS took without saying what it stored: a yes alone is not believed."""
        silent = [result for result in confirmed if result.sent is not None and result.sent.stored is None]
        for place in sorted({lane.place(result.row) for result in silent}):
            there = [result for result in silent if lane.place(result.row) == place]
            try:
                frame = await lane.look(place)
            except OutsideError:
                for result in there:
                    result.state, result.code, result.sent = "unknown", "OUTCOME_UNKNOWN", None
                continue
            for result in there:
                seen = lane.seen(result.row, frame)
                if seen.state == "not_stored":
                    result.state, result.code, result.sent = "retryable", "NOT_STORED", None
                elif result.sent is not None:
                    result.sent = Sent(result.sent.sis_id, seen.stored)

    def _adopt_line_items(self, changes: pd.DataFrame) -> None:
        """Set the bases of fields that the SIS already holds as wanted; nothing is sent."""
        adopted = changes[changes["action"] == "adopt"]
        rows = [
            {
                "line_item_key": row["line_item_key"],
                "base_version": row["base_version"],
                "sis_id": row["sis_id"],
                "field": name,
                "sent": row[name],
                "stored": row[f"observed_{name}"],
            }
            for row in rows_of(adopted)
            for name in FIELDS
            if name in str(row["own"]).split(",")
        ]
        if rows:
            fresh = self.store.adopt_line_items(pd.DataFrame(rows))
            stale = {row["line_item_key"] for row, ok in zip(rows, fresh, strict=True) if not ok}
            for row in rows_of(adopted):
                if row["line_item_key"] in stale:
                    self._undo("line_item", row, "STALE")

    def _adopt_results(self, adopted: pd.DataFrame) -> None:
        if adopted.empty:
            return
        frame = adopted.assign(
            sent_score_e4=adopted["score_e4"],
            sent_status=adopted["status"],
            stored_score_e4=adopted["score_e4"],
            stored_status=adopted["status"],
        )
        for row, ok in zip(rows_of(adopted), self.store.adopt_results(frame), strict=True):
            if not ok:
                self._undo("result", row, "STALE")

    def _undo(self, kind: str, row: Row, code: str) -> None:
        student = row.get("student_id_sis")
        self.done.undone.append(
            Undone(
                kind,
                int(row["line_item_key"]),
                str(row["action"]),
                code,
                str(row["lms_assignment_id"]),
                str(row["section_id_sis"]),
                None if student is None else str(student),
                None if pd.isna(row.get("away")) else str(row["away"]),
            )
        )


def _reason(result: _Result) -> str:
    """Name the reason that a person reads: the SIS's refusals in one word, our own codes as they are."""
    if result.state == "rejected":
        return result.code if result.code in {"SIS_PARENT_GONE"} else "SIS_REFUSED"
    return result.code if result.code in REASONS else "NOT_DELIVERED"


def _groups(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), GROUP):
        yield rows[start : start + GROUP]


def count_codes(frames: Sequence[pd.DataFrame]) -> dict[str, int]:
    """Count findings per reason code."""
    counts: Counter[str] = Counter()
    for frame in frames:
        counts.update(frame["code"].tolist())
    return dict(sorted(counts.items()))
