"""What an answer means: one table from status to what to do next, and JSON with exact numbers.

Messages carry the status, the path without its query and without the id of a result, and the vendor's own
error word at most: an error body may quote the score or the student that was sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import httpx

from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
    RetriableError,
)
from gradeflow.transport.waiting import retry_after_seconds


class Next(Enum):
    """What to do after an answer."""

    USE = "use it"
    RENEW = "renew the token once, then ask for new credentials"
    FORBIDDEN = "ask for rights"
    GONE = "the thing does not exist"
    REFUSED = "never passes as it is"
    WAIT = "certainly had no effect: wait and send it again"
    UNSURE = "a read is sent again, a write may have been stored"


_BY_STATUS = {
    401: Next.RENEW,
    403: Next.FORBIDDEN,
    404: Next.GONE,
    408: Next.WAIT,
    410: Next.GONE,
    425: Next.WAIT,
    429: Next.WAIT,
    503: Next.WAIT,
}


def next_for(status: int) -> Next:
    """Map an HTTP status to what to do next.

    Every status has a row: 2xx is used, other 5xx leave a write unsure, and what is left (redirects
    included, which are never followed: they could carry the token elsewhere) is refused for good.
    """
    if 200 <= status < 300:
        return Next.USE
    return _BY_STATUS.get(status, Next.UNSURE if status >= 500 else Next.REFUSED)


def _by_status(response: httpx.Response) -> Next:
    return next_for(response.status_code)


def _no_word(response: httpx.Response) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Vendor:
    """What is particular about one system's answers.

    Attributes:
        label: the system as operators call it.
        renew: what to do when it refuses the credentials.
        widen: what to do when it refuses the right.
        forbidden_code: reason code of that refusal.
        refused_code: reason code of any other refusal.
        gone_code: reason code of a 404 to a write: what it hangs on is not there.
        classify: overrides the table for a vendor that uses a status oddly.
        error_word: the vendor's own code in an error body, as a word without values.
    """

    label: str
    renew: str
    widen: str
    forbidden_code: str = "FORBIDDEN"
    refused_code: str = "REFUSED"
    gone_code: str = "NOT_FOUND"
    classify: Callable[[httpx.Response], Next] = _by_status
    error_word: Callable[[httpx.Response], str | None] = _no_word


def shown_path(path: str) -> str:
    """Shorten a path for messages: the SIS may have made the id of a result from that of its student.

    >>> shown_path("/v1p1/results/0042"), shown_path("/classes/c1/lineItems/li1/results")
    ('/v1p1/results/...', '/classes/c1/lineItems/li1/results')
    """
    # All that follows: a slash in the id is no end of it where the path was unquoted before.
    return re.sub(r"(?i)(/results/).+", r"\1...", path, flags=re.DOTALL)


def error_for(vendor: Vendor, step: Next, response: httpx.Response, *, is_write: bool) -> OutsideError:
    """Build, not raise, the error of an answer that is not used."""
    status = response.status_code
    where = f"{response.request.method} {shown_path(response.request.url.path)} was answered {status}"
    word = vendor.error_word(response)
    where += f" ({word})" if word else ""
    system = vendor.label
    if step is Next.RENEW:
        return CredentialError(
            f"{where}. {vendor.renew}", system=system, code="CREDENTIAL_INVALID", status=status
        )
    if step is Next.FORBIDDEN:
        return CredentialError(
            f"{where}. {vendor.widen}", system=system, code=vendor.forbidden_code, status=status
        )
    if step is Next.WAIT or (step is Next.UNSURE and not is_write):
        return RetriableError(
            f"{where}: busy or failing. It was not done; the next run {'sends' if is_write else 'reads'} it again",
            system=system,
            code="UNAVAILABLE",
            status=status,
            retry_after_seconds=retry_after_seconds(response),
        )
    if step is Next.UNSURE:
        return AmbiguousDeliveryError(
            f"{where}: it may or may not have been stored, and is read back before anything is sent again",
            system=system,
            code="OUTCOME_UNKNOWN",
            status=status,
        )
    return _permanent(vendor, step, where, status, is_write=is_write)


def _permanent(vendor: Vendor, step: Next, where: str, status: int, *, is_write: bool) -> PermanentError:
    code, hint = vendor.refused_code, ""
    if step is Next.GONE:
        code = vendor.gone_code if is_write else "NOT_FOUND"
        hint = "" if is_write else ": not there. Is base_url right, was it deleted?"
    elif 300 <= status < 400:
        hint = ": it redirects; correct the address in the district file"
    elif not is_write:
        hint = (
            ": it refuses the question itself, and will again. Compare the address, and the ids and versions that the"
            " district file names, with what the vendor gave you; if they are right, show the vendor this line"
        )
    return PermanentError(where + hint, system=vendor.label, code=code, status=status)


def code_word(value: Any) -> str | None:
    """Normalise an error code to letters; anything longer or stranger may hold a value and is dropped.

    >>> code_word("Invalid_Data"), code_word("score 8.5 refused"), code_word(422)
    ('invaliddata', None, None)
    """
    text = re.sub(r"[\s_]", "", value).lower() if isinstance(value, str) else ""
    return text if re.fullmatch(r"[a-z][a-z.-]{1,39}", text) else None


def parse_json(content: bytes) -> Any:
    """Parse JSON with numbers as int or Decimal, never float.

    Raises:
        ValueError: not JSON, or NaN and Infinity, which JSON does not know.
    """
    return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    msg = "a number that is not finite"
    raise ValueError(msg)


def read_body(label: str, response: httpx.Response) -> Any:
    """Give the JSON of an answer to a read.

    Raises:
        PermanentError: HTML or anything else that is no JSON (code NOT_JSON).
    """
    try:
        return parse_json(response.content)
    except ValueError:
        pass
    raise not_json(label, response)


def not_json(label: str, response: httpx.Response, key: str = "base_url") -> PermanentError:
    """Build the error for a body that is no JSON; the body itself may hold anything and is not shown."""
    kind = "HTML" if b"<html" in response.content[:2000].lower() or _is_html(response) else "something"
    return PermanentError(
        f"{response.request.method} {shown_path(response.request.url.path)} answered {kind}, not JSON:"
        f" is {key} right, is a login page or a proxy in front?",
        system=label,
        code="NOT_JSON",
        status=response.status_code,
    )


def _is_html(response: httpx.Response) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("text/html")


def json_or_none(response: httpx.Response) -> Any:
    """Give the JSON of an answer that may have none: an echo of a write, a refusal."""
    try:
        return parse_json(response.content)
    except ValueError:
        return None
