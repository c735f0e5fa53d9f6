"""Which LMSs there are: every module of this package that defines a CONNECTOR."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import gradeflow.lms as package
from gradeflow.errors import ConfigError
from gradeflow.ports import Connector, GradebookSource


@cache
def connectors() -> dict[str, Connector[GradebookSource]]:
    """Find all connectors, by kind, in the order of their kinds."""
    found: dict[str, Connector[GradebookSource]] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        if f"{package.__name__}.{module}" == __name__:
            continue
        connector = getattr(importlib.import_module(f"{package.__name__}.{module}"), "CONNECTOR", None)
        if isinstance(connector, Connector):
            found[connector.kind] = connector
    return dict(sorted(found.items()))


def by_kind(kind: str) -> Connector[GradebookSource]:
    """Give the connector of this kind.

    Raises:
        ConfigError: there is none; names those that there are.
    """
    if kind not in connectors():
        msg = f"no LMS of kind {kind!r}"
        raise ConfigError(msg, allowed=", ".join(connectors()))
    return connectors()[kind]
