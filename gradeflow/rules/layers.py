"""The layers of a profile, as the files below `profiles/` hold them: global, LMS, SIS, route.

A layer is `values` (per key a value and the rule that says so) and, where a guide has its own rule for what a
reason code says, `codes`. A layer that says `like: KIND` begins with that kind's and adds to it. What holds
in one version of the SIS's interface only stands below `versions`; `version` is the one that is spoken where
the district file names none. A kind without a file has no layer: a connector of another package works on the
global values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

import yaml

Side = Literal["lms", "sis"]
# libyaml's where PyYAML was built with it: every command reads all routes, to find its own
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        origin: what its values are said to come from, such as `sis skyward_sms`.
        values: per key `value` and `rule`.
        codes: per reason code the rule that it rests on here.
    """

    origin: str
    values: Mapping[str, Mapping[str, Any]]
    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Route:
    """A route that a guide documents: which kinds it joins, and, as its file has it, what holds between them."""

    name: str
    lms: tuple[str, ...]
    sis: tuple[str, ...]
    content: Mapping[str, Any]

    def layer(self, sis_version: str | None) -> Layer:
        """Give its layer, in one version of the SIS's interface."""
        return _layer(f"route {self.name}", self.content, sis_version)


def _files(folder: str) -> dict[str, Traversable]:
    place = resources.files("gradeflow.rules.profiles").joinpath(folder)
    found = (entry for entry in place.iterdir() if entry.name.endswith(".yaml"))
    return {entry.name.removesuffix(".yaml"): entry for entry in sorted(found, key=lambda entry: entry.name)}


def _read(file: Traversable) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a SafeLoader
    return loaded


def _layer(origin: str, content: Mapping[str, Any], version: str | None = None) -> Layer:
    of_version = content.get("versions", {}).get(version or content.get("version"), {})
    return Layer(origin, {**content.get("values", {}), **of_version}, content.get("codes", {}))


@cache
def kinds_with_layer(side: Side) -> tuple[str, ...]:
    """List the kinds of LMS or SIS that have a layer of their own."""
    return tuple(_files(side))


@cache
def layer_of(side: Side, kind: str, version: str | None = None) -> Layer | None:
    """Give the layer of one kind of LMS or SIS, in one version of its interface; None where it has none."""
    file = _files(side).get(kind)
    if file is None:
        return None
    content = _read(file)
    own = _layer(f"{side} {kind}", content, version)
    base = layer_of(side, content["like"], version) if "like" in content else None
    return (
        own if base is None else Layer(own.origin, {**base.values, **own.values}, {**base.codes, **own.codes})
    )


@cache
def routes() -> tuple[Route, ...]:
    """List the documented routes, by name."""
    return tuple(_routes())


def _routes() -> Iterator[Route]:
    for name, file in _files("routes").items():
        content = _read(file)
        yield Route(name, tuple(content["lms"]), tuple(content["sis"]), content)


def route_between(lms_kind: str, sis_kind: str) -> Route | None:
    """Find the documented route that joins two kinds."""
    return next((one for one in routes() if lms_kind in one.lms and sis_kind in one.sis), None)


@cache
def _global() -> Layer:
    return _layer("global", _read(resources.files("gradeflow.rules.profiles").joinpath("global.yaml")))


def layers_of(lms_kind: str, sis_kind: str, sis_version: str | None = None) -> list[Layer]:
    """List the layers of a pair of kinds; a later one outweighs an earlier one (C05: the narrowest owner)."""
    route = route_between(lms_kind, sis_kind)
    stacked = [_global(), layer_of("lms", lms_kind), layer_of("sis", sis_kind, sis_version)]
    stacked.append(None if route is None else route.layer(sis_version))
    return [layer for layer in stacked if layer is not None]


def contents() -> dict[str, Mapping[str, Any]]:
    """Read every layer's file whole, by its place below `profiles/`."""
    files = {
        f"{folder}/{name}": file
        for folder in ("lms", "sis", "routes")
        for name, file in _files(folder).items()
    }
    files["global"] = resources.files("gradeflow.rules.profiles").joinpath("global.yaml")
    return {name: _read(file) for name, file in sorted(files.items())}
