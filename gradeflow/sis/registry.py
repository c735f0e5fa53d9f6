"""Which SISs there are: every module of this package that defines a CONNECTOR."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import gradeflow.sis as package
from gradeflow.errors import ConfigError
from gradeflow.ports import Connector, GradeSink


@cache
def connectors() -> dict[str, Connector[GradeSink]]:
    """Find all connectors, by kind, in the order of their kinds."""
    found: dict[str, Connector[GradeSink]] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        if f"{package.__name__}.{module}" == __name__:
            continue
        connector = getattr(importlib.import_module(f"{package.__name__}.{module}"), "CONNECTOR", None)
        if isinstance(connector, Connector):
            found[connector.kind] = connector
    return dict(sorted(found.items()))


def by_kind(kind: str) -> Connector[GradeSink]:
    """Give the connector of this kind.

    Raises:
        ConfigError: there is none; names those that there are.
    """
    if kind not in connectors():
        msg = f"no SIS of kind {kind!r}"
        raise ConfigError(msg, allowed=", ".join(connectors()))
    return connectors()[kind]
