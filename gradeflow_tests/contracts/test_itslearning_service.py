"""itslearning's service on the wire: cut off, busy, loaded meanwhile or another site, it gives no shorter gradebook."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import CredentialError, PermanentError, RetriableError
from gradeflow.lms.itslearning import CONNECTOR
from gradeflow_tests.contracts.itslearning_calls import PUPIL, read, refusal, result


def test_atom_and_json_give_the_same(itslearning: Any) -> None:
    one = itslearning.run(read)
    itslearning.edit(serves="atom", page=7)
    two = itslearning.run(read)
    assert_frame_equal(one.line_items, two.line_items)
    assert_frame_equal(one.results, two.results)


def test_a_set_that_is_as_large_as_what_can_be_reached_is_not_whole(itslearning: Any) -> None:
    itslearning.edit(reachable=30)

    async def reach(system: Any) -> Any:
        system.reachable = 30
        return await system.read_gradebook()

    assert itslearning.run(reach).incomplete_sections == {"0901", "0902,1", "sci-01"}
    assert itslearning.run(read).incomplete_sections == frozenset()  # 30 are far from two million


def test_a_warehouse_that_is_loaded_while_it_is_read_is_not_used(itslearning: Any) -> None:
    itslearning.fault(do="hold", path="/UserGrades", point="after_commit", times=1)
    control = f"{itslearning.spec.origin}/_sandbox"
    change = {"edits": [{"entity": "UserGrades", "match": PUPIL, "set": {"Score": 5.0}}]}

    async def work(system: Any) -> Any:
        reading = asyncio.create_task(system.read_gradebook())
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            while not (await client.get(f"{control}/fault")).json()["held"]:
                assert not reading.done()
                await asyncio.sleep(0.01)
            await client.post(f"{control}/edit", json=change)
            await client.delete(f"{control}/fault")
        return await reading

    with pytest.raises(RetriableError) as caught:
        itslearning.run(work)
    assert caught.value.code == "LOADED_MEANWHILE"
    assert result(itslearning.run(read)).score_e4 == 50_000


def test_a_wrong_password_is_asked_for_anew_and_sent_once(itslearning: Any) -> None:
    error = refusal(itslearning, CredentialError, user="somebody")
    assert error.code == "CREDENTIAL_INVALID"
    assert itslearning.count(f"/odata/{itslearning.spec.district}/{{resource}}") == 1
    (told,) = itslearning.run(lambda system: system.check(), user="somebody")
    assert not told.passed


def test_the_wrong_site_is_not_an_empty_one(itslearning: Any) -> None:
    error = refusal(itslearning, PermanentError, base_url=f"{itslearning.spec.origin}/odata/other")
    assert error.status == 404


@pytest.mark.parametrize("do", ["html", "bad_json"])
def test_an_answer_cut_off_is_no_shorter_list(itslearning: Any, do: str) -> None:
    itslearning.fault(do=do, path="/CourseMemberships")
    assert refusal(itslearning, PermanentError).code == "NOT_JSON"


def test_a_busy_service_is_asked_again(itslearning: Any) -> None:
    itslearning.fault(do="status", code=503, path="/UserGrades", times=2, headers={"Retry-After": "7"})
    assert len(itslearning.run(read).line_items) == 14
    assert itslearning.waited == [7.0, 7.0]


def test_nobody_is_named_by_what_is_shown_of_a_reading(
    itslearning: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradeflow.lms import itslearning as module  # noqa: PLC0415 - its name is the fixture's

    shown: list[str] = []

    class Watched(module.SiteMapping):
        def results(self, warehouse: Any, incomplete: set[str]) -> Any:
            shown.append(repr(self) + repr(warehouse))
            return super().results(warehouse, incomplete)

    monkeypatch.setattr(module, "SiteMapping", Watched)
    itslearning.run(read)
    assert len(shown) == 1
    assert not [one for one in ("s-003", "7 & 8/9", "hidden-password") if one in shown[0]]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"statuses": {"1": "done"}}, "graded"),
        ({"statuses": {"one": "graded"}}, "pattern"),
        ({"password": "inline"}, "must not stand in the file"),
        ({"user": "a:b"}, "pattern"),
        ({"base_url": "http://us1reporting.itslearning.com/odata/x"}, "https"),
        ({"items": {"titel": "x"}}, "titel"),
        ({"items": {"title": "a b"}}, "pattern"),
    ],
)
def test_settings_that_cannot_work_are_refused(itslearning: Any, change: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        CONNECTOR.settings.model_validate({**itslearning.settings, **change})
