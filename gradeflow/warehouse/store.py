"""Opening the warehouse and handing out transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from gradeflow.errors import ConfigError
from gradeflow.warehouse.migrate import is_current, upgrade

ALLOWED = "sqlite:///FILE or postgresql://USER@HOST/DATABASE"
BUSY_SECONDS = 60
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
READS: dict[str, dict[str, Any]] = {
    "sqlite": {"gradeflow_reads": True},
    # Several queries of one reading see one state, as they do on SQLite.
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


@dataclass(frozen=True, slots=True)
class Warehouse:
    """One database, opened and migrated."""

    engine: Engine

    @classmethod
    def open(cls, url: str) -> Warehouse:
        """Open the database, creating it or bringing its schema up to this code where needed.

        Raises:
            ConfigError: the URL is none of ours, cannot be reached, or its schema is newer than this code.
        """
        engine = _connect(_parse(url))
        opened = cls(engine)
        try:
            with opened.reading() as connection:  # which waits for nobody who writes
                is_ready = is_current(connection)
            if not is_ready:
                upgrade(engine)
        except OperationalError as error:
            engine.dispose()
            msg = (
                f"warehouse {engine.url.render_as_string(hide_password=True)} cannot be opened: {error.orig}"
            )
            raise ConfigError(msg) from None
        except BaseException:
            engine.dispose()
            raise
        return opened

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state throughout and cannot write."""
        options = READS[self.engine.dialect.name]
        with self.engine.execution_options(**options).begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a write transaction: durable once left, undone by an exception."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection; the warehouse opens new ones if it is used again."""
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class Rehearsal(Warehouse):
    """A warehouse that is only looked at: all that reads it sees one state, and the database refuses every write.

    One read transaction lasts from the first look to the last. It keeps nobody waiting. Write transactions that are
    rolled back would: SQLite has one write lock for all, and it would be held while the SIS is read; and
    PostgreSQL takes no key back that it gave out.
    """

    connection: Connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give the one connection."""
        yield self.connection

    def writing(self) -> NoReturn:
        """Refuse: what a rehearsal writes is a defect.

        Raises:
            RuntimeError: always.
        """
        msg = "a rehearsal writes nothing"
        raise RuntimeError(msg)


@contextmanager
def rehearsal(url: str) -> Iterator[Rehearsal]:
    """Open a database to look at it; neither it nor its schema is made or changed.

    Raises:
        ConfigError: the URL is none of ours, nothing is there yet, or the schema is another than this code's.
    """
    parsed = _parse(url)
    shown = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).is_file():
        raise ConfigError(f"there is no warehouse {shown} yet; the first gradeflow plan makes it")
    engine = _connect(parsed, pragmas=())  # the journal mode is written into the file
    try:
        with Warehouse(engine).reading() as connection:
            if not is_current(connection):
                raise ConfigError(
                    f"the warehouse {shown} has an older schema; any gradeflow plan brings it up to date"
                )
            yield Rehearsal(engine, connection)
    except OperationalError as error:
        raise ConfigError(f"warehouse {shown} cannot be opened: {error.orig}") from None
    finally:
        engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("the warehouse URL cannot be read", allowed=ALLOWED) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    msg = f"the warehouse cannot be {parsed.render_as_string(hide_password=True)}"
    raise ConfigError(msg, allowed=ALLOWED)


def _connect(url: URL, pragmas: Sequence[str] = PRAGMAS) -> Engine:
    if url.get_backend_name() == "sqlite":
        # Grades lie in it: the folder is open to its owner alone
        Path(str(url.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", partial(_prepare_sqlite, pragmas=pragmas))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(url)
    except (ImportError, NoSuchModuleError):
        msg = "a PostgreSQL warehouse needs psycopg: pip install 'gradeflow[postgres]'"
        raise ConfigError(msg) from None


def _prepare_sqlite(dbapi_connection: Any, _record: object, pragmas: Sequence[str]) -> None:
    # Python's own transaction handling is off: it would begin too late and never before DDL.
    dbapi_connection.isolation_level = None
    for pragma in pragmas:
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("gradeflow_reads", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reads)}")
    # A write lock taken at the start can wait; one taken halfway fails when somebody else wrote meanwhile.
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
