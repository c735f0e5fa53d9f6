"""What every sink is whose SIS gives its own ids, and takes one line item per call but many scores of one.

What becomes of each row of such a call is `row_outcomes`; what is read and written is the vendor's own sink.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from gradeflow.errors import OutsideError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, StoredLineItem, StoredResult
from gradeflow.ports import Calls, ConnectorContext
from gradeflow.sis.row_outcomes import alone, one_by_one
from gradeflow.transport.http import HttpClient


@dataclass(slots=True, kw_only=True)
class RowSink(ABC):
    """One such SIS, open for reading and writing."""

    system_id: str
    http: HttpClient
    context: ConnectorContext
    calls: Calls
    allocates_ids: bool = True
    clears_results: bool = False  # no source says of either vendor how a score is taken back
    line_item_batch: int = 1

    @abstractmethod
    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """See `GradeSink`."""

    @abstractmethod
    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        """See `BulkGradeSink`."""

    async def put_line_items(self, writes: Sequence[LineItemWrite]) -> list[StoredLineItem | OutsideError]:
        """Create one after the other."""
        return await one_by_one(self.put_line_item, writes)

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Write one score through the call of many."""
        return await alone(self.put_results, write)
