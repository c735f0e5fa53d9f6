"""The tokens that a practice Canvas gives to a developer key for its refresh token; each lasts an hour.

The key's client id, secret and refresh token are the token that a person made, with `-id`, `-secret` and `-refresh`
behind it.

Source: Canvas REST documentation (OAuth2 Endpoints, POST login/oauth2/token) and RFC 6749, sections 5 and 6; read in
November 2026.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from gradeflow.sandbox.wire import Answer, Call

LIFETIME_SECONDS = 3600


class KeyTokens:
    """They live in memory, so a restarted server wants a fresh one."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = (f"{token}-id", f"{token}-secret")
        self._refresh = f"{token}-refresh"
        self._clock = clock
        self._given: dict[str, float] = {}

    def expire(self) -> None:
        """Make every token given out so far invalid."""
        self._given.clear()

    def valid(self) -> set[str]:
        """Give the tokens that are good now."""
        now = self._clock()
        return {token for token, ends in self._given.items() if now < ends}

    def give(self, call: Call) -> Answer:
        """Answer the token endpoint; the refresh token stays the same and is not told again."""
        form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return Answer(401, {"error": "invalid_client", "error_description": "unknown client"})
        if form.get("grant_type") != "refresh_token":
            return Answer(400, {"error": "unsupported_grant_type"})
        if form.get("refresh_token") != self._refresh:
            return Answer(400, {"error": "invalid_grant", "error_description": "refresh_token not found"})
        token = secrets.token_urlsafe(24)
        self._given[token] = self._clock() + LIFETIME_SECONDS
        user = {"id": 1, "name": "Practice", "global_id": "10000000000001"}
        return Answer(
            200, {"access_token": token, "token_type": "Bearer", "user": user, "expires_in": LIFETIME_SECONDS}
        )
