"""Bringing a database's schema up to the code, by one process at a time."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, func, select

from gradeflow.errors import ConfigError

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x67726164  # any number, as long as it stays the same
_ALEMBIC = threading.Lock()  # alembic keeps its context in a module


def upgrade(engine: Engine) -> None:
    """Run the migrations that the database lacks, all or none.

    Raises:
        ConfigError: the database knows a revision that this code does not.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with _ALEMBIC:
        scripts = ScriptDirectory.from_config(config)
        with engine.begin() as connection:  # on SQLite this is already the lock
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
            if _is_current(connection, scripts):
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def is_current(connection: Connection) -> bool:
    """Tell whether a database has this code's schema, changing nothing.

    Raises:
        ConfigError: the database knows a revision that this code does not.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with _ALEMBIC:
        return _is_current(connection, ScriptDirectory.from_config(config))


def _is_current(connection: Connection, scripts: ScriptDirectory) -> bool:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        return False
    try:
        scripts.get_revision(found)
    except CommandError:
        msg = (
            f"the warehouse was written by a newer gradeflow (schema {found}, this code ends at "
            f"{scripts.get_current_head()}); upgrade gradeflow"
        )
        raise ConfigError(msg) from None
    return found == scripts.get_current_head()
