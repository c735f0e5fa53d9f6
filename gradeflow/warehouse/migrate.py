"""Bringing a database's schema up to the code, by one process at a time.

One query tells whether a database has it already. Alembic is imported where it has not: that takes longer than most
commands work.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, column, func, inspect, select, table

from gradeflow.errors import ConfigError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD: Final = "0002"  # the newest migration
ADVISORY_LOCK = 0x67726164  # any number, as long as it stays the same
_ALEMBIC = threading.Lock()  # alembic keeps its context in a module
_VERSION = table("alembic_version", column("version_num"))


def upgrade(engine: Engine) -> None:
    """Run the migrations that the database lacks, all or none.

    Raises:
        ConfigError: the database knows a revision that this code does not.
    """
    with engine.begin() as connection:  # on SQLite this is already the lock
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        if is_current(connection):
            return
        from alembic import command  # noqa: PLC0415 - see above

        config = _config()
        config.attributes["connection"] = connection
        with _ALEMBIC:
            command.upgrade(config, "head")


def is_current(connection: Connection) -> bool:
    """Tell whether a database has this code's schema, changing nothing.

    Raises:
        ConfigError: the database knows a revision that this code does not.
    """
    if not inspect(connection).has_table(_VERSION.name):
        return False
    found = connection.scalar(select(_VERSION.c.version_num))
    if found is not None and found != HEAD:
        _must_be_known(found)
    return bool(found == HEAD)


def _must_be_known(revision: str) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above
    from alembic.util import CommandError  # noqa: PLC0415 - see above

    try:
        ScriptDirectory.from_config(_config()).get_revision(revision)
    except CommandError:
        msg = (
            f"the warehouse was written by a newer gradeflow (schema {revision}, this code ends at {HEAD}); "
            "upgrade gradeflow"
        )
        raise ConfigError(msg) from None


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
