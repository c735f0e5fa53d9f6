"""What the Schoology connector reads of a gradebook, with ids that break careless code."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from gradeflow_tests.lms.practice_schoology import (
    LETTER,
    MATH_1,
    MATH_2,
    QUIZ,
    RATIOS,
    SCIENCE,
    Schoology,
    item,
    result,
)


def test_an_assignment_is_an_item_of_its_own_in_each_section(schoology: Schoology) -> None:
    extract = schoology.read()
    quizzes = extract.line_items[extract.line_items.title == "Unit 1 quiz"].set_index("section_id_sis")
    assert quizzes.lms_assignment_id.is_unique
    assert quizzes.due_at["m9-01"] != quizzes.due_at["m9-02"]
    assert set(quizzes.due_basis) == {"item"}
    assert quizzes.term_lms["m9-01"] == "13001"
    assert (quizzes.kind["m9-01"], quizzes.kind_raw["m9-01"]) == ("quiz", "assessment")
    assert quizzes.is_rostered.all()


def test_due_times_are_the_districts_unless_schoology_has_another_zone(schoology: Schoology) -> None:
    assert item(schoology.read(), RATIOS).due_at == pd.Timestamp("2026-09-18T23:59:00-04:00")
    west = schoology.read(zone="America/Los_Angeles")
    assert item(west, RATIOS).due_at == pd.Timestamp("2026-09-18T23:59:00-07:00")


def test_unrostered_uncategorised_unpublished_and_uncounted_items_say_so(schoology: Schoology) -> None:
    schoology.edit(collection="sections", id=MATH_1, set={"synced": "0"})
    schoology.edit(
        collection="grade_items",
        id=RATIOS,
        set={"grading_category": "0", "count_in_grade": 0, "grading_period": "0", "due": ""},
    )
    schoology.edit(collection="grade_items", id=QUIZ, set={"published": 0})
    extract = schoology.read()
    ratios, other = item(extract, RATIOS), item(extract, LETTER)
    assert (ratios.is_rostered, ratios.is_in_final_grade, other.is_in_final_grade) == (False, False, True)
    assert all(pd.isna(ratios[name]) for name in ("category_lms", "term_lms", "due_at"))
    assert other.category_lms == "Test"
    assert (item(extract, QUIZ).is_published, QUIZ in set(extract.results.lms_assignment_id)) == (
        False,
        False,
    )


def test_a_factor_and_a_category_that_drops_its_lowest_are_told(schoology: Schoology) -> None:
    before = item(schoology.read(), RATIOS)
    assert (before.factor_e4, before.is_droppable) == (10_000, False)
    schoology.edit(collection="grade_items", id=RATIOS, set={"factor": "1.5"})
    category = schoology.category_of(RATIOS)
    schoology.edit(collection="grading_categories", id=category, set={"drop_lowest": 1})
    after = item(schoology.read(), RATIOS)
    assert (after.factor_e4, after.is_droppable) == (15_000, True)
    assert not item(schoology.read(), LETTER).is_droppable


def test_an_item_for_single_students_has_only_their_results(schoology: Schoology) -> None:
    group = {"section_id": 4318001, "title": "G", "members": [44783003]}
    schoology.edit(collection="grading_groups", id=971, set=group)
    schoology.edit(
        collection="grade_items", id=RATIOS, set={"assignees": [44783002], "grading_group_ids": [971]}
    )
    extract = schoology.read()
    ratios = item(extract, RATIOS)
    assert (ratios.is_individual, ratios.has_everyone, item(extract, QUIZ).is_individual) == (
        True,
        False,
        False,
    )
    mine = extract.results[extract.results.lms_assignment_id == RATIOS]
    assert set(mine.student_id_sis) == {"s-001", "s-002"}


def test_states_of_work_are_separate_facts(schoology: Schoology) -> None:
    for student, exception in (("s-004", 3), ("s-005", 2)):
        schoology.edit(
            collection="grades", assignment_id=RATIOS, school_uid=student, set={"exception": exception}
        )
    extract = schoology.read()
    excused, late = result(extract, RATIOS, "s-002"), result(extract, RATIOS, "s-003")
    missing, incomplete = result(extract, RATIOS, "s-004"), result(extract, RATIOS, "s-005")
    assert (excused.is_excused, excused.is_graded, excused.is_missing) == (True, False, False)
    assert (late.is_late, late.is_submitted, late.is_graded, late.score_e4) == (True, True, True, 80_000)
    assert (missing.is_missing, missing.is_excused, missing.is_graded) == (True, False, False)
    assert (incomplete.is_missing, incomplete.is_excused, incomplete.is_graded) == (False, False, False)
    assert all(pd.isna(one.score_e4) for one in (excused, missing, incomplete))
    assert not result(extract, RATIOS, "s-006").is_enrolled  # has left
    assert late.is_enrolled
    assert late.is_posted
    assert late.graded_at == pd.Timestamp("2026-09-27T12:00:00-04:00")


def test_a_mark_that_nobody_documents_is_left_out_and_counted(schoology: Schoology) -> None:
    before = schoology.read()
    schoology.edit(collection="grades", assignment_id=RATIOS, school_uid="s-001", set={"exception": 4})
    extract = schoology.read()
    assert extract.left_out == {"EXCEPTION_UNKNOWN": 1}
    assert len(extract.results) == len(before.results) - 1
    assert "s-001" not in set(extract.results[extract.results.lms_assignment_id == RATIOS].student_id_sis)
    assert extract.incomplete_sections == frozenset()


def test_letters_stored_as_numbers_do_not_become_points(schoology: Schoology) -> None:
    extract = schoology.read()
    letter = result(extract, LETTER, "s-001")
    assert (item(extract, LETTER).grading, letter.score_text, letter.is_graded) == ("letter", "A-", True)
    assert pd.isna(letter.score_e4)
    schoology.edit(collection="grade_items", id=LETTER, set={"grading_scale": "96033"})
    schoology.edit(collection="grades", assignment_id=LETTER, school_uid="s-001", set={"grade": "two points"})
    level = result(schoology.read(), LETTER, "s-001")
    assert (level.score_text, pd.isna(level.score_e4)) == ("two points", True)


def test_hidden_grades_are_unknown_to_the_api_and_pending_ones_are_no_score(schoology: Schoology) -> None:
    field_notes = "43180030000507"
    extract = schoology.read()
    assert pd.isna(result(extract, field_notes, "s-001").is_posted)
    assert not result(extract, field_notes, "s-002").is_graded
    assert result(extract, field_notes, "s-002").is_submitted
    schoology.edit(collection="grades", assignment_id=field_notes, school_uid="s-001", set={"pending": 1})
    pending = result(schoology.read(), field_notes, "s-001")
    assert (pending.is_graded, pd.isna(pending.score_e4)) == (False, True)


def test_a_draft_was_not_handed_in_and_only_a_dropbox_tells(schoology: Schoology) -> None:
    schoology.edit(collection="submissions", assignment_id=RATIOS, school_uid="s-004", set={"draft": 1})
    extract = schoology.read()
    assert not result(extract, RATIOS, "s-004").is_submitted
    assert pd.isna(result(extract, QUIZ, "s-004").is_submitted)
    assert pd.isna(result(schoology.read(submissions=False), RATIOS, "s-001").is_submitted)


def test_what_the_sis_does_not_know_is_counted_and_not_routed(schoology: Schoology) -> None:
    schoology.edit(collection="sections", id=SCIENCE, set={"section_school_code": ""})
    schoology.edit(collection="users", school_uid="s-001", set={"school_uid": ""})
    extract = schoology.read()
    assert extract.left_out == {"SECTION_WITHOUT_SIS_ID": 1, "STUDENT_WITHOUT_SIS_ID": 6}
    assert set(extract.line_items.section_id_sis) == {"m9-01", "m9-02"}


def test_teachers_edits_are_read(schoology: Schoology) -> None:
    schoology.edit(collection="grades", assignment_id=RATIOS, school_uid="s-001", set={"grade": 4.25})
    schoology.edit(collection="grade_items", id=RATIOS, set={"title": "Ratios", "max_points": "12.5"})
    schoology.edit(collection="grade_items", id=QUIZ, set=None)
    extract = schoology.read()
    assert result(extract, RATIOS, "s-001").score_e4 == 42_500
    assert (item(extract, RATIOS).title, item(extract, RATIOS).points_possible_e4) == ("Ratios", 125_000)
    assert QUIZ not in set(extract.line_items.lms_assignment_id)


def test_sections_are_read_for_a_while_after_their_last_period(schoology: Schoology) -> None:
    later = dt.datetime(2027, 7, 20, tzinfo=dt.UTC)
    schoology.control("POST", "clock", {"now": later.isoformat()})

    async def at(source: Any) -> Any:
        source.today = later.date()
        return await source.read_gradebook()

    assert len(schoology.run(at).line_items) > 0
    assert len(schoology.run(at, past_days=31).line_items) == 0  # Quarter 4 ended on 18 June


def test_only_one_building_may_pass_back(schoology: Schoology) -> None:
    assert len(schoology.read(building="344002").line_items) > 0
    assert len(schoology.read(building="1").line_items) == 0


def test_the_check_passes_and_names_what_is_wrong(schoology: Schoology) -> None:
    def check(**more: Any) -> Any:
        return schoology.run(lambda source: source.check(), **more)

    assert [one.passed for one in check()] == [True] * 5
    zone = check(zone="America/Los_Angeles")[-1]
    assert (zone.passed, "write zone: America/New_York" in zone.detail) == (False, True)
    for section in (MATH_1, MATH_2, SCIENCE):
        schoology.edit(collection="sections", id=section, set={"section_school_code": ""})
    assert "section school code" in check()[-1].detail
    schoology.fault(do="status", code=403, path="/gradingperiods", times=None)
    last = check()[-1]
    assert (last.name, last.passed) == ("rights to the whole school", False)


def test_its_name_holds_no_key_and_may_be_given(schoology: Schoology) -> None:
    async def name(source: Any) -> str:
        return str(source.system_id)

    assert schoology.run(name) == f"schoology:127.0.0.1:{schoology.spec.port}/v1"
    assert schoology.run(name, system_id="lincoln") == "lincoln"
