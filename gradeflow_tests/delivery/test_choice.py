"""A run of what a person chose: nothing else is read, sent, concluded about or counted."""

from __future__ import annotations

import shlex
import tempfile
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradeflow.core.choice import Choice
from gradeflow.errors import ConfigError
from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import MemorySis

ITEMS, STUDENTS = ("1", "2", "3"), ("s1", "s2", "s3")
COMMA = "4,5 [b]/ü"


def only(*, sections: str | None = None, items: str | None = None, left_out: str = "") -> Choice:
    """Choose by ids of one letter each."""
    return Choice(
        None if sections is None else frozenset(sections),
        None if items is None else frozenset(items),
        frozenset(left_out),
    )


@pytest.fixture
def school(tmp_path: Path) -> School:
    """Three items in two sections, sent once and changed since: a score of each."""
    school = School(tmp_path, MemorySis())
    for name in ITEMS:
        school.add(name, {"s1": 50_000, "s2": 60_000}, section_id_sis="B" if name == "3" else "A")
    school.night()
    for name in ITEMS:
        school.give(name, "s1", 90_000)
    return school


def in_sis(school: School, name: str, student: str = "s1") -> int | None:
    cells = school.sis.state.cells
    return cells[school.sis.key_of(f"Work {name}")][student][1]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (only(sections="A"), "12"),
        (only(items="1"), "1"),
        (only(sections="B", items="1"), ""),
        (only(left_out="1"), "23"),
        (only(sections="A", left_out="2"), "1"),
        (only(left_out="123"), ""),
        (only(items=""), ""),
        (only(sections=""), ""),
        (Choice(), "123"),
        (Choice(switched_on=frozenset({"B", "long gone"})), "3"),
    ],
    ids=["section", "item", "item not there", "left out", "section without", "all out", "no item", "no section",
         "everything", "switched on"],
)  # fmt: skip
def test_exactly_what_was_chosen_goes_and_is_counted(school: School, choice: Choice, sent: str) -> None:
    done = school.night(choice)
    assert [name for name in ITEMS if in_sis(school, name) == 90_000] == list(sent)
    assert sum(done.line_items.values()) == len(sent)
    updates = {"updated": len(sent), "unchanged": len(sent)} if sent else {}
    assert done.results == updates
    full = school.night()
    assert full.results == {name: count for name, count in (
        ("updated", 3 - len(sent)), ("unchanged", 3 + len(sent))) if count}  # fmt: skip


def test_one_item_is_tried_again_alone_and_the_other_keeps_its_refusal(tmp_path: Path) -> None:
    school = School(tmp_path, MemorySis(refuses={"s1"}))
    school.add("1", {"s1": 50_000})
    school.add("2", {"s1": 60_000})
    assert school.night().codes == {"SIS_REFUSED": 2}
    school.sis.refuses = set()
    done = school.night(only(items="1"))
    assert (done.results, done.codes) == ({"created": 1}, {"SIS_REFUSED": 1})
    assert in_sis(school, "1") == 50_000


def test_holds_and_findings_outside_the_choice_stay_and_are_as_before(school: School) -> None:
    for name in ("1", "3"):
        school.sis.state.cells[school.sis.key_of(f"Work {name}")]["s1"] = ("x", 10_000, "graded")
    first = school.night()
    assert (first.held, first.codes) == (["BOTH_CHANGED"] * 2, {"BOTH_CHANGED": 2})
    for name in ("1", "3"):
        school.give(name, "s1", 50_000)  # the teacher takes it back: nothing differs from what was sent
    done = school.night(only(sections="B"))
    assert (done.held, done.results) == (["BOTH_CHANGED"], {"unchanged": 2})
    assert done.codes["BOTH_CHANGED"] == 1


def test_an_item_deleted_in_the_lms_outside_the_choice_is_not_noticed(school: School) -> None:
    school.items.pop("2")
    school.scores = {key: row for key, row in school.scores.items() if key[0] != "2"}
    assert "ORPHAN_IN_SIS" not in school.night(only(sections="B")).codes
    assert "ORPHAN_IN_SIS" not in school.night(only(left_out="2")).codes
    assert school.night(only(sections="A")).codes == {"ORPHAN_IN_SIS": 1}


def test_what_lies_outside_trips_no_breaker_and_what_was_chosen_does(school: School) -> None:
    done = school.night(only(sections="B")).planned
    verdicts = {verdict.name: verdict for verdict in done.verdicts}
    assert (verdicts["share_changed"].value, verdicts["share_changed"].base) == (1, 2)
    assert verdicts["first_seen"].value == 1


