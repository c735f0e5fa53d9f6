"""One district file: its content, where everything in it stands, and the CSV files with more of its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import ConnectorSettings, District, SecretRef
from gradeflow.model.district_tables import TABLES, table_rows
from gradeflow.settings.located import Lines, keys_below, line_of, validated
from gradeflow.settings.secrets import read_secret


class Table(BaseModel):
    """Rows of the district file that lie in a CSV: its path, relative to the home; more rows may stand here."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    file: str
    rows: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class DistrictFile:
    """One district file, with where everything in it stands.

    Attributes:
        home: the folder that relative paths in it are relative to.
        tables: the CSV files that it names.
    """

    path: Path
    district: District
    lines: Lines
    home: Path
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
        return Place(self.path, line_of(self.lines, at), key=".".join(at) or None)

    def read_secret(self, ref: SecretRef, at: tuple[str, ...] = ()) -> str:
        """Fetch a secret; relative file paths are relative to the home.

        Args:
            ref: where it lies.
            at: the key that refers to it, for the message.

        Raises:
            ConfigError: the variable or file is missing or empty; names it, never a value.
        """
        return read_secret(ref, self.home, self.place(*at))


def checked_district(data: Any, path: Path, lines: Lines, home: Path) -> tuple[District, tuple[Path, ...]]:
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
            file = home / table.file
            text = _table_text(file, Place(path, line_of(lines, (*at, "file")), key=".".join((*at, "file"))))
            rows = table_rows(key, text, file)
            passback = {**passback, key: [*(given.get("rows") or []), *rows]}
            moved = {(*at, *rest[1:]): lines[*at, *rest] for rest in keys_below(lines, (*at, "rows"))}
            lines = {**lines, **moved}
            files.append(file)
    return validated(District, {**data, "passback": passback}, path, lines), tuple(files)


def _table_text(file: Path, place: Place) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError:
        raise ConfigError(f"the table {file} cannot be read; create it", place=place) from None
    except UnicodeDecodeError:
        raise ConfigError("this is not readable as UTF-8 text; save it as UTF-8", place=Place(file)) from None
