"""Records that contradict each other or cannot be read, in every SIS connector."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from gradeflow.errors import OutsideError
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.manners import SECTION, needs
from gradeflow_tests.contracts.on_the_way import Line, Told
from gradeflow_tests.contracts.test_every_sis import made, result
from gradeflow_tests.contracts.whole_reads import everything, same_or_refused


def doubled(told: Told) -> None:
    for rows in list(told.records()):
        rows.extend(copy.deepcopy(rows))


@needs("http")
def test_records_that_come_twice_count_once_or_are_refused(sis: Side, line: Line) -> None:
    item = made(sis)
    usual = sis.run(lambda system: everything(system, item))
    line.change("*", doubled)
    same_or_refused(sis, item, usual)
    assert line.changed


@needs("http")
@pytest.mark.parametrize("what", ["score", "title"])
def test_two_records_of_one_id_that_differ_are_refused(sis: Side, line: Line, what: str) -> None:
    item, manners = made(sis), sis.manners
    changes = dict.fromkeys(manners.number_fields, "3") if what == "score" else dict.fromkeys(TITLES, "Other")

    def twice(told: Told) -> None:
        for rows in list(told.records()):
            second = copy.deepcopy(rows)
            for record in objects(second):
                record |= {name: text for name, text in changes.items() if record.get(name)}
            rows.extend([one for one in second if one not in rows])

    line.change("*", twice)
    read: Callable[[Any], Any] = (
        (lambda system: system.read_results(SECTION, item))
        if what == "score"
        else (lambda system: system.read_line_items(SECTION))
    )
    with pytest.raises(OutsideError):
        sis.run(read)


TITLES = ("title", "Description", "name")


IDS = ("sourcedId", "UniqueID", "assignmentid", "assignmentsectionid", "StudentID", "studentsdcid", "student")


def objects(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from objects(one)


@needs("http")
@pytest.mark.parametrize("gone", [None, {"a": 1}, True], ids=repr)
def test_records_without_a_readable_id_are_refused_and_never_left_out(
    sis: Side, line: Line, gone: Any
) -> None:
    item = made(sis)
    usual = sis.run(lambda system: everything(system, item))

    def nameless(record: dict[str, Any]) -> None:
        record |= {name: gone for name in IDS if name in record and not isinstance(record[name], dict)}

    line.change_records("*", nameless)
    assert same_or_refused(sis, item, usual)
    assert line.changed


@needs("http")
@pytest.mark.parametrize("wrong", [None, True, [8], "NaN", "1e999"], ids=repr)
def test_a_score_of_another_type_is_no_number_and_never_zero(sis: Side, line: Line, wrong: Any) -> None:
    item = made(sis)

    def change(record: dict[str, Any]) -> None:
        record |= {name: wrong for name in sis.manners.number_fields if record.get(name) not in (None, "")}

    usual = sis.run(lambda system: system.read_results(SECTION, item))
    scored = set(usual.student_id_sis[usual.score_e4.notna()])
    line.change_records("*", change)
    try:
        found = sis.run(lambda system: system.read_results(SECTION, item))
    except OutsideError:
        return
    assert line.changed
    assert len(found) > 0
    assert found.score_e4.isna().all()
    # A cell in which something stands is not free to be written into
    assert wrong is None or found[found.student_id_sis.isin(scored)].status.notna().all()


@needs("http")
@pytest.mark.parametrize("word", ["frozen", None], ids=repr)
def test_a_word_that_nobody_knows_leaves_nobody_out(sis: Side, line: Line, word: Any) -> None:
    """Unknown states are an error, or say nothing: the rows stay."""
    item = made(sis)
    usual = sis.run(lambda system: everything(system, item))

    def change(record: dict[str, Any]) -> None:
        names = ("status", "scoreStatus", "actualscorekind", "scoretype", "InactiveTag", "role")
        record |= {name: word for name in names if name in record and isinstance(record[name], str)}

    line.change_records("*", change)
    try:
        found = sis.run(lambda system: everything(system, item))
    except OutsideError:
        return
    assert [len(one) for one in found] == [len(one) for one in usual]
    assert list(found[-1].score_e4.dropna()) == [85_000]


def test_nothing_of_a_student_is_in_what_is_told_of_a_refusal(sis: Side) -> None:
    stranger = result(made(sis), student_id_sis="Marked-student", score_e4=77_777)

    async def work(system: Any) -> str:
        try:
            await system.put_result(stranger)
        except OutsideError as error:
            return f"{error} {error!r}"
        return ""

    told = sis.run(work)
    assert not [word for word in ("Marked", "7.7777", "77777") if word in told]
    # A drop cannot refuse what nobody has imported yet
    assert bool(told) is ("http" not in sis.manners.cannot)
