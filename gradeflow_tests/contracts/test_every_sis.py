"""What every SIS connector must do, whatever its profile."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
    RetriableError,
)
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.sis.profile import scopes_of

SECTION, OTHER = "0901", "0902,1"
LINE_ITEM = LineItemWrite(
    sis_id="item-1",
    section_id_sis=SECTION,
    school_id_sis="school-1",
    title="Ratios practice",
    assign_date="2026-11-09",
    due_date="2026-11-13",
    category_id_sis="cat-homework",
    period_id_sis="q2-2026",
    points_possible_e4=200_000,
    is_create=True,
)
RESULT = ResultWrite(
    sis_id="result-1",
    line_item_sis_id="item-1",
    section_id_sis=SECTION,
    student_id_sis="000001",
    score_e4=85_000,
    status="graded",
    score_date="2026-11-16",
)


async def reference(system: Any) -> Any:
    return await system.read_reference()


async def create(system: Any) -> Any:
    await system.put_line_item(LINE_ITEM)
    return await system.put_result(RESULT)


async def results(system: Any) -> Any:
    return await system.read_results(SECTION, "item-1")


async def put(system: Any) -> Any:
    return await system.put_result(RESULT)


BY_TOKEN = {"auth": "basic"}  # also where requests are signed unless the district file says otherwise


def test_the_reference_keeps_its_schemas_and_ids(sis: Any) -> None:
    found = sis.run(reference)
    for schema, frame in (
        (frames.SIS_SECTIONS, found.sections),
        (frames.GRADING_PERIODS, found.grading_periods),
        (frames.CATEGORIES, found.categories),
        (frames.STUDENTS, found.students),
        (frames.ENROLMENTS, found.enrolments),
        (frames.TEACHERS, found.teachers),
        (frames.CLASS_TEACHERS, found.class_teachers),
    ):
        frames.checked(schema, frame)
    assert set(found.sections.section_id_sis) == {one.id for one in sis.school.sections}
    assert set(found.students.student_id_sis) == set(sis.school.students)
    seats = set(zip(found.enrolments.student_id_sis, found.enrolments.section_id_sis, strict=True))
    assert seats == {(one.student, one.section) for one in sis.school.enrolments}
    assert list(found.grading_periods.period_id_sis) == [period.id for period in sis.school.periods]


def test_the_reference_tells_dates_primary_teachers_and_scopes(sis: Any) -> None:
    found = sis.run(reference)
    period = found.grading_periods.set_index("period_id_sis").loc["q2-2026"]
    assert (str(period.start_date.date()), str(period.end_date.date())) == ("2026-11-09", "2027-01-31")
    scope = found.categories.set_index("category_id_sis").section_id_sis
    assert scope["cat-lab"] == "sci-01"
    assert pd.isna(scope["cat-homework"])
    mine = found.class_teachers[found.class_teachers.section_id_sis == OTHER]
    assert dict(zip(mine.teacher_id_sis, mine.is_primary, strict=True)) == {"t-200": True, "t-300": False}
    left = found.enrolments[found.enrolments.student_id_sis == "s-006"].iloc[0]
    assert str(left.end_date.date()) == "2026-10-16"


def test_small_pages_give_the_same_reference(sis: Any) -> None:
    whole, small = sis.run(reference), sis.run(reference, page_size=2)
    for name in whole.__slots__:
        assert_frame_equal(getattr(whole, name), getattr(small, name))


def test_what_was_written_is_echoed_and_read_back(sis: Any) -> None:
    async def work(system: Any) -> Any:
        item, result = await system.put_line_item(LINE_ITEM), await system.put_result(RESULT)
        return item, result, await system.read_line_items(SECTION), await results(system), system.calls

    item, result, items, stored, calls = sis.run(work)
    assert (item.title, item.assign_date, item.due_date) == ("Ratios practice", "2026-11-09", "2026-11-13")
    assert (item.category_id_sis, item.period_id_sis) == ("cat-homework", "q2-2026")
    assert item.points_possible_e4 == 200_000
    assert (result.sis_id, result.is_echoed, result.score_e4, result.status) == (
        "result-1",
        True,
        85_000,
        "graded",
    )
    row = items.iloc[0]
    assert (row.sis_id, row.section_id_sis, row.category_id_sis) == ("item-1", SECTION, "cat-homework")
    assert (str(row.assign_date.date()), str(row.due_date.date())) == ("2026-11-09", "2026-11-13")
    cell = stored.iloc[0]
    assert (cell.student_id_sis, cell.score_e4, cell.status) == ("000001", 85_000, "graded")
    assert (calls.reads, calls.writes) == (2, 2)


def test_a_write_repeated_leaves_one_object(sis: Any) -> None:
    async def work(system: Any) -> Any:
        await create(system)
        await create(system)
        return await system.read_line_items(SECTION), await results(system)

    items, stored = sis.run(work)
    assert (len(items), len(stored)) == (1, 1)


@pytest.mark.parametrize(("score_e4", "number"), [(85_000, 8.5), (80_000, 8), (81_000, 8.1), (0, 0)])
def test_scores_arrive_as_the_number_they_are(sis: Any, score_e4: int, number: float) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        await system.put_result(dataclasses.replace(RESULT, score_e4=score_e4))
        return await results(system)

    row = sis.run(work).iloc[0]
    assert row.score_e4 == score_e4
    assert repr(json.loads(row.raw)["score"]) == repr(number)


def test_exempt_goes_over_and_comes_back(sis: Any) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        echo = await system.put_result(dataclasses.replace(RESULT, score_e4=0, status="exempt"))
        return echo, await results(system)

    echo, stored = sis.run(work)
    assert (echo.status, stored.iloc[0].status, stored.iloc[0].score_e4) == ("exempt", "exempt", 0)


def test_a_changed_write_carries_what_is_not_ours(sis: Any) -> None:
    async def work(system: Any) -> Any:
        await create(system)
        sis.edit(collection="results", sourcedId="result-1", set={"comment": "See me"})
        sis.edit(collection="lineItems", sourcedId="item-1", set={"description": "Chapter 3"})
        item, cell = (await system.read_line_items(SECTION)).iloc[0], (await results(system)).iloc[0]
        await system.put_line_item(
            dataclasses.replace(LINE_ITEM, title="Ratios", is_create=False, observed_raw=item.raw)
        )
        await system.put_result(dataclasses.replace(RESULT, score_e4=90_000, observed_raw=cell.raw))
        return (await system.read_line_items(SECTION)).iloc[0], (await results(system)).iloc[0]

    item, cell = sis.run(work)
    assert (item.title, json.loads(item.raw)["description"]) == ("Ratios", "Chapter 3")
    assert (cell.score_e4, json.loads(cell.raw)["comment"]) == (90_000, "See me")


def test_reading_a_section_without_line_items_is_an_empty_frame(sis: Any) -> None:
    found = sis.run(lambda system: system.read_line_items(OTHER))
    assert_frame_equal(found, frames.empty(frames.OBSERVED_LINE_ITEMS))


def test_a_token_that_expires_during_the_run_is_renewed(sis: Any) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        sis.fault(do="expire_tokens", method="PUT", path="/results/*", times=1)
        return await system.put_result(RESULT), system.calls.writes

    echo, writes = sis.run(work, **BY_TOKEN)
    assert echo.is_echoed
    assert writes == 3  # the refused one went out too


def test_credentials_that_are_refused_say_what_to_renew(sis: Any) -> None:
    wrong = {"client_secret": {"env": "client_id"}}
    with pytest.raises(CredentialError) as caught:
        sis.run(reference, **wrong)
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert "client_secret" in str(caught.value)
    assert "hidden" not in str(caught.value)
    checks = sis.run(lambda system: system.check(), **wrong)
    assert [check.passed for check in checks] == [False]


def test_refused_credentials_are_shown_once_however_much_is_asked(sis: Any) -> None:
    async def work(system: Any) -> None:
        for ask in (reference, put, results):
            with pytest.raises(CredentialError, match="CREDENTIAL_INVALID"):
                await ask(system)

    sis.run(work, client_secret={"env": "client_id"}, **BY_TOKEN)
    assert sis.count(httpx.URL(sis.settings["token_url"]).path) == 1


def test_a_missing_right_to_write_is_a_licence_matter(sis: Any) -> None:
    scope = scopes_of(sis.settings.get("version", "1.1")).rpartition(" ")[0]
    with pytest.raises(CredentialError) as caught:
        sis.run(put, scope=scope, **BY_TOKEN)
    assert caught.value.code == "LICENSE_MISSING"
    assert sis.waited == []


@pytest.mark.parametrize(("headers", "pause"), [({"Retry-After": "2"}, 2.0), ({}, None)])
@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_write_is_waited_out(
    sis: Any, code: int, headers: dict[str, str], pause: float | None
) -> None:
    sis.fault(do="status", code=code, headers=headers, method="PUT", times=1)
    assert sis.run(create).is_echoed
    assert len(sis.waited) == 1
    assert pause is None or sis.waited == [pause]


def test_a_throttle_without_end_certainly_stored_nothing(sis: Any) -> None:
    sis.fault(do="status", code=429, headers={"Retry-After": "2"}, method="PUT", times=None)
    with pytest.raises(RetriableError) as caught:
        sis.run(create)
    assert caught.value.retry_after_seconds == 2.0


@pytest.mark.parametrize(("do", "is_stored"), [("reset", False), ("lose_answer", True)])
def test_a_lost_answer_is_unknown_and_the_read_back_tells(sis: Any, do: str, is_stored: bool) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        sis.fault(do=do, method="PUT", path="/results/*", times=1)
        with pytest.raises(AmbiguousDeliveryError) as caught:
            await system.put_result(RESULT)
        return caught.value.code, await results(system), system.calls.writes

    code, stored, writes = sis.run(work)
    assert code == "OUTCOME_UNKNOWN"
    assert len(stored) == is_stored
    assert writes == 2  # never sent again by itself


def test_a_500_on_a_write_is_unknown(sis: Any) -> None:
    sis.fault(do="status", code=500, method="PUT", times=1)
    with pytest.raises(AmbiguousDeliveryError):
        sis.run(create)
    assert sis.waited == []


def test_a_system_that_is_down_certainly_stored_nothing(sis: Any) -> None:
    base = sis.settings["base_url"].replace(f":{sis.spec.port}", ":9")
    with pytest.raises(RetriableError) as caught:
        sis.run(put, base_url=base)
    assert caught.value.code == "UNREACHABLE"


def test_html_on_a_read_says_to_look_at_the_address(sis: Any) -> None:
    sis.fault(do="html", path="/classes*", times=None)
    with pytest.raises(PermanentError, match="answered HTML, not JSON: is base_url right"):
        sis.run(reference)
    with pytest.raises(OutsideError):
        sis.run(results)


@pytest.mark.parametrize("do", ["no_echo", "bad_json"])
def test_a_write_without_echo_says_so(sis: Any, do: str) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        sis.fault(do=do, method="PUT", times=None)
        return await system.put_line_item(LINE_ITEM), await system.put_result(RESULT), await results(system)

    item, result, stored = sis.run(work)
    assert (item.sis_id, item.title) == ("item-1", None)
    assert (result.sis_id, result.is_echoed, result.score_e4) == ("result-1", False, None)
    assert len(stored) == 1


def test_a_200_that_stored_nothing_shows_in_the_read_back(sis: Any) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        sis.fault(do="store_nothing", method="PUT", path="/results/*", times=1)
        await system.put_result(RESULT)
        return await results(system)

    assert sis.run(work).empty


def test_a_value_that_the_sis_alters_is_echoed_as_stored(sis: Any) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        sis.fault(do="round", method="PUT", path="/results/*", times=1, digits=0)
        return await system.put_result(RESULT)

    assert sis.run(work).score_e4 == 90_000


def test_a_refusal_is_permanent_and_repeats_no_value(sis: Any) -> None:
    marked = dataclasses.replace(LINE_ITEM, category_id_sis="Marked")
    with pytest.raises(PermanentError) as caught:
        sis.run(lambda system: system.put_line_item(marked))
    assert caught.value.code == "SIS_REFUSED"
    assert "invaliddata" in str(caught.value)
    assert "Marked" not in str(caught.value)
    assert sis.waited == []


def test_a_result_whose_parent_is_gone_is_told_apart(sis: Any) -> None:
    sis.fault(do="status", code=404, method="PUT", path="/results/*", times=1)
    with pytest.raises(PermanentError) as caught:
        sis.run(create)
    assert caught.value.code == "SIS_PARENT_GONE"


def test_the_check_passes_on_a_system_that_works_and_writes_nothing(sis: Any) -> None:
    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = sis.run(work)
    assert checks
    assert all(check.passed for check in checks), checks
    assert writes == 0
    assert system_id.startswith(f"{sis.kind}:127.0.0.1:")
    assert sis.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"
