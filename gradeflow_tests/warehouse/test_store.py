from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from gradeflow.errors import ConfigError
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.migrate import HEAD, MIGRATIONS
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import DISTRICT, METADATA

OPEN = "import sys; from gradeflow.warehouse.store import Warehouse; Warehouse.open(sys.argv[1]).close()"


def test_opening_creates_every_table(warehouse: Warehouse) -> None:
    with warehouse.reading() as connection:
        assert set(METADATA.tables) < set(inspect(connection).get_table_names())


def test_migrations_end_at_the_schema_of_the_tables(warehouse: Warehouse) -> None:
    with warehouse.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrations_write_the_same_checks_and_partial_indexes_as_the_tables(tmp_path: Path) -> None:
    # compare_metadata looks at neither.
    migrated = Warehouse.open(f"sqlite:///{tmp_path}/migrated.sqlite")
    created = create_engine(f"sqlite:///{tmp_path}/created.sqlite")
    METADATA.create_all(created)
    query = text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' AND sql IS NOT NULL")
    with migrated.reading() as connection:
        found = {name: _parts(sql) for name, sql in connection.execute(query)}
    with created.connect() as connection:
        expected = {name: _parts(sql) for name, sql in connection.execute(query)}
    migrated.close()
    created.dispose()
    assert found == expected


def _parts(sql: str) -> set[str]:
    """Give what stands between a statement's commas; SQLite writes a column that came later on the last line."""
    head, body = sql.split("(", 1)
    parts, depth = [""], 0
    for sign in body.rstrip().removesuffix(")"):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return {" ".join(part.split()) for part in [head, *parts]}


def test_processes_that_open_a_new_warehouse_at_once_do_not_collide(url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, url], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate()[1] for process in started] == [""] * 4
    warehouse = Warehouse.open(url)
    with warehouse.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    warehouse.close()


def test_a_warehouse_newer_than_the_code_is_refused(url: str) -> None:
    warehouse = Warehouse.open(url)
    with warehouse.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    warehouse.close()
    with pytest.raises(ConfigError, match=r"newer gradeflow \(schema 9999.*upgrade gradeflow"):
        Warehouse.open(url)


def test_what_is_told_without_alembic_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_who_opens_a_warehouse_does_not_wait_for_who_writes_to_it(url: str) -> None:
    writer = Warehouse.open(url)
    with writer.writing() as connection:
        district_key(connection, "lincoln")
        reader = Warehouse.open(url)
        with reader.reading() as other:
            assert other.execute(select(DISTRICT)).all() == []
    for one in (reader, writer):
        one.close()


def test_what_was_written_is_there_after_opening_again(url: str) -> None:
    for _ in range(2):
        warehouse = Warehouse.open(url)
        with warehouse.writing() as connection:
            key = district_key(connection, "lincoln")
        warehouse.close()
    assert key == 1


@pytest.mark.parametrize("wrong", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_no_kind_of_ours_is_refused_with_what_is_allowed(wrong: str) -> None:
    with pytest.raises(ConfigError, match="allowed: sqlite:///FILE or postgresql://"):
        Warehouse.open(wrong)


def test_a_database_out_of_reach_is_a_config_error_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be opened") as error:
        Warehouse.open(f"postgresql://me:geheim@/db?host={tmp_path}")
    assert "geheim" not in str(error.value)


def test_a_reading_connection_cannot_write(warehouse: Warehouse) -> None:
    with warehouse.reading() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        district_key(connection, "lincoln")
    with warehouse.writing() as connection:
        assert district_key(connection, "lincoln")


def test_a_reading_connection_sees_one_state(warehouse: Warehouse) -> None:
    with warehouse.reading() as before:
        assert before.execute(select(DISTRICT)).all() == []
        with warehouse.writing() as connection:
            district_key(connection, "lincoln")
        assert before.execute(select(DISTRICT)).all() == []


def test_an_exception_undoes_the_whole_transaction(warehouse: Warehouse) -> None:
    with pytest.raises(DBAPIError), warehouse.writing() as connection:
        connection.execute(text(f"SELECT {district_key(connection, 'lincoln')} FROM no_such_table"))
    with warehouse.reading() as connection:
        assert connection.execute(select(DISTRICT)).all() == []


def test_sqlite_commits_durably_and_checks_foreign_keys(tmp_path: Path) -> None:
    warehouse = Warehouse.open(f"sqlite:///{tmp_path}/w.sqlite")
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    with warehouse.reading() as connection:
        found = [connection.scalar(text(f"PRAGMA {pragma}")) for pragma in pragmas]
    warehouse.close()
    assert found == ["wal", 2, 1]
