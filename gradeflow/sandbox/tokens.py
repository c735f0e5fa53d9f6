"""OAuth 2 client credentials: gives out bearer tokens and tells what they allow.

Source: RFC 6749 section 4.4 and 2.3.1 (client id and secret in HTTP Basic or in the form body).
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Iterable
from urllib.parse import parse_qs, unquote

from gradeflow.sandbox.wire import Answer, AnsweredError, Call

LIFETIME_SECONDS = 3600


class Tokens:
    """The tokens of one server; they live in memory, so a restarted server wants a fresh one."""

    def __init__(
        self, client_id: str, client_secret: str, scopes: Iterable[str], lifetime: int = LIFETIME_SECONDS
    ) -> None:
        """Take the client's credentials.

        Args:
            scopes: all that may be asked for.
            lifetime: seconds for which a token is good.
        """
        self._client = (client_id, client_secret)
        self._scopes = frozenset(scopes)
        self._lifetime = lifetime
        self._given: dict[str, tuple[frozenset[str], float]] = {}

    def expire(self) -> None:
        """Make every token given out so far invalid."""
        self._given.clear()

    def scopes_of(self, call: Call) -> frozenset[str] | None:
        """Give what the bearer of a call may do; None where its token is missing, unknown or too old."""
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        scopes, ends = self._given.get(token, (None, 0.0))
        return scopes if kind.lower() == "bearer" and time.monotonic() < ends else None

    def give(self, call: Call) -> Answer:
        """Answer the token endpoint."""
        form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
        client = _basic(call) or (form.get("client_id", ""), form.get("client_secret", ""))
        if not secrets.compare_digest("\n".join(client).encode(), "\n".join(self._client).encode()):
            raise _refusal(401, "invalid_client", {"WWW-Authenticate": 'Basic realm="sandbox"'})
        if form.get("grant_type") != "client_credentials":
            raise _refusal(400, "unsupported_grant_type")
        wanted = frozenset(form.get("scope", "").split())
        if not wanted or not wanted <= self._scopes:
            raise _refusal(400, "invalid_scope")
        token = secrets.token_urlsafe(24)
        self._given[token] = (wanted, time.monotonic() + self._lifetime)
        body = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._lifetime,
            "scope": " ".join(sorted(wanted)),
        }
        return Answer(200, body, {"Cache-Control": "no-store"})


def _basic(call: Call) -> tuple[str, str] | None:
    kind, _, text = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return unquote(name), unquote(secret)


def _refusal(status: int, error: str, headers: dict[str, str] | None = None) -> AnsweredError:
    return AnsweredError(Answer(status, {"error": error}, headers or {}))
