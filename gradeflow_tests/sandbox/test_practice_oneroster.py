"""The practice SIS keeps OneRoster 1.1's promises: tokens, scopes, paging, filters, writes."""

from __future__ import annotations

import httpx
import pytest
from practice_client import SCOPE, token_of

from gradeflow.sandbox.registry import told

READ = SCOPE + "gradebook.readonly"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic eDp5"}])
def test_a_call_without_a_valid_token_is_refused_in_the_flat_form(sis_as_filled, header):
    answer = httpx.get(sis_as_filled.base_url + "/classes", headers=header)
    assert answer.status_code == 401
    assert answer.json()["imsx_codeMinor"] == "unauthorized"


def test_a_wrong_secret_gets_no_token(sis_as_filled):
    form = {"grant_type": "client_credentials", "scope": READ}
    answer = httpx.post(
        sis_as_filled.told["token_url"], data=form, auth=(sis_as_filled.told["client_id"], "wrong")
    )
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_client_credentials_may_stand_in_the_body(sis_as_filled):
    spec = sis_as_filled.spec
    entry = told(spec)
    client = {"client_id": entry["client_id"], "client_secret": entry["client_secret"]}
    form = {"grant_type": "client_credentials", "scope": READ, **client}
    assert httpx.post(entry["token_url"], data=form).json()["expires_in"] == 3600


@pytest.mark.parametrize("scope", ["", SCOPE + "everything"])
def test_a_token_needs_known_scopes(sis_as_filled, scope):
    spec = sis_as_filled.spec
    form = {"grant_type": "client_credentials", "scope": scope}
    entry = told(spec)
    answer = httpx.post(entry["token_url"], data=form, auth=(entry["client_id"], entry["client_secret"]))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_token_allows_only_its_scopes(schooltool):
    headers = {"Authorization": f"Bearer {token_of(schooltool.spec, READ)}"}
    with httpx.Client(headers=headers, base_url=schooltool.base_url) as reader:
        assert reader.get("/results").status_code == 200
        assert reader.get("/classes").status_code == 403
        assert reader.put("/results/r-1", json={}).json()["imsx_codeMinor"] == "forbidden"


def test_pages_follow_each_other_by_their_links(sis_as_filled):
    seen, url, pages = [], sis_as_filled.base_url + "/students?limit=5", 0
    while url:
        answer = sis_as_filled.client.get(url)
        assert answer.headers["x-total-count"] == "12"
        seen += [user["sourcedId"] for user in answer.json()["users"]]
        url, pages = answer.links.get("next", {}).get("url"), pages + 1
    assert (pages, seen) == (3, [f"s-{n:03}" for n in range(1, 13)])


def test_the_last_page_names_the_one_before(sis_as_filled):
    links = sis_as_filled.get("/students", limit=5, offset=10).links
    assert set(links) == {"first", "last", "prev"}
    base = sis_as_filled.base_url
    assert links["prev"]["url"] == f"{base}/students?limit=5&offset=5"


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"offset": "-1"}])
def test_a_page_that_cannot_be_is_refused(sis_as_filled, query):
    assert sis_as_filled.get("/students", **query).status_code == 400


@pytest.mark.parametrize(
    ("path", "expression", "found"),
    [
        ("/teachers", "email='t-200@practice.example'", ["t-200"]),
        ("/users", "role='teacher' AND sourcedId!='t-100'", ["t-200", "t-300"]),
        ("/users", "sourcedId='s-001' OR sourcedId='s-002'", ["s-001", "s-002"]),
        ("/gradingPeriods", "startDate>='2027-02-01'", ["q3-2026", "q4-2026"]),
        ("/categories", "title~'ome'", ["cat-homework"]),
        ("/categories", "metadata.classId='sci-01'", ["cat-lab"]),
    ],
)
def test_a_filter_finds_exactly_these(sis_as_filled, path, expression, found):
    body = sis_as_filled.get(path, filter=expression).json()
    assert [one["sourcedId"] for objects in body.values() for one in objects] == found


