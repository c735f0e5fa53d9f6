"""An SIS as two plans of one simulation see it: every answer is the first one, and nothing can be written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pandas as pd

from gradeflow.errors import CredentialError, OutsideError
from gradeflow.model.gradebook import (
    LineItemWrite,
    ResultWrite,
    SisReference,
    StoredLineItem,
    StoredResult,
)
from gradeflow.ports import Calls, CheckResult, GradeSink

NO_WRITE = "a simulation writes nothing"


@dataclass(slots=True)
class LookedAtSink:
    """An SIS that is asked for everything at most once, and never written."""

    sink: GradeSink
    _seen: dict[tuple[str, ...], pd.DataFrame | OutsideError] = field(default_factory=dict)

    @property
    def calls(self) -> Calls:
        """How many requests went out."""
        return self.sink.calls

    @calls.setter
    def calls(self, calls: Calls) -> None:
        self.sink.calls = calls

    @property
    def allocates_ids(self) -> bool:
        """See `GradeSink`."""
        return self.sink.allocates_ids

    @allocates_ids.setter
    def allocates_ids(self, allocates_ids: bool) -> None:
        self.sink.allocates_ids = allocates_ids

    @property
    def clears_results(self) -> bool:
        """See `GradeSink`."""
        return self.sink.clears_results

    @clears_results.setter
    def clears_results(self, clears_results: bool) -> None:
        self.sink.clears_results = clears_results

    @property
    def system_id(self) -> str:
        """See `GradeSink`."""
        return self.sink.system_id

    async def check(self) -> list[CheckResult]:
        """See `GradeSink`."""
        return await self.sink.check()

    async def read_reference(self) -> SisReference:
        """See `GradeSink`."""
        return await self.sink.read_reference()

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read the line items of one section, the first time it is asked."""
        return await self._once(self.sink.read_line_items, section_id_sis)

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read the results of one line item, the first time it is asked."""
        return await self._once(self.sink.read_results, section_id_sis, line_item_sis_id)

    async def _once(self, read: Callable[..., Awaitable[pd.DataFrame]], *place: str) -> pd.DataFrame:
        """Ask once; what could not be read then cannot be read later either, else two plans saw two SISs."""
        if place not in self._seen:
            try:
                self._seen[place] = await read(*place)
            except CredentialError:
                raise
            except OutsideError as error:
                self._seen[place] = error
        found = self._seen[place]
        if isinstance(found, OutsideError):
            raise found
        return found

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Refuse."""
        raise RuntimeError(NO_WRITE)

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Refuse."""
        raise RuntimeError(NO_WRITE)
