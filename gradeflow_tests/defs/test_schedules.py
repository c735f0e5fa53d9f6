"""Schedules: one per local time and zone, one run per district over its whole window."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster import build_schedule_context
from dagster._utils.schedules import (
    schedule_execution_time_iterator,
)  # the daemon's own; there is no public one

from gradeflow.defs.build import build_defs
from gradeflow.defs.scheduled import is_scheduled
from gradeflow.settings import Home
from gradeflow_tests.defs.homes import write_district, write_home

CHICAGO, DENVER = ZoneInfo("America/Chicago"), ZoneInfo("America/Denver")
TICK = dt.datetime(2026, 11, 21, 3, 30, tzinfo=CHICAGO)
START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return write_home(tmp_path / "home")


def schedules(home: Home) -> dict[str, dg.ScheduleDefinition]:
    return {schedule.name: schedule for schedule in build_defs(home).schedules or []}


def tick(home: Home, at: dt.datetime = TICK) -> tuple[dict[str, dg.RunRequest], str | None]:
    """Evaluate the only schedule: requests by district, and the reason where all were skipped."""
    (schedule,) = schedules(home).values()
    with dg.DagsterInstance.ephemeral() as instance:
        context = build_schedule_context(
            instance, scheduled_execution_time=at, repository_def=build_defs(home).get_repository_def()
        )
        data = schedule.evaluate_tick(context)
    return {
        request.tags["gradeflow/district"]: request for request in data.run_requests or []
    }, data.skip_message


def test_districts_are_grouped_by_local_time_and_zone(home: Home) -> None:
    write_district(home, "lincoln")
    write_district(home, "salem")
    write_district(home, "early", nightly="00:15")
    write_district(home, "denver", timezone="America/Denver")
    found = {
        name: (
            schedule.cron_schedule,
            schedule.execution_timezone,
            (schedule.description or "").split(": ")[-1],
        )
        for name, schedule in schedules(home).items()
    }
    assert found == {
        "nightly_0015_america_chicago": ("15 0 * * *", "America/Chicago", "early"),
        "nightly_0330_america_chicago": ("30 3 * * *", "America/Chicago", "lincoln, salem"),
        "nightly_0330_america_denver": ("30 3 * * *", "America/Denver", "denver"),
    }


def test_a_tick_asks_for_one_run_per_district_over_its_whole_window(home: Home) -> None:
    write_district(home, "lincoln", effective_date=dt.date(2026, 8, 17))
    write_district(home, "salem")
    requests, _ = tick(home)
    assert {name: (r.tags[START], r.tags[END]) for name, r in requests.items()} == {
        "lincoln": ("2026-08-17|lincoln", "2026-11-16|lincoln"),
        "salem": ("2026-06-29|salem", "2026-11-16|salem"),
    }
    assert len({request.run_key for request in requests.values()}) == 2
    assert all(name in str(request.run_key) for name, request in requests.items())


def test_the_same_tick_asks_under_the_same_key_and_the_next_night_under_another(home: Home) -> None:
    write_district(home, "lincoln")
    keys = [tick(home, TICK + dt.timedelta(days=days))[0]["lincoln"].run_key for days in (0, 0, 1)]
    assert keys[0] == keys[1] != keys[2]


def test_the_day_of_a_run_is_the_districts_own(home: Home) -> None:
    write_district(home, "lincoln", nightly="23:30")
    # Sunday night in Chicago is Monday in UTC; the week is still the old one.
    requests, _ = tick(home, dt.datetime(2026, 11, 22, 23, 30, tzinfo=CHICAGO))
    assert requests["lincoln"].tags[END] == "2026-11-16|lincoln"


def test_a_paused_district_is_skipped_with_its_reason_and_only_it(home: Home) -> None:
    pause = {"until": dt.date(2026, 11, 21), "reason": "report cards"}
    write_district(home, "lincoln", pause=pause)
    assert tick(home) == ({}, "lincoln is paused until 2026-11-21 (report cards).")
    write_district(home, "salem")
    assert set(tick(home)[0]) == {"salem"}
    assert set(tick(home, TICK + dt.timedelta(days=1))[0]) == {"lincoln", "salem"}


def test_a_file_that_broke_since_loading_is_skipped_with_the_line_and_only_it(home: Home) -> None:
    write_district(home, "lincoln")
    write_district(home, "salem")
    (schedule,) = schedules(home).values()
    (home.districts_folder / "salem.yaml").write_text("district: [salem\n")
    with dg.DagsterInstance.ephemeral() as instance:
        context = build_schedule_context(
            instance, scheduled_execution_time=TICK, repository_def=build_defs(home).get_repository_def()
        )
        asked = schedule.evaluate_tick(context)
        (home.districts_folder / "lincoln.yaml").unlink()
        nothing = schedule.evaluate_tick(context)
    assert [request.tags["gradeflow/district"] for request in asked.run_requests or []] == ["lincoln"]
    assert "salem.yaml" in (nothing.skip_message or "")
    assert "there is no district lincoln" in (nothing.skip_message or "")


def test_a_new_effective_date_counts_at_the_next_tick_without_a_reload(home: Home) -> None:
    write_district(home, "lincoln")
    (schedule,) = schedules(home).values()
    write_district(home, "lincoln", effective_date=dt.date(2026, 10, 5))
    with dg.DagsterInstance.ephemeral() as instance:
        context = build_schedule_context(
            instance, scheduled_execution_time=TICK, repository_def=build_defs(home).get_repository_def()
        )
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.tags[START] == "2026-10-05|lincoln"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"nightly": None}, False),
        ({"trigger": "manual"}, False),
        ({"trigger": "both"}, True),
        ({"overrides": {"trigger": "manual"}}, False),
        ({"overrides": {"trigger": "manual"}, "trigger": "nightly"}, True),
    ],
    ids=["default", "no time", "manual", "both", "manual route", "manual route asked for nightly"],
)
def test_manual_districts_and_routes_get_no_tick_unless_asked_for(
    home: Home, changed: dict[str, Any], expected: bool
) -> None:
    write_district(home, "lincoln", **changed)
    assert is_scheduled(home.district("lincoln").district) == expected
    assert bool(schedules(home)) == expected


@pytest.mark.parametrize(
    "day", [dt.date(2026, 3, 8), dt.date(2026, 11, 1)], ids=["clocks forward", "clocks back"]
)
@pytest.mark.parametrize("at", ["00:30", "03:00", "23:30"])
def test_a_night_ticks_exactly_once_when_the_clocks_change(home: Home, day: dt.date, at: str) -> None:
    write_district(home, "lincoln", nightly=at)
    (schedule,) = schedules(home).values()
    midnight = dt.datetime.combine(day, dt.time(0), CHICAGO)
    ticks = schedule_execution_time_iterator(
        midnight.timestamp(), str(schedule.cron_schedule), schedule.execution_timezone, ascending=True
    )
    found = itertools.takewhile(lambda one: one < midnight + dt.timedelta(days=1), ticks)
    assert [one.astimezone(CHICAGO).time() for one in found] == [dt.time.fromisoformat(at)]