def test_a_quote_in_a_filter_value_is_doubled(schooltool):
    edit = {"collection": "categories", "sourcedId": "cat-lab", "set": {"title": "Bob's lab"}}
    schooltool.control("edit", {"edits": [edit]})
    found = schooltool.get("/categories", filter="title='Bob''s lab'").json()["categories"]
    assert [category["sourcedId"] for category in found] == ["cat-lab"]


@pytest.mark.parametrize(
    ("query", "minor"),
    [
        ({"filter": "nonsense"}, "invalid_filter_field"),
        ({"filter": "colour='red'"}, "invalid_filter_field"),
        ({"filter": "title='a' AND title='b' AND title='c'"}, "invalid_filter_field"),
        ({"sort": "colour"}, "invalid_sort_field"),
        ({"fields": "colour"}, "invalid_selection_field"),
        ({"fields": ","}, "invalid_blank_selection_field"),
    ],
)
def test_a_query_that_means_nothing_is_refused_by_name(sis_as_filled, query, minor):
    answer = sis_as_filled.get("/categories", **query)
    assert (answer.status_code, answer.json()["imsx_codeMinor"]) == (400, minor)


def test_fields_and_sort_shape_the_answer(sis_as_filled):
    query = {"fields": "title", "sort": "title", "orderBy": "desc"}
    titles = sis_as_filled.get("/categories", **query).json()["categories"]
    assert titles == [{"title": t} for t in ("Test", "Quiz", "Lab", "Homework")]


def test_changes_since_are_found_though_the_clock_stands_still(schooltool):
    schooltool.put_line_item("li-1")
    since = schooltool.stored("/lineItems/li-1")["lineItem"]["dateLastModified"]
    schooltool.put_line_item("li-2")
    found = schooltool.get("/lineItems", filter=f"dateLastModified>'{since}'").json()["lineItems"]
    assert [item["sourcedId"] for item in found] == ["li-2"]


def test_who_teaches_and_who_sits_in_a_class(sis_as_filled):
    enrollments = sis_as_filled.stored("/schools/school-1/classes/m9-02/enrollments")["enrollments"]
    teachers = {e["user"]["sourcedId"]: e["primary"] for e in enrollments if e["role"] == "teacher"}
    assert teachers == {"t-200": "true", "t-300": "false"}
    students = sis_as_filled.stored("/classes/m9-01/students")["users"]
    assert [student["sourcedId"] for student in students] == [f"s-{n:03}" for n in range(1, 6)]
    assert all(student["email"] for student in students)


def test_a_leaver_sits_in_the_class_until_the_day_before(schooltool):
    schooltool.control("clock", {"now": "2026-10-15T23:59:00-04:00"})
    assert len(schooltool.stored("/classes/m9-01/students")["users"]) == 6
    schooltool.control("clock", {"now": "2026-10-16T00:00:00-04:00"})
    assert len(schooltool.stored("/classes/m9-01/students")["users"]) == 5


@pytest.mark.parametrize(
    "path",
    [
        *("/orgs", "/schools", "/academicSessions", "/terms", "/gradingPeriods", "/courses", "/classes"),
        *("/users", "/teachers", "/students", "/enrollments", "/categories"),
        *("/terms/practice-term/gradingPeriods", "/terms/practice-term/classes"),
        *("/schools/school-1/terms", "/schools/school-1/classes", "/schools/school-1/students"),
        *("/schools/school-1/teachers", "/schools/school-1/enrollments", "/schools/school-1/courses"),
        *("/classes/m9-01/students", "/classes/m9-01/teachers", "/teachers/t-100/classes"),
        *("/students/s-001/classes", "/courses/math-9/classes"),
    ],
)
def test_every_roster_listing_has_objects_and_each_can_be_read_alone(sis_as_filled, path):
    ((many, objects),) = sis_as_filled.stored(path).items()
    assert objects
    one = sis_as_filled.stored(f"/{many}/{objects[0]['sourcedId']}")
    assert next(iter(one.values())) == objects[0]


