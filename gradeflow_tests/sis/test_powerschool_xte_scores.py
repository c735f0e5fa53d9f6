"""Scores sent to a practice PowerSchool over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from gradeflow.errors import PermanentError
from gradeflow_tests.sis.vendor_practice import ELSEWHERE, LEFT, SECOND, STUDENT, Vendor, cells, put, score


@pytest.mark.parametrize(
    ("score_e4", "number"), [(85_000, 8.5), (80_000, 8), (81_000, 8.1), (0, 0), (250_000, 25)]
)
def test_scores_arrive_as_the_number_they_are_also_above_the_maximum(
    xte: Vendor, item: str, score_e4: int, number: float
) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_result(score(item, score_e4=score_e4))
        return stored, (await cells(system, item)).loc[STUDENT]

    stored, cell = xte.run(work)
    assert not stored.is_echoed
    assert (cell.score_e4, cell.status, cell.sis_id) == (score_e4, "graded", stored.sis_id)
    (row,) = xte.stored("ASSIGNMENTSCORE")
    assert repr(row["scorepoints"]) == repr(number)
    assert row["actualscoreentered"] == f"{number:g}"


def test_a_score_sent_again_is_the_same_score(xte: Vendor, item: str) -> None:
    xte.run(put(item))
    xte.run(lambda system: system.put_result(score(item, score_e4=90_000)))
    assert [row["scorepoints"] for row in xte.stored("ASSIGNMENTSCORE")] == [9]


def test_one_student_who_is_not_on_the_assignment_spoils_no_others_score(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        writes = [score(item, one) for one in (STUDENT, LEFT, SECOND, ELSEWHERE, "nobody")]
        return await system.put_results(writes), system.calls.writes

    outcomes, writes = xte.run(work)
    assert [getattr(one, "code", None) for one in outcomes] == [
        None, "NOT_ENROLLED", None, "NOT_ENROLLED", "STUDENT_UNKNOWN",
    ]  # fmt: skip
    assert writes == 2  # the refused one, and those who were left
    assert sorted(row["studentsdcid"] for row in xte.stored("ASSIGNMENTSCORE")) == [30001, 30002]
    assert all(LEFT not in str(one) and "30006" not in str(one) for one in outcomes[1:2])


def test_a_refusal_that_names_nobody_is_everybodys(xte: Vendor, item: str) -> None:
    xte.edit(collection="locks", key=3600, set=True)
    outcomes = xte.run(lambda system: system.put_results([score(item), score(item, SECOND)]))
    assert [(type(one), one.code) for one in outcomes] == [(PermanentError, "PERIOD_CLOSED")] * 2
    assert "locked" in str(outcomes[0])


def test_exempt_goes_over_without_a_zero_and_is_taken_back(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        await system.put_result(score(item, score_e4=0, status="exempt"))
        first = (await cells(system, item)).loc[STUDENT]
        await system.put_result(score(item, observed_raw=first.raw))
        second = (await cells(system, item)).loc[STUDENT]
        await system.put_result(score(item, score_e4=0, status="exempt", observed_raw=second.raw))
        return first, second, (await cells(system, item)).loc[STUDENT]

    first, second, third = xte.run(work)
    assert (first.status, pd.isna(first.score_e4)) == ("exempt", True)
    assert (second.status, second.score_e4) == ("graded", 85_000)
    assert (third.status, third.score_e4) == ("exempt", 85_000)


def test_what_a_teacher_marked_stays_beside_our_score(xte: Vendor, item: str) -> None:
    xte.edit(collection="scores", key="70001/30001", set={"islate": True, "ismissing": True})

    async def work(system: Any) -> Any:
        before = (await cells(system, item)).loc[STUDENT]
        await system.put_result(score(item, observed_raw=before.raw))
        return before, json.loads((await cells(system, item)).raw[STUDENT])

    before, after = xte.run(work)
    assert pd.isna(before.status)  # flags alone are no score
    assert (after["islate"], after["ismissing"], after["scorepoints"]) == ("1", "1", "8.5")
