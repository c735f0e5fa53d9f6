"""What a delivery did: which planned changes were not confirmed, why, and what that counts as."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from gradeflow.core.tally import COUNTED
from gradeflow.errors import OutsideError
from gradeflow.rules.judge import make_findings
from gradeflow.rules.reasons import REASONS

# What a change that was not confirmed counts as, by its reason's outcome; every other one failed.
COUNTED_AS = {"rejected": "rejected", "held": "held"}
KEYS = ["lms_assignment_id", "section_id_sis", "student_id_sis"]


@dataclass(frozen=True, slots=True)
class Told:
    """A planned change of which something has to be told: as a rule that it was not confirmed."""

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
    """What a delivery did: everything planned was confirmed, but for `undone`.

    Attributes:
        undone: changes that were not confirmed.
        in_part: what was written of line items that had to go whole and were refused on the way.
        uncertain: holds (HOLD_COLUMNS) on line items of which nobody can tell whether they were created.
        refused_items: line items of which the SIS refused a score in this run.
        stopped_by: the refusal of our credentials, where there was one.
    """

    undone: list[Told] = field(default_factory=list)
    in_part: list[Told] = field(default_factory=list)
    uncertain: list[pd.DataFrame] = field(default_factory=list)
    refused_items: set[int] = field(default_factory=set)
    stopped_by: OutsideError | None = None

    def counts(self, kind: str, planned: dict[str, int]) -> dict[str, int]:
        """Turn planned counts into what happened; the sum stays."""
        counts = dict(planned)
        for row in self.undone:
            if row.kind == kind:
                counts[COUNTED[row.planned]] -= 1
                counts[COUNTED_AS.get(REASONS[row.code].outcome, "failed")] += 1
        return counts

    def findings(self) -> pd.DataFrame:
        """Give one finding per change of which something has to be told."""
        told = [*self.undone, *self.in_part]
        parts = []
        for code in sorted({row.code for row in told}):
            rows = [[getattr(row, name) for name in KEYS] for row in told if row.code == code]
            values = pd.Series([row.value for row in told if row.code == code], dtype="str")
            parts.append(make_findings(pd.DataFrame(rows, columns=KEYS), code, value=values))
        return pd.concat(parts, ignore_index=True) if parts else make_findings(pd.DataFrame(), "STALE")

    def unsettled(self) -> set[int]:
        """Give the line items that have to be looked at again in the next run."""
        return {row.line_item_key for row in self.undone}
