"""One small school, served by every practice system over real HTTP, with ids that break careless code."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradeflow.lms import canvas as canvas_module
from gradeflow.lms import registry as lms_registry
from gradeflow.lms.canvas_pacing import Pacing
from gradeflow.ports import ConnectorContext
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import Secret, ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School
from gradeflow.sandbox.server import fill, free_ports, running
from gradeflow.sandbox.small_school import small_school
from gradeflow.sis import registry as sis_registry
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.contracts.manners import MANNERS, Manners
from gradeflow_tests.contracts.on_the_way import line  # noqa: F401 - a fixture

AS_OF = dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)
# One for all: each new client would load the certificate authorities again.
CONTROL = httpx.Client(verify=False, trust_env=False)  # loopback, no TLS
# Every connector has a practice system of its kind; some have a second one, reached otherwise.
LMS_KINDS = (*lms_registry.connectors(), "otus_sftp")
NAMES = {
    "m9-01": "0901",
    "m9-02": "0902,1",
    "s-001": "000001",
    "s-002": "1",
    "s-007": "7 & 8/9",
    "s-009": "Ñ-9",
    "Field notes": "Größen, 測定 & Notizen",
}


def awkward_school() -> School:
    """Give the small school with ids and names that break careless code."""
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

    def count(self, route: str) -> int:
        """How often the system was asked this, by its own count."""
        return sum(asked == route for _, asked in self.routes())

    def _post(self, name: str, body: dict[str, Any]) -> None:
        assert self.spec is not None
        answer = CONTROL.post(f"{self.spec.origin}/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text

    @property
    def manners(self) -> Manners:
        """How this SIS looks from outside."""
        return MANNERS[self.kind]

    def routes(self) -> list[tuple[str, str]]:
        """What the system was asked, as method and route, by its own count."""
        assert self.spec is not None
        calls = CONTROL.get(f"{self.spec.origin}/_sandbox/log").json()["calls"]
        return [(call["method"], call["route"]) for call in calls for _ in range(call["count"])]

    def clear(self) -> None:
        """Switch all faults off."""
        assert self.spec is not None
        CONTROL.delete(f"{self.spec.origin}/_sandbox/fault")

    def _secret(self, reference: Any) -> str:
        assert self.spec is not None
        return "of somebody else" if reference.env == "wrong" else self.spec.secrets[reference.env]


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that the connectors would have made."""
    pauses: list[float] = []
    usual = Waiting.retrying

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(Waiting, "retrying", lambda self: usual(dataclasses.replace(self, sleep=sleep)))
    # Canvas is also waited for before it refuses; those pauses are none after a failure
    monkeypatch.setattr(canvas_module, "Pacing", partial(Pacing, sleep=_at_once))
    return pauses


async def _at_once(seconds: float) -> None:
    """Make no pause."""


class Servers:
    """All practice servers, started once; each test finds the one it asks for as it was at the start."""

    def __init__(self, folder: Path, school: School) -> None:
        kinds = [*LMS_KINDS, *sis_registry.connectors()]
        self._fresh = folder / "fresh"
        self._fresh.mkdir()
        self.specs: dict[str, ServerSpec] = {}
        for kind, port in zip(kinds, free_ports(len(kinds)), strict=True):
            spec = ServerSpec(
                kind=kind,
                district="practice",
                folder=folder / kind,
                port=port,
                teacher_email="t@practice.example",
                secrets={name: f"hidden-{name}" for name in practice_of(kind).secrets},
            )
            Clock(spec.folder / "clock.txt", start=AS_OF)
            fill(spec, school)
            self.specs[kind] = spec
            if practice_of(kind).serve is not None:
                _copy(spec.state, self._fresh / f"{kind}.sqlite")

    def renewed(self, kind: str) -> ServerSpec:
        """Put a server's state, faults, counts and clock back; its tokens stay, and every client gets its own."""
        spec = self.specs[kind]
        control = f"{spec.origin}/_sandbox"
        _copy(self._fresh / f"{kind}.sqlite", spec.state)
        for answer in (
            CONTROL.delete(f"{control}/fault"),
            CONTROL.delete(f"{control}/log"),
            CONTROL.post(f"{control}/clock", json={"now": AS_OF.isoformat()}),
        ):
            assert answer.status_code == 200, answer.text
        return spec


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    started = Servers(tmp_path_factory.mktemp("servers"), awkward_school())
    with running(list(started.specs.values())), CONTROL:
        yield started


def _side(kind: str, spec: ServerSpec, waited: list[float], *, is_lms: bool) -> Side:
    practice = practice_of(kind)
    settings = _shown(practice.settings(spec))
    return Side(practice.district_kind, awkward_school(), settings, spec, waited, is_lms=is_lms)


def _shown(value: Any) -> Any:
    """Point at secrets as a district file does."""
    if isinstance(value, Secret):
        return {"env": value.name}
    return {key: _shown(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def _at_start(kind: str, servers: Servers, folder: Path, waited: list[float], *, is_lms: bool) -> Side:
    practice = practice_of(kind)
    if practice.listen is not None:
        fill(servers.specs[kind], awkward_school())
        spec = servers.specs[kind]
    elif practice.serve is None:
        spec = dataclasses.replace(servers.specs[kind], folder=folder)
        fill(spec, awkward_school())
    else:
        spec = servers.renewed(kind)
    return _side(kind, spec, waited, is_lms=is_lms)


def _lms(kind: str, servers: Servers, folder: Path, waited: list[float]) -> Side:
    return _at_start(kind, servers, folder, waited, is_lms=True)


@pytest.fixture(params=LMS_KINDS)
def lms(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    return _lms(request.param, servers, tmp_path, waited)


@pytest.fixture(params=[kind for kind in LMS_KINDS if practice_of(kind).serve is not None])
def served(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    """Every LMS that is read over HTTP."""
    return _lms(request.param, servers, tmp_path, waited)


@pytest.fixture
def itslearning(servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    return _lms("itslearning", servers, tmp_path, waited)


@pytest.fixture
def canvas(servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    return _lms("canvas", servers, tmp_path, waited)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make each claim of every SIS that it makes sense for, and of no other: nothing is skipped."""
    if "sis" in metafunc.fixturenames:
        wanted = set(getattr(metafunc.function, "needs", ()))
        kinds = [
            kind
            for kind in sis_registry.connectors()
            if kind not in MANNERS or not wanted & MANNERS[kind].cannot
        ]
        metafunc.parametrize("sis", kinds, indirect=True)


@pytest.fixture
def sis(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    return _at_start(request.param, servers, tmp_path, waited, is_lms=False)
