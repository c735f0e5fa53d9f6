"""One district's view of the warehouse during one run: the `SnapshotStore` that the core works with.

Each method is one transaction. What it does stands in the module of its concept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from gradeflow.errors import LeaseHeldError
from gradeflow.model.decisions import Decision
from gradeflow.model.ledger import Intent, Lease, OpenIntent, Plan, Receipt, RunStatus
from gradeflow.warehouse import (
    adoptions,
    decisions,
    findings,
    holds,
    intents,
    keys,
    lease,
    plans,
    receipts,
    refusals,
    runs,
    snapshot,
)
from gradeflow.warehouse.holder import describe_holder
from gradeflow.warehouse.store import Warehouse

LEASE_SECONDS = 300.0
"""Longer than any request timeout with its retries; renewed by every group that is written."""


@dataclass(slots=True)
class DistrictStore:
    """The warehouse, bound to a district, a run and its instant.

    Attributes:
        as_of: the instant that the run is about; what is recorded bears it.
        now: the shell's clock, for when the run really ended.
    """

    warehouse: Warehouse
    district: str
    run_id: str
    as_of: dt.datetime
    now: Callable[[], dt.datetime]
    _lease: Lease | None = None

    # ---- keys and snapshot ----

    def line_item_keys(self, frame: pd.DataFrame) -> pd.DataFrame:
        """See `keys.line_item_keys`."""
        with self.warehouse.writing() as connection:
            return keys.line_item_keys(connection, self.district, frame, as_of=self.as_of)

    def student_keys(self, ids: pd.Series) -> pd.Series:
        """See `keys.student_keys`."""
        with self.warehouse.writing() as connection:
            return keys.student_keys(connection, self.district, ids)

    def students(self) -> pd.DataFrame:
        """See `keys.load_students`."""
        with self.warehouse.reading() as connection:
            return keys.load_students(connection, self.district)

    def line_items(self) -> pd.DataFrame:
        """See `snapshot.load_line_items`."""
        with self.warehouse.reading() as connection:
            return snapshot.load_line_items(connection, self.district)

    def fields(self) -> pd.DataFrame:
        """See `snapshot.load_fields`."""
        with self.warehouse.reading() as connection:
            return snapshot.load_fields(connection, self.district)

    def results(self, line_item_keys: Iterable[int]) -> pd.DataFrame:
        """See `snapshot.load_results`."""
        with self.warehouse.reading() as connection:
            return snapshot.load_results(connection, line_item_keys)

    def confirmed_count(self, line_item_keys: Iterable[int]) -> int:
        """See `snapshot.confirmed_count`."""
        with self.warehouse.reading() as connection:
            return snapshot.confirmed_count(connection, line_item_keys)

    def open_holds(self) -> pd.DataFrame:
        """See `holds.load_open_holds`."""
        with self.warehouse.reading() as connection:
            return holds.load_open_holds(connection, self.district)

    def settle_line_items(self, frame: pd.DataFrame) -> None:
        """See `snapshot.settle_line_items`."""
        with self.warehouse.writing() as connection:
            snapshot.settle_line_items(connection, frame)

    # ---- lease ----

    def acquire_lease(self) -> None:
        """See `lease.acquire`."""
        holder = describe_holder(self.run_id)
        with self.warehouse.writing() as connection:
            self._lease = lease.acquire(
                connection, self.district, run_id=self.run_id, holder=holder, ttl_seconds=LEASE_SECONDS
            )

    def release_lease(self) -> None:
        """See `lease.release`."""
        if self._lease is not None:
            with self.warehouse.writing() as connection:
                lease.release(connection, self._lease)
            self._lease = None

    def lease_holder(self) -> str | None:
        """See `lease.current_holder`."""
        with self.warehouse.reading() as connection:
            return lease.current_holder(connection, self.district)

    def _held(self) -> Lease:
        if self._lease is None:
            raise LeaseHeldError(self.district, self.lease_holder() or "no run")
        return self._lease

    # ---- ledger ----

    def unresolved_intents(self) -> list[OpenIntent]:
        """See `intents.unresolved_intents`."""
        with self.warehouse.reading() as connection:
            return intents.unresolved_intents(connection, self.district)

    def refused_sends(self, line_item_keys: Iterable[int]) -> pd.DataFrame:
        """See `refusals.load_refused`."""
        with self.warehouse.reading() as connection:
            return refusals.load_refused(connection, line_item_keys)

    def record_intents(self, intents_: Sequence[Intent]) -> list[int | None]:
        """See `intents.record_intents`."""
        with self.warehouse.writing() as connection:
            return intents.record_intents(connection, self._held(), intents_, as_of=self.as_of)

    def record_receipts(self, receipts_: Sequence[Receipt]) -> None:
        """See `receipts.record_receipts`."""
        with self.warehouse.writing() as connection:
            receipts.record_receipts(connection, self._held(), receipts_, as_of=self.as_of)

    def settle_intents(self, intent_ids: Iterable[int], code: str) -> None:
        """See `intents.settle_intents`."""
        with self.warehouse.writing() as connection:
            intents.settle_intents(connection, self._held(), intent_ids, code=code, as_of=self.as_of)

    def adopt_line_items(self, frame: pd.DataFrame) -> list[bool]:
        """See `adoptions.adopt_line_items`."""
        with self.warehouse.writing() as connection:
            return list(adoptions.adopt_line_items(connection, self._held(), frame, as_of=self.as_of))

    def adopt_results(self, frame: pd.DataFrame) -> list[bool]:
        """See `adoptions.adopt_results`."""
        with self.warehouse.writing() as connection:
            return list(adoptions.adopt_results(connection, self._held(), frame, as_of=self.as_of))

    # ---- holds and findings ----

    def place_holds(self, frame: pd.DataFrame) -> None:
        """See `holds.place_holds`."""
        with self.warehouse.writing() as connection:
            holds.place_holds(connection, self._held(), frame, as_of=self.as_of)

    def close_holds(self, hold_ids: Iterable[int], resolution: str) -> None:
        """See `holds.close_holds`."""
        with self.warehouse.writing() as connection:
            holds.close_holds(connection, self._held(), hold_ids, resolution=resolution, as_of=self.as_of)

    def lock_results(self, result_keys: Iterable[int]) -> None:
        """See `holds.lock_results`."""
        with self.warehouse.writing() as connection:
            holds.lock_results(connection, self._held(), result_keys, as_of=self.as_of)

    def open_findings(self) -> pd.DataFrame:
        """See `findings.load_open_findings`."""
        with self.warehouse.reading() as connection:
            return findings.load_open_findings(connection, self.district)

    def record_findings(self, findings_: pd.DataFrame, judged: pd.DataFrame) -> None:
        """See `findings.record_findings`."""
        with self.warehouse.writing() as connection:
            findings.record_findings(
                connection, self.district, findings_, judged=judged, run_id=self.run_id, as_of=self.as_of
            )

    def record_decisions(self, decisions_: Sequence[Decision]) -> None:
        """See `decisions.record_decision`; all of them or none."""
        held, now = self._held(), self.now()
        with self.warehouse.writing() as connection:
            for one in decisions_:
                decisions.record_decision(connection, held, one, as_of=self.as_of, at=now)

    # ---- the run ----

    def rules_last_sent(self) -> str | None:
        """See `runs.rules_last_sent`."""
        with self.warehouse.reading() as connection:
            return runs.rules_last_sent(connection, self.district)

    def save_plan(self, plan: Plan) -> None:
        """See `plans.save_plan`."""
        with self.warehouse.writing() as connection:
            plans.save_plan(connection, plan)

    def record_approval(self, plan_digest: str, by: str) -> None:
        """See `plans.record_approval`."""
        with self.warehouse.writing() as connection:
            plans.record_approval(
                connection, self.district, plan_digest, by=by, run_id=self.run_id, at=self.now()
            )

    def add_calls(self, *, lms: int = 0, sis_read: int = 0, sis_write: int = 0) -> None:
        """See `runs.add_calls`."""
        with self.warehouse.writing() as connection:
            runs.add_calls(connection, self.run_id, lms=lms, sis_read=sis_read, sis_write=sis_write)

    def set_counts(
        self,
        *,
        line_items: dict[str, int] | None = None,
        results: dict[str, int] | None = None,
        findings: dict[str, int] | None = None,
    ) -> None:
        """See `runs.set_counts`."""
        with self.warehouse.writing() as connection:
            runs.set_counts(
                connection, self.run_id, line_items=line_items, results=results, findings=findings
            )

    def end_run(self, status: RunStatus, message: str | None = None) -> None:
        """See `runs.end_run`."""
        with self.warehouse.writing() as connection:
            runs.end_run(connection, self.run_id, status, ended_at=self.now(), message=message)
