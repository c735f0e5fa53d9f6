"""YAML with the line of every key, and data checked against a model: each error says where, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from gradeflow.errors import ConfigError, Place

ModelT = TypeVar("ModelT", bound=BaseModel)
Lines = Mapping[tuple[str | int, ...], int]
"""The line of each key, by the path of keys to it."""

_BOOL = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    """Knows the booleans of YAML 1.2 only: `on` is a key of ours, and `no` and `off` may be names."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its base declares it
        first: [(tag, pattern) for tag, pattern in known if tag != _BOOL]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """Read a YAML file, and the line of every key.

    Raises:
        ConfigError: it is no YAML; with the line.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ConfigError("this is not readable as UTF-8 text", place=Place(path)) from None
    except (yaml.YAMLError, ValueError) as error:  # a date such as 2026-02-31 is a ValueError
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it holds a date or number that does not exist"
        place = Place(path, mark.line + 1 if mark else None)
        raise ConfigError(f"this is no valid YAML: {problem}", place=place) from None


def parse_yaml(text: str) -> tuple[Any, Lines]:
    """Parse a text; the data is the caller's own to change.

    Raises:
        yaml.YAMLError, ValueError: it is no YAML, or holds a date that does not exist.
    """
    data, lines = _parsed(text)
    return deepcopy(data), lines


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[Any, Lines]:
    """Parse a text once: a run asks for the same few small files some thirty times."""
    node = yaml.compose(text, Loader=_Loader)
    data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    lines: dict[tuple[str | int, ...], int] = {}
    if node is not None:
        _collect_lines(node, (), lines)
    return data if data is not None else {}, lines


def _collect_lines(
    node: yaml.Node, at: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]
) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if (*at, str(key.value)) in lines:
                # YAML itself would keep the last one in silence.
                problem = f"the key {key.value} stands here for the second time"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[(*at, str(key.value))] = key.start_mark.line + 1
            _collect_lines(value, (*at, str(key.value)), lines)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _collect_lines(value, (*at, position), lines)


def validated(
    model: type[ModelT], data: Any, path: Path, lines: Lines, prefix: tuple[str, ...] = ()
) -> ModelT:
    """Check data against a model; the first error becomes one located message without the value."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    at = (*prefix, *first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    allowed = _allowed_keys(model, first["loc"]) if first["type"] == "extra_forbidden" else None
    if first["type"] == "extra_forbidden":
        message = "this key is not known"
    raise ConfigError(
        message, place=Place(path, line_of(lines, at), key=".".join(map(str, at))), allowed=allowed
    )


def line_of(lines: Lines, at: tuple[str | int, ...]) -> int | None:
    """Find the line of a key, or of the nearest thing around it that stands in the file."""
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at)


def keys_below(lines: Lines, at: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    """List the keys below one, from its own last part on."""
    return [key[len(at) - 1 :] for key in lines if len(key) > len(at) and key[: len(at)] == at]


def _allowed_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    inner: Any = model
    for step in loc[:-1]:
        if not isinstance(step, str):
            continue
        annotation = inner.model_fields[step].annotation if hasattr(inner, "model_fields") else None
        options = [annotation, *getattr(annotation, "__args__", ())]
        inner = next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
        if inner is None:
            return "see the commented file that gradeflow init writes"
    return ", ".join(sorted(inner.model_fields))
