"""Schoology's manners: signed calls, JSON or XML by `Accept`, lists with `total` and `links`, refusals.

Source: developers.schoology.com (Design & Architecture, Authentication, API Authentication Update of June 2025,
and the samples of each list), read 2026-11. It says nothing of error bodies; here they are plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from gradeflow.sandbox.wire import Answer, AnsweredError, Call

DEFAULT_LIMIT, MAX_LIMIT = 20, 200
JSON, XML = "application/json", "text/xml"
HEADERS = {"X-Schoology": "API"}
_SAID = {
    "nonce_used": "Duplicate timestamp/nonce combination, possible replay attack. Request rejected.",
    "timestamp_refused": "Timestamp is out of sequence. Request rejected.",
    "consumer_key_unknown": "The consumer key does not exist.",
}
RowT = TypeVar("RowT")


def failed(status: int, message: str) -> AnsweredError:
    """Say no as Schoology does."""
    return AnsweredError(Answer(status, message.encode(), HEADERS, "text/plain; charset=utf-8"))


def missing() -> AnsweredError:
    """Say that an id leads nowhere."""
    return failed(404, "The requested resource was not found.")


def unsigned(problem: str) -> AnsweredError:
    """Say that a signature was refused."""
    return failed(401, _SAID.get(problem, f"The signature was refused ({problem})."))


def format_of(call: Call) -> str:
    """Choose the format of the answer by a weighted `Accept`; XML where the caller does not care.

    Raises:
        AnsweredError: 406 where neither will do.
    """
    weights = dict.fromkeys((XML, JSON), 0.0)
    for part in call.headers.get("accept", "*/*").split(","):
        name, *options = (one.strip().lower() for one in part.split(";"))
        weight = next((one[2:] for one in options if one.startswith("q=")), "1")
        for kind in weights:
            if name in {kind, "*/*", f"{kind.partition('/')[0]}/*"}:
                weights[kind] = max(weights[kind], float(weight) if weight.replace(".", "").isdigit() else 0)
    best = max(weights, key=lambda kind: weights[kind])
    if not weights[best]:
        raise failed(406, "Accept text/xml or application/json.")
    return best


def rendered(call: Call, payload: Any, status: int = 200) -> Answer:
    """Answer in the format that the caller wants."""
    if format_of(call) == JSON:
        return Answer(status, payload, HEADERS)
    text = f'<?xml version="1.0" encoding="utf-8" ?>\n<result>{_xml(payload)}</result>'
    return Answer(status, text.encode(), HEADERS, "text/xml; charset=utf-8")


def _xml(payload: dict[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in payload.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):  # a list is its element, repeated
        return "".join(_element(name, one) for one in value) or f"<{name} />"
    inner = _xml(value) if isinstance(value, dict) else "" if value is None else escape(str(value))
    return f"<{name}>{inner}</{name}>" if inner else f"<{name} />"


def listed(
    call: Call, name: str, rows: Sequence[RowT], show: Callable[[RowT], Any], *, total_as: type = str
) -> dict[str, Any]:
    """Cut one page out of `rows`; `links.next` is there while there is more, whatever the page holds."""
    start, limit = _number(call, "start", 0), min(_number(call, "limit", DEFAULT_LIMIT), MAX_LIMIT)
    page = [show(row) for row in rows[start : start + limit]]
    links = {"self": _link(call, start, limit)}
    if start + limit < len(rows):
        links["next"] = _link(call, start + limit, limit)
    return {name: page, "total": total_as(len(rows)), "links": links}


def _link(call: Call, start: int, limit: int) -> str:
    kept = [(name, value) for name, value in call.query.multi_items() if name not in {"start", "limit"}]
    return f"{call.origin}{call.path}?{urlencode([*kept, ('start', start), ('limit', limit)])}"


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() else default
    return number if number or name == "start" else default


def several(call: Call, name: str) -> list[str]:
    """Read a parameter that may hold several values with commas between."""
    return [one for one in call.query.get(name, "").split(",") if one]
