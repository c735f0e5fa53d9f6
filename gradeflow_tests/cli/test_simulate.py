"""What other settings would do, as a command: foretold, then done, and nothing touched meanwhile."""

from __future__ import annotations

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import yaml

from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.school import Assignment
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice, copy_of
from gradeflow_tests.routes.conftest import District, joined
from gradeflow_tests.routes.real_school import as_of, real_school

__all__ = ["joined"]
WRITES = ("PUT", "POST", "PATCH", "DELETE")
Change = Callable[[dict[str, Any]], object]


def foretold(practice: Practice, *options: str) -> dict[str, Any]:
    """Simulate, and see that nothing was written: no row, no file, no setting, no call that writes."""
    before = traces(practice)
    practice.sis.forget()
    practice.canvas.forget()
    done = run(practice.home, "simulate", DISTRICT, *options, "--json")
    assert done.code == 0, done.err
    assert traces(practice) == before
    assert sum(practice.sis.calls(method) for method in WRITES if method != "POST") == 0
    assert practice.sis.calls("POST", "lineItems") == practice.sis.calls("POST", "results") == 0
    assert sum(practice.canvas.calls(method) for method in ("GET", *WRITES)) == 0
    return done.document


def traces(practice: Practice) -> dict[str, str]:
    """Digest every file of the home but the sandbox's own; of the warehouse every row, too."""
    connection = sqlite3.connect(practice.home / "warehouse.sqlite")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rows = "\n".join(connection.iterdump())
    connection.close()
    files = [
        file
        for file in sorted(practice.home.rglob("*"))
        if file.is_file()
        and "sandbox" not in file.relative_to(practice.home).parts
        and not file.name.endswith(("-wal", "-shm"))  # SQLite's own, which come and go with its readers
    ]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files} | {"rows": rows}


def planned(practice: Practice) -> dict[str, Any]:
    done = run(practice.home, "plan", DISTRICT, "--json")
    assert done.code in {0, 3, 4}, done.err
    return done.run


def as_planned(document: dict[str, Any]) -> dict[str, Any]:
    """What a simulation and a real plan both tell."""
    of = document.get("would_change", document)
    return {name: of[name] for name in ("line_items", "results", "findings", "plan")}


