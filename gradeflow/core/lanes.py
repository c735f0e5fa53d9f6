"""What delivery asks of its two lanes, line items and results, and what they share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pandas as pd

from gradeflow.core.taken import score_seen
from gradeflow.errors import AmbiguousDeliveryError, OutsideError
from gradeflow.model.ledger import Action, Intent, ResultValue
from gradeflow.ports import BulkGradeSink, GradeSink

Row = Mapping[str, Any]
Stored = ResultValue | Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A write that the SIS took. `stored` None: its answer did not say what it stored, or says the old value."""

    sis_id: str
    stored: Stored


@dataclass(frozen=True, slots=True)
class Seen:
    """What a read-back says of one write.

    Attributes:
        state: stored, not_stored, other (neither ours nor what was there), or uncertain (a created line item that
            may be one of several).
        stored: never somebody's edit: where that stands, it is what was sent (see `taken`); None beside `other`:
            what stands there says that the SIS did not take it, as a number where nothing was to be.
        sis_id: of a line item that was found by other means than its id.
    """

    state: Literal["stored", "not_stored", "other", "uncertain"]
    stored: Stored = None
    sis_id: str | None = None


class Lane(Protocol):
    """How one kind of change is delivered. A row is one row of the plan's change frames."""

    @property
    def kind(self) -> Literal["line_item", "result"]:
        """Name the lane."""

    def key(self, row: Row) -> int:
        """Give the warehouse key of the row's target."""

    def place(self, row: Row) -> tuple[str, str]:
        """Give where a read-back of this row has to look; rows of one place are read together."""

    def batch(self, row: Row) -> int:
        """Say how many rows of this one's place may go in one call."""

    def intent(self, row: Row, plan_digest: str) -> Intent:
        """Say what is about to be sent."""

    async def send(self, row: Row) -> Sent:
        """Send it."""

    async def send_many(self, rows: Sequence[Row]) -> list[Sent | OutsideError]:
        """Send rows of one place in one call: what became of each."""

    def is_proof(self, row: Row, sent: Sent) -> bool:
        """Tell whether an answer alone proves that the SIS holds the row."""

    async def look(self, place: tuple[str, str]) -> pd.DataFrame:
        """Read a place of the SIS."""

    def seen(self, rows: Sequence[Row], frame: pd.DataFrame, told: Sequence[Stored]) -> list[Seen]:
        """Compare what was read of a place with what was sent and with what was there before.

        Args:
            rows: all of the place that were sent, so that no two of them are taken for the same.
            told: per row what the answer said was stored, which may be the old value; None: nothing.
        """


def seen_value(found: pd.DataFrame) -> ResultValue:
    """Read the value of the first row of observed results; its status is known."""
    score, status = given(found["score_e4"].iloc[0]), str(found["status"].iloc[0])
    return ResultValue(score_seen(None if score is None else int(score), status), status)


def given(value: Any) -> Any:
    """Give a cell of a change frame, None where it is null."""
    return None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124 - NaN


def digest(payload: Mapping[str, Any]) -> str:
    """Name what is sent."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()


def action(row: Row) -> Action:
    """Name what is done to the row's target."""
    return "create" if row["action"] == "create" else "update"


def bulk(sink: GradeSink) -> BulkGradeSink:
    """Give the sink as one that takes many at once.

    Raises:
        TypeError: it does not; only rows of a `batch` above 1 may be sent together.
    """
    if not isinstance(sink, BulkGradeSink):
        msg = f"{type(sink).__name__} takes one object per call"
        raise TypeError(msg)
    return sink


def paired(rows: Sequence[Row], answers: Sequence[Any]) -> list[tuple[Row, Any]]:
    """Lay answers beside rows; an SIS that does not answer for every one left open what became of any."""
    if len(rows) != len(answers):
        raise AmbiguousDeliveryError(
            f"{len(rows)} objects were sent in one call and {len(answers)} answered",
            system="SIS",
            code="NO_ANSWER",
        )
    return list(zip(rows, answers, strict=True))


def rows_of(frame: pd.DataFrame) -> Sequence[Row]:
    """Give a change frame's rows as mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def batches_of(lane: Lane, rows: Sequence[Row]) -> list[list[Row]]:
    """Put together the rows that go in one call, in the order of the first of each."""
    batches: list[list[Row]] = []
    filling: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        size = lane.batch(row)
        batch = filling.get(lane.place(row)) if size > 1 else None
        if batch is None or len(batch) >= size:
            batch = []
            batches.append(batch)
        if size > 1:
            filling[lane.place(row)] = batch
        batch.append(row)
    return batches
