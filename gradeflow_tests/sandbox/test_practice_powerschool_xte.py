"""The practice PowerSchool as its documents have it, and as a public client finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypowerschool.powerschool import Client

from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.registry import told
from gradeflow.sandbox.server import running

PART = {
    "sectionsdcid": 5001,
    "name": "Essay",
    "duedate": "2026-11-13",
    "scoretype": "POINTS",
    "scoreentrypoints": 20,
    "weight": 1.5,
    "_assignmentcategoryassociations": [{"teachercategoryid": 601, "isprimary": True}],
}
TEACHER = {"users_dcid": "801"}


@dataclass
class Server:
    """A running server and a client with a token."""

    told: dict[str, Any]
    client: httpx.Client

    def ask(
        self, method: str, path: str, params: dict[str, str] | None = None, json: Any = None
    ) -> httpx.Response:
        return self.client.request(method, self.told["base_url"] + path, params=params, json=json)

    def create(self, **changes: Any) -> httpx.Response:
        body = {"_assignmentsections": [{**PART, **changes}]}
        return self.ask("POST", "/ws/xte/section/assignment/", TEACHER, body)

    def score(self, *rows: tuple[int, float], part: int = 70001, term: str = "3600") -> httpx.Response:
        scores = [
            {
                "_assignmentsection": {"assignmentsectionid": part},
                "studentsdcid": student,
                "actualscoreentered": str(points),
                "actualscorekind": "REAL_SCORE",
                "scoretype": "POINTS",
                "scorepoints": points,
            }
            for student, points in rows
        ]
        params = {**TEACHER, "status": "A", "term_id": term}
        return self.ask("PUT", "/ws/xte/score", params, {"assignment_scores": scores})

    def table(self, name: str, **params: str) -> list[dict[str, str]]:
        answer = self.ask("GET", f"/ws/schema/table/{name}", params)
        assert answer.status_code == 200, answer.text
        return [row["tables"][name.lower()] for row in answer.json()["record"]]

    def edit(self, **edit: Any) -> httpx.Response:
        return self.client.post(self.told["base_url"] + "/_sandbox/edit", json={"edits": [edit]})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    specs = specs_for(["powerschool_xte"], home=tmp_path)
    with running(specs), httpx.Client(verify=False, timeout=10) as client:
        entry = told(specs[0])
        auth = (entry["client_id"], entry["client_secret"])
        form = {"grant_type": "client_credentials"}
        answer = client.post(f"{entry['base_url']}/oauth/access_token/", data=form, auth=auth)
        assert answer.json()["expires_in"] == "3600"  # text, as has been seen
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Server(entry, client)


@pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
def test_a_public_client_reads_it_unchanged(server: Server) -> None:
    client = Client(server.told["base_url"], server.told["client_id"], server.told["client_secret"])
    assert client.fetch_metadata()["schema_table_query_max_page_size"] == 100
    assert [one["school_number"] for one in client.schools_in_district()] == [100]
    assert [one["section_number"] for one in client.sections_for_school(100)] == ["m9-01", "m9-02", "sci-01"]
    assert len(client.students_in_district()) == len(client.students_for_school(100)) == 12
    section = client.section_for_dcid(5001)
    assert client.staff_for_dcid(section["staff_id"])["users_dcid"] == 801
    assert client.term_for_dcid(section["term_id"])["local_id"] == 3600
    assert client.student_for_dcid(30001)["local_id"] == 100001


def test_a_token_is_wanted_and_a_wrong_secret_gets_none(server: Server) -> None:
    own = server.client.headers.pop("Authorization")
    assert server.ask("GET", "/ws/v1/metadata").status_code == 401
    auth = (server.told["client_id"], "wrong")
    form = {"grant_type": "client_credentials"}
    url = server.told["base_url"] + "/oauth/access_token"
    assert server.client.post(url, data=form, auth=auth).status_code == 401
    server.client.headers["Authorization"] = own
    assert server.ask("GET", "/ws/v1/metadata").status_code == 200


def test_tables_give_text_in_pages_of_100_at_most_of_what_was_asked_for(server: Server) -> None:
    rows = server.table("STUDENTS", projection="dcid,student_number", pagesize="5", page="3", sort="dcid")
    assert rows == [
        {"dcid": "30011", "student_number": "100011"},
        {"dcid": "30012", "student_number": "100012"},
    ]
    assert server.table("SECTIONS", projection="dcid", q="termid=ge=3600;section_number==m9*;id=gt=1001") == [
        {"dcid": "5002"}
    ]
    assert server.table("SECTIONS", projection="id", q="termid=ge=3600;section_number==sci-01") == [
        {"id": "1003"}
    ]
    count = server.ask("GET", "/ws/schema/table/students/count", {"q": "student_number=gt=100010"})
    assert count.json() == {"count": 2}
    for params, status in (
        ({"projection": "dcid", "pagesize": "101"}, 400),
        ({}, 400),
        ({"projection": "shoe_size"}, 400),
        ({"projection": "dcid", "q": "dcid~1"}, 400),
    ):
        assert server.ask("GET", "/ws/schema/table/STUDENTS", params).status_code == status
    assert server.ask("GET", "/ws/schema/table/LUNCH", {"projection": "*"}).status_code == 404


def test_a_create_answers_with_an_address_and_nothing_else(server: Server) -> None:
    answer = server.create(name="x" * 60)
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["Location"].endswith("/ws/xte/section/assignment/20001")
    body = server.ask("GET", "/ws/xte/section/assignment/20001", TEACHER).json()
    (part,) = body["_assignmentsections"]
    assert (body["assignmentid"], part["assignmentsectionid"], part["name"]) == (20001, 70001, "x" * 50)
    assert part["totalpointvalue"] == 30
    listed = server.ask("GET", "/ws/xte/section/assignment/", {**TEACHER, "section_ids": "5001,5003"}).json()
    assert [one["assignmentid"] for one in listed] == [20001]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"duedate": "2027-07-01"}, "duedate"),
        ({"duedate": "soon"}, "duedate"),
        ({"name": ""}, "name"),
        ({"scoreentrypoints": "20"}, "scoreentrypoints"),
        ({"sectionsdcid": 1}, "sectionsdcid"),
        ({"_assignmentcategoryassociations": [{"teachercategoryid": 605}]}, "teachercategoryid"),
        ({"_assignmentcategoryassociations": [{"teachercategoryid": 604}]}, "teachercategoryid"),
    ],
)
def test_what_breaks_a_rule_is_a_409_with_the_field(
    server: Server, changes: dict[str, Any], field: str
) -> None:
    answer = server.create(**changes)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, field)


def test_the_acting_teacher_is_named_in_every_call(server: Server) -> None:
    assert server.ask("GET", "/ws/xte/teacher_category", {"year_id": "36"}).status_code == 400
    assert server.ask("GET", "/ws/xte/teacher_category", TEACHER).status_code == 400
    found = server.ask("GET", "/ws/xte/teacher_category", {**TEACHER, "year_id": "36"}).json()
    assert [one["name"] for one in found] == ["Homework", "Quiz", "Test", "Lab"]
    assert (
        server.ask(
            "GET", "/ws/xte/section/assignment/", {"users_dcid": "1", "section_ids": "5001"}
        ).status_code
        == 404
    )


def test_a_replace_keeps_nothing_that_was_not_sent_and_wants_every_section(server: Server) -> None:
    server.create(description="Chapter 3", isscoringneeded=True)
    path = "/ws/xte/section/assignment/20001"
    assert (
        server.ask("PUT", path, TEACHER, {"_assignmentsections": [{**PART, "name": "B"}]}).status_code == 201
    )
    (part,) = server.ask("GET", path, TEACHER).json()["_assignmentsections"]
    assert (part["name"], part["description"], part["isscoringneeded"]) == ("B", None, False)
    other = {**PART, "sectionsdcid": 5003}
    assert server.ask("PUT", path, TEACHER, {"_assignmentsections": [other]}).status_code == 409
    assert (
        server.ask("PUT", path.replace("20001", "9"), TEACHER, {"_assignmentsections": [PART]}).status_code
        == 404
    )


def test_a_change_of_the_maximum_has_to_say_what_becomes_of_scores(server: Server) -> None:
    server.create()
    server.score((30001, 10))
    path, body = (
        "/ws/xte/section/assignment/20001",
        {"_assignmentsections": [{**PART, "scoreentrypoints": 40}]},
    )
    assert server.ask("PUT", path, TEACHER, body).json()["errors"][0]["field"] == "update_scores"
    assert server.ask("PUT", path, {**TEACHER, "update_scores": "true"}, body).status_code == 201
    assert server.table("ASSIGNMENTSCORE", projection="scorepoints") == [{"scorepoints": "20.0"}]


def test_scores_are_replaced_in_place_and_may_exceed_the_maximum(server: Server) -> None:
    server.create()
    for points in (8.5, 25):
        assert server.score((30001, points)).status_code == 200
    columns = "assignmentscoreid,studentsdcid,scorepoints,isexempt"
    row = {"assignmentscoreid": "90001", "studentsdcid": "30001", "scorepoints": "25", "isexempt": "0"}
    assert server.table("ASSIGNMENTSCORE", projection=columns) == [row]


def test_one_student_who_is_not_on_the_assignment_refuses_all(server: Server) -> None:
    server.create()
    answer = server.score((30001, 8), (30006, 7), (30008, 6))  # one left, one sits elsewhere
    assert answer.status_code == 409
    assert [one["params"] for one in answer.json()["errors"]] == [
        {"student_dcid": "30006"},
        {"student_dcid": "30008"},
    ]
    assert server.table("ASSIGNMENTSCORE", projection="*") == []


def test_a_deleted_assignment_is_a_500_and_one_with_scores_is_deleted_by_force_only(server: Server) -> None:
    server.create()
    server.score((30001, 8))
    path = "/ws/xte/section/assignment/20001"
    assert server.ask("DELETE", path, TEACHER).status_code == 412
    assert server.ask("DELETE", path, {**TEACHER, "force": "true"}).status_code == 204
    answer = server.score((30001, 8))
    assert (answer.status_code, "Unable to find" in answer.json()["message"]) == (500, True)
    assert server.table("ASSIGNMENTSCORE", projection="*") == []


def test_a_locked_term_takes_nothing(server: Server) -> None:
    server.create()
    server.edit(collection="locks", key=3600, set=True)
    assert (server.score((30001, 8)).status_code, server.create().status_code) == (409, 409)
    server.edit(collection="locks", key=3600, set=False)
    assert server.score((30001, 8)).status_code == 200


def test_a_field_that_was_not_granted_is_refused_by_name_also_one_that_the_server_fills(
    server: Server,
) -> None:
    server.edit(collection="access", key="ASSIGNMENT.CREATEDBYPLUGIN", set="none")
    answer = server.create()
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "assignment.createdbyplugin")


def test_a_teacher_edits_and_the_office_moves(server: Server) -> None:
    server.create()
    server.edit(collection="scores", key="70001/30002", set={"scorepoints": 5, "actualscoreentered": "5"})
    server.edit(collection="assignments", key=20001, set={"name": "Renamed"})
    assert server.table("ASSIGNMENTSCORE", projection="scorepoints") == [{"scorepoints": "5"}]
    assert (
        server.ask("GET", "/ws/xte/section/assignment/20001", TEACHER).json()["_assignmentsections"][0][
            "name"
        ]
        == "Renamed"
    )
    server.edit(collection="CC", key=60001, set={"dropped": True})
    assert server.score((30001, 8)).status_code == 409
    assert server.edit(collection="assignments", key=7, set=None).status_code == 400
