"""Lists that fail, repeat or stop short, in every SIS connector: an error, never a shorter list."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gradeflow.errors import OutsideError
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.manners import MANNERS, SECTION, needs
from gradeflow_tests.contracts.on_the_way import Line
from gradeflow_tests.contracts.test_every_sis import line_item, made
from gradeflow_tests.contracts.whole_reads import everything, same_or_refused

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
def test_a_system_that_ignores_what_is_asked_gives_no_scores_of_another_item(sis: Side, line: Line) -> None:
    made(sis)

    async def another(system: Any) -> str:
        return str((await system.put_line_item(line_item(sis, sis_id="item-2", title="Another"))).sis_id)

    other = sis.run(another)
    line.ask = lambda url: url.copy_remove_param("q").copy_remove_param("filter")
    try:
        found = sis.run(lambda system: system.read_results(SECTION, other))
    except OutsideError:
        return
    assert found.status.isna().all()


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
