"""The practice Canvas behaves as Canvas's documents say, also where that is inconvenient: calls, courses, people."""

from __future__ import annotations

import httpx
import pytest
from starlette.datastructures import Headers, QueryParams

from gradeflow.sandbox.canvas_tokens import KeyTokens
from gradeflow.sandbox.wire import Call
from gradeflow_tests.sandbox.canvas_calls import (
    MATH,
    SCIENCE,
    SIS_KEYS,
    SUBMISSIONS,
    assignment,
    edit,
    keys_of,
    submissions,
)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nobody"}])
def test_a_bad_token_is_refused_in_canvas_shape(canvas_as_filled, header):
    answer = httpx.get(canvas_as_filled.base_url + "/api/v1/accounts/self", headers=header)
    assert (answer.status_code, answer.json()) == (401, {"errors": [{"message": "Invalid access token."}]})


def key_asks(canvas, **form):
    token = canvas.spec.secrets["token"]
    usual = {"grant_type": "refresh_token", "client_id": f"{token}-id", "client_secret": f"{token}-secret"}
    form = {**usual, "refresh_token": f"{token}-refresh", **form}
    return canvas.client.post(canvas.base_url + "/login/oauth2/token", data=form)


def test_a_developer_key_gets_tokens_of_an_hour_for_its_refresh_token(canvas):
    answer = key_asks(canvas).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert "refresh_token" not in answer
    header = {"Authorization": f"Bearer {answer['access_token']}"}
    place = canvas.base_url + MATH + "/sections"
    assert "sis_section_id" in canvas.client.get(place, headers=header).json()[0]
    canvas.fault("expire_tokens", path=MATH + "/sections")
    assert [canvas.client.get(place, headers=header).status_code for _ in range(2)] == [401, 401]
    assert canvas.client.get(place).status_code == 200  # a person's token stays


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_developer_key_gets_no_token_for_anything_else(canvas_as_filled, form, status, error):
    answer = key_asks(canvas_as_filled, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_keys_token_ends_with_its_hour():
    now = [0.0]
    tokens = KeyTokens("t", clock=lambda: now[0])
    form = b"grant_type=refresh_token&client_id=t-id&client_secret=t-secret&refresh_token=t-refresh"
    path = "/login/oauth2/token"
    given = tokens.give(Call("POST", "", path, {}, QueryParams(), Headers(), form)).body
    now[0] = 3599.0
    assert tokens.valid() == {given["access_token"]}
    now[0] = 3600.0
    assert tokens.valid() == set()


@pytest.mark.parametrize(
    "path", ["/api/v1/courses/999", MATH + "/assignments/506", "/api/v1/accounts/2", "/x"]
)
def test_what_is_not_there_is_not_found_in_canvas_shape(canvas_as_filled, path):
    answer = canvas_as_filled.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["message"]


def test_pages_hold_ten_unless_asked_and_never_more_than_a_hundred(canvas_as_filled):
    first = canvas_as_filled.get(MATH + "/enrollments?state[]=active&state[]=completed")
    assert len(first.json()) == 10
    seen, answer = first.json(), first
    while "next" in answer.links:
        answer = canvas_as_filled.client.get(answer.links["next"]["url"])
        seen += answer.json()
    assert len({row["id"] for row in seen}) == len(seen) == 15
    assert {"current", "first", "last"} <= set(first.links)
    assert "per_page=100" in canvas_as_filled.get(MATH + "/enrollments?per_page=5000").links["first"]["url"]


def test_submissions_do_not_tell_the_last_page(canvas_as_filled):
    links = canvas_as_filled.get(SUBMISSIONS.format("m9-01") + "&grouped=true").links
    assert set(links) == {"current", "first"}


def test_a_page_text_that_is_not_ours_is_refused(canvas_as_filled):
    assert canvas_as_filled.get(MATH + "/sections?page=zzz%21").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/accounts/self", "/api/v1/accounts/1/terms", "/api/v1/accounts/1/courses"),
        *(
            MATH,
            MATH + "/sections",
            MATH + "/enrollments",
            MATH + "/assignment_groups",
            MATH + "/assignments",
        ),
        *(SUBMISSIONS.format("m9-01") + "&grouped=true", "/api/sis/accounts/1/assignments"),
    ],
)
def test_sis_keys_are_absent_without_sis_rights_and_nothing_else_is(canvas_as_filled, path):
    without = {"Authorization": f"Bearer {canvas_as_filled.told['token']}-nosis"}
    path = path.replace("sis_section_id:m9-01", "1001")
    poor = httpx.get(canvas_as_filled.base_url + path, headers=without)
    rich = canvas_as_filled.get(path).json()
    assert poor.status_code == 200
    assert keys_of(rich) - keys_of(poor.json())
    assert not keys_of(poor.json()) & set(SIS_KEYS)
    assert len(poor.json()) == len(rich) if isinstance(rich, list) else True


