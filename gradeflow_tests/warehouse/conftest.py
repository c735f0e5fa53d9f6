"""Every test here runs on SQLite and on a real PostgreSQL: one server per session, one schema per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from gradeflow.model.ledger import Lease
from gradeflow.warehouse import keys, lease
from gradeflow.warehouse.holder import describe_holder
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.postgres import new_schema
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, gradebook


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that nobody opened yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new/warehouse.sqlite"
        return
    with new_schema(request.getfixturevalue("postgres")) as schema_url:
        yield schema_url


@pytest.fixture
def warehouse(url: str) -> Iterator[Warehouse]:
    opened = Warehouse.open(url)
    yield opened
    opened.close()


@pytest.fixture
def held(warehouse: Warehouse) -> Lease:
    """The district's lease, held by this process for the run `night-1`."""
    with warehouse.writing() as connection:
        return lease.acquire(
            connection, DISTRICT, run_id="night-1", holder=describe_holder("night-1"), ttl_seconds=60
        )


@pytest.fixture
def items(warehouse: Warehouse) -> list[int]:
    """The keys of two registered line items."""
    with warehouse.writing() as connection:
        frame = keys.line_item_keys(connection, DISTRICT, gradebook("a1", "a2"), as_of=AS_OF)
    return frame["line_item_key"].tolist()


@pytest.fixture
def results(warehouse: Warehouse, items: list[int]) -> list[int]:
    """The keys of three students' results in the first of `items`; none has a base yet."""
    with warehouse.writing() as connection:
        students = keys.student_keys(connection, DISTRICT, pd.Series(["007", "008", "009"]))
    return keys.result_keys([items[0]] * 3, students).tolist()
