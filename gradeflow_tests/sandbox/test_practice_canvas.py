"""The practice Canvas behaves as Canvas's documents say, also where that is inconvenient."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

MATH, SCIENCE = "/api/v1/courses/101", "/api/v1/courses/102"
SUBMISSIONS = "/api/v1/sections/sis_section_id:{}/students/submissions?student_ids[]=all&per_page=100"
SIS_KEYS = ("sis_section_id", "sis_course_id", "sis_user_id", "sis_import_id", "sis_id", "integration_id")


def submissions(canvas, section: str, query: str = "&grouped=true") -> dict[str, dict[int, dict[str, Any]]]:
    rows = canvas.get(SUBMISSIONS.format(section) + query).json()
    return {r["sis_user_id"]: {s["assignment_id"]: s for s in r["submissions"]} for r in rows}


def keys_of(payload: Any) -> set[str]:
    if isinstance(payload, dict):
        return set(payload).union(*(keys_of(value) for value in payload.values()))
    return set().union(*(keys_of(value) for value in payload)) if isinstance(payload, list) else set()


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nobody"}])
def test_a_bad_token_is_refused_in_canvas_shape(canvas_as_filled, header):
    answer = httpx.get(canvas_as_filled.base_url + "/api/v1/accounts/self", headers=header)
    assert (answer.status_code, answer.json()) == (401, {"errors": [{"message": "Invalid access token."}]})


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


def test_the_sis_route_lists_what_is_ticked_with_its_sections_and_their_dates(canvas_as_filled):
    rows = {
        row["id"]: row for row in canvas_as_filled.get("/api/sis/accounts/1/assignments?per_page=100").json()
    }
    assert sorted(rows) == [501, 502, 503, 504, 506, 507, 508]
    quiz = {section["sis_id"]: section for section in rows[502]["sections"]}
    assert rows[502]["due_at"] == "2026-09-26T03:59:00Z"
    assert "override" not in quiz["m9-01"]
    assert quiz["m9-02"]["override"]["due_at"] == "2026-09-29T03:59:00Z"
    assert quiz["m9-01"]["origin_course"]["sis_id"] == "math-9"
    assert rows[501]["assignment_group"]["name"] == "Homework"
    assert "user_overrides" not in rows[501]
    assert (
        canvas_as_filled.get("/api/sis/courses/102/assignments?include[]=student_overrides").json()[0][
            "user_overrides"
        ]
        == []
    )


def test_only_overridden_sections_are_listed_where_only_they_see_it(canvas):
    edit = {"collection": "assignments", "id": 502, "set": {"only_visible_to_overrides": True}}
    assert canvas.control("edit", {"edits": [edit]}).json() == {"edited": 1}
    rows = {row["id"]: row for row in canvas.get("/api/sis/courses/101/assignments").json()}
    assert [section["sis_id"] for section in rows[502]["sections"]] == ["m9-02"]
    assert 502 not in submissions(canvas, "m9-01")["s-001"]
    assert 502 in submissions(canvas, "m9-02")["s-007"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("starts_before=2026-01-01T00:00:00Z", 0),
        ("ends_after=2026-12-01T00:00:00Z", 7),
        ("ends_after=2028-01-01T00:00:00Z", 0),
    ],
)
def test_the_sis_route_can_be_narrowed_to_courses_by_date(canvas_as_filled, query, count):
    assert len(canvas_as_filled.get("/api/sis/accounts/1/assignments?" + query).json()) == count


def test_the_default_due_date_is_the_callers_view_of_it(canvas_as_filled):
    place = MATH + "/assignments/502"
    assert canvas_as_filled.get(place).json()["due_at"] == "2026-09-29T03:59:00Z"
    base = canvas_as_filled.get(place + "?override_assignment_dates=false").json()
    assert base["due_at"] == "2026-09-26T03:59:00Z"
    assert "overrides" not in base


def test_assignments_bring_their_overrides_and_dates_when_asked(canvas_as_filled):
    query = "?include[]=overrides&include[]=all_dates&post_to_sis=true&assignment_ids[]=502"
    (row,) = canvas_as_filled.get(MATH + "/assignments" + query).json()
    assert row["overrides"] == canvas_as_filled.get(MATH + "/assignments/502/overrides").json()
    assert [date.get("set_id", "everyone") for date in row["all_dates"]] == [1002, "everyone"]
    assert canvas_as_filled.get(MATH + "/assignments?post_to_sis=false").json()[0]["name"] == "Warm-up"


def test_every_student_of_a_section_has_a_submission_to_everything(canvas_as_filled):
    rows = submissions(canvas_as_filled, "m9-02")
    assert sorted(rows) == [f"s-{n:03}" for n in range(7, 13)]
    assert all(sorted(own) == [501, 502, 503, 504, 505, 508] for own in rows.values())
    blank = rows["s-012"][501]
    assert (blank["workflow_state"], blank["score"], blank["submitted_at"]) == ("unsubmitted", None, None)


def test_excused_late_unposted_ungraded_and_letter_graded_work_shows_as_such(canvas_as_filled):
    math, science = submissions(canvas_as_filled, "m9-01"), submissions(canvas_as_filled, "sci-01")
    excused = math["s-002"][501]
    assert (excused["excused"], excused["score"], excused["workflow_state"]) == (True, None, "graded")
    assert (math["s-003"][501]["late"], math["s-001"][501]["late"]) == (True, False)
    assert (math["s-001"][503]["grade"], math["s-001"][503]["score"]) == ("A-", 46)
    assert (science["s-001"][507]["score"], science["s-001"][507]["posted_at"]) == (19, None)
    ungraded = science["s-002"][507]
    assert (ungraded["workflow_state"], ungraded["score"]) == ("submitted", None)
    assert math["s-001"][502]["score"] == 18.5


def test_work_is_missing_once_the_clock_passes_its_due_date_and_only_online(canvas):
    canvas.control("clock", {"now": "2026-09-18T23:58:00-04:00"})
    assert not submissions(canvas, "m9-01")["s-004"][501]["missing"]
    canvas.control("clock", {"now": "2026-09-19T00:00:00-04:00"})
    assert submissions(canvas, "m9-01")["s-004"][501]["missing"]
    canvas.control("clock", {"now": "2026-10-30T00:00:00-04:00"})
    on_paper = submissions(canvas, "m9-01")["s-004"][503]
    assert (on_paper["missing"], on_paper["submitted_at"]) == (False, None)


def test_ungrouped_rows_have_no_section(canvas_as_filled):
    (row, *_) = canvas_as_filled.get(SUBMISSIONS.format("m9-01")).json()
    assert "section_id" not in row
    assert "sis_user_id" not in row


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("&post_to_sis=true", {501, 502, 503, 504, 508}),
        ("&assignment_ids[]=501", {501}),
        ("&graded_since=2026-10-14T00:00:00Z", {504, 505, 508}),
        ("&workflow_state=submitted", set()),
    ],
)
def test_submissions_can_be_narrowed(canvas_as_filled, query, ids):
    rows = canvas_as_filled.get(SUBMISSIONS.format("m9-01") + query).json()
    assert {row["assignment_id"] for row in rows} == ids


def test_a_since_that_is_no_instant_is_refused(canvas_as_filled):
    assert canvas_as_filled.get(SUBMISSIONS.format("m9-01") + "&graded_since=yesterday").status_code == 400


def test_an_explicit_list_of_students_is_limited_and_all_is_not(canvas_as_filled):
    many = "&".join(f"student_ids[]={n}" for n in range(101))
    answer = canvas_as_filled.get(f"{MATH}/students/submissions?{many}")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, "too many students")
    one = canvas_as_filled.get(
        f"{MATH}/students/submissions?student_ids[]=sis_user_id:s-001&grouped=true"
    ).json()
    assert [row["sis_user_id"] for row in one] == ["s-001"]


@pytest.mark.parametrize(
    ("state", "students"),
    [("", 6), ("&enrollment_state=active", 5), ("&enrollment_state=concluded", 1)],
)
def test_a_leaver_is_concluded_and_listed_unless_asked_otherwise(canvas_as_filled, state, students):
    assert len(submissions(canvas_as_filled, "m9-01", "&grouped=true" + state)) == students


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


def test_a_score_edit_brings_what_canvas_keeps_with_it(canvas):
    edit = {"collection": "submissions", "assignment_id": 501, "sis_user_id": "s-004", "set": {"score": 7.5}}
    canvas.control("edit", {"edits": [edit]})
    row = submissions(canvas, "m9-01")["s-004"][501]
    assert (row["score"], row["grade"], row["workflow_state"]) == (7.5, "7.5", "graded")
    assert row["graded_at"] == row["posted_at"] == "2026-11-02T08:30:00Z"
    canvas.control("edit", {"edits": [{**edit, "set": {"score": None}}]})
    row = submissions(canvas, "m9-01")["s-004"][501]
    assert (row["score"], row["graded_at"], row["workflow_state"]) == (None, None, "unsubmitted")


def test_a_deleted_assignment_is_gone_with_its_submissions(canvas):
    canvas.control("edit", {"edits": [{"collection": "assignments", "id": 501, "set": None}]})
    assert canvas.get(MATH + "/assignments/501").status_code == 404
    assert 501 not in submissions(canvas, "m9-01")["s-001"]


def test_a_teacher_makes_a_new_assignment_with_a_date_of_its_own_for_one_section(canvas):
    override = {"course_section_id": 1002, "due_at": None}
    made = {"course_id": 101, "name": "Extra", "points_possible": 4, "overrides": [override]}
    edit = {"collection": "assignments", "id": 900, "set": made}
    assert canvas.control("edit", {"edits": [edit]}).status_code == 200
    rows = {row["id"]: row for row in canvas.get("/api/sis/courses/101/assignments").json()}
    first, second = rows[900]["sections"]
    assert (rows[900]["name"], "override" in first) == ("Extra", False)
    assert second["override"]["due_at"] is None
    assert "unlock_at" not in second["override"]
    assert submissions(canvas, "m9-01")["s-001"][900]["workflow_state"] == "unsubmitted"


def test_a_section_can_lose_its_sis_id(canvas):
    edit = {"collection": "sections", "id": 1001, "set": {"sis_section_id": None, "sis_import_id": None}}
    assert canvas.control("edit", {"edits": [edit]}).status_code == 200
    assert canvas.get("/api/v1/sections/1001").json()["sis_section_id"] is None
    assert canvas.get("/api/v1/sections/sis_section_id:m9-01").status_code == 404


@pytest.mark.parametrize(
    "edit",
    [
        {"collection": "grades"},
        {"collection": "assignments", "set": {}},
        {"collection": "assignments", "id": 999, "set": {"name": "x"}},
        {"collection": "assignments", "id": 501, "set": {"title": "x"}},
        {"collection": "assignments", "id": 501, "set": {"course_id": 102}},
        {"collection": "assignments", "id": 501, "set": {"overrides": [{"due_at": None}]}},
        {"collection": "assignments", "id": 900, "set": {"course_id": 7}},
        {"collection": "assignments", "id": 900, "set": None},
        {"collection": "sections", "id": 7, "set": {"name": "x"}},
        {
            "collection": "enrollments",
            "sis_section_id": "sci-01",
            "sis_user_id": "s-012",
            "set": {"end": None},
        },
        {"collection": "submissions", "assignment_id": 501, "sis_user_id": "nobody", "set": {"score": 1}},
    ],
)
def test_an_edit_of_what_is_not_there_is_refused(canvas, edit):
    answer = canvas.control("edit", {"edits": [edit]})
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_teacher_excuses_a_student_who_then_has_no_score(canvas):
    edit = {
        "collection": "submissions",
        "assignment_id": 501,
        "sis_user_id": "s-001",
        "set": {"excused": True},
    }
    canvas.control("edit", {"edits": [edit]})
    row = submissions(canvas, "m9-01")["s-001"][501]
    assert (row["excused"], row["score"], row["grade"]) == (True, None, None)


def test_a_student_leaves_a_section(canvas):
    key = {"collection": "enrollments", "sis_section_id": "m9-01", "sis_user_id": "s-001"}
    assert canvas.control("edit", {"edits": [{**key, "set": {"end": "2026-11-02"}}]}).status_code == 200
    assert "s-001" in submissions(canvas, "m9-01", "&grouped=true&enrollment_state=concluded")


def test_groups_bring_their_assignments_when_asked(canvas_as_filled):
    groups = canvas_as_filled.get(MATH + "/assignment_groups?include[]=assignments").json()
    assert {group["name"]: [a["id"] for a in group["assignments"]] for group in groups} == {
        "Homework": [501, 504, 505, 508],
        "Quiz": [502],
        "Test": [503],
        "Lab": [],
    }


def test_every_answer_tells_what_it_cost(canvas_as_filled):
    headers = canvas_as_filled.get(MATH).headers
    assert float(headers["x-request-cost"]) > 0
    assert float(headers["x-rate-limit-remaining"]) > 0


def edit(canvas, collection: str, changes: Any, **keys: Any) -> None:
    answer = canvas.control("edit", {"edits": [{"collection": collection, **keys, "set": changes}]})
    assert answer.status_code == 200, answer.text


def assignment(canvas, key: int, course: str = MATH) -> dict[str, Any]:
    query = "?include[]=overrides&include[]=all_dates&override_assignment_dates=false"
    return canvas.get(f"{course}/assignments/{key}{query}").json()


def test_single_students_and_groups_have_dates_of_their_own(canvas):
    user = canvas.get("/api/v1/users/sis_user_id:s-001").json()["id"]
    edit(canvas, "groups", {"group_category_id": 5, "users": ["s-002", "s-003"]}, id=71)
    own = [
        {"student_ids": [user], "due_at": "2026-11-01T03:59:00Z"},
        {"group_id": 71, "due_at": None},
    ]
    edit(canvas, "assignments", {"only_visible_to_overrides": True, "overrides": own}, id=501)
    rows = submissions(canvas, "m9-01")
    assert {student for student, mine in rows.items() if 501 in mine} == {"s-001", "s-002", "s-003"}
    assert rows["s-001"][501]["cached_due_date"] == "2026-11-01T03:59:00Z"
    assert rows["s-002"][501]["cached_due_date"] is None
    shown = assignment(canvas, 501)
    assert [one["set_type"] for one in shown["all_dates"]] == ["ADHOC", "Group"]
    assert "unlock_at" not in shown["overrides"][0]
    (row,) = (
        one
        for one in canvas.get("/api/sis/courses/101/assignments?include[]=student_overrides").json()
        if one["id"] == 501
    )
    assert row["sections"] == []
    assert row["user_overrides"][0]["students"] == [{"user_id": user, "sis_user_id": "s-001"}]


def test_of_two_overrides_the_most_lenient_counts(canvas):
    user = canvas.get("/api/v1/users/sis_user_id:s-001").json()["id"]
    late, early = "2026-11-20T04:59:00Z", "2026-09-01T03:59:00Z"
    own = [{"student_ids": [user], "due_at": early}, {"course_section_id": 1001, "due_at": late}]
    edit(canvas, "assignments", {"overrides": own}, id=501)
    assert submissions(canvas, "m9-01")["s-001"][501]["cached_due_date"] == late


def test_twenty_five_overrides_are_counted_and_not_listed_as_dates(canvas):
    own = [{"course_section_id": 1001, "title": f"o{n}"} for n in range(25)]
    edit(canvas, "assignments", {"overrides": own}, id=501)
    shown = assignment(canvas, 501)
    assert "all_dates" not in shown
    assert shown["all_dates_count"] == 26
    assert len(shown["overrides"]) == 25


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


def test_a_group_is_graded_together_unless_each_is_graded(canvas):
    edit(canvas, "groups", {"group_category_id": 5, "users": ["s-003", "s-004"]}, id=71)
    edit(canvas, "assignments", {"group_category_id": 5}, id=502)
    key = {"assignment_id": 502, "sis_user_id": "s-004"}
    edit(canvas, "submissions", {"score": 11}, **key)
    assert [submissions(canvas, "m9-01")[s][502]["score"] for s in ("s-003", "s-004")] == [11, 11]
    edit(canvas, "assignments", {"grade_group_students_individually": True}, id=502)
    edit(canvas, "submissions", {"score": 12}, **key)
    assert [submissions(canvas, "m9-01")[s][502]["score"] for s in ("s-003", "s-004")] == [11, 12]


def test_handing_in_again_is_another_attempt_of_the_whole_group(canvas):
    edit(canvas, "groups", {"group_category_id": 5, "users": ["s-001", "s-005"]}, id=71)
    edit(canvas, "assignments", {"group_category_id": 5}, id=501)
    key = {"assignment_id": 501, "sis_user_id": "s-005"}
    edit(canvas, "submissions", {"submitted_at": "2026-10-20T12:00:00Z"}, **key)
    edit(canvas, "submissions", {"submitted_at": "2026-10-20T12:00:00Z"}, **key)
    rows = submissions(canvas, "m9-01")
    assert [rows[s][501]["attempt"] for s in ("s-001", "s-005", "s-003", "s-004")] == [2, 2, 1, None]


def test_what_is_posted_by_hand_stays_hidden_until_then(canvas):
    edit(canvas, "assignments", {"post_manually": True}, id=502)
    key = {"assignment_id": 502, "sis_user_id": "s-004"}
    edit(canvas, "submissions", {"score": 11}, **key)
    assert submissions(canvas, "m9-01")["s-004"][502]["posted_at"] is None
    edit(canvas, "submissions", {"posted_at": "2026-11-03T12:00:00Z"}, **key)
    assert submissions(canvas, "m9-01")["s-004"][502]["posted_at"] is not None


def test_work_handed_in_again_keeps_a_score_that_no_longer_matches(canvas):
    key = {"assignment_id": 501, "sis_user_id": "s-001"}
    edit(canvas, "submissions", {"submitted_at": "2026-10-20T12:00:00Z"}, **key)
    row = submissions(canvas, "m9-01")["s-001"][501]
    assert (row["score"], row["workflow_state"]) == (9, "submitted")
    assert row["grade_matches_current_submission"] is False
    edit(canvas, "submissions", {"score": 10}, **key)
    assert submissions(canvas, "m9-01")["s-001"][501]["grade_matches_current_submission"] is True


def test_the_test_student_is_in_every_section_and_no_sis_knows_it(canvas):
    edit(canvas, "test_students", {}, course_id=101)
    assert None in submissions(canvas, "m9-01")
    assert None not in submissions(canvas, "m9-01", "&grouped=true&post_to_sis=true")
    seats = canvas.get("/api/v1/sections/1001/enrollments?type[]=StudentViewEnrollment").json()
    assert [one["user"]["name"] for one in seats] == ["Test Student"]


def test_who_may_not_manage_assignments_sees_no_overrides(canvas_as_filled):
    token = {"Authorization": f"Bearer {canvas_as_filled.told['token']}-nomanage"}
    place = MATH + "/assignments/502?include[]=overrides"
    shown = httpx.get(canvas_as_filled.base_url + place, headers=token).json()
    assert shown["has_overrides"]
    assert "overrides" not in shown


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


def test_overrides_are_given_in_a_batch(canvas_as_filled):
    query = "?assignment_overrides[][id]=30001&assignment_overrides[][assignment_id]=502"
    query += "&assignment_overrides[][id]=9&assignment_overrides[][assignment_id]=502"
    found, none = canvas_as_filled.get(MATH + "/assignments/overrides" + query).json()
    assert (found["course_section_id"], none) == (1002, None)
