"""The files of the Open University Learning Analytics dataset, read presentation by presentation.

What is made of them is in `oulad`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from gradeflow.errors import ConfigError

FILES = ("courses", "assessments", "student_assessment", "student_registration")
COLUMNS = {
    "courses": ("code_module", "code_presentation", "module_presentation_length"),
    "assessments": ("code_module", "code_presentation", "id_assessment", "assessment_type", "date"),
    "student_assessment": ("id_assessment", "id_student", "date_submitted", "is_banked", "score"),
    "student_registration": (
        "code_module",
        "code_presentation",
        "id_student",
        "date_registration",
        "date_unregistration",
    ),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one presentation, as plain Python values; nulls are None."""

    module: str
    presentation: str
    length_days: int
    assessments: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    registrations: list[dict[str, Any]]


def packaged_grades() -> Path:
    """Give the folder with the grades that travel with the package.

    Raises:
        ConfigError: the package lies in an archive; unpack it.
    """
    folder = resources.files("gradeflow.sandbox") / "data"
    if not isinstance(folder, Path):
        raise ConfigError("The packaged grades are readable only from an unpacked installation.")
    return folder


def presentations(folder: Path) -> Iterable[Rows]:
    """Give the rows of every presentation, in the order of their codes.

    Raises:
        ConfigError: a file is missing or lacks a column.
    """
    courses, assessments, scores, registrations = (_read(folder, name) for name in FILES)
    order = courses.sort_values(["code_presentation", "code_module"])
    key = ["code_module", "code_presentation"]
    for course in _records(order):
        mine = assessments[(assessments[key] == [course[k] for k in key]).all(axis=1)]
        stays = registrations[(registrations[key] == [course[k] for k in key]).all(axis=1)]
        yield Rows(
            module=course["code_module"],
            presentation=course["code_presentation"],
            length_days=course["module_presentation_length"],
            assessments=_records(mine),
            scores=_records(scores[scores["id_assessment"].isin(mine["id_assessment"])]),
            registrations=_records(stays),
        )


def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise ConfigError(f"{folder} has no {path.name}", allowed=", ".join(f"{n}.parquet" for n in FILES))
    frame = pd.read_parquet(path)
    missing = [column for column in COLUMNS[name] if column not in frame.columns]
    if missing:
        raise ConfigError(f"{path} lacks {', '.join(missing)}", allowed=", ".join(COLUMNS[name]))
    return frame[list(COLUMNS[name])]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = {name: [None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]
