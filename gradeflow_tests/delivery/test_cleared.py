"""Scores cleared in the LMS are cleared in the SIS where a district says so, and only what was sent there (G02)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradeflow.model.gradebook import ResultWrite, StoredResult
from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import BulkSis, MemorySis
from gradeflow_tests.delivery.nights import night
from gradeflow_tests.delivery.practice import Practice
from gradeflow_tests.rules.small_school import at, score

CLEAR = {"on_cleared": "clear"}
ASSIGNMENT, TITLE, SECTION, STUDENT = 501, "Ratios practice", "m9-01", "s-001"


def clear(school: School, assignment: str, student: str) -> None:
    """Have a teacher take a score out of the LMS."""
    school.give(assignment, student, 0)
    section = school.items[assignment]["section_id_sis"]
    key = {"lms_assignment_id": assignment, "section_id_sis": section, "student_id_sis": student}
    school.scores[assignment, student] = score(**key, score_e4=None)


def cell(school: School, student: str = "s1") -> tuple[int | None, str | None] | None:
    """What the SIS holds of a student in the one line item."""
    found = school.sis.state.cells[school.sis.key_of("Work 1")].get(student)
    return None if found is None else found[1:]


def one_night(folder: Path, sis: MemorySis, **overrides: Any) -> School:
    """A school whose first night is over, and whose teacher cleared a score since."""
    school = School(folder, sis, CLEAR | overrides)
    school.add("1", {"s1": 50_000, "s2": 60_000})
    assert school.night().results == {"created": 2}
    clear(school, "1", "s1")
    return school


@pytest.fixture(params=["blank", "gone", "own ids", "in one call", "mute"])
def sis(request: pytest.FixtureRequest) -> MemorySis:
    """SISs with several ways of holding nothing, and of saying so."""
    made: dict[str, MemorySis] = {
        "blank": MemorySis(),
        "gone": MemorySis(drops_cleared=True),
        "own ids": MemorySis(allocates_ids=True, drops_cleared=True),
        "in one call": BulkSis(result_batch=5),
        "mute": MemorySis(is_mute=True),
    }
    return made[request.param]


def test_a_cleared_score_is_cleared_and_a_later_one_is_sent(tmp_path: Path, sis: MemorySis) -> None:
    school = one_night(tmp_path, sis)
    done = school.night()
    assert (done.results, done.planned.plan.cleared) == ({"updated": 1, "unchanged": 1}, 1)
    assert done.codes["SCORE_CLEARED"] == 1
    assert cell(school) in (None, (None, None))
    _, results = school.remembered()
    bases = results.set_index("origin").loc["cleared"]
    assert bases[["sent_score_e4", "sent_status", "stored_score_e4", "stored_status"]].isna().all()
    sis.log.clear()
    assert school.night().results == {"skipped": 1, "unchanged": 1}
    assert sis.log == []
    school.give("1", "s1", 40_000)
    done = school.night()
    assert (done.results, cell(school)) == ({"created": 1, "unchanged": 1}, (40_000, "graded"))
    assert "SCORE_CLEARED" not in done.codes
    assert school.night().results == {"unchanged": 2}


def test_what_the_office_types_into_a_cleared_cell_stays(tmp_path: Path, sis: MemorySis) -> None:
    school = one_night(tmp_path, sis)
    school.night()
    there = sis.state.cells[sis.key_of("Work 1")]
    there["s1"] = (there.get("s1", ("theirs", None, None))[0], 10_000, "graded")
    school.give("1", "s1", 40_000)
    done = school.night()
    assert (done.results, done.held) == ({"held": 1, "unchanged": 1}, ["SIS_TYPED_FIRST"])
    assert cell(school) == (10_000, "graded")


@pytest.mark.parametrize("fault", ["lost", "reset"])
def test_a_clearing_without_an_answer_is_looked_at_before_it_goes_again(tmp_path: Path, fault: str) -> None:
    sis = MemorySis()
    school = one_night(tmp_path, sis)
    sis.faults = [fault]
    done = school.night()
    assert (done.results, done.unresolved) == ({"updated": 1, "unchanged": 1}, 0)
    assert cell(school) == (None, None)


class Unread(MemorySis):
    """An SIS that takes a clearing, loses the answer, and cannot be read afterwards in that run."""

    typed: tuple[int, str] | None = None

    async def put_result(self, write: ResultWrite) -> StoredResult:
        stored = await super().put_result(write)
        if write.status == "blank":
            raise_after(self, write)
        return stored


def raise_after(sis: Unread, write: ResultWrite) -> None:
    """Have somebody type into the cell at once, and end the process as a crash would."""
    if sis.typed is not None:
        cells = sis.state.cells[write.line_item_sis_id]
        cells[write.student_id_sis] = (write.sis_id, *sis.typed)
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("typed", "results", "left"),
    [
        (None, {"skipped": 1, "unchanged": 1}, (None, None)),
        ((10_000, "graded"), {"unchanged": 2}, (10_000, "graded")),
        ((50_000, "graded"), {"updated": 1, "unchanged": 1}, (None, None)),
    ],
    ids=["it was taken", "somebody typed over it", "it was not taken"],
)
def test_after_a_crash_the_sis_explains_whether_a_score_was_cleared(
    tmp_path: Path, typed: tuple[int, str] | None, results: dict[str, int], left: Any
) -> None:
    sis = Unread()
    school = one_night(tmp_path, sis)
    sis.typed = typed
    with pytest.raises(KeyboardInterrupt):
        school.night()
    school.sis = MemorySis(state=sis.state)
    done = school.night()
    assert (done.results, done.unresolved, cell(school)) == (results, 0, left)


class Zeroing(MemorySis):
    """An SIS that answers yes to a clearing and keeps a zero instead."""

    def _store_cell(self, write: ResultWrite) -> Any:
        if write.status != "blank":
            return super()._store_cell(write)
        self.state.cells[write.line_item_sis_id][write.student_id_sis] = (write.sis_id, 0, "graded")
        return StoredResult(write.sis_id, is_echoed=False)


@pytest.mark.parametrize("sis", [Zeroing(), MemorySis()], ids=["a zero instead", "nothing at all"])
def test_a_cell_that_is_not_seen_blank_was_not_cleared(tmp_path: Path, sis: MemorySis) -> None:
    school = one_night(tmp_path, sis)
    sis.faults = [None if isinstance(sis, Zeroing) else "forgotten"]
    done = school.night()
    assert done.results == {"failed": 1, "unchanged": 1}
    assert done.codes["NOT_STORED"] == 1
    _, results = school.remembered()
    assert "cleared" not in set(results["origin"])


def test_an_sis_that_cannot_clear_stops_the_district_with_words(tmp_path: Path) -> None:
    school = one_night(tmp_path, MemorySis())
    school.sis.clears_results = False
    (stopped,) = school.breakers().stopped_by
    assert stopped.name == "ready"
    assert "on_cleared: clear" in stopped.message


def test_a_wave_of_cleared_scores_stops_the_run(tmp_path: Path) -> None:
    school = one_night(tmp_path, MemorySis(), breaker_minimum=1, breaker_share_changed=1)
    (stopped,) = school.breakers().stopped_by
    assert (stopped.name, stopped.value, stopped.base) == ("share_zeroed", 1, 2)
    assert "be cleared (1)" in stopped.message
    assert school.breakers(frozenset({"share_zeroed"})).stopped_by == []


def in_sis(practice: Practice) -> dict[str, Any] | None:
    return practice.results_of(practice.item(TITLE, SECTION)).get(STUDENT)


def test_a_cleared_score_is_deleted_over_oneroster_and_sent_anew(loaded: Practice) -> None:
    loaded.change_file(lambda content: content.update(overrides={**content.get("overrides", {}), **CLEAR}))
    loaded.grade(ASSIGNMENT, STUDENT, None)
    assert night(loaded).code == 4
    assert in_sis(loaded) is not None
    loaded.change_file(lambda content: content["sis"].update(delete_results=True))
    loaded.sis.forget()
    done = night(loaded)
    assert (done.results["updated"], loaded.sis.calls("DELETE"), in_sis(loaded)) == (1, 1, None)
    assert (night(loaded).results["updated"], loaded.sis.calls("DELETE")) == (0, 1)
    loaded.grade(ASSIGNMENT, STUDENT, 7)
    assert night(loaded).results["created"] == 1
    there = in_sis(loaded)
    assert there is not None
    assert there["score"] == 7


@pytest.mark.parametrize(
    ("on_cleared", "stands", "codes"),
    [("keep", 50_000, {"SENT_NOW_INELIGIBLE": 1}), ("clear", 0, {"AUTO_ZERO": 1})],
)
def test_no_automatic_zero_replaces_a_typed_score_unless_cleared_ones_go(
    tmp_path: Path, on_cleared: str, stands: int, codes: dict[str, int]
) -> None:
    school = School(tmp_path, MemorySis(), {"missing_policy": "auto_zero", "on_cleared": on_cleared})
    school.add("1", {"s1": 50_000, "s2": 60_000}, due_at=at("2026-11-10 23:59"))
    school.night()
    clear(school, "1", "s1")
    school.scores["1", "s1"] = {**school.scores["1", "s1"], "is_submitted": False}
    assert (school.night().codes, cell(school)) == (codes, (stands, "graded"))
    done = school.night()
    assert (done.codes, done.results) == (codes, {"unchanged": 2})
    school.give("1", "s1", 40_000)
    assert (school.night().codes, cell(school)) == ({}, (40_000, "graded"))
