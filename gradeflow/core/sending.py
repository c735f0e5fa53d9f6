"""Sending rows whose intents are committed, until it is known what became of each.

Calls go out in rounds. What a round sent is read back once per place, all rows of the place together: a yes alone
is not believed, not even one that repeats what was sent. What was not answered and certainly not stored goes again
in the next round. So no row is ever twice on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradeflow.core.delivered import Delivered
from gradeflow.core.lanes import Lane, Row, Seen, Sent, Stored, batches_of
from gradeflow.errors import AmbiguousDeliveryError, CredentialError, OutsideError, PermanentError
from gradeflow.model.ledger import Outcome

TRIES = 3
"""How often one write is sent in a run, each time after a read-back that showed it had no effect."""


@dataclass(slots=True)
class Sending:
    """One row on its way; `state` is None while it is not known what became of it."""

    row: Row
    intent: int
    state: Outcome | None = None
    code: str | None = None
    sent: Sent | None = None

    def end(self, state: Outcome, code: str) -> None:
        """Say what became of it, other than that the SIS has it."""
        self.state, self.code, self.sent = state, code, None

    def confirm(self, sent: Sent) -> None:
        """Say that the SIS has it."""
        self.state, self.code, self.sent = "confirmed", None, sent


@dataclass(slots=True)
class Sender:
    """Sends the rows of one lane.

    Attributes:
        done: the delivery's outcome so far; a refusal that stops others is noted there.
        is_atomic: whether nothing more is sent of a line item once the SIS refused a score of it.
    """

    lane: Lane
    max_in_flight: int
    done: Delivered
    is_atomic: bool = False

    async def send(self, sendings: Sequence[Sending]) -> None:
        """Send them; afterwards every one has a state."""
        gate = asyncio.Semaphore(self.max_in_flight)
        waiting = list(sendings)
        for _ in range(TRIES):
            by_row = {id(one.row): one for one in waiting}
            batches = [
                [by_row[id(row)] for row in rows]
                for rows in batches_of(self.lane, [one.row for one in waiting])
            ]
            await asyncio.gather(*(self._batch(batch, gate) for batch in batches))
            await self._look(waiting, gate)
            waiting = [one for one in waiting if one.state is None]
            if not waiting:
                return
        for one in waiting:
            one.end("retryable", "NOT_DELIVERED")

    async def _batch(self, batch: Sequence[Sending], gate: asyncio.Semaphore) -> None:
        async with gate:
            going = [one for one in batch if not self._is_stopped(one)]
            if len(going) > 1:
                alone = await self._many(going)
            else:
                alone = []
                for one in going:
                    await self._one(one)
        await asyncio.gather(*(self._batch([one], gate) for one in alone))

    def _is_stopped(self, one: Sending) -> bool:
        if self.done.stopped_by is not None:
            one.end("retryable", self.done.stopped_by.code)
        elif self.is_atomic and one.row["line_item_key"] in self.done.refused_items:
            one.end("retryable", "ITEM_STOPPED")
        return one.state is not None

    async def _one(self, one: Sending) -> None:
        try:
            one.confirm(await self.lane.send(one.row))
        except OutsideError as error:
            self._failed(one, error)

    async def _many(self, batch: Sequence[Sending]) -> Sequence[Sending]:
        """Send many in one call.

        Returns:
            What has to go one by one: the SIS refused the call as a whole, and only so tells which row it means.
        """
        try:
            answers = await self.lane.send_many([one.row for one in batch])
        except PermanentError:
            return batch
        except OutsideError as error:
            for one in batch:
                self._failed(one, error)
            return ()
        for one, answer in zip(batch, answers, strict=True):
            if isinstance(answer, OutsideError):
                self._failed(one, answer)
            else:
                one.confirm(answer)
        return ()

    def _failed(self, one: Sending, error: OutsideError) -> None:
        """Say what a failed send amounts to; an unanswered one stays without a state."""
        if isinstance(error, AmbiguousDeliveryError):
            return
        if isinstance(error, CredentialError):
            self.done.stopped_by = error
            one.end("retryable", error.code)
        elif isinstance(error, PermanentError):
            one.end("rejected", error.code)
            if self.lane.kind == "result":
                self.done.refused_items.add(int(one.row["line_item_key"]))
        else:
            one.end("retryable", "NOT_DELIVERED")

    async def _look(self, sendings: Sequence[Sending], gate: asyncio.Semaphore) -> None:
        """Read back what was taken and what was not answered."""
        places: dict[tuple[str, str], list[Sending]] = {}
        for one in sendings:
            if one.state is None or one.sent is not None:
                places.setdefault(self.lane.place(one.row), []).append(one)
        await asyncio.gather(*(self._look_at(place, places[place], gate) for place in sorted(places)))

    async def _look_at(
        self, place: tuple[str, str], there: Sequence[Sending], gate: asyncio.Semaphore
    ) -> None:
        try:
            async with gate:
                frame = await self.lane.look(place)
        except OutsideError:
            for one in there:
                # What cannot be checked is unknown, and the next run looks; but an id of its own proves a create.
                if one.sent is None or not self.lane.is_proof(one.row, one.sent):
                    one.end("unknown", "OUTCOME_UNKNOWN")
            return
        rows = [{**one.row, "sis_id": one.sent.sis_id} if one.sent else one.row for one in there]
        told = [one.sent.stored if one.sent else None for one in there]
        for one, seen in zip(there, self.lane.seen(rows, frame, told), strict=True):
            _explain(one, seen)


def _explain(one: Sending, seen: Seen) -> None:
    """Conclude from a read-back; what certainly had no effect and was not answered may be sent again."""
    if seen.state == "uncertain":
        one.end("unknown", "CREATE_UNCERTAIN")
    elif one.sent is None:
        _explain_unanswered(one, seen)
    elif seen.state == "not_stored" or (seen.state == "other" and seen.stored is None):
        one.end("retryable", "NOT_STORED")
    elif seen.state == "stored" or one.sent.stored is None:
        one.confirm(_told(one.sent, seen))
    # Else the answer said what was stored and something else stands there: somebody's edit since, which the next
    # night finds by it.


def _explain_unanswered(one: Sending, seen: Seen) -> None:
    if seen.state == "stored":
        one.confirm(_told(Sent(str(one.row.get("sis_id", "")), None), seen))
    elif seen.state == "other":
        one.end("unknown", "OUTCOME_UNKNOWN")


def _told(sent: Sent, seen: Seen) -> Sent:
    stored: Stored = seen.stored
    return replace(sent, sis_id=seen.sis_id or sent.sis_id, stored=stored)
