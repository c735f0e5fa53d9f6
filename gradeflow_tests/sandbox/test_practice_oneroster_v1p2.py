"""OneRoster 1.2 keeps its promises: services, shapes, batches, errors, discovery."""

from __future__ import annotations

import httpx
import pytest
from oneroster_practice import SCOPES, minor, scopes, token, words


@pytest.fixture
def sis(sis_of):
    """Skyward Qmlativ: a token and nothing more."""
    return sis_of("skyward_qmlativ")


ROSTER_LISTS = [
    *("/orgs", "/schools", "/academicSessions", "/terms", "/gradingPeriods", "/courses", "/classes"),
    *("/users", "/teachers", "/students", "/enrollments"),
    *("/terms/practice-term/gradingPeriods", "/terms/practice-term/classes"),
    *("/schools/school-1/terms", "/schools/school-1/classes", "/schools/school-1/students"),
    *("/schools/school-1/teachers", "/schools/school-1/enrollments", "/schools/school-1/courses"),
    *("/schools/school-1/classes/m9-01/students", "/schools/school-1/classes/m9-01/teachers"),
    *("/classes/m9-01/students", "/classes/m9-01/teachers", "/teachers/t-100/classes"),
    *("/students/s-001/classes", "/users/s-001/classes", "/courses/math-9/classes"),
]


@pytest.mark.parametrize("path", ROSTER_LISTS)
def test_every_roster_list_is_below_rostering_and_each_object_can_be_read_alone(qmlativ_as_filled, path):
    ((many, objects),) = qmlativ_as_filled.roster(path).json().items()
    assert objects
    assert qmlativ_as_filled.get(path).status_code == 404
    one = qmlativ_as_filled.roster(f"/{many}/{objects[0]['sourcedId']}").json()
    assert next(iter(one.values())) == objects[0]


@pytest.mark.parametrize(
    "path",
    [
        *("/categories", "/classes/m9-01/categories", "/scoreScales"),
        *("/classes/m9-01/scoreScales", "/schools/school-1/scoreScales"),
    ],
)
def test_every_gradebook_list_is_below_gradebook(qmlativ_as_filled, path):
    ((many, objects),) = qmlativ_as_filled.stored(path).items()
    assert objects
    assert qmlativ_as_filled.roster(path).status_code == 404
    assert qmlativ_as_filled.get(f"/{many}/{objects[0]['sourcedId']}").status_code == 200


def test_a_class_has_the_categories_of_all_classes_and_its_own(qmlativ_as_filled):
    def titles(section):
        return {c["title"] for c in qmlativ_as_filled.stored(f"/classes/{section}/categories")["categories"]}

    assert titles("m9-01") == {"Homework", "Quiz", "Test"}
    assert titles("sci-01") == {"Homework", "Quiz", "Test", "Lab"}


def test_a_user_has_roles_and_not_the_fields_of_old(qmlativ_as_filled):
    user = qmlativ_as_filled.roster("/users/t-100").json()["user"]
    assert not {"role", "orgs"} & user.keys()
    ((role),) = user["roles"]
    assert (role["roleType"], role["role"], role["org"]["sourcedId"]) == ("primary", "teacher", "school-1")
    found = qmlativ_as_filled.roster("/users", filter="roles.role='teacher'").json()["users"]
    assert [one["sourcedId"] for one in found] == ["t-100", "t-200", "t-300"]
    refused = qmlativ_as_filled.roster("/users", filter="role='teacher'")
    assert (refused.status_code, minor(refused)) == (400, "invalid_filter_field")


def test_references_lead_to_the_service_that_has_them(sis):
    item = sis.put_line_item().json()["lineItem"]
    for field in ("class", "category", "school"):
        assert sis.client.get(item[field]["href"]).status_code == 200
    assert "/rostering/v1p2/classes/" in item["class"]["href"]
    assert "/gradebook/v1p2/categories/" in item["category"]["href"]


