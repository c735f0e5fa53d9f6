"""Reading `$GRADEFLOW_HOME`: its settings, the district files, and the secrets that they point at.

Partition keys come from the *names* of district files; contents are read per run, so that a broken file stops
its own district alone. Every error names file, line and key and says what is allowed. Secrets are read when
they are needed and never kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import ConnectorSettings, District, SecretRef, is_slug
from gradeflow.model.district_tables import TABLES, table_rows

HOME_VARIABLE = "GRADEFLOW_HOME"
ModelT = TypeVar("ModelT", bound=BaseModel)
Lines = Mapping[tuple[str | int, ...], int]
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


_BOOL = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    """Knows the booleans of YAML 1.2 only: `on` is a key of ours, and `no` and `off` may be names."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its base declares it
        first: [(tag, pattern) for tag, pattern in known if tag != _BOOL]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


class Partitions(BaseModel):
    """How the window is cut: from when, and how wide a partition is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: dt.date
    end: dt.date | None = None  # practice homes of a past school year end there
    grain: Literal["day", "week", "month"] = "week"


class HomeSettings(BaseModel):
    """The content of `gradeflow.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partitions: Partitions
    warehouse: str | None = None  # SQLAlchemy URL, or {env: NAME} written as ${NAME}


class Table(BaseModel):
    """Rows of the district file that lie in a CSV: its path, relative to the home; more rows may stand here."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    file: str
    rows: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """One `$GRADEFLOW_HOME`.

    Attributes:
        today: what the shell's clock says; where no settings say when the partitions begin, they begin with
            the school year of this day.
    """

    path: Path
    today: dt.date | None = None

    @classmethod
    def from_environment(cls) -> Home:
        """Take `$GRADEFLOW_HOME`, by default `./var`."""
        return cls(Path(os.environ.get(HOME_VARIABLE, "var")).absolute())

    @property
    def districts_folder(self) -> Path:
        """Where the district files lie."""
        return self.path / "districts"

    @property
    def settings_file(self) -> Path:
        """The home's own settings."""
        return self.path / "gradeflow.yaml"

    def settings(self) -> HomeSettings:
        """Read `gradeflow.yaml`; a home without one has the defaults.

        Raises:
            ConfigError: with file, line, key.
        """
        data, lines = read_yaml(self.settings_file) if self.settings_file.exists() else ({}, {})
        if self.today is not None and isinstance(data, dict):
            data = {"partitions": {"start": school_year_start(self.today)}} | data
        return validated(HomeSettings, data, self.settings_file, lines)

    def warehouse_url(self) -> str:
        """Give the warehouse's URL, by default a SQLite file in the home."""
        url = self.settings().warehouse
        if url is None:
            return f"sqlite:///{self.path / 'warehouse.sqlite'}"
        if url.startswith("${") and url.endswith("}"):
            return _from_environment(url[2:-1], Place(self.settings_file, key="warehouse"))
        return url

    def district_names(self) -> list[str]:
        """List the districts by their files' names; what cannot be a partition key is in `misnamed`."""
        return sorted(file.stem for file in self.districts_folder.glob("*.yaml") if is_slug(file.stem))

    def misnamed(self) -> list[ConfigError]:
        """Say which files of the folder can be no district; they stop none of the others."""
        files = sorted((*self.districts_folder.glob("*.yaml"), *self.districts_folder.glob("*.yml")))
        return [
            ConfigError(
                "this is no district: the file's name is the district's key",
                place=Place(file),
                allowed="lower-case letters, digits, - and _, then .yaml",
            )
            for file in files
            if not is_slug(file.stem) or file.suffix != ".yaml"
        ]

    def district(self, name: str) -> DistrictFile:
        """Read one district file.

        Raises:
            ConfigError: it is missing or wrong; with file, line, key and what is allowed.
        """
        path = self.districts_folder / f"{name}.yaml"
        if not path.exists():
            raise ConfigError(
                f"there is no district {name}",
                place=Place(path),
                allowed=", ".join(self.district_names()) or "none yet: gradeflow init writes one",
            )
        data, lines = read_yaml(path)
        district, tables = self.checked(data, path, lines)
        if district.district != name:
            place = Place(path, lines.get(("district",)), key="district")
            raise ConfigError("the district must be named as its file", place=place, allowed=name)
        return DistrictFile(path, district, lines, self, tables)

    def checked(self, data: Any, path: Path, lines: Lines) -> tuple[District, tuple[Path, ...]]:
        """Check the content of a district file, with the rows of the CSV files that it names after its own.

        Raises:
            ConfigError: something is wrong, or a CSV cannot be read; with file, line and key or column.
        """
        passback = data.get("passback") if isinstance(data, Mapping) else None
        if not isinstance(passback, Mapping):
            return validated(District, data, path, lines), ()
        files = []
        for key in TABLES:
            given = passback.get(key)
            if isinstance(given, Mapping):
                at = ("passback", key)
                table = validated(Table, given, path, lines, at)
                file = self.path / table.file
                text = _table_text(
                    file, Place(path, _line(lines, (*at, "file")), key=".".join((*at, "file")))
                )
                rows = table_rows(key, text, file)
                passback = {**passback, key: [*(given.get("rows") or []), *rows]}
                lines = {
                    **lines,
                    **{(*at, *rest[1:]): lines[*at, *rest] for rest in _below(lines, (*at, "rows"))},
                }
                files.append(file)
        return validated(District, {**data, "passback": passback}, path, lines), tuple(files)


@dataclass(frozen=True, slots=True)
class DistrictFile:
    """One district file, with where everything in it stands; `tables` are the CSV files that it names."""

    path: Path
    district: District
    lines: Lines
    home: Home
    tables: tuple[Path, ...] = ()

    def digest(self) -> str:
        """Name this version of the settings, the tables that it names included."""
        digest = hashlib.sha256(self.path.read_bytes())
        for table in self.tables:
            digest.update(hashlib.sha256(table.read_bytes()).digest())
        return digest.hexdigest()

    def connector_settings(
        self, side: Literal["lms", "sis"], model: type[BaseModel], settings: ConnectorSettings
    ) -> BaseModel:
        """Check what a connector is given against the connector's own model.

        Raises:
            ConfigError: with file, line and key.
        """
        return validated(model, settings.options(), self.path, self.lines, (side,))

    def place(self, *at: str) -> Place:
        """Say where a key of this file stands."""
        return Place(self.path, _line(self.lines, at), key=".".join(at) or None)

    def read_secret(self, ref: SecretRef, at: tuple[str, ...] = ()) -> str:
        """Fetch a secret; relative file paths are relative to the home.

        Args:
            ref: where it lies.
            at: the key that refers to it, for the message.

        Raises:
            ConfigError: the variable or file is missing or empty; names it, never a value.
        """
        place = self.place(*at)
        if ref.env is not None:
            return _from_environment(ref.env, place)
        path = self.home.path / str(ref.file)
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"the secret's file {path} cannot be read; create it", place=place) from None
        if not text:
            raise ConfigError(f"the secret's file {path} is empty; write the secret into it", place=place)
        return text


def school_year_start(today: dt.date) -> dt.date:
    """Give 1 July of the school year that holds a day."""
    return dt.date(today.year if today.month >= 7 else today.year - 1, 7, 1)


def _from_environment(name: str, place: Place) -> str:
    if _VARIABLE.fullmatch(name) is None:
        # Perhaps the secret itself: it must not be repeated.
        raise ConfigError(
            "env takes the name of a variable", place=place, allowed="letters, digits and _, no digit first"
        )
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"the environment variable {name} is not set; set it and start again", place=place)
    return value


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


@lru_cache(maxsize=256)
def parse_yaml(text: str) -> tuple[Any, Lines]:
    """Parse a text once: a run asks for the same few small files some thirty times. Callers only read it.

    Raises:
        yaml.YAMLError, ValueError: it is no YAML, or holds a date that does not exist.
    """
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
        message, place=Place(path, _line(lines, at), key=".".join(map(str, at))), allowed=allowed
    )


def _table_text(file: Path, place: Place) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError:
        raise ConfigError(f"the table {file} cannot be read; create it", place=place) from None
    except UnicodeDecodeError:
        raise ConfigError("this is not readable as UTF-8 text; save it as UTF-8", place=Place(file)) from None


def _below(lines: Lines, at: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    """List the keys below one, from its own last part on."""
    return [key[len(at) - 1 :] for key in lines if len(key) > len(at) and key[: len(at)] == at]


def _line(lines: Lines, at: tuple[str | int, ...]) -> int | None:
    """Find the line of a key, or of the nearest thing around it that stands in the file."""
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at)


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
