"""A person's word on a score or on a field that no run may change: locked after an edit in the SIS, or held."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from gradeflow.model.ledger import ResultValue

Take = Literal["lms", "sis"]
TAKES_SIS = " takes the SIS: "  # in the resolution of a hold that a person ended so


@dataclass(frozen=True, slots=True)
class Word:
    """Who decided, and why. The reason is kept as it is given; it is no place for a student's name."""

    take: Take
    by: str
    reason: str

    @property
    def text(self) -> str:
        """Say it as a hold's resolution does."""
        return f"{self.by} takes the {self.take.upper()}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as a history tells it: of whose score it was, and which score, it does not say.

    Attributes:
        run_id: of the command that wrote it down; at: when.
        what: `score`, `line item`, or the names of the fields that it was about.
    """

    run_id: str
    at: dt.datetime
    word: Word
    lms_assignment_id: str
    section_id_sis: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoreDecision:
    """What a word means for one score.

    Attributes:
        seen: what the SIS held when the person decided; None: nothing.
        sent, stored: the bases from now on; both None where it shall count as never sent.
    """

    word: Word
    result_key: int
    seen: ResultValue | None
    sent: ResultValue | None
    stored: ResultValue | None


@dataclass(frozen=True, slots=True)
class FieldDecision:
    """What a word means for one field of a line item. Attributes as of `ScoreDecision`, None being unknown."""

    word: Word
    line_item_key: int
    sis_id: str
    field: str
    sent: str | None
    stored: str | None


@dataclass(frozen=True, slots=True)
class DeletedDecision:
    """What a word means for a line item that was deleted in the SIS.

    Attributes:
        again: the id under which the next run makes it again; None: it stays deleted until the LMS changes.
        fields, scores: what then counts as sent, by field and by result key.
    """

    word: Word
    line_item_key: int
    again: str | None
    fields: dict[str, str | None]
    scores: dict[int, ResultValue]


Decision = ScoreDecision | FieldDecision | DeletedDecision
