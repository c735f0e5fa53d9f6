"""`kill -9` at any call of an SIS that gives its own ids, over real HTTP: the next run finds what was made.

Aeries keeps our id beside its own, PowerSchool keeps none of ours, OneRoster may do either, one by one or in batches.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradeflow_tests.delivery.nights import night, unresolved
from gradeflow_tests.delivery.practice import wait_for
from gradeflow_tests.delivery.vendor_homes import KINDS, Fleet, VendorHome, start_night

Contents = list[tuple[str, list[str]]]
Calm = tuple[Contents, dict[str, int], dict[str, int]]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    made = Fleet(tmp_path_factory.mktemp("fleet"))
    with made.served():
        yield made


@pytest.fixture(scope="module", params=sorted(KINDS))
def calm(request: pytest.FixtureRequest, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """What an SIS holds after one undisturbed night, and what that night counted."""
    home = fleet.home(request.param, tmp_path_factory.mktemp("calm") / "home")
    done = night(home.practice)
    assert home.counts()[0] == done.line_items["created"] > 5, done
    return home.contents(), done.line_items, done.results


@pytest.fixture
def home(calm: Calm, request: pytest.FixtureRequest, fleet: Fleet, tmp_path: Path) -> VendorHome:
    """An untouched home of the same kind."""
    return fleet.home(request.node.callspec.params["calm"], tmp_path / "home")


def killed_in_a_call(home: VendorHome, what: str, point: str) -> None:
    """Kill the process while the SIS keeps its calls open."""
    home.hold(getattr(home.kind, what), point)
    child = start_night(home.practice.home)
    wait_for("a call is held", lambda: home.practice.sis.held > 0 or not child.is_alive())
    child.kill()
    child.join()
    wait_for("the server saw that its client is gone", lambda: home.practice.sis.held == 0)
    home.practice.sis.clear()
    assert child.exitcode == -signal.SIGKILL


def killed_before_the_receipt(home: VendorHome, what: str) -> None:
    """Let the process kill itself when it knows the answer, and before it writes that down."""
    child = start_night(home.practice.home, what)
    child.join()
    assert child.exitcode == -signal.SIGKILL


def finished(home: VendorHome, calm: Calm) -> None:
    """Run the night again: the SIS ends as after the undisturbed one, and nothing is open."""
    done = night(home.practice)
    assert home.contents() == calm[0]
    assert [sum(counts.values()) for counts in (done.line_items, done.results)] == [
        sum(counts.values()) for counts in calm[1:]
    ]
    assert done.results["failed"] == calm[2]["failed"]
    assert unresolved(home.practice) == 0
    home.practice.sis.forget()
    after = night(home.practice)
    assert (home.writes(), home.contents()) == (0, calm[0])
    assert after.line_items["unchanged"] == len(calm[0])


def there_is_something(home: VendorHome) -> tuple[bool, bool]:
    items, scores = home.counts()
    return items > 0, scores > 0


def test_runs_killed_before_and_after_the_sis_stored_are_finished_without_loss_or_duplicate(
    home: VendorHome, calm: Calm
) -> None:
    """One after the other, so that each run finds what the one before left open."""
    killed_in_a_call(home, "items", "before_commit")
    assert there_is_something(home) == (False, False)
    killed_in_a_call(home, "items", "after_commit")
    assert there_is_something(home) == (True, False)
    killed_in_a_call(home, "scores", "before_commit")
    assert there_is_something(home) == (True, False)
    killed_in_a_call(home, "scores", "after_commit")
    assert there_is_something(home) == (True, True)
    finished(home, calm)


def test_runs_killed_with_an_answer_and_no_receipt_of_it_are_finished_without_loss_or_duplicate(
    home: VendorHome, calm: Calm
) -> None:
    killed_before_the_receipt(home, "items")
    assert there_is_something(home) == (True, False)
    killed_before_the_receipt(home, "scores")
    assert there_is_something(home) == (True, True)
    finished(home, calm)
