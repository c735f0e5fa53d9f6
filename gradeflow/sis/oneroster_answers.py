"""What a OneRoster provider's answers mean: error words in any wrapping, and which refusals are certain.

Source: the status payloads of OneRoster 1.1 (flat) and 1.2 (an object); read 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from gradeflow.errors import PermanentError
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.transport.answers import Next, Vendor, code_word, json_or_none, next_for, shown_path

NO_SUCH_CALL = frozenset({403, 405, 501})
"""How a provider says that it takes no bulk call from us, whatever is in it."""


CLOCK = ". Does this machine's clock go right? A signature that is minutes off is refused too"


def vendor_of(
    profile: OneRosterProfile,
    *,
    is_id_given: bool = False,
    is_gradebook: bool = False,
    is_signed: bool = False,
) -> Vendor:
    """Say what a provider's answers mean to the transport.

    Args:
        is_id_given: whether it gives its own ids, so that a PUT sent twice may create twice.
        is_gradebook: whether to say what gradebook calls need beside the credentials.
        is_signed: whether calls are signed, which goes by the clock.
    """
    renew = (profile.vendor_renew if is_gradebook else None) or profile.renew

    def classify(response: httpx.Response) -> Next:
        return _next(response.request.method, response.status_code, is_id_given=is_id_given)

    return Vendor(
        label=profile.label,
        renew=renew + CLOCK if is_signed else renew,
        widen=profile.widen,
        forbidden_code="LICENSE_MISSING",
        refused_code="SIS_REFUSED",
        gone_code="SIS_PARENT_GONE",
        classify=classify,
        error_word=lambda response: minor_code(json_or_none(response)),
    )


def _next(method: str, status: int, *, is_id_given: bool) -> Next:
    """Give the usual meaning, but for writes that may create something each time they are sent.

    A timeout or an outage that a proxy reports may have come after the provider stored it: only a 429 is certain.
    Where the right to POST is missing, a PUT may still pass: that is no matter for the whole run.
    """
    if method == "POST" and status in NO_SUCH_CALL:
        return Next.REFUSED
    usual = next_for(status)
    is_repeatable = method == "GET" or (method == "PUT" and not is_id_given)
    return Next.UNSURE if usual is Next.WAIT and status in {408, 503} and not is_repeatable else usual


def minor_code(body: Any) -> str | None:
    """Give the minor code of a status payload: text in 1.1, an object in 1.2, foreign elsewhere.

    >>> minor_code({"imsx_StatusInfo": {"imsx_codeMajor": "failure", "imsx_codeMinor": "invalid data"}})
    'invaliddata'
    """
    fields = _status(body)
    minor = fields.get("imsx_codeminor")
    if isinstance(minor, dict):
        entries = minor.get("imsx_codeMinorField")
        entry = entries[0] if isinstance(entries, list) and entries else entries
        minor = entry.get("imsx_codeMinorFieldValue") if isinstance(entry, dict) else None
    candidates = [minor, fields.get("code"), fields.get("errorcode"), fields.get("error")]
    return next((word for word in map(code_word, candidates) if word), None)


def _status(body: Any) -> dict[str, Any]:
    """Find the object that tells of the error, by fields in small letters: the body, or what is wrapped in it."""
    if isinstance(body, list):
        body = body[0] if body else None
    if not isinstance(body, dict):
        return {}
    fields = {key.lower(): value for key, value in body.items() if isinstance(key, str)}
    if not fields.keys().isdisjoint({"imsx_codemajor", "imsx_codeminor"}):
        return fields
    wrapped = [value for key, value in fields.items() if re.search("status|error", key)]
    inner = next((found for found in map(_status, wrapped) if found), {})
    return {**fields, **inner}


def refuse_failure(label: str, method: str, path: str, body: Any) -> None:
    """Find a refusal in an answer whose status says that all is well.

    Raises:
        PermanentError: its body says failure or unsupported.
    """
    major = _status(body).get("imsx_codemajor") if isinstance(body, dict) else None
    if code_word(major) in {"failure", "unsupported"}:
        raise PermanentError(
            f"{method} {shown_path(path)} was answered as done, but its body says failure ({minor_code(body)})",
            system=label,
            code="SIS_REFUSED",
        )
