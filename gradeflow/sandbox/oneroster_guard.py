"""Who may call a OneRoster provider: bearer tokens, signed calls, and a vendor's key before the gradebook."""

from __future__ import annotations

import secrets as compare
from collections.abc import Mapping

from gradeflow.sandbox.oneroster_objects import status
from gradeflow.sandbox.oneroster_vendors import Vendor
from gradeflow.sandbox.signatures import SignatureRefusedError, Signatures
from gradeflow.sandbox.tokens import Tokens
from gradeflow.sandbox.wire import Answer, Call

VENDOR_HEADER = "x-vendor-authorization"


class Guard:
    """The doors of one provider."""

    def __init__(self, vendor: Vendor, secrets: Mapping[str, str]) -> None:
        client = (secrets["client_id"], secrets["client_secret"])
        scopes = [scope for version in vendor.versions for scope in version.scopes]
        self._vendor = vendor
        self._tokens = Tokens(*client, scopes, vendor.token_seconds)
        self._signatures = Signatures(*client, vendor.signed_by) if vendor.signed_by else None
        pair = (secrets.get("vendor_key"), secrets.get("vendor_secret"))
        self._vendor_pair = f"{pair[0]}:{pair[1]}" if vendor.wants_vendor_key else None

    def give_token(self, call: Call) -> Answer:
        """Answer the token endpoint."""
        app = self._vendor.app
        if app is not None and call.query.get("appName") != app:
            return Answer(401, {"error": "invalid_client"})
        return self._tokens.give(call)

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
            granted = self._tokens.scopes_of(call)
            if granted is None:
                return _unauthorized("The token is missing, unknown or expired", "Bearer")
            if not scopes & granted:
                return status(403, "forbidden", f"This call needs the scope {min(scopes)}")
        if is_gradebook and not self._has_vendor_key(call):
            return _unauthorized("The vendor's key is missing or unknown", "Bearer")
        return None

    def _has_vendor_key(self, call: Call) -> bool:
        if "vendor_key_withdrawn" in call.altered:
            return False
        sent = call.headers.get(VENDOR_HEADER, "")
        wanted = self._vendor_pair
        return wanted is None or compare.compare_digest(sent.encode(), wanted.encode())


def _is_bearer(call: Call) -> bool:
    return call.headers.get("authorization", "").lower().startswith("bearer ")


def _unauthorized(description: str, scheme: str) -> Answer:
    return status(401, "unauthorized", description, {"WWW-Authenticate": scheme})
