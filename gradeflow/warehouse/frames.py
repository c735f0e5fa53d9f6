"""Many rows at once: a query read as a frame, a frame written as rows, a list of keys as a table.

pandas types are chosen by the column's type and never guessed from its values: an empty answer has the
whole schema. Keep out: what is asked (the module of the concept).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Date,
    Float,
    FromClause,
    Integer,
    Select,
    Table,
    cast,
    column,
    func,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from gradeflow.model.frames import DATE, E4, FLAG, INSTANT, TEXT
from gradeflow.warehouse.columns import Instant

DTYPES: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (Instant, INSTANT),
    (Date, DATE),
    (Boolean, FLAG),
    (Float, pd.Float64Dtype()),
    (Integer, E4),
)
Row = dict[str, Any]


def read_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Run a query and give its rows as a frame with nullable types (Int64, boolean, str).

    The driver's rows are taken as they are and converted column by column: wrapping each row first made
    half a million of them take twice as long.
    """
    columns = list(query.selected_columns)
    with connection.execute(query) as result:
        rows = result.cursor.fetchall() if result.cursor is not None else []
    cells: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = {str(one.key): _array(each, one.type) for one, each in zip(columns, cells, strict=True)}
    return pd.DataFrame(arrays, copy=False)


def _array(cells: Sequence[Any], kind: TypeEngine[Any]) -> Any:
    """Give one column; SQLite hands over instants and dates as text, PostgreSQL as values."""
    dtype = next((dtype for sql, dtype in DTYPES if isinstance(kind, sql)), TEXT)
    if dtype == INSTANT:
        return (
            pd.to_datetime(pd.Series(cells, dtype=object), utc=True, format="ISO8601").dt.as_unit("us").array
        )
    if dtype == DATE:
        return pd.to_datetime(pd.Series(cells, dtype=object), format="ISO8601").dt.as_unit("ns").array
    return pd.array(cells, dtype=dtype)


def read_rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[Row]:
    """Give a frame's rows as parameters: plain Python values, None where null.

    Raises:
        KeyError: the frame lacks one of `columns`.
    """
    cells = [_plain(frame[name]) for name in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*cells, strict=True)]


def _plain(series: pd.Series[Any]) -> list[Any]:
    null = series.isna().to_numpy()
    cells = series.astype(object).tolist()
    return [None if gone else cell for cell, gone in zip(cells, null, strict=True)]


def as_date(value: object) -> dt.date | None:
    """Give the calendar date of a frame's cell."""
    return value.date() if isinstance(value, dt.datetime) else value if isinstance(value, dt.date) else None


def key_table(connection: Connection, keys: Iterable[int]) -> FromClause:
    """Give any number of integer keys as a table with the one column `value`, in a single parameter."""
    listed = [int(key) for key in keys]
    if connection.dialect.name == "sqlite":
        return func.json_each(json.dumps(listed)).table_valued(column("value", BigInteger))
    array = cast(literal(listed, postgresql.ARRAY(BigInteger)), postgresql.ARRAY(BigInteger))
    return func.unnest(array).table_valued(column("value", BigInteger)).render_derived()


def upsert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Give the insert of this database that knows ON CONFLICT."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
