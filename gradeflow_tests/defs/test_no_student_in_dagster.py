"""Nights with failures on a school whose every id, score and title is marked: no mark outside the warehouse."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.defs.instance import open_instance
from gradeflow.defs.launch import launch
from gradeflow.sandbox import home as sandbox_home
from gradeflow.sandbox.school import School
from gradeflow.sandbox.small_school import small_school
from gradeflow.settings import Home
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.delivery.practice import DISTRICT, Ended, Practice, served

NOW = dt.datetime.fromisoformat("2026-11-02T03:30:00-05:00")
STUDENT, TITLE, SCORE = "MARKED-STUDENT", "MARKED-TITLE", "77.77"
PERSONAL = {"sourcedId": f"{STUDENT}-001", "score": SCORE, "message": f"{STUDENT}-001 has {SCORE} in {TITLE}"}


def marked_school() -> School:
    """Give the small school with marks wherever a student shows."""
    school = small_school()

    def marked(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("s-0"):
            return f"{STUDENT}-{value[2:]}"
        if isinstance(value, tuple):
            return tuple(marked(one) for one in value)
        if dataclasses.is_dataclass(value):
            fields = {field.name: marked(getattr(value, field.name)) for field in dataclasses.fields(value)}
            return type(value)(**fields)
        return value

    return dataclasses.replace(
        school,
        students=marked(school.students),
        sections=marked(school.sections),
        enrolments=marked(school.enrolments),
        assignments=tuple(
            dataclasses.replace(one, title=f"{TITLE} {one.id}", max_points=Decimal(100))
            for one in school.assignments
        ),
        scores=tuple(
            dataclasses.replace(marked(one), points=None if one.points is None else Decimal(SCORE))
            for one in school.scores
        ),
    )


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    home = tmp_path_factory.mktemp("marked") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox_home, "small_school", marked_school)
        canvas, sis = sandbox_home.specs_for(("canvas", "schooltool"), home=home, now=NOW)
    write_practice_district(Home(home), marked_school(), canvas, sis)
    (home / "gradeflow.yaml").write_text("partitions: {start: 2026-08-01, grain: month}\n")
    with served(home) as running:
        yield running


@pytest.fixture(scope="module")
def nights(practice: Practice) -> list[Ended]:
    """Run nights in which the SIS refuses, breaks and shows web pages, and the LMS answers nonsense."""
    put = {"method": "PUT", "path": "*/results/*"}
    practice.sis.fault("status", code=422, body=PERSONAL, times=3, **put)
    practice.sis.fault("status", code=500, body=PERSONAL, times=1, after=3, **put)
    practice.sis.fault("html", times=1, after=5, **put)
    done = [practice.sync()]
    practice.canvas.fault("status", code=200, body=[PERSONAL], method="GET", path="*", times=None)
    done.append(practice.sync())
    practice.canvas.clear()
    practice.sis.fault("status", code=200, body=PERSONAL, method="GET", path="*", times=None)
    done.append(practice.sync())
    practice.sis.clear()
    done.append(practice.sync())
    done.append(_night_with_a_defect(practice.home))
    return done


def _night_with_a_defect(home: Path) -> Ended:
    """Let pandas itself fail over a student's id, in the middle of a run."""

    def break_down(*_: object) -> None:
        pd.to_numeric(pd.Series([f"{STUDENT}-001 {SCORE}"]))

    place = Home(home)
    with pytest.MonkeyPatch.context() as patch, open_instance(place) as instance:
        patch.setattr("gradeflow.defs.assets.judge_night", break_down)
        ended = launch(place, instance, Warehouse.open(place.warehouse_url()), "passback", DISTRICT)
    return Ended(ended.exit_code, "", str(ended.run.message))


def found_in(marks: list[str], texts: dict[str, bytes]) -> dict[str, list[str]]:
    """Tell which marks stand where."""
    found = {name: [mark for mark in marks if mark.encode() in text] for name, text in texts.items()}
    return {name: here for name, here in found.items() if here}


def dagster_bytes(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in (home / "dagster").rglob("*")
        if path.is_file()
    }


def test_the_nights_went_wrong_in_all_these_ways(nights: list[Ended]) -> None:
    assert nights[0].run["results"]["rejected"] + nights[0].run["results"]["failed"] >= 3
    assert [night.code for night in nights[1:]] == [5, 5, 3, 1]
    assert "ValueError" in nights[-1].err


def test_no_mark_stands_in_dagsters_storage_in_the_history_or_on_the_terminal(
    practice: Practice, nights: list[Ended]
) -> None:
    secrets = [file.read_text().strip() for file in practice.home.glob("sandbox/*/*.secret")]
    assert len(secrets) == 3
    marks = [STUDENT, TITLE, SCORE, "777700", *secrets]
    storage = dagster_bytes(practice.home)
    assert sum(map(len, storage.values())) > 100_000
    assert found_in(marks, storage) == {}
    with sqlite3.connect(practice.home / "warehouse.sqlite") as connection:
        history = connection.execute("SELECT * FROM run").fetchall()
    connection.close()
    assert len(history) == len(nights)
    assert found_in(marks, {"history": repr(history).encode()}) == {}
    said = {f"night {n}": (night.out + night.err).encode() for n, night in enumerate(nights, 1)}
    assert found_in(marks, said) == {}


def test_the_marks_were_really_on_their_way(practice: Practice, nights: list[Ended]) -> None:
    texts = {"warehouse": b"".join(path.read_bytes() for path in practice.home.glob("warehouse.sqlite*"))}
    assert STUDENT in found_in([STUDENT], texts)["warehouse"]
    sent = practice.sis.records("results").values()
    assert {row["student"]["sourcedId"].rsplit("-", 1)[0] for row in sent} == {STUDENT}
    assert {float(row["score"]) for row in sent} >= {float(SCORE)}
