"""An LMS that comes as files: reading its drop, and registering it.

What the files must hold is its `FileContract`; where a drop may lie is `transport.drop_place`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gradeflow.errors import OutsideError
from gradeflow.lms.file_contract import SCORES, FileContract
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.drop import DropReader
from gradeflow.transport.drop_place import DropSettings, opened_shelf


@dataclass(slots=True)
class FileSource:
    """One drop."""

    contract: FileContract
    reader: DropReader
    system_id: str
    zone: ZoneInfo
    calls: Calls

    async def check(self) -> list[CheckResult]:
        """Read the marker and both files as the night would, and say what is there."""
        try:
            drop = await self.reader.read(self.contract.find_faults)
        except OutsideError as error:
            return [CheckResult("drop", passed=False, detail=str(error))]
        return [CheckResult("drop", passed=True, detail=drop.told())]

    async def read_gradebook(self) -> GradebookExtract:
        """Read the drop whole.

        Raises:
            SourceDataError: unfinished (DROP_INCOMPLETE) or with broken rows (FILE_ROW_INVALID).
            OutsideError: the server on which it lies cannot be reached.
        """
        drop = await self.reader.read(self.contract.find_faults)
        return self.contract.extract(drop.rows, self.zone)


def connector(
    kind: str,
    label: str,
    contract: FileContract,
    *,
    vendor: str,
    limits: tuple[str, ...],
    needs: tuple[str, ...],
) -> Connector[GradebookSource]:
    """Register an LMS that comes as files.

    Args:
        kind, label, limits, needs: as in `ports.Connector`.
        contract: what its files must hold.
        vendor: whose LMS it is, as messages say it; in small letters it begins the system's id.
    """
    word = vendor.lower()

    @asynccontextmanager
    async def _opened(settings: DropSettings, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
        async with opened_shelf(vendor, settings, context.read_secret) as shelf:
            calls = Calls()
            reader = DropReader(vendor, shelf, contract.files, calls, contract.optional)
            # The district names it: a drop may move without being another installation.
            yield FileSource(contract, reader, f"{word}:{context.district}", context.zone, calls)

    def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
        if not isinstance(settings, DropSettings):
            msg = f"{kind} is opened with DropSettings"
            raise TypeError(msg)
        return _opened(settings, context)

    return Connector(
        kind=kind,
        label=label,
        settings=DropSettings,
        open=_open,
        evidence="assumed",
        limits=limits,
        needs=needs,
        example=f"""\
  folder: /srv/{word}/{{name}}   # where {contract.items}.csv, {SCORES}.csv and complete.json arrive
  # or on a server:
  # sftp:
  #   host: sftp.{{name}}.example
  #   user: gradeflow
  #   key: {{{{file: secrets/{{name}}-{word}.key}}}}   # or password: {{{{env: {{upper}}_{word.upper()}_PASSWORD}}}}
  #   host_key: ssh-ed25519 AAAA...            # as the server's operator tells it
  #   path: /export
""",
    )
