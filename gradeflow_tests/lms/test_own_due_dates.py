"""A student with a due date of their own is judged by that date, from the LMS's own words to the verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from gradeflow.rules.judge import judge
from gradeflow_tests.lms.practice_lms import NOW, PracticeLms, served
from gradeflow_tests.rules.small_school import district, profile, reference

WORK, PEER = "501", "s-004"
PASSED, AHEAD = "2026-11-14T05:59:00Z", "2026-11-19T05:59:00Z"
EXTENDED = "s-001"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeLms]:
    with served("canvas", tmp_path_factory.mktemp("canvas")) as canvas:
        yield canvas


@pytest.fixture
def canvas(server: PracticeLms) -> PracticeLms:
    """Give a Canvas in which one assignment's date has passed and two students handed nothing in."""
    server.renew()
    server.edit("assignments", {"due_at": PASSED}, id=int(WORK))
    for student in (EXTENDED, PEER):
        taken = {"score": None, "submitted_at": None, "workflow_state": "unsubmitted"}
        server.edit("submissions", taken, assignment_id=int(WORK), sis_user_id=student)
    return server


def extend(canvas: PracticeLms, due: str | None) -> None:
    user = 10004  # s-001
    canvas.edit("assignments", {"overrides": [{"student_ids": [user], "due_at": due}]}, id=int(WORK))


def origins(canvas: PracticeLms, now: dt.datetime, **settings: Any) -> dict[str, str]:
    """Read Canvas and judge it where what is missing becomes zero; origin or reason by student of the assignment."""
    canvas.clock(now)
    extract = canvas.read(**settings)
    sections, students = set(extract.line_items["section_id_sis"]), set(extract.results["student_id_sis"])
    sis = reference(sections=sorted(sections), students=sorted(students))
    rules = profile("canvas", missing_policy="auto_zero", require_score="none", require_selected=False)
    judged = judge(extract, sis, district(), rules, now, names_sent=None)
    rows = judged.results[judged.results["lms_assignment_id"] == WORK]
    found = rows["origin"].where(rows["verdict"] == "pass", rows["reason"])
    return dict(zip(rows["student_id_sis"], found, strict=True))


def test_a_student_with_an_extension_gets_no_zero_until_that_date_has_passed(canvas: PracticeLms) -> None:
    assert origins(canvas, NOW)[EXTENDED] == "auto_zero"
    extend(canvas, AHEAD)
    before = origins(canvas, NOW)
    assert (before[EXTENDED], before[PEER]) == ("NO_SCORE", "auto_zero")
    after = origins(canvas, dt.datetime.fromisoformat(AHEAD) + dt.timedelta(minutes=1))
    assert (after[EXTENDED], after[PEER]) == ("auto_zero", "auto_zero")


def test_a_student_without_any_date_never_gets_a_zero(canvas: PracticeLms) -> None:
    extend(canvas, None)
    assert origins(canvas, NOW + dt.timedelta(days=60))[EXTENDED] == "NO_SCORE"


def test_an_extension_is_seen_by_a_reading_of_what_changed_only(canvas: PracticeLms) -> None:
    settings = {"full_read_every_days": 7}
    first = canvas.read(**settings)
    extend(canvas, AHEAD)
    canvas.clock(NOW + dt.timedelta(days=1))
    results = canvas.read(lambda: first, **settings).results
    own = results[(results["student_id_sis"] == EXTENDED) & (results["lms_assignment_id"] == WORK)]
    assert own["own_due_at"].tolist() == [dt.datetime.fromisoformat(AHEAD)]
