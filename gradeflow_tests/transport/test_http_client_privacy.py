"""No error and no log of the HTTP client repeats what may be a student's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gradeflow.errors import (
    OutsideError,
    PermanentError,
)
from gradeflow_tests.transport.http_calls import HTML, OK, read, write


def test_no_error_repeats_a_body_a_query_or_a_token(far: Any) -> None:
    answers = [httpx.Response(status, text="Marked 8.5") for status in (400, 401, 403, 404, 422, 302)]
    for answer in [*answers, HTML, httpx.ReadTimeout("Marked 8.5 secret-token"), httpx.Response(500)]:
        for work in (read, write):
            try:
                far(*[answer] * 4).run(work)
            except OutsideError as error:
                text = f"{error} {error!r} {error.__cause__} {error.__context__}"
                assert not any(word in text for word in ("Marked", "8.5", "secret-token", "marked-query"))


@pytest.mark.parametrize("path", ["/results/item-1_0042", "/v1p1/results/0042%2F7", "/results/results/0042"])
def test_no_error_names_a_result_whose_id_may_be_a_students(far: Any, path: str) -> None:
    answers = [httpx.Response(status) for status in (302, 400, 401, 403, 404, 422, 429, 500)]
    for answer in [*answers, HTML, httpx.ReadTimeout("x"), httpx.ConnectError("x")]:
        for method in ("get", "put"):
            try:
                far(*[answer] * 4).run(lambda client, method=method: getattr(client, method)(path, {}))
            except OutsideError as error:
                text = str(error)
                is_host_alone = "no connection to sis.example (" in text
                assert is_host_alone or f"{method.upper()} /api" in text
                assert is_host_alone or "/results/..." in text
                assert "0042" not in text


def test_errors_name_line_items_and_classes(far: Any) -> None:
    path = "/classes/c-1/lineItems/li-1/results"
    with pytest.raises(PermanentError, match=f"GET /api{path} was"):
        far(httpx.Response(400)).run(lambda client: client.get(path))


def test_nothing_of_a_request_is_logged(far: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    far(OK).run(read)
    far(OK).run(write)
    assert not [record for record in caplog.records if record.name.startswith("http")]