def changed_items(practice: Practice) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The changes of the newest plan, as it lies in its files: of line items, and of results."""
    folders = [
        path for path in practice.home.glob(f"extracts/passback_plan/{DISTRICT}/*") if path.name != "runs"
    ]
    newest = max(folders, key=lambda folder: folder.stat().st_mtime_ns)
    keys = ["lms_assignment_id", "section_id_sis", "action"]
    frames = [pd.read_parquet(newest / f"plan_{name}_changes.parquet") for name in ("line_item", "result")]
    items, results = (sorted(frame[keys].itertuples(index=False, name=None)) for frame in frames)
    return items, results


def passing(practice: Practice) -> set[tuple[str, str]]:
    """The line items that passed every rule in the newest run, as its files have them."""
    folders = [
        path
        for path in practice.home.glob(f"extracts/eligible_gradebook/{DISTRICT}/*")
        if path.name != "runs"
    ]
    newest = max(folders, key=lambda folder: folder.stat().st_mtime_ns)
    items = pd.read_parquet(newest / "line_items.parquet")
    goes = items[items["verdict"] == "pass"]
    return set(zip(goes["lms_assignment_id"], goes["section_id_sis"], strict=True))


def whole_items(block: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["assignment"], one["section"]) for one in block["items"] if one["is_whole"]}


def foretold_items(document: dict[str, Any]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    items, results = [], []
    for one in document["would_change"]["items"]:
        place = one["assignment"], one["section"]
        items += [(*place, one["line_item"])] if one["line_item"] else []
        results += [(*place, action) for action, count in one["results"].items() for _ in range(count)]
    return sorted(items), sorted(results)


def put(*keys: str, value: Any) -> Change:
    """Write a value into the district file, at a key."""

    def change(content: dict[str, Any]) -> None:
        at = content
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = value

    return change


UNMAPPED = [{"lms": "Homework", "sis": None}]
# What is tried, and the same written into the file: line items that would go and stop.
TRIED: list[tuple[str, tuple[str, ...], Change, str]] = [
    ("a longer title", ("--set", "overrides.title_max=60"), put("overrides", "title_max", value=60), "+2/-0"),
    (
        "a later effective date",
        ("--set", "passback.effective_date=2026-09-15"),
        put("passback", "effective_date", value=dt.date(2026, 9, 15)),
        "+0/-2",
    ),
    (
        "zeroes for missing work",
        ("--set", "overrides.missing_policy=auto_zero"),
        put("overrides", "missing_policy", value="auto_zero"),
        "+0/-0",
    ),
    (
        "a category map",
        ("--category-map", "map.yaml"),
        put("passback", "categories", value=UNMAPPED),
        "+0/-2",
    ),
    (
        "a calendar",
        ("--calendar", "calendar.yaml"),
        put("calendar", value={"closes": {"q1-2026": dt.date(2026, 10, 1)}}),
        "+0/-6",
    ),
    (
        "several at once",
        ("--profile", "profile.yaml", "--set", "passback.sections=[m9-01]"),
        lambda content: content.update(
            overrides={"title_max": 60, "score_digits": 0},
            passback=content["passback"] | {"sections": ["m9-01"]},
        ),
        "+1/-4",
    ),
]
FILES = {
    "map.yaml": "- {lms: Homework, sis: null}\n",
    "calendar.yaml": "closes: {q1-2026: 2026-10-01}\n",
    "profile.yaml": "title_max: 60\nscore_digits: 0\n",
}


def test_what_is_foretold_is_what_the_next_plan_says(
    loaded: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    as_it_was = loaded.file.read_text()
    seen, goes = {}, passing(loaded)
    for name, options, change, _ in TRIED:
        document = foretold(loaded, *options)
        loaded.change_file(change)
        real = planned(loaded)
        assert as_planned(document) == as_planned(real), name
        assert foretold_items(document) == changed_items(loaded), name
        would_go, would_stop = (whole_items(document[block]) for block in ("would_go", "would_stop"))
        assert (would_go, would_stop) == (passing(loaded) - goes, goes - passing(loaded)), name
        seen[name] = document["preview"]["line_items"]
        loaded.file.write_text(as_it_was)
    assert seen == {name: preview for name, _, _, preview in TRIED}
    assert sum(loaded.sis.calls(method, "results") for method in WRITES) == 0


def test_a_past_effective_date_is_foretold_as_the_backfill_that_it_is(practice: Practice) -> None:
    practice.change_file(put("passback", "effective_date", value=dt.date(2026, 10, 5)))
    assert practice.sync().code in {0, 3}
    option = ("--set", "passback.effective_date=2026-08-31")
    document = foretold(practice, *option)
    assert document["windows"] == {
        "today": {"first": "2026-10-01", "last": "2026-11-30"},
        "then": {"first": "2026-08-01", "last": "2026-11-30"},
    }
    go = document["would_go"]
    assert go["line_items"] > 0
    assert list(go["reasons"]) == ["BEFORE_EFFECTIVE_DATE"]
    assert "covers 2026-08-01 to 2026-11-30" in document["next"]
    practice.change_file(put("passback", "effective_date", value=dt.date(2026, 8, 31)))
    made = planned(practice)
    assert as_planned(document) == as_planned(made)
    before = set(practice.state()["lineItems"])
    assert practice.sync().code == 4  # what reaches further back than before is looked at first
    assert practice.sync("--plan", made["plan"], "--by", "Ann Lee").code in {0, 3}
    assert len(set(practice.state()["lineItems"]) - before) == go["line_items"]


def type_by_hand(sis: ServerSpec, assignment: Assignment, section: str) -> None:
    """Have a teacher make an item in the SIS by hand, under the name and date of one in the LMS."""
    school = real_school()
    assert assignment.due is not None
    period = next(one for one in school.periods if one.start <= assignment.due <= one.end)
    day = f"{assignment.due}T00:00:00.000Z"
    made = {
        "title": assignment.title,
        "assignDate": day,
        "dueDate": day,
        "class": {"sourcedId": section, "type": "class"},
        "category": {"sourcedId": school.category_of[assignment.type], "type": "category"},
        "gradingPeriod": {"sourcedId": period.id, "type": "academicSession"},
        "resultValueMin": 0,
        "resultValueMax": 100,
    }
    edit = {"collection": "lineItems", "sourcedId": "by-hand", "set": made}
    origin = str(sis.clock_url).removesuffix("/_sandbox/clock")
    httpx.post(f"{origin}/_sandbox/edit", json={"edits": [edit]}).raise_for_status()


def test_a_teacher_who_joins_is_told_with_what_the_sis_holds_by_hand_already(
    joined: Callable[[str, str], District],
) -> None:
    there, school = joined("otus", "skyward_sms"), real_school()
    home, (joins, *others) = there.home, school.passback_teachers
    file = home.districts_folder / f"{school.slug}.yaml"

    def group(rows: list[Any]) -> None:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        content["passback"]["teachers"] = rows
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    group(others)
    assert run(home.path, "sync", school.slug).code in {0, 3}

    def simulated() -> dict[str, Any]:
        return run(home.path, "simulate", school.slug, "--add-teacher", joins, "--json").document

    free = simulated()["would_go"]
    assert (free["line_items"], free["already_in_sis"]) == (1, 0)
    assert list(free["reasons"]) == ["ASSIGNER_NOT_IN_GROUP"]
    (one,) = free["items"]
    exam = next(assignment for assignment in school.assignments if assignment.title == one["title"])
    type_by_hand(there.sis, exam, one["section"])

    document = simulated()
    assert document["would_go"]["already_in_sis"] == 1
    assert document["would_change"]["held"] == {
        "LIKELY_DUPLICATE": {"line_items": 1, "results": one["results"]}
    }
    assert "1 of the 1 line items that would go exist in the SIS already" in document["notes"][0]
    group([*others, {"teacher": joins, "added": as_of(1).date().isoformat()}])
    real = run(home.path, "plan", school.slug, "--json").run
    assert as_planned(document) == as_planned(real)


def test_an_operator_reads_three_short_blocks_and_what_to_do_next(loaded: Practice) -> None:
    done = run(loaded.home, "simulate", DISTRICT, "--set", "overrides.title_max=60")
    assert done.code == 0, done.err
    words = " ".join(done.out.split())
    for word in (
        "overrides.title_max: nothing -> 60",
        "+2/-0 line items, +3/-0 results",
        "Would go: 2 line items, 3 results NAME_TOO_LONG until now: 2 line items, 3 results",
        "Would change in the SIS line items: create 2 results: create 3",
        "504 in m9-01",
        "Would stop: nothing",
        "Nothing was written. To make it so, write it into districts/practice.yaml",
        "gradeflow plan practice",
    ):
        assert word in words
    assert max(map(len, done.out.splitlines())) <= 80
    stops = run(loaded.home, "simulate", DISTRICT, "--set", "passback.effective_date=2026-09-15").out
    words = " ".join(stops.split())
    assert "What was sent stays in the SIS: 2 line items, 9 results." in words
    assert "Would change in the SIS: nothing" in words
    assert "s-001" not in done.out + stops


def test_with_nothing_to_read_the_sis_is_not_asked(loaded: Practice) -> None:
    document = foretold(loaded, "--set", "passback.effective_date=2026-09-15")
    assert document["sis_reads"] == sum(loaded.sis.calls(method) for method in ("GET", "POST")) == 0
    assert foretold(loaded, "--set", "overrides.title_max=60")["sis_reads"] == loaded.sis.calls("GET") > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--add-teacher"),
        (("--set", "overrides.title_mx=3"), "title_max"),
        (("--set", "overrides.title_max=long"), "overrides.title_max"),
        (("--set", "passback.effective_dat=2026-09-01"), "passback.effective_dat: this key is not known"),
        (("--set", "passback.effective_date=soon"), "key passback.effective_date"),
        (("--set", "passback.effective_date=2026-02-31"), "a date that does not exist"),
        (("--set", "passback"), "KEY=VALUE"),
        (("--set", "sis.kind=aeries"), "allowed: passback, calendar"),
        (("--add-teacher", "t-100"), "in the passback group already"),
        (("--remove-teacher", "t-999"), "allowed: t-100, t-200"),
        (("--category-map", "nowhere.yaml"), "there is no such file"),
        (("--category-map", "wrong.yaml"), "wrong.yaml, line 2, key categories.1.sis"),
        (("--calendar", "wrong.yaml"), "wrong.yaml"),
        (("--profile", "unknown.yaml"), "unknown.yaml, line 2, key title_mx"),
        (("--set", "overrides.title_max=30", "--as-of", "tomorrow"), "2026-11-21T03:30:00-06:00"),
    ],
)
def test_what_is_unknown_is_told_as_the_file_tells_it(
    loaded_home: tuple[Path, Any, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text("- {lms: Lab, sis: Lab}\n- {lms: Quiz, sys: Quiz}\n", encoding="utf-8")
    Path("unknown.yaml").write_text("title_max: 3\ntitle_mx: 3\n", encoding="utf-8")
    as_of = () if "--as-of" in options else ("--as-of", "2026-11-02T03:30:00-05:00")
    done = run(loaded_home[0], "simulate", DISTRICT, *options, *as_of)
    assert done.code == 2
    assert said in done.err, done.err


def test_before_the_first_run_it_says_how_to_begin(untouched_home: Path, tmp_path: Path) -> None:
    home = copy_of(untouched_home, tmp_path / "home")
    options = ("--set", "overrides.title_max=30", "--as-of", "2026-11-02T03:30:00-05:00")
    done = run(home, "simulate", DISTRICT, *options)
    assert done.code == 2
    assert "gradeflow plan" in done.err
    assert not (home / "warehouse.sqlite").exists()
