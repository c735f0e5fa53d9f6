"""Findings as intervals: first seen, last seen, open or closed; not one row per night."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, bindparam, insert, select, update

from gradeflow.warehouse.frames import key_table, read_frame, read_rows
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.tables import DISTRICT, FINDING

IDENTITY = ["rule_id", "code", "subject"]
LINE_ITEM = ["lms_assignment_id", "section_id_sis"]
ABOUT = [*IDENTITY, "outcome", "owner", *LINE_ITEM, "student_id_sis", "value", "threshold"]
REFRESHED = ["outcome", "owner", "value", "threshold"]


def load_open_findings(connection: Connection, district: str) -> pd.DataFrame:
    """Give the open findings of a district.

    Shape:
        finding_id, rule_id, code, subject, outcome, owner, lms_assignment_id, section_id_sis,
        student_id_sis, value, threshold, first_seen_run, first_seen_at, last_seen_run, last_seen_at.
    """
    seen = ["first_seen_run", "first_seen_at", "last_seen_run", "last_seen_at"]
    query = select(*(FINDING.c[name] for name in ["finding_id", *ABOUT, *seen])).join(DISTRICT)
    mine = query.where(DISTRICT.c.district == district, FINDING.c.is_open)
    return read_frame(connection, mine.order_by(FINDING.c.finding_id))


def record_findings(
    connection: Connection,
    district: str,
    findings: pd.DataFrame,
    *,
    judged: pd.DataFrame,
    run_id: str,
    as_of: dt.datetime,
) -> None:
    """Open, prolong and close findings after a run judged some line items. Needs a write transaction.

    A finding is the same one as long as rule, code and subject are; its value may move meanwhile. An open
    finding of a judged line item that is not found again is closed; what was not judged is left alone.

    Shape:
        findings: rule_id, code, subject, outcome, owner, lms_assignment_id, section_id_sis,
        student_id_sis, value, threshold; a repeated (rule_id, code, subject) counts once.
        judged: lms_assignment_id, section_id_sis of the line items judged; a row with both null stands for
        what concerns no single line item.
    """
    owner = district_key(connection, district)
    found = findings.drop_duplicates(IDENTITY, ignore_index=True)
    known = load_open_findings(connection, district)
    match = _match(known, found)
    seen = match >= 0
    _close(connection, known.loc[~seen & _is_in(known, judged), "finding_id"])
    _prolong(connection, known.loc[seen, "finding_id"], run_id, as_of)
    _refresh(connection, known[seen], found.iloc[match[seen]])
    new = found.drop(index=match[seen].tolist())
    times = {"first_seen_run": run_id, "first_seen_at": as_of, "last_seen_run": run_id, "last_seen_at": as_of}
    rows = read_rows(new, ABOUT)
    if rows:
        fixed = times | {"district_key": owner, "is_open": True}
        connection.execute(insert(FINDING), [row | fixed for row in rows])


def _match(known: pd.DataFrame, found: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Give, per known finding, its row among those found; -1 where it is gone."""
    return pd.MultiIndex.from_frame(found[IDENTITY]).get_indexer(pd.MultiIndex.from_frame(known[IDENTITY]))


def _is_in(known: pd.DataFrame, judged: pd.DataFrame) -> npt.NDArray[np.bool_]:
    # Ids are never empty, so the empty text can stand for null, which would equal nothing.
    rows, scope = (
        pd.MultiIndex.from_frame(one[LINE_ITEM].astype(object).fillna("")) for one in (known, judged)
    )
    return np.asarray(rows.isin(scope), dtype=np.bool_)


def _close(connection: Connection, finding_ids: pd.Series[Any]) -> None:
    some = key_table(connection, finding_ids)
    mine = FINDING.c.finding_id.in_(select(some.c.value))
    connection.execute(update(FINDING).where(mine).values(is_open=False))


def _prolong(connection: Connection, finding_ids: pd.Series[Any], run_id: str, as_of: dt.datetime) -> None:
    some = key_table(connection, finding_ids)
    mine = FINDING.c.finding_id.in_(select(some.c.value))
    connection.execute(update(FINDING).where(mine).values(last_seen_run=run_id, last_seen_at=as_of))


def _refresh(connection: Connection, known: pd.DataFrame, found: pd.DataFrame) -> None:
    """Write down values that moved; both frames are row by row the same findings."""
    before, now = (one[REFRESHED].astype(object).reset_index(drop=True) for one in (known, found))
    moved = ((before != now) & ~(before.isna() & now.isna())).any(axis=1).to_numpy()
    rows = read_rows(now[moved].assign(item=known["finding_id"].to_numpy()[moved]), [*REFRESHED, "item"])
    if rows:
        connection.execute(update(FINDING).where(FINDING.c.finding_id == bindparam("item")), rows)
