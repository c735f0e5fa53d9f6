"""What a simulation foretells is what then happens: small districts, any change of settings, a real warehouse."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradeflow.core.looked_at_sink import LookedAtSink
from gradeflow.core.night import deliver_night, judge_night, plan_night
from gradeflow.core.planned import Planned
from gradeflow.core.scope import Night, Scope, Window
from gradeflow.core.simulate import ITEM, Simulated, simulate
from gradeflow.errors import RetriableError
from gradeflow.model.ledger import Run
from gradeflow.warehouse import runs
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.rehearsal import RehearsalStore
from gradeflow.warehouse.store import Warehouse, rehearsal
from gradeflow_tests.delivery.memory_sis import Item, MemorySis
from gradeflow_tests.rules.small_school import (
    NOW,
    at,
    district,
    extract,
    item,
    profile,
    reference,
    score,
)

DISTRICT = "lincoln"
ITEMS, STUDENTS = ("1", "2", "3"), ("s1", "s2")
END = dt.date(2026, 12, 1)
Row = Mapping[str, Any]
REFERENCE = reference(
    class_teachers=[{"teacher_id_sis": t, "section_id_sis": a} for t in ("t1", "t2") for a in ("A", "B")]
)


@dataclass(frozen=True)
class Settings:
    """What a district file may say otherwise."""

    effective: str = "2026-08-17"
    teachers: tuple[str, ...] = ("t1", "t2")
    overrides: Mapping[str, Any] = field(default_factory=dict)
    closes: Mapping[str, str] = field(default_factory=dict)
    sections: Any = "all"

    def night(self, sis: MemorySis) -> Night:
        content = district(
            effective_date=self.effective,
            teachers=list(self.teachers),
            sections=self.sections,
            first_load={"approved_by": "office", "on": "2026-08-16"},
            calendar={"closes": dict(self.closes)},
        )
        window = Window(dt.date.fromisoformat(self.effective), END)
        made = profile(teacher_group=True, **self.overrides)
        return Night(content, made, NOW, Scope((window,)), "lms", sis.system_id)


@dataclass
class World:
    """A district: its LMS, its SIS, its warehouse file."""

    file: Path
    sis: MemorySis = field(default_factory=MemorySis)
    items: dict[str, Row] = field(default_factory=dict)
    scores: dict[tuple[str, str], Row] = field(default_factory=dict)
    runs: int = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    def give(self, name: str, student: str, points: int | None) -> None:
        keys = {"lms_assignment_id": name, "section_id_sis": self.items[name]["section_id_sis"]}
        self.scores[name, student] = score(**keys, student_id_sis=student, score_e4=points)

    def type_item(self, section: str, title: str) -> None:
        """Have a teacher make an item in the SIS by hand."""
        made = Item(section, title, "2026-11-09", "2026-11-16", None, None, 100_000, None)
        self.sis.state.items["by-hand"], self.sis.state.cells["by-hand"] = made, {}

    def gradebook(self) -> Any:
        return extract(self.items.values(), self.scores.values())

    def night(self, under: Settings) -> Planned:
        """Live through a real night."""
        warehouse = Warehouse.open(self.url)
        try:
            return asyncio.run(self._night(under, warehouse))
        finally:
            warehouse.close()

    async def _night(self, under: Settings, warehouse: Warehouse) -> Planned:
        self.runs += 1
        about = under.night(self.sis)
        with warehouse.writing() as connection:
            run = Run(f"run-{self.runs}", DISTRICT, "passback", about.profile.route, NOW, NOW)
            runs.start_run(connection, run)
        store = DistrictStore(warehouse, DISTRICT, run.run_id, NOW, lambda: NOW)
        gradebook = self.gradebook()
        ruled = judge_night(about, gradebook, REFERENCE, store)
        planned = await plan_night(about, ruled, gradebook, REFERENCE, self.sis, store, will_deliver=True)
        assert not planned.stopped_by
        await deliver_night(about, planned, self.sis, store)
        return planned

    def simulated(self, today: Settings, then: Settings) -> Simulated:
        with rehearsal(self.url) as warehouse:
            store = RehearsalStore(warehouse, DISTRICT, "simulation", NOW, lambda: NOW)
            nights = today.night(self.sis), then.night(self.sis)
            return asyncio.run(simulate(*nights, self.gradebook(), REFERENCE, self.sis, store))

    def rows(self) -> str:
        """Write out every row of the warehouse."""
        connection = sqlite3.connect(self.file)
        try:
            return "\n".join(connection.iterdump())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file without rows."""
    file = tmp_path_factory.mktemp("empty") / "warehouse.sqlite"
    Warehouse.open(f"sqlite:///{file}").close()
    return file


