"""What every SIS connector must do where its system, or what is between, fails.

Nothing is sent twice unasked, nothing unknown is called stored, nothing that could not be read is called empty.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from gradeflow.errors import AmbiguousDeliveryError, PermanentError, RetriableError
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.manners import SECTION, STUDENT, at, needs
from gradeflow_tests.contracts.test_every_sis import cells, create, line_item, result


@needs("http")
@pytest.mark.parametrize(("headers", "pause"), [({"Retry-After": "2"}, 2.0), ({}, None)])
@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_score_is_waited_out(
    sis: Side, code: int, headers: dict[str, str], pause: float | None
) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        sis.fault(**at(sis.manners.score).fault(do="status", code=code, headers=headers, times=2))
        await system.put_result(result(item.sis_id))
        return await cells(system, item.sis_id)

    assert len(sis.run(work)) == 1
    assert len(sis.waited) == 2
    assert pause is None or sis.waited == [pause, pause]


@needs("http")
def test_a_throttled_create_is_waited_out(sis: Side) -> None:
    sis.fault(**at(sis.manners.create).fault(do="status", code=429, headers={"Retry-After": "2"}, times=1))
    sis.run(lambda system: create(system, sis))
    assert sis.waited == [2.0]


@needs("http")
@pytest.mark.parametrize("code", [408, 503])
def test_an_outage_during_a_create_is_waited_out_only_where_it_may_be_repeated(sis: Side, code: int) -> None:
    """A proxy may report it after the SIS has stored; where ids are the SIS's that would make a second item."""
    sis.fault(**at(sis.manners.create).fault(do="status", code=code, times=1))

    async def work(system: Any) -> Any:
        return await system.put_line_item(line_item(sis))

    if sis.manners.allocates_ids:
        with pytest.raises(AmbiguousDeliveryError):
            sis.run(work)
        assert sis.waited == []
    else:
        assert sis.run(work).sis_id == "item-1"
        assert len(sis.waited) == 1


@needs("http")
def test_a_throttle_without_end_certainly_stored_nothing(sis: Side) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        fault = at(sis.manners.score).fault(do="status", code=429, headers={"Retry-After": "2"}, times=None)
        sis.fault(**fault)
        with pytest.raises(RetriableError) as caught:
            await system.put_result(result(item.sis_id))
        return caught.value.retry_after_seconds, await cells(system, item.sis_id)

    seconds, found = sis.run(work)
    assert (seconds, len(found)) == (2.0, 0)


@needs("http")
@pytest.mark.parametrize(("do", "is_stored"), [("reset", False), ("lose_answer", True)])
def test_a_score_whose_answer_is_lost_is_unknown_and_the_read_back_tells(
    sis: Side, do: str, is_stored: bool
) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        before = system.calls.writes
        sis.fault(**at(sis.manners.score).fault(do=do, times=1))
        with pytest.raises(AmbiguousDeliveryError) as caught:
            await system.put_result(result(item.sis_id))
        sent = system.calls.writes - before
        return caught.value.code, await cells(system, item.sis_id), sent

    code, found, sent = sis.run(work)
    assert (code, len(found), sent) == ("OUTCOME_UNKNOWN", int(is_stored), 1)
    assert sis.waited == []


@needs("http")
@pytest.mark.parametrize(("do", "is_stored"), [("reset", False), ("lose_answer", True)])
def test_an_item_whose_answer_is_lost_is_unknown_and_can_be_found_again(
    sis: Side, do: str, is_stored: bool
) -> None:
    async def work(system: Any) -> Any:
        sis.fault(**at(sis.manners.create).fault(do=do, times=1))
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(line_item(sis))
        return await system.read_line_items(SECTION), system.calls.writes

    items, sent = sis.run(work)
    assert (len(items), sent) == (int(is_stored), 1)
    if is_stored:
        row = items.iloc[0]
        assert (row.title, str(row.due_date.date())) == ("Ratios practice", "2026-11-13")
        ours = row.external_id if sis.manners.keeps_ours else row.sis_id
        assert sis.manners.keeps_ours is sis.manners.allocates_ids or ours != "item-1"
        assert ours == "item-1" or not sis.manners.keeps_ours


@needs("http")
@pytest.mark.parametrize("code", [500, 504])
def test_a_failing_server_leaves_a_write_unknown(sis: Side, code: int) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        sis.fault(**at(sis.manners.score).fault(do="status", code=code, times=1))
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_result(result(item.sis_id))
        sis.fault(**at(sis.manners.create).fault(do="status", code=code, times=1))
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(line_item(sis, sis_id="item-2"))

    sis.run(work)
    assert sis.waited == []


