"""One `$GRADEFLOW_HOME`: its own settings, and which districts lie in it.

Partition keys come from the *names* of district files; contents are read per run, so that a broken file stops
its own district alone.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import is_slug
from gradeflow.settings.district_file import DistrictFile, checked_district
from gradeflow.settings.located import read_yaml, validated
from gradeflow.settings.secrets import from_environment

HOME_VARIABLE = "GRADEFLOW_HOME"


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

    def make(self) -> None:
        """Make the folder, open to its owner alone since grades lie in it; one that is there keeps its rights."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def make_districts_folder(self) -> None:
        """Make the home and the folder of its district files."""
        self.make()
        self.districts_folder.mkdir(exist_ok=True)

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
            return from_environment(url[2:-1], Place(self.settings_file, key="warehouse"))
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
        district, tables = checked_district(data, path, lines, self.path)
        if district.district != name:
            place = Place(path, lines.get(("district",)), key="district")
            raise ConfigError("the district must be named as its file", place=place, allowed=name)
        return DistrictFile(path, district, lines, self.path, tables)


def school_year_start(today: dt.date) -> dt.date:
    """Give 1 July of the school year that holds a day."""
    return dt.date(today.year if today.month >= 7 else today.year - 1, 7, 1)
