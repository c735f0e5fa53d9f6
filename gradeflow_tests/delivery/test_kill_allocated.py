"""A real `kill -9` before or after any call of an SIS that gives its own ids: the next run finds what was made."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import BulkSis, MemorySis
from gradeflow_tests.delivery.processes import PROCESSES

SCORES = {"s1": 50_000, "s2": 60_000, "s3": 70_000}
BULK = {"line_item_batch": 5, "result_batch": 2}


def school(folder: Path, manners: dict[str, Any], kill_at: tuple[int, str] | None = None) -> School:
    """Open the school where another process left it."""
    kind = BulkSis if "result_batch" in manners else MemorySis
    sis = kind(allocates_ids=True, file=folder / "sis.json", kill_at=kill_at, **manners)
    sis.load()
    made = School(folder, sis, max_in_flight=1)
    made.add("1", SCORES)
    made.add("2", {"s1": 70_000, "s2": 80_000})
    return made


def _night(folder: Path, manners: dict[str, Any], kill_at: tuple[int, str]) -> None:
    school(folder, manners, kill_at).night()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("manners", "call", "what"),
    [
        pytest.param({"keeps_external_id": True}, 1, "item", id="an item, our id kept"),
        pytest.param({"keeps_external_id": False}, 1, "item", id="an item, our id not kept"),
        pytest.param({"keeps_external_id": False}, 4, "score", id="a score"),
        pytest.param({"keeps_external_id": False, **BULK}, 1, "items", id="a call of items"),
        pytest.param({"keeps_external_id": False, **BULK}, 2, "scores", id="a call of scores"),
        pytest.param({"keeps_external_id": False, "digits": 0, **BULK}, 2, "scores", id="scores rounded"),
    ],
)
def test_a_killed_run_is_finished_by_the_next_without_loss_or_duplicate(
    tmp_path: Path, manners: dict[str, Any], call: int, what: str, when: str
) -> None:
    calm = school(tmp_path / "calm", manners)
    calm.folder.mkdir()
    calm.night()
    folder = tmp_path / "killed"
    folder.mkdir()
    child = PROCESSES.Process(target=_night, args=(folder, manners, (call, when)))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    between = school(folder, manners)
    stored = len(between.sis.state.items), sum(map(len, between.sis.state.cells.values()))
    expected = {"item": (1, 0), "items": (2, 0), "score": (2, 2), "scores": (2, 2)}[what]
    before = {"item": (0, 0), "items": (0, 0), "score": (2, 1), "scores": (2, 0)}[what]
    assert stored == (expected if when == "after" else before)
    second = between.night()
    assert (second.unresolved, second.held, second.codes) == (0, [], {})
    assert between.sis.contents() == calm.sis.contents()
    between.sis.log.clear()
    third = between.night()
    assert (third.results, between.sis.count("put_result")) == ({"unchanged": 5}, 0)
    items, _ = between.remembered()
    assert set(items["sis_id"]) == set(between.sis.state.items)
