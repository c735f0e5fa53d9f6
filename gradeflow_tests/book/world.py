"""One route's practice systems, and the nights that all cases of the route live through together."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import yaml

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.defs.asked import ITEMS_TAG, LEAVE_OUT_TAG, REMASTER_TAG, SCHEDULE_TAG, SECTIONS_TAG
from gradeflow.sandbox.home import new_specs
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.server import fill, running
from gradeflow.settings import Home
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.book import gradebook
from gradeflow_tests.book.night import After, run_night
from gradeflow_tests.book.platforms import EDITS, REMOVALS, change, places_of
from gradeflow_tests.book.school import COURSES, EFFECTIVE, SLUG, START, ZONE, number_of, school_of
from gradeflow_tests.book.words import Case, Named, named

FIRST_NIGHT = dt.datetime(2026, 11, 20, 3, 30, tzinfo=ZoneInfo(ZONE))
Settings = Mapping[str, Any]
Edits = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of a night: of which sections and examples (None: all), and whether all goes again.

    Attributes:
        nightly: the night is the schedule's, which leaves out what the district file switches off.
    """

    sections: tuple[str, ...] | None = None
    items: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    is_remaster: bool = False
    nightly: bool = False

    def tags(self, numbers: Mapping[str, str]) -> dict[str, str]:
        """Say it as a run's tags, by the platform's ids."""
        ids = {
            SECTIONS_TAG: self.sections,
            ITEMS_TAG: self.items and [numbers[name] for name in self.items],
            LEAVE_OUT_TAG: [numbers[name] for name in self.left_out] or None,
        }
        found = {name: json.dumps(own) for name, own in ids.items() if own is not None}
        found |= {REMASTER_TAG: "yes"} if self.is_remaster else {}
        return found | ({SCHEDULE_TAG: "nightly"} if self.nightly else {})


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
        asked: the nights, counted from 0, that are about less than everything, or about more.
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
    asked: Mapping[int, Asked] = field(default_factory=dict)
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


@dataclass(frozen=True)
class Opened:
    """A route's district, its practice systems running; each night goes on from the one before."""

    route: Route
    home: Home
    warehouse: Warehouse
    lms: ServerSpec
    sis: ServerSpec

    def night(self, number: int) -> After:
        """Live through a night, counted from 0: what happened before it, then the run."""
        return _night(self, number)

    @property
    def file(self) -> Path:
        """The district file."""
        return self.home.districts_folder / f"{SLUG}.yaml"

    def say(self, passback: Settings) -> None:
        """Change the passback of the district file."""
        content = yaml.safe_load(self.file.read_text(encoding="utf-8"))
        content["passback"] |= passback
        self.file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


@contextmanager
def opened(route: Route, folder: Path) -> Iterator[Opened]:
    """Fill a route's practice systems, write its home, and serve it while the block goes on."""
    home, school = Home(folder), school_of(route.examples, 0)
    lms, sis = new_specs([route.lms, route.sis], school, folder / "sandbox" / SLUG, route.begins)
    write_practice_district(home, school, lms, sis)
    _settle(home, route, sis)
    home.settings_file.write_text(f"partitions: {{start: {START}, grain: month}}\n")
    with running([lms, sis]), closing(Warehouse.open(home.warehouse_url())) as warehouse:
        change(sis, list(route.sis_edits))
        if route.faults:
            fault(sis, *route.faults)
        yield Opened(route, home, warehouse, lms, sis)


def live(route: Route, folder: Path) -> World:
    """Live through all nights of a route, and one more in which nothing changed."""
    examples = route.examples
    with opened(route, folder) as district:
        nights = tuple(district.night(number) for number in range(route.nights + 1))
        asked = frozenset(calls(district.lms))
    item_id, school = practice_of(route.lms).item_id, school_of(examples, 0)
    numbers = number_of(examples)
    ids = {
        (name, section): item_id(school, numbers[name], section)
        for name, one in examples.items()
        for section in COURSES[one.step(0).work.course]
        if not one.step(0).work.only_named or section in one.step(0).work.due_in
    }
    return World(route, ids, nights, asked)


def fault(spec: ServerSpec, *faults: Mapping[str, Any]) -> None:
    """Let something go wrong in a practice system; without a word of what, all is well again."""
    httpx.delete(f"{spec.origin}/_sandbox/fault", timeout=30).raise_for_status()
    answer = httpx.post(f"{spec.origin}/_sandbox/fault", json={"faults": list(faults)}, timeout=30)
    answer.raise_for_status()


def calls(spec: ServerSpec, *, forget: bool = False) -> Counter[tuple[str, str]]:
    """Count the calls that a system got, by method and route; none where it is a folder."""
    if not practice_of(spec.kind).serve:
        return Counter()
    told = httpx.request("DELETE" if forget else "GET", f"{spec.origin}/_sandbox/log", timeout=30).json()
    return Counter({(call["method"], call["route"]): call["count"] for call in told["calls"]})


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


def _night(district: Opened, number: int) -> After:
    route, sis, examples = district.route, district.sis, district.route.examples
    as_of = route.begins + dt.timedelta(days=number)
    # the servers' own clock, which is the district's; only they can move it while they run
    httpx.post(sis.clock_url, json={"now": as_of.isoformat()}, timeout=30).raise_for_status()
    if number in route.later:
        district.say(route.later[number])
    _teach(route, district.lms, examples, number)
    change(sis, list(route.moves.get(number, ((), ()))[1]))
    change(sis, list(_office(sis, examples, number)))
    tags = route.asked.get(number, Asked()).tags(number_of(examples))
    return asyncio.run(run_night(district.home, district.warehouse, sis, as_of, tags))


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
