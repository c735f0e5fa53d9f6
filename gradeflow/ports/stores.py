"""What the warehouse remembers of one district: the part that a delivery writes through, and the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import pandas as pd

from gradeflow.model.ledger import Intent, OpenIntent, Plan, Receipt, RunStatus


class DeliveryStore(Protocol):
    """The part of the warehouse that a delivery writes through; every call is durable when it returns.

    Raises everywhere:
        LeaseHeldError: another run took the district over; nothing was recorded.
    """

    def record_intents(self, intents: Sequence[Intent]) -> list[int | None]:
        """Write down what is about to be sent; None for what is stale and must not be sent."""

    def record_receipts(self, receipts: Sequence[Receipt]) -> None:
        """Write down outcomes; confirmed ones set the bases."""

    def settle_intents(self, intent_ids: Iterable[int], code: str) -> None:
        """Close intents that a read explained as not stored."""

    def adopt_line_items(self, frame: pd.DataFrame) -> list[bool]:
        """Set bases of line item fields without a send; False per row that is stale."""

    def adopt_results(self, frame: pd.DataFrame) -> list[bool]:
        """Set bases of results without a send; False per row that is stale."""


class SnapshotStore(DeliveryStore, Protocol):
    """What the warehouse remembers of one district, and takes for one run."""

    @property
    def run_id(self) -> str:
        """The run that works through it."""

    def line_item_keys(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Key line items (lms_assignment_id, section_id_sis, line_item_id, assigned_on, assigned_basis).

        Returns:
            Shape: the same rows with line_item_key and the assigned_on and basis of their first sight.
        """

    def student_keys(self, ids: pd.Series) -> pd.Series:
        """Key students: one int per row."""

    def students(self) -> pd.DataFrame:
        """Load student_key, student_id_sis."""

    def line_items(self) -> pd.DataFrame:
        """Load all line items of the district."""

    def fields(self) -> pd.DataFrame:
        """Load the bases of their fields."""

    def results(self, line_item_keys: Iterable[int]) -> pd.DataFrame:
        """Load the bases of the results of some line items."""

    def confirmed_count(self, line_item_keys: Iterable[int]) -> int:
        """Count results with a base."""

    def open_holds(self) -> pd.DataFrame:
        """Load the open holds."""

    def open_findings(self) -> pd.DataFrame:
        """Load the open findings (columns of a finding and when it was seen)."""

    def refused_sends(self, line_item_keys: Iterable[int]) -> pd.DataFrame:
        """Load what the SIS refused of some line items and was not sent since.

        Returns:
            Shape: line_item_key, result_key (null: the line item), payload_digest, code, refused_at.
        """

    def unresolved_intents(self) -> list[OpenIntent]:
        """List sends whose outcome nobody knows."""

    def acquire_lease(self) -> None:
        """Take the right to write for this run, or find that it has it already.

        Raises:
            LeaseHeldError: names the holder.
        """

    def release_lease(self) -> None:
        """Give the right to write back; without effect where this run does not hold it."""

    def lease_holder(self) -> str | None:
        """Name who holds the district's lease now, in words."""

    def place_holds(self, frame: pd.DataFrame) -> None:
        """Open holds; one that is open for the same value stays."""

    def close_holds(self, hold_ids: Iterable[int], resolution: str) -> None:
        """Close holds."""

    def lock_results(self, result_keys: Iterable[int]) -> None:
        """Lock results until a person clears them."""

    def settle_line_items(self, frame: pd.DataFrame) -> None:
        """Remember for which desired values nothing is left to do."""

    def record_findings(self, findings: pd.DataFrame, judged: pd.DataFrame) -> None:
        """Open, prolong and close findings of the line items judged."""

    def rules_last_sent(self) -> str | None:
        """Give the digest of the rules by which the newest run judged that sent anything; None where none did."""

    def save_plan(self, plan: Plan) -> None:
        """Save what a run means to do."""

    def add_calls(self, *, lms: int = 0, sis_read: int = 0, sis_write: int = 0) -> None:
        """Add to the run's calls."""

    def set_counts(
        self,
        *,
        line_items: dict[str, int] | None = None,
        results: dict[str, int] | None = None,
        findings: dict[str, int] | None = None,
    ) -> None:
        """Set the run's counts."""

    def end_run(self, status: RunStatus, message: str | None = None) -> None:
        """End the run."""
