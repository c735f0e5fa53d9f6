from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers, QueryParams

from gradeflow.errors import CredentialError
from gradeflow.sandbox.signatures import SignatureRefusedError, Signatures
from gradeflow.sandbox.wire import Call
from gradeflow.transport.auth import Headers as SentHeaders
from gradeflow.transport.oauth1 import OAuth1, SignatureMethod

KEY, SECRET = "OneRoster_ABC_123%41", "hidden & é/+"
NOW = 1_794_800_000.0
METHODS: tuple[SignatureMethod, ...] = ("HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT")


def made(**more: Any) -> OAuth1:
    return OAuth1(KEY, SECRET, **{"now": lambda: NOW, **more})


def signed(auth: OAuth1, *urls: str, method: str = "GET") -> list[SentHeaders]:
    async def main() -> list[SentHeaders]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as http:
            return [await auth.headers(http, method, httpx.URL(url)) for url in urls]

    return asyncio.run(main())


def call(url: str, headers: SentHeaders, method: str = "GET", body: bytes = b"") -> Call:
    """Give the request as a provider sees it."""
    sent = httpx.URL(url)
    return Call(
        method=method,
        origin=f"{sent.scheme}://{sent.netloc.decode()}",
        path=sent.path,
        params={},
        query=QueryParams(sent.query.decode()),
        headers=Headers({"content-type": "application/json", **headers}),
        body=body,
        target=sent.raw_path.decode(),
    )


def provider(methods: Iterable[str] = METHODS, secret: str = SECRET) -> Signatures:
    return Signatures(KEY, secret, tuple(methods), now=lambda: NOW)


def parts(headers: SentHeaders) -> dict[str, str]:
    pairs = headers["Authorization"].removeprefix("OAuth ").split(", ")
    return {name: value.strip('"') for name, _, value in (pair.partition("=") for pair in pairs)}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "url",
    [
        "https://sis.example/classes",
        "HTTPS://SIS.Example:443/classes/07%2C1%2Fa/lineItems?limit=100&offset=0",
        "https://sis.example:8443/results?limit=2&filter=dateLastModified%3E%272026-11-01%27&blank=",
        "http://127.0.0.1:8000/x?filter=a='b'+c&b=2&b=1&%C3%A9=%7E",
    ],
)
def test_a_signed_request_is_accepted_by_who_knows_the_secret(url: str, method: SignatureMethod) -> None:
    headers = signed(made(method=method), url, method="PUT")[0]
    provider([method]).check(call(url, headers, "PUT", b'{"result":{}}'))
    with pytest.raises(SignatureRefusedError, match="signature_invalid"):
        provider([method], secret="other").check(call(url, headers, "PUT"))


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_query_and_address_cannot_be_changed_on_the_way(method: SignatureMethod) -> None:
    url = "https://sis.example/results?limit=1"
    headers = signed(made(method=method), url)[0]
    for other in ("https://sis.example/results?limit=2", "https://sis.example/other?limit=1"):
        with pytest.raises(SignatureRefusedError, match="signature_invalid"):
            provider().check(call(other, headers))
    with pytest.raises(SignatureRefusedError, match="signature_invalid"):
        provider().check(call(url, headers, "DELETE"))


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        # Made with oauthlib 4.0 for the same request, key and nonce.
        ("HMAC-SHA1", "yYxFubcSEFZrSnwQZcZG%2BhBR%2Fsw%3D"),
        ("HMAC-SHA256", "%2FHuDMEtkA%2F2g5cpzciOiOI1j5xih164kuqHu6geGDyU%3D"),
        ("PLAINTEXT", "hidden%2520%2526%2520%25C3%25A9%252F%252B%26"),
    ],
)
def test_a_signature_is_the_one_another_library_makes(method: SignatureMethod, signature: str) -> None:
    auth = made(method=method, nonce=lambda: "n0nce")
    headers = signed(auth, "https://sis.example/classes?limit=100&offset=0", method="GET")[0]
    assert parts(headers)["oauth_signature"] == signature


def test_each_request_has_its_own_nonce_also_when_sent_again() -> None:
    url = "https://sis.example/classes"
    accepts = provider()
    for headers in signed(made(), url, url, url):
        accepts.check(call(url, headers))
    with pytest.raises(SignatureRefusedError, match="nonce_used"):
        accepts.check(call(url, headers))


def test_a_clock_that_is_set_back_takes_no_timestamp_back() -> None:
    ticks = iter([NOW, NOW - 3600, NOW + 1.9])
    urls = ["https://sis.example/classes"] * 3
    stamps = [parts(one)["oauth_timestamp"] for one in signed(made(now=lambda: next(ticks)), *urls)]
    assert stamps == ["1794800000", "1794800000", "1794800001"]


def test_the_realm_goes_in_front_unsigned_and_no_token_is_named() -> None:
    url = "https://api.schoology.example/v1/users/1"
    text = signed(made(realm="Schoology API", method="PLAINTEXT"), url)[0]["Authorization"]
    assert text.startswith('OAuth realm="Schoology API", oauth_consumer_key=')
    assert "oauth_token" not in text
    provider().check(call(url, {"Authorization": text}))


def test_a_refused_signature_is_a_matter_of_credentials_and_is_not_tried_again(far: Any) -> None:
    system = far(httpx.Response(401))
    with pytest.raises(CredentialError, match="CREDENTIAL_INVALID"):
        system.run(lambda http: http.get("/classes"), auth=made())
    assert len(system.seen) == 1


def test_a_request_that_is_sent_again_is_signed_again(far: Any) -> None:
    system = far(httpx.Response(503), httpx.Response(200, json={}))
    system.run(lambda http: http.get("/classes", {"limit": "1"}), auth=made())
    accepts = provider()
    for request in system.seen:
        accepts.check(call(str(request.url), {"Authorization": request.headers["Authorization"]}))


def test_no_representation_shows_key_or_secret() -> None:
    assert "hidden" not in repr(made())
    assert "OneRoster_ABC" not in repr(made())
