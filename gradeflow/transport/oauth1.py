"""Requests signed by OAuth 1.0a with a consumer's key and secret alone ("two-legged": the token is empty).

Address and query are signed, a JSON body is not. Authlib does the arithmetic; its `ClientAuth` is not used,
because it refuses plain HTTP to this machine, refuses queries that servers do write into their Link headers,
and decodes a key that holds a percent sign twice.

Source: RFC 5849, sections 3.1 to 3.5, read 2026-11. HMAC-SHA256 is made like HMAC-SHA1 there, as OneRoster
1.1 providers do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

import httpx
from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import (
    hmac_sha1_signature,
    normalize_base_string_uri,
    normalize_parameters,
    plaintext_signature,
)
from authlib.oauth1.rfc5849.util import escape

from gradeflow.transport.auth import Headers

SignatureMethod = Literal["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"]


def _hmac_sha256_signature(text: str, consumer_secret: str, token_secret: str) -> str:
    key = f"{escape(consumer_secret)}&{escape(token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


_SIGN: dict[SignatureMethod, Callable[[str, str, str], str]] = {
    "HMAC-SHA1": hmac_sha1_signature,
    "HMAC-SHA256": _hmac_sha256_signature,
    "PLAINTEXT": lambda text, consumer_secret, token_secret: plaintext_signature(
        consumer_secret, token_secret
    ),
}


@dataclass(slots=True)
class OAuth1:
    """Signs each request anew, also one that is sent a second time; a refused signature stays refused.

    Attributes:
        method: PLAINTEXT sends the secret itself, so only over HTTPS.
        realm: goes into the header, unsigned, where the other side wants one.
        now: seconds since 1970, real ones: providers refuse a signature that is minutes off.
        nonce: makes a word that was never used before.
    """

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    method: SignatureMethod = "HMAC-SHA1"
    realm: str | None = None
    now: Callable[[], float] = time.time
    nonce: Callable[[], str] = lambda: secrets.token_hex(16)
    _latest: int = field(default=0, init=False)

    async def headers(self, http: httpx.AsyncClient, method: str, url: httpx.URL) -> Headers:
        """Give the header of one request."""
        # A clock that is set back must not take us back: section 3.3 lets a provider refuse that.
        self._latest = max(self._latest, int(self.now()))
        parameters = [
            ("oauth_consumer_key", self.consumer_key),
            ("oauth_nonce", self.nonce()),
            ("oauth_signature_method", self.method),
            ("oauth_timestamp", str(self._latest)),
            ("oauth_version", "1.0"),
        ]
        text = base_string(method, url, parameters)
        signature = _SIGN[self.method](text, self.consumer_secret, "")
        signed = [*parameters, ("oauth_signature", signature)]
        return dict(prepare_headers(signed, realm=self.realm))

    def refuse(self, headers: Headers) -> bool:
        """Tell that no other headers can be had: another nonce does not make a wrong secret right."""
        return False


def base_string(method: str, url: httpx.URL, parameters: list[tuple[str, str]]) -> str:
    """Give the text that is signed: method, address, and the parameters of query and header in order.

    >>> base_string("get", httpx.URL("HTTPS://Sis.Example:443/a%2Cb?z=1&a="), [("oauth_nonce", "n")])
    'GET&https%3A%2F%2Fsis.example%2Fa%252Cb&a%3D%26oauth_nonce%3Dn%26z%3D1'

    Source: RFC 5849, section 3.4.1, read 2026-11.
    """
    query = parse_qsl(url.query.decode("ascii"), keep_blank_values=True)
    address = normalize_base_string_uri(str(url.copy_with(query=None, fragment=None)))
    return "&".join(
        escape(part) for part in (method.upper(), address, normalize_parameters([*query, *parameters]))
    )
