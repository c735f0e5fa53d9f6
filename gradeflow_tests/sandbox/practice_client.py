"""A running practice server and an authorized client of it, as the tests speak to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import told

SCOPE = "https://purl.imsglobal.org/spec/or/v1p1/scope/"
ALL_SCOPES = " ".join(
    SCOPE + name
    for name in ("roster.readonly", "gradebook.readonly", "gradebook.createput", "gradebook.delete")
)


@dataclass
class Practice:
    """A running server and an authorized client of it."""

    spec: ServerSpec
    client: httpx.Client

    @property
    def base_url(self) -> str:
        return str(told(self.spec)["base_url"])

    @property
    def told(self) -> dict[str, Any]:
        return told(self.spec)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(self.base_url + path, params=params or None)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.client.put(self.base_url + path, json=body)

    def control(self, name: str, body: Any) -> httpx.Response:
        return self.client.post(f"{self.spec.origin}/_sandbox/{name}", json=body)

    def fault(self, do: str, **keys: Any) -> None:
        assert self.control("fault", {"faults": [{"do": do, **keys}]}).status_code == 200

    def faults(self) -> dict[str, Any]:
        return self.client.get(f"{self.spec.origin}/_sandbox/fault").json()

    def put_line_item(self, key: str = "li-1", **changes: Any) -> httpx.Response:
        item = {
            "sourcedId": key,
            "title": "Ratios practice",
            "class": {"sourcedId": "m9-01"},
            "category": {"sourcedId": "cat-homework"},
            "gradingPeriod": {"sourcedId": "q1-2026"},
            "assignDate": "2026-09-11T16:00:00.000Z",
            "dueDate": "2026-09-18T16:00:00.000Z",
            "resultValueMin": 0,
            "resultValueMax": 10,
            **changes,
        }
        return self.put(f"/lineItems/{key}", {"lineItem": {k: v for k, v in item.items() if v is not None}})

    def put_result(self, key: str = "r-1", **changes: Any) -> httpx.Response:
        result = {
            "sourcedId": key,
            "lineItem": {"sourcedId": "li-1"},
            "student": {"sourcedId": "s-001"},
            "scoreStatus": "fully graded",
            "score": 8.75,
            "scoreDate": "2026-11-02",
            **changes,
        }
        return self.put(f"/results/{key}", {"result": {k: v for k, v in result.items() if v is not None}})

    def stored(self, path: str) -> Any:
        response = self.get(path)
        assert response.status_code == 200, response.text
        return response.json()


def token_of(spec: ServerSpec, scope: str = ALL_SCOPES, client: httpx.Client | None = None) -> str:
    form = {"grant_type": "client_credentials", "scope": scope}
    entry = told(spec)
    auth = (entry["client_id"], entry["client_secret"])
    answer = (client or httpx).post(entry["token_url"], data=form, auth=auth)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
