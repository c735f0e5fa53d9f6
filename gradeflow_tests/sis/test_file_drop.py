"""What a drop folder promises in place of an SIS."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gradeflow.errors import AmbiguousDeliveryError, PermanentError, RetriableError, SourceDataError
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.ports import BulkGradeSink, ConnectorContext
from gradeflow.sandbox.file_drop import write_roster
from gradeflow.sis.file_drop import CONNECTOR
from gradeflow.sis.file_drop_export import ASSIGNMENTS, SCORES
from gradeflow.sis.file_drop_journal import Journal, held_of
from gradeflow.sis.file_drop_settings import FileDropSettings
from gradeflow_tests.sis.vendor_practice import AS_OF, awkward_school

SECTION, OTHER = "0901", "0902,1"
LINE_ITEM = LineItemWrite(
    sis_id="item-1",
    section_id_sis=SECTION,
    school_id_sis=None,
    title="Ratios, practice",
    assign_date="2026-11-09",
    due_date="2026-11-13",
    category_id_sis="cat-homework",
    period_id_sis="q2-2026",
    points_possible_e4=200_000,
    is_create=True,
)
RESULT = ResultWrite(
    sis_id="result-1",
    line_item_sis_id="item-1",
    section_id_sis=SECTION,
    student_id_sis="000001",
    score_e4=85_000,
    status="graded",
    score_date="2026-11-16",
)


@dataclass
class Drop:
    """A drop folder and its roster."""

    root: Path

    @property
    def settings(self) -> dict[str, Any]:
        return {"folder": self.root / "drop", "roster": self.root / "roster"}

    def run(self, work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
        async def main() -> Any:
            context = ConnectorContext("practice", awkward_school().zone, AS_OF, lambda reference: "")
            settings = FileDropSettings.model_validate({**self.settings, **more})
            async with CONNECTOR.open(settings, context) as system:
                return await work(system)

        return asyncio.run(main())

    def pack(self, number: int) -> Path:
        return self.root / "drop" / "packs" / f"{number:04}"

    def rows(self, number: int, name: str) -> list[dict[str, str]]:
        with (self.pack(number) / name).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def observe(
        self, pack: int, items: list[dict[str, Any]], scores: list[dict[str, Any]], sections: Any
    ) -> None:
        folder = self.root / "drop" / "observed"
        folder.mkdir(parents=True, exist_ok=True)
        columns = {"assignments": ASSIGNMENTS, "scores": SCORES}
        for name, rows in (("assignments", items), ("scores", scores)):
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
                writer = csv.DictWriter(lines, columns[name], restval="")
                writer.writeheader()
                writer.writerows(rows)
        told = {"packs_entered": pack, "assignments": len(items), "scores": len(scores), "sections": sections}
        (folder / "complete.json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    write_roster(tmp_path / "roster", awkward_school())
    return Drop(tmp_path)


async def create(system: Any) -> Any:
    return await system.put_line_item(LINE_ITEM), await system.put_result(RESULT)


async def items(system: Any) -> Any:
    return await system.read_line_items(SECTION)


async def results(system: Any) -> Any:
    return await system.read_results(SECTION, "item-1")


# ---- roster ------------------------------------------------------------------------------------------


def test_the_reference_is_the_roster(drop: Drop) -> None:
    found, school = drop.run(lambda system: system.read_reference()), awkward_school()
    for name, schema in (
        ("sections", frames.SIS_SECTIONS),
        ("grading_periods", frames.GRADING_PERIODS),
        ("categories", frames.CATEGORIES),
        ("students", frames.STUDENTS),
        ("enrolments", frames.ENROLMENTS),
        ("teachers", frames.TEACHERS),
        ("class_teachers", frames.CLASS_TEACHERS),
    ):
        frames.checked(schema, getattr(found, name))
    assert list(found.grading_periods.period_id_sis) == [period.id for period in school.periods]
    assert set(found.students.student_id_sis) == set(school.students)
    seats = set(zip(found.enrolments.student_id_sis, found.enrolments.section_id_sis, strict=True))
    assert seats == {(one.student, one.section) for one in school.enrolments}
    scope = found.categories.set_index("category_id_sis").section_id_sis
    assert scope["cat-lab"] == "sci-01"
    mine = found.class_teachers[found.class_teachers.section_id_sis == OTHER]
    assert dict(zip(mine.teacher_id_sis, mine.is_primary, strict=True)) == {"t-200": True, "t-300": False}


@pytest.mark.parametrize("name", ["academicSessions", "categories", "classes", "enrollments", "users"])
def test_a_file_that_is_missing_or_lacks_a_column_is_no_empty_list(drop: Drop, name: str) -> None:
    path = drop.root / "roster" / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    with pytest.raises(SourceDataError, match=f"{name}.csv cannot be read"):
        drop.run(lambda system: system.read_reference())
    path.write_text(text.replace("sourcedId", "id", 1), encoding="utf-8")
    with pytest.raises(SourceDataError, match="has no column sourcedId"):
        drop.run(lambda system: system.read_reference())
    path.write_text(text + '"broken\n', encoding="utf-8")
    with pytest.raises(SourceDataError) as caught:
        drop.run(lambda system: system.read_reference())
    assert caught.value.code in {"ROSTER_INVALID", "SIS_RECORD_INVALID"}


def test_a_roster_from_a_spreadsheet_with_a_mark_and_more_columns_is_read(drop: Drop) -> None:
    path = drop.root / "roster" / "classes.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    more = [lines[0] + ",metadata.x", *(line + ",y" for line in lines[1:])]
    path.write_text("\ufeff" + "\r\n".join(more) + "\r\n", encoding="utf-8", newline="")
    assert len(drop.run(lambda system: system.read_reference()).sections) == 3


# ---- journal -----------------------------------------------------------------------------------------


def test_what_was_dropped_is_what_is_read_back_also_by_a_later_run(drop: Drop) -> None:
    async def work(system: Any) -> Any:
        assert isinstance(system, BulkGradeSink)
        return await create(system), await items(system), await results(system), system.calls

    (item, result), found, cells, calls = drop.run(work)
    assert (item.sis_id, item.title, item.points_possible_e4) == ("item-1", "Ratios, practice", 200_000)
    assert (result.is_echoed, result.score_e4, result.status) == (True, 85_000, "graded")
    assert (calls.reads, calls.writes) == (2, 2)
    row, cell = found.iloc[0], cells.iloc[0]
    assert (row.sis_id, row.category_id_sis, row.period_id_sis) == ("item-1", "cat-homework", "q2-2026")
    assert (str(row.due_date.date()), row.points_possible_e4) == ("2026-11-13", 200_000)
    assert (cell.sis_id, cell.student_id_sis, cell.score_e4, cell.status) == (
        "result-1",
        "000001",
        85_000,
        "graded",
    )
    again = drop.run(items)
    assert again.equals(found)
    assert drop.run(lambda system: system.read_line_items(OTHER)).empty


@pytest.mark.parametrize("score_e4", [0, 1, 81_000, 87_501, -5_000])
def test_scores_keep_every_digit(drop: Drop, score_e4: int) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        await system.put_result(dataclasses.replace(RESULT, score_e4=score_e4))

    drop.run(work)
    assert drop.run(results).score_e4[0] == score_e4


def test_exempt_goes_over_and_comes_back(drop: Drop) -> None:
    drop.run(lambda system: system.put_result(dataclasses.replace(RESULT, score_e4=0, status="exempt")))
    assert list(drop.run(results).status) == ["exempt"]


def test_an_entry_is_never_changed_or_replaced(drop: Drop) -> None:
    drop.run(create)
    folder = drop.root / "drop" / "journal"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(before) == ["00000001.json", "00000002.json"]
    drop.run(lambda system: system.put_result(dataclasses.replace(RESULT, score_e4=90_000)))
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert list(drop.run(results).score_e4) == [90_000]


def test_many_go_into_one_entry(drop: Drop) -> None:
    async def work(system: Any) -> Any:
        students = ["000001", "1", "s-003"]
        return await system.put_results([dataclasses.replace(RESULT, student_id_sis=one) for one in students])

    assert [one.score_e4 for one in drop.run(work)] == [85_000] * 3
    assert len(list((drop.root / "drop" / "journal").iterdir())) == 1


def test_a_journal_with_a_gap_or_a_torn_entry_is_not_used(drop: Drop) -> None:
    drop.run(create)
    first = drop.root / "drop" / "journal" / "00000001.json"
    text = first.read_text(encoding="utf-8")
    first.write_text(text[:20], encoding="utf-8")
    with pytest.raises(SourceDataError, match="entry 1 cannot be read"):
        drop.run(items)
    first.unlink()
    with pytest.raises(SourceDataError, match="an entry is missing"):
        drop.run(items)


def test_a_folder_that_cannot_be_written_certainly_stored_nothing(drop: Drop) -> None:
    (drop.root / "drop").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(RetriableError, match="the drop folder cannot be written"):
        drop.run(lambda system: system.put_line_item(LINE_ITEM))


def test_an_entry_whose_number_could_not_be_made_durable_is_unknown(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> None:
        raise OSError

    monkeypatch.setattr("gradeflow.sis.file_drop_journal.fsync_folder", broken)
    with pytest.raises(AmbiguousDeliveryError):
        Journal(drop.root / "drop" / "journal").append("2026-11-16", [], [])


@pytest.mark.parametrize("has_links", [True, False])
def test_a_writer_that_saw_an_empty_folder_gives_no_number_twice(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError

    journal = Journal(drop.root / "drop" / "journal")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "glob", lambda *_: iter(()))
        if not has_links:
            patch.setattr(Path, "hardlink_to", no_links)
        for at in range(3):
            journal.append(str(at))
    assert [entry["at"] for _, entry in journal.entries()] == ["0", "1", "2"]


WRITER = """
import sys
from pathlib import Path
from gradeflow.sis.file_drop_journal import Journal
journal = Journal(Path(sys.argv[1]))
for at in range(10_000):
    journal.append(str(at), [], [])
    print(at, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 25])
