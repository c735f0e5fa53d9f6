from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, bindparam, delete, select, update

from gradeflow.model.ledger import AuditFault
from gradeflow.warehouse.audit import append_audit, verify_audit
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import AUDIT
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER


@pytest.fixture
def chained(warehouse: Warehouse) -> Warehouse:
    """Five audited things, three in one transaction and two in another; another district beside them."""
    for at, numbers in ((AS_OF, (1, 2, 3)), (LATER, (4, 5))):
        with warehouse.writing() as connection:
            entries = [("receipt", {"intent_id": number, "code": "é"}) for number in numbers]
            append_audit(connection, DISTRICT, entries, run_id="night-1", at=at)
            append_audit(connection, "adams", entries[:1], run_id="night-1", at=at)
    return warehouse


def verify(warehouse: Warehouse) -> AuditFault | None:
    with warehouse.reading() as connection:
        assert verify_audit(connection, "adams") is None
        return verify_audit(connection, DISTRICT)


def _mine(seq: int) -> object:
    return (AUDIT.c.district_key == 1) & (AUDIT.c.seq == seq)


def _flip(connection: Connection) -> None:
    body = connection.scalar(select(AUDIT.c.body).where(_mine(3))) or ""
    connection.execute(update(AUDIT).where(_mine(3)).values(body=body.replace("3", "7")))


def _redate(connection: Connection) -> None:
    connection.execute(update(AUDIT).where(_mine(3)).values(at=LATER))


def _delete(connection: Connection) -> None:
    connection.execute(delete(AUDIT).where(_mine(3)))


def _delete_last(connection: Connection) -> None:
    connection.execute(delete(AUDIT).where(_mine(5)))


def _swap(connection: Connection) -> None:
    move = update(AUDIT).where(AUDIT.c.district_key == 1, AUDIT.c.seq == bindparam("was"))
    for was, becomes in ((3, 99), (4, 3), (99, 4)):
        connection.execute(move.values(seq=becomes), {"was": was})


def _close_the_gap(connection: Connection) -> None:
    _delete(connection)
    move = update(AUDIT).where(AUDIT.c.district_key == 1, AUDIT.c.seq == bindparam("was"))
    for was in (4, 5):
        connection.execute(move.values(seq=was - 1), {"was": was})


def test_an_untouched_chain_holds(chained: Warehouse) -> None:
    assert verify(chained) is None


def test_a_district_without_rows_has_nothing_wrong(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        assert verify_audit(connection, DISTRICT) is None
        append_audit(connection, DISTRICT, [], run_id="night-1", at=AS_OF)
        assert verify_audit(connection, DISTRICT) is None


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (_flip, AuditFault(3, "the row was changed")),
        (_redate, AuditFault(3, "the row was changed")),
        (_delete, AuditFault(3, "the row is missing")),
        (_swap, AuditFault(3, "the row does not follow the one before it")),
        (_close_the_gap, AuditFault(3, "the row does not follow the one before it")),
        (_delete_last, AuditFault(5, "the chain should end at row 5")),
    ],
)
def test_the_first_row_that_was_tampered_with_is_named(
    chained: Warehouse, tamper: Callable[[Connection], None], fault: AuditFault
) -> None:
    with chained.writing() as connection:
        tamper(connection)
    assert verify(chained) == fault


def test_audit_rows_of_a_transaction_that_failed_leave_the_chain_whole(chained: Warehouse) -> None:
    with pytest.raises(TypeError), chained.writing() as connection:
        append_audit(connection, DISTRICT, [("ok", {}), ("bad", {"x": object()})], run_id="r", at=AS_OF)
    assert verify(chained) is None
