"""The verifier of OAuth 1.0a agrees with RFC 5849's own examples and with a client written by others."""

from __future__ import annotations

import base64
import hmac

import pytest
from authlib.oauth1.rfc5849.client_auth import ClientAuth
from authlib.oauth1.rfc5849.signature import generate_signature_base_string
from authlib.oauth1.rfc5849.util import escape
from starlette.datastructures import Headers, QueryParams

from gradeflow.sandbox.signatures import SignatureRefusedError, Signatures, base_string
from gradeflow.sandbox.wire import Call

NOW = 1_793_000_000
ORIGIN = "http://127.0.0.1:8123"
TARGET = "/ims/oneroster/v1p1/classes/a%2Fb%20c/lineItems?filter=title%3D%27A+b%27&limit=5&empty="


@pytest.fixture
def verifier():
    return Signatures("key", "s&cret/é", now=lambda: NOW)


def call_of(method="GET", origin=ORIGIN, target=TARGET, body=b"", **headers):
    return Call(
        method=method,
        origin=origin,
        path="",
        params={},
        query=QueryParams(),
        headers=Headers({name.replace("_", "-"): value for name, value in headers.items()}),
        body=body,
        target=target,
    )


class Client(ClientAuth):
    """Authlib's client with a nonce and a time of ours, and SHA-256 over its own base string."""

    SIGNATURE_METHODS = {  # noqa: RUF012 - as its base has it
        **ClientAuth.SIGNATURE_METHODS,
        "HMAC-SHA256": lambda client, request: hmac_sha256(client, generate_signature_base_string(request)),
    }

    def __init__(self, *args, nonce, at, **kwargs):
        super().__init__(*args, **kwargs)
        self.fixed = (nonce, str(at))

    def get_oauth_params(self, nonce, timestamp):
        return super().get_oauth_params(*self.fixed)


def hmac_sha256(client, text):
    key = f"{escape(client.client_secret)}&".encode()
    return base64.b64encode(hmac.new(key, text.encode(), "sha256").digest()).decode()


def signed(signature_method="HMAC-SHA1", *, key="key", secret="s&cret/é", at=NOW, nonce="n-1", **changes):
    client = Client(key, secret, signature_method=signature_method, nonce=nonce, at=at)
    call = call_of(**changes)
    headers = {"Content-Type": call.headers["content-type"]} if "content-type" in call.headers else {}
    body = call.body.decode() if headers else b""
    _, headers, _ = client.sign(call.method, call.origin + call.target, headers, body)
    return call_of(**{**changes, "authorization": headers["Authorization"]})


def refusal(verifier, call):
    with pytest.raises(SignatureRefusedError) as caught:
        verifier.check(call)
    return caught.value.problem


def test_the_base_string_is_that_of_the_standard():
    """RFC 5849, 3.4.1.1, with its query, its form and its header."""
    pairs = [
        *[("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q")],
        *[("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7")],
        *[("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201")],
        ("oauth_nonce", "7d8f3e4a"),
    ]
    call = call_of("POST", "http://EXAMPLE.COM:80", "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
    assert base_string(call, pairs) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D"
        "%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
        "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_signature_of_the_standards_first_example_is_right():
    """RFC 5849, 1.2: a header with a realm."""
    header = (
        'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1",'
        ' oauth_timestamp="137131200", oauth_nonce="wIjqoS",'
        ' oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready",'
        ' oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"'
    )
    verifier = Signatures("dpf43f3p2l4k3l03", "kd94hf93k423kf44", now=lambda: 137131200)
    verifier.check(call_of("POST", "https://photos.example.net", "/initiate", authorization=header))


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "PLAINTEXT"])
def test_a_call_signed_by_a_client_of_others_passes_once(verifier, method):
    call = signed(method)
    verifier.check(call)
    assert refusal(verifier, call) == "nonce_used"
    verifier.check(signed(method, nonce="n-2"))


def test_a_form_takes_part_in_the_signature(verifier):
    form = {"method": "POST", "content_type": "application/x-www-form-urlencoded"}
    call = signed(body=b"grant=a+b&x=%2F", **form)
    verifier.check(call)
    changed = call_of(body=b"grant=a+c&x=%2F", authorization=call.headers["authorization"], **form)
    assert refusal(Signatures("key", "s&cret/é", now=lambda: NOW), changed) == "signature_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"origin": "http://127.0.0.1:8124"},
        {"target": TARGET.replace("limit=5", "limit=6")},
        {"target": TARGET.replace("%2F", "/")},
    ],
)
def test_what_was_signed_cannot_be_changed(verifier, changes):
    header = signed().headers["authorization"]
    assert refusal(verifier, call_of(**{"authorization": header, **changes})) == "signature_invalid"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"secret": "wrong"}, "signature_invalid"),
        ({"key": "other"}, "consumer_key_unknown"),
        ({"at": NOW - 301}, "timestamp_refused"),
        ({"at": NOW + 301}, "timestamp_refused"),
    ],
)
def test_who_signs_wrongly_is_told_why(verifier, changes, problem):
    assert refusal(verifier, signed(**changes)) == problem


@pytest.mark.parametrize("header", ["", "Bearer x", "OAuth ", 'OAuth oauth_consumer_key="key"', "OAuth ,=,"])
def test_a_call_without_a_signature_is_refused(verifier, header):
    assert refusal(verifier, call_of(authorization=header)) == "parameter_absent"


def test_a_parameter_given_twice_is_refused(verifier):
    header = signed().headers["authorization"]
    twice = call_of(target=f"{TARGET}&oauth_nonce=n-1", authorization=header)
    assert refusal(verifier, twice) == "parameter_rejected"


def test_timestamps_run_forwards_but_calls_in_flight_may_overtake(verifier):
    verifier.check(signed(at=NOW))
    verifier.check(signed(at=NOW - 30, nonce="overtaken"))
    assert refusal(verifier, signed(at=NOW - 30, nonce="overtaken")) == "nonce_used"
    assert refusal(verifier, signed(at=NOW - 31, nonce="late")) == "timestamp_refused"


def test_a_provider_may_take_some_methods_only():
    verifier = Signatures("key", "s&cret/é", ("HMAC-SHA256",), now=lambda: NOW)
    assert refusal(verifier, signed("HMAC-SHA1")) == "signature_method_rejected"
    verifier.check(signed("HMAC-SHA256"))
