"""What every SIS connector must do where its system, or what is between, fails.

Nothing is sent twice unasked, nothing unknown is called stored, nothing that could not be read is called empty.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Callable
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
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.manners import MANNERS, SECTION, STUDENT, Place, needs
from gradeflow_tests.contracts.on_the_way import Line, Told
from gradeflow_tests.contracts.test_every_sis import cells, create, line_item, made, reference, result


def at(place: Place | None) -> Place:
    assert place is not None
    return place


async def everything(system: Any, item: str) -> list[pd.DataFrame]:
    """Read all that there is to read, in an order of its own."""
    found = await system.read_reference()
    frames = [getattr(found, name) for name in found.__slots__]
    frames += [await system.read_line_items(SECTION), await system.read_results(SECTION, item)]
    return [one.sort_values(list(one.columns), ignore_index=True) for one in frames]


def same_or_refused(sis: Side, item: str, usual: list[pd.DataFrame], **more: Any) -> bool:
    """Read all; tell whether it was refused. What is not refused must be what is usual, to the last row."""
    try:
        found = sis.run(lambda system: everything(system, item), **more)
    except OutsideError:
        return True
    for left, right in zip(usual, found, strict=True):
        assert_frame_equal(left, right)
    return False


# ---- credentials -------------------------------------------------------------------------------------


@needs("http", "tokens")
@pytest.mark.parametrize("what", ["item", "score"])
def test_a_token_that_expires_during_the_run_is_renewed(sis: Side, what: str) -> None:
    place = at(sis.manners.create if what == "item" else sis.manners.score)

    async def work(system: Any) -> Any:
        await system.read_line_items(SECTION)
        sis.fault(**place.fault(do="expire_tokens", times=1))
        item, _ = await create(system, sis)
        return await cells(system, item.sis_id), system.calls.writes

    found, writes = sis.run(work, **(sis.manners.by_token or {}))
    assert list(found.index) == [STUDENT]
    assert writes == 3  # the refused one went out too


@needs("http")
def test_credentials_that_are_refused_say_what_to_renew_and_do_not_show_themselves(sis: Side) -> None:
    wrong = sis.manners.wrong or {}
    with pytest.raises(CredentialError, match=sis.manners.renew) as caught:
        sis.run(reference, **wrong)
    assert caught.value.code == "CREDENTIAL_INVALID"
    checks = sis.run(lambda system: system.check(), **wrong)
    assert [check.passed for check in checks] == [False]
    told = str(caught.value) + str(checks)
    assert not [word for word in ("hidden", "somebody else") if word in told]


@needs("http")
def test_refused_credentials_are_shown_once_however_much_is_asked(sis: Side) -> None:
    async def work(system: Any) -> None:
        for ask in (
            system.read_line_items(SECTION),
            system.put_line_item(line_item(sis)),
            system.read_results(SECTION, "20001:70001"),
        ):
            with pytest.raises(CredentialError, match="CREDENTIAL_INVALID"):
                await ask

    sis.run(work, **{**(sis.manners.wrong or {}), **(sis.manners.by_token or {})})
    assert len(sis.routes()) == 1


@needs("http")
def test_a_missing_right_to_write_is_a_licence_matter(sis: Side) -> None:
    item = made(sis)
    assert sis.manners.withhold is not None
    more = sis.manners.withhold(sis)
    for work in (
        lambda system: system.put_result(result(item)),
        lambda system: system.put_line_item(line_item(sis)),
    ):
        with pytest.raises(CredentialError) as caught:
            sis.run(work, **more)
        assert caught.value.code == sis.manners.withheld_code
    assert sis.waited == []


# ---- writes that get no usual answer -----------------------------------------------------------------


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


# ---- reads -------------------------------------------------------------------------------------------

BROKEN: dict[str, dict[str, Any]] = {
    "html": {"do": "html"},
    "cut off": {"do": "bad_json"},
    "500": {"do": "status", "code": 500},
    "404": {"do": "status", "code": 404},
    "429": {"do": "status", "code": 429},
    "reset": {"do": "reset"},
    "null": {"do": "status", "code": 200, "body": "null"},
    "text": {"do": "status", "code": 200, "body": '"text"'},
    "number": {"do": "status", "code": 200, "body": "7"},
    "numbers": {"do": "status", "code": 200, "body": "[1, 2]"},
    "another object": {"do": "status", "code": 200, "body": '{"message": "hello"}'},
    "nothing": {"do": "status", "code": 200, "body": ""},
}


@needs("http")
def test_a_list_that_cannot_be_read_is_an_error_and_never_an_empty_list(sis: Side) -> None:
    """Each of the calls that a reading makes is broken in turn, the others work.

    Kinds that share their manners share the ways to break a call among them.
    """
    item = made(sis)
    usual = sis.run(lambda system: everything(system, item))
    alike = [kind for kind, manners in MANNERS.items() if manners is sis.manners]
    asked = sorted({route for method, route in sis.routes() if method == "GET"})
    wrong = []
    for at_route, route in enumerate(asked):
        for at_way, (name, way) in enumerate(BROKEN.items()):
            if (at_route + at_way) % len(alike) == alike.index(sis.kind):
                sis.fault(**way, method="GET", path=below_base(route), times=None)
                wrong += [] if same_or_refused(sis, item, usual) else [(name, route)]
                sis.clear()
    assert wrong == []


def below_base(route: str) -> str:
    """Make a pattern of a route; faults go by the path below the system's base."""
    tail = re.sub(r".*/v1p[12]|/aeries/api/v5", "", route)
    return "*" + re.sub(r"\{[^}]*\}", "*", tail)


