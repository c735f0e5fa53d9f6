"""The two gradebooks: the LMS's, which is read, and the SIS's, which is read and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pandas as pd

from gradeflow.errors import OutsideError
from gradeflow.model.gradebook import (
    GradebookExtract,
    LineItemWrite,
    ResultWrite,
    SisReference,
    StoredLineItem,
    StoredResult,
)


@dataclass(slots=True)
class Calls:
    """How many requests went out; tokens count nowhere. A connector adds, the shell reads."""

    reads: int = 0
    writes: int = 0


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
