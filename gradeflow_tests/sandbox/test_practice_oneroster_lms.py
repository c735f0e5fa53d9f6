"""The practice LMS that gives its gradebook away by OneRoster: what it holds, and that nobody writes into it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.gradebook_oneroster import fill_gradebook, item_id
from gradeflow.sandbox.small_school import small_school
from gradeflow.sandbox.store import Store
from gradeflow_tests.lms.practice_lms import NOW, PracticeLms, served

SCOPES = "https://purl.imsglobal.org/spec/or/{}/scope/"
NEW, OLD = "/ims/oneroster/gradebook/v1p2", "/ims/oneroster/v1p1"


@pytest.fixture(scope="module")
def lms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeLms]:
    with served("oneroster", tmp_path_factory.mktemp("oneroster")) as practice:
        for version in ("v1p1", "v1p2"):
            names = ("roster.readonly", "gradebook.readonly", "gradebook.createput")
            scope = " ".join(SCOPES.format(version) + name for name in names)
            token = practice.client.post(
                f"{practice.spec.origin}/oauth/token",
                data={"grant_type": "client_credentials", "scope": scope},
                auth=(practice.spec.secrets["client_id"], practice.spec.secrets["client_secret"]),
            ).json()["access_token"]
            practice.client.headers[f"X-{version}"] = token
        yield practice


def call(lms: PracticeLms, path: str, method: str = "GET", **keys: Any) -> httpx.Response:
    token = lms.client.headers["X-v1p1" if "v1p1" in path else "X-v1p2"]
    headers = {"Authorization": f"Bearer {token}"}
    return lms.client.request(method, lms.spec.origin + path, headers=headers, **keys)


@pytest.mark.parametrize("base", [NEW, OLD])
def test_nobody_writes_into_it(lms: PracticeLms, base: str) -> None:
    body = {"lineItem": {"sourcedId": "x", "title": "x", "class": {"sourcedId": "m9-01"}}}
    assert call(lms, f"{base}/lineItems/x", "PUT", json=body).status_code in {404, 405}
    assert call(lms, f"{base}/lineItems/501-m9-01", "DELETE").status_code in {404, 405}
    assert call(lms, f"{base}/lineItems/501-m9-01").status_code == 200


@pytest.mark.parametrize("base", [NEW, OLD])
def test_an_assignment_is_one_line_item_for_each_of_its_sections(lms: PracticeLms, base: str) -> None:
    found = call(lms, f"{base}/lineItems?limit=100").json()["lineItems"]
    school = small_school()
    expected = {
        item_id(school, assignment.id, section.id)
        for assignment in school.assignments
        for section in school.sections
        if school.has(assignment, section)
    }
    assert {one["sourcedId"] for one in found} == expected


def test_categories_are_the_lmss_own(lms: PracticeLms) -> None:
    found = call(lms, f"{NEW}/categories").json()["categories"]
    assert [one["title"] for one in found] == ["Homework", "Quiz", "Test", "Lab"]


def test_every_student_has_a_result_also_without_work(lms: PracticeLms) -> None:
    found = call(lms, f"{NEW}/classes/m9-01/lineItems/501-m9-01/results").json()["results"]
    by_student = {one["student"]["sourcedId"]: one for one in found}
    assert sorted(by_student) == [f"s-{n:03}" for n in range(1, 7)]
    idle, excused = by_student["s-004"], by_student["s-002"]
    assert (idle["scoreStatus"], idle["missing"], "score" in idle) == ("not submitted", "true", False)
    assert (excused["scoreStatus"], "score" in excused) == ("exempt", False)
    assert by_student["s-003"]["late"] == "true"


def test_what_is_not_published_is_not_there(tmp_path: Path) -> None:
    school = small_school()
    hidden = [dataclasses.replace(one, is_published=one.id != "501") for one in school.assignments]
    undated = [dataclasses.replace(one, due=None if one.id == "504" else one.due) for one in hidden]
    store = Store(tmp_path / "state.sqlite")
    whole = dataclasses.replace(school, assignments=tuple(undated))
    fill_gradebook(store, whole, Clock(tmp_path / "clock.txt", start=NOW), "http://h")
    assert store.get("lineItems", "501-m9-01") is None
    assert store.documents("results", {"a": "501-m9-01"}) == []
    undated_item = store.get("lineItems", "504-m9-01")
    assert undated_item is not None
    assert "dueDate" not in undated_item
    half = store.get("lineItems", "506-sci-01")
    assert half is not None
    assert Decimal(str(half["resultValueMax"])) == Decimal("10.5")
    store.close()
