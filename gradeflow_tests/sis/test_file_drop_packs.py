"""A pack says what to type: all that changed since the last one, and nothing twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gradeflow.errors import PermanentError
from gradeflow.sis.file_drop_journal import Journal, held_of
from gradeflow_tests.contracts.manners import RESULT, SECTION
from gradeflow_tests.sis.dropped import LINE_ITEM, Drop, create, items, results
from gradeflow_tests.sis.vendor_practice import AS_OF


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
