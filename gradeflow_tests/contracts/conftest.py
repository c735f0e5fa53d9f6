"""One small school, served by every practice system over real HTTP, with ids that break careless code."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import gradeflow.transport.waiting
from gradeflow.lms import registry as lms_registry
from gradeflow.ports import ConnectorContext
from gradeflow.sandbox import otus_drop
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.school import School
from gradeflow.sandbox.server import ServerSpec, fill, free_ports, running
from gradeflow.sandbox.small_school import small_school
from gradeflow.sis import registry as sis_registry

AS_OF = dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)
NAMES = {"m9-01": "0901", "m9-02": "0902,1", "s-001": "000001", "s-002": "1", "s-007": "7 & 8/9"}


def awkward_school() -> School:
    """Give the small school with ids that have leading zeros, commas, slashes and spaces."""
    school = small_school()

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return NAMES.get(value, value)
        if isinstance(value, tuple):
            return tuple(renamed(one) for one in value)
        if isinstance(value, dict):
            return {renamed(key): renamed(one) for key, one in value.items()}
        if dataclasses.is_dataclass(value):
            fields = {field.name: renamed(getattr(value, field.name)) for field in dataclasses.fields(value)}
            return type(value)(**fields)
        return value

    return dataclasses.replace(
        school,
        sections=renamed(school.sections),
        students=renamed(school.students),
        enrolments=renamed(school.enrolments),
        assignments=renamed(school.assignments),
        scores=renamed(school.scores),
        assigners=renamed(dict(school.assigners)),
    )


@dataclass
class Side:
    """One system that a connector is opened on."""

    kind: str
    school: School
    settings: dict[str, Any]
    spec: ServerSpec | None
    waited: list[float]
    is_lms: bool

    def open(self, **more: Any) -> AbstractAsyncContextManager[Any]:
        registry = lms_registry if self.is_lms else sis_registry
        connector = registry.by_kind(self.kind)
        context = ConnectorContext(
            district="practice", zone=self.school.zone, as_of=AS_OF, read_secret=self._secret
        )
        return connector.open(connector.settings.model_validate({**self.settings, **more}), context)

    def run(self, work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
        async def main() -> Any:
            async with self.open(**more) as system:
                return await work(system)

        return asyncio.run(main())

    def fault(self, **fault: Any) -> None:
        self._post("fault", {"faults": [fault]})

    def edit(self, **edit: Any) -> None:
        self._post("edit", {"edits": [edit]})

    def _post(self, name: str, body: dict[str, Any]) -> None:
        assert self.spec is not None
        answer = httpx.post(f"{self.spec.origin}/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text

    def _secret(self, reference: Any) -> str:
        assert self.spec is not None
        return str(getattr(self.spec, reference.env))


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that the connectors would have made."""
    pauses: list[float] = []

    async def sleep(self: Any, attempt: int, asked: float | None) -> None:
        pauses.append(self.seconds(attempt, asked))

    monkeypatch.setattr(gradeflow.transport.waiting.Waiting, "pause", sleep)
    return pauses


def _side(kind: str, folder: Path, waited: list[float], *, is_lms: bool) -> Iterator[Side]:
    school = awkward_school()
    Clock(folder / "clock.txt", start=AS_OF)
    if kind == "otus":
        otus_drop.drop(folder, school, AS_OF)
        yield Side(kind, school, {"folder": folder}, None, waited, is_lms)
        return
    spec = ServerSpec(
        kind=kind,
        district="practice",
        folder=folder,
        port=free_ports(1)[0],
        teacher_email="t@practice.example",
        client_id="key",
        client_secret="hidden",
        token="secret-token",
    )
    fill(spec, school)
    settings: dict[str, Any] = {"base_url": spec.base_url}
    if is_lms:
        settings |= {"account": "1", "token": {"env": "token"}}
    else:
        settings |= {
            "token_url": spec.token_url,
            "client_id": {"env": "client_id"},
            "client_secret": {"env": "client_secret"},
        }
    with running([spec]):
        yield Side(kind, school, settings, spec, waited, is_lms)


@pytest.fixture(params=list(lms_registry.connectors()))
def lms(request: pytest.FixtureRequest, tmp_path: Path, waited: list[float]) -> Iterator[Side]:
    yield from _side(request.param, tmp_path, waited, is_lms=True)


@pytest.fixture
def canvas(tmp_path: Path, waited: list[float]) -> Iterator[Side]:
    yield from _side("canvas", tmp_path, waited, is_lms=True)


@pytest.fixture(params=list(sis_registry.connectors()))
def sis(request: pytest.FixtureRequest, tmp_path: Path, waited: list[float]) -> Iterator[Side]:
    yield from _side(request.param, tmp_path, waited, is_lms=False)
