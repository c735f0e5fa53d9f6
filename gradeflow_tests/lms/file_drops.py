"""A drop folder of an LMS that exports files, which can be written wrongly."""

from __future__ import annotations

import csv
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gradeflow.errors import SourceDataError
from gradeflow.model.gradebook import GradebookExtract

Table = tuple[Sequence[str], Sequence[Mapping[str, str]]]
"""Columns and rows."""


class FileDrop(ABC):
    """A folder that is written anew for each reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bom = ""
        self.ending = "\r\n"
        self.marker: dict[str, Any] = {}

    @abstractmethod
    def tables(self) -> Mapping[str, Table]:
        """Give the tables by the name of their file."""

    @abstractmethod
    def gradebook(self) -> GradebookExtract:
        """Read what was written."""

    def write(self) -> None:
        tables = self.tables()
        for name, (columns, rows) in tables.items():
            with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                file.write(self.bom)
                writer = csv.DictWriter(file, columns, lineterminator=self.ending)
                writer.writeheader()
                writer.writerows(rows)
        counts = {name: len(rows) for name, (_, rows) in tables.items()}
        marker = {"exported_at": "2026-10-06T02:00:00Z", **counts, **self.marker}
        (self.folder / "complete.json").write_text(json.dumps(marker))

    def read(self) -> GradebookExtract:
        self.write()
        return self.gradebook()

    def refusal(self) -> SourceDataError:
        with pytest.raises(SourceDataError) as caught:
            self.read()
        return caught.value
