"""What was dropped is in the journal: entry by entry, durable, and never changed."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradeflow.errors import AmbiguousDeliveryError, RetriableError, SourceDataError
from gradeflow.ports import BulkGradeSink
from gradeflow.sis.file_drop_journal import Journal
from gradeflow_tests.contracts.manners import OTHER, RESULT
from gradeflow_tests.sis.dropped import LINE_ITEM, Drop, create, items, results


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
