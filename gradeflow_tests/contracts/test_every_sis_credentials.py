"""Credentials and rights that an SIS refuses, in every SIS connector."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow.errors import CredentialError
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.manners import SECTION, STUDENT, at, needs
from gradeflow_tests.contracts.test_every_sis import cells, create, line_item, made, reference, result


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
