"""Column types and expressions that SQLite and PostgreSQL do not share by themselves."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

# SQLite's INTEGER has 64 bits, and only a column of that name can be the table's own row id.
BIG_KEY = BigInteger().with_variant(Integer, "sqlite")


def canonical_json(value: object) -> str:
    """Write one value always as the same text: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class Instant(TypeDecorator[dt.datetime]):
    """An aware UTC instant. SQLite knows no zones: there it is kept as UTC without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Refuse a naive instant: its zone would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "an instant needs its time zone"
            raise ValueError(msg)
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Give the instant in UTC, whatever zone the session speaks."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as canonical text, alike on both databases."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Write the canonical text."""
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Parse the text."""
        return None if value is None else json.loads(value)


class DatabaseNow(FunctionElement[dt.datetime]):
    """The database's clock plus a number of seconds, the same for every machine that shares it."""

    type = Instant()
    name = "database_now"
    inherit_cache = True


@compiles(DatabaseNow, "sqlite")
def _now_on_sqlite(element: DatabaseNow, compiler: SQLCompiler, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    # Instants are text there and compare as text: %f gives milliseconds, all others have six digits.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"


@compiles(DatabaseNow, "postgresql")
def _now_on_postgresql(element: DatabaseNow, compiler: SQLCompiler, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    # clock_timestamp, not now(): a transaction that waited for a lock must see the time after the wait.
    return f"(clock_timestamp() + make_interval(secs => CAST({seconds} AS double precision)))"