def test_ids_may_be_given_as_sis_ids_or_in_hex(canvas_as_filled):
    plain = canvas_as_filled.get("/api/v1/sections/1001").json()
    assert canvas_as_filled.get("/api/v1/sections/sis_section_id:m9-01").json() == plain
    assert canvas_as_filled.get(f"/api/v1/sections/hex:sis_section_id:{b'm9-01'.hex()}").json() == plain
    assert canvas_as_filled.get("/api/v1/courses/sis_course_id:math-9").json()["id"] == 101
    assert canvas_as_filled.get("/api/v1/sections/sis_section_id:none").status_code == 404


def test_an_enrollment_is_concluded_on_the_first_day_no_longer_in_it(canvas):
    canvas.control("clock", {"now": "2026-10-15T23:59:00-04:00"})
    assert len(submissions(canvas, "m9-01", "&grouped=true&enrollment_state=active")) == 6
    canvas.control("clock", {"now": "2026-10-16T00:00:00-04:00"})
    assert len(submissions(canvas, "m9-01", "&grouped=true&enrollment_state=active")) == 5


def test_a_student_whom_the_sis_does_not_enrol_is_concluded(canvas_as_filled):
    rows = submissions(canvas_as_filled, "m9-02", "&grouped=true&enrollment_state=concluded")
    assert list(rows) == ["s-012"]


def test_enrollments_show_the_active_ones_unless_asked(canvas_as_filled):
    place = "/api/v1/sections/sis_section_id:m9-01/enrollments?per_page=100"
    assert len(canvas_as_filled.get(place).json()) == 6
    (concluded,) = canvas_as_filled.get(place + "&state[]=completed").json()
    assert (concluded["sis_user_id"], concluded["enrollment_state"]) == ("s-006", "completed")
    teachers = canvas_as_filled.get("/api/v1/sections/1002/enrollments?type[]=TeacherEnrollment").json()
    assert [row["sis_user_id"] for row in teachers] == ["t-200", "t-300"]


def test_a_grading_period_closes_by_the_clock(canvas):
    def closed() -> list[bool]:
        return [p["is_closed"] for p in canvas.get(MATH + "/grading_periods").json()["grading_periods"]]

    assert closed() == [False, False, False, False]
    canvas.control("clock", {"now": "2026-11-23T00:00:00-05:00"})
    assert closed() == [True, False, False, False]


def test_every_answer_tells_what_it_cost(canvas_as_filled):
    headers = canvas_as_filled.get(MATH).headers
    assert float(headers["x-request-cost"]) > 0
    assert float(headers["x-rate-limit-remaining"]) > 0


def test_a_cross_listed_section_works_in_another_course_and_keeps_its_sis_id(canvas):
    edit(canvas, "sections", {"course_id": 101}, id=1003)
    section = canvas.get("/api/v1/sections/sis_section_id:sci-01").json()
    assert (section["course_id"], section["nonxlist_course_id"]) == (101, 102)
    assert canvas.get(SCIENCE + "/sections").json() == []
    (row, *_) = canvas.get("/api/sis/courses/101/assignments").json()
    shown = {one["sis_id"]: one for one in row["sections"]}["sci-01"]
    assert (shown["origin_course"]["sis_id"], shown["xlist_course"]["sis_id"]) == ("sci-9", "math-9")
    assert set(submissions(canvas, "sci-01")["s-001"]) == {501, 502, 503, 504, 505, 508}
    edit(canvas, "sections", {"course_id": 102}, id=1003)
    assert canvas.get("/api/v1/sections/1003").json()["nonxlist_course_id"] is None