def test_a_second_item_of_one_name_is_known_as_such_whatever_was_chosen(tmp_path: Path) -> None:
    school = School(tmp_path, MemorySis())
    school.add("1", {"s1": 50_000}, title="Quiz")
    school.add("2", {"s1": 60_000}, title="Quiz")
    alone = school.night(only(items="2"))
    assert alone.line_items == {"rejected": 1}
    assert alone.codes == {"DUPLICATE_ITEM": 1}


@pytest.mark.parametrize(
    "choice",
    [only(sections="Z"), only(items="9"), only(left_out="9"), Choice(items=frozenset({"1", "12"}))],
    ids=["section", "item", "left out", "one of two"],
)
def test_a_name_that_nobody_knows_is_an_error_and_nothing_is_asked_or_sent(
    school: School, choice: Choice
) -> None:
    school.sis.calls.reads = school.sis.calls.writes = 0
    with pytest.raises(ConfigError, match=r"nothing was sent"):
        school.night(choice)
    assert (school.sis.calls.reads, school.sis.calls.writes) == (0, 0)


def test_ids_with_commas_spaces_and_brackets_are_chosen_as_they_are(tmp_path: Path) -> None:
    school = School(tmp_path, MemorySis())
    for name in (COMMA, "4"):
        school.add(name, {"s1": 50_000})
    assert school.night(Choice(items=frozenset({COMMA}))).results == {"created": 1}
    assert school.night().results == {"created": 1, "unchanged": 1}


POINTS = st.dictionaries(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from(STUDENTS)), st.sampled_from([0, 50_000, 87_549])
)
CHOICES = st.builds(
    Choice,
    st.none() | st.frozensets(st.sampled_from(["A", "B"])),
    st.none() | st.frozensets(st.sampled_from(ITEMS)),
    st.frozensets(st.sampled_from(ITEMS)),
)


@given(POINTS, POINTS, POINTS, CHOICES, st.sampled_from(["ask", "sis_wins_sticky", "block_item"]))
@settings(max_examples=6)  # each lives through five nights on a real warehouse
def test_a_chosen_run_and_then_a_full_one_end_as_the_full_one_alone(
    first: dict[tuple[str, str], int],
    then: dict[tuple[str, str], int],
    typed: dict[tuple[str, str], int],
    choice: Choice,
    policy: str,
) -> None:
    ended = []
    for runs in ((Choice(),), (choice, Choice())):
        with tempfile.TemporaryDirectory() as folder:
            school = School(Path(folder), MemorySis(), overrides={"conflict_policy": policy})
            for name in ITEMS:
                school.add(name, {}, section_id_sis="B" if name == "3" else "A")
            for scores in (first, then):
                for (name, student), points in scores.items():
                    school.give(name, student, points)
                if scores is then:
                    school.rename("1", "Renamed")
                    _type(school, typed)
                else:
                    school.night()
            done = [school.night(one) for one in runs][-1]
            assert sum(done.results.values()) == len(school.scores)
            items, results = school.remembered()
            memory = results[["result_key", "sent_score_e4", "stored_score_e4", "is_locked"]].values.tolist()
            ended.append((school.sis.contents(), sorted(done.held), done.codes, len(items), sorted(memory)))
    assert ended[0] == ended[1]


def _type(school: School, typed: dict[tuple[str, str], int]) -> None:
    """Have the office type scores in the SIS, into items that are there."""
    there = {item.title: key for key, item in school.sis.state.items.items()}
    for (name, student), points in typed.items():
        if f"Work {name}" in there:
            cells = school.sis.state.cells.setdefault(there[f"Work {name}"], {})
            cells[student] = (cells.get(student, (f"x{name}{student}",))[0], points + 10_000, "graded")


def test_a_choice_is_the_same_after_it_was_written_down() -> None:
    for choice in (Choice(), only(sections="A", items="", left_out="1"), Choice(switched_on=frozenset())):
        assert Choice.from_document(deepcopy(choice.document())) == choice


def test_the_command_that_asks_for_the_same_again_can_be_pasted_into_a_shell() -> None:
    assert Choice().command("lincoln") == "gradeflow sync lincoln"
    some = only(items="1", left_out="2")
    assert some.command("lincoln", sends=False) == "gradeflow plan lincoln --item 1 --leave-out 2"
    odd = Choice(items=frozenset({COMMA}))
    assert shlex.split(odd.command("lincoln", is_remaster=True)) == [
        *("gradeflow", "remaster", "lincoln", "--item", COMMA)
    ]
    assert some.command("lincoln", is_remaster=True, sends=False).startswith(
        "gradeflow plan lincoln --remaster "
    )
    scheduled = Choice(sections=frozenset("AB"), switched_on=frozenset("B"))
    assert scheduled.command("lincoln") == "gradeflow sync lincoln --section B"
