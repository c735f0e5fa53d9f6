"""Schoology's multi-get: up to 50 reads in one POST, each answered as it would be alone.

Source: developers.schoology.com, Multi-get (what may be asked; only the first 50 are answered), read 2026-11. It
shows a request body in XML and no answer; the JSON forms are those that public clients exchange with it:
`{"request": [path, ...]}` and `{"response": [{"location", "response_code", "headers", "body"}, ...]}`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.datastructures import QueryParams
from starlette.routing import compile_path

from gradeflow.sandbox.schoology_request import failed
from gradeflow.sandbox.wire import AnsweredError, Call

AT_ONCE = 50
ALLOWED = (
    *("/v1/courses/{course}", "/v1/courses/{course}/sections", "/v1/sections/{section}"),
    *("/v1/sections/{section}/assignments", "/v1/sections/{section}/enrollments"),
    *("/v1/sections/{section}/grade_items", "/v1/sections/{section}/grades", "/v1/sections/ext/{code:path}"),
    *("/v1/users/{user}", "/v1/users/{user}/sections", "/v1/users/ext/{code:path}"),
)
View = Callable[[Call], dict[str, Any]]


class Multiget:
    """Answers many reads in one."""

    def __init__(self, views: dict[str, View]) -> None:
        self._views = [(compile_path(template)[0], views[template]) for template in ALLOWED]

    def answer(self, call: Call) -> dict[str, Any]:
        """POST multiget."""
        return {"response": [self._one(call, target) for target in requests_in(call)[:AT_ONCE]]}

    def _one(self, call: Call, target: str) -> dict[str, Any]:
        path, _, query = target.partition("?")
        told: dict[str, Any] = {"location": f"{call.origin}{target}", "headers": []}
        for pattern, view in self._views:
            found = pattern.match(path)
            if found:
                inner = replace(
                    call, method="GET", path=path, params=found.groupdict(), query=QueryParams(query)
                )
                try:
                    return {**told, "response_code": 200, "body": view(inner)}
                except AnsweredError as refusal:
                    body = (refusal.answer.body or b"").decode()
                    return {**told, "response_code": refusal.answer.status, "body": body}
        return {**told, "response_code": 403, "body": "This call is not enabled for multi-get."}


def requests_in(call: Call) -> list[str]:
    """Read the paths that are asked for, from JSON or XML by the type of the body.

    Raises:
        AnsweredError: 400 where there are none.
    """
    if "xml" in call.headers.get("content-type", ""):
        text = call.body.decode(errors="replace")
        found = [
            html.unescape(one.strip()) for one in re.findall(r"<request>(.*?)</request>", text, re.DOTALL)
        ]
    else:
        body = call.json()
        asked = body.get("request") if isinstance(body, dict) else None
        found = asked if isinstance(asked, list) and all(isinstance(one, str) for one in asked) else []
    if not found:
        raise failed(400, "No requests were given.")
    return found