def test_a_deleted_course_is_gone_and_one_that_is_not_published_is_listed(canvas):
    edit(canvas, "courses", {"workflow_state": "deleted"}, id=101)
    edit(canvas, "courses", {"workflow_state": "unpublished"}, id=102)
    assert canvas.get(MATH + "/sections").status_code == 404
    (left,) = canvas.get("/api/v1/accounts/1/courses").json()
    assert (left["id"], left["workflow_state"]) == (102, "unpublished")
    assert [c["id"] for c in canvas.get("/api/v1/accounts/1/courses?state[]=deleted").json()] == [101]
    assert canvas.get("/api/sis/courses/102/assignments").json() == {"code": "unpublished_course"}


def test_courses_can_be_narrowed_to_a_term_by_either_id(canvas):
    edit(canvas, "terms", {"name": "Next year", "sis_term_id": "2028/a"}, id=2)
    edit(canvas, "courses", {"enrollment_term_id": 2}, id=102)
    hexed = b"2028/a".hex()
    for key in ("2", "sis_term_id:2028/a", f"hex:sis_term_id:{hexed}"):
        (found,) = canvas.get("/api/v1/accounts/1/courses", enrollment_term_id=key).json()
        assert found["id"] == 102
    assert canvas.get("/api/v1/accounts/1/courses?enrollment_term_id=9").status_code == 404


def test_the_account_lists_every_grading_period_once_and_work_is_in_one(canvas):
    listed = canvas.get("/api/v1/accounts/1/grading_periods").json()["grading_periods"]
    assert [one["title"] for one in listed] == ["Quarter 1", "Quarter 2", "Quarter 3", "Quarter 4"]
    assert submissions(canvas, "m9-01")["s-001"][501]["grading_period_id"] == int(listed[0]["id"])
    assert not assignment(canvas, 501)["in_closed_grading_period"]
    canvas.control("clock", {"now": "2026-11-23T00:00:00-05:00"})
    assert assignment(canvas, 501)["in_closed_grading_period"]
    assert not assignment(canvas, 507, SCIENCE)["in_closed_grading_period"]


def test_the_test_student_is_in_every_section_and_no_sis_knows_it(canvas):
    edit(canvas, "test_students", {}, course_id=101)
    assert None in submissions(canvas, "m9-01")
    assert None not in submissions(canvas, "m9-01", "&grouped=true&post_to_sis=true")
    seats = canvas.get("/api/v1/sections/1001/enrollments?type[]=StudentViewEnrollment").json()
    assert [one["user"]["name"] for one in seats] == ["Test Student"]


def test_the_throttle_refuses_once_the_bucket_is_full_and_lets_through_what_leaked(canvas):
    edit(canvas, "throttle", {"cost": 100, "remaining": 120})
    remaining = []
    for _ in range(2):
        answer = canvas.get(MATH)
        remaining.append(float(answer.headers["X-Rate-Limit-Remaining"]))
    assert answer.headers["X-Request-Cost"] == "100"
    assert remaining[0] > 0 > remaining[1]
    refused = canvas.get(MATH)
    assert (refused.status_code, "Rate Limit Exceeded" in refused.text) == (403, True)
    assert "Retry-After" not in refused.headers
    edit(canvas, "throttle", {"seconds": 30})
    assert canvas.get(MATH).status_code == 200


def test_users_are_listed_and_found(canvas_as_filled):
    (found,) = canvas_as_filled.get("/api/v1/accounts/1/users?search_term=s-001").json()
    assert found["sis_user_id"] == "s-001"
    assert len(canvas_as_filled.get("/api/v1/accounts/1/users?per_page=100").json()) == 15
    teachers = canvas_as_filled.get(MATH + "/users?enrollment_type[]=teacher").json()
    assert [one["sis_user_id"] for one in teachers] == ["t-100", "t-200", "t-300"]
