"""The routes below `/_sandbox`, on every practice server: its clock, its state, its faults, its log.

No authorization: the servers listen on loopback only. Unknown keys are refused with 400 and what is allowed.

| call | body | answer |
|---|---|---|
| GET /_sandbox/clock | | `{"now": ISO 8601 with offset}` |
| POST /_sandbox/clock | `{"now": ...}` | the same; it is the clock of the whole district |
| POST /_sandbox/edit | `{"edits": [...]}`, see each server's `edit` | `{"edited": n}`, all or none |
| GET /_sandbox/fault | | `{"faults": [{"do", ..., "fired"}], "held": calls held now}` |
| POST /_sandbox/fault | `{"faults": [{"do", "method", "path", "times", "after", ...}]}`: `faults` | as GET |
| DELETE /_sandbox/fault | | clears all, held calls go on; as GET |
| GET /_sandbox/log | | `{"calls": [{"method", "route", "count"}]}` since start or reset |
| DELETE /_sandbox/log | | resets the counts; as GET |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gradeflow.sandbox.faults import FaultError, parse_fault
from gradeflow.sandbox.traffic import Traffic
from gradeflow.sandbox.wire import EditError, PracticeServer

Action = Callable[[Any], dict[str, Any]]


class Control:
    """The control routes of one server."""

    def __init__(self, server: PracticeServer, traffic: Traffic) -> None:
        self._server = server
        self._traffic = traffic

    def routes(self) -> list[Route]:
        """Give the routes for Starlette."""
        table: list[tuple[str, str, Action]] = [
            ("GET", "clock", self._tell_clock),
            ("POST", "clock", self._set_clock),
            ("POST", "edit", self._edit),
            ("GET", "fault", self._tell_faults),
            ("POST", "fault", self._arm),
            ("DELETE", "fault", self._clear),
            ("GET", "log", self._tell_log),
            ("DELETE", "log", self._reset_log),
        ]
        return [Route(f"/_sandbox/{name}", _serve(act), methods=[method]) for method, name, act in table]

    def _tell_clock(self, _: Any) -> dict[str, Any]:
        return {"now": self._server.clock.now().isoformat()}

    def _set_clock(self, body: Any) -> dict[str, Any]:
        (now,) = _only(body, "now")
        if not isinstance(now, str):
            msg = "now is a text such as 2026-11-02T03:30:00-05:00"
            raise EditError(msg)
        try:
            self._server.clock.set(dt.datetime.fromisoformat(now))
        except ValueError as error:
            raise EditError(str(error)) from error
        return self._tell_clock(None)

    def _edit(self, body: Any) -> dict[str, Any]:
        (edits,) = _only(body, "edits")
        if not isinstance(edits, list) or not all(isinstance(edit, dict) for edit in edits):
            msg = "edits is a list of objects"
            raise EditError(msg)
        with self._server.store.transaction():
            for edit in edits:
                self._server.edit(edit)
        return {"edited": len(edits)}

    def _tell_faults(self, _: Any) -> dict[str, Any]:
        return {"faults": [fault.told() for fault in self._traffic.faults], "held": self._traffic.held}

    def _arm(self, body: Any) -> dict[str, Any]:
        (faults,) = _only(body, "faults")
        if not isinstance(faults, list):
            msg = "faults is a list of objects"
            raise EditError(msg)
        self._traffic.arm([parse_fault(fault) for fault in faults])
        return self._tell_faults(None)

    def _clear(self, _: Any) -> dict[str, Any]:
        self._traffic.clear()
        return self._tell_faults(None)

    def _tell_log(self, _: Any) -> dict[str, Any]:
        log = sorted(self._traffic.log.items())
        return {"calls": [{"method": m, "route": route, "count": count} for (m, route), count in log]}

    def _reset_log(self, _: Any) -> dict[str, Any]:
        self._traffic.log.clear()
        return self._tell_log(None)


def _only(body: Any, *keys: str) -> tuple[Any, ...]:
    if not isinstance(body, dict) or set(body) != set(keys):
        msg = f"the body is a JSON object with exactly these keys: {', '.join(keys)}"
        raise EditError(msg)
    return tuple(body[key] for key in keys)


def _serve(act: Action) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            body = await request.json() if request.method == "POST" else None
            return JSONResponse(act(body))
        except (EditError, FaultError) as error:
            return JSONResponse({"error": str(error)}, 400)
        except ValueError:
            return JSONResponse({"error": "the body is no JSON"}, 400)

    return answer
