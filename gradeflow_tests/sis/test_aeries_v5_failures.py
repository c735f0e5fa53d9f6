"""What the Aeries connector makes of a site that fails, refuses or says nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import pytest

from gradeflow.errors import AmbiguousDeliveryError, CredentialError, OutsideError, RetriableError
from gradeflow.sis.aeries_v5_reader import AeriesSettings
from gradeflow_tests.sis.vendor_practice import (
    AERIES_CATEGORY,
    SECTION,
    Vendor,
    awkward_school,
    items,
    line_item,
    put,
    score,
)

LINE_ITEM = line_item(AERIES_CATEGORY)


@pytest.mark.parametrize(("headers", "pause"), [({"Retry-After": "2"}, 2.0), ({}, None)])
@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_write_is_waited_out(
    aeries: Vendor, unique: str, code: int, headers: dict[str, str], pause: float | None
) -> None:
    aeries.fault(do="status", code=code, headers=headers, method="POST", times=1)
    assert aeries.run(put(unique)).is_echoed
    assert len(aeries.waited) == 1
    assert pause is None or aeries.waited == [pause]


def test_a_throttle_without_end_certainly_stored_nothing(aeries: Vendor, unique: str) -> None:
    aeries.fault(do="status", code=429, headers={"Retry-After": "2"}, method="POST", times=None)
    with pytest.raises(RetriableError) as caught:
        aeries.run(put(unique))
    assert caught.value.retry_after_seconds == 2.0


@pytest.mark.parametrize(("do", "is_stored"), [("reset", False), ("lose_answer", True)])
def test_a_lost_answer_is_unknown_and_the_read_back_tells(
    aeries: Vendor, unique: str, do: str, is_stored: bool
) -> None:
    async def work(system: Any) -> Any:
        aeries.fault(do=do, method="POST", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_results([score(unique)])
        cells = await system.read_results(SECTION, unique)
        return cells.set_index("student_id_sis").status["000001"], system.calls.writes

    status, writes = aeries.run(work)
    assert (status == "graded") is is_stored
    assert writes == 1  # never sent again by itself


def test_a_500_on_a_write_is_unknown(aeries: Vendor, unique: str) -> None:
    aeries.fault(do="status", code=500, method="POST", times=1)
    with pytest.raises(AmbiguousDeliveryError):
        aeries.run(put(unique))
    assert aeries.waited == []


def test_a_200_that_stored_nothing_shows_in_the_read_back(aeries: Vendor, unique: str) -> None:
    async def work(system: Any) -> Any:
        aeries.fault(do="store_nothing", method="POST", times=1)
        await system.put_result(score(unique))
        return (await system.read_results(SECTION, unique)).status

    assert aeries.run(work).isna().all()


@pytest.mark.parametrize("do", ["no_echo", "bad_json"])
def test_a_score_without_echo_says_so(aeries: Vendor, unique: str, do: str) -> None:
    aeries.fault(do=do, method="POST", times=1)
    stored = aeries.run(put(unique))
    assert (stored.is_echoed, stored.score_e4) == (False, None)


@pytest.mark.parametrize("do", ["html", "status", "bad_json"])
def test_what_cannot_be_read_is_an_error_and_never_an_empty_list(
    aeries: Vendor, unique: str, do: str
) -> None:
    more = {"code": 500} if do == "status" else {}
    aeries.fault(do=do, method="GET", times=None, **more)
    for work in (
        items,
        lambda system: system.read_results(SECTION, unique),
        lambda system: system.read_reference(),
    ):
        with pytest.raises(OutsideError):
            aeries.run(work)


@pytest.mark.parametrize("body", [{"Message": "hello"}, "text", [1, 2], None, 7])
def test_an_answer_of_another_type_is_an_error(aeries: Vendor, unique: str, body: Any) -> None:
    aeries.fault(
        do="status", code=200, body=json.dumps(body), method="GET", path="*/assignments*", times=None
    )
    for work in (items, lambda system: system.read_results(SECTION, unique)):
        with pytest.raises(OutsideError):
            aeries.run(work)


def test_a_certificate_that_is_refused_says_what_to_renew_and_does_not_show_itself(aeries: Vendor) -> None:
    wrong = {"certificate": {"env": "another"}}
    with pytest.raises(CredentialError, match="API Security page") as caught:
        aeries.run(lambda system: system.read_reference(), **wrong)
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert "hidden" not in str(caught.value)
    checks = aeries.run(lambda system: system.check(), **wrong)
    assert [check.passed for check in checks] == [False]


def test_an_area_that_was_not_granted_stops_with_its_name(aeries: Vendor, unique: str) -> None:
    aeries.edit(collection="areas", key="Gradebook Scores", set="Read")
    with pytest.raises(CredentialError, match="Gradebook Scores with"):
        aeries.run(put(unique))


def test_the_check_passes_on_a_site_that_works_and_writes_nothing(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = aeries.run(work)
    assert [check.passed for check in checks] == [True, True, True]
    assert writes == 0
    assert system_id == f"aeries_v5:127.0.0.1:{aeries.spec.port}/aeries"
    assert aeries.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"


def test_a_template_without_a_field_is_refused_where_it_stands() -> None:
    for text in ("", "994", "{", "{SchoolCode}_{", "{}"):
        with pytest.raises(ValueError, match="write fields of the record in braces"):
            AeriesSettings.model_validate(
                {"base_url": "https://a.example", "certificate": {"env": "A"}, "section_id": text}
            )


def test_nothing_is_asked_before_it_is_needed(aeries: Vendor) -> None:
    async def main() -> int:
        async with aeries.open() as system:
            return int(system.calls.reads)

    assert asyncio.run(main()) == 0
    assert dt.date.fromisoformat(LINE_ITEM.due_date).year == 2026


def test_an_open_connection_shows_nobody_in_its_repr(aeries: Vendor) -> None:
    async def work(system: Any) -> str:
        await system.read_reference()
        return repr(system)

    shown = aeries.run(work)
    assert not [one for one in awkward_school().students if len(one) > 3 and one in shown]
