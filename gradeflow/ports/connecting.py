"""How a connector is registered, found and opened.

A connector module below `lms/` or `sis/` defines one `CONNECTOR`, or another package names one as an entry point
of the group `gradeflow.lms` or `gradeflow.sis`; that is all the registration there is.
"""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gradeflow.errors import ConfigError
from gradeflow.model.district import SecretRef
from gradeflow.model.gradebook import GradebookExtract

Evidence = Literal["documented", "reported", "assumed"]
PortT_co = TypeVar("PortT_co", covariant=True)


def no_previous() -> GradebookExtract | None:
    """Say that nothing was read before."""
    return None


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector may know of the run around it.

    Attributes:
        previous: loads the last extract of this district, for a source that reads only what changed since; asked
            at most once, and only by a source whose settings want it.
        now: the clock on the wall, for a system that is to be asked less at some hours; None: it stands at as_of.
    """

    district: str
    zone: ZoneInfo
    as_of: dt.datetime
    read_secret: Callable[[SecretRef], str]
    max_in_flight: int = 8
    previous: Callable[[], GradebookExtract | None] = no_previous
    now: Callable[[], dt.datetime] | None = None

    def local_now(self) -> dt.datetime:
        """Give the district's own time."""
        return (self.as_of if self.now is None else self.now()).astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Connector(Generic[PortT_co]):
    """How a connector is registered.

    Attributes:
        kind: the word in the district file.
        label: the system's name as people say it.
        settings: pydantic model of the keys it needs beside `kind` (extra keys forbidden).
        open: gives the connection as an async context manager; nothing is sent before it is entered.
        evidence: how well its behaviour is known.
        limits: what a district must know; printed by `gradeflow check` and `gradeflow routes`.
        needs: what a district must buy or ask for before the first run: a licence, a key, a plugin, a profile.
        example: the commented lines that `gradeflow init` writes into a new district file, where `{name}` is the
            district and `{upper}` its name as environment variables are written.
        names_school_years: of an SIS, whether its grading periods say which school year they belong to.
    """

    kind: str
    label: str
    settings: type[BaseModel]
    open: Callable[[BaseModel, ConnectorContext], AbstractAsyncContextManager[PortT_co]]
    evidence: Evidence
    limits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    example: str = ""
    names_school_years: bool = True


def connectors_in(package: ModuleType) -> dict[str, Connector[Any]]:
    """Find the CONNECTORs of a package's modules and of entry points in its name, by kind, in their order.

    Raises:
        ConfigError: two connectors claim one kind.
    """
    modules = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name != "registry")
    own = [
        getattr(importlib.import_module(f"{package.__name__}.{name}"), "CONNECTOR", None) for name in modules
    ]
    added = [entry.load() for entry in entry_points(group=package.__name__)]
    found: dict[str, Connector[Any]] = {}
    for connector in [*own, *added]:
        if isinstance(connector, Connector):
            if connector.kind in found:
                raise ConfigError(f"two connectors of {package.__name__} claim the kind {connector.kind!r}")
            found[connector.kind] = connector
    return dict(sorted(found.items()))
