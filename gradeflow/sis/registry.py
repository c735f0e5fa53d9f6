"""Which SISs there are: every module of this package that defines a CONNECTOR."""

from __future__ import annotations

from functools import cache

import gradeflow.sis as package
from gradeflow.errors import ConfigError
from gradeflow.ports import Connector, GradeSink, connectors_in


@cache
def connectors() -> dict[str, Connector[GradeSink]]:
    """Find all connectors, by kind, in the order of their kinds."""
    return connectors_in(package)


def by_kind(kind: str) -> Connector[GradeSink]:
    """Give the connector of this kind.

    Raises:
        ConfigError: there is none; names those that there are.
    """
    if kind not in connectors():
        raise ConfigError(f"no SIS of kind {kind!r}", allowed=", ".join(connectors()))
    return connectors()[kind]
