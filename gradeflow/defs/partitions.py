"""Partitions: the bucket of the assigned date, times the district.

"Backfill the effective-date window" is "materialise these partitions". District keys come from file names;
the grain and the start from `gradeflow.yaml`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from gradeflow.core.scope import Scope, Window
from gradeflow.errors import ConfigError
from gradeflow.settings import Home, Partitions

ASSIGNED_ON = "assigned_on"
DISTRICT = "district"
FORMAT = "%Y-%m-%d"
NO_DISTRICT = "no-district-yet"  # a definition needs a key; gradeflow init writes the first real one

CRONS = {"day": "0 0 * * *", "week": "0 0 * * 1", "month": "0 0 1 * *"}


def first_of_bucket(day: dt.date, grain: str) -> dt.date:
    """Give the first day of the bucket that holds a day; weeks begin on Monday."""
    if grain == "month":
        return day.replace(day=1)
    return day - dt.timedelta(days=day.weekday()) if grain == "week" else day


def end_of_bucket(first: dt.date, grain: str) -> dt.date:
    """Give the first day after a bucket."""
    if grain == "month":
        return (first + dt.timedelta(days=32)).replace(day=1)
    return first + dt.timedelta(days=7 if grain == "week" else 1)


def assigned_on_partitions(settings: Partitions) -> dg.TimeWindowPartitionsDefinition:
    """Cut time. Two partitions reach beyond now: today's must exist, and a district's may be a day ahead of UTC's."""
    return dg.TimeWindowPartitionsDefinition(
        cron_schedule=CRONS[settings.grain],
        start=first_of_bucket(settings.start, settings.grain).isoformat(),
        end=None if settings.end is None else _bucket_border(settings.end, settings.grain).isoformat(),
        fmt=FORMAT,
        end_offset=2,
    )


def _bucket_border(day: dt.date, grain: str) -> dt.date:
    """Give the first border at or after a day: Dagster leaves out a partition that its `end` would cut."""
    first = first_of_bucket(day, grain)
    return first if first == day else end_of_bucket(first, grain)


def partitions_of(home: Home) -> dg.MultiPartitionsDefinition:
    """Give the partitions of a home, as its files stand now."""
    names = home.district_names() or [NO_DISTRICT]
    return dg.MultiPartitionsDefinition(
        {
            ASSIGNED_ON: assigned_on_partitions(home.settings().partitions),
            DISTRICT: dg.StaticPartitionsDefinition(names),
        }
    )


def partition_key(day: dt.date, district: str) -> str:
    """Write a key as Dagster does: dimensions in the order of their names."""
    return str(dg.MultiPartitionKey({ASSIGNED_ON: day.strftime(FORMAT), DISTRICT: district}))


def key_range(home: Home, district: str, first: dt.date, last: dt.date) -> tuple[str, str]:
    """Give the partition keys that hold the days from `first` to `last`, bounded by the definition.

    Raises:
        ConfigError: no partition lies between the two days.
    """
    settings = home.settings().partitions
    start = max(first_of_bucket(first, settings.grain), first_of_bucket(settings.start, settings.grain))
    end = first_of_bucket(last, settings.grain)
    if settings.end is not None:
        end = min(end, first_of_bucket(settings.end - dt.timedelta(days=1), settings.grain))
    if end < start and settings.end is not None and first >= settings.end:
        raise ConfigError(
            f"{home.settings_file}: partitions end before {settings.end}, and the window begins on {first}; "
            "set partitions.end later"
        )
    if end < start:
        raise ConfigError(
            f"{home.settings_file}: partitions begin on {settings.start}, after {last}; set partitions.start earlier"
        )
    return partition_key(start, district), partition_key(end, district)


def scope_of(keys: Sequence[str], home: Home) -> tuple[str, Scope]:
    """Read partition keys back: the one district they are of, and their days.

    Raises:
        ConfigError: the keys are of several districts; a run is about one.
    """
    grain = home.settings().partitions.grain
    districts: set[str] = set()
    windows = []
    for key in keys:
        # `date|district`: dimensions are joined in the order of their names.
        day, district = key.split("|", 1)
        districts.add(district)
        first = dt.datetime.strptime(day, FORMAT).replace(tzinfo=dt.UTC).date()
        windows.append(Window(first, end_of_bucket(first, grain)))
    if len(districts) != 1:
        raise ConfigError(
            f"a run is about one district and this one covers {len(districts)}. Dagster cuts a backfill into one run "
            "per district only where it has more dates than districts: take more dates, which cost nothing where "
            "there is no work, or launch each district by itself"
        )
    return districts.pop(), Scope.of(windows)