@pytest.mark.parametrize(
    "path",
    [
        "/classes/none",
        "/classes/none/lineItems",
        "/terms/q1-2026",
        "/teachers/s-001",
        "/lineItems/none",
        "/x",
    ],
)
def test_an_unknown_id_is_not_found(sis_as_filled, path):
    answer = sis_as_filled.get(path)
    assert (answer.status_code, answer.json()["imsx_codeMinor"]) == (404, "unknown object")


def test_the_conformance_sequence_passes(schooltool):
    """Google's acceptance sequence, on the routes that 1.1 has."""
    (teacher,) = schooltool.get(
        "/teachers", filter=f"email='{schooltool.spec.teacher_email}'", limit=1
    ).json()["users"]
    (section, *_) = schooltool.get(
        f"/teachers/{teacher['sourcedId']}/classes", filter="status='active'"
    ).json()["classes"]
    student = schooltool.stored(f"/classes/{section['sourcedId']}/students")["users"][0]
    category = schooltool.stored("/categories")["categories"][0]
    periods = schooltool.stored("/terms/practice-term/gradingPeriods")["academicSessions"]
    assert all(period["type"] == "gradingPeriod" and period["schoolYear"] for period in periods)
    item = {"class": {"sourcedId": section["sourcedId"]}, "category": {"sourcedId": category["sourcedId"]}}

    assert schooltool.put_line_item("g-1", resultValueMax=100, **item).status_code == 201
    listed = schooltool.stored(f"/classes/{section['sourcedId']}/lineItems")["lineItems"]
    assert [one["sourcedId"] for one in listed] == ["g-1"]
    assert schooltool.put_line_item("g-1", title="Renamed", resultValueMax=100, **item).status_code == 200
    assert schooltool.stored("/lineItems/g-1")["lineItem"]["title"] == "Renamed"

    result = {"lineItem": {"sourcedId": "g-1"}, "student": {"sourcedId": student["sourcedId"]}}
    assert schooltool.put_result("r-1", score=80, comment="", **result).status_code == 201
    assert schooltool.put_result("r-1", score=300, **result).json()["result"]["score"] == 300
    place = f"/classes/{section['sourcedId']}/lineItems/g-1/results"
    assert [one["score"] for one in schooltool.stored(place)["results"]] == [300]
    schooltool.put_result("r-1", score=0, scoreStatus="exempt", **result)
    assert schooltool.stored("/results/r-1")["result"]["scoreStatus"] == "exempt"
    assert schooltool.client.delete(schooltool.base_url + "/results/r-1").status_code == 204
    assert schooltool.stored(place)["results"] == []


def test_a_line_item_takes_its_results_with_it(schooltool):
    schooltool.put_line_item()
    schooltool.put_result()
    assert schooltool.client.delete(schooltool.base_url + "/lineItems/li-1").status_code == 204
    assert schooltool.get("/results/r-1").status_code == 404


def test_a_put_replaces_the_whole_object(schooltool):
    schooltool.put_line_item(description="first")
    schooltool.put_line_item()
    assert "description" not in schooltool.stored("/lineItems/li-1")["lineItem"]


def test_references_come_back_complete(schooltool):
    echo = schooltool.put_line_item().json()["lineItem"]
    assert echo["class"]["href"] == schooltool.base_url + "/classes/m9-01"
    assert schooltool.client.get(echo["class"]["href"]).status_code == 200
    assert schooltool.client.get(echo["gradingPeriod"]["href"]).status_code == 200


def test_results_are_found_by_class_and_student(schooltool):
    schooltool.put_line_item()
    schooltool.put_result("r-1", student={"sourcedId": "s-001"})
    schooltool.put_result("r-2", student={"sourcedId": "s-002"})
    assert len(schooltool.stored("/classes/m9-01/results")["results"]) == 2
    mine = schooltool.stored("/classes/m9-01/students/s-002/results")["results"]
    assert [result["sourcedId"] for result in mine] == ["r-2"]


def test_an_id_may_be_as_awkward_as_a_url_allows(schooltool):
    assert schooltool.put_line_item("a%2Fb%20c", sourcedId="a/b c").status_code == 201
    assert schooltool.stored("/lineItems")["lineItems"][0]["sourcedId"] == "a/b c"
