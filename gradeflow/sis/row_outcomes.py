"""An outcome for each row, whatever the SIS takes in one call: one line item, or many scores of one.

How a vendor tells which row of a call spoiled it is its sink's; here is only what becomes of every row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gradeflow.errors import AmbiguousDeliveryError, OutsideError, PermanentError
from gradeflow.model.gradebook import ResultWrite, StoredResult

Write = TypeVar("Write")
Stored = TypeVar("Stored")
Sent = TypeVar("Sent")


async def one_by_one(
    put: Callable[[Write], Awaitable[Stored]], writes: Sequence[Write]
) -> list[Stored | OutsideError]:
    """Write one after the other; what one of them meets does not stop the next."""
    outcomes: list[Stored | OutsideError] = []
    for write in writes:
        try:
            outcomes.append(await put(write))
        except OutsideError as error:
            outcomes.append(error)
    return outcomes


async def alone(
    put_all: Callable[[Sequence[Write]], Awaitable[Sequence[Stored | OutsideError]]], write: Write
) -> Stored:
    """Write one through the call of many.

    Raises:
        OutsideError: what became of it.
    """
    (stored,) = await put_all([write])
    if isinstance(stored, OutsideError):
        raise stored
    return stored


@dataclass(slots=True)
class Scores(Generic[Sent]):
    """The scores of one call, by the place of their write.

    Attributes:
        going: what has to be sent yet.
        outcomes: what became of the others.
    """

    going: dict[int, Sent] = field(default_factory=dict)
    outcomes: dict[int, StoredResult | OutsideError] = field(default_factory=dict)

    @classmethod
    def built(cls, writes: Sequence[ResultWrite], build: Callable[[ResultWrite], Sent]) -> Scores[Sent]:
        """Build the row of every write; what `build` refuses for good is never sent."""
        scores = cls()
        for at, write in enumerate(writes):
            try:
                scores.going[at] = build(write)
            except PermanentError as error:
                scores.outcomes[at] = error
        return scores

    def settle(self, outcomes: Mapping[int, StoredResult | OutsideError]) -> None:
        """Note what became of some that were going."""
        self.outcomes |= outcomes
        self.going = {at: row for at, row in self.going.items() if at not in outcomes}

    def in_order(self) -> list[StoredResult | OutsideError]:
        """Give the outcomes in the order of the writes; all must be settled."""
        return [self.outcomes[at] for at in sorted(self.outcomes)]


def unnamed(label: str, what: str) -> AmbiguousDeliveryError:
    """Build the error of a line item that is there and whose id is not known."""
    return AmbiguousDeliveryError(
        f"{what}: it is looked for before anything is sent again", system=label, code="OUTCOME_UNKNOWN"
    )