@needs("http")
@pytest.mark.parametrize("fault", [BROKEN[name] for name in ("500", "429", "reset")], ids=repr)
def test_a_read_that_fails_in_passing_is_repeated(sis: Side, fault: dict[str, Any]) -> None:
    item = made(sis)
    usual = sis.run(lambda system: everything(system, item))
    sis.fault(**fault, method="GET", times=2)
    assert not same_or_refused(sis, item, usual)
    assert len(sis.waited) == 2


@needs("http")
def test_a_list_that_gives_its_first_page_again_and_again_is_refused(
    sis: Side, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each list in turn; kinds that share their manners share the lists."""
    assert sis.manners.small_pages is not None
    assert sis.manners.first_page is not None
    item, change = made(sis), sis.manners.first_page
    more = {**(sis.manners.by_token or {}), **sis.manners.small_pages(monkeypatch)}
    paged: set[str] = set()

    def stuck_at(stuck: str) -> Callable[[httpx.URL], httpx.URL]:
        def ask(url: httpx.URL) -> httpx.URL:
            if change(url) != url:
                paged.add(url.path)
            return change(url) if url.path == stuck else url

        return ask

    line.ask = stuck_at("")
    usual = sis.run(lambda system: everything(system, item), **more)
    alike = [kind for kind, manners in MANNERS.items() if manners is sis.manners]
    refused = 0
    for path in sorted(paged)[alike.index(sis.kind) :: len(alike)]:
        line.ask = stuck_at(path)
        refused += same_or_refused(sis, item, usual, **more)
    line.ask = change
    assert same_or_refused(sis, item, usual, **more)
    assert refused or len(alike) > 1


@needs("http")
def test_pages_shorter_than_asked_for_are_no_end(
    sis: Side, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, more = made(sis), (sis.manners.by_token or {})
    usual = sis.run(lambda system: everything(system, item), **more)
    assert sis.manners.small_pages is not None
    assert sis.manners.shorter is not None
    small, change, asked = sis.manners.small_pages(monkeypatch), sis.manners.shorter, list[bool]()

    def ask(url: httpx.URL) -> httpx.URL:
        asked.append(change(url) != url)
        return change(url)

    line.ask = ask
    same_or_refused(sis, item, usual, **more, **small)
    assert any(asked)


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

    line.change_records("*", change)
    try:
        found = sis.run(lambda system: system.read_results(SECTION, item))
    except OutsideError:
        return
    assert line.changed
    assert len(found) > 0
    assert found.score_e4.isna().all()


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
