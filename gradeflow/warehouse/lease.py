"""One writer per district: a lease on the database's clock, with a token that fences a late loser.

Everything that changes bases, holds or the ledger renews the lease in its own transaction (`hold_lease`).
So no intent is ever committed under a lease that was taken over, and each committed intent leaves the
lease at least its time to live, which is longer than the request that follows.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from gradeflow.errors import LeaseHeldError
from gradeflow.model.ledger import Lease
from gradeflow.warehouse.columns import DatabaseNow
from gradeflow.warehouse.frames import upsert
from gradeflow.warehouse.holder import is_provably_dead
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.tables import DISTRICT, LEASE


def acquire(connection: Connection, district: str, *, run_id: str, holder: str, ttl_seconds: float) -> Lease:
    """Take the district's lease. Needs a write transaction.

    A run that holds it already gets it again: the same token in the same process, a new one in another
    process, which shuts the earlier one out. An expired lease is taken over, and at once that of a process
    which provably ended.

    Raises:
        LeaseHeldError: another run is at work; the message names it.
    """
    owner = district_key(connection, district)
    granted: dict[str, Any] = {
        "token": secrets.token_hex(16),
        "holder": holder,
        "run_id": run_id,
        "expires_at": DatabaseNow(ttl_seconds),
        "acquired_at": DatabaseNow(0),
    }
    row = _register(connection, owner, granted)
    took_over: str | None = None
    if row is not None:
        if row["run_id"] == run_id and row["holder"] == holder and row["token"]:
            granted["token"] = row["token"]
        elif not _is_free(row, run_id):
            raise LeaseHeldError(district, row["holder"])
        took_over = row["run_id"] if row["token"] and row["run_id"] != run_id else None
        connection.execute(update(LEASE).where(LEASE.c.district_key == owner).values(**granted))
    return Lease(district, owner, run_id, holder, granted["token"], ttl_seconds, took_over)


def _register(connection: Connection, owner: int, granted: Mapping[str, Any]) -> RowMapping | None:
    """Write the district's first lease, or lock the one that is there and give it with the time as `now`."""
    first = upsert(connection, LEASE).values(district_key=owner, **granted).on_conflict_do_nothing()
    if connection.scalar(first.returning(LEASE.c.district_key)) is not None:
        return None
    mine = LEASE.c.district_key == owner
    # The lock first, the clock after it: the holder may just be renewing.
    connection.execute(select(LEASE.c.token).where(mine).with_for_update())
    return connection.execute(select(LEASE, DatabaseNow(0).label("now")).where(mine)).mappings().one()


def _is_free(row: RowMapping, run_id: str) -> bool:
    return (
        row["token"] is None
        or row["expires_at"] <= row["now"]
        or row["run_id"] == run_id
        or is_provably_dead(row["holder"])
    )


def hold_lease(connection: Connection, lease: Lease) -> None:
    """Renew the lease and keep everybody else from taking it over until this transaction ends.

    Raises:
        LeaseHeldError: it was taken over or released; nothing may be written under it any more.
    """
    mine = (LEASE.c.district_key == lease.district_key) & (LEASE.c.token == lease.token)
    renewed = update(LEASE).where(mine).values(expires_at=DatabaseNow(lease.ttl_seconds))
    if not connection.execute(renewed).rowcount:
        raise LeaseHeldError(lease.district, current_holder(connection, lease.district) or "no run")


def release(connection: Connection, lease: Lease) -> None:
    """Give the lease back; does nothing where another run has it by now."""
    mine = (LEASE.c.district_key == lease.district_key) & (LEASE.c.token == lease.token)
    connection.execute(update(LEASE).where(mine).values(token=None))


def current_holder(connection: Connection, district: str) -> str | None:
    """Name who is writing for the district now; None where nobody is."""
    query = (
        select(LEASE.c.holder)
        .join(DISTRICT)
        .where(
            DISTRICT.c.district == district, LEASE.c.token.is_not(None), LEASE.c.expires_at > DatabaseNow(0)
        )
    )
    return connection.scalar(query)
