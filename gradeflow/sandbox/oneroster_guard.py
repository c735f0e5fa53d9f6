"""Who may call a OneRoster provider: bearer tokens, signed calls, and a vendor's key before the gradebook.

With the setting `load_balancer` on, a token is known only to the machine that gave it, which the cookie of the
token's answer names, as at older Aeries sites (support.aeries.com, OneRoster authentication; read 2026-11).
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Mapping
from dataclasses import replace
from http.cookies import SimpleCookie

from gradeflow.sandbox.oneroster_objects import status
from gradeflow.sandbox.oneroster_vendors import Vendor
from gradeflow.sandbox.signatures import SignatureRefusedError, Signatures
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.tokens import Tokens
from gradeflow.sandbox.wire import Answer, Call

VENDOR_HEADER = "x-vendor-authorization"
LOAD_BALANCER = "load_balancer"
_COOKIE = "AWSALB"


class Guard:
    """The doors of one provider."""

    def __init__(self, vendor: Vendor, secrets: Mapping[str, str], store: Store) -> None:
        client = (secrets["client_id"], secrets["client_secret"])
        scopes = [scope for version in vendor.versions for scope in version.scopes]
        self._vendor = vendor
        self._store = store
        self._machine = chance.token_urlsafe(24)
        self._tokens = Tokens(*client, scopes, vendor.token_seconds)
        self._signatures = Signatures(*client, vendor.signed_by) if vendor.signed_by else None
        pair = (secrets.get("vendor_key"), secrets.get("vendor_secret"))
        self._vendor_pair = f"{pair[0]}:{pair[1]}" if vendor.wants_vendor_key else None

    def give_token(self, call: Call) -> Answer:
        """Answer the token endpoint."""
        app = self._vendor.app
        if app is not None and call.query.get("appName") != app:
            return Answer(401, {"error": "invalid_client"})
        answer = self._tokens.give(call)
        if self._store.setting(LOAD_BALANCER) != "on":
            return answer
        cookie = {"Set-Cookie": f"{_COOKIE}={self._machine}; Path=/"}
        return replace(answer, headers={**answer.headers, **cookie})

    def expire(self) -> None:
        """Make every token given out so far invalid."""
        self._tokens.expire()

    def refusal(self, call: Call, scopes: frozenset[str], *, is_gradebook: bool) -> Answer | None:
        """Tell why a call may not come in; None where it may.

        Args:
            scopes: of which one is needed.
        """
        if self._signatures is not None and not _is_bearer(call):
            try:
                self._signatures.check(call)
            except SignatureRefusedError as error:
                return _unauthorized(f"Signature refused: {error.problem}", "OAuth")
        else:
            granted = self._tokens.scopes_of(call) if self._is_at_the_right_machine(call) else None
            if granted is None:
                return _unauthorized("The token is missing, unknown or expired", "Bearer")
            if not scopes & granted:
                return status(403, "forbidden", f"This call needs the scope {min(scopes)}")
        if is_gradebook and not self._has_vendor_key(call):
            return _unauthorized("The vendor's key is missing or unknown", "Bearer")
        return None

    def _is_at_the_right_machine(self, call: Call) -> bool:
        if self._store.setting(LOAD_BALANCER) != "on":
            return True
        sent = SimpleCookie(call.headers.get("cookie", "")).get(_COOKIE)
        return sent is not None and sent.value == self._machine

    def _has_vendor_key(self, call: Call) -> bool:
        if "vendor_key_withdrawn" in call.altered:
            return False
        sent = call.headers.get(VENDOR_HEADER, "")
        wanted = self._vendor_pair
        return wanted is None or chance.compare_digest(sent.encode(), wanted.encode())


def _is_bearer(call: Call) -> bool:
    return call.headers.get("authorization", "").lower().startswith("bearer ")


def _unauthorized(description: str, scheme: str) -> Answer:
    return status(401, "unauthorized", description, {"WWW-Authenticate": scheme})
