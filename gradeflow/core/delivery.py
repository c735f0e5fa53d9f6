"""Delivery: intents committed before the calls, receipts after, and nothing sent twice on a guess.

Line items go before their results. Calls go out in groups: one commit of intents, a few calls in flight, one
commit of receipts. A call whose outcome is unknown is read back before anything is sent again. A refusal stays
with its own row; refused credentials stop the district at once (R084), since every further call would fail
alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from gradeflow.core.clearing import BLANK_STATUS
from gradeflow.core.delivered import Delivered, Told
from gradeflow.core.item_lane import LineItemLane
from gradeflow.core.lanes import Lane, Row, batches_of, rows_of
from gradeflow.core.names import in_turns
from gradeflow.core.own_items import uncertain_hold
from gradeflow.core.plan import Plan
from gradeflow.core.result_lane import ResultLane
from gradeflow.core.sending import Sender, Sending
from gradeflow.model.ledger import FIELDS, Receipt
from gradeflow.ports import DeliveryStore, GradeSink
from gradeflow.rules.reasons import REASONS

GROUP = 200


@dataclass(slots=True)
class Delivery:
    """One plan on its way.

    Attributes:
        may_send: asked before each group; False once the district's window for writing ended.
        is_atomic: whether line items go whole: after a refusal nothing more of one is sent (R178).
        taken: where the SIS gives its own ids, those that it is known whose line items they are.
    """

    sink: GradeSink
    store: DeliveryStore
    plan_digest: str
    score_date: str
    max_in_flight: int
    may_send: Callable[[], bool]
    is_atomic: bool = False
    taken: set[str] = field(default_factory=set)
    done: Delivered = field(default_factory=Delivered)
    _given: dict[int, str] = field(default_factory=dict)  # what the SIS named the items of this run
    _written: list[tuple[Lane, Row]] = field(default_factory=list)

    async def deliver(self, plan: Plan) -> Delivered:
        """Send a plan.

        Returns:
            What was not confirmed; `stopped_by` where the SIS refused our credentials on the way.

        Raises:
            LeaseHeldError: another run took the district over; nothing more was sent.
        """
        items = LineItemLane(self.sink, self.taken)
        self._adopt_line_items(plan.line_item_changes)
        for turn in in_turns(rows_of(plan.line_item_changes.query("action != 'adopt'"))):
            await self._lane(items, turn)
        stuck = {row.line_item_key: row.code for row in self.done.undone}
        results = ResultLane(self.sink, self.score_date)
        going = []
        for row in rows_of(plan.result_changes):
            key = row["line_item_key"]
            if key in stuck:
                self._undo("result", row, _follows(stuck[key]))
            else:
                going.append({**row, "line_item_sis_id": self._given.get(key, row["line_item_sis_id"])})
        self._adopt_results(pd.DataFrame([row for row in going if row["action"] == "adopt"]))
        await self._lane(results, [row for row in going if row["action"] != "adopt"])
        self._tell_parts()
        return self.done

    async def _lane(self, lane: Lane, rows: Sequence[Row]) -> None:
        # By place, so that few groups write to one and each place is read back about once.
        for group in _groups(batches_of(lane, sorted(rows, key=lane.place))):
            if self.done.stopped_by is not None or not self.may_send():
                code = "NOT_DELIVERED" if self.done.stopped_by is not None else "WINDOW_ENDED"
                for row in group:
                    self._undo(lane.kind, row, code)
                continue
            await self._group(lane, group)

    async def _group(self, lane: Lane, group: Sequence[Row]) -> None:
        ids = self.store.record_intents([lane.intent(row, self.plan_digest) for row in group])
        sendings = []
        for row, intent in zip(group, ids, strict=True):
            if intent is None:
                self._undo(lane.kind, row, "STALE")
            else:
                sendings.append(Sending(row, intent))
        await Sender(lane, self.max_in_flight, self.done, self.is_atomic).send(sendings)
        self.store.record_receipts([self._end(lane, one) for one in sendings])

    def _end(self, lane: Lane, one: Sending) -> Receipt:
        state = one.state or "unknown"
        if one.sent is None:
            self._undo(lane.kind, one.row, _reason(one))
            if one.code == "CREATE_UNCERTAIN":
                self.done.uncertain.append(uncertain_hold(lane.key(one.row), one.row))
            return Receipt(one.intent, state, one.code)
        if self.is_atomic:
            self._written.append((lane, one.row))
        if lane.kind == "result":
            return Receipt(one.intent, state, stored=one.sent.stored)
        self._given[lane.key(one.row)] = one.sent.sis_id
        return Receipt(one.intent, state, stored=one.sent.stored, sis_id=one.sent.sis_id)

    def _tell_parts(self) -> None:
        """List what was written of line items that had to go whole: it stays."""
        for lane, row in self._written:
            if row["line_item_key"] in self.done.refused_items:
                self.done.in_part.append(_told(lane.kind, row, "ITEM_WRITTEN_IN_PART"))

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
        is_blank = adopted["status"] == BLANK_STATUS
        score = adopted["score_e4"].astype("Int64").mask(is_blank)
        status = adopted["status"].astype("str").mask(is_blank)
        frame = adopted.assign(
            sent_score_e4=score, sent_status=status, stored_score_e4=score, stored_status=status
        )
        for row, ok in zip(rows_of(adopted), self.store.adopt_results(frame), strict=True):
            if not ok:
                self._undo("result", row, "STALE")

    def _undo(self, kind: str, row: Row, code: str) -> None:
        self.done.undone.append(_told(kind, row, code))


def _told(kind: str, row: Row, code: str) -> Told:
    student = row.get("student_id_sis")
    return Told(
        kind,
        int(row["line_item_key"]),
        str(row["action"]),
        code,
        str(row["lms_assignment_id"]),
        str(row["section_id_sis"]),
        None if student is None else str(student),
        None if pd.isna(row.get("away")) else str(row["away"]),
    )


def _reason(one: Sending) -> str:
    """Name the reason that a person reads: the SIS's refusals in one word, our own codes as they are."""
    if one.state == "rejected":
        return one.code if one.code in {"SIS_PARENT_GONE"} else "SIS_REFUSED"
    return one.code if one.code in REASONS else "NOT_DELIVERED"


def _follows(code: str) -> str:
    """Name why a score did not go whose line item did not."""
    outcome = REASONS[code].outcome
    return {"rejected": "ITEM_REFUSED", "held": code}.get(outcome, "NOT_DELIVERED")


def _groups(batches: Sequence[Sequence[Row]]) -> Iterator[Sequence[Row]]:
    """Put batches together whose intents are committed at once."""
    group: list[Row] = []
    for batch in batches:
        if group and len(group) + len(batch) > GROUP:
            yield group
            group = []
        group = [*group, *batch]
    if group:
        yield group


def count_codes(frames: Sequence[pd.DataFrame]) -> dict[str, int]:
    """Count findings per reason code."""
    counts: Counter[str] = Counter()
    for frame in frames:
        counts.update(frame["code"].tolist())
    return dict(sorted(counts.items()))
