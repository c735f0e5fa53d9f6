from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from gradeflow.errors import ConfigError, CredentialError, SourceDataError
from gradeflow.lms.canvas_account import CanvasSettings, classify, refuse_missing_sis_keys
from gradeflow.lms.canvas_records import (
    Course,
    Section,
    kind_of,
    line_item_rows,
)
from gradeflow.lms.canvas_submissions import Student, section_scores, students_of
from gradeflow.lms.registry import by_kind, connectors
from gradeflow.model import frames
from gradeflow.transport.answers import Next, parse_json

BASE_DUE, OWN_DUE = "2026-10-09T03:59:00Z", "2026-10-12T03:59:00Z"
SECTIONS = (Section("11", "0901"), Section("12", "0902"))


def rows(*, is_published: bool = True, **keys: Any) -> dict[str, dict[str, Any]]:
    assignment = {
        "id": 501,
        "name": "Ratios",
        "assignment_group_id": 21,
        "grading_type": "points",
        "points_possible": 10,
        "published": True,
        "post_to_sis": True,
        "omit_from_final_grade": False,
        "only_visible_to_overrides": False,
        "created_at": "2026-09-28T14:00:00Z",
        "unlock_at": None,
        "due_at": BASE_DUE,
        "overrides": [],
        "submission_types": ["online_upload"],
        **keys,
    }
    course = Course("101", is_published, SECTIONS, 0, (assignment,), {"21": "Homework"})
    return {row["section_id_sis"]: row for row in line_item_rows(course, {})}


WORK: dict[str, Any] = {"id": 501, "due_at": BASE_DUE, "overrides": []}


def override(section: int | None = None, **keys: Any) -> dict[str, Any]:
    target = {"student_ids": [7]} if section is None else {"course_section_id": section}
    return {"id": 1, "assignment_id": 501, **target, **keys}


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_without_overrides_the_base_date_holds_everywhere() -> None:
    for row in rows().values():
        assert (row["due_at"], row["due_basis"]) == (at(BASE_DUE), "base")
        assert not row["has_section_dates"]
        assert not row["is_section_named"]
        assert row["has_everyone"]


def test_a_date_of_a_section_holds_there_only() -> None:
    found = rows(overrides=[override(12, due_at=OWN_DUE)])
    assert (found["0902"]["due_at"], found["0902"]["due_basis"]) == (at(OWN_DUE), "section_override")
    assert (found["0901"]["due_at"], found["0901"]["due_basis"]) == (at(BASE_DUE), "base")
    assert [found[key]["is_section_named"] for key in ("0901", "0902")] == [False, True]
    assert all(row["has_section_dates"] for row in found.values())
    assert found["0902"]["everyone_due_at"] == at(BASE_DUE)


def test_an_override_that_says_null_means_no_date_and_one_without_the_key_inherits() -> None:
    none = rows(overrides=[override(12, due_at=None)])["0902"]
    assert (none["due_at"], none["due_basis"]) == (None, "section_override")
    inherits = rows(overrides=[override(12, unlock_at="2026-10-01T05:00:00Z")])["0902"]
    assert (inherits["due_at"], inherits["due_basis"]) == (at(BASE_DUE), "base")
    assert (inherits["assigned_at"], inherits["assigned_basis"]) == (at("2026-10-01T05:00:00Z"), "unlock")


def test_no_date_anywhere_is_none() -> None:
    row = rows(due_at=None)["0901"]
    assert (row["due_at"], row["due_basis"]) == (None, "none")


@pytest.mark.parametrize(
    ("unlock", "created", "expected", "basis"),
    [
        ("2026-10-01T05:00:00Z", "2026-09-28T14:00:00Z", "2026-10-01T05:00:00Z", "unlock"),
        (None, "2026-09-28T14:00:00Z", "2026-09-28T14:00:00Z", "created"),
        (None, None, None, "unknown"),
    ],
)
def test_assigned_is_available_from_else_creation(
    unlock: str | None, created: str | None, expected: str | None, basis: str
) -> None:
    row = rows(unlock_at=unlock, created_at=created)["0901"]
    assert (row["assigned_at"], row["assigned_basis"]) == (expected and at(expected), basis)


