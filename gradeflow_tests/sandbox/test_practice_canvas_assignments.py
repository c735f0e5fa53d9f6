"""The practice Canvas's assignments, overrides and dates, as Canvas's documents say."""

from __future__ import annotations

import httpx
import pytest

from gradeflow_tests.sandbox.canvas_calls import MATH, assignment, edit, submissions


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


@pytest.mark.parametrize(
    ("query", "own", "courses"),
    [
        (
            "ends_after=2026-12-01T00:00:00-05:00",
            {"end_at": "2026-12-01T05:00:00Z"},
            2,
        ),  # inclusive, by instant
        ("ends_after=2026-12-01T00:00:01-05:00", {"end_at": "2026-12-01T05:00:00Z"}, 1),
        ("starts_before=2026-08-01", {"start_at": "2026-07-31T00:00:00Z"}, 1),
        ("starts_before=2026-08-01", {"start_at": None}, 1),  # neither course nor term has a date
        ("starts_before=2026-06-01&ends_after=2028-01-01", {"start_at": None, "end_at": None}, 1),
    ],
)
def test_courses_are_chosen_by_their_own_dates_or_their_terms(canvas, query, own, courses):
    usual = {"start_at": "2026-08-15T05:00:00Z", "end_at": "2026-12-10T05:00:00Z"}
    edits = [
        {"collection": "terms", "id": 7, "set": {"name": "No dates"}},
        {"collection": "courses", "id": 101, "set": {**usual, "enrollment_term_id": 7}},
        {"collection": "courses", "id": 102, "set": {**usual, **own, "enrollment_term_id": 7}},
    ]
    assert canvas.control("edit", {"edits": edits}).json() == {"edited": 3}
    assert len(canvas.get(f"/api/v1/accounts/1/courses?{query}").json()) == courses
    edits = [
        {
            "collection": "terms",
            "id": 7,
            "set": {"start_at": "2020-01-01T05:00:00Z", "end_at": "2030-01-01T05:00:00Z"},
        }
    ]
    assert canvas.control("edit", {"edits": edits}).json() == {"edited": 1}
    assert len(canvas.get(f"/api/v1/accounts/1/courses?{query}").json()) == 2


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


def test_groups_bring_their_assignments_when_asked(canvas_as_filled):
    groups = canvas_as_filled.get(MATH + "/assignment_groups?include[]=assignments").json()
    assert {group["name"]: [a["id"] for a in group["assignments"]] for group in groups} == {
        "Homework": [501, 504, 505, 508],
        "Quiz": [502],
        "Test": [503],
        "Lab": [],
    }


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


def test_who_may_not_manage_assignments_sees_no_overrides(canvas_as_filled):
    token = {"Authorization": f"Bearer {canvas_as_filled.told['token']}-nomanage"}
    place = MATH + "/assignments/502?include[]=overrides"
    shown = httpx.get(canvas_as_filled.base_url + place, headers=token).json()
    assert shown["has_overrides"]
    assert "overrides" not in shown


def test_overrides_are_given_in_a_batch(canvas_as_filled):
    query = "?assignment_overrides[][id]=30001&assignment_overrides[][assignment_id]=502"
    query += "&assignment_overrides[][id]=9&assignment_overrides[][assignment_id]=502"
    found, none = canvas_as_filled.get(MATH + "/assignments/overrides" + query).json()
    assert (found["course_section_id"], none) == (1002, None)
