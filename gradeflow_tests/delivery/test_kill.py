"""A real `kill -9` anywhere, then a second run: the SIS ends as after an undisturbed night."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from gradeflow.defs.instance import open_instance
from gradeflow.settings import Home
from gradeflow.warehouse import runs
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.delivery.nights import night, unresolved
from gradeflow_tests.delivery.practice import DISTRICT, Ended, Practice, started, wait_for

ITEMS, RESULTS = "/lineItems/*", "/results/*"


def going(practice: Practice) -> int:
    """Count the runs that Dagster or the history take for running; scheduled ones would wait for them."""
    home = Home(practice.home)
    statuses = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    warehouse = Warehouse.open(home.warehouse_url())
    with open_instance(home) as instance, warehouse.reading() as connection:
        in_dagster = instance.get_runs(dg.RunsFilter(statuses=statuses))
        in_history = [
            run
            for run in runs.last_runs(connection, DISTRICT, 9)
            if run.job == "passback" and run.seconds is None
        ]
    warehouse.close()
    return len(in_dagster) + len(in_history)


def kill_at(practice: Practice, path: str, point: str, after: int) -> None:
    """Hold the calls from a point on, and kill the process that waits for them with SIGKILL."""
    practice.sis.fault("hold", method="PUT", path=path, point=point, times=None, after=after)
    with started(practice.home, "sync", DISTRICT, "--json") as child:
        wait_for("a call is held", lambda: practice.sis.held > 0)
        child.kill()
        child.wait()
    wait_for("the server saw that its client is gone", lambda: practice.sis.held == 0)
    practice.sis.clear()


@pytest.mark.parametrize(
    ("path", "point", "after", "line_items", "results"),
    [
        pytest.param(ITEMS, "before_commit", 0, range(1), range(1), id="after an intent"),
        pytest.param(ITEMS, "after_commit", 0, range(1, 7), range(1), id="after the SIS's commit of an item"),
        pytest.param(RESULTS, "before_commit", 0, range(6, 7), range(1), id="between an item and its results"),
        pytest.param(RESULTS, "before_commit", 5, range(6, 7), range(5, 6), id="amid a group of results"),
        pytest.param(RESULTS, "after_commit", 3, range(6, 7), range(4, 17), id="after the SIS's commit of results"),
    ],
)  # fmt: skip
def test_a_killed_run_is_finished_by_the_next_without_loss_or_duplicate(
    practice: Practice,
    undisturbed: dict[str, Any],
    loaded_home: tuple[Any, Any, Ended],
    path: str,
    point: str,
    after: int,
    line_items: range,
    results: range,
) -> None:
    kill_at(practice, path, point, after)
    between = practice.state()
    assert len(between["lineItems"]) in line_items
    assert len(between["results"]) in results
    second = practice.sync()
    assert second.code == 3, second.err
    assert practice.state() == undisturbed
    calm = loaded_home[2].run
    for kind in ("line_items", "results"):
        assert sum(second.run[kind].values()) == sum(calm[kind].values())
        assert second.run[kind]["failed"] == 0
    assert unresolved(practice) == 0
    assert going(practice) == 0
    practice.sis.forget()
    third = night(practice)
    assert (third.code, practice.sis.calls("PUT"), practice.state()) == (3, 0, undisturbed)


def test_a_second_run_names_the_holder_and_ends(practice: Practice, undisturbed: dict[str, Any]) -> None:
    practice.sis.fault("hold", method="PUT", path=ITEMS, times=None)
    with started(practice.home, "sync", DISTRICT, "--json") as first:
        wait_for("the first run waits for the SIS", lambda: practice.sis.held == 6)
        second = practice.sync()
        assert second.code == 4
        assert f"pid {first.pid}" in second.err
        assert second.run["calls"] == {"lms": 0, "sis_read": 0, "sis_write": 0}
        assert practice.sis.calls("PUT") == 6
        practice.sis.clear()
        out, _ = first.communicate(timeout=60)
    assert first.returncode == 3
    assert '"created": 16' in out
    assert practice.state() == undisturbed