def test_pages_sort_and_fields_work_together(qmlativ_as_filled):
    query = {"limit": 5, "offset": 5, "sort": "identifier", "orderBy": "desc", "fields": "sourcedId"}
    answer = qmlativ_as_filled.roster("/students", **query)
    assert answer.headers["x-total-count"] == "12"
    assert set(answer.links) == {"first", "prev", "next", "last"}
    assert answer.json()["users"] == [{"sourcedId": f"s-{n:03}"} for n in (7, 6, 5, 4, 3)]
    assert [
        u["sourcedId"] for u in qmlativ_as_filled.client.get(answer.links["next"]["url"]).json()["users"]
    ] == [
        "s-002",
        "s-001",
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"filter": "colour='red'"}, "invalid_filter_field"),
        ({"sort": "colour"}, "invalid_sort_field"),
        ({"sort": "title", "orderBy": "upwards"}, "invalid_sort_field"),
        ({"fields": "colour"}, "invalid_selection_field"),
        ({"fields": ","}, "invalid_selection_field"),
    ],
)
def test_a_query_that_means_nothing_is_refused_by_a_minor_code_in_an_object(qmlativ_as_filled, query, code):
    answer = qmlativ_as_filled.get("/categories", **query)
    assert (answer.status_code, minor(answer)) == (400, code)
    assert answer.json()["imsx_codeMajor"] == "failure"
    assert "imsx_codeMinor" not in answer.json()


def test_errors_of_all_kinds_have_the_form_of_1_2(qmlativ_as_filled):
    nobody = httpx.get(qmlativ_as_filled.root("gradebook") + "/results")
    assert (nobody.status_code, minor(nobody)) == (401, "unauthorisedrequest")
    assert minor(qmlativ_as_filled.get("/lineItems/none")) == "unknownobject"
    assert minor(qmlativ_as_filled.get("/nothing/here")) == "unknownobject"
    assert minor(qmlativ_as_filled.put("/lineItems/x", {})) == "invaliddata"


def narrow(sis, *names, version="v1p2"):
    return {"Authorization": f"Bearer {token(sis.practice, scopes(version, *names))}"}


def test_a_token_of_1_1_opens_nothing_of_1_2_and_the_other_way_round(qmlativ_as_filled):
    old = narrow(qmlativ_as_filled, "gradebook.readonly", version="v1p1")
    assert httpx.get(qmlativ_as_filled.root("gradebook") + "/results", headers=old).status_code == 403
    new = narrow(qmlativ_as_filled, "gradebook.readonly")
    url = f"{qmlativ_as_filled.practice.spec.origin}/ims/oneroster/v1p1/results"
    assert httpx.get(url, headers=new).status_code == 403
    assert httpx.get(url, headers=old).status_code == 200


def test_core_scopes_give_whole_collections_only(qmlativ_as_filled):
    core = narrow(qmlativ_as_filled, "roster-core.readonly")
    root = qmlativ_as_filled.root("rostering")
    assert httpx.get(f"{root}/classes", headers=core).status_code == 200
    assert httpx.get(f"{root}/classes/m9-01", headers=core).status_code == 200
    assert httpx.get(f"{root}/classes/m9-01/students", headers=core).status_code == 403


def test_a_batch_needs_a_scope_of_its_own(sis):
    headers = narrow(sis, "gradebook.createput")
    url = sis.root("gradebook") + "/classes/m9-01/lineItems"
    answer = httpx.post(url, headers=headers, json={"lineItems": [sis.line_item()]})
    assert (answer.status_code, minor(answer)) == (403, "forbidden")
    assert SCOPES["v1p2"] + "gradebook.createpost" in words(answer)


@pytest.mark.parametrize("name", ["title", "assignDate", "dueDate", "class", "school", "category"])
def test_a_line_item_lacks_nothing_that_1_2_requires(sis, name):
    answer = sis.put_line_item(**{name: None})
    assert answer.status_code == 422
    assert name in words(answer)


