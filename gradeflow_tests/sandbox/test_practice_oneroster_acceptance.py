"""The acceptance sequence that Google Classroom asks of a OneRoster 1.2 gradebook, call by call.

Written from the public conformance suite (googleworkspace/oneroster-integration-conformance-tests), which runs
by hand in a notebook; the vendors below are among its listed partners, or document 1.2.
"""

from __future__ import annotations

import datetime as dt
import uuid

import httpx
import pytest
from oneroster_practice import SCOPES
from practice_client import Practice

GOOGLE = ("roster.readonly", "gradebook.readonly", "gradebook.createput", "gradebook.delete")
LONG = "[Amended] " + "Really" + "l" * 60 + "y Long Google Test Line Item Title"


def bearer(practice: Practice) -> dict[str, str]:
    entry = practice.told
    form = {"grant_type": "client_credentials", "scope": " ".join(SCOPES["v1p2"] + name for name in GOOGLE)}
    answer = httpx.post(entry["token_url"], data=form, auth=(entry["client_id"], entry["client_secret"]))
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    if "vendor_key" in entry:  # Google holds one of Infinite Campus
        headers["x-vendor-authorization"] = f"{entry['vendor_key']}:{entry['vendor_secret']}"
    return headers


@pytest.mark.parametrize("kind", ["infinite_campus", "skyward_qmlativ", "eschoolplus"])
def test_the_acceptance_sequence_of_the_gradebook_passes(start, kind):
    (practice,) = start(kind)
    url = practice.told["base_url"].removesuffix("/v1p1")
    assert url.endswith("/ims/oneroster")
    now = dt.datetime.fromisoformat(practice.client.get(practice.spec.clock_url).json()["now"])
    with httpx.Client(headers=bearer(practice), verify=False) as google:
        run(google, url, practice.spec.teacher_email, now.astimezone(dt.UTC))


def run(google: httpx.Client, url: str, teacher_email: str, now: dt.datetime) -> None:
    def read(path: str) -> dict:
        answer = google.get(f"{url}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    read("rostering/v1p2/teachers?limit=1")
    (teacher,) = read(f"rostering/v1p2/teachers?filter=email='{teacher_email}'&limit=10000")["users"]
    assert teacher.keys() >= {"email", "sourcedId"}
    section = read(
        f"rostering/v1p2/teachers/{teacher['sourcedId']}/classes?limit=10000&filter=status='active'"
    )["classes"][0]
    place, term = section["sourcedId"], section["terms"][0]["sourcedId"]
    student = read(f"rostering/v1p2/classes/{place}/students?limit=10000")["users"][0]
    assert student.keys() >= {"email", "sourcedId"}
    category = read(f"gradebook/v1p2/classes/{place}/categories?limit=10000")["categories"][0]
    periods = read(f"rostering/v1p2/terms/{term}/gradingPeriods?limit=10000")["academicSessions"]
    assert all(p.keys() >= {"sourcedId", "title", "startDate", "endDate", "schoolYear"} for p in periods)
    assert {period["type"] for period in periods} == {"gradingPeriod"}

    item_id, result_id = str(uuid.uuid4()), str(uuid.uuid4())
    due = now + dt.timedelta(minutes=1)
    item = {
        "sourcedId": item_id,
        "title": "New test item",
        "description": "Test Line Item",
        "resultValueMin": 0,
        "resultValueMax": 100,
        "assignDate": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "dueDate": due.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "class": {"sourcedId": place},
        "category": {"sourcedId": category["sourcedId"]},
        "school": {"sourcedId": section["school"]["sourcedId"]},
    }

    def put_item(**changes: str) -> int:
        body = {"lineItem": {**item, **changes}}
        return google.put(f"{url}/gradebook/v1p2/lineItems/{item_id}", json=body).status_code

    def titles() -> list[str]:
        listed = read(f"gradebook/v1p2/classes/{place}/lineItems?limit=10000")["lineItems"]
        return [one["title"] for one in listed if one["sourcedId"] == item_id]

    assert put_item() == 201
    assert titles() == ["New test item"]
    assert put_item(title=LONG) == 200
    (title,) = titles()
    assert LONG.startswith(title)
    assert len(title) in {49, 50, len(LONG)}

    result = {
        "sourcedId": result_id,
        "score": 80,
        "comment": "",
        "scoreStatus": "fully graded",
        "scoreDate": item["assignDate"],
        "lineItem": {"sourcedId": item_id},
        "student": {"sourcedId": student["sourcedId"]},
    }

    def put_result(**changes: object) -> int:
        body = {"result": {**result, **changes}}
        return google.put(f"{url}/gradebook/v1p2/results/{result_id}", json=body).status_code

    def held() -> list[tuple[float, str]]:
        listed = read(f"gradebook/v1p2/classes/{place}/lineItems/{item_id}/results?limit=10000")["results"]
        return [(r["score"], r["scoreStatus"]) for r in listed if r["sourcedId"] == result_id]

    assert put_result() == 201
    assert held() == [(80, "fully graded")]
    assert put_result(score=300) == 200
    assert held() == [(300, "fully graded")]
    assert put_result(scoreStatus="exempt") == 200
    assert held() == [(80, "exempt")]
    assert google.delete(f"{url}/gradebook/v1p2/results/{result_id}").status_code == 204
    assert held() == []
