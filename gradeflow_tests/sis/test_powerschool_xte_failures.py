"""What the connector of PowerTeacher Pro makes of a server that fails, refuses or says nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
    RetriableError,
)
from gradeflow.sis.powerschool_xte_records import new_score
from gradeflow_tests.sis.vendor_practice import (
    LEFT,
    POWERSCHOOL_CATEGORY,
    SECOND,
    SECTION,
    Vendor,
    awkward_school,
    cells,
    items,
    line_item,
    put,
    reference,
    score,
)

LINE_ITEM = line_item(POWERSCHOOL_CATEGORY)


SCORE = "/ws/xte/score"


def test_412_is_submitted_again_once(xte: Vendor, item: str) -> None:
    xte.fault(do="status", code=412, method="PUT", path=SCORE, times=1)
    xte.run(put(item))
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1
    xte.fault(do="status", code=412, method="PUT", path=SCORE, times=2)
    with pytest.raises(RetriableError, match="412"):
        xte.run(lambda system: system.put_result(score(item, SECOND)))
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1


def test_a_column_that_was_not_granted_is_named(xte: Vendor) -> None:
    xte.edit(collection="access", key="assignment.createdbyplugin", set="none")
    with pytest.raises(CredentialError, match=r"assignment\.createdbyplugin.*access_request") as caught:
        xte.run(lambda system: system.put_line_item(LINE_ITEM))
    assert caught.value.code == "LICENSE_MISSING"
    xte.edit(collection="access", key="students.state_studentnumber", set="none")
    with pytest.raises(CredentialError, match=r"students\.state_studentnumber"):
        xte.run(reference)


def test_where_tokens_are_wanted_in_vain_the_setting_to_correct_is_base_url(xte: Vendor) -> None:
    xte.fault(do="status", code=404, method="POST", path="/oauth/access_token/")
    with pytest.raises(PermanentError, match="correct base_url in the district file"):
        xte.run(lambda system: system.read_reference())


def test_a_token_that_expires_during_the_run_is_renewed(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        await items(system)
        xte.fault(do="expire_tokens", method="PUT", path=SCORE, times=1)
        await system.put_result(score(item))
        return system.calls.writes

    assert xte.run(work) == 2  # the refused one went out too
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1


def test_credentials_that_are_refused_say_what_to_renew(xte: Vendor) -> None:
    wrong = {"client_secret": {"env": "client_id"}}
    with pytest.raises(CredentialError, match="Plugin Management") as caught:
        xte.run(reference, **wrong)
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert "hidden" not in str(caught.value)
    assert [check.passed for check in xte.run(lambda system: system.check(), **wrong)] == [False]


@pytest.mark.parametrize(("headers", "pause"), [({"Retry-After": "2"}, 2.0), ({}, None)])
@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_write_is_waited_out(
    xte: Vendor, item: str, code: int, headers: dict[str, str], pause: float | None
) -> None:
    xte.fault(do="status", code=code, headers=headers, method="PUT", times=1)
    xte.run(put(item))
    assert len(xte.waited) == 1
    assert pause is None or xte.waited == [pause]
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1


@pytest.mark.parametrize(("do", "is_stored"), [("reset", False), ("lose_answer", True)])
def test_a_lost_answer_is_unknown_and_the_read_back_tells(
    xte: Vendor, item: str, do: str, is_stored: bool
) -> None:
    async def work(system: Any) -> Any:
        xte.fault(do=do, method="PUT", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_results([score(item)])
        return len(await cells(system, item)), system.calls.writes

    assert xte.run(work) == (int(is_stored), 1)  # never sent again by itself


def test_a_500_on_a_write_is_unknown(xte: Vendor, item: str) -> None:
    xte.fault(do="status", code=500, body='{"message": "Internal error"}', method="PUT", times=1)
    with pytest.raises(AmbiguousDeliveryError):
        xte.run(put(item))
    assert xte.waited == []


def test_a_200_that_stored_nothing_shows_in_the_read_back(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        xte.fault(do="store_nothing", method="PUT", times=1)
        stored = await system.put_result(score(item))
        return stored.is_echoed, len(await cells(system, item))

    assert xte.run(work) == (False, 0)


@pytest.mark.parametrize("do", ["html", "status", "bad_json"])
def test_what_cannot_be_read_is_an_error_and_never_an_empty_list(xte: Vendor, item: str, do: str) -> None:
    more = {"code": 500} if do == "status" else {}
    xte.fault(do=do, method="GET", times=None, **more)
    for work in (items, reference, lambda system: system.read_results(SECTION, item)):
        with pytest.raises(OutsideError):
            xte.run(work)


@pytest.mark.parametrize("body", [{"message": "hello"}, "text", [1, 2], None, 7, {"count": "many"}])
def test_an_answer_of_another_type_is_an_error(xte: Vendor, item: str, body: Any) -> None:
    text = json.dumps(body)
    xte.fault(do="status", code=200, body=text, method="GET", path="/ws/xte/section/assignment/*", times=None)
    xte.fault(
        do="status", code=200, body=text, method="GET", path="/ws/schema/table/ASSIGNMENTSCORE*", times=None
    )
    for work in (items, lambda system: system.read_results(SECTION, item)):
        with pytest.raises(OutsideError):
            xte.run(work)


def test_a_single_seat_without_a_list_around_it_is_a_seat(xte: Vendor) -> None:
    for key in range(60001, 60006):
        xte.edit(collection="CC", key=key, set=None)
    seats = xte.run(reference).enrolments
    assert list(seats[seats.section_id_sis == SECTION].student_id_sis) == [LEFT]
    xte.edit(collection="CC", key=60006, set=None)
    assert SECTION not in set(xte.run(reference).enrolments.section_id_sis)


def test_an_id_that_powerschool_did_not_give_is_never_sent(xte: Vendor) -> None:
    (outcome,) = xte.run(lambda system: system.put_results([score("6f1d2c1e-0000-5000-8000-000000000001")]))
    assert (type(outcome), outcome.code) == (PermanentError, "SIS_PARENT_GONE")
    assert xte.count(SCORE) == 0


def test_the_check_passes_on_a_server_that_works_and_writes_nothing(xte: Vendor) -> None:
    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = xte.run(work)
    assert [check.passed for check in checks] == [True] * 4, checks
    assert writes == 0
    assert system_id == f"powerschool_xte:127.0.0.1:{xte.spec.port}"
    assert xte.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"


def test_flags_that_were_read_go_back_with_the_score() -> None:
    # A server that clears what is not sent would lose them; whether PowerSchool does is not known.
    raw = json.dumps({"islate": "1", "ismissing": "0", "isexempt": "0", "assignmentscoreid": "90001"})
    body = new_score(score("20001:70001", observed_raw=raw), 30001, 70001)
    assert (body["islate"], body["assignmentscoreid"], body["scorepoints"]) == (True, 90001, 8.5)
    assert {"ismissing", "isexempt"}.isdisjoint(body)


def test_an_open_connection_shows_nobody_in_its_repr(xte: Vendor) -> None:
    async def work(system: Any) -> str:
        await system.read_reference()
        return repr(system)

    shown = xte.run(work)
    assert not [one for one in awkward_school().students if len(one) > 3 and one in shown]