def test_aimed_at_single_students_only() -> None:
    only = {"only_visible_to_overrides": True}
    assert all(row["is_individual"] for row in rows(**only, overrides=[override()]).values())
    assert not any(row["is_individual"] for row in rows(overrides=[override()]).values())
    both = rows(**only, overrides=[override(), override(12)])
    assert not any(row["is_individual"] for row in both.values())
    assert [both[key]["is_section_named"] for key in ("0901", "0902")] == [False, True]
    assert not any(row["has_everyone"] for row in both.values())


def test_a_section_that_does_not_have_the_assignment_has_no_line_item() -> None:
    only = {"only_visible_to_overrides": True}
    assert set(rows(**only, overrides=[override(12)])) == {"0902"}
    assert rows(**only, overrides=[]) == {}
    assert set(rows(overrides=[override(12)])) == {"0901", "0902"}
    named = {"id": 501, "published": True, "overrides": [override(12)], **only}
    course = Course("101", True, SECTIONS, 0, (named,), {})
    assert [list(course.scored(section)) for section in SECTIONS] == [[], ["501"]]


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({"submission_types": ["online_upload", "online_text_entry"]}, "assignment"),
        ({"submission_types": ["on_paper"]}, "assignment"),
        ({"submission_types": []}, "assignment"),
        ({"submission_types": ["discussion_topic"]}, "discussion"),
        ({"submission_types": ["online_quiz"]}, "quiz"),
        ({"submission_types": ["external_tool"]}, "external"),
        ({"submission_types": ["external_tool"], "is_quiz_lti_assignment": True}, "quiz"),
        ({"submission_types": ["not_graded"]}, "ungraded"),
        ({"submission_types": ["wiki_page"]}, "ungraded"),
        ({"submission_types": ["discussion_topic"], "grading_type": "not_graded"}, "ungraded"),
    ],
)
def test_kinds_have_canonical_words(keys: dict[str, Any], kind: str) -> None:
    assert kind_of(keys) == kind


@pytest.mark.parametrize(
    ("points", "points_e4", "text"),
    [("10", 100_000, None), ("10.5", 105_000, None), ("0.123456", None, "0.123456"), ("null", None, None)],
)
def test_points_are_exact_or_kept_as_text(points: str, points_e4: int | None, text: str | None) -> None:
    row = rows(points_possible=parse_json(points.encode()))["0901"]
    assert (row["points_possible_e4"], row["points_text"]) == (points_e4, text)


def test_what_canvas_leaves_out_is_unknown_and_not_false() -> None:
    row = rows(post_to_sis=None, omit_from_final_grade=None, only_visible_to_overrides=None)["0901"]
    for name in ("is_selected", "is_in_final_grade", "has_everyone"):
        assert row[name] is None
    assert row["grading"] == "points"
    assert rows(grading_type="stars")["0901"]["grading"] == "unknown"


def test_nothing_is_published_in_an_unpublished_course() -> None:
    assert not rows(is_published=False)["0901"]["is_published"]
    assert not rows(published=None, workflow_state="unpublished")["0901"]["is_published"]
    assert rows(published=None, workflow_state="published")["0901"]["is_published"]


def test_a_broken_instant_is_not_a_missing_one() -> None:
    for text in ("tomorrow", "2026-10-09", "0001-01-01T00:00:00+05:00"):
        with pytest.raises(SourceDataError, match="ISO 8601"):
            rows(due_at=text)


def submission(**keys: Any) -> dict[str, Any]:
    return {
        "assignment_id": 501,
        "user_id": 7,
        "score": None,
        "grade": None,
        "workflow_state": "unsubmitted",
        "submitted_at": None,
        "graded_at": None,
        "posted_at": None,
        "excused": False,
        "missing": False,
        "late": False,
        **keys,
    }


def result(overrides: Any = (), **keys: Any) -> dict[str, Any]:
    groups = [{"user_id": 7, "submissions": [submission(**keys)]}]
    work = {"501": {**WORK, "overrides": list(overrides)}}
    scores = section_scores(groups, {"7": Student("007", True)}, SECTIONS[0], work)
    frames.build(frames.RESULTS, scores.rows)
    return scores.rows[0]


