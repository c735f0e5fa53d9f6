"""The tokens of a practice PowerSchool, by a plugin's id and secret.

Source: PowerSchool's OAuth 2 as public client libraries handle its token answer.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from urllib.parse import parse_qs, unquote

from gradeflow.sandbox.wire import Answer, Call

LIFETIME_SECONDS = 3600


class PluginTokens:
    """They know no scopes and live in memory, so a restarted server wants a fresh one."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client = f"{client_id}\n{client_secret}".encode()
        self._given: dict[str, float] = {}

    def expire(self) -> None:
        """Make every token given out so far invalid."""
        self._given.clear()

    def allows(self, call: Call) -> bool:
        """Tell whether the bearer of a call may come in."""
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and time.monotonic() < self._given.get(token, 0.0)

    def give(self, call: Call) -> Answer:
        """Answer the token endpoint; an id and secret may be encoded before they are joined, or not."""
        form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
        kind, _, text = call.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = (
                base64.b64decode(text if kind.lower() == "basic" else "").decode().partition(":")
            )
        except (binascii.Error, UnicodeDecodeError):
            name, secret = "", ""
        pairs = {f"{name}\n{secret}".encode(), f"{unquote(name)}\n{unquote(secret)}".encode()}
        if not any(secrets.compare_digest(pair, self._client) for pair in pairs):
            return Answer(401, {"error": "invalid_client"}, {"WWW-Authenticate": 'Basic realm="PowerSchool"'})
        if form.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        token = secrets.token_urlsafe(24)
        self._given[token] = time.monotonic() + LIFETIME_SECONDS
        # PowerSchool has been seen to write the number as text
        return Answer(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": str(LIFETIME_SECONDS)}
        )