@contextmanager
def world_of(empty: Path) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        yield World(Path(shutil.copy(empty, folder)))


SETTINGS = st.builds(
    Settings,
    effective=st.sampled_from(["2026-08-17", "2026-11-08", "2026-11-12"]),
    teachers=st.sampled_from([("t1",), ("t1", "t2"), ("t2",)]),
    overrides=st.fixed_dictionaries(
        {},
        optional={
            "title_max": st.sampled_from([5, 50]),
            "missing_policy": st.sampled_from(["auto_zero", "skip"]),
            "atomic_unit": st.sampled_from(["score", "item"]),
            "conflict_policy": st.sampled_from(["lms_wins", "sis_wins_sticky"]),
            "effective_date": st.just("none"),
            "score_digits": st.just(0),
        },
    ),
    closes=st.sampled_from([{}, {"q2": "2026-11-15"}]),
    sections=st.sampled_from(["all", ["A"]]),
)
LMS_ITEMS = st.fixed_dictionaries(
    {
        name: st.fixed_dictionaries(
            {
                "title": st.sampled_from([f"W{name}", f"Longer work {name}"]),
                "section_id_sis": st.sampled_from(["A", "B"]),
                "assigned_at": st.sampled_from([at("2026-11-05 08:00"), at("2026-11-10 08:00")]),
                "assigned_by_sis": st.sampled_from(["t1", "t2"]),
                "is_selected": st.sampled_from([True, True, False]),
            }
        )
        for name in ITEMS
    }
)
SCORES = st.dictionaries(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from(STUDENTS)),
    st.sampled_from([50_000, 87_549, 100_000, None]),
    max_size=6,
)


def draw_world(data: st.DataObject, world: World, today: Settings) -> None:
    """Let a district live through nothing or one night under today's settings, and change since."""
    world.sis.allocates_ids = data.draw(st.booleans())
    drawn = data.draw(LMS_ITEMS)
    for name, changes in drawn.items():
        world.items[name] = item(lms_assignment_id=name, **changes)
    for (name, student), points in data.draw(SCORES).items():
        world.give(name, student, points)
    twin = data.draw(st.sampled_from([None, *ITEMS]))
    if twin is not None:
        title, section = world.items[twin]["title"], world.items[twin]["section_id_sis"]
        world.type_item(section, title)
    if data.draw(st.booleans()):
        world.night(today)
        change_world(data, world)


def change_world(data: st.DataObject, world: World) -> None:
    """Let teachers score again, in the LMS and over what was sent to the SIS."""
    for (name, student), points in data.draw(SCORES).items():
        world.give(name, student, points)
    for student in data.draw(st.sets(st.sampled_from(STUDENTS), max_size=1)):
        for cells in world.sis.state.cells.values():
            if student in cells:
                cells[student] = (cells[student][0], 10_000, "graded")


def told(planned: Planned) -> Any:
    """What a plan says, apart from the keys that its warehouse gave."""
    plan = planned.plan
    items, results = plan.line_item_changes, plan.result_changes
    fields = ["lms_assignment_id", "section_id_sis", "action", "title", "points", "category", "own"]
    cells = ["lms_assignment_id", "section_id_sis", "student_id_sis", "action", "score_e4", "status"]
    found = planned.findings[["code", "lms_assignment_id", "section_id_sis", "student_id_sis"]]
    return (
        plan.line_item_counts,
        plan.result_counts,
        sorted(items[fields].astype("str").itertuples(index=False, name=None)),
        sorted(results[cells].astype("str").itertuples(index=False, name=None)),
        sorted(found.fillna("").itertuples(index=False, name=None)),
        sorted(plan.holds["reason"]),
        [(one.name, one.passed, one.value, one.base) for one in planned.verdicts],
    )


@given(st.data(), SETTINGS, SETTINGS)
@settings(max_examples=12)  # each lives through several nights
def test_what_is_foretold_is_what_the_next_night_does(
    empty: Path, data: st.DataObject, today: Settings, then: Settings
) -> None:
    with world_of(empty) as world:
        draw_world(data, world, today)
        before, held, writes = world.rows(), world.sis.contents(), world.sis.calls.writes
        found = world.simulated(today, then)
        assert (world.rows(), world.sis.contents(), world.sis.calls.writes) == (before, held, writes)

        real = world.night(then)
        assert told(found.next) == told(real)
        sent = found.writes[found.writes["action"] != "adopt"]
        assert world.sis.calls.writes - writes == len(sent)


