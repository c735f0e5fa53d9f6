"""The two sides of gradeflow, as Protocols: what an LMS connector gives and an SIS connector takes.

A connector module below `lms/` or `sis/` defines one `CONNECTOR`; that is all the registration there is.
No policy here: a connector never decides whether a score passes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import BaseModel

from gradeflow.model.district import SecretRef
from gradeflow.model.gradebook import (
    GradebookExtract,
    LineItemWrite,
    ResultWrite,
    SisReference,
    StoredLineItem,
    StoredResult,
)

Evidence = Literal["documented", "reported", "assumed"]


@dataclass(slots=True)
class Calls:
    """How many requests went out; tokens count nowhere. A connector adds, the shell reads."""

    reads: int = 0
    writes: int = 0


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector may know of the run around it."""

    district: str
    zone: ZoneInfo
    as_of: dt.datetime
    read_secret: Callable[[SecretRef], str]
    max_in_flight: int = 8


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


class GradeSink(Protocol):
    """An SIS gradebook."""

    calls: Calls

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
        limits: what a district must know or buy; printed by `gradeflow check`.
    """

    kind: str
    label: str
    settings: type[BaseModel]
    open: Callable[[BaseModel, ConnectorContext], AbstractAsyncContextManager[PortT_co]]
    evidence: Evidence
    limits: tuple[str, ...] = ()
