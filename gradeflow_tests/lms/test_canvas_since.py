"""Reading only what changed gives what reading everything gives, as far as Canvas tells what changed."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from gradeflow.lms.canvas_since import OVERLAP, RESULT_FIELDS
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.lms.practice_lms import NOW, PracticeLms, served

WEEKLY = {"full_read_every_days": 7}
SUBMISSIONS = "/api/v1/sections/{section}/students/submissions"
SECTIONS = 3
ITEM = ["lms_assignment_id", "section_id_sis"]


@pytest.fixture(scope="module")
def server_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeLms]:
    with served("canvas", tmp_path_factory.mktemp("canvas")) as canvas:
        yield canvas


@pytest.fixture
def canvas(server_of_all: PracticeLms) -> PracticeLms:
    server_of_all.renew()
    return server_of_all


def again(canvas: PracticeLms, last: GradebookExtract | None, **more: Any) -> GradebookExtract:
    return canvas.read(lambda: last, **{**WEEKLY, **more})


def sorted_frames(extract: GradebookExtract) -> list[pd.DataFrame]:
    items = extract.line_items.sort_values(ITEM, ignore_index=True)
    return [items, extract.results.sort_values([*ITEM, "student_id_sis"], ignore_index=True)]


def assert_same(one: GradebookExtract, two: GradebookExtract) -> None:
    for left, right in zip(sorted_frames(one), sorted_frames(two), strict=True):
        assert_frame_equal(left, right)
    assert one.left_out == two.left_out
    assert one.incomplete_sections == two.incomplete_sections


def score(canvas: PracticeLms, assignment: int, student: str, **changes: Any) -> None:
    canvas.edit("submissions", changes, assignment_id=assignment, sis_user_id=student)


def row(extract: GradebookExtract, assignment: str, student: str, section: str = "m9-01") -> Any:
    results = extract.results.set_index([*ITEM, "student_id_sis"])
    return results.loc[(assignment, section, student)]


def is_full(canvas: PracticeLms) -> bool:
    """Whether every section was read once: a section read by hint is asked twice."""
    return canvas.asked()[SUBMISSIONS] == SECTIONS


def test_without_the_setting_nothing_is_remembered_and_nothing_asked_for(canvas: PracticeLms) -> None:
    def never() -> GradebookExtract:
        raise AssertionError

    assert canvas.read(never).bookmark is None


def test_what_was_graded_since_is_laid_over_the_last_reading(canvas: PracticeLms) -> None:
    first = again(canvas, None)
    canvas.clock(NOW + dt.timedelta(days=1))
    score(canvas, 501, "s-004", score=7.5)
    canvas.asked()
    second = again(canvas, first)
    assert not is_full(canvas)
    assert row(second, "501", "s-004").score_e4 == 75_000
    assert_same(second, canvas.read())


def test_a_grade_given_in_the_second_of_the_last_reading_is_not_lost(canvas: PracticeLms) -> None:
    first = again(canvas, None)
    score(canvas, 501, "s-004", score=7.5)  # by a clock that stands still: no later than the reading
    assert row(again(canvas, first), "501", "s-004").score_e4 == 75_000


def test_what_was_handed_in_is_seen_although_nobody_graded_it(canvas: PracticeLms) -> None:
    first = again(canvas, None)
    canvas.clock(NOW + dt.timedelta(days=1))
    score(canvas, 501, "s-004", submitted_at="2026-11-17T08:00:00Z")
    second = again(canvas, first)
    assert row(second, "501", "s-004").is_submitted
    assert_same(second, canvas.read())


def test_a_grade_taken_back_stays_until_the_full_reading_heals_it(canvas: PracticeLms) -> None:
    first = again(canvas, None)
    canvas.clock(NOW + dt.timedelta(days=1))
    score(canvas, 501, "s-001", score=None)
    second = again(canvas, first)
    assert row(second, "501", "s-001").is_graded
    canvas.clock(NOW + dt.timedelta(days=7))
    canvas.asked()
    third = again(canvas, second)
    assert is_full(canvas)
    assert not row(third, "501", "s-001").is_graded
    assert_same(third, canvas.read())


def test_everything_is_read_anew_every_so_many_days_and_not_before(canvas: PracticeLms) -> None:
    last, full = None, []
    for day in range(16):
        # A night begins a little earlier or later than the one before
        canvas.clock(NOW + dt.timedelta(days=day, minutes=-day))
        canvas.asked()
        last = again(canvas, last)
        if is_full(canvas):
            full.append(day)
    assert full == [0, 7, 14]


@pytest.mark.parametrize(
    ("collection", "keys", "changes"),
    [
        ("assignments", {"id": 501}, {"due_at": "2026-12-01T04:59:00Z"}),
        ("assignments", {"id": 501}, {"overrides": [{"course_section_id": 1001, "due_at": None}]}),
        ("assignments", {"id": 501}, {"published": False}),
        ("assignments", {"id": 501}, None),
        ("assignments", {"id": 900}, {"course_id": 101, "name": "Extra"}),
        ("enrollments", {"sis_section_id": "m9-01", "sis_user_id": "s-001"}, {"end": "2026-11-02"}),
        ("enrollments", {"sis_section_id": "m9-01", "sis_user_id": "s-007"}, {"type": "StudentEnrollment"}),
        ("enrollments", {"sis_section_id": "m9-01", "sis_user_id": "s-001"}, {"state": "deleted"}),
        ("users", {"id": 10004}, {"sis_user_id": None}),
        ("sections", {"id": 1003}, {"course_id": 101}),
        ("courses", {"id": 101}, {"workflow_state": "unpublished"}),
    ],
)
def test_sections_that_changed_beside_grading_are_read_anew(
    canvas: PracticeLms, collection: str, keys: dict[str, Any], changes: Any
) -> None:
    first = again(canvas, None)
    canvas.clock(NOW + dt.timedelta(hours=2))
    canvas.edit(collection, changes, **keys)
    second = again(canvas, first)
    assert_same(second, canvas.read())
    assert_same(again(canvas, second), canvas.read())


def test_what_a_result_hangs_on_is_spelled_as_canvas_spells_it(canvas: PracticeLms) -> None:
    overrides = [("include[]", "overrides")]
    (shown, *_) = canvas.run(lambda source: source.lists.read("/api/v1/courses/101/assignments", overrides))
    assert set(RESULT_FIELDS) <= set(shown)


def test_a_new_title_needs_no_reading_anew(canvas: PracticeLms) -> None:
    first = again(canvas, None)
    canvas.edit("assignments", {"name": "Renamed"}, id=501)
    canvas.asked()
    second = again(canvas, first)
    assert canvas.asked()[SUBMISSIONS] == 2 * SECTIONS
    assert_same(second, canvas.read())


def broken(extract: GradebookExtract, **changes: Any) -> GradebookExtract:
    assert extract.bookmark is not None
    return dataclasses.replace(extract, bookmark=dataclasses.replace(extract.bookmark, **changes))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda last: dataclasses.replace(last, bookmark=None),
        lambda last: broken(last, scope="another account"),
        lambda last: broken(last, read_at=NOW + dt.timedelta(seconds=1)),
        lambda last: broken(last, full_read_at=NOW - dt.timedelta(days=7)),
        lambda last: broken(last, sections={}),
        lambda last: dataclasses.replace(last, results=last.results.drop(columns="is_posted")),
        lambda last: dataclasses.replace(last, line_items=last.line_items.drop(columns="term_lms")),
        lambda _: None,
    ],
)
def test_a_last_reading_that_does_not_fit_is_not_gone_on_from(canvas: PracticeLms, spoil: Any) -> None:
    last = again(canvas, None)
    last.results["score_e4"] = 1
    canvas.asked()
    assert_same(again(canvas, spoil(last)), canvas.read())


def test_a_row_that_the_last_reading_lacks_sends_the_section_to_be_read_anew(canvas: PracticeLms) -> None:
    first = again(canvas, None)
    lacking = dataclasses.replace(first, results=first.results[first.results.student_id_sis != "s-004"])
    score(canvas, 501, "s-004", score=7.5)
    assert_same(again(canvas, lacking), canvas.read())


def test_other_settings_are_another_reading(canvas: PracticeLms) -> None:
    first = again(canvas, None)
    canvas.asked()
    again(canvas, first, ends_after="2026-01-01T00:00:00Z")
    assert is_full(canvas)


def test_a_section_that_was_out_of_reach_is_read_whole_the_next_time(
    canvas: PracticeLms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Waiting, "seconds", lambda *_: 0.0)
    canvas.fault(do="status", code=503, path=SUBMISSIONS.format(section=1001), times=4)
    lost = again(canvas, None)
    assert lost.incomplete_sections == {"m9-01"}
    canvas.asked()
    assert_same(again(canvas, lost), canvas.read())
    assert canvas.asked()[SUBMISSIONS] == 1 + 2 * (SECTIONS - 1) + SECTIONS


def test_the_cursor_is_canvass_clock_before_the_first_page(canvas: PracticeLms) -> None:
    mark = again(canvas, None).bookmark
    assert mark is not None
    assert mark.read_at == mark.full_read_at == NOW
    assert dt.timedelta(seconds=1) < OVERLAP


STUDENTS = st.sampled_from([f"s-{n:03}" for n in range(1, 13)])
GRADING = st.one_of(
    st.tuples(st.just("score"), st.integers(0, 20)),
    st.tuples(st.just("excused"), st.just(True)),
    st.tuples(st.just("submitted_at"), st.just("2026-11-16T10:00:00Z")),
)
STEP = st.tuples(
    st.lists(st.tuples(st.sampled_from([501, 502, 504, 506, 507]), STUDENTS, GRADING), max_size=4),
    st.integers(0, 30 * 3600),
)


@settings(max_examples=10)
@given(steps=st.lists(STEP, min_size=1, max_size=3))
def test_night_after_night_the_changes_that_canvas_tells_give_the_whole(
    server_of_all: PracticeLms, steps: list[Any]
) -> None:
    server_of_all.renew()
    last, now = again(server_of_all, None), NOW
    for edits, seconds in steps:
        now += dt.timedelta(seconds=seconds)
        server_of_all.clock(now)
        for assignment, student, (name, value) in edits:
            stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
            score(server_of_all, assignment, student, **{name: stamp if name == "submitted_at" else value})
        last = again(server_of_all, last)
    whole = server_of_all.read()
    # Missing comes by the clock, which moves no instant: the full reading's part
    told, told_whole = (
        dataclasses.replace(one, results=one.results.drop(columns="is_missing")) for one in (last, whole)
    )
    assert_same(told, told_whole)


ANY = st.one_of(
    GRADING,
    st.tuples(st.just("score"), st.none()),
    st.tuples(st.just("posted_at"), st.none()),
    st.tuples(st.just("late_policy_status"), st.sampled_from(["missing", "late", "none"])),
)


@settings(max_examples=6)
@given(edits=st.lists(st.tuples(st.sampled_from([501, 502, 504, 506, 507]), STUDENTS, ANY), max_size=6))
def test_whatever_happened_the_full_reading_heals_it(server_of_all: PracticeLms, edits: list[Any]) -> None:
    server_of_all.renew()
    last = again(server_of_all, None)
    for assignment, student, (name, value) in edits:
        score(server_of_all, assignment, student, **{name: value})
    last = again(server_of_all, last)
    server_of_all.clock(NOW + dt.timedelta(days=7))
    assert_same(again(server_of_all, last), server_of_all.read())
