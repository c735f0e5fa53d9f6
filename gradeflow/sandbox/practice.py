"""What a practice system registers: how it is filled from a School, served, and named in a district file.

A module of this package that holds practice systems lists them in `PRACTICES`; `registry` finds them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import PracticeServer

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Secret:
    """Stands, in the settings of a district file, for one of the server's secrets."""

    name: str


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """One practice system of one district.

    Attributes:
        folder: the district's folder; systems with the same folder share its clock.
        port: where it listens; 0: nothing listens, its state is files that both sides see.
        secrets: what clients have to prove that they may come in, by name.
    """

    kind: str
    district: str
    folder: Path
    port: int
    teacher_email: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def clock_url(self) -> str:
        """Where the district's clock is read and set."""
        return f"{self.origin}/_sandbox/clock"

    @property
    def state(self) -> Path:
        """The file that holds what a served system stores."""
        return self.folder / f"{self.kind}.sqlite"

    @property
    def drop(self) -> Path:
        """The folder of a system that works by files."""
        return self.folder / self.kind

    def store(self) -> Store:
        """Open its state."""
        return Store(self.state)

    def clock(self) -> Clock:
        """Open the district's clock."""
        return Clock(self.folder / "clock.txt")


@dataclass(frozen=True, slots=True)
class Practice:
    """One kind of practice system.

    Attributes:
        kind: its own word, by which it is started and found.
        label: the system's name as people say it.
        secrets: names of the secrets that each server gets.
        settings: what a district file says of a server beside `kind`; a `Secret` stands for one of its secrets.
        fill: writes a School into a system's state, also while it runs; what is there of the same ids is replaced.
        serve: makes the server; None where nothing is served over HTTP.
        listen: serves something else than HTTP on a bound socket, in the fleet's event loop; it has no routes below
            `/_sandbox`.
        connector: the word in the district file, where the system is a second one for a connector.
        item_id: the id that an LMS gives to an assignment of a School in one of its sections (School, assignment,
            section); by default the School's own.
    """

    kind: str
    side: Literal["lms", "sis"]
    label: str
    secrets: tuple[str, ...]
    settings: Callable[[ServerSpec], Mapping[str, Any]]
    fill: Callable[[ServerSpec, School, Clock], None]
    serve: Callable[[ServerSpec, Clock], PracticeServer] | None
    listen: Callable[[ServerSpec, socket.socket], AbstractAsyncContextManager[None]] | None = None
    connector: str | None = None
    item_id: Callable[[School, str, str], str] = lambda school, assignment, section: assignment

    @property
    def needs_port(self) -> bool:
        """Tell whether anything listens."""
        return self.serve is not None or self.listen is not None

    @property
    def district_kind(self) -> str:
        """The kind that a district file names."""
        return self.connector or self.kind

    def told(self, spec: ServerSpec) -> dict[str, Any]:
        """Give what is announced of a running server: its settings with their secrets, and how to drive it."""
        settings = {key: _shown(spec, value) for key, value in self.settings(spec).items()}
        told = {"kind": spec.kind, "district": spec.district, **settings, "teacher_email": spec.teacher_email}
        return told if self.serve is None else {**told, "clock": spec.clock_url}


def _shown(spec: ServerSpec, value: Any) -> Any:
    if isinstance(value, Secret):
        return spec.secrets[value.name]
    if isinstance(value, Mapping):
        return {key: _shown(spec, inner) for key, inner in value.items()}
    return str(value) if isinstance(value, Path) else value
