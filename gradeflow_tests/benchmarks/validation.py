"""How fast a gradebook is judged while 0, 1, 10 and 50 % of its scores fail, beside the same rules as plain masks.

Run: `python -m gradeflow_tests.benchmarks.validation [RESULTS]`; prints a table and one JSON document. The masks
are the floor: the rules about scores written out by hand over joined columns, without findings, states or words.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.rules.judge import judge
from gradeflow_tests.rules.small_school import ITEM, NOW, SCORE, district, profile
from gradeflow_tests.rules.small_school import reference as small_reference

SHARES = (0.0, 0.01, 0.1, 0.5)
STUDENTS_PER_SECTION = 25
ITEMS_PER_SECTION = 40
TIMES = 5
TOO_MANY = 10_000_000


def gradebook(count: int, share: float) -> GradebookExtract:
    """Make `count` results of which a share lies above the maximum; sections of 25 with 40 line items each."""
    results = np.arange(count)
    per_section = STUDENTS_PER_SECTION * ITEMS_PER_SECTION
    section = results // per_section
    item = section * ITEMS_PER_SECTION + results % per_section // STUDENTS_PER_SECTION
    student = section * STUDENTS_PER_SECTION + results % STUDENTS_PER_SECTION
    fails = (results * 2_654_435_761 % 10_000) < share * 10_000
    score = np.where(fails, TOO_MANY, results % 100_000)
    columns: dict[str, object] = {name: SCORE.get(name) for name in frames.RESULTS.columns}
    columns |= {
        "lms_assignment_id": _text("a", item),
        "section_id_sis": _text("c", section),
        "student_id_sis": _text("s", student),
        "score_e4": score,
    }
    items = np.unique(item)
    lines: dict[str, object] = {name: ITEM.get(name) for name in frames.LINE_ITEMS.columns}
    lines |= {
        "lms_assignment_id": _text("a", items),
        "section_id_sis": _text("c", items // ITEMS_PER_SECTION),
        "title": _text("Work ", items),
    }
    return GradebookExtract(
        _typed(frames.LINE_ITEMS, lines, len(items)), _typed(frames.RESULTS, columns, count)
    )


def _text(prefix: str, numbers: np.ndarray) -> pd.Series:
    return pd.Series(prefix + pd.Series(numbers).astype("str"), dtype=frames.TEXT)


def _typed(schema: frames.Schema, columns: dict[str, object], count: int) -> pd.DataFrame:
    frame = pd.DataFrame(columns, index=range(count))
    return frame.astype({name: column.dtype.type for name, column in schema.columns.items()})


def roster(extract: GradebookExtract) -> SisReference:
    """Give an SIS that knows every section and enrols every student."""
    small = small_reference()
    seats = extract.results[["student_id_sis", "section_id_sis"]].drop_duplicates(ignore_index=True)
    seats = seats.assign(begin_date=pd.Timestamp("2026-08-31"), end_date=pd.NaT, is_active=True)
    sections = extract.line_items[["section_id_sis"]].drop_duplicates(ignore_index=True)
    sections = sections.assign(school_id_sis="school", is_active=True, end_date=pd.NaT)
    return SisReference(
        sections=_typed(frames.SIS_SECTIONS, dict(sections), len(sections)),
        grading_periods=small.grading_periods,
        categories=small.categories,
        students=small.students,
        enrolments=_typed(frames.ENROLMENTS, dict(seats), len(seats)),
        teachers=small.teachers,
        class_teachers=small.class_teachers,
    )


def masks(results: pd.DataFrame) -> int:
    """Apply the rules about scores as plain masks; the maximum is the same for all."""
    score = results["score_e4"].to_numpy("int64", na_value=0)
    has_score = results["score_e4"].notna().to_numpy()
    known = {
        name: results[name].fillna(False).to_numpy(bool)
        for name in ("is_excluded", "is_excused", "is_graded", "is_missing", "is_late")
    }
    has_text = results["score_text"].notna().to_numpy()
    hidden = (results["is_posted"] == False).fillna(False).to_numpy(bool)  # noqa: E712 - unknown is not hidden
    passes = has_score & ~known["is_excluded"] & ~known["is_excused"] & ~has_text & ~hidden
    passes &= ~(known["is_missing"] & ~has_score) & ~(known["is_late"] & ~has_score)
    passes &= (score >= 0) & (score <= ITEM["points_possible_e4"])
    return int(passes.sum())


def _median_seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Print the table and the JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rows = []
    sys.stdout.write(f"{'failing':>8} {'results/s':>12} {'masks/s':>12} {'ratio':>7}\n")
    for share in SHARES:
        extract = gradebook(count, share)
        reference, route, place = roster(extract), profile(), district()
        judged = _median_seconds(
            lambda: judge(extract, reference, place, route, NOW.to_pydatetime(), names_sent=None)  # noqa: B023 - called within the round
        )
        plain = _median_seconds(lambda: masks(extract.results))  # noqa: B023 - called within the round
        row = {"failing": share, "results_per_s": count / judged, "masks_per_s": count / plain}
        row["ratio"] = judged / plain
        rows.append(row)
        sys.stdout.write(
            f"{share:>8.0%} {row['results_per_s']:>12,.0f} {row['masks_per_s']:>12,.0f} {row['ratio']:>7.1f}\n"
        )
    sys.stdout.write(json.dumps({"results": count, "rounds": TIMES, "shares": rows}) + "\n")


if __name__ == "__main__":
    main()
