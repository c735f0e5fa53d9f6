"""Canvas's manners: bearer token, ids in three spellings, Link paging, error shape, SIS keys by right.

Source: the Canvas REST documentation (pagination, object ids, throttling) and its open source
(`lib/api.rb`: 10 per page, at most 100, clamped without a word).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from gradeflow.sandbox.wire import Answer, AnsweredError, Call

DEFAULT_PER_PAGE, MAX_PER_PAGE = 10, 100
# Appended to the token: the token of a user without that right
NO_SIS, NO_MANAGE = "-nosis", "-nomanage"
SIS_KEYS = frozenset(
    {
        *("sis_course_id", "sis_section_id", "sis_user_id", "sis_term_id", "sis_assignment_id"),
        *("sis_account_id", "sis_import_id", "sis_source_id", "sis_id"),
        *("integration_id", "integration_data", "section_integration_id"),
    }
)
RowT = TypeVar("RowT")


def failed(status: int, message: str) -> AnsweredError:
    """Say no as Canvas does."""
    headers = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'} if status == 401 else {}
    return AnsweredError(Answer(status, {"errors": [{"message": message}]}, headers))


def missing() -> AnsweredError:
    """Say that an id leads nowhere."""
    return failed(404, "The specified resource does not exist.")


def authorize(call: Call, token: str, given_out: Collection[str] = ()) -> bool:
    """Check the bearer token, a person's or one that was given out to a key; give whether it has SIS rights.

    Raises:
        AnsweredError: 401 where it is missing, unknown or expired.
    """
    kind, _, given = call.headers.get("authorization", "").partition(" ")
    if (
        kind.lower() != "bearer"
        or "expire_tokens" in call.altered
        or given not in {token, token + NO_SIS, token + NO_MANAGE, *given_out}
    ):
        raise failed(401, "Invalid access token.")
    return given != token + NO_SIS and "no_sis_rights" not in call.altered


def may_manage(call: Call) -> bool:
    """Tell whether the caller may manage assignments: to others Canvas shows no overrides, without a word."""
    return not call.headers.get("authorization", "").endswith(NO_MANAGE)


def answered(payload: Any, *, has_sis_rights: bool, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer 200; without SIS rights the SIS keys are absent, which is no error."""
    shown = payload if has_sis_rights else _without_sis_keys(payload)
    return Answer(200, shown, headers or {})


def _without_sis_keys(payload: Any) -> Any:
    if isinstance(payload, dict):
        return {key: _without_sis_keys(value) for key, value in payload.items() if key not in SIS_KEYS}
    if isinstance(payload, list):
        return [_without_sis_keys(value) for value in payload]
    return payload


def sis_key(text: str, kind: str) -> str | None:
    """Give the SIS id in `sis_section_id:X` or `hex:sis_section_id:<hex>`; None where it is a plain id.

    >>> sis_key("sis_section_id:M9", "section"), sis_key("hex:sis_section_id:4d39", "section")
    ('M9', 'M9')
    """
    prefix = f"sis_{kind}_id:"
    if text.startswith("hex:" + prefix):
        try:
            return bytes.fromhex(text.removeprefix("hex:" + prefix)).decode()
        except ValueError:
            return ""
    return text.removeprefix(prefix) if text.startswith(prefix) else None


def flag(call: Call, name: str, *, default: bool = False) -> bool:
    """Read a boolean parameter as Rails does."""
    text = call.query.get(name)
    return default if text is None else text.lower() in {"true", "1", "on", "yes", "t"}


def listed(call: Call, name: str) -> list[str]:
    """Read a parameter that may be repeated, `name[]` or `name`."""
    return [*call.query.getlist(f"{name}[]"), *call.query.getlist(name)]


def paged(
    call: Call, rows: Sequence[RowT], render: Callable[[RowT], Any], *, tells_last: bool = True
) -> tuple[list[Any], dict[str, str]]:
    """Cut one page out of `rows` and render only that; give it with its Link header.

    `tells_last` False leaves `last` out, as Canvas does where counting would be dear.
    """
    size = _per_page(call)
    offset = _offset(call, size)
    page = [render(row) for row in rows[offset : offset + size]]
    starts = {"current": offset, "first": 0}
    if offset + size < len(rows):
        starts["next"] = offset + size
    if offset > 0:
        starts["prev"] = max(0, offset - size)
    if tells_last:
        starts["last"] = max(0, (len(rows) - 1) // size * size)
    query = [(name, value) for name, value in call.query.multi_items() if name not in {"page", "per_page"}]
    links = []
    for rel, start in starts.items():
        text = urlencode([*query, ("page", _bookmark(start)), ("per_page", size)])
        links.append(f'<{call.origin}{call.path}?{text}>; rel="{rel}"')
    return page, {"Link": ",".join(links)}


def _per_page(call: Call) -> int:
    text = call.query.get("per_page", "")
    size = int(text) if text.isdigit() else DEFAULT_PER_PAGE
    return min(max(size, 1), MAX_PER_PAGE)


def _bookmark(offset: int) -> str:
    return "bookmark:" + base64.urlsafe_b64encode(str(offset).encode()).decode()


def _offset(call: Call, size: int) -> int:
    """Read `page`: a number, or the opaque text of one of our links."""
    text = call.query.get("page", "1")
    if text.isdigit():
        return max(int(text) - 1, 0) * size
    try:
        return int(base64.urlsafe_b64decode(text.removeprefix("bookmark:")))
    except (binascii.Error, ValueError):
        raise failed(400, "Invalid page parameter.") from None
