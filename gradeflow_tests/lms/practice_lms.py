"""A practice LMS of the small school, and our connector opened on it."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from gradeflow.lms import registry
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import ConnectorContext, no_previous
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import Secret, ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School
from gradeflow.sandbox.server import fill, free_ports, running
from gradeflow.sandbox.small_school import small_school

NOW = dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)


@dataclasses.dataclass
class PracticeLms:
    """A running practice LMS."""

    spec: ServerSpec
    school: School
    fresh: Path
    client: httpx.Client
    now: dt.datetime = NOW
    wall: dt.datetime | None = None  # the clock of this machine, where it is not the practice clock

    def read(
        self, previous: Callable[[], GradebookExtract | None] = no_previous, **settings: Any
    ) -> GradebookExtract:
        extract: GradebookExtract = self.run(lambda source: source.read_gradebook(), previous, **settings)
        return extract

    def run(
        self,
        work: Callable[[Any], Any],
        previous: Callable[[], GradebookExtract | None] = no_previous,
        **settings: Any,
    ) -> Any:
        given = practice_of(self.spec.kind).settings(self.spec)
        shown = {key: {"env": v.name} if isinstance(v, Secret) else v for key, v in given.items()}
        connector = registry.by_kind(self.spec.kind)
        context = ConnectorContext(
            district="practice",
            zone=self.school.zone,
            as_of=self.now,
            read_secret=lambda reference: self.spec.secrets[str(reference.env)],
            previous=previous,
            now=lambda: self.wall or self.now,
        )

        async def main() -> Any:
            opened = connector.settings.model_validate({**shown, **settings})
            async with connector.open(opened, context) as source:
                return await work(source)

        return asyncio.run(main())

    def edit(self, collection: str, changes: Any, **keys: Any) -> None:
        self._post("edit", {"edits": [{"collection": collection, **keys, "set": changes}]})

    def clock(self, now: dt.datetime) -> None:
        self.now = now
        self._post("clock", {"now": now.isoformat()})

    def fault(self, **fault: Any) -> None:
        self._post("fault", {"faults": [fault]})

    def renew(self) -> None:
        with closing(sqlite3.connect(self.fresh)) as old, closing(sqlite3.connect(self.spec.state)) as new:
            old.backup(new)
        control = f"{self.spec.origin}/_sandbox"
        for name in ("fault", "log"):
            self.client.delete(f"{control}/{name}").raise_for_status()
        self.clock(NOW)
        self.wall = None

    def asked(self) -> dict[str, int]:
        """How often each route was asked since the last time."""
        place = f"{self.spec.origin}/_sandbox/log"
        calls = {call["route"]: call["count"] for call in self.client.get(place).json()["calls"]}
        self.client.delete(place)
        return calls

    def _post(self, name: str, body: dict[str, Any]) -> None:
        answer = self.client.post(f"{self.spec.origin}/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text


@contextmanager
def served(kind: str, folder: Path, school: School | None = None) -> Iterator[PracticeLms]:
    """Serve a practice LMS while the block runs."""
    school = school or small_school()
    secrets = {name: f"hidden-{name}" for name in practice_of(kind).secrets}
    spec = ServerSpec(kind, "practice", folder / kind, free_ports(1)[0], "t@practice.example", secrets)
    Clock(spec.folder / "clock.txt", start=NOW)
    fill(spec, school)
    fresh = folder / "fresh.sqlite"
    shutil.copy(spec.state, fresh)
    with running([spec]), httpx.Client(verify=False, trust_env=False) as client:  # loopback, no TLS
        yield PracticeLms(spec, school, fresh, client)
