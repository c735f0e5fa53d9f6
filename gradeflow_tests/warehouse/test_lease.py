from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys

import pytest
from sqlalchemy import select, update

from gradeflow.errors import LeaseHeldError
from gradeflow.model.ledger import Lease
from gradeflow.warehouse import lease
from gradeflow.warehouse.columns import DatabaseNow
from gradeflow.warehouse.holder import describe_holder, is_provably_dead
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import LEASE
from gradeflow_tests.warehouse.samples import DISTRICT


def acquire(warehouse: Warehouse, run_id: str, holder: str | None = None) -> Lease:
    with warehouse.writing() as connection:
        return lease.acquire(
            connection,
            DISTRICT,
            run_id=run_id,
            holder=holder or describe_holder(run_id),
            ttl_seconds=60,
        )


def expire(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        connection.execute(update(LEASE).values(expires_at=DatabaseNow(-1)))


def holder(warehouse: Warehouse) -> str | None:
    with warehouse.reading() as connection:
        return lease.current_holder(connection, DISTRICT)


def hold(warehouse: Warehouse, one: Lease) -> None:
    with warehouse.writing() as connection:
        lease.hold_lease(connection, one)


def test_a_second_run_is_told_who_holds_the_lease(warehouse: Warehouse) -> None:
    acquire(warehouse, "night-1")
    with pytest.raises(
        LeaseHeldError, match=f"lincoln is being written by run night-1 on .* pid {os.getpid()}"
    ):
        acquire(warehouse, "night-2")
    assert holder(warehouse) == describe_holder("night-1")


def test_districts_do_not_wait_for_each_other(warehouse: Warehouse) -> None:
    acquire(warehouse, "night-1")
    with warehouse.writing() as connection:
        assert lease.acquire(connection, "adams", run_id="n", holder="run n", ttl_seconds=60).token


def test_the_same_run_gets_its_lease_again_with_the_same_token(warehouse: Warehouse) -> None:
    first = acquire(warehouse, "night-1")
    again = acquire(warehouse, "night-1")
    assert again == first
    hold(warehouse, first)


def test_the_same_run_in_another_process_shuts_the_earlier_one_out(warehouse: Warehouse) -> None:
    first = acquire(warehouse, "night-1", "run night-1 elsewhere")
    again = acquire(warehouse, "night-1")
    hold(warehouse, again)
    with pytest.raises(LeaseHeldError):
        hold(warehouse, first)


def test_an_expired_lease_is_taken_over_and_its_run_named(warehouse: Warehouse) -> None:
    first = acquire(warehouse, "night-1")
    expire(warehouse)
    assert holder(warehouse) is None
    second = acquire(warehouse, "night-2")
    assert second.took_over_run == "night-1"
    with pytest.raises(LeaseHeldError, match="run night-2"):
        hold(warehouse, first)


def test_a_renewed_lease_lives_for_its_whole_time_again(warehouse: Warehouse) -> None:
    one = acquire(warehouse, "night-1")
    expire(warehouse)
    hold(warehouse, one)  # nobody took it over meanwhile
    with warehouse.reading() as connection:
        expires_at, now = connection.execute(select(LEASE.c.expires_at, DatabaseNow(0))).one()
    assert dt.timedelta(seconds=30) < expires_at - now <= dt.timedelta(seconds=60)


def test_a_released_lease_is_free_and_void(warehouse: Warehouse) -> None:
    one = acquire(warehouse, "night-1")
    with warehouse.writing() as connection:
        lease.release(connection, one)
    assert holder(warehouse) is None
    with pytest.raises(LeaseHeldError, match="no run"):
        hold(warehouse, one)
    assert acquire(warehouse, "night-2").took_over_run is None


def test_releasing_a_lost_lease_leaves_the_new_holder_alone(warehouse: Warehouse) -> None:
    lost = acquire(warehouse, "night-1")
    expire(warehouse)
    acquire(warehouse, "night-2")
    with warehouse.writing() as connection:
        lease.release(connection, lost)
    assert holder(warehouse) == describe_holder("night-2")


def test_a_process_that_ended_leaves_its_lease_at_once(warehouse: Warehouse) -> None:
    script = "from gradeflow.warehouse.holder import describe_holder; print(describe_holder('dead'), end='')"
    dead = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    acquire(warehouse, "dead", dead)
    assert acquire(warehouse, "night-2").took_over_run == "dead"


def test_a_pid_that_another_process_has_now_is_a_dead_holder() -> None:
    mine = describe_holder("r")
    assert not is_provably_dead(mine)
    before, _, rest = mine.partition(" started ")
    assert is_provably_dead(f"{before} started 1 in {rest.split(' in ')[1]}")


@pytest.mark.parametrize(
    "unprovable",
    [
        "somebody",
        f"run r on {socket.gethostname()} pid 999999999 started 1 in other/1",
        f"run r on {socket.gethostname()} pid 999999999 started 1 in unknown",
    ],
)
def test_a_holder_that_ran_elsewhere_is_waited_for(unprovable: str) -> None:
    assert not is_provably_dead(unprovable)


RACE = """
import sys
from gradeflow.errors import LeaseHeldError
from gradeflow.warehouse import holder, lease
from gradeflow.warehouse.store import Warehouse
warehouse = Warehouse.open(sys.argv[1])
run = sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
try:
    with warehouse.writing() as connection:
        lease.acquire(
            connection, "lincoln", run_id=run, holder=holder.describe_holder(run), ttl_seconds=60
        )
    print("has it", flush=True)
except LeaseHeldError:
    print("told to wait", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("before", ["never held", "expired"])
def test_of_processes_that_want_it_at_once_exactly_one_gets_the_lease(
    warehouse: Warehouse, url: str, before: str
) -> None:
    if before == "expired":
        acquire(warehouse, "night-0")
        expire(warehouse)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, url, f"night-{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2, 3)
    ]
    outcomes = []
    for command in ("go\n", "end\n"):  # all live until each was answered: a dead winner would be replaced
        for racer in racers:
            assert racer.stdout is not None
            outcomes.append(racer.stdout.readline().strip())
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write(command)
            racer.stdin.flush()
    for racer in racers:
        racer.communicate()
    assert sorted(outcomes[3:]) == ["has it", "told to wait", "told to wait"]