def test_what_is_optional_in_1_2_may_be_left_out(sis):
    assert sis.put_line_item(resultValueMin=None, resultValueMax=None).status_code == 201
    assert sis.put_result(score=None, textScore="B+", scoreStatus="partially graded").status_code == 201
    assert sis.stored("/results/r-1")["result"]["textScore"] == "B+"


@pytest.mark.parametrize(("flag", "code"), [("true", 201), ("false", 201), (True, 422), ("yes", 422)])
def test_flags_are_texts(sis, flag, code):
    sis.put_line_item()
    assert sis.put_result(late=flag).status_code == code


def test_the_dates_of_a_result_may_carry_a_time(sis):
    sis.put_line_item()
    assert sis.put_result(scoreDate="2026-11-02T08:30:00.000Z").status_code == 201
    assert sis.put_result(scoreDate="yesterday").status_code == 422


def test_a_score_scale_is_kept_for_its_class(sis):
    scale = {
        "sourcedId": "pass",
        "title": "Pass",
        "type": "grade",
        "class": {"sourcedId": "sci-01"},
        "scoreScaleValue": [{"itemValueLHS": "P", "itemValueRHS": "60"}],
    }
    assert sis.put("/scoreScales/pass", {"scoreScale": scale}).status_code == 201
    held = sis.stored("/classes/sci-01/scoreScales")["scoreScales"]
    assert [one["sourcedId"] for one in held] == ["scale-sci-01", "pass"]
    assert sis.delete("/scoreScales/pass").status_code == 204
    assert sis.put("/scoreScales/x", {"scoreScale": {**scale, "scoreScaleValue": "P"}}).status_code == 422


def test_line_items_of_a_class_come_in_one_call(sis):
    answer = sis.post("/classes/m9-01/lineItems", {"lineItems": [sis.line_item("a"), sis.line_item("b")]})
    assert answer.status_code == 201
    assert answer.json() == {
        "sourcedIdPairs": [
            {"suppliedSourcedId": "a", "allocatedSourcedId": "a"},
            {"suppliedSourcedId": "b", "allocatedSourcedId": "b"},
        ]
    }
    assert len(sis.stored("/classes/m9-01/lineItems")["lineItems"]) == 2


def test_line_items_of_a_school_may_be_of_several_classes(sis):
    items = [sis.line_item("a"), sis.line_item("b", **{"class": {"sourcedId": "m9-02"}})]
    assert sis.post("/schools/school-1/lineItems", {"lineItems": items}).status_code == 201
    assert [i["sourcedId"] for i in sis.stored("/classes/m9-02/lineItems")["lineItems"]] == ["b"]


@pytest.mark.parametrize(
    "place", ["/lineItems/li-1/results", "/classes/m9-01/academicSessions/q1-2026/results"]
)
def test_results_come_in_one_call(sis, place):
    sis.put_line_item()
    rows = [sis.result("r-1", "s-001"), sis.result("r-2", "s-002", score=7)]
    answer = sis.post(place, {"results": rows})
    assert [pair["allocatedSourcedId"] for pair in answer.json()["sourcedIdPairs"]] == ["r-1", "r-2"]
    held = sis.stored("/classes/m9-01/lineItems/li-1/results")["results"]
    assert [one["score"] for one in held] == [8.75, 7]


def test_a_result_sent_again_in_a_batch_takes_the_place_of_the_first(sis):
    sis.put_line_item()
    sis.post("/lineItems/li-1/results", {"results": [sis.result("r-1")]})
    again = sis.post("/lineItems/li-1/results", {"results": [sis.result("other", score=9)]})
    pair = {"suppliedSourcedId": "other", "allocatedSourcedId": "r-1"}
    assert again.json()["sourcedIdPairs"] == [pair]
    assert [r["score"] for r in sis.stored("/results")["results"]] == [9]


