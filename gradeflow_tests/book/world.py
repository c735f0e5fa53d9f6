"""One route's practice systems, and the nights that all cases of the route live through together."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pandas as pd
import yaml

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.core.night import deliver_night, judge_night, plan_night
from gradeflow.core.scope import Scope, Window
from gradeflow.defs.connections import prepare
from gradeflow.model.ledger import Run
from gradeflow.sandbox.home import new_specs
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.server import fill, running
from gradeflow.settings import Home
from gradeflow.warehouse import findings, holds, runs, snapshot
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.book import gradebook
from gradeflow_tests.book.gradebook import Gradebook
from gradeflow_tests.book.platforms import EDITS, REMOVALS, change, places_of
from gradeflow_tests.book.school import COURSES, EFFECTIVE, END, SLUG, START, ZONE, number_of, school_of
from gradeflow_tests.book.words import Case, Named, named

FIRST_NIGHT = dt.datetime(2026, 11, 20, 3, 30, tzinfo=ZoneInfo(ZONE))
Settings = Mapping[str, Any]
Edits = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Route:
    """One route and the cases that it judges.

    Attributes:
        passback, calendar, overrides: what the district file says beside the usual.
        later: what its passback says anew from a night on, counted from 0.
        is_vouched: whether somebody vouched for what no interface can read.
        stops: on which nights the run must stop before it writes, and a word of its message.
        lms_edits, sis_edits: what the office did before the first night.
        moves: what the office did later: edits of the LMS and of the SIS by night, counted from 0.
        faults: what goes wrong in the SIS from the first night on.
        sis_path: the path of the interface, where it is not what the practice SIS announces (OneRoster 1.1).
        begins: the instant of the first night.
    """

    name: str
    lms: str
    sis: str
    cases: tuple[Case, ...]
    passback: Settings = field(default_factory=dict)
    calendar: Settings = field(default_factory=dict)
    overrides: Settings = field(default_factory=dict)
    later: Mapping[int, Settings] = field(default_factory=dict)
    is_vouched: bool = True
    stops: Mapping[int, str] = field(default_factory=dict)
    lms_edits: Edits = ()
    sis_edits: Edits = ()
    sis_path: str | None = None
    moves: Mapping[int, tuple[Edits, Edits]] = field(default_factory=dict)
    faults: Edits = ()
    begins: dt.datetime = FIRST_NIGHT

    @property
    def examples(self) -> dict[str, Named]:
        """Every example by its name."""
        return named(self.cases)

    @property
    def nights(self) -> int:
        """How many nights its examples tell of."""
        return max(one.nights for one in self.examples.values())


@dataclass(frozen=True)
class After:
    """What is true after a night.

    Attributes:
        findings, holds: codes by (LMS assignment, section, student or None).
        line_items, results: the counts of the run.
    """

    sis: Gradebook
    findings: Mapping[tuple[str, str, str | None], frozenset[str]]
    holds: Mapping[tuple[str, str, str | None], frozenset[str]]
    line_items: Mapping[str, int]
    results: Mapping[str, int]
    judged: tuple[int, int]
    writes: int
    stopped: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """A route after all its nights; the last one repeats the one before without a change.

    Attributes:
        item_ids: the LMS's id of an example in a section.
        asked: method and route of all calls that the LMS got.
    """

    route: Route
    item_ids: Mapping[tuple[str, str], str]
    nights: tuple[After, ...]
    asked: frozenset[tuple[str, str]]


def live(route: Route, folder: Path) -> World:
    """Live through all nights of a route, and one more in which nothing changed."""
    home, examples = Home(folder), route.examples
    school = school_of(examples, 0)
    lms, sis = new_specs([route.lms, route.sis], school, folder / "sandbox" / SLUG, route.begins)
    write_practice_district(home, school, lms, sis)
    _settle(home, route, sis)
    home.settings_file.write_text(f"partitions: {{start: {START}, grain: month}}\n")
    with running([lms, sis]), closing(Warehouse.open(home.warehouse_url())) as warehouse:
        change(sis, list(route.sis_edits))
        if route.faults:
            httpx.post(f"{sis.origin}/_sandbox/fault", json={"faults": list(route.faults)}).raise_for_status()
        nights = tuple(
            _night(route, home, warehouse, examples, (lms, sis), number) for number in range(route.nights + 1)
        )
        asked = _calls(lms)
    item_id = practice_of(route.lms).item_id
    numbers = number_of(examples)
    ids = {
        (name, section): item_id(school, numbers[name], section)
        for name, one in examples.items()
        for section in COURSES[one.step(0).work.course]
        if not one.step(0).work.only_named or section in one.step(0).work.due_in
    }
    return World(route, ids, nights, asked)


def _calls(lms: ServerSpec) -> frozenset[tuple[str, str]]:
    """Give method and route of all calls that an LMS got; none where it is a folder."""
    if not practice_of(lms.kind).serve:
        return frozenset()
    calls = httpx.get(f"{lms.origin}/_sandbox/log", timeout=30).json()["calls"]
    return frozenset((call["method"], call["route"]) for call in calls)


def _settle(home: Home, route: Route, sis: ServerSpec) -> None:
    """Write into the district file what the cases need."""
    file = home.districts_folder / f"{SLUG}.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["passback"] |= {"effective_date": EFFECTIVE, **route.passback}
    content["passback"] = {key: value for key, value in content["passback"].items() if value is not None}
    content["calendar"] |= {"no_school": ["2026-11-26"], **route.calendar}
    if not route.is_vouched:
        content.pop("attested")
    if route.sis_path is not None:
        content["sis"] |= {"base_url": f"{sis.origin}{route.sis_path}", "version": "1.1"}
    if route.overrides:
        content["overrides"] = dict(route.overrides)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _resettle(home: Home, passback: Settings) -> None:
    """Change the passback of the district file between two nights."""
    file = home.districts_folder / f"{SLUG}.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["passback"] |= passback
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _night(
    route: Route,
    home: Home,
    warehouse: Warehouse,
    examples: Mapping[str, Named],
    specs: tuple[ServerSpec, ServerSpec],
    number: int,
) -> After:
    lms, sis = specs
    as_of = route.begins + dt.timedelta(days=number)
    lms.clock().set(as_of)
    if number in route.later:
        _resettle(home, route.later[number])
    _teach(route, lms, examples, number)
    change(sis, list(route.moves.get(number, ((), ()))[1]))
    change(sis, list(_office(sis, examples, number)))
    return asyncio.run(_run(home, warehouse, sis, as_of))


def _teach(route: Route, lms: ServerSpec, examples: Mapping[str, Named], number: int) -> None:
    """Bring the LMS to where the examples have it in a night."""
    school, numbers = school_of(examples, number), number_of(examples)
    fill(lms, school)
    edits = [
        edit
        for name, one in examples.items()
        for place in places_of(route.lms, school, numbers[name], one.step(number).work)
        for edit in EDITS[route.lms](place)
    ]
    gone = [
        REMOVALS[route.lms](numbers[name])
        for name, one in examples.items()
        if number and one.step(number).work.is_gone and not one.step(number - 1).work.is_gone
        if route.lms in REMOVALS
    ]
    moved = [edit for night, (there, _) in route.moves.items() if night <= number for edit in there]
    change(lms, [*route.lms_edits, *edits, *gone, *moved])


def _office(sis: ServerSpec, examples: Mapping[str, Named], number: int) -> Iterator[dict[str, Any]]:
    """Do what is done in the SIS before a night."""
    wanted = [one for one in examples.values() if one.step(number).in_sis]
    if not wanted:
        return
    held = gradebook.read(sis)
    for place, one in enumerate(wanted):
        work, title = one.step(number).work, one.title(max(number - 1, 0))
        section = COURSES[work.course][0]
        student = f"{section}-{work.student}"
        ident = f"{number}-{place}"
        yield from gradebook.edits(held, title, section, student, one.step(number).in_sis, ident)


async def _run(home: Home, warehouse: Warehouse, sis: ServerSpec, as_of: dt.datetime) -> After:
    def now() -> dt.datetime:
        return as_of

    year = Window(START - dt.timedelta(days=30), END + dt.timedelta(days=30))
    prepared = prepare(home, SLUG, Scope.of([year]), {"gradeflow/as_of": as_of.isoformat()}, now)
    run = Run(f"night-{as_of.date()}", SLUG, "passback", prepared.profile.route, as_of, as_of)
    with warehouse.writing() as connection:
        runs.start_run(connection, run)
    store = DistrictStore(warehouse, SLUG, run.run_id, as_of, now)
    stopped: tuple[str, ...] = ()
    line_items: Mapping[str, int] = {}
    results: Mapping[str, int] = {}
    async with prepared.source() as source, prepared.sink() as sink:
        night = prepared.night(source.system_id, sink.system_id)
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