@given(st.data(), SETTINGS, SETTINGS)
@settings(max_examples=5)
def test_what_goes_and_stops_is_what_is_in_one_plan_and_not_in_the_other(
    empty: Path, data: st.DataObject, today: Settings, then: Settings
) -> None:
    with world_of(empty) as world:
        draw_world(data, world, today)
        found, back = world.simulated(today, then), world.simulated(then, today)
        keys = ["lms_assignment_id", "section_id_sis", "student_id_sis", "grain"]

        def rows(frame: Any) -> set[tuple[str, ...]]:
            return set(frame[keys].fillna("").itertuples(index=False, name=None))

        assert rows(found.would_go) == rows(back.would_stop)
        assert rows(found.would_stop) == rows(back.would_go)
        # What the new settings alone send is something that they alone let go, or send otherwise.
        stopped = rows(found.would_stop)
        assert stopped.isdisjoint(rows(found.writes))
        created = found.writes[(found.writes["action"] == "create") & ~found.writes["is_today"]]
        assert rows(created[created["grain"] == ITEM]) <= rows(found.would_go)


@given(st.data(), SETTINGS)
@settings(max_examples=3)
def test_the_same_settings_make_no_difference(empty: Path, data: st.DataObject, today: Settings) -> None:
    with world_of(empty) as world:
        draw_world(data, world, today)
        found = world.simulated(today, today)
        assert (len(found.would_go), len(found.would_stop), len(found.dropped)) == (0, 0, 0)
        assert found.writes["is_today"].all()
        assert told(found.today) == told(found.next)


@pytest.fixture
def world(empty: Path) -> Iterator[World]:
    with world_of(empty) as made:
        yield made


def with_one_item(world: World, **changes: Any) -> None:
    world.items["1"] = item(lms_assignment_id="1", **changes)
    world.give("1", "s1", 85_000)


def test_what_was_sent_and_would_stop_is_said_to_stay(world: World) -> None:
    with_one_item(world)
    world.night(Settings())
    world.give("1", "s2", 70_000)  # not sent yet
    found = world.simulated(Settings(), Settings(effective="2026-11-12"))
    stops = found.would_stop.set_index(found.would_stop["student_id_sis"].fillna("item"))
    assert dict(stops["reason"]) == dict.fromkeys(["item", "s1", "s2"], "BEFORE_EFFECTIVE_DATE")
    assert dict(stops["in_sis"]) == {"item": True, "s1": True, "s2": False}
    assert len(found.dropped) == 1  # today's settings would send the score of s2


def test_a_past_effective_date_is_foretold_over_the_wider_window(world: World) -> None:
    with_one_item(world)
    late, early = Settings(effective="2026-11-12"), Settings(effective="2026-11-01")
    world.night(late)
    found = world.simulated(late, early)
    assert len(found.would_go) == len(found.writes) == 2
    assert set(found.would_go["reason"]) == {"BEFORE_EFFECTIVE_DATE"}
    assert len(world.simulated(late, late).would_go) == 0


def test_what_no_run_would_cover_any_more_stops_even_where_no_rule_says_so(world: World) -> None:
    with_one_item(world)
    free = {"effective_date": "none"}
    found = world.simulated(Settings(overrides=free), Settings(effective="2026-11-12", overrides=free))
    assert set(found.would_stop["reason"]) == {"BEFORE_EFFECTIVE_DATE"}
    assert len(found.writes) == 0


def test_a_teacher_who_joins_shows_what_the_sis_holds_already(world: World) -> None:
    with_one_item(world)
    world.items["2"] = item(lms_assignment_id="2", title="Other")
    world.give("2", "s1", 50_000)
    world.type_item("A", "Essay")
    found = world.simulated(Settings(teachers=("t2",)), Settings())
    assert len(found.would_go[found.would_go["grain"] == ITEM]) == 2
    assert found.existing["lms_assignment_id"].tolist() == ["1"]
    assert set(found.writes["lms_assignment_id"]) == {"2"}


def test_the_sis_is_asked_for_a_place_once_and_for_nothing_where_nothing_is_about_to_change(
    world: World,
) -> None:
    with_one_item(world)
    world.simulated(Settings(overrides={"title_max": 50}), Settings())
    assert world.sis.log == [("read_line_items", "A")]
    world.night(Settings())
    world.sis.log.clear()
    world.simulated(Settings(), Settings(effective="2026-11-12"))
    assert world.sis.log == []


def test_a_place_that_could_not_be_read_stays_unread_for_both_plans() -> None:
    class Once(MemorySis):
        async def read_line_items(self, section_id_sis: str) -> Any:
            self.log.append(("read", section_id_sis))
            raise RetriableError("busy", system="Memory", code="MEMORY")

    async def twice(sink: LookedAtSink) -> None:
        for _ in range(2):
            with pytest.raises(RetriableError):
                await sink.read_line_items("A")

    sis = Once()
    asyncio.run(twice(LookedAtSink(sis)))
    assert len(sis.log) == 1
