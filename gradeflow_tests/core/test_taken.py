"""A read-back or an echo: what is ours in it, what is a teacher's, and what is no answer at all."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, cast

import pandas as pd
import pytest

from gradeflow.core.item_lane import LineItemLane
from gradeflow.core.result_lane import ResultLane
from gradeflow.core.resume import explain_open_intents
from gradeflow.model import frames
from gradeflow.model.gradebook import StoredLineItem, StoredResult
from gradeflow.model.ids import result_id
from gradeflow.model.ledger import LineItemIntent, OpenIntent, Receipt, ResultIntent, ResultValue

OWN = result_id("id-1", "s1")
FIELDS = {
    "title": "Essay on Frost",
    "assign_date": "2026-11-09",
    "due_date": "2026-11-16",
    "category": "c",
    "points": "100000",
    "period": "q1",
}


class Sis:
    """An SIS that holds one item and one cell, and answers writes as told."""

    allocates_ids = False

    def __init__(self, answer: Any = None, score: int | None = None, **fields: str | None) -> None:
        self.answer, self.score, self.fields = answer, score, FIELDS | fields

    async def put_result(self, _: Any) -> StoredResult:
        return cast("StoredResult", self.answer)

    async def put_line_item(self, _: Any) -> StoredLineItem:
        return cast("StoredLineItem", self.answer)

    async def read_results(self, *_: str) -> pd.DataFrame:
        status = None if self.score is None else "graded"
        cell = {"sis_id": OWN, "line_item_sis_id": "id-1", "student_id_sis": "s1", "score_e4": self.score}
        return frames.build(frames.OBSERVED_RESULTS, [{**cell, "status": status, "raw": "{}"}])

    async def read_line_items(self, _: str) -> pd.DataFrame:
        told = self.fields
        row = {
            "sis_id": "id-1", "section_id_sis": "A", "title": told["title"], "category_id_sis": told["category"],
            "period_id_sis": told["period"], "points_possible_e4": int(str(told["points"])), "raw": "{}",
            "assign_date": pd.Timestamp(str(told["assign_date"])), "due_date": pd.Timestamp(str(told["due_date"])),
        }  # fmt: skip
        return frames.build(frames.OBSERVED_LINE_ITEMS, [row])


def result_row(score: int, before: int | None = None) -> dict[str, Any]:
    return {
        "action": "create" if before is None else "update", "result_key": 1 << 32 | 1, "line_item_key": 1,
        "line_item_id": "id-1", "line_item_sis_id": "id-1", "section_id_sis": "A", "student_id_sis": "s1",
        "score_e4": score, "status": "graded", "observed_sis_id": None if before is None else OWN,
        "observed_score_e4": before, "observed_status": None if before is None else "graded",
        "observed_raw": None,
    }  # fmt: skip


def item_row(before: dict[str, str] | None = None, **fields: str) -> dict[str, Any]:
    wanted = FIELDS | fields
    return {
        "action": "create" if before is None else "update", "line_item_key": 1, "sis_id": "id-1",
        "section_id_sis": "A", "school_id_sis": None, "own": ",".join(fields or wanted), **wanted,
        **{f"observed_{name}": value for name, value in (FIELDS | (before or {})).items()}, "observed_raw": None,
    }  # fmt: skip


class Store:
    """A warehouse that knows one open intent, and what was stored before it."""

    def __init__(self, intent: ResultIntent | LineItemIntent, before: int | str | None = None) -> None:
        self.intent = OpenIntent(7, "run", "intended", dt.datetime(2026, 11, 20, tzinfo=dt.UTC), intent)
        self.before = before
        self.receipts: list[Receipt] = []
        self.gone: list[int] = []

    def unresolved_intents(self) -> list[OpenIntent]:
        return [self.intent]

    def line_items(self) -> pd.DataFrame:
        one = {"line_item_key": 1, "line_item_id": "id-1", "sis_id": "id-1", "section_id_sis": "A"}
        return pd.DataFrame([one])

    def students(self) -> pd.DataFrame:
        return pd.DataFrame([{"student_key": 1, "student_id_sis": "s1"}])

    def results(self, keys: set[int]) -> pd.DataFrame:
        assert keys == {1}
        score = self.before if isinstance(self.before, int) else None
        one = {"result_key": 1 << 32 | 1, "stored_score_e4": score, "stored_status": "graded"}
        return pd.DataFrame([] if score is None else [one], columns=list(one))

    def fields(self) -> pd.DataFrame:
        title = self.before if isinstance(self.before, str) else "Old title"
        return pd.DataFrame([{"line_item_key": 1, "field": "title", "stored": title}])

    def open_holds(self) -> pd.DataFrame:
        return pd.DataFrame({"hold_id": [], "line_item_key": [], "reason": []})

    def close_holds(self, hold_ids: list[int], _: str) -> None:
        assert hold_ids == []

    def record_receipts(self, receipts: list[Receipt]) -> None:
        self.receipts += receipts

    def settle_intents(self, ids: list[int], _: str) -> None:
        self.gone += ids


def resumed(sis: Sis, intent: ResultIntent | LineItemIntent, before: int | str | None = None) -> Store:
    store = Store(intent, before)
    asyncio.run(explain_open_intents(cast("Any", sis), cast("Any", store)))
    return store


CELLS = [
    pytest.param(87_549, 87_549, True, id="as sent"),
    pytest.param(87_549, 88_000, True, id="rounded to a digit"),
    pytest.param(87_549, 90_000, True, id="rounded whole"),
    pytest.param(87_549, 80_000, True, id="cut whole"),
    pytest.param(87_549, 87_500, True, id="cut to two digits"),
    pytest.param(80_000, 50_000, False, id="a teacher's edit"),
    pytest.param(87_549, 86_000, False, id="an edit that is near"),
    pytest.param(80_000, 90_000, False, id="an edit by one point"),
]


@pytest.mark.parametrize(("sent", "there", "is_ours"), CELLS)
def test_a_cell_that_bears_our_id_counts_as_stored_only_in_what_the_sis_makes_of_ours(
    sent: int, there: int, is_ours: bool
) -> None:
    expected = ResultValue(there if is_ours else sent, "graded")
    sis = Sis(score=there)
    lane = ResultLane(cast("Any", sis), "2026-11-20")
    (seen,) = lane.seen([result_row(sent)], asyncio.run(sis.read_results()), [None])
    assert (seen.state, seen.stored) == ("stored", expected)
    intent = ResultIntent(1 << 32 | 1, "create", ResultValue(sent, "graded"), "typed", "d", "p", 0)
    (receipt,) = resumed(sis, intent).receipts
    assert (receipt.state, receipt.stored) == ("confirmed", expected)


@pytest.mark.parametrize(
    ("name", "there", "is_ours"),
    [
        ("title", "Essay on", True),
        ("title", "Essay on Frost", True),
        ("title", "My essay", False),
        ("points", "200000", False),
        ("due_date", "2026-11-17", False),
    ],
)
def test_a_field_counts_as_stored_only_in_what_the_sis_makes_of_ours(
    name: str, there: str, is_ours: bool
) -> None:
    expected = FIELDS | {name: there if is_ours else FIELDS[name]}
    sis = Sis(**{name: there})
    (seen,) = LineItemLane(cast("Any", sis)).seen([item_row()], asyncio.run(sis.read_line_items("A")), [None])
    assert (seen.state, seen.stored) == ("stored", expected)
    (receipt,) = resumed(sis, LineItemIntent(1, "create", FIELDS, "d", "p", 0)).receipts
    assert (receipt.state, receipt.stored) == ("confirmed", expected)


def test_an_update_that_somebody_typed_over_before_we_looked_is_not_remembered_as_theirs() -> None:
    sis = Sis(score=50_000)
    lane = ResultLane(cast("Any", sis), "2026-11-20")
    (seen,) = lane.seen([result_row(80_000, before=60_000)], asyncio.run(sis.read_results()), [None])
    assert (seen.state, seen.stored) == ("other", ResultValue(80_000, "graded"))


def test_an_update_that_the_sis_rounded_was_stored() -> None:
    sis = Sis(score=90_000)
    lane = ResultLane(cast("Any", sis), "2026-11-20")
    (seen,) = lane.seen([result_row(87_500, before=60_000)], asyncio.run(sis.read_results()), [None])
    assert (seen.state, seen.stored) == ("stored", ResultValue(90_000, "graded"))
    (same,) = lane.seen([result_row(87_500, before=90_000)], asyncio.run(sis.read_results()), [None])
    assert same.state == "not_stored"


LOST = [
    pytest.param(60_000, 60_000, None, id="what was there: not stored"),
    pytest.param(60_000, 87_500, 87_500, id="what was sent"),
    pytest.param(60_000, 90_000, 90_000, id="what was sent, rounded"),
    pytest.param(90_000, 90_000, None, id="what was there, though it may be ours rounded: sent again"),
    pytest.param(60_000, 20_000, None, id="what somebody typed"),
]


@pytest.mark.parametrize(("before", "there", "stored"), LOST)
def test_a_lost_answer_to_an_update_is_explained_by_what_the_sis_makes_of_ours(
    before: int, there: int, stored: int | None
) -> None:
    intent = ResultIntent(1 << 32 | 1, "update", ResultValue(87_500, "graded"), "typed", "d", "p", 1)
    store = resumed(Sis(score=there), intent, before)
    expected = None if stored is None else ResultValue(stored, "graded")
    assert [receipt.stored for receipt in store.receipts] == ([] if stored is None else [expected])
    assert store.gone == ([7] if stored is None else [])


@pytest.mark.parametrize(
    ("there", "stored"),
    [("Old title", None), ("Essay on Frost", "Essay on Frost"), ("Essay", "Essay"), ("Theirs", None)],
    ids=["what was there", "what was sent", "what was sent, cut", "what somebody typed"],
)
def test_a_lost_answer_to_an_update_of_a_title_is_explained_by_what_the_sis_makes_of_ours(
    there: str, stored: str | None
) -> None:
    intent = LineItemIntent(1, "update", {"title": "Essay on Frost"}, "d", "p", 1)
    store = resumed(Sis(title=there), intent, "Old title")
    assert [receipt.stored for receipt in store.receipts] == ([] if stored is None else [{"title": stored}])


@pytest.mark.parametrize(
    ("told", "before", "believed"),
    [
        pytest.param((80_000, "graded"), 60_000, True, id="what we sent"),
        pytest.param((80_000, "graded"), None, True, id="what we sent, new"),
        pytest.param((60_000, "graded"), 60_000, False, id="the old value"),
        pytest.param((None, None), 60_000, False, id="blank"),
        pytest.param((None, None), None, False, id="blank, new"),
    ],
)
def test_an_echo_of_the_old_value_or_of_none_is_no_confirmation(
    told: tuple[int | None, str | None], before: int | None, believed: bool
) -> None:
    sis = Sis(answer=StoredResult(OWN, True, *told))
    lane = ResultLane(cast("Any", sis), "2026-11-20")
    sent = asyncio.run(lane.send(result_row(80_000, before=before)))
    assert sent.stored == (ResultValue(*told) if believed else None)


def test_an_echo_that_is_our_score_rounded_to_the_old_value_is_one() -> None:
    lane = ResultLane(cast("Any", Sis(answer=StoredResult(OWN, True, 90_000, "graded"))), "2026-11-20")
    sent = asyncio.run(lane.send(result_row(87_500, before=90_000)))
    assert sent.stored == ResultValue(90_000, "graded")


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        pytest.param("Essay", {"title": "Essay"}, id="what we sent"),
        pytest.param("Old title", None, id="the old value"),
    ],
)
def test_an_echo_of_an_old_field_is_no_confirmation(told: str, stored: dict[str, str] | None) -> None:
    lane = LineItemLane(cast("Any", Sis(answer=StoredLineItem("id-1", title=told))))
    sent = asyncio.run(lane.send(item_row({"title": "Old title"}, title="Essay")))
    assert sent.stored == stored


def words() -> pd.DataFrame:
    cell = {"sis_id": "x", "line_item_sis_id": "id-1", "student_id_sis": "s1", "status": "graded"}
    return frames.build(frames.OBSERVED_RESULTS, [{**cell, "score_e4": None, "raw": "{}"}])


def test_words_that_a_teacher_wrote_into_a_cell_are_not_the_zero_that_we_sent() -> None:
    lane = ResultLane(cast("Any", Sis()), "2026-11-20")
    (seen,) = lane.seen([result_row(0, before=60_000)], words(), [None])
    assert (seen.state, seen.stored) == ("other", ResultValue(0, "graded"))


def test_an_update_stands_where_the_sis_keeps_only_some_of_its_fields() -> None:
    sis = Sis(title="New title")
    frame = asyncio.run(sis.read_line_items("A")).assign(assign_date=pd.NaT)
    row = item_row({"title": "Old title"}, title="New title", assign_date="2026-11-10")
    (seen,) = LineItemLane(cast("Any", sis)).seen([row], frame, [None])
    assert (seen.state, seen.stored) == ("stored", {"title": "New title", "assign_date": "2026-11-10"})
    old = frame.assign(title="Old title")
    (seen,) = LineItemLane(cast("Any", sis)).seen([{**row, "observed_assign_date": None}], old, [None])
    assert seen.state == "not_stored"


def test_an_update_that_the_sis_cuts_to_what_stood_there_is_stored_if_its_answer_said_so() -> None:
    frame = asyncio.run(Sis(title="Essay").read_line_items("A"))
    lane, row = LineItemLane(cast("Any", Sis())), item_row({"title": "Essay"}, title="Essay on Frost")
    (seen,) = lane.seen([row], frame, [{"title": "Essay"}])
    assert (seen.state, seen.stored) == ("stored", {"title": "Essay"})
    (seen,) = lane.seen([row], frame, [{"title": "Essay on Frost"}])
    assert seen.state == "not_stored"


def test_a_score_that_the_sis_rounds_to_what_stood_there_is_stored_if_its_answer_said_so() -> None:
    cells = asyncio.run(Sis(score=90_000).read_results())
    lane, row = ResultLane(cast("Any", Sis()), "2026-11-20"), result_row(87_500, before=90_000)
    (seen,) = lane.seen([row], cells, [ResultValue(90_000, "graded")])
    assert (seen.state, seen.stored) == ("stored", ResultValue(90_000, "graded"))
    (seen,) = lane.seen([row], cells, [ResultValue(87_500, "graded")])
    assert seen.state == "not_stored"
