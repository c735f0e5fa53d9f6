"""A practice data warehouse answers as the public pages say, also to somebody else's OData client."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyodata
import pytest
import requests

from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import told
from gradeflow.sandbox.server import running

NOW = dt.datetime.fromisoformat("2026-11-16T03:30:00-05:00")


class Warehouse:
    """A running practice server, as an administrator reads it."""

    def __init__(self, spec: ServerSpec, client: httpx.Client) -> None:
        self.spec = spec
        self.base = told(spec)["base_url"]
        self.auth = (told(spec)["user"], told(spec)["password"])
        self.client = client

    def get(self, path: str, accept: str = "application/json", **headers: str) -> httpx.Response:
        url = path if path.startswith("http") else f"{self.base}{path}"
        return self.client.get(url, auth=self.auth, headers={"Accept": accept, **headers})

    def rows(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def edit(self, **edit: Any) -> httpx.Response:
        return self.client.post(f"{self.spec.origin}/_sandbox/edit", json={"edits": [edit]})


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    specs = specs_for(("itslearning",), home=tmp_path, now=NOW)
    with running(specs), httpx.Client(verify=False) as client:
        yield Warehouse(specs[0], client)


def test_without_the_administrators_password_nothing_is_told(warehouse: Warehouse) -> None:
    for auth in (None, (warehouse.auth[0], "wrong"), ("other", warehouse.auth[1])):
        answer = warehouse.client.get(f"{warehouse.base}/UserGrades", auth=auth)
        assert (answer.status_code, answer.headers["WWW-Authenticate"].split()[0]) == (401, "Basic")


def test_atom_is_what_comes_unless_json_is_asked_for(warehouse: Warehouse) -> None:
    feed = warehouse.get("/UserGrades?$top=1", accept="*/*")
    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    assert '<d:Score m:type="Edm.Double">9.0</d:Score>' in feed.text
    assert '<d:SubmittedDate m:type="Edm.DateTime">2026-09-17T16:00:00.000</d:SubmittedDate>' in feed.text
    light = warehouse.get("/UserGrades?$top=1").json()
    assert light["odata.metadata"].endswith("/$metadata#UserGrades")
    old = warehouse.get("/UserGrades?$top=1", MaxDataServiceVersion="2.0").json()["d"]["results"][0]
    assert (old["Score"], old["SubmittedDate"]) == (9.0, "/Date(1789660800000)/")


def test_a_site_without_json_answers_in_atom_whatever_is_asked(warehouse: Warehouse) -> None:
    warehouse.edit(serves="atom")
    assert warehouse.get("/Terms").headers["Content-Type"].startswith("application/atom+xml")


def test_what_has_no_score_is_zero_and_only_the_status_tells(warehouse: Warehouse) -> None:
    rows = warehouse.rows("/UserGrades?$filter=LearningItemId eq 507 and AssessmentStatusId eq 2")
    assert [(row["Score"], row["ReviewDate"]) for row in rows] == [(0.0, None)]


@pytest.mark.parametrize("top", ["", "$top=100&"])
def test_a_page_is_full_whatever_is_asked_and_names_the_next(warehouse: Warehouse, top: str) -> None:
    whole = warehouse.rows("/UserGrades")
    warehouse.edit(page=10)
    found, url = [], f"/UserGrades?{top}$filter=LearningItemId gt 500"
    while url:
        body = warehouse.get(url).json()
        assert len(body["value"]) <= 10
        found += body["value"]
        url = body.get("odata.nextLink")
    assert found == whole
    assert len(whole) == 38


def test_top_and_skip_cut_the_list_across_pages(warehouse: Warehouse) -> None:
    whole = warehouse.rows("/UserGrades")
    warehouse.edit(page=4)
    first = warehouse.get("/UserGrades?$top=6&$skip=3").json()
    rest = warehouse.get(first["odata.nextLink"]).json()
    assert first["value"] + rest["value"] == whole[3:9]
    assert "odata.nextLink" not in rest


def test_only_the_newest_rows_can_be_reached(warehouse: Warehouse) -> None:
    whole = warehouse.rows("/UserGrades")
    warehouse.edit(reachable=4)
    assert warehouse.rows("/UserGrades") == whole[-4:]
    assert warehouse.get("/UserGrades?$inlinecount=allpages").json()["odata.count"] == "4"
    assert warehouse.rows("/UserGrades?$filter=LearningItemId eq 501") == []


def test_a_set_with_dates_gives_thirty_days_unless_a_filter_names_them(warehouse: Warehouse) -> None:
    assert {row["DateId"] for row in warehouse.rows("/UserCourseSessions")} == {20261112, 20261113, 20261119}
    older = warehouse.rows(
        "/UserCourseSessions?$filter=(Date/DateId gt 20260901 and Date/DateId lt 20261001)"
    )
    assert {row["DateId"] for row in older} == {20260917, 20260920, 20260924}


def test_what_was_changed_is_found_by_its_modification(warehouse: Warehouse) -> None:
    before = warehouse.rows("/UserGrades?$orderby=T_ModifiedDate desc&$top=1")[0]["T_ModifiedDate"]
    changed = {
        "entity": "UserGrades",
        "match": {"LearningItemId": 501, "UserId": 5004},
        "set": {"Score": 4.5},
    }
    assert warehouse.edit(**changed).status_code == 200
    (row,) = warehouse.rows(f"/UserGrades?$filter=T_ModifiedDate gt DateTime'{before}'")
    assert (row["UserId"], row["Score"]) == (5004, 4.5)
    assert warehouse.rows(f"/UserGrades?$filter=T_ModifiedDate gt DateTime'{row['T_ModifiedDate']}'") == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("LearningItemId eq 501 and CourseId eq 1001", 10),
        ("LearningItemId eq 501 or LearningItemId eq 502", 13),
        ("not (LearningItemId eq 501)", 28),
        ("Score ge 18.5 and Score lt 20", 3),
        ("ReviewDate eq null", 1),
        ("SubmittedDate gt datetime'2026-11-12T17:00:00'", 6),
    ],
)
def test_filters_find_what_they_say(warehouse: Warehouse, query: str, count: int) -> None:
    assert len(warehouse.rows(f"/UserGrades?$filter={query}")) == count


@pytest.mark.parametrize(
    "query",
    [
        "$filter=Points eq 1",
        "$filter=Score eq",
        "$filter=Score like 1",
        "$filter=T_ModifiedDate gt '2018-06-01'",
        "$filter=Score gt 1 Score",
        "$select=Points",
        "$orderby=Score up",
        "$top=many",
        "$apply=x",
    ],
)
def test_a_query_that_is_not_understood_is_refused(warehouse: Warehouse, query: str) -> None:
    answer = warehouse.get(f"/UserGrades?{query}")
    assert answer.status_code == 400
    assert answer.json()["odata.error"]["message"]["value"]


def test_an_unknown_entity_set_is_not_there(warehouse: Warehouse) -> None:
    assert warehouse.get("/Grades").status_code == 404


def test_the_bridge_leads_from_every_number_to_an_id_of_the_sis(warehouse: Warehouse) -> None:
    def read(name: str) -> list[dict[str, str]]:
        with (warehouse.spec.drop / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    courses = {(row["CourseId"], row["section_sis_id"]) for row in read("courses")}
    # The quiz has dates of its own in each section of the merged course 1001: an item and its copy.
    merged = {("1001", "m9-01"), ("1001", "m9-02")}
    assert courses == {*merged, ("1002", "m9-01"), ("1003", "m9-02"), ("1004", "sci-01")}
    roles = {row["sis_id"]: row["role"] for row in read("users")}
    assert (roles["t-300"], roles["s-012"], len(roles)) == ("teacher", "student", 15)
    numbers = {row["UserId"] for row in read("users")}
    assert {str(row["UserId"]) for row in warehouse.rows("/CourseMemberships")} == numbers
    assert {row["UserId"] for row in read("members")} <= numbers


def test_an_edit_that_fits_nothing_changes_nothing(warehouse: Warehouse) -> None:
    before = warehouse.rows("/UserGrades")
    for edit in (
        {"entity": "Grades", "match": {}, "set": {}},
        {"entity": "UserGrades", "match": {"UserId": 1}, "set": {"Score": 1}},
        {"entity": "UserGrades", "match": {}, "set": {"Points": 1}},
        {"entity": "UserGrades", "add": {"UserId": 1}},
        {"pages": 1},
    ):
        assert warehouse.edit(**edit).status_code == 400
    assert warehouse.rows("/UserGrades") == before


def test_a_stopped_warehouse_comes_back_as_it_was(tmp_path: Path) -> None:
    with running(specs_for(("itslearning",), home=tmp_path, now=NOW)) as specs, httpx.Client() as client:
        warehouse = Warehouse(specs[0], client)
        warehouse.edit(entity="UserGrades", match={"LearningItemId": 501}, set=None)
        left = warehouse.rows("/UserGrades")
    with running(specs_for(("itslearning",), home=tmp_path, now=NOW)) as specs, httpx.Client() as client:
        assert Warehouse(specs[0], client).rows("/UserGrades") == left
        assert len(left) == 28


def test_somebody_elses_client_reads_it_unchanged(warehouse: Warehouse) -> None:
    """pyodata speaks OData 2 only, and says so in its session; all else it finds in $metadata."""
    warehouse.edit(page=10)
    with requests.Session() as session:
        session.auth = warehouse.auth
        session.headers["MaxDataServiceVersion"] = "2.0"
        service = pyodata.Client(warehouse.base, session)
        grades, request = [], service.entity_sets.UserGrades.get_entities()
        while True:
            page = request.execute()
            grades += page
            if page.next_url is None:
                break
            request = service.entity_sets.UserGrades.get_entities().next_url(page.next_url)
        assert len(grades) == 38
        since = dt.datetime(2026, 11, 13, 12, tzinfo=dt.UTC)
        late = service.entity_sets.UserGrades.get_entities()
        late = late.filter(late.SubmittedDate > since).execute()
        assert {grade.SubmittedDate.date() for grade in late} == {
            dt.date(2026, 11, 13),
            dt.date(2026, 11, 19),
        }
        newest = service.entity_sets.UserGrades.get_entities().order_by("Score desc").top(1).execute()
        assert [grade.Score for grade in newest] == [46.0]
        item = service.entity_sets.LearningItems.get_entities().filter("LearningItemId eq 506").execute()[0]
        assert (item.LearningItemTitle, item.MaxScore) == ("Measuring lab", 10.5)
