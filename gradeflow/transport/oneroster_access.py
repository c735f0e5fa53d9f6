"""How calls to a OneRoster service are authorised: by a token of OAuth 2, or signed by OAuth 1.0a.

Source: OneRoster 1.1 and 1.2, REST binding, security (scopes); read 2026-11.
"""

from __future__ import annotations

from typing import Literal

from gradeflow.transport.auth import AuthMode, Authorization, ClientCredentials
from gradeflow.transport.oauth1 import OAuth1, SignatureMethod
from gradeflow.transport.oneroster import Version

AuthName = Literal["basic", "body", "oauth1-hmac-sha1", "oauth1-hmac-sha256"]

_SIGNATURES: dict[AuthName, SignatureMethod] = {
    "oauth1-hmac-sha1": "HMAC-SHA1",
    "oauth1-hmac-sha256": "HMAC-SHA256",
}
_TOKEN_REQUESTS: dict[AuthName, AuthMode] = {"basic": "basic", "body": "body"}

READING = ("roster.readonly", "gradebook.readonly")
"""The scopes of who reads rosters and gradebooks."""


def is_signed(auth: AuthName) -> bool:
    """Whether requests are signed, by consumer key and secret, and there is no token."""
    return auth in _SIGNATURES


def scope_text(version: Version, names: tuple[str, ...]) -> str:
    """Name scopes in full, as a token request has them.

    >>> scope_text("1.1", READING).split()[0]
    'https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly'
    """
    prefix = f"https://purl.imsglobal.org/spec/or/v{version.replace('.', 'p')}/scope/"
    return " ".join(prefix + name for name in names)


def authorization(
    auth: AuthName,
    client: tuple[str, str],
    *,
    label: str,
    token_url: str | None,
    scope: str | None,
    renew: str,
) -> Authorization:
    """Make what authorises the calls.

    Args:
        auth: where id and secret go in the token request, or how calls are signed.
        client: id and secret, of OAuth 2 a client's, of OAuth 1 a consumer's.
        label, renew: as in `answers.Vendor`.
        token_url, scope: unused where calls are signed.
    """
    key, secret = client
    if auth in _SIGNATURES:
        return OAuth1(key, secret, _SIGNATURES[auth])
    return ClientCredentials(
        label=label,
        token_url=token_url or "",
        client_id=key,
        client_secret=secret,
        renew=renew,
        scope=scope,
        mode=_TOKEN_REQUESTS[auth],
    )
