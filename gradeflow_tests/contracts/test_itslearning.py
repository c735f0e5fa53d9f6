"""itslearning's data warehouse: what it does not say stays unknown, and what it cannot give is told."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gradeflow.errors import SourceDataError
from gradeflow_tests.contracts.itslearning_calls import (
    MERGED,
    STATUSES,
    USER_5004,
    grade,
    line_item,
    read,
    refusal,
    result,
)


def test_zero_is_a_score_only_where_the_status_says_graded(itslearning: Any) -> None:
    waiting = result(itslearning.run(read), "507", "1")
    assert (pd.isna(waiting.score_e4), waiting.is_graded, waiting.is_submitted) == (True, False, True)
    grade(itslearning, Score=0.0)
    row = result(itslearning.run(read))
    assert (row.score_e4, row.is_graded) == (0, True)


def test_a_status_that_nobody_explained_is_left_alone_and_told(itslearning: Any) -> None:
    grade(itslearning, AssessmentStatusId=77)
    extract = itslearning.run(read)
    rows = extract.results
    assert rows[(rows.lms_assignment_id == "501") & (rows.student_id_sis == USER_5004)].empty
    assert extract.left_out == {"ASSESSMENT_STATUS_UNKNOWN": 1}
    assert extract.incomplete_sections == {"0901"}
    told = {one.name: one for one in itslearning.run(lambda system: system.check())}["meaning of statuses"]
    assert not told.passed
    assert "77 (1 grades)" in told.detail


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        ("graded", {"is_graded"}),
        ("submitted", {"is_submitted"}),
        (["graded", "missing"], {"is_graded", "is_missing"}),
        ("excluded", {"is_excluded"}),
        ("excused", {"is_excused"}),
        (["late", "submitted"], {"is_late", "is_submitted"}),
        ("none", set()),
        ("not_submitted", set()),
    ],
)
def test_a_status_means_what_the_district_says(itslearning: Any, words: Any, flags: set[str]) -> None:
    grade(itslearning, AssessmentStatusId=9, SubmittedDate=None)
    row = result(itslearning.run(read, statuses={**STATUSES, "9": words}))
    names = ("is_graded", "is_submitted", "is_missing", "is_late", "is_excused", "is_excluded")
    assert {name for name in names if not pd.isna(row[name]) and row[name]} == flags
    assert pd.isna(row.score_e4) == ("is_graded" not in flags)
    is_told = words == "not_submitted" or "is_submitted" in flags
    assert pd.isna(row.is_submitted) != is_told


def test_the_attempts_are_those_that_itslearning_counts(itslearning: Any) -> None:
    grade(itslearning, NumberOfAttempts=3)
    extract = itslearning.run(read)
    assert result(extract).attempt == 3
    assert pd.isna(result(extract, student="s-004").attempt)


def test_late_is_what_came_after_the_deadline(itslearning: Any) -> None:
    extract = itslearning.run(read)
    assert result(extract, student="s-003").is_late
    assert not result(extract).is_late
    assert pd.isna(result(extract, student="s-004").is_late)


def test_steps_of_other_scales_are_words_and_no_points(itslearning: Any) -> None:
    extract = itslearning.run(read)
    assert line_item(extract, "503").grading == "letter"
    assert result(extract, "503").score_text == "A-"
    assert line_item(extract).grading == "points"
    assert pd.isna(result(extract).score_text)
    other = itslearning.run(read, score_scales=["A-F"])
    assert (line_item(other).grading, line_item(other, "503").grading) == ("letter", "points")


def test_an_item_without_a_scale_is_not_taken_for_points(itslearning: Any) -> None:
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 501}, set={"AssessmentScaleId": None})
    assert line_item(itslearning.run(read)).grading == "unknown"


def test_a_term_goes_by_the_id_of_the_sis_where_it_came_from_there(itslearning: Any) -> None:
    assert line_item(itslearning.run(read)).term_lms == "q1-2026"
    itslearning.edit(entity="Terms", match={"TermId": 301}, set={"ExternalTermId": None})
    assert line_item(itslearning.run(read)).term_lms == "301"
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 501}, set={"TermId": None})
    assert pd.isna(line_item(itslearning.run(read)).term_lms)


def test_a_merged_course_has_its_item_in_every_section_and_each_student_in_theirs(itslearning: Any) -> None:
    extract = itslearning.run(read)
    items = extract.line_items[extract.line_items.lms_assignment_id == "501"]
    assert sorted(items.section_id_sis) == ["0901", "0902,1"]
    assert set(items.course_id_lms) == {MERGED}
    rows = extract.results[extract.results.lms_assignment_id == "501"]
    found = rows.groupby("section_id_sis").student_id_sis.apply(set).to_dict()
    assert found == {one.id: set(one.students) for one in itslearning.school.sections[:2]}


def test_who_made_an_item_and_from_when_it_is_open_is_told(itslearning: Any) -> None:
    item = line_item(itslearning.run(read))
    assert (item.assigned_by_lms, item.assigned_by_sis, item.assigned_basis) == ("5001", "t-100", "unlock")
    assert (item.is_rostered, item.is_passback_enabled) == (True, True)
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 501}, set={"ActiveFrom": None})
    assert line_item(itslearning.run(read)).assigned_basis == "created"


def test_deleted_items_and_courses_are_gone_and_strange_courses_counted(itslearning: Any) -> None:
    itslearning.edit(
        entity="LearningItems", match={"LearningItemId": 501}, set={"LearningItemStatus": "TrashCan"}
    )
    itslearning.edit(entity="Courses", match={"CourseId": 1004}, set={"CourseStatus": "Deleted"})
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 508}, set={"CourseId": 4711})
    extract = itslearning.run(read)
    assert set(extract.line_items.lms_assignment_id) == {"502", "900000001", "503", "504", "505"}
    assert extract.left_out == {"SECTION_WITHOUT_SIS_ID": 1}


@pytest.mark.parametrize(
    ("entity", "match", "column"),
    [
        ("Courses", {"CourseId": 1001}, "CourseStatus"),
        ("LearningItems", {"LearningItemId": 501}, "LearningItemStatus"),
    ],
)
@pytest.mark.parametrize("word", ["Visible", None])
def test_a_state_that_nobody_knows_is_not_taken_for_deleted(
    itslearning: Any, entity: str, match: dict[str, int], column: str, word: str | None
) -> None:
    itslearning.edit(entity=entity, match=match, set={column: word})
    error = refusal(itslearning, SourceDataError)
    assert (error.code, column in str(error)) == ("LMS_RECORD_INVALID", True)


def test_columns_are_the_sites_own(itslearning: Any) -> None:
    error = refusal(itslearning, SourceDataError, items={"deadline": "DeadlineUtc"})
    assert error.code == "LMS_COLUMNS_MISSING"
    assert "LearningItems has no column DeadlineUtc; it has ActiveFrom, " in str(error)
    (told,) = [
        one
        for one in itslearning.run(lambda system: system.check(), items={"deadline": "DeadlineUtc"})
        if not one.passed
    ]
    assert told.name == "columns of LearningItems"
    without = itslearning.run(
        read, items={"deadline": None, "max_score": None, "type": None, "creator": None}
    )
    item = line_item(without)
    assert (item.due_basis, item.kind, pd.isna(item.points_possible_e4)) == ("none", "other", True)


def test_times_are_read_on_the_clock_that_the_district_names(itslearning: Any) -> None:
    assert line_item(itslearning.run(read)).due_at == pd.Timestamp("2026-09-19T03:59:00Z")
    assert line_item(itslearning.run(read, times="district")).due_at == pd.Timestamp("2026-09-19T07:59:00Z")


def test_who_has_left_is_told_and_still_has_grades(itslearning: Any) -> None:
    seat = {"CourseId": int(MERGED), "UserId": 5004}
    itslearning.edit(entity="CourseMemberships", match=seat, set={"ValidTo": "2026-10-01T00:00:00"})
    row = result(itslearning.run(read))
    assert (row.is_enrolled, row.score_e4) == (False, 90_000)
    itslearning.edit(entity="CourseMemberships", match=seat, set=None)
    row = result(itslearning.run(read))
    assert (row.is_enrolled, row.score_e4) == (False, 90_000)
