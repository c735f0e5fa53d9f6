"""One night of the book, from both readings to what is then true in the SIS and in the warehouse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from gradeflow.core.night import deliver_night, judge_night, plan_night
from gradeflow.core.scope import Scope, Window
from gradeflow.defs.asked import choice_of, is_remaster
from gradeflow.defs.connections import Prepared, prepare
from gradeflow.errors import GradeflowError
from gradeflow.model.ledger import Run
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.settings import Home
from gradeflow.warehouse import findings, holds, runs, snapshot
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.book import gradebook
from gradeflow_tests.book.gradebook import Gradebook, Row
from gradeflow_tests.book.school import END, SLUG, START


@dataclass(frozen=True)
class After:
    """What is true after a night.

    Attributes:
        findings, holds: codes by (LMS assignment, section, student or None).
        line_items, results: the counts of the run.
    """

    as_of: dt.datetime
    sis: Gradebook
    findings: Mapping[tuple[str, str, str | None], frozenset[str]]
    holds: Mapping[tuple[str, str, str | None], frozenset[str]]
    line_items: Mapping[str, int]
    results: Mapping[str, int]
    judged: tuple[int, int]
    writes: int
    stopped: tuple[str, ...]

    def is_written(self, item: Row, student: str) -> bool:
        """Tell whether the SIS stored a student's score in this night."""
        return self.sis.written_on(item, student) == f"{self.as_of.astimezone(dt.UTC):%Y-%m-%d}"


async def run_night(
    home: Home, warehouse: Warehouse, sis: ServerSpec, as_of: dt.datetime, tags: Mapping[str, str]
) -> After:
    """Run a night, as its tags ask, and look at what is true then.

    Raises:
        GradeflowError: the run could not go on; it has failed, and the district is free for the next.
    """

    def now() -> dt.datetime:
        return as_of

    year = Window(START - dt.timedelta(days=30), END + dt.timedelta(days=30))
    prepared = prepare(home, SLUG, Scope.of([year]), {"gradeflow/as_of": as_of.isoformat()}, now)
    run = Run(f"night-{as_of.date()}", SLUG, "passback", prepared.profile.route, as_of, as_of)
    with warehouse.writing() as connection:
        runs.start_run(connection, run)
    store = DistrictStore(warehouse, SLUG, run.run_id, as_of, now)
    try:
        return await _through(prepared, warehouse, sis, store, tags)
    except GradeflowError as error:
        store.release_lease()
        store.end_run("failed", str(error))
        raise


async def _through(
    prepared: Prepared, warehouse: Warehouse, sis: ServerSpec, store: DistrictStore, tags: Mapping[str, str]
) -> After:
    stopped: tuple[str, ...] = ()
    line_items: Mapping[str, int] = {}
    results: Mapping[str, int] = {}
    async with prepared.source() as source, prepared.sink() as sink:
        night = prepared.night(source.system_id, sink.system_id)
        choice = choice_of(tags, night.district)
        night = replace(night, choice=choice, is_remaster=is_remaster("passback", tags))
        extract, reference = await source.read_gradebook(), await sink.read_reference()
        judged = judge_night(night, extract, reference, store)
        planned = await plan_night(night, judged, extract, reference, sink, store, will_deliver=True)
        if planned.stopped_by:
            stopped = tuple(verdict.message for verdict in planned.stopped_by)
            store.release_lease()
        else:
            delivered, status = await deliver_night(night, planned, sink, store)
            store.end_run(status)
            line_items = delivered.counts("line_item", planned.plan.line_item_counts)
            results = delivered.counts("result", planned.plan.result_counts)
        writes = sink.calls.writes
    return After(
        as_of=prepared.as_of,
        sis=gradebook.read(sis),
        findings=_findings(warehouse),
        holds=_holds(warehouse),
        line_items=line_items,
        results=results,
        judged=(len(extract.line_items), len(extract.results)),
        writes=writes,
        stopped=stopped,
    )


Codes = dict[tuple[str, str, str | None], frozenset[str]]


def _findings(warehouse: Warehouse) -> Codes:
    with warehouse.reading() as connection:
        rows = findings.load_open_findings(connection, SLUG)
    return _by_subject(rows, "code")


def _holds(warehouse: Warehouse) -> Codes:
    with warehouse.reading() as connection:
        held = holds.load_open_holds(connection, SLUG)
        items = snapshot.load_line_items(connection, SLUG)
    rows = held.merge(items[["line_item_key", "lms_assignment_id", "section_id_sis"]], on="line_item_key")
    return _by_subject(rows.assign(student_id_sis=None), "reason")


def _by_subject(rows: pd.DataFrame, name: str) -> Codes:
    found: dict[tuple[str, str, str | None], set[str]] = {}
    for row in rows.to_dict("records"):
        student = None if pd.isna(row["student_id_sis"]) else row["student_id_sis"]
        found.setdefault((row["lms_assignment_id"], row["section_id_sis"], student), set()).add(row[name])
    return {key: frozenset(codes) for key, codes in found.items()}
