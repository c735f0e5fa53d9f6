"""The two sides of gradeflow, as Protocols: what an LMS connector gives and an SIS connector takes.

A connector module below `lms/` or `sis/` defines one `CONNECTOR`, or another package names one as an entry point
of the group `gradeflow.lms` or `gradeflow.sis`; that is all the registration there is.
No policy here: a connector never decides whether a score passes.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import BaseModel

from gradeflow.errors import ConfigError, OutsideError
from gradeflow.model.district import SecretRef
from gradeflow.model.gradebook import (
    GradebookExtract,
    LineItemWrite,
    ResultWrite,
    SisReference,
    StoredLineItem,
    StoredResult,
)
from gradeflow.model.ledger import Intent, OpenIntent, Plan, Receipt, RunStatus

Evidence = Literal["documented", "reported", "assumed"]


@dataclass(slots=True)
class Calls:
    """How many requests went out; tokens count nowhere. A connector adds, the shell reads."""

    reads: int = 0
    writes: int = 0


def no_previous() -> GradebookExtract | None:
    """Say that nothing was read before."""
    return None


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector may know of the run around it.

    Attributes:
        previous: loads the last extract of this district, for a source that reads only what changed since; asked
            at most once, and only by a source whose settings want it.
        now: the clock on the wall, for a system that is to be asked less at some hours; None: it stands at as_of.
    """

    district: str
    zone: ZoneInfo
    as_of: dt.datetime
    read_secret: Callable[[SecretRef], str]
    max_in_flight: int = 8
    previous: Callable[[], GradebookExtract | None] = no_previous
    now: Callable[[], dt.datetime] | None = None

    def local_now(self) -> dt.datetime:
        """Give the district's own time."""
        return (self.as_of if self.now is None else self.now()).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of `gradeflow check`: what was tried, whether it works, and what to do if not."""

    name: str
    passed: bool
    detail: str


class GradebookSource(Protocol):
    """An LMS, read only by type: no method of it can write."""

    calls: Calls

    @property
    def system_id(self) -> str:
        """What names this LMS installation for ever; part of every line item's identity."""

    async def check(self) -> list[CheckResult]:
        """Try credentials and rights with as few reads as possible."""

    async def read_gradebook(self) -> GradebookExtract:
        """Read every line item and every result that may pass back.

        Raises:
            OutsideError: nothing may be concluded from what was read so far.
        """


@runtime_checkable
class GradeSink(Protocol):
    """An SIS gradebook.

    Attributes:
        allocates_ids: whether the SIS gives its own ids to what we create. Ours then serves to find again what
            was created without an answer, where the SIS keeps it (`external_id`).
        clears_results: whether a result can be made blank there (a ResultWrite of status `blank`), so that it is
            read back as a cell without a status, or not at all.
    """

    calls: Calls
    allocates_ids: bool
    clears_results: bool

    @property
    def system_id(self) -> str:
        """What names this SIS installation for ever; part of every line item's identity."""

    async def check(self) -> list[CheckResult]:
        """Try credentials and rights with as few reads as possible; never writes."""

    async def read_reference(self) -> SisReference:
        """Read sections, grading periods, categories, people and who teaches and sits where."""

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read all line items of one section (frame OBSERVED_LINE_ITEMS)."""

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read all results of one line item (frame OBSERVED_RESULTS)."""

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Create or replace one line item.

        Raises:
            PermanentError: refused for good; its code says why.
            RetriableError: certainly not stored.
            AmbiguousDeliveryError: sent without an answer.
            CredentialError: every further write would be refused too.
        """

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Create or replace one result. Raises as `put_line_item`."""


@runtime_checkable
class BulkGradeSink(GradeSink, Protocol):
    """An SIS that takes many objects in one call.

    Attributes:
        line_item_batch: how many new line items of one section go in one call; 1: one by one.
        result_batch: how many results of one line item go in one call; 1: one by one.
    """

    line_item_batch: int
    result_batch: int

    async def put_line_items(self, writes: Sequence[LineItemWrite]) -> list[StoredLineItem | OutsideError]:
        """Create line items of one section: per write what was stored, or why not.

        Raises:
            AmbiguousDeliveryError: sent without an answer; any of them may have been stored.
            OutsideError: none of them was stored.
        """

    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        """Create or replace results of one line item. Answers and raises as `put_line_items`."""


PortT_co = TypeVar("PortT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Connector(Generic[PortT_co]):
    """How a connector is registered.

    Attributes:
        kind: the word in the district file.
        label: the system's name as people say it.
        settings: pydantic model of the keys it needs beside `kind` (extra keys forbidden).
        open: gives the connection as an async context manager; nothing is sent before it is entered.
        evidence: how well its behaviour is known.
        limits: what a district must know; printed by `gradeflow check` and `gradeflow routes`.
        needs: what a district must buy or ask for before the first run: a licence, a key, a plugin, a profile.
        example: the commented lines that `gradeflow init` writes into a new district file, where `{name}` is the
            district and `{upper}` its name as environment variables are written.
        names_school_years: of an SIS, whether its grading periods say which school year they belong to.
    """

    kind: str
    label: str
    settings: type[BaseModel]
    open: Callable[[BaseModel, ConnectorContext], AbstractAsyncContextManager[PortT_co]]
    evidence: Evidence
    limits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    example: str = ""
    names_school_years: bool = True


def connectors_in(package: ModuleType) -> dict[str, Connector[Any]]:
    """Find the CONNECTORs of a package's modules and of entry points in its name, by kind, in their order.

    Raises:
        ConfigError: two connectors claim one kind.
    """
    modules = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name != "registry")
    own = [
        getattr(importlib.import_module(f"{package.__name__}.{name}"), "CONNECTOR", None) for name in modules
    ]
    added = [entry.load() for entry in entry_points(group=package.__name__)]
    found: dict[str, Connector[Any]] = {}
    for connector in [*own, *added]:
        if isinstance(connector, Connector):
            if connector.kind in found:
                raise ConfigError(f"two connectors of {package.__name__} claim the kind {connector.kind!r}")
            found[connector.kind] = connector
    return dict(sorted(found.items()))


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
