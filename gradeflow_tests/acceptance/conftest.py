"""Grades to run on beside the packaged ones."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pandas as pd
import pytest

PACKAGED = Path(str(resources.files("gradeflow.sandbox") / "data"))
# Packaged presentation -> (module, presentation, days, students kept) of the folder made from it.
OTHERS = {
    ("BBB", "2013J"): (("CCC", "2014B", 241, 60), ("DDD", "2014J", 262, 27)),
    ("EEE", "2013J"): (("AAA", "2014J", 269, 270),),
}


@pytest.fixture(scope="session")
def other_grades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three presentations of two other years out of real rows, with new ids."""
    source = {file.stem: pd.read_parquet(file) for file in PACKAGED.glob("*.parquet")}
    made: dict[str, list[pd.DataFrame]] = {name: [] for name in source}
    for n, ((module, presentation), others) in enumerate(OTHERS.items()):
        for m, (new_module, new_presentation, days, students) in enumerate(others):
            shift = 1_000_000 * (n * 10 + m + 1)
            own = {
                name: frame[(frame["code_module"] == module) & (frame["code_presentation"] == presentation)]
                for name, frame in source.items()
                if "code_module" in frame
            }
            scores = source["student_assessment"]
            scores = scores[scores["id_assessment"].isin(own["assessments"]["id_assessment"])]
            kept = sorted({*own["student_registration"]["id_student"], *scores["id_student"]})[:students]
            own["student_registration"] = _of(own["student_registration"], kept)
            own["student_assessment"] = _of(scores, kept)
            for name, frame in own.items():
                new = frame.copy()
                if "code_module" in new:
                    new["code_module"], new["code_presentation"] = new_module, new_presentation
                if "module_presentation_length" in new:
                    new["module_presentation_length"] = days
                if "id_assessment" in new:
                    new["id_assessment"] += shift
                made[name].append(new)
    target = tmp_path_factory.mktemp("other-grades")
    for name, parts in made.items():
        pd.concat(parts, ignore_index=True).astype(source[name].dtypes).to_parquet(target / f"{name}.parquet")
    return target


def _of(frame: pd.DataFrame, students: list[int]) -> pd.DataFrame:
    return frame[frame["id_student"].isin(students)]