def test_a_line_item_sent_again_in_a_batch_is_a_second_one(sis):
    body = {"lineItems": [sis.line_item("a")]}
    sis.post("/classes/m9-01/lineItems", body)
    (pair,) = sis.post("/classes/m9-01/lineItems", body).json()["sourcedIdPairs"]
    assert pair["allocatedSourcedId"] != "a"
    assert len(sis.stored("/lineItems")["lineItems"]) == 2


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/classes/none/lineItems", {"lineItems": [{}]}, 404),
        ("/classes/m9-01/lineItems", {"lineItems": []}, 422),
        ("/classes/m9-01/lineItems", {"lineItem": {}}, 422),
        ("/classes/m9-01/lineItems", [], 422),
        ("/lineItems/none/results", {"results": [{}]}, 404),
    ],
)
def test_a_batch_of_another_shape_is_refused(sis, path, body, told):
    assert sis.post(path, body).status_code == told


def test_one_bad_row_keeps_the_whole_batch_out_and_is_named(sis):
    rows = [sis.line_item("a"), sis.line_item("b", resultValueMax=10.5)]
    answer = sis.post("/classes/m9-01/lineItems", {"lineItems": rows})
    assert (answer.status_code, words(answer)) == (422, "lineItems[1]: resultValueMax must be a whole number")
    assert sis.stored("/lineItems")["lineItems"] == []


def test_a_row_of_another_place_is_refused(sis):
    sis.put_line_item()
    other = sis.line_item("b", **{"class": {"sourcedId": "m9-02"}})
    assert "class" in words(sis.post("/classes/m9-01/lineItems", {"lineItems": [other]}))
    wrong = sis.result(lineItem={"sourcedId": "none"})
    assert "lineItem" in words(sis.post("/lineItems/li-1/results", {"results": [wrong]}))
    place = "/classes/m9-02/academicSessions/q1-2026/results"
    assert "another class" in words(sis.post(place, {"results": [sis.result()]}))


@pytest.mark.parametrize("service", ["rostering", "gradebook"])
def test_discovery_lists_what_the_service_has(qmlativ_as_filled, service):
    names = {"rostering": "rosters", "gradebook": "gradebook"}
    file = f"/discovery/onerosterv1p2{names[service]}service_openapi3_v1p0.json"
    found = httpx.get(qmlativ_as_filled.root(service) + file).json()
    assert found["servers"] == [{"url": qmlativ_as_filled.root(service)}]
    flow = found["components"]["securitySchemes"]["OAuth2CC"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == qmlativ_as_filled.practice.told["token_url"]
    other = f"/discovery/imsorv1p2_{service}_openapi3_v1p0.json"
    assert httpx.get(qmlativ_as_filled.root(service) + other).json() == found
    known = {"classSourcedId": "m9-01", "schoolSourcedId": "school-1", "termSourcedId": "practice-term"}
    known |= {"courseSourcedId": "math-9", "studentSourcedId": "s-001"}
    lists = [path for path in found["paths"] if "get" in found["paths"][path] and "{sourcedId}" not in path]
    assert len(lists) == (28 if service == "rostering" else 11)
    for path in (path.format_map(known) for path in lists if "{lineItem" not in path):
        user = "t-100" if path.startswith("/teachers/") else "s-001"
        assert qmlativ_as_filled.get(path.replace("s-001", user), service=service).status_code == 200


def test_a_year_may_be_read_since_a_moment(sis):
    sis.put_line_item("a")
    since = sis.stored("/lineItems/a")["lineItem"]["dateLastModified"]
    sis.put_line_item("b")
    found = sis.get("/lineItems", filter=f"dateLastModified>'{since}' AND status='active'").json()
    assert [one["sourcedId"] for one in found["lineItems"]] == ["b"]


def test_both_versions_show_one_gradebook(sis_of):
    new, old = sis_of("skyward_qmlativ"), sis_of("skyward_qmlativ", "v1p1")
    assert new.put_line_item().status_code == 201
    item = old.stored("/lineItems/li-1")["lineItem"]
    assert (item["title"], "/v1p1/classes/" in item["class"]["href"]) == ("Item li-1", True)
    for shown in (item, *old.stored("/lineItems")["lineItems"]):
        assert "school" not in shown