def test_graded_needs_the_state_and_a_score() -> None:
    assert result(workflow_state="graded", score=0, posted_at="2026-10-10T00:00:00Z")["is_graded"]
    assert not result(workflow_state="graded", excused=True)["is_graded"]
    assert not result(workflow_state="pending_review", score=5)["is_graded"]


@pytest.mark.parametrize(("told", "attempt"), [(2, 2), (None, None), (0, None), ("x", None)])
def test_the_attempt_is_the_one_that_canvas_counts(told: Any, attempt: int | None) -> None:
    assert result(attempt=told, workflow_state="graded", score=5)["attempt"] == attempt


def test_a_score_of_work_that_was_handed_in_again_names_no_attempt() -> None:
    again = {"attempt": 2, "score": 5, "workflow_state": "submitted"}
    assert result(**again, grade_matches_current_submission=False)["attempt"] is None
    assert result(**again, grade_matches_current_submission=None)["attempt"] == 2


POSTED = "2026-10-10T00:00:00Z"


@pytest.mark.parametrize("state", ["graded", "submitted", "unsubmitted"])
@pytest.mark.parametrize("scored", [{"score": 80}, {"score": 0}, {"excused": True}])
def test_whatever_is_scored_is_posted_or_hidden(state: str, scored: dict[str, Any]) -> None:
    assert result(workflow_state=state, **scored)["is_posted"] is False  # also handed in again after grading
    assert result(workflow_state=state, **scored, posted_at=POSTED)["is_posted"] is True


def test_where_there_is_no_score_nothing_is_posted_or_hidden() -> None:
    assert result()["is_posted"] is None
    assert result(workflow_state="graded", posted_at=POSTED)["is_posted"] is None


@pytest.mark.parametrize(("grade", "posted_at"), [("5", None), ("B", POSTED)])
def test_a_score_that_waits_for_review_is_not_given(grade: str, posted_at: str | None) -> None:
    row = result(workflow_state="pending_review", score=5, grade=grade, posted_at=posted_at)
    assert (row["score_e4"], row["score_text"], row["is_posted"]) == (None, None, None)
    assert row["is_graded"] is False


def test_submitted_is_denied_only_where_canvas_says_so() -> None:
    assert result()["is_submitted"] is False
    assert result(workflow_state="graded", score=1)["is_submitted"] is None  # on paper
    assert result(workflow_state="submitted", submitted_at="2026-10-10T00:00:00Z")["is_submitted"] is True


LATER, EARLIER = "2026-10-20T03:59:00Z", "2026-10-02T03:59:00Z"
GROUP = {"id": 2, "assignment_id": 501, "group_id": 71}


@pytest.mark.parametrize(
    ("overrides", "held_to", "expected"),
    [
        ([override(due_at=LATER)], LATER, (True, LATER)),
        ([override(due_at=None)], None, (True, None)),  # no date at all for this student
        ([override(due_at=EARLIER)], EARLIER, (True, EARLIER)),
        ([GROUP | {"due_at": EARLIER}], EARLIER, (True, EARLIER)),
        ([override(due_at=LATER)], BASE_DUE, (False, None)),  # of another student
        ([override(11, due_at=OWN_DUE)], OWN_DUE, (False, None)),
        ([override(12, due_at=OWN_DUE)], OWN_DUE, (True, OWN_DUE)),  # also sits in the other section
        ([override(12, due_at=None)], None, (True, None)),
        ([override(11, due_at=OWN_DUE)], BASE_DUE, (None, None)),  # not worked out anew yet
        ([override(11, due_at=None)], BASE_DUE, (None, None)),
    ],
)
def test_a_student_is_held_to_the_date_that_canvas_works_out(
    overrides: list[dict[str, Any]], held_to: str | None, expected: tuple[bool | None, str | None]
) -> None:
    row = result(overrides, cached_due_date=held_to)
    date = expected[1] and at(expected[1])
    assert (row.get("has_own_due"), row.get("own_due_at")) == (expected[0], date)


def test_an_answer_without_that_date_tells_nothing_of_the_students_own() -> None:
    assert result([override(due_at=LATER)]).get("has_own_due") is None


