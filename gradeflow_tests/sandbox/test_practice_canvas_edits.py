"""What a teacher does in the practice Canvas brings with it what Canvas does."""

from __future__ import annotations

import pytest

from gradeflow_tests.sandbox.canvas_calls import MATH, edit, submissions


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
