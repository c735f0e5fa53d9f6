"""OAuth 1.0a signatures with a key and a secret alone ("two-legged"), verified as a provider does.

Who signs proves the secret without sending it (except with PLAINTEXT); a call that is sent twice is refused
by its nonce, a call from long ago by its timestamp.

Source: RFC 5849 sections 3.1 to 3.5; HMAC-SHA256 is made like HMAC-SHA1 there. The words of a refusal are
those of the Problem Reporting extension of OAuth Core 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from gradeflow.sandbox.wire import Call

METHODS = ("HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT")
WINDOW_SECONDS = 300
OVERTAKING_SECONDS = 30
_DIGESTS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORM = "application/x-www-form-urlencoded"

Pairs = list[tuple[str, str]]


class SignatureRefusedError(Exception):
    """A call is not signed as it has to be; `problem` is the word for it."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"the signature was refused: {problem}")


class Signatures:
    """Verifies the calls of one client and remembers which it has seen; the memory ends with the process."""

    def __init__(
        self,
        key: str,
        secret: str,
        methods: Sequence[str] = METHODS,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the client's key and secret.

        Args:
            methods: signature methods that are taken.
            now: seconds since 1970. The real time even where the practice clock stands still: who signs with
                another one is refused by every provider.
        """
        self._key, self._secret = key, secret
        self._methods = tuple(methods)
        self._now = now
        self._seen: dict[tuple[int, str], None] = {}
        self._latest = 0

    def check(self, call: Call) -> None:
        """Let a well signed call pass, once.

        Raises:
            SignatureRefusedError: anything else.
        """
        oauth, others = _parameters(call)
        named = dict(oauth)
        if len(named) != len(oauth):
            raise SignatureRefusedError("parameter_rejected")
        self._check_names(named)
        signed = [(name, value) for name, value in oauth if name != "oauth_signature"]
        text = base_string(call, [*others, *signed])
        wanted = self._signature(named["oauth_signature_method"], text)
        if not hmac.compare_digest(wanted.encode(), named["oauth_signature"].encode()):
            raise SignatureRefusedError("signature_invalid")
        if "oauth_timestamp" in named or "oauth_nonce" in named:
            self._remember(named.get("oauth_timestamp", ""), named.get("oauth_nonce", ""))

    def _check_names(self, named: dict[str, str]) -> None:
        needed = {"oauth_consumer_key", "oauth_signature_method", "oauth_signature"}
        if named.get("oauth_signature_method") != "PLAINTEXT":
            needed |= {"oauth_timestamp", "oauth_nonce"}
        problems = {
            "parameter_absent": not needed <= named.keys(),
            "consumer_key_unknown": named.get("oauth_consumer_key") != self._key,
            "signature_method_rejected": named.get("oauth_signature_method") not in self._methods,
            "version_rejected": named.get("oauth_version", "1.0") != "1.0",
            "token_rejected": bool(named.get("oauth_token")),
        }
        problem = next((word for word, is_so in problems.items() if is_so), None)
        if problem is not None:
            raise SignatureRefusedError(problem)

    def _signature(self, method: str, text: str) -> str:
        key = f"{encoded(self._secret)}&"
        if method == "PLAINTEXT":
            return key
        digest = hmac.new(key.encode(), text.encode(), _DIGESTS[method]).digest()
        return base64.b64encode(digest).decode()

    def _remember(self, timestamp: str, nonce: str) -> None:
        """Refuse what was seen before, and what is so old that nobody remembers whether it was."""
        if not timestamp.isascii() or not timestamp.isdigit() or not nonce:
            raise SignatureRefusedError("timestamp_refused" if nonce else "parameter_absent")
        signed = int(timestamp)
        # Calls in flight at once overtake each other; apart from that, time does not run backwards
        is_backwards = signed < self._latest - OVERTAKING_SECONDS
        if is_backwards or abs(signed - self._now()) > WINDOW_SECONDS:
            raise SignatureRefusedError("timestamp_refused")
        if (signed, nonce) in self._seen:
            raise SignatureRefusedError("nonce_used")
        self._latest = max(self._latest, signed)
        self._seen[signed, nonce] = None
        # In order of arrival, so the front holds what is too old to be taken again
        while (oldest := next(iter(self._seen)))[0] < self._latest - OVERTAKING_SECONDS:
            del self._seen[oldest]


def base_string(call: Call, parameters: Pairs) -> str:
    """Give the text that is signed: method, address and parameters (section 3.4.1).

    Args:
        parameters: all that take part, decoded: of the query, the form and the header.
    """
    parts = urlsplit(call.origin)
    host, scheme = (parts.hostname or "").lower(), parts.scheme.lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(scheme)} else f":{parts.port}"
    address = f"{scheme}://{host}{port}{call.target.partition('?')[0]}"
    pairs = sorted((encoded(name), encoded(value)) for name, value in parameters)
    text = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join(encoded(part) for part in (call.method.upper(), address, text))


def encoded(text: str) -> str:
    """Percent-encode as section 3.6 demands: everything but letters, digits, `-._~`.

    >>> encoded("Ladies + Gentlemen/é")
    'Ladies%20%2B%20Gentlemen%2F%C3%A9'
    """
    return quote(text, safe="~")


def _parameters(call: Call) -> tuple[Pairs, Pairs]:
    """Give the OAuth parameters and the others; the former may come in the header, the form or the query."""
    query = parse_qsl(call.target.partition("?")[2], keep_blank_values=True)
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = call.body.decode(errors="replace") if kind == _FORM else ""
    sent = [*query, *parse_qsl(body, keep_blank_values=True)]
    oauth = _header(call.headers.get("authorization", ""))
    oauth += [(name, value) for name, value in sent if name.startswith("oauth_")]
    return oauth, [(name, value) for name, value in sent if not name.startswith("oauth_")]


def _header(text: str) -> Pairs:
    kind, _, rest = text.strip().partition(" ")
    if kind.lower() != "oauth":
        return []
    pairs = (part.strip().partition("=") for part in rest.split(",") if part.strip())
    found = [(unquote(name.strip()), unquote(value.strip().strip('"'))) for name, _, value in pairs]
    return [(name, value) for name, value in found if name != "realm"]
