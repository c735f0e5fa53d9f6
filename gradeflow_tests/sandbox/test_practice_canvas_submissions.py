"""The practice Canvas's submissions, as Canvas's documents say."""

from __future__ import annotations

import pytest

from gradeflow_tests.sandbox.canvas_calls import MATH, SUBMISSIONS, submissions


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
