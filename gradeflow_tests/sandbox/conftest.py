"""Practice servers of the small school, spoken to over real HTTP.

A test that changes anything starts its own; the others share one pair, because starting takes time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from oneroster_practice import Sis, client_of
from practice_client import Practice, token_of

from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.server import running

NOW = dt.datetime.fromisoformat("2026-11-02T03:30:00-05:00")
Start = Callable[..., list[Practice]]


def _begin(stack: ExitStack, home: Path, kinds: tuple[str, ...]) -> list[Practice]:
    made = []
    for spec in stack.enter_context(running(specs_for(kinds, home=home, now=NOW))):
        # verify=False: reading the system's certificates takes longer than starting the server
        client = stack.enter_context(httpx.Client(timeout=10, verify=False))
        token = spec.secrets["token"] if spec.kind == "canvas" else token_of(spec, client=client)
        client.headers["Authorization"] = f"Bearer {token}"
        made.append(Practice(spec, client))
    return made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers of these kinds over one home; called again they come back as they were left."""
    with ExitStack() as stack:
        yield lambda *kinds: _begin(stack, tmp_path, kinds)


@pytest.fixture(scope="session")
def _untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Practice]]:
    with ExitStack() as stack:
        yield _begin(stack, tmp_path_factory.mktemp("untouched"), ("canvas", "schooltool"))


@pytest.fixture
def canvas_as_filled(_untouched: list[Practice]) -> Practice:
    """A Canvas that all tests share, because none of them changes it."""
    return _untouched[0]


@pytest.fixture
def sis_as_filled(_untouched: list[Practice]) -> Practice:
    """An SIS that all tests share, because none of them changes it."""
    return _untouched[1]


@pytest.fixture
def sis_of(start: Start) -> Iterator[Callable[..., Sis]]:
    """Start a OneRoster SIS of a kind and speak one version with it; called again it speaks another."""
    with ExitStack() as stack:
        started: dict[str, Practice] = {}

        def open_sis(kind: str, version: str = "v1p2") -> Sis:
            if kind not in started:
                (started[kind],) = start(kind)
            return Sis(started[kind], version, stack.enter_context(client_of(started[kind], version)))

        yield open_sis


@pytest.fixture(scope="session")
def qmlativ_as_filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sis]:
    """An SIS of OneRoster 1.2 that all tests share, because none of them changes it."""
    with ExitStack() as stack:
        (practice,) = _begin(stack, tmp_path_factory.mktemp("qmlativ"), ("skyward_qmlativ",))
        yield Sis(practice, "v1p2", stack.enter_context(client_of(practice, "v1p2")))


@pytest.fixture
def canvas(start: Start) -> Practice:
    return start("canvas")[0]


@pytest.fixture
def schooltool(start: Start) -> Practice:
    return start("schooltool")[0]


@pytest.fixture
def skyward(start: Start) -> Practice:
    return start("skyward_sms")[0]
