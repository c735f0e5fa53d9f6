"""A practice Schoology over real HTTP, for each test as it was filled."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.server import fill, free_ports, running
from gradeflow.sandbox.small_school import small_school
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.lms.practice_schoology import AS_OF, CONTROL, Schoology


@pytest.fixture(scope="session")
def _schoology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerSpec, Path]]:
    """One server for all tests, because starting takes time, and its state as it was filled."""
    folder = tmp_path_factory.mktemp("schoology")
    (port,) = free_ports(1)
    secrets = {"consumer_key": "key & 1", "consumer_secret": "s/cret+é"}
    spec = ServerSpec("schoology", "practice", folder, port, "t@practice.example", secrets)
    Clock(spec.folder / "clock.txt", start=AS_OF)
    fill(spec, small_school())
    _copy(spec.state, folder / "fresh.sqlite")
    with running([spec]), CONTROL:
        yield spec, folder / "fresh.sqlite"


@pytest.fixture
def schoology(_schoology: tuple[ServerSpec, Path], monkeypatch: pytest.MonkeyPatch) -> Schoology:
    """The server as it was filled; nobody waits."""
    spec, fresh = _schoology
    side = Schoology(spec, small_school())
    _copy(fresh, spec.state)
    side.control("DELETE", "fault")
    side.control("DELETE", "log")
    side.control("POST", "clock", {"now": AS_OF.isoformat()})
    usual = Waiting.retrying

    async def sleep(seconds: float) -> None:
        side.waited.append(seconds)

    monkeypatch.setattr(Waiting, "retrying", lambda self: usual(dataclasses.replace(self, sleep=sleep)))
    return side


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
