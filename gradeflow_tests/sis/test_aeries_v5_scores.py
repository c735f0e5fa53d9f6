"""Scores sent to a practice Aeries over real HTTP."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
    RetriableError,
)
from gradeflow_tests.sis.vendor_practice import AERIES_CATEGORY, SECTION, Vendor, line_item, score

LINE_ITEM = line_item(AERIES_CATEGORY)


def test_cells_are_blank_from_the_start_and_blank_is_no_score(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        return await system.read_results(SECTION, stored.sis_id)

    cells = aeries.run(work)
    assert len(cells) == 6
    assert cells.status.isna().all()
    assert cells.score_e4.isna().all()


@pytest.mark.parametrize(
    ("score_e4", "number"), [(85_000, 8.5), (80_000, 8), (81_000, 8.1), (0, 0), (87_501, 8.7501)]
)
def test_scores_arrive_as_the_number_they_are_and_come_back_with_the_answer(
    aeries: Vendor, score_e4: int, number: float
) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        echo = await system.put_result(score(stored.sis_id, score_e4=score_e4))
        return echo, await system.read_results(SECTION, stored.sis_id)

    echo, cells = aeries.run(work)
    assert (echo.is_echoed, echo.score_e4, echo.status) == (True, score_e4, "graded")
    cell = cells.set_index("student_id_sis").loc["000001"]
    assert (cell.score_e4, cell.status, cell.sis_id) == (score_e4, "graded", echo.sis_id)
    held = next(one for one in aeries.stored("scores") if one["StudentID"] == 99400001)
    assert repr(held["NumberCorrect"]) == repr(number)


def test_many_scores_go_in_one_call_each_with_its_own_outcome(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        writes = [score(stored.sis_id, one) for one in ("000001", "1", "s-003")]
        writes.insert(1, score(stored.sis_id, "s-004", 0, status="exempt"))
        writes.append(score(stored.sis_id, "nobody"))
        return await system.put_results(writes), system.calls.writes

    outcomes, writes = aeries.run(work)
    assert writes == 2  # one insert, one call for the scores
    assert [getattr(one, "score_e4", None) for one in outcomes] == [85_000, None, 85_000, 85_000, None]
    assert [getattr(one, "code", None) for one in outcomes] == [
        None, "EXCUSED_NOT_WRITABLE", None, None, "STUDENT_UNKNOWN",
    ]  # fmt: skip


def test_an_excused_score_is_refused_and_never_a_zero(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        await system.put_result(score(stored.sis_id, score_e4=0, status="exempt"))

    with pytest.raises(PermanentError, match="have the teacher type NA"):
        aeries.run(work)
    assert all(one["NumberCorrect"] is None for one in aeries.stored("scores"))


def test_one_student_who_is_not_in_the_gradebook_spoils_no_others_score(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        writes = [score(stored.sis_id, one) for one in ("000001", "s-008", "1")]  # s-008 sits elsewhere
        return await system.put_results(writes)

    first, second, third = aeries.run(work)
    assert (first.score_e4, third.score_e4) == (85_000, 85_000)
    assert (type(second), second.code) == (PermanentError, "SIS_REFUSED")
    assert sorted(one["StudentID"] for one in aeries.stored("scores") if one["Mark"]) == [99400001, 99400002]


@pytest.mark.parametrize(
    ("code", "kind"), [(503, RetriableError), (500, AmbiguousDeliveryError), (401, CredentialError)]
)
def test_a_failure_among_scores_sent_one_by_one_is_not_said_of_those_that_are_stored(
    aeries: Vendor, unique: str, code: int, kind: type[OutsideError]
) -> None:
    aeries.fault(do="status", code=400, method="POST", times=1)  # the call of three
    aeries.fault(do="status", code=code, method="POST", after=2, times=None)  # the second of them and on
    first, *others = aeries.run(
        lambda system: system.put_results([score(unique, one) for one in ("000001", "1", "s-003")])
    )
    assert first.score_e4 == 85_000
    assert [type(one) for one in others] == [kind, kind]
    assert [one["StudentID"] for one in aeries.stored("scores") if one["Mark"]] == [99400001]


@pytest.mark.parametrize(
    ("mark", "seen"),
    [("7", (70_000, "graded")), ("NA", (None, "exempt")), ("tx", (None, "exempt")), ("", (None, None))],
)
def test_what_a_teacher_types_is_read_as_it_stands(aeries: Vendor, mark: str, seen: Any) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        aeries.edit(collection="scores", key=f"{stored.sis_id}/99400001", set={"Mark": mark})
        return await system.read_results(SECTION, stored.sis_id)

    cell = aeries.run(work).set_index("student_id_sis").loc["000001"]
    assert (
        None if pd.isna(cell.score_e4) else cell.score_e4,
        None if pd.isna(cell.status) else cell.status,
    ) == seen


def test_the_day_of_completion_that_a_teacher_set_stays(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        key = f"{stored.sis_id}/99400001"
        aeries.edit(collection="scores", key=key, set={"Mark": "5", "DateCompleted": "2026-11-12T00:00:00"})
        aeries.edit(collection="scores", key=key, set={"DateCompleted": "2026-11-12T00:00:00"})
        raw = (await system.read_results(SECTION, stored.sis_id)).set_index("student_id_sis").raw["000001"]
        await system.put_result(score(stored.sis_id, observed_raw=raw))

    aeries.run(work)
    held = next(one for one in aeries.stored("scores") if one["StudentID"] == 99400001)
    assert (held["Mark"], held["DateCompleted"]) == ("8.5", "2026-11-12T00:00:00")
