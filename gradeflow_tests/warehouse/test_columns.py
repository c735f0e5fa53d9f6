from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.exc import StatementError

from gradeflow.model.ledger import Run
from gradeflow.warehouse.columns import DatabaseNow, canonical_json
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.runs import load_run, start_run
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import RUN

CHICAGO = dt.timezone(dt.timedelta(hours=-6))


def _run(as_of: dt.datetime) -> Run:
    return Run(run_id="r", district="lincoln", job="passback", route="canvas", as_of=as_of, started_at=as_of)


def test_an_instant_of_any_zone_comes_back_in_utc(warehouse: Warehouse) -> None:
    local = dt.datetime(2026, 11, 20, 23, 59, 59, 123456, tzinfo=CHICAGO)
    with warehouse.writing() as connection:
        start_run(connection, _run(local))
        found = load_run(connection, "r")
    assert found is not None
    assert found.as_of.isoformat() == "2026-11-21T05:59:59.123456+00:00"


def test_an_instant_without_a_zone_is_refused(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection, pytest.raises(StatementError, match="needs its time zone"):
        start_run(connection, _run(dt.datetime(2026, 11, 20)))  # noqa: DTZ001 - the point of the test


def test_the_databases_clock_counts_the_seconds_asked_for(warehouse: Warehouse) -> None:
    with warehouse.reading() as connection:
        now, later, earlier = connection.execute(
            select(DatabaseNow(0), DatabaseNow(90.5), DatabaseNow(-90.5))
        ).one()
    assert now.tzinfo is dt.UTC
    assert abs((later - now).total_seconds() - 90.5) < 1
    assert abs((now - earlier).total_seconds() - 90.5) < 1


def test_the_databases_clock_compares_with_an_instant_that_was_handed_in(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        now = connection.scalar(select(DatabaseNow(0)))
        assert now is not None
        start_run(connection, _run(now))
        exactly = connection.scalar(select(RUN.c.as_of == now))
        earlier, later = connection.execute(
            select(RUN.c.as_of > DatabaseNow(-600), RUN.c.as_of < DatabaseNow(600))
        ).one()
    assert (exactly, earlier, later) == (True, True, True)


def test_on_sqlite_every_instant_is_text_of_one_width(tmp_path: Path) -> None:
    opened = Warehouse.open(f"sqlite:///{tmp_path}/w.sqlite")
    with opened.writing() as connection:
        start_run(connection, _run(dt.datetime(2026, 11, 20, tzinfo=dt.UTC)))
        widths = connection.execute(
            select(func.length(cast(RUN.c.as_of, Text)), func.length(cast(DatabaseNow(0), Text)))
        ).one()
    opened.close()
    assert widths == (26, 26)


def test_the_databases_clock_is_stored_as_any_other_instant(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        start_run(connection, _run(dt.datetime(2026, 11, 20, tzinfo=dt.UTC)))
        connection.execute(update(RUN).values(as_of=DatabaseNow(0)))
        now = connection.scalar(select(DatabaseNow(0)))
        found = load_run(connection, "r")
    assert found is not None
    assert now is not None
    assert abs((now - found.as_of).total_seconds()) < 60


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": {"d": "é", "c": None}}) == '{"a":{"c":null,"d":"é"},"b":1}'


def test_a_district_keeps_its_key(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        first, other = district_key(connection, "lincoln"), district_key(connection, "adams")
        assert first != other
        assert district_key(connection, "lincoln") == first
