"""A plain client of the practice OneRoster SISs, for any kind and version; written from the public description."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.oauth1.rfc5849.client_auth import ClientAuth
from practice_client import Practice

from gradeflow.sandbox.registry import told

SCOPES = {version: f"https://purl.imsglobal.org/spec/or/{version}/scope/" for version in ("v1p1", "v1p2")}
NAMES = ("roster.readonly", "gradebook.readonly", "gradebook.createput", "gradebook.delete")
NEW_NAMES = (*NAMES, "gradebook.createpost")
PREFIXES = {
    "skyward_qmlativ": "",
    "powerschool": "/api",
    "aeries": "/admin",
    "eschoolplus": "/plus360api/practice",
    "infinite_campus": "/campus/api/oneroster/{version}/gradeflow",
}
NOON = "2026-11-20T17:00:00.000Z"


class Signed(httpx.Auth):
    """Signs each call as Authlib's client does, by HMAC-SHA1."""

    def __init__(self, key: str, secret: str) -> None:
        self.signer = ClientAuth(key, secret)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        _, headers, _ = self.signer.sign(request.method, str(request.url), {}, b"")
        request.headers["Authorization"] = headers["Authorization"]
        yield request


def scopes(version: str, *names: str) -> str:
    every = names or (NEW_NAMES if version == "v1p2" else NAMES)
    return " ".join(SCOPES[version] + name for name in every)


@dataclass
class Sis:
    """One running SIS, spoken to in one version (`v1p1` or `v1p2`)."""

    practice: Practice
    version: str
    client: httpx.Client

    def root(self, service: str) -> str:
        kind = self.practice.spec.kind
        base = self.practice.spec.origin + PREFIXES.get(kind, "").format(version=self.version)
        middle = f"{service}/v1p2" if self.version == "v1p2" else "v1p1"
        return f"{base}/ims/oneroster/{middle}"

    def get(self, path: str, *, service: str = "gradebook", **params: Any) -> httpx.Response:
        return self.client.get(self.root(service) + path, params=params or None)

    def roster(self, path: str, **params: Any) -> httpx.Response:
        return self.get(path, service="rostering", **params)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.client.put(self.root("gradebook") + path, json=body)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(self.root("gradebook") + path, json=body)

    def delete(self, path: str) -> httpx.Response:
        return self.client.delete(self.root("gradebook") + path)

    def stored(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def line_item(self, key: str = "li-1", **changes: Any) -> dict[str, Any]:
        item = {
            "sourcedId": key,
            "title": f"Item {key}",
            "class": {"sourcedId": "m9-01"},
            "school": {"sourcedId": "school-1"},
            "category": {"sourcedId": "cat-homework"},
            "assignDate": NOON,
            "dueDate": NOON,
            "resultValueMin": 0,
            "resultValueMax": 10,
            **changes,
        }
        return {name: value for name, value in item.items() if value is not None}

    def result(self, key: str = "r-1", student: str = "s-001", **changes: Any) -> dict[str, Any]:
        result = {
            "sourcedId": key,
            "lineItem": {"sourcedId": "li-1"},
            "student": {"sourcedId": student},
            "scoreStatus": "fully graded",
            "score": 8.75,
            "scoreDate": "2026-11-02",
            **changes,
        }
        return {name: value for name, value in result.items() if value is not None}

    def put_line_item(self, key: str = "li-1", **changes: Any) -> httpx.Response:
        return self.put(f"/lineItems/{key}", {"lineItem": self.line_item(key, **changes)})

    def put_result(self, key: str = "r-1", student: str = "s-001", **changes: Any) -> httpx.Response:
        return self.put(f"/results/{key}", {"result": self.result(key, student, **changes)})


def words(answer: httpx.Response) -> str:
    return str(answer.json()["imsx_description"])


def minor(answer: httpx.Response) -> str:
    """Read the minor code: an object in 1.2, a text in 1.1."""
    body = answer.json()
    if "imsx_codeMinor" in body:
        return str(body["imsx_codeMinor"])
    (field,) = body["imsx_CodeMinor"]["imsx_codeMinorField"]
    return str(field["imsx_codeMinorFieldValue"])


def client_of(practice: Practice, version: str) -> httpx.Client:
    """Come in as the SIS wants it: a token, a vendor's key, or signed calls."""
    entry = told(practice.spec)
    if str(entry.get("auth", "")).startswith("oauth1"):
        return httpx.Client(auth=Signed(entry["client_id"], entry["client_secret"]), verify=False)
    headers = {"Authorization": f"Bearer {token(practice, scopes(version))}"}
    if "vendor_key" in entry:
        headers["x-vendor-authorization"] = f"{entry['vendor_key']}:{entry['vendor_secret']}"
    return httpx.Client(headers=headers, verify=False)


def token(practice: Practice, wanted: str) -> str:
    entry = told(practice.spec)
    form = {"grant_type": "client_credentials", "scope": wanted}
    login = (entry["client_id"], entry["client_secret"])
    answer = practice.client.post(entry["token_url"], data=form, auth=login)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
