"""Otus, over a drop folder: Otus has no public API, so this is a contract that gradeflow publishes.

A district's data team, or its Otus contact, puts three files into one folder, `complete.json` last:

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

`complete.json`: `{"exported_at": "2026-10-01T02:00:00Z", "assessments": 12, "scores": 300}`, the counts being
rows below the headers. While it is absent, or counts otherwise, the drop is taken for unfinished.

The CSV files are UTF-8 (a BOM is allowed) by RFC 4180, with exactly these columns. Ids are text: leading
zeros stay. One broken row stops the district, because half a gradebook would look like deletions; every
broken row is named by file, line and column.

Source: help.otus.com articles 2499361 (statuses), 10354089 (reports), 5423545 (passback), read 2026-11, for
the words; the columns are our own.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from operator import index
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import BaseModel

from gradeflow.errors import OutsideError, SourceDataError
from gradeflow.lms.otus_files import (
    ASSESSMENT_COLUMNS,
    SCORE_COLUMNS,
    assessment_faults,
    map_line_items,
    map_results,
    score_faults,
)
from gradeflow.model.district import Strict
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.csv import Fault, Text, read_text

LABEL = "Otus"
FAULTS_SHOWN = 20


class OtusSettings(Strict):
    """The keys below `lms:` beside `kind`: the drop folder."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Marker:
    """What complete.json says."""

    exported_at: dt.datetime
    assessments: int
    scores: int


@dataclass(slots=True)
class OtusSource:
    """One drop folder."""

    folder: Path
    system_id: str
    zone: ZoneInfo
    calls: Calls = field(default_factory=Calls)

    async def check(self) -> list[CheckResult]:
        """Read the marker and both files as the night would, and say what is there."""
        try:
            marker = self._marker()
            extract = await self.read_gradebook()
        except OutsideError as error:
            return [CheckResult("drop folder", passed=False, detail=str(error))]
        detail = (
            f"exported {marker.exported_at.isoformat()}: {len(extract.line_items)} assessments in sections,"
            f" {len(extract.results)} scores"
        )
        return [CheckResult("drop folder", passed=True, detail=detail)]

    async def read_gradebook(self) -> GradebookExtract:
        """Read the drop whole.

        Raises:
            SourceDataError: unfinished (DROP_INCOMPLETE) or with broken rows (FILE_ROW_INVALID).
        """
        return await asyncio.to_thread(self._read)

    def _read(self) -> GradebookExtract:
        marker = self._marker()
        self.calls.reads += 1
        assessments = self._file("assessments.csv", ASSESSMENT_COLUMNS)
        scores = self._file("scores.csv", SCORE_COLUMNS)
        # Asked again: a new drop may have replaced the files while the first of them was read.
        if self._marker() != marker:
            raise _incomplete("complete.json changed during the reading: a new drop is being written")
        faults = [*assessments.faults, *scores.faults]
        if assessments.rows is not None:
            faults += assessment_faults(assessments, assessments.rows)
        if scores.rows is not None:
            faults += score_faults(scores, scores.rows, assessments.rows)
        if assessments.rows is None or scores.rows is None:
            raise _broken(faults)
        self._compare(marker, assessments.rows, scores.rows)
        if faults:
            raise _broken(faults)
        return GradebookExtract(
            line_items=map_line_items(assessments.rows, self.zone), results=map_results(scores.rows)
        )

    def _marker(self) -> Marker:
        path = self.folder / "complete.json"
        try:
            body = json.loads(path.read_bytes())
            exported_at = dt.datetime.fromisoformat(body["exported_at"])
            marker = Marker(exported_at, index(body["assessments"]), index(body["scores"]))
        except OSError as error:
            what = f"{path} cannot be read ({type(error).__name__})"
        except (ValueError, KeyError, TypeError):
            what = f"{path} does not hold exported_at (ISO 8601) and the numbers assessments and scores"
        else:
            return marker
        raise _incomplete(what)

    def _file(self, name: str, columns: tuple[str, ...]) -> Text:
        self.calls.reads += 1
        try:
            return read_text(self.folder / name, columns)
        except OSError as error:
            what = f"{self.folder / name} cannot be read ({type(error).__name__})"
        raise _incomplete(what)

    def _compare(self, marker: Marker, assessments: pd.DataFrame, scores: pd.DataFrame) -> None:
        for name, said, there in (
            ("assessments", marker.assessments, len(assessments)),
            ("scores", marker.scores, len(scores)),
        ):
            if said != there:
                raise _incomplete(f"{name}.csv has {there} rows, complete.json says {said}")


def _incomplete(what: str) -> SourceDataError:
    return SourceDataError(
        f"{what}. The drop is still being written or was cut off: wait for its end, or export it again;"
        " complete.json is written last",
        system=LABEL,
        code="DROP_INCOMPLETE",
    )


def _broken(faults: list[Fault]) -> SourceDataError:
    shown = sorted(set(faults))
    lines = "".join(f"\n  {fault}" for fault in shown[:FAULTS_SHOWN])
    more = f"\n  and {len(shown) - FAULTS_SHOWN} more" if len(shown) > FAULTS_SHOWN else ""
    return SourceDataError(
        f"{len(shown)} broken places; nothing is used. Correct and export again; allowed is:{lines}{more}",
        system=LABEL,
        code="FILE_ROW_INVALID",
    )


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
    if not isinstance(settings, OtusSettings):
        msg = "otus is opened with OtusSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: OtusSettings, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
    # The district names it: a drop folder may move without being another Otus.
    yield OtusSource(settings.folder, f"otus:{context.district}", context.zone)


CONNECTOR: Connector[GradebookSource] = Connector(
    kind="otus",
    label=LABEL,
    settings=OtusSettings,
    open=_open,
    evidence="assumed",
    limits=(
        "Otus has no public API: somebody must put three files into the drop folder before each night.",
        "The file contract is gradeflow's own; it is described in gradeflow/lms/otus.py.",
    ),
    example="""\
  folder: /srv/otus/{name}                   # where assessments.csv, scores.csv and complete.json arrive
""",
)