@needs("http")
def test_a_system_that_is_down_certainly_stored_nothing(sis: Side) -> None:
    assert sis.spec is not None
    base = sis.settings["base_url"].replace(f":{sis.spec.port}", ":9")
    with pytest.raises(RetriableError) as caught:
        sis.run(lambda system: system.put_line_item(line_item(sis)), base_url=base)
    assert caught.value.code == "UNREACHABLE"


@needs("http")
@pytest.mark.parametrize("do", ["no_echo", "bad_json"])
def test_a_score_without_an_echo_says_so(sis: Side, do: str) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        sis.fault(**at(sis.manners.score).fault(do=do, times=1))
        return await system.put_result(result(item.sis_id)), await cells(system, item.sis_id)

    stored, found = sis.run(work)
    assert (stored.is_echoed, stored.score_e4, stored.status) == (False, None, None)
    assert list(found.index) == [STUDENT]


@needs("http")
@pytest.mark.parametrize("do", ["no_echo", "bad_json", "html"])
def test_an_item_without_an_echo_is_named_rightly_or_unknown(sis: Side, do: str) -> None:
    async def work(system: Any) -> Any:
        sis.fault(**at(sis.manners.create).fault(do=do, times=1))
        try:
            stored = await system.put_line_item(line_item(sis))
        except AmbiguousDeliveryError:
            stored = None
        return stored, await system.read_line_items(SECTION)

    stored, items = sis.run(work)
    # HTML came instead of the SIS: it stored nothing, which only reading tells
    assert len(items) == (do != "html")
    assert stored is None or stored.title in {None, "Ratios practice"}
    if stored is not None and do != "html":
        assert list(items.sis_id) == [stored.sis_id]


@needs("http")
@pytest.mark.parametrize("what", ["item", "score"])
def test_a_200_that_stored_nothing_shows_in_the_read_back(sis: Side, what: str) -> None:
    async def work(system: Any) -> Any:
        if what == "item":
            sis.fault(**at(sis.manners.create).fault(do="store_nothing", times=1))
            # Where it looks for the item at once, it finds that it is not there
            with contextlib.suppress(AmbiguousDeliveryError):
                await system.put_line_item(line_item(sis))
            return await system.read_line_items(SECTION)
        item = await system.put_line_item(line_item(sis))
        sis.fault(**at(sis.manners.score).fault(do="store_nothing", times=1))
        await system.put_result(result(item.sis_id))
        return await cells(system, item.sis_id)

    assert sis.run(work).empty


@needs("http")
@pytest.mark.parametrize(("digits", "expected"), [(0, 90_000), (1, 85_000)])
def test_a_score_that_the_sis_rounds_is_told_as_stored(sis: Side, digits: int, expected: int) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        sis.fault(**at(sis.manners.score).fault(do="round", times=1, digits=digits))
        stored = await system.put_result(result(item.sis_id))
        return stored, (await cells(system, item.sis_id)).loc[STUDENT]

    stored, cell = sis.run(work)
    assert cell.score_e4 == expected
    assert stored.score_e4 == (expected if sis.manners.echoes_scores else None)


@needs("http")
def test_a_title_that_the_sis_cuts_is_told_as_stored(sis: Side) -> None:
    async def work(system: Any) -> Any:
        sis.fault(**at(sis.manners.create).fault(do="cut_title", times=1, length=6))
        stored = await system.put_line_item(line_item(sis))
        return stored.title, list((await system.read_line_items(SECTION)).title)

    assert sis.run(work) == ("Ratios", ["Ratios"])


@needs("http")
def test_a_refusal_is_permanent_and_repeats_no_value(sis: Side) -> None:
    assert sis.manners.refused is not None
    change, word = sis.manners.refused
    with pytest.raises(PermanentError) as caught:
        sis.run(lambda system: system.put_line_item(line_item(sis, **change)))
    assert caught.value.code == "SIS_REFUSED"
    assert word in str(caught.value)
    assert not [text for text in ("Marked", "2027", "Ratios") if text in str(caught.value)]
    assert sis.waited == []


@needs("http")
def test_an_update_in_doubt_is_never_sent_again_by_itself(sis: Side) -> None:
    async def work(system: Any) -> Any:
        item = await system.put_line_item(line_item(sis))
        raw = (await system.read_line_items(SECTION)).raw[0]
        before = system.calls.writes
        sis.fault(**at(sis.manners.update).fault(do="lose_answer", times=1))
        change = line_item(sis, sis_id=item.sis_id, title="Ratios", is_create=False, observed_raw=raw)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(change)
        sent = system.calls.writes - before
        return list((await system.read_line_items(SECTION)).title), sent

    assert sis.run(work) == (["Ratios"], 1)
