"""A folder of the four Parquet files, small enough that a night takes a second: two or three presentations.

Every line of it is made here; no real person's grade. Scores differ by student and item, some are missing,
some work is carried over, some students leave.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

LENGTH = 268
STUDENTS = {"AAA": 60, "BBB": 40, "CCC": 20}  # three, two and one section
# (type, day due); the first quarter's periods are closed at the end of the year.
ITEMS = (("TMA", 40), ("CMA", 80), ("TMA", 110), ("TMA", 150), ("CMA", 205), ("TMA", 230), ("Exam", None))
PRESENTATION = "2013J"


def write_grades(folder: Path, presentations: int = 2) -> Path:
    """Write the folder with the first so many presentations: AAA goes from Canvas, BBB from Otus, CCC from Canvas."""
    courses, assessments, scores, stays = [], [], [], []
    for position, (module, count) in enumerate(list(STUDENTS.items())[:presentations]):
        place = {"code_module": module, "code_presentation": PRESENTATION}
        courses.append({**place, "module_presentation_length": LENGTH})
        students = [100_000 * (position + 1) + n for n in range(count)]
        stays += [
            {
                **place,
                "id_student": s,
                "date_registration": -10,
                "date_unregistration": 90 if s % 17 == 0 else None,
            }
            for s in students
        ]
        for number, (kind, day) in enumerate(ITEMS):
            item = 1_000 * (position + 1) + number
            assessments.append(
                {**place, "id_assessment": item, "assessment_type": kind, "date": day, "weight": 10.0}
            )
            scores += [_score(item, student, number, day) for student in students if (student + item) % 9]
    frames = {
        "courses": pd.DataFrame(courses),
        "assessments": pd.DataFrame(assessments).astype({"date": "Int64"}),
        "student_assessment": pd.DataFrame(scores),
        "student_registration": pd.DataFrame(stays).astype({"date_unregistration": "Int64"}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def _score(item: int, student: int, number: int, day: int | None) -> dict[str, object]:
    is_banked = student % 23 == 0
    return {
        "id_assessment": item,
        "id_student": student,
        "date_submitted": -1 if is_banked else (day or LENGTH) - 1 + student % 3,
        "is_banked": is_banked,
        "score": None if (student + number) % 19 == 0 else float((student * 7 + number * 13) % 101),
    }


def titles(folder: Path) -> dict[str, str]:
    """Give each assignment's title: its type and running number, by due day and id; those without a day come last."""
    frame = pd.read_parquet(folder / "assessments.parquet").sort_values(["date", "id_assessment"])
    number = frame.groupby(["code_module", "code_presentation", "assessment_type"]).cumcount() + 1
    names = frame["assessment_type"] + " " + number.astype(str)
    return dict(zip(frame["id_assessment"].astype(str), names, strict=True))
