"""Partitions: how time is cut, which keys a window has, and back from keys to days."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradeflow.core.scope import Scope, Window
from gradeflow.defs.partitions import (
    assigned_on_partitions,
    end_of_bucket,
    first_of_bucket,
    key_range,
    partition_key,
    partitions_of,
    scope_of,
)
from gradeflow.errors import ConfigError
from gradeflow.settings import Home, Partitions
from gradeflow_tests.defs.homes import write_home

GRAINS = ("day", "week", "month")
# A past year, so that nothing depends on when the tests run; the first is a Wednesday.
START, END = dt.date(2020, 7, 1), dt.date(2021, 6, 30)


@pytest.mark.parametrize(
    ("grain", "day", "first", "end"),
    [
        ("day", dt.date(2026, 11, 21), dt.date(2026, 11, 21), dt.date(2026, 11, 22)),
        ("week", dt.date(2026, 11, 16), dt.date(2026, 11, 16), dt.date(2026, 11, 23)),
        ("week", dt.date(2026, 11, 22), dt.date(2026, 11, 16), dt.date(2026, 11, 23)),
        ("week", dt.date(2027, 1, 1), dt.date(2026, 12, 28), dt.date(2027, 1, 4)),
        ("month", dt.date(2026, 12, 31), dt.date(2026, 12, 1), dt.date(2027, 1, 1)),
        ("month", dt.date(2028, 2, 29), dt.date(2028, 2, 1), dt.date(2028, 3, 1)),
    ],
)
def test_a_bucket_runs_from_its_first_day_to_the_first_day_of_the_next(
    grain: str, day: dt.date, first: dt.date, end: dt.date
) -> None:
    assert first_of_bucket(day, grain) == first
    assert end_of_bucket(first, grain) == end


@given(st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31)), st.sampled_from(GRAINS))
def test_every_day_lies_in_exactly_one_bucket(day: dt.date, grain: str) -> None:
    first = first_of_bucket(day, grain)
    assert first <= day < end_of_bucket(first, grain)
    assert first_of_bucket(end_of_bucket(first, grain), grain) == end_of_bucket(first, grain)
    assert first_of_bucket(end_of_bucket(first, grain) - dt.timedelta(days=1), grain) == first


@pytest.mark.parametrize("grain", GRAINS)
def test_dagster_cuts_time_where_we_do(grain: str) -> None:
    definition = assigned_on_partitions(Partitions(start=START, end=END, grain=grain))
    keys = definition.get_partition_keys()
    days = [dt.date.fromisoformat(key) for key in keys]
    assert days[0] == first_of_bucket(START, grain)
    for first, after in itertools.pairwise(days):
        assert end_of_bucket(first, grain) == after
    assert days[-1] < END <= end_of_bucket(days[-1], grain)


@pytest.mark.parametrize("grain", GRAINS)
def test_a_district_a_day_ahead_of_utc_finds_its_today(grain: str) -> None:
    definition = assigned_on_partitions(Partitions(start=START, grain=grain))
    now = dt.datetime(2026, 11, 29, 23, 30, tzinfo=dt.UTC)  # a Sunday; Monday the 30th in Auckland
    keys = definition.get_partition_keys(current_time=now)
    assert first_of_bucket(dt.date(2026, 11, 30), grain).isoformat() in keys


def test_a_home_without_districts_has_a_placeholder_and_no_error(tmp_path: Path) -> None:
    definition = partitions_of(write_home(tmp_path / "home"))
    assert definition.get_partitions_def_for_dimension("district").get_partition_keys() == ["no-district-yet"]


def test_a_key_is_written_as_dagster_writes_it(tmp_path: Path) -> None:
    home = write_home(tmp_path / "home", "lincoln", "salem", start=START, end=dt.date(2020, 9, 1))
    keys = [str(key) for key in partitions_of(home).get_partition_keys()]
    assert partition_key(dt.date(2020, 7, 6), "salem") in keys
    assert len(keys) == len(set(keys)) == 2 * 10


def bounded(path: Path, grain: str = "week") -> Home:
    return write_home(path, "lincoln", grain=grain, start=START, end=END)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (dt.date(2020, 8, 19), dt.date(2020, 11, 21), ("2020-08-17|lincoln", "2020-11-16|lincoln")),
        (dt.date(2020, 1, 1), dt.date(2020, 7, 1), ("2020-06-29|lincoln", "2020-06-29|lincoln")),
        (dt.date(2021, 5, 1), dt.date(2021, 12, 31), ("2021-04-26|lincoln", "2021-06-28|lincoln")),
    ],
    ids=["inside", "before the start", "after the end"],
)
def test_a_window_is_bounded_by_the_definition(
    tmp_path: Path, first: dt.date, last: dt.date, found: tuple[str, str]
) -> None:
    assert key_range(bounded(tmp_path / "home"), "lincoln", first, last) == found


def test_a_window_that_ends_before_the_first_partition_is_refused_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gradeflow\.yaml.*set partitions\.start earlier"):
        key_range(bounded(tmp_path / "home"), "lincoln", dt.date(2020, 1, 1), dt.date(2020, 6, 1))


def test_a_window_that_begins_after_the_last_partition_is_refused_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gradeflow\.yaml.*set partitions\.end later"):
        key_range(bounded(tmp_path / "home"), "lincoln", dt.date(2021, 8, 1), dt.date(2021, 9, 1))


@pytest.mark.parametrize("grain", GRAINS)
def test_both_ends_of_a_window_are_keys_of_the_definition(tmp_path: Path, grain: str) -> None:
    home = bounded(tmp_path / "home", grain)
    keys = {str(key) for key in partitions_of(home).get_partition_keys()}
    for offset in (-40, 0, 1, 100, 363, 364, 500):
        first = START + dt.timedelta(days=min(offset, 363))
        last = START + dt.timedelta(days=max(offset, 0))
        assert set(key_range(home, "lincoln", first, last)) <= keys


def test_keys_that_touch_are_one_window_and_a_gap_stays_a_gap(tmp_path: Path) -> None:
    home = bounded(tmp_path / "home")
    keys = [f"2026-{day}|lincoln" for day in ("08-17", "08-10", "09-07", "08-24")]
    assert scope_of(keys, home) == (
        "lincoln",
        Scope(
            (
                Window(dt.date(2026, 8, 10), dt.date(2026, 8, 31)),
                Window(dt.date(2026, 9, 7), dt.date(2026, 9, 14)),
            )
        ),
    )


def test_a_run_over_two_districts_is_refused_and_told_how_to_launch_it(tmp_path: Path) -> None:
    home = bounded(tmp_path / "home")
    with pytest.raises(ConfigError, match=r"one district and this one covers 2.*more dates"):
        scope_of(["2026-08-17|lincoln", "2026-08-17|salem"], home)
