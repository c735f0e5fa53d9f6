"""The practice Schoology behaves as Schoology's documents say, also where that is inconvenient.

Calls are signed by oauthlib and by schoolopy, a public client, neither of which the server knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import schoolopy
from oauthlib import oauth1

from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import told
from gradeflow.sandbox.server import running

NOW = dt.datetime.fromisoformat("2026-11-02T03:30:00-05:00")
MATH_1, MATH_2, SCIENCE = "/sections/4318001", "/sections/4318002", "/sections/4318003"
RATIOS, QUIZ_1, QUIZ_2, TEST_1 = 43180010000501, 43180010000502, 43180020000502, 43180010000503
ALL_STATES = "?enrollment_status=1,2,3,4,5"


@dataclass
class Signed:
    """A running Schoology and a client that signs."""

    spec: ServerSpec
    client: httpx.Client
    method: str = oauth1.SIGNATURE_HMAC_SHA1
    key: str | None = None
    secret: str | None = None

    def header(self, path: str, method: str = "GET") -> dict[str, str]:
        key, secret = (self.spec.secrets[name] for name in ("consumer_key", "consumer_secret"))
        signer = oauth1.Client(
            self.key or key, self.secret or secret, realm="Schoology API", signature_method=self.method
        )
        return dict(signer.sign(f"{self.spec.origin}/v1{path}", method)[1])

    def get(self, path: str, accept: str = "application/json") -> httpx.Response:
        return self.client.get(
            f"{self.spec.origin}/v1{path}", headers={**self.header(path), "Accept": accept}
        )

    def rows(self, path: str, name: str) -> list[dict[str, Any]]:
        """Follow the links from a first page."""
        rows, target = [], path
        while target:
            body = self.get(target).json()
            found = body
            for key in name.split("."):
                found = found[key]
            rows += found
            target = body["links"].get("next", "").partition("/v1")[2]
        return rows

    def multiget(self, body: Any, **more: Any) -> httpx.Response:
        headers = {
            **self.header("/multiget", "POST"),
            "Accept": "application/json",
            **more.pop("headers", {}),
        }
        return self.client.post(
            f"{self.spec.origin}/v1/multiget", headers=headers, **(more or {"json": body})
        )

    def control(self, name: str, body: Any) -> httpx.Response:
        return self.client.post(f"{self.spec.origin}/_sandbox/{name}", json=body)

    def edit(self, **edit: Any) -> None:
        answer = self.control("edit", {"edits": [edit]})
        assert answer.status_code == 200, answer.text


def _begin(stack: ExitStack, home: Path) -> Signed:
    (spec,) = stack.enter_context(running(specs_for(("schoology",), home=home, now=NOW)))
    # verify=False: reading the system's certificates takes longer than starting the server
    return Signed(spec, stack.enter_context(httpx.Client(timeout=10, verify=False)))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Signed]]:
    with ExitStack() as stack:
        yield lambda: _begin(stack, tmp_path)


@pytest.fixture
def changing(start: Callable[[], Signed]) -> Signed:
    """A server that one test changes."""
    return start()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    """A server that all tests share, because none of them changes it."""
    with ExitStack() as stack:
        yield _begin(stack, tmp_path_factory.mktemp("schoology"))


def test_a_public_client_reads_the_school_with_nothing_but_its_address_changed(server: Signed) -> None:
    entry = told(server.spec)
    auth = schoolopy.Auth(entry["consumer_key"], entry["consumer_secret"])
    client = schoolopy.Schoology(auth, api_host=f"{entry['base_url']}/")
    assert [course.course_code for course in client.get_courses()] == ["math-9", "sci-9"]
    sections = client.get_course_sections(1407001)
    assert [section.section_school_code for section in sections] == ["m9-01", "m9-02"]
    section = client.get_section(4318001)
    assert (section.synced, section.grading_periods) == ("1", [13001, 13002, 13003, 13004])
    people = client.get_section_enrollments(4318001)
    assert [one.school_uid for one in people if one.admin] == ["t-100"]
    assert len(people) == 7
    assert [one.title for one in client.get_grading_categories(4318001)] == [
        "Homework",
        "Quiz",
        "Test",
        "Lab",
    ]
    items = {one.id: one for one in client.get_assignments(4318001)}
    assert (items[RATIOS].title, items[RATIOS].max_points) == ("Ratios practice", "10")
    assert [one.title for one in client.get_grading_periods()] == [f"Quarter {n}" for n in range(1, 5)]
    assert client.get_user(48001).school_uid == "t-100"


def test_whoever_does_not_sign_or_signs_wrong_stays_outside(server: Signed) -> None:
    address = f"{server.spec.origin}/v1/courses"
    assert server.client.get(address, headers={"Accept": "application/json"}).status_code == 401
    assert replace(server, secret="guessed").get("/courses").status_code == 401
    assert replace(server, key="nobody").get("/courses").status_code == 401
    elsewhere = {**server.header("/users"), "Accept": "application/json"}
    assert server.client.get(address, headers=elsewhere).status_code == 401
    assert server.get("/courses").status_code == 200
    assert replace(server, method=oauth1.SIGNATURE_PLAINTEXT).get("/courses").status_code == 200


def test_a_header_cannot_be_used_twice(server: Signed) -> None:
    header = {**server.header("/courses"), "Accept": "application/json"}
    address = f"{server.spec.origin}/v1/courses"
    assert server.client.get(address, headers=header).status_code == 200
    again = server.client.get(address, headers=header)
    assert (again.status_code, "Duplicate timestamp/nonce" in again.text) == (401, True)


def test_a_personal_key_does_not_see_other_users(server: Signed) -> None:
    person = replace(server, key=f"{server.spec.secrets['consumer_key']}-personal")
    assert person.get("/courses").status_code == 200
    assert person.get(f"{MATH_1}/grade_items").status_code == 200
    for path in (f"{MATH_1}/enrollments", f"{MATH_1}/grades", "/users", f"{MATH_1}/submissions/{RATIOS}/"):
        assert person.get(path).status_code == 401
    many = person.multiget({"request": [f"/v1{MATH_1}/grades", f"/v1{MATH_1}/grade_items"]}).json()
    assert [one["response_code"] for one in many["response"]] == [401, 200]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("text/xml", "text/xml"),
        ("text/xml;q=0.1, application/json;q=0.9", "application/json"),
        ("text/xml;q=1.0,application/json;q=0.0", "text/xml"),
        ("*/*", "text/xml"),
    ],
)
def test_the_format_is_what_accept_asks_for(server: Signed, accept: str, kind: str) -> None:
    answer = server.get("/courses", accept)
    assert answer.headers["Content-Type"].partition(";")[0] == kind
    assert answer.headers["X-Schoology"] == "API"


def test_a_format_that_it_does_not_speak_is_refused_and_xml_repeats_the_elements_of_a_list(
    server: Signed,
) -> None:
    assert server.get("/courses", "text/csv").status_code == 406
    text = server.get("/courses", "text/xml").text
    assert text.startswith('<?xml version="1.0" encoding="utf-8" ?>\n<result><course><id>1407001</id>')
    assert text.count("<course>") == 2


def test_pages_hold_twenty_and_lead_on_until_the_end(server: Signed) -> None:
    first = server.get(f"{MATH_1}/grades").json()
    assert "next" not in first["links"]
    page = server.get(f"{MATH_1}/enrollments?limit=3").json()
    assert (len(page["enrollment"]), page["total"]) == (3, "7")
    assert len({one["id"] for one in server.rows(f"{MATH_1}/enrollments?limit=3", "enrollment")}) == 7
    users = server.get("/users").json()
    assert (len(users["user"]), "next" in users["links"]) == (16, False)
    assert "limit=20" in users["links"]["self"]


def test_a_page_of_assignments_holds_as_many_finals_beside_the_others(changing: Signed) -> None:
    place = f"{MATH_1}/assignments?limit=2"
    before = {one["id"] for one in changing.rows(place, "assignment")}
    for item in (QUIZ_1, RATIOS):
        changing.edit(collection="grade_items", id=item, set={"is_final": "1"})
    assert [one["is_final"] for one in changing.get(place).json()["assignment"]] == ["0", "0", "1", "1"]
    found = [one["id"] for one in changing.rows(place, "assignment")]
    assert (set(found), len(found)) == (before, len(before))


def test_an_assignment_of_two_sections_is_two_items_with_their_own_dates_and_categories(
    server: Signed,
) -> None:
    one = {item["id"]: item for item in server.rows(f"{MATH_1}/grade_items", "assignment")}
    two = {item["id"]: item for item in server.rows(f"{MATH_2}/grade_items", "assignment")}
    assert not set(one) & set(two)
    assert (one[QUIZ_1]["due"], two[QUIZ_2]["due"]) == ("2026-09-25 23:59:00", "2026-09-28 23:59:00")
    assert one[QUIZ_1]["grading_category"] != two[QUIZ_2]["grading_category"]
    assert (one[QUIZ_1]["type"], one[RATIOS]["type"], one[RATIOS]["grading_period"]) == (
        "assessment",
        "assignment",
        "13001",
    )


def test_whether_an_item_counts_is_only_said_where_it_is_unusual(changing: Signed) -> None:
    assert "count_in_grade" not in changing.get(f"{MATH_1}/assignments/{RATIOS}").json()
    changing.edit(collection="grade_items", id=RATIOS, set={"count_in_grade": 0})
    item = changing.get(f"{MATH_1}/assignments/{RATIOS}").json()
    assert (item["count_in_grade"], item["collected_only"]) == (0, 0)


def test_a_letter_is_stored_as_a_number_and_an_exception_takes_the_grade_away(changing: Signed) -> None:
    def grade(item: int, student: str) -> dict[str, Any]:
        people = changing.rows(MATH_1 + "/enrollments", "enrollment")
        seat = next(one["id"] for one in people if one["school_uid"] == student)
        rows = changing.rows(f"{MATH_1}/grades?assignment_id={item}&enrollment_id={seat}", "grades.grade")
        return rows[0]

    letter = grade(TEST_1, "s-001")  # A-, 90 percent of 50
    assert (letter["grade"], letter["scale_id"], letter["scale_type"]) == (45, 1, 1)
    assert (grade(RATIOS, "s-002")["grade"], grade(RATIOS, "s-002")["exception"]) == (None, 1)
    before = grade(RATIOS, "s-001")
    assert (before["grade"], before["max_points"]) == (9, 10)
    changing.edit(collection="grades", assignment_id=RATIOS, school_uid="s-001", set={"exception": 2})
    assert (grade(RATIOS, "s-001")["grade"], grade(RATIOS, "s-001")["exception"]) == (None, 2)
    assert grade(RATIOS, "s-001")["timestamp"] == int(NOW.timestamp())
    changing.edit(collection="grades", assignment_id=RATIOS, school_uid="s-001", set={"grade": 4.5})
    assert (grade(RATIOS, "s-001")["grade"], grade(RATIOS, "s-001")["exception"]) == (4.5, 0)
    changing.edit(collection="grades", assignment_id=TEST_1, school_uid="s-001", set={"grade": "C"})
    assert grade(TEST_1, "s-001")["grade"] == 36.5


def test_grades_can_be_narrowed_to_what_changed_since(changing: Signed) -> None:
    later = dt.datetime.fromisoformat("2027-01-04T12:00:00-05:00")
    changing.control("clock", {"now": later.isoformat()})
    changing.edit(collection="grades", assignment_id=RATIOS, school_uid="s-001", set={"grade": 1})
    since = int(later.timestamp()) - 1
    (row,) = changing.rows(f"{MATH_1}/grades?timestamp={since}", "grades.grade")
    assert row["assignment_id"] == RATIOS


def test_multiget_answers_each_as_it_would_be_alone(server: Signed) -> None:
    asked = [
        f"/v1{MATH_1}/grades?limit=2",
        "/v1/sections/9/grades",
        "/v1/gradingperiods",
        "/v1/courses/1407001",
    ]
    answers = server.multiget({"request": asked}).json()["response"]
    assert [one["response_code"] for one in answers] == [200, 404, 403, 200]
    assert answers[0]["body"] == server.get(f"{MATH_1}/grades?limit=2").json()
    assert answers[0]["location"].endswith(asked[0])


def test_multiget_takes_xml_and_answers_the_first_fifty_only(server: Signed) -> None:
    text = "".join(f"<request>/v1/users/{48001 + i % 3}</request>" for i in range(60))
    answer = server.multiget(
        None, content=f"<requests>{text}</requests>", headers={"Content-Type": "text/xml"}
    )
    assert len(answer.json()["response"]) == 50
    assert server.multiget({"requests": []}).status_code == 400
    assert server.get("/multiget").status_code == 405


def test_people_who_left_are_told_by_their_status(changing: Signed) -> None:
    def states() -> dict[str, str]:
        rows = changing.rows(f"{MATH_1}/enrollments{ALL_STATES}", "enrollment")
        return {one["school_uid"]: one["status"] for one in rows}

    assert (states()["s-006"], states()["s-001"]) == ("2", "1")
    changing.control("clock", {"now": "2026-10-15T12:00:00-04:00"})
    assert states()["s-006"] == "1"
    active = changing.rows(f"{MATH_2}/enrollments?enrollment_status=1", "enrollment")
    assert "s-012" not in {one["school_uid"] for one in active}
    changing.edit(
        collection="enrollments", section_school_code="m9-01", school_uid="s-001", set={"status": 5}
    )
    assert states()["s-001"] == "5"


def test_sections_of_past_periods_are_listed_only_where_asked(changing: Signed) -> None:
    changing.control("clock", {"now": "2027-06-19T12:00:00-04:00"})
    assert changing.get("/courses/1407001/sections").json()["section"] == []
    assert len(changing.get("/courses/1407001/sections?include_past=1").json()["section"]) == 2
    assert {one["active"] for one in changing.rows("/gradingperiods", "gradingperiods")} == {"0"}


def test_ids_of_the_sis_lead_to_the_thing_itself(server: Signed) -> None:
    assert server.get("/sections/ext/m9-01").headers["Location"].endswith("/v1/sections/4318001")
    assert server.get("/users/ext/t-100").headers["Location"].endswith("/v1/users/48001")
    assert server.get("/sections/ext/none").status_code == 404
    found = server.get("/sections?section_school_codes=m9-02,sci-01,none").json()["section"]
    assert [one["id"] for one in found] == ["4318002", "4318003"]


def test_submissions_are_the_last_of_each_student_and_only_of_assignments(changing: Signed) -> None:
    path = f"{MATH_1}/submissions/{RATIOS}/"
    late = {one["uid"]: one["late"] for one in changing.rows(path, "revision")}
    assert sum(late.values()) == 1
    changing.edit(collection="submissions", assignment_id=RATIOS, school_uid="s-001", set={"draft": 1})
    rows = [one for one in changing.rows(path, "revision") if one["uid"] == 48004]
    assert [(one["revision_id"], one["draft"]) for one in rows] == [(2, 1)]
    assert len(changing.rows(f"{path}?all_revisions=1", "revision")) == len(late) + 1
    assert changing.get(f"{MATH_1}/submissions/{QUIZ_1}/").status_code == 404


def test_a_section_that_the_app_was_not_let_into_is_forbidden(changing: Signed) -> None:
    changing.edit(collection="sections", id=4318001, set={"is_withheld": True})
    assert changing.get(f"{MATH_1}/grades").status_code == 403
    assert changing.get(f"{MATH_2}/grades").status_code == 200
    listed = changing.get("/courses/1407001/sections").json()["section"]
    assert "is_withheld" not in listed[0]


def test_what_is_not_there_is_not_found_and_a_fault_is_as_asked(changing: Signed) -> None:
    assert changing.get("/sections/4318009").status_code == 404
    assert changing.get(f"{MATH_2}/assignments/{RATIOS}").status_code == 404
    assert changing.get("/nothing").status_code == 404
    changing.control("fault", {"faults": [{"do": "status", "code": 429, "path": "/courses"}]})
    assert [changing.get("/courses").status_code for _ in range(2)] == [429, 200]
    changing.control("fault", {"faults": [{"do": "expire_tokens", "path": "/courses"}]})
    assert changing.get("/courses").status_code == 401


def test_items_come_and_go_by_edits_with_their_grades(changing: Signed) -> None:
    new = 43180030000999
    changing.edit(
        collection="grade_items", id=new, set={"section_id": 4318003, "title": "Talk", "type": "discussion"}
    )
    item = next(one for one in changing.rows(f"{SCIENCE}/grade_items", "assignment") if one["id"] == new)
    assert item["grade_item_id"] != new
    assert new not in {one["id"] for one in changing.rows(f"{SCIENCE}/assignments", "assignment")}
    changing.edit(collection="grade_items", id=RATIOS, set=None)
    assert RATIOS not in {one["assignment_id"] for one in changing.rows(f"{MATH_1}/grades", "grades.grade")}


@pytest.mark.parametrize(
    "edit",
    [
        {"collection": "nothing", "set": {}},
        {"collection": "grades", "assignment_id": RATIOS, "set": {"grade": 1}},
        {"collection": "grades", "assignment_id": 1, "school_uid": "s-001", "set": {"grade": 1}},
        {"collection": "grades", "assignment_id": RATIOS, "school_uid": "s-007", "set": {"grade": 1}},
        {"collection": "grades", "assignment_id": RATIOS, "school_uid": "s-001", "set": {"score": 1}},
        {"collection": "grades", "assignment_id": TEST_1, "school_uid": "s-001", "set": {"grade": "Z"}},
        {"collection": "grade_items", "id": 5, "set": {"section_id": 4318001}},
        {"collection": "grade_items", "id": RATIOS, "set": {"section_id": 4318002}},
        {"collection": "users", "school_uid": "nobody", "set": {"school_uid": ""}},
    ],
)
def test_edits_that_make_no_sense_are_refused(server: Signed, edit: dict[str, Any]) -> None:
    assert server.control("edit", {"edits": [edit]}).status_code == 400


def test_a_stopped_schoology_comes_back_as_it_was(tmp_path: Path) -> None:
    with ExitStack() as stack:
        before = _begin(stack, tmp_path)
        before.edit(collection="grade_items", id=RATIOS, set={"title": "Renamed"})
    with ExitStack() as stack:
        after = _begin(stack, tmp_path)
        assert after.spec.secrets == before.spec.secrets
        assert after.get(f"{MATH_1}/assignments/{RATIOS}").json()["title"] == "Renamed"
