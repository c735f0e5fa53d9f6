"""The words with which a OneRoster provider refuses, in any wrapping.

Source: the status payloads of OneRoster 1.1 (flat) and 1.2 (an object), read 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

from gradeflow.errors import PermanentError
from gradeflow.transport.answers import Vendor, code_word, shown_path


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


def refuse_failure(vendor: Vendor, method: str, path: str, body: Any) -> None:
    """Find a refusal in an answer whose status says that all is well.

    Raises:
        PermanentError: its body says failure or unsupported.
    """
    major = _status(body).get("imsx_codemajor") if isinstance(body, dict) else None
    if code_word(major) in {"failure", "unsupported"}:
        raise PermanentError(
            f"{method} {shown_path(path)} was answered as done, but its body says failure ({minor_code(body)})",
            system=vendor.label,
            code=vendor.refused_code,
        )
