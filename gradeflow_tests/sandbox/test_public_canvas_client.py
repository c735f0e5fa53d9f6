"""UCF's public Canvas client, canvasapi, runs unchanged against the practice Canvas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from canvasapi import Canvas
from canvasapi.exceptions import (
    BadRequest,
    Forbidden,
    InvalidAccessToken,
    RateLimitExceeded,
    ResourceDoesNotExist,
)

# The client warns of plain HTTP, which loopback is
pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly:UserWarning")


def opened(practice: Any, token: str | None = None) -> Canvas:
    return Canvas(practice.base_url, token or practice.told["token"])


@pytest.fixture
def client(canvas_as_filled: Any) -> Iterator[Canvas]:
    made = opened(canvas_as_filled)
    yield made
    made._Canvas__requester._session.close()


@pytest.fixture
def course(client: Canvas) -> Any:
    return client.get_course("math-9", use_sis_id=True)


def test_the_account_its_terms_courses_periods_and_users(client: Canvas) -> None:
    account = client.get_account(1)
    (term,) = account.get_enrollment_terms()
    assert term.sis_term_id == "practice-term"
    assert [c.sis_course_id for c in account.get_courses(per_page=1)] == ["math-9", "sci-9"]
    assert len(list(account.get_courses(enrollment_term_id=term.id))) == 2
    assert [p.title for p in account.get_grading_periods()][:2] == ["Quarter 1", "Quarter 2"]
    assert len(list(account.get_users(per_page=4))) == 15


def test_a_courses_sections_people_and_periods(course: Any) -> None:
    assert [one.sis_section_id for one in course.get_sections()] == ["m9-01", "m9-02"]
    assert len(list(course.get_users(enrollment_type=["student"]))) == 10
    everybody = list(course.get_enrollments(state=["active", "completed"]))
    assert len(everybody) == 15
    assert {one.type for one in everybody} == {"StudentEnrollment", "TeacherEnrollment"}
    assert everybody[0].user["sis_user_id"] == "t-100"
    (section, _) = course.get_sections()
    assert len(list(section.get_enrollments(type=["StudentEnrollment"], state=["active"]))) == 5
    periods = list(course.get_grading_periods())
    assert [one.is_closed for one in periods] == [False] * 4
    assert course.get_grading_period(periods[0].id).title == "Quarter 1"


def test_assignments_their_groups_and_overrides(course: Any) -> None:
    groups = list(course.get_assignment_groups(include=["assignments"]))
    assert [group.name for group in groups] == ["Homework", "Quiz", "Test", "Lab"]
    assert [one["id"] for one in groups[1].assignments] == [502]
    found = {
        one.id: one
        for one in course.get_assignments(
            include=["overrides", "all_dates"], override_assignment_dates=False, per_page=2
        )
    }
    assert sorted(found) == [501, 502, 503, 504, 505, 508]
    assert found[502].due_at == "2026-09-26T03:59:00Z"
    assert found[502].overrides[0].due_at == "2026-09-29T03:59:00Z"
    (override,) = found[502].get_overrides()
    assert override.course_section_id == 1002
    asked = [{"id": override.id, "assignment_id": 502}]
    assert [one.id for one in course.get_assignment_overrides(asked)] == [override.id]


def test_submissions_of_many_students_at_once(course: Any) -> None:
    section = next(iter(course.get_sections()))
    rows = list(section.get_multiple_submissions(student_ids="all", grouped=True, per_page=2))
    assert [row.sis_user_id for row in rows] == [f"s-{n:03}" for n in range(1, 7)]
    assert rows[0].submissions[0].score == 9
    flat = list(course.get_multiple_submissions(student_ids=["all"], assignment_ids=[501], per_page=5))
    assert len(flat) == 12
    since = list(section.get_multiple_submissions(student_ids="all", graded_since="2026-10-14T00:00:00Z"))
    assert {one.assignment_id for one in since} == {504, 505, 508}


def test_what_is_refused_raises_what_the_client_names(client: Canvas, canvas_as_filled: Any) -> None:
    with pytest.raises(ResourceDoesNotExist):
        client.get_course(999)
    section = client.get_section("m9-01", use_sis_id=True)
    with pytest.raises(BadRequest):
        list(section.get_multiple_submissions(student_ids="all", graded_since="yesterday"))
    with pytest.raises(InvalidAccessToken):
        opened(canvas_as_filled, "nobody").get_account(1)


def test_a_missing_right_and_both_spellings_of_the_throttle(canvas: Any) -> None:
    canvas.fault("status", code=403, body={"errors": [{"message": "user not authorized"}]})
    with pytest.raises(Forbidden, match="not authorized"):
        opened(canvas).get_account(1)
    canvas.fault("rate_limit_403")  # this client knows only the newer 429 by name
    with pytest.raises(Forbidden, match="Rate Limit Exceeded"):
        opened(canvas).get_account(1)
    full = {"collection": "throttle", "set": {"remaining": -100, "status": 429}}
    assert canvas.control("edit", {"edits": [full]}).status_code == 200
    with pytest.raises(RateLimitExceeded, match="X-Rate-Limit-Remaining: -"):
        opened(canvas).get_account(1)
    canvas.control("edit", {"edits": [{"collection": "throttle", "set": {"seconds": 100}}]})
    assert opened(canvas).get_account(1).id == 1
