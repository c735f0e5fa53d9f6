"""Which practice systems there are: what every module of this package lists in `PRACTICES`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

import gradeflow.sandbox as package
from gradeflow.errors import ConfigError
from gradeflow.sandbox.practice import Practice, ServerSpec


@cache
def practices() -> dict[str, Practice]:
    """Find all practice systems, by kind: LMSs, then SISs, each in the order of their kinds."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    found = [practice for module in modules for practice in getattr(module, "PRACTICES", ())]
    return {one.kind: one for one in sorted(found, key=lambda one: (one.side, one.kind))}


def practice_of(kind: str) -> Practice:
    """Give the practice system of this kind.

    Raises:
        ConfigError: there is none; names those that there are.
    """
    if kind not in practices():
        raise ConfigError(f"no practice system of kind {kind!r}", allowed=", ".join(practices()))
    return practices()[kind]


def told(spec: ServerSpec) -> dict[str, Any]:
    """Give what is announced of a running system."""
    return practice_of(spec.kind).told(spec)
