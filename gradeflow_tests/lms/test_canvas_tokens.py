"""How a practice Canvas lets us in: by a token that a person made, or by a developer key that renews its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pandas.testing import assert_frame_equal
from pydantic import ValidationError

from gradeflow.errors import CredentialError
from gradeflow.lms.canvas_account import CanvasSettings
from gradeflow_tests.lms.practice_lms import PracticeLms, served

TOKENS = "/login/oauth2/token"
KEY = {name: {"env": name} for name in ("client_id", "client_secret", "refresh_token")}
BY_KEY: dict[str, Any] = {"token": None, "developer_key": KEY}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeLms]:
    with served("canvas", tmp_path_factory.mktemp("canvas")) as canvas:
        token = canvas.spec.secrets["token"]
        for name, end in zip(KEY, ("id", "secret", "refresh"), strict=True):
            canvas.spec.secrets[name] = f"{token}-{end}"
        yield canvas


@pytest.fixture
def canvas(server: PracticeLms) -> PracticeLms:
    server.renew()
    return server


def test_a_developer_key_reads_what_a_persons_token_reads(canvas: PracticeLms) -> None:
    by_token, by_key = canvas.read(), canvas.read(**BY_KEY)
    assert_frame_equal(by_token.line_items, by_key.line_items)
    assert_frame_equal(by_token.results, by_key.results)
    assert canvas.asked()[TOKENS] == 1


def test_a_developer_keys_token_that_ends_during_the_reading_is_renewed(canvas: PracticeLms) -> None:
    expected = canvas.read()
    canvas.fault(do="expire_tokens", path="*/students/submissions", times=1)
    found = canvas.read(**BY_KEY)
    assert_frame_equal(found.results, expected.results)
    assert found.incomplete_sections == frozenset()
    assert canvas.asked()[TOKENS] == 2


@pytest.mark.parametrize("name", KEY)
def test_a_developer_key_that_is_refused_says_to_authorise_it_again(
    canvas: PracticeLms, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(canvas.spec.secrets, name, "hidden-other")
    with pytest.raises(CredentialError, match="authorise it again") as caught:
        canvas.read(**BY_KEY)
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert "hidden" not in f"{caught.value} {caught.value.__context__}"
    assert canvas.asked() == {TOKENS: 1}


@pytest.mark.parametrize("ways", [{}, {"token": {"env": "T"}, "developer_key": KEY}])
def test_there_is_exactly_one_way_in(ways: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="token, developer_key: one of them"):
        CanvasSettings.model_validate({"base_url": "https://lincoln.example", "account": "1", **ways})
