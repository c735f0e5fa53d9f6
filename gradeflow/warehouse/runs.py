"""The history of runs: what each was asked to do, what it counted, and how it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, exists, select, update

from gradeflow.model.ledger import Run, RunStatus
from gradeflow.warehouse.frames import upsert
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.tables import DISTRICT, INTENT, RUN

_RUNS: Select[Any] = select(RUN, DISTRICT.c.district).join(DISTRICT)
_ENDED = ("status", "message", "ended_at", "seconds")


def start_run(connection: Connection, run: Run) -> None:
    """Write a run down as running; one that is started again keeps its counts and calls."""
    row = {name: getattr(run, name) for name in Run.__dataclass_fields__ if name != "district"}
    row["district_key"] = district_key(connection, run.district)
    again = {name: row[name] for name in _ENDED}
    statement = upsert(connection, RUN).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["run_id"], set_=again))


def add_calls(
    connection: Connection, run_id: str, *, lms: int = 0, sis_read: int = 0, sis_write: int = 0
) -> None:
    """Add to the requests that a run sent.

    Raises:
        KeyError: no such run.
    """
    query = select(RUN.c.calls).where(RUN.c.run_id == run_id).with_for_update()
    calls = connection.scalar(query)
    if calls is None:
        raise KeyError(run_id)
    more = {"lms": lms, "sis_read": sis_read, "sis_write": sis_write}
    total = {name: calls.get(name, 0) + count for name, count in more.items()}
    connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(calls=total))


def set_counts(
    connection: Connection,
    run_id: str,
    *,
    line_items: Mapping[str, int] | None = None,
    results: Mapping[str, int] | None = None,
    findings: Mapping[str, int] | None = None,
) -> None:
    """Set what a run counted; None leaves a count as it is."""
    given = {"line_items": line_items, "results": results, "findings": findings}
    counts = {name: dict(count) for name, count in given.items() if count is not None}
    if counts:
        connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(counts))


def end_run(
    connection: Connection,
    run_id: str,
    status: RunStatus,
    *,
    ended_at: dt.datetime,
    message: str | None = None,
) -> None:
    """Write down how a run ended.

    Raises:
        KeyError: no such run.
    """
    started_at = connection.scalar(select(RUN.c.started_at).where(RUN.c.run_id == run_id))
    if started_at is None:
        raise KeyError(run_id)
    seconds = (ended_at - started_at).total_seconds()
    ended = {"status": status, "message": message, "ended_at": ended_at, "seconds": seconds}
    connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(ended))


def load_run(connection: Connection, run_id: str) -> Run | None:
    """Give one run."""
    row = connection.execute(_RUNS.where(RUN.c.run_id == run_id)).mappings().one_or_none()
    return None if row is None else _run(row)


def last_runs(connection: Connection, district: str, count: int) -> list[Run]:
    """Give a district's newest runs, the newest first."""
    query = _RUNS.where(DISTRICT.c.district == district)
    newest = query.order_by(RUN.c.started_at.desc(), RUN.c.run_id.desc()).limit(count)
    return [_run(row) for row in connection.execute(newest).mappings()]


def rules_last_sent(connection: Connection, district: str) -> str | None:
    """Give the digest of the rules by which the newest run judged that sent anything; None where none did."""
    sent = exists().where(INTENT.c.run_id == RUN.c.run_id)
    query = select(RUN.c.rules_digest).join(DISTRICT).where(DISTRICT.c.district == district, sent)
    newest = query.order_by(RUN.c.started_at.desc(), RUN.c.run_id.desc()).limit(1)
    return connection.scalar(newest)


def runs_since(connection: Connection, district: str, since: dt.datetime) -> list[Run]:
    """Give a district's runs that were started at `since` or later, the newest first."""
    query = _RUNS.where(DISTRICT.c.district == district, RUN.c.started_at >= since)
    newest = query.order_by(RUN.c.started_at.desc(), RUN.c.run_id.desc())
    return [_run(row) for row in connection.execute(newest).mappings()]


def _run(row: RowMapping) -> Run:
    return Run(**{name: row[name] for name in Run.__dataclass_fields__})
