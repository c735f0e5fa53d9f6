"""Practice servers of the small school, spoken to over real HTTP; each test has its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from practice_client import Practice, token_of

from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.server import running

NOW = dt.datetime.fromisoformat("2026-11-02T03:30:00-05:00")
Start = Callable[..., list[Practice]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers of these kinds over one home; called again they come back as they were left."""
    with ExitStack() as stack:

        def begin(*kinds: str) -> list[Practice]:
            specs = stack.enter_context(running(specs_for(kinds, home=tmp_path, now=NOW)))
            made = []
            for spec in specs:
                token = spec.token if spec.kind == "canvas" else token_of(spec)
                client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=10)
                made.append(Practice(spec, stack.enter_context(client)))
            return made

        yield begin


@pytest.fixture
def canvas(start: Start) -> Practice:
    return start("canvas")[0]


@pytest.fixture
def schooltool(start: Start) -> Practice:
    return start("schooltool")[0]


@pytest.fixture
def skyward(start: Start) -> Practice:
    return start("skyward_sms")[0]
