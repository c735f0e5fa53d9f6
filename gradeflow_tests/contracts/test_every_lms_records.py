"""What every LMS connector must make of records as they come: twice, of nobody, of another type."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gradeflow.errors import OutsideError
from gradeflow.model import frames
from gradeflow.model.points import parse_e4
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.on_the_way import Line, Told
from gradeflow_tests.contracts.test_every_lms import read
from gradeflow_tests.contracts.test_every_sis_records import objects
from gradeflow_tests.contracts.wires import KEYS, WIRES, outcome, usual


@pytest.mark.parametrize("which", ["scores", "items"])
def test_records_that_come_twice_count_once_or_are_refused(served: Side, line: Line, which: str) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)

    def double(told: Told) -> None:
        for rows in list(told.records()):
            rows.extend(copy.deepcopy(rows))

    line.change(getattr(wire, which), double)
    outcome(served, expected, **wire.apart)
    assert line.changed


@pytest.mark.parametrize("which", ["scores", "items"])
def test_a_row_that_the_next_page_gives_again_counts_once(served: Side, line: Line, which: str) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)

    def shift(told: Told) -> None:
        rows = next(told.records(), [])
        rows += copy.deepcopy(rows[-1:])

    line.change(getattr(wire, which), shift)
    # A warehouse that is loaded at night does not change while it is read: what is there twice is wrong
    assert outcome(served, expected, **wire.apart) == ("refused" if served.kind == "itslearning" else "same")
    assert line.changed


@pytest.mark.parametrize("which", ["scores", "items"])
def test_two_records_of_one_thing_that_differ_are_refused(served: Side, line: Line, which: str) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)
    name, value = (wire.score, 3) if which == "scores" else (wire.title, "Another title")

    def second(told: Told) -> None:
        for rows in list(told.records()):
            others = copy.deepcopy(rows)
            for record in objects(others):
                if record.get(name) is not None:
                    record[name] = value
            rows.extend(one for one in others if one not in rows)

    line.change(getattr(wire, which), second)
    assert outcome(served, expected, **wire.apart) != "same"


# Not `true`: in itslearning's Atom answers all is text, and an item that no bridge names is none of ours
@pytest.mark.parametrize("gone", [None, "", [], {"a": 1}], ids=repr)
def test_a_score_of_nobody_knows_whom_is_refused_and_never_left_out(
    served: Side, line: Line, gone: Any
) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)

    def nameless(record: dict[str, Any]) -> None:
        if wire.score in record:
            record |= {name: gone for name in wire.ids if name in record}

    line.change_records(wire.scores, nameless)
    assert outcome(served, expected, **wire.apart) != "same"
    assert line.changed


@pytest.mark.parametrize("written", [8, 8.0, "8.50", "8"], ids=repr)
def test_a_number_is_the_same_however_it_is_written(served: Side, line: Line, written: Any) -> None:
    wire = WIRES[served.kind]
    before = usual(served, **wire.apart).results

    def rewrite(record: dict[str, Any]) -> None:
        if isinstance(record.get(wire.score), str | int | float):
            record[wire.score] = written

    line.change_records(wire.scores, rewrite)
    after = served.run(read, **wire.apart).results
    assert line.changed
    scored = before.is_graded.fillna(value=False) & before.score_e4.notna()
    keys = KEYS["results"]
    found = after.set_index(keys).loc[list(before[scored][keys].itertuples(index=False, name=None))]
    assert len(found) > 10
    assert set(found.score_e4) == {parse_e4(written)}
    assert found.is_graded.all()


@pytest.mark.parametrize("wrong", [[8], True, "NaN", "1e999"], ids=repr)
def test_a_score_of_another_type_is_no_number_and_leaves_nobody_out(
    served: Side, line: Line, wrong: Any
) -> None:
    wire = WIRES[served.kind]
    before = usual(served, **wire.apart)

    def change(record: dict[str, Any]) -> None:
        if isinstance(record.get(wire.score), str | int | float):
            record[wire.score] = wrong

    line.change_records(wire.scores, change)
    try:
        found = served.run(read, **wire.apart)
    except OutsideError:
        return
    frames.checked(frames.RESULTS, found.results)
    assert found.incomplete_sections or len(found.results) == len(before.results)
    assert found.results.score_e4.isna().all()


@pytest.mark.parametrize("word", ["frozen", 77], ids=repr)
def test_a_word_that_nobody_knows_makes_no_score(served: Side, line: Line, word: Any) -> None:
    wire = WIRES[served.kind]
    before = usual(served, **wire.apart)

    def change(record: dict[str, Any]) -> None:
        if wire.word in record and wire.score in record:
            record[wire.word] = word

    line.change_records(wire.scores, change)
    try:
        found = served.run(read, **wire.apart)
    except OutsideError:
        return
    assert line.changed
    assert not found.results.is_graded.fillna(value=False).any()
    # Rows are missing only where that is told
    assert len(found.results) == len(before.results) or found.incomplete_sections or found.left_out


def test_titles_that_are_not_ascii_arrive_as_they_are(lms: Side) -> None:
    assert "Größen, 測定 & Notizen" in set(lms.run(read).line_items.title)
    assert "Ñ-9" in set(lms.run(read).results.student_id_sis)