def test_a_writer_that_is_killed_loses_nothing_that_it_acknowledged_and_leaves_nothing_half(
    tmp_path: Path, acknowledged: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(acknowledged):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
    journal = Journal(tmp_path)
    found = [entry["at"] for _, entry in journal.entries()]
    assert len(found) >= acknowledged
    assert found == [str(at) for at in range(len(found))]
    journal.append("next", [], [])
    assert journal.entries()[-1][1]["at"] == "next"


# ---- packs -------------------------------------------------------------------------------------------


def test_a_pack_says_what_to_type_and_proves_itself(drop: Drop) -> None:
    async def work(system: Any) -> None:
        await create(system)
        await system.put_result(dataclasses.replace(RESULT, student_id_sis="1", score_e4=0, status="exempt"))

    drop.run(work)
    manifest = json.loads((drop.pack(1) / "manifest.json").read_bytes())
    assert (manifest["pack"], manifest["at"], manifest["entries"]) == (
        1,
        AS_OF.isoformat(),
        {"first": 1, "last": 3},
    )
    assert manifest["counts"] == {"sections": 1, "assignments": 1, "scores": 2}
    for one in manifest["files"]:
        content = (drop.pack(1) / one["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
    listed = {one["path"] for one in manifest["files"]} | {"manifest.json"}
    assert listed == {
        str(path.relative_to(drop.pack(1))) for path in drop.pack(1).rglob("*") if path.is_file()
    }
    text = (drop.pack(1) / "0901" / "to-type.txt").read_text(encoding="utf-8")
    assert [line.split() for line in text.splitlines() if line.strip()] == [
        ["Section", "0901"],
        ["NEW", "ASSIGNMENT:", "Ratios,", "practice"],
        ["category", "cat-homework"],
        ["points", "20"],
        ["assigned", "2026-11-09"],
        ["due", "2026-11-13"],
        ["100001", "8.5"],
        ["100002", "EXCUSED"],
    ]
    assert drop.rows(1, "0901/import/item-1.csv") == [{"Student Num": "100001", "Score": "8.5"}]


def test_the_next_pack_holds_only_what_changed_and_what_stood_before(drop: Drop) -> None:
    drop.run(create)

    async def work(system: Any) -> None:
        await system.put_line_item(dataclasses.replace(LINE_ITEM, due_date="2026-11-20", is_create=False))
        await system.put_result(RESULT)  # the same again
        await system.put_result(dataclasses.replace(RESULT, student_id_sis="1", score_e4=70_000))

    drop.run(work)
    (changed,) = drop.rows(2, "0901/assignments.csv")
    assert (changed["change"], changed["due_date"]) == ("changed", "2026-11-20")
    (score,) = drop.rows(2, "0901/scores.csv")
    assert (score["change"], score["student_number"], score["score"], score["before"]) == (
        "new",
        "100002",
        "7",
        "",
    )
    assert (
        "due             2026-11-20   (was 2026-11-13)" in (drop.pack(2) / "0901" / "to-type.txt").read_text()
    )
    drop.run(lambda system: system.put_result(dataclasses.replace(RESULT, score_e4=90_000)))
    (score,) = drop.rows(3, "0901/scores.csv")
    assert (score["change"], score["score"], score["before"]) == ("changed", "9", "8.5")
    assert "ASSIGNMENT: Ratios, practice" in (drop.pack(3) / "0901" / "to-type.txt").read_text()


def test_a_cleared_score_is_read_back_blank_and_the_pack_says_to_clear_it(drop: Drop) -> None:
    drop.run(create)
    blank = dataclasses.replace(RESULT, score_e4=0, status="blank")
    stored = drop.run(lambda system: system.put_result(blank))
    assert (stored.score_e4, stored.status) == (None, None)
    (found,) = drop.run(results).to_dict("records")
    assert found["status"] != found["status"]
    assert drop.run(results)["score_e4"].isna().all()
    (row,) = drop.rows(2, f"{SECTION}/scores.csv")
    assert (row["change"], row["score"], row["status"], row["before"]) == ("changed", "", "", "8.5")
    assert "CLEAR IT   (was 8.5)" in (drop.pack(2) / SECTION / "to-type.txt").read_text(encoding="utf-8")
    assert not (drop.pack(2) / SECTION / "import").exists()


def test_a_run_that_wrote_nothing_makes_no_pack(drop: Drop) -> None:
    drop.run(items)
    drop.run(lambda system: system.check())
    assert not (drop.root / "drop" / "packs").exists()


def test_what_a_killed_run_wrote_goes_into_the_next_pack(drop: Drop) -> None:
    drop.run(create)
    journal = Journal(drop.root / "drop" / "journal")
    row = held_of(journal.entries()).results["item-1"]["000001"]
    journal.append("killed", [], [{**row, "score": "6"}])
    drop.run(lambda system: system.check())
    assert not drop.pack(2).exists()
    drop.run(lambda system: system.read_reference())  # a night without a change reads no more
    assert [one["score"] for one in drop.rows(2, "0901/scores.csv")] == ["6"]


def test_a_pack_that_cannot_be_written_keeps_the_journal_for_the_next(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, content: bytes) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("gradeflow.sis.file_drop_pack.write_durably", broken)
        with pytest.raises(PermanentError, match="goes into the next pack"):
            drop.run(create)
    assert list((drop.root / "drop" / "packs").iterdir()) == []
    drop.run(lambda system: system.read_reference())
    assert len(drop.rows(1, "0901/scores.csv")) == 1


@pytest.mark.parametrize("section", ["0902,1", "a/b", "..", ".", "Mathé 1"])
def test_a_section_id_is_never_a_way_out_of_the_folder(drop: Drop, section: str) -> None:
    drop.run(lambda system: system.put_line_item(dataclasses.replace(LINE_ITEM, section_id_sis=section)))
    (path,) = drop.pack(1).rglob("assignments.csv")
    assert path.parent.parent == drop.pack(1)
    assert drop.rows(1, f"{path.parent.name}/assignments.csv")[0]["section_id"] == section


# ---- what the SIS is known to hold -------------------------------------------------------------------


ITEM_ROW = {"line_item_id": "item-1", "section_id": SECTION, "title": "Ratios", "due_date": "2026-11-13"}
SCORE_ROW = {"line_item_id": "item-1", "student_id": "000001", "score": "7.5", "status": "graded"}


def test_an_export_of_the_sis_tells_a_teachers_edit(drop: Drop) -> None:
    drop.run(create)
    drop.observe(1, [ITEM_ROW], [SCORE_ROW], [SECTION])
    assert list(drop.run(items).title) == ["Ratios"]
    assert list(drop.run(results).score_e4) == [75_000]


def test_what_was_dropped_after_the_export_counts_on_top_of_it(drop: Drop) -> None:
    drop.run(create)
    drop.observe(1, [ITEM_ROW], [SCORE_ROW], [SECTION])
    drop.run(lambda system: system.put_result(dataclasses.replace(RESULT, score_e4=90_000)))
    assert list(drop.run(results).score_e4) == [90_000]
    assert list(drop.run(items).title) == ["Ratios"]


def test_what_an_export_lacks_of_its_sections_was_deleted_and_of_others_is_not_known(drop: Drop) -> None:
    async def work(system: Any) -> None:
        await create(system)
        await system.put_line_item(dataclasses.replace(LINE_ITEM, sis_id="item-2", section_id_sis=OTHER))

    drop.run(work)
    drop.observe(1, [], [], [SECTION])
    assert drop.run(items).empty
    assert drop.run(results).empty
    assert list(drop.run(lambda system: system.read_line_items(OTHER)).sis_id) == ["item-2"]


def test_an_assignment_that_a_teacher_made_is_seen_so_that_it_is_not_made_twice(drop: Drop) -> None:
    drop.observe(0, [{**ITEM_ROW, "line_item_id": ""}], [], [SECTION])
    (row,) = drop.run(items).itertuples()
    assert (row.title, row.sis_id.partition(":")[0]) == ("Ratios", "observed")


@pytest.mark.parametrize(
    "spoil",
    [
        {"complete.json": None},
        {"complete.json": '{"packs_entered": 1}'},
        {"complete.json": '{"packs_entered": 1, "assignments": 9, "scores": 1, "sections": ["0901"]}'},
        {"complete.json": '{"packs_entered": 9, "assignments": 1, "scores": 1, "sections": ["0901"]}'},
        {"complete.json": '{"packs_entered": 1, "assignments": 1, "scores": 1, "sections": []}'},
        {"scores.csv": "line_item_id,student_id,score,status\nitem-1,000001,A,graded\n"},
        {"scores.csv": "line_item_id,student_id,score,status\nitem-1,000001,7,submitted\n"},
        {"scores.csv": "line_item_id,student_id\nitem-1,000001\n"},
    ],
)
def test_an_unfinished_or_broken_export_is_an_error_and_nothing_is_guessed(drop: Drop, spoil: Any) -> None:
    drop.run(create)
    drop.observe(1, [ITEM_ROW], [SCORE_ROW], [SECTION])
    for name, text in spoil.items():
        path = drop.root / "drop" / "observed" / name
        path.unlink()
        if text is not None:
            path.write_text(text, encoding="utf-8")
    for work in (items, results):
        with pytest.raises(SourceDataError):
            drop.run(work)
    assert [check.passed for check in drop.run(lambda system: system.check())] == [True, True, False]


def test_the_check_says_what_waits_and_writes_nothing(drop: Drop) -> None:
    drop.run(create)

    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = drop.run(work)
    assert [check.passed for check in checks] == [True, True, True]
    assert (writes, system_id) == (0, "file_drop:practice")
    assert drop.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"
    assert CONNECTOR.evidence == "assumed"


def test_an_open_connection_shows_nobody_in_its_repr(drop: Drop) -> None:
    async def work(system: Any) -> str:
        await system.read_reference()
        await create(system)
        await results(system)
        return repr(system)

    shown = drop.run(work)
    assert not [one for one in awkward_school().students if len(one) > 3 and one in shown]


# ---- an SIS that keeps less than was entered ---------------------------------------------------------


def test_a_score_that_the_sis_shows_rounded_is_as_it_was_entered_and_an_edit_is_seen(drop: Drop) -> None:
    students = ("000001", "1", "s-003", "s-004")
    entered = (87_500, 82_500, 90_000, 70_000)

    async def work(system: Any) -> None:
        await system.put_line_item(LINE_ITEM)
        for student, score_e4 in zip(students, entered, strict=True):
            await system.put_result(dataclasses.replace(RESULT, student_id_sis=student, score_e4=score_e4))

    def seen(*scores: str) -> dict[str, int]:
        rows = [
            {**SCORE_ROW, "student_id": key, "score": one} for key, one in zip(students, scores, strict=True)
        ]
        drop.observe(1, [{**ITEM_ROW, "title": LINE_ITEM.title}], rows, [SECTION])
        found = drop.run(results)
        return dict(zip(found.student_id_sis, found.score_e4, strict=True))

    drop.run(work)
    as_entered = dict(zip(students, entered, strict=True))
    assert seen("9", "8", "9", "7.00") == as_entered  # one rounds, one cuts
    assert seen("8.75", "8.25", "9", "7") == as_entered
    assert seen("10", "8", "9", "7") == {**as_entered, "000001": 100_000}
    assert seen("9", "8", "9", "8") == {**as_entered, "s-004": 80_000}
    # The line item keeps halves, so that a whole number where 8.75 was entered is somebody's.
    assert seen("9", "8.5", "9", "7") == {**as_entered, "000001": 90_000, "1": 85_000}


def test_a_title_that_the_sis_shows_cut_is_as_it_was_entered_and_a_shorter_one_is_an_edit(drop: Drop) -> None:
    writes = [
        dataclasses.replace(LINE_ITEM, sis_id=key, title=title)
        for key, title in (("item-1", "Comparing ratios and rates"), ("item-2", "Percents and a test"))
    ]
    drop.run(lambda system: system.put_line_items(writes))

    def seen(*titles: str) -> list[str]:
        rows = [
            {**ITEM_ROW, "line_item_id": one.sis_id, "title": t}
            for one, t in zip(writes, titles, strict=True)
        ]
        drop.observe(1, rows, [], [SECTION])
        return list(drop.run(items).title)

    assert seen("Comparing ratio", "Percents and a") == [one.title for one in writes]
    assert seen("Comparing", "Percents and a") == ["Comparing", "Percents and a"]
    assert seen("Ratios and rate", "Percents") == ["Ratios and rate", "Percents"]
