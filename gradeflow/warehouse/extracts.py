"""Which immutable file holds which partition; all partitions of a range switch in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, select

from gradeflow.model.ledger import Extract
from gradeflow.warehouse.frames import upsert
from gradeflow.warehouse.keys import district_key
from gradeflow.warehouse.tables import DISTRICT, EXTRACT

POINTS_TO = ("path", "digest", "run_id", "rows", "written_at")


def switch_extracts(connection: Connection, extracts: Iterable[Extract]) -> None:
    """Let partitions point to new files. Call it once, when every file of the range is complete."""
    owners: dict[str, int] = {}
    rows = []
    for extract in extracts:
        row = asdict(extract)
        district = row.pop("district")
        if district not in owners:
            owners[district] = district_key(connection, district)
        rows.append(row | {"district_key": owners[district]})
    if rows:
        statement = upsert(connection, EXTRACT)
        keys = ["asset", "district_key", "partition_key"]
        changed = {name: statement.excluded[name] for name in POINTS_TO}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def extract_for(
    connection: Connection, asset: str, district: str, partition_keys: Iterable[str]
) -> list[Extract]:
    """Give where partitions lie, in order of their keys; those never written are missing."""
    query = select(EXTRACT, DISTRICT.c.district).join(DISTRICT)
    mine = query.where(EXTRACT.c.asset == asset, DISTRICT.c.district == district)
    wanted = set(partition_keys)
    return [
        Extract(**{name: row[name] for name in Extract.__dataclass_fields__})
        for row in connection.execute(mine.order_by(EXTRACT.c.partition_key)).mappings()
        if row["partition_key"] in wanted
    ]


def latest_extract(connection: Connection, asset: str, district: str) -> Extract | None:
    """Give the extract of an asset that was written last, whatever partitions it was made for."""
    query = select(EXTRACT, DISTRICT.c.district).join(DISTRICT)
    mine = query.where(EXTRACT.c.asset == asset, DISTRICT.c.district == district)
    row = connection.execute(mine.order_by(EXTRACT.c.written_at.desc()).limit(1)).mappings().first()
    return None if row is None else Extract(**{name: row[name] for name in Extract.__dataclass_fields__})
