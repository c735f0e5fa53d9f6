"""A person's word on a score that is locked or held, and the nights after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.core.decisions import decide_field, decide_score
from gradeflow.model.decisions import Decision, Take, Word
from gradeflow.model.ledger import ResultValue
from gradeflow.warehouse import audit
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow_tests.delivery.memory_nights import DISTRICT, School
from gradeflow_tests.delivery.memory_sis import MemorySis
from gradeflow_tests.rules.small_school import NOW

SCORES = {"s1": 50_000, "s2": 60_000}


def of(take: Take) -> Word:
    return Word(take, "Ann Lee", "the office typed it")


@pytest.fixture
def school(tmp_path: Path) -> School:
    made = School(tmp_path, MemorySis())
    made.add("1", SCORES)
    made.night()
    return made


def in_sis(school: School, student: str = "s1") -> int | None:
    cell = school.sis.state.cells[school.sis.key_of("Work 1")].get(student)
    return None if cell is None else cell[1]


def overtype(school: School, points: int | None, student: str = "s1") -> None:
    cells = school.sis.state.cells[school.sis.key_of("Work 1")]
    if points is None:
        del cells[student]
    else:
        cells[student] = (cells[student][0] if student in cells else "typed", points, "graded")


def decide(school: School, *decisions: Decision) -> None:
    warehouse = school.open()
    store = DistrictStore(warehouse, DISTRICT, "unlock-1", NOW, lambda: NOW)
    store.acquire_lease()
    try:
        store.record_decisions(decisions)
    finally:
        store.release_lease()
        with warehouse.reading() as connection:
            assert audit.verify_audit(connection, DISTRICT) is None
        warehouse.close()


def say(school: School, take: Take, desired: int) -> None:
    """Decide about the score of s1, by what the SIS holds now."""
    warehouse = school.open()
    store = DistrictStore(warehouse, DISTRICT, "look", NOW, lambda: NOW)
    items, students = store.line_items(), store.students().set_index("student_id_sis")["student_key"]
    warehouse.close()
    key = (int(items["line_item_key"].iloc[0]) << 32) | int(students["s1"])
    points = in_sis(school)
    seen = None if points is None else ResultValue(points, "graded")
    decide(school, decide_score(of(take), key, ResultValue(desired, "graded"), seen))


@pytest.fixture
def held(school: School) -> School:
    """The teacher made it 55,000, the office 20,000."""
    school.give("1", "s1", 55_000)
    overtype(school, 20_000)
    assert school.night().held == ["BOTH_CHANGED"]
    return school


@pytest.fixture
def sticky(tmp_path: Path) -> School:
    """A loaded school where what the office typed is frozen; it typed 20,000 over 50,000."""
    school = School(tmp_path, MemorySis(), overrides={"conflict_policy": "sis_wins_sticky"})
    school.add("1", SCORES)
    school.night()
    overtype(school, 20_000)
    return school


@pytest.fixture
def locked(sticky: School) -> School:
    """It was locked when another score of the item went; the teacher made it 55,000 since."""
    sticky.give("1", "s2", 61_000)
    assert sticky.night().codes == {"SIS_EDITED": 1}
    sticky.give("1", "s1", 55_000)
    assert sticky.night().results == {"held": 1, "unchanged": 1}
    return sticky


@pytest.mark.parametrize("state", ["held", "locked"])
def test_the_lms_value_goes_the_next_night_where_a_person_takes_it(
    state: str, request: pytest.FixtureRequest
) -> None:
    school: School = request.getfixturevalue(state)
    say(school, "lms", 55_000)
    done = school.night()
    assert (done.results, done.held, done.codes) == ({"updated": 1, "unchanged": 1}, [], {})
    assert in_sis(school) == 55_000
    school.sis.log.clear()
    assert school.night().results == {"unchanged": 2}
    assert school.sis.log == []


@pytest.mark.parametrize("state", ["held", "locked"])
def test_the_sis_value_stays_until_the_lms_changes_again_where_a_person_takes_it(
    state: str, request: pytest.FixtureRequest
) -> None:
    school: School = request.getfixturevalue(state)
    say(school, "sis", 55_000)
    for _ in range(2):
        done = school.night()
        assert (done.results, done.held, done.codes) == ({"unchanged": 2}, [], {})
        assert in_sis(school) == 20_000
    school.give("1", "s1", 57_000)
    assert school.night().results == {"updated": 1, "unchanged": 1}
    assert in_sis(school) == 57_000


def test_a_locked_score_goes_though_the_lms_never_changed(sticky: School) -> None:
    sticky.give("1", "s2", 61_000)
    sticky.night()
    say(sticky, "lms", 50_000)
    assert sticky.night().results == {"updated": 1, "unchanged": 1}
    assert in_sis(sticky) == 50_000


@pytest.mark.parametrize("take", ["lms", "sis"])
def test_an_edit_after_the_word_is_a_conflict_again(held: School, take: Take) -> None:
    say(held, take, 55_000)
    overtype(held, 21_000)
    if take == "sis":
        held.give("1", "s1", 57_000)
    assert held.night().held == ["BOTH_CHANGED"]
    assert in_sis(held) == 21_000


@pytest.mark.parametrize(("take", "stands"), [("lms", 50_000), ("sis", 20_000)])
def test_a_score_that_the_office_typed_first(tmp_path: Path, take: Take, stands: int) -> None:
    school = School(tmp_path, MemorySis())
    school.add("1", {"s2": 60_000})
    school.night()
    overtype(school, 20_000)
    school.give("1", "s1", 50_000)
    assert school.night().held == ["SIS_TYPED_FIRST"]
    say(school, take, 50_000)
    assert school.night().held == []
    assert in_sis(school) == stands
    school.give("1", "s1", 57_000)
    school.night()
    assert in_sis(school) == 57_000


@pytest.mark.parametrize(("take", "stands"), [("lms", 55_000), ("sis", None)])
def test_a_score_that_was_taken_out_in_the_sis(school: School, take: Take, stands: int | None) -> None:
    school.give("1", "s1", 55_000)
    overtype(school, None)
    assert school.night().held == ["SIS_DELETED"]
    say(school, take, 55_000)
    assert school.night().held == []
    assert in_sis(school) == stands


@pytest.mark.parametrize(("take", "stands"), [("lms", "Ours"), ("sis", "Theirs")])
def test_a_title_that_both_sides_changed(school: School, take: Take, stands: str) -> None:
    key = school.sis.key_of("Work 1")
    school.rename("1", "Ours")
    school.sis.state.items[key].title = "Theirs"
    assert school.night().held == ["BOTH_CHANGED"]
    items, _ = school.remembered()
    item = int(items["line_item_key"].iloc[0])
    decide(school, decide_field(of(take), item, key, "title", "Ours", "Theirs"))
    assert school.night().held == []
    assert school.sis.state.items[key].title == stands
    school.rename("1", "Again ours")
    school.night()
    assert school.sis.state.items[key].title == "Again ours"


def test_a_score_that_changed_on_both_sides_is_frozen_for_good_where_the_sis_wins(sticky: School) -> None:
    sticky.give("1", "s1", 55_000)
    assert sticky.night().held == ["BOTH_CHANGED"]
    overtype(sticky, 50_000)  # the office's own choice now, though it is what was sent once
    sticky.give("1", "s1", 56_000)
    assert sticky.night().results == {"held": 1, "unchanged": 1}
    assert in_sis(sticky) == 50_000
    say(sticky, "lms", 56_000)
    done = sticky.night()
    assert (done.results, done.held, in_sis(sticky)) == ({"updated": 1, "unchanged": 1}, [], 56_000)
