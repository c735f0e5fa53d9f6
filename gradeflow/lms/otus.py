"""Otus, over a drop: Otus has no public API, so this is a contract that gradeflow publishes.

A district's data team, or its Otus contact, puts three files into one folder, of this machine or of a server
reached over SFTP, `complete.json` last:

`assessments.csv`, one row per assessment and section:
    assessment_id, title, type, section_sis_id,
    grading_scale            Points | Standards
    total_points             decimal; may be empty where Standards
    include_in_final_grade   true | false
    assigned_date            YYYY-MM-DD, in the district's time zone
    due_date                 the same, or empty; means 23:59 of that day
    assigned_by_user_id      Otus's id of who assigned it, or empty
    assigned_by_sis_id       that person's SIS id; empty: unknown to the SIS

`scores.csv`, one row per student in each of them, also where nothing was done yet:
    assessment_id, section_sis_id, student_sis_id,
    completion_status        Not Started | In Progress | Turned In | Graded
    submission_status        On Time | Late | Missing | Excused | Excluded, or empty: none of these
    points_earned            decimal, or empty
    due_date                 may be left out: a due date of this student's own, as for an extension, or `none`
                             where the student has none at all; empty: the section's holds. No automatic zero
                             before it

`complete.json`: `{"exported_at": "2026-10-01T02:00:00Z", "assessments": 12, "scores": 300}`, the counts being
rows below the headers. While it is absent, or counts otherwise, the drop is taken for unfinished.

The CSV files are UTF-8 (a BOM is allowed) by RFC 4180, with these columns and no others. Ids are text: leading
zeros stay. One broken row stops the district, because half a gradebook would look like deletions; every
broken row is named by file, line and column.

Source: help.otus.com articles 2499361 (statuses), 10354089 (reports), 5423545 (passback), read 2026-11, for
the words; the columns are our own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gradeflow.errors import OutsideError
from gradeflow.lms.otus_files import COLUMNS, OPTIONAL, find_faults, map_line_items, map_results
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.drop import DropReader
from gradeflow.transport.drop_place import DropSettings, opened_shelf

LABEL = "Otus"


@dataclass(slots=True)
class OtusSource:
    """One drop of Otus."""

    reader: DropReader
    system_id: str
    zone: ZoneInfo
    calls: Calls

    async def check(self) -> list[CheckResult]:
        """Read the marker and both files as the night would, and say what is there."""
        try:
            drop = await self.reader.read(find_faults)
        except OutsideError as error:
            return [CheckResult("drop", passed=False, detail=str(error))]
        return [CheckResult("drop", passed=True, detail=drop.told())]

    async def read_gradebook(self) -> GradebookExtract:
        """Read the drop whole.

        Raises:
            SourceDataError: unfinished (DROP_INCOMPLETE) or with broken rows (FILE_ROW_INVALID).
            OutsideError: the server on which it lies cannot be reached.
        """
        drop = await self.reader.read(find_faults)
        return GradebookExtract(
            line_items=map_line_items(drop.rows["assessments"], self.zone),
            results=map_results(drop.rows["scores"], self.zone),
        )


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
    if not isinstance(settings, DropSettings):
        msg = "otus is opened with DropSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: DropSettings, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
    async with opened_shelf(LABEL, settings, context.read_secret) as shelf:
        # The district names it: a drop may move without being another Otus.
        calls = Calls()
        reader = DropReader(LABEL, shelf, COLUMNS, calls, OPTIONAL)
        yield OtusSource(reader, f"otus:{context.district}", context.zone, calls)


CONNECTOR: Connector[GradebookSource] = Connector(
    kind="otus",
    label=LABEL,
    settings=DropSettings,
    open=_open,
    evidence="assumed",
    needs=(
        "Three files in a folder or on an SFTP server before each night, from a data team or an Otus contact:"
        " Otus has no public API.",
    ),
    limits=("The file contract is gradeflow's own; it is described in gradeflow/lms/otus.py.",),
    example="""\
  folder: /srv/otus/{name}                   # where assessments.csv, scores.csv and complete.json arrive
  # or on a server:
  # sftp:
  #   host: sftp.{name}.example
  #   user: gradeflow
  #   key: {{file: secrets/{name}-otus.key}}   # or password: {{env: {upper}_OTUS_PASSWORD}}
  #   host_key: ssh-ed25519 AAAA...            # as the server's operator tells it
  #   path: /export
""",
)