@pytest.mark.parametrize(
    ("grade", "text"),
    [("8.5", None), ("85%", None), ("", None), (None, None), ("B+", "B+"), ("complete",) * 2],
)
def test_only_words_are_score_text(grade: str | None, text: str | None) -> None:
    assert result(grade=grade)["score_text"] == text


def test_students_without_sis_id_are_counted_and_strangers_are_not_students() -> None:
    groups = [{"user_id": user, "submissions": [submission(), submission()]} for user in (7, 8, 9)]
    students = students_of(
        [
            {
                "type": "StudentEnrollment",
                "user_id": 7,
                "sis_user_id": "007",
                "enrollment_state": "completed",
            },
            {"type": "StudentEnrollment", "user_id": 7, "sis_user_id": "007", "enrollment_state": "active"},
            {"type": "StudentEnrollment", "user_id": 8, "user": {"sis_user_id": None}},
            {"type": "StudentViewEnrollment", "user_id": 9, "sis_user_id": None},
            {"type": "TeacherEnrollment", "user_id": 10, "sis_user_id": "t"},
        ]
    )
    scores = section_scores(groups, students, SECTIONS[0], {"501": WORK})
    assert {row["student_id_sis"] for row in scores.rows} == {"007"}
    assert scores.rows[0]["is_enrolled"]
    assert scores.strangers == 2


@pytest.mark.parametrize(
    ("states", "is_active"),
    [
        (["active"], True),
        (["invited"], True),
        (["completed"], False),
        (["inactive"], False),
        (["completed", "active"], True),
        (["active", "completed"], True),
        ([None], None),
    ],
)
def test_an_active_seat_wins_and_an_unknown_state_is_unknown(
    states: list[str | None], is_active: bool | None
) -> None:
    enrolments = [
        {"type": "StudentEnrollment", "user_id": 7, "sis_user_id": "007", "enrollment_state": state}
        for state in states
    ]
    assert students_of(enrolments)["7"].is_active is is_active


def test_submissions_of_other_assignments_do_not_come_in() -> None:
    groups = [{"user_id": 7, "submissions": [submission(assignment_id=999)]}]
    assert section_scores(groups, {"7": Student("007", True)}, SECTIONS[0], {"501": WORK}).rows == []


def test_an_answer_that_is_not_grouped_is_refused() -> None:
    with pytest.raises(SourceDataError, match="not grouped"):
        section_scores([submission()], {}, SECTIONS[0], {"501": WORK})


def test_sis_keys_are_missing_only_where_no_record_has_the_key() -> None:
    refuse_missing_sis_keys([], "sis_section_id")
    refuse_missing_sis_keys([{"id": 1}, {"id": 2, "sis_section_id": None}], "sis_section_id")
    with pytest.raises(CredentialError, match="read_sis"):
        refuse_missing_sis_keys([{"id": 1}, {"id": 2}], "sis_section_id")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(403, text="403 Forbidden (Rate Limit Exceeded)\n"), Next.WAIT),
        (httpx.Response(403, json={"status": "unauthorized"}), Next.FORBIDDEN),
        (httpx.Response(429), Next.WAIT),
        (httpx.Response(401, headers={"WWW-Authenticate": "Bearer"}, text="not authorized"), Next.RENEW),
        (httpx.Response(401, text="user not authorized to perform that action"), Next.FORBIDDEN),
        (httpx.Response(401), Next.RENEW),
        (httpx.Response(200, text="Rate Limit Exceeded"), Next.USE),
    ],
)
def test_canvas_statuses_mean_what_canvas_means(response: httpx.Response, expected: Next) -> None:
    assert classify(response) is expected


def test_settings_name_what_is_wrong() -> None:
    good = {"base_url": "https://lincoln.example", "account": "1", "token": {"env": "T"}}
    assert CanvasSettings.model_validate(good).page_size == 100
    for wrong in ({"account": ""}, {"account": "1/2"}, {"page_size": 500}, {"tokens": 1}, {"system_id": ""}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            CanvasSettings.model_validate({**good, **wrong})


def test_a_connector_is_one_module() -> None:
    assert {"canvas", "oneroster", "otus"} <= set(connectors())
    with pytest.raises(ConfigError, match=r"allowed: canvas, .*otus"):
        by_kind("blackboard")
