"""How fast `gradeflow explain` answers about one assignment, and one score, of a district with a million results.

Run: `python -m gradeflow_tests.benchmarks.explain [RESULTS] [FOLDER]`; prints a table and one JSON document. The
warehouse is SQLite with a base, a send and its receipt for every result, findings and holds; what the last run read
lies in Parquet, as every run leaves it. A FOLDER is filled once and used again. `cpu_ms` is the median that the
processors worked, which other work on the machine does not lengthen. Garbage is collected as seldom as in the command;
Hypothesis, which pandera imports where it finds it, is hidden from the commands, since no operator installs it.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, insert

from gradeflow.cli.explain import document_of
from gradeflow.cli.main import GARBAGE_THRESHOLDS
from gradeflow.core.desired import STATUSES
from gradeflow.core.hold_texts import result_text
from gradeflow.defs.bundles import Bundle, pack_extract, pack_reference
from gradeflow.defs.io import write_bundle
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.ledger import FIELDS, Extract, Run
from gradeflow.settings import Home
from gradeflow.warehouse import extracts, keys, runs, tables
from gradeflow.warehouse.frames import Row
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.benchmarks.validation import gradebook, roster
from gradeflow_tests.rules.small_school import NOW

DISTRICT = "lincoln"
FILE = """\
district: lincoln
timezone: America/Chicago
lms: {kind: canvas}
sis: {kind: schooltool}
passback: {effective_date: 2026-08-17, teachers: [t1]}
"""
NIGHT = "night-1"
ROWS_AT_ONCE = 50_000
ONE_IN_HELD, ONE_IN_FOUND = 100, 10
ASKED = 40
OF_COMMAND = 5
FAILING = 0.1
SEED = 20261120
AS_INSTALLED = "import sys; sys.modules['hypothesis'] = None; "
IMPORTS = "import gradeflow.cli.explain"


def fill(home: Home, count: int) -> None:
    """Fill a home as one night of `count` results leaves it."""
    home.districts_folder.mkdir(parents=True)
    (home.districts_folder / f"{DISTRICT}.yaml").write_text(FILE)
    home.settings_file.write_text("partitions: {start: 2026-08-01, grain: month}\n")
    extract = gradebook(count, FAILING)
    reference = roster(extract)
    students = extract.results[["student_id_sis"]].drop_duplicates(ignore_index=True).assign(is_active=True)
    reference = SisReference(
        **{
            name: getattr(reference, name) for name in SisReference.__dataclass_fields__ if name != "students"
        },
        students=students.astype({name: c.dtype.type for name, c in frames.STUDENTS.columns.items()}),
    )
    warehouse = Warehouse.open(home.warehouse_url())
    with warehouse.writing() as connection:
        _remember(connection, extract)
        packed = {"lms_gradebook": pack_extract(extract), "sis_reference": pack_reference(reference)}
        for asset, bundle in packed.items():
            _keep(home, connection, asset, bundle)
    warehouse.close()


def _keep(home: Home, connection: Connection, asset: str, bundle: Bundle) -> None:
    folder, digest = write_bundle(home.path / "extracts" / asset / DISTRICT, bundle)
    path = folder.relative_to(home.path).as_posix()
    months = (f"{DISTRICT}|2026-{month:02}-01" for month in range(8, 12))
    extracts.switch_extracts(
        connection,
        [Extract(asset, DISTRICT, month, path, digest, NIGHT, bundle.rows, NOW) for month in months],
    )


def _remember(connection: Connection, extract: GradebookExtract) -> None:
    run = Run(NIGHT, DISTRICT, "passback", "canvas-schooltool", NOW, NOW, status="completed")
    runs.start_run(connection, run)
    runs.end_run(connection, NIGHT, "completed", ended_at=NOW + dt.timedelta(minutes=9))
    items = extract.line_items.assign(
        line_item_id="id-" + extract.line_items["lms_assignment_id"],
        assigned_on=pd.Timestamp("2026-11-09"),
        assigned_basis="assigned",
    )
    known = keys.line_item_keys(connection, DISTRICT, items, as_of=NOW)["line_item_key"].to_numpy()
    students = keys.student_keys(connection, DISTRICT, extract.results["student_id_sis"]).to_numpy()
    results = extract.results
    item_at = pd.Index(items["lms_assignment_id"]).get_indexer(pd.Index(results["lms_assignment_id"]))
    line_item_of = known[item_at]
    result_keys = keys.result_keys(line_item_of, students)
    _insert(connection, tables.LINE_ITEM_FIELD, _fields(items, known))
    _insert(connection, tables.RESULT, _bases(results, result_keys, line_item_of, students))
    _insert(connection, tables.INTENT, _sends(results, result_keys, line_item_of, known))
    _insert(connection, tables.HOLD, _holds(result_keys, line_item_of))
    _insert(connection, tables.FINDING, _findings(results))


def _insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    waiting = iter(rows)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        connection.execute(insert(table), some)


def _fields(items: pd.DataFrame, known: np.ndarray) -> Iterator[Row]:
    for key, title in zip(known.tolist(), items["title"], strict=True):
        for field in FIELDS:
            value = title if field == "title" else "100000"
            yield {"line_item_key": key, "field": field, "sent": value, "stored": value}


def _bases(
    results: pd.DataFrame, result_keys: np.ndarray, line_items: np.ndarray, students: np.ndarray
) -> Iterator[Row]:
    fixed = {"sent_status": "graded", "stored_status": "graded", "origin": "typed", "version": 1}
    columns = (result_keys.tolist(), line_items.tolist(), students.tolist(), results["score_e4"].tolist())
    for key, item, student, score in zip(*columns, strict=True):
        own = {"result_key": key, "line_item_key": item, "student_key": student, "is_locked": False}
        yield {**own, "sent_score_e4": score, "stored_score_e4": score, **fixed}


def _sends(
    results: pd.DataFrame, result_keys: np.ndarray, line_items: np.ndarray, known: np.ndarray
) -> Iterator[Row]:
    fixed = {"district_key": 1, "run_id": NIGHT, "plan_digest": "p", "action": "create", "base_version": 0}
    fixed |= {"payload_digest": "d", "state": "confirmed", "intended_at": NOW, "received_at": NOW}
    for item in known.tolist():
        sent = {"title": "Work", "points": "100000"}
        yield {**fixed, "kind": "line_item", "line_item_key": item, "result_key": None, "sent": sent}
    columns = (result_keys.tolist(), line_items.tolist(), results["score_e4"].tolist())
    for key, item, score in zip(*columns, strict=True):
        sent = {"score_e4": score, "status": "graded"}
        yield {**fixed, "kind": "result", "line_item_key": item, "result_key": key, "sent": sent}


def _holds(result_keys: np.ndarray, line_items: np.ndarray) -> Iterator[Row]:
    fixed = {"district_key": 1, "reason": "BOTH_CHANGED", "opened_run": NIGHT, "opened_at": NOW}
    pairs = zip(result_keys[::ONE_IN_HELD].tolist(), line_items[::ONE_IN_HELD].tolist(), strict=True)
    for key, item in pairs:
        yield {
            **fixed,
            "result_key": key,
            "line_item_key": item,
            "desired": result_text(85_000, STATUSES.index("graded")),
            "observed": result_text(90_000, STATUSES.index("graded")),
        }


def _findings(results: pd.DataFrame) -> Iterator[Row]:
    seen = {
        f"{end}_seen_{what}": value
        for end in ("first", "last")
        for what, value in (("run", NIGHT), ("at", NOW))
    }
    fixed = {"district_key": 1, "rule_id": "R047", "code": "SCORE_OVER_MAX", "outcome": "rejected"} | seen
    columns = ["lms_assignment_id", "section_id_sis", "student_id_sis"]
    for number, row in enumerate(results[columns].iloc[::ONE_IN_FOUND].itertuples(index=False, name=None)):
        own = dict(zip(columns, row, strict=True))
        yield {**fixed, **own, "owner": "teacher", "subject": "/".join(row), "is_open": number % 2 == 0}


def measure(home: Home) -> list[Row]:
    """Measure the call in this process, for random assignments and scores, and the whole command."""
    some = pd.read_parquet(next(home.path.glob("extracts/lms_gradebook/*/*/results.parquet")))
    chosen = random.Random(SEED).sample(range(len(some)), ASKED)
    asked = [
        (str(row.lms_assignment_id), str(row.student_id_sis))
        for row in some.iloc[chosen][["lms_assignment_id", "student_id_sis"]].itertuples(index=False)
    ]
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    document_of(home, DISTRICT, asked[0][0], None, None)  # what is imported and compiled once
    calls = [partial(document_of, home, DISTRICT, item, None) for item, _ in asked]
    scores = [partial(call, student) for call, (_, student) in zip(calls, asked, strict=True)]
    commands = [partial(_command, home, *one) for one in asked[:OF_COMMAND]]
    return [
        _row("assignment", [partial(call, None) for call in calls]),
        _row("score", scores),
        _row("whole command", commands),
        _row("its imports", [partial(_python, IMPORTS)] * OF_COMMAND),
    ]


def _command(home: Home, item: str, student: str) -> None:
    arguments = ["explain", DISTRICT, "--assignment", item, "--student", student, "--json"]
    _python("from gradeflow.cli.main import main; main()", *arguments, "--home", str(home.path))


def _python(program: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-c", AS_INSTALLED + program, *arguments], check=True, capture_output=True
    )


def _taken(work: Callable[[], object]) -> tuple[float, float]:
    """Give the seconds of the wall and of the processors that some work took, its child processes included."""
    start, busy = time.perf_counter(), _busy()
    work()
    return time.perf_counter() - start, _busy() - busy


def _busy() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def _row(what: str, works: Sequence[Callable[[], object]]) -> Row:
    wall, busy = zip(*(_taken(work) for work in works), strict=True)
    shown = {"median_ms": statistics.median(wall), "worst_ms": max(wall), "cpu_ms": statistics.median(busy)}
    return {"what": what, "times": len(works)} | {name: 1000 * value for name, value in shown.items()}


def _run(home: Home, count: int) -> dict[str, Any]:
    if not home.districts_folder.exists():
        fill(home, count)
    rows = measure(home)
    names = ("median_ms", "worst_ms", "cpu_ms")
    sys.stdout.write(f"{'':<16} {'times':>6}" + "".join(f"{name:>11}" for name in names) + "\n")
    for row in rows:
        cells = "".join(f"{row[name]:>11.1f}" for name in names)
        sys.stdout.write(f"{row['what']:<16} {row['times']:>6}{cells}\n")
    return {"results": count, "measured": rows}


def main() -> None:
    """Print the table and the JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        document = _run(Home(Path(sys.argv[2])), count)
    else:
        with tempfile.TemporaryDirectory() as folder:
            document = _run(Home(Path(folder) / "home"), count)
    sys.stdout.write(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
