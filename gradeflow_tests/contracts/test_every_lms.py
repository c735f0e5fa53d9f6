"""What every LMS connector must do, whatever its system."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.testing import assert_frame_equal

from gradeflow.model import frames
from gradeflow.model.points import to_e4
from gradeflow.sandbox.registry import practice_of

SILENT = {"itslearning"}  # tells of handed-in work only, never that there is none


async def read(system: Any) -> Any:
    return await system.read_gradebook()


def item(lms: Any, assignment: str, section: str) -> str:
    """Give the id that the system has for an assignment in a section: Schoology has one for each section."""
    return practice_of(lms.kind).item_id(lms.school, assignment, section)


def test_frames_keep_their_schemas(lms: Any) -> None:
    extract = lms.run(read)
    frames.checked(frames.LINE_ITEMS, extract.line_items)
    frames.checked(frames.RESULTS, extract.results)
    assert extract.incomplete_sections == frozenset()


def test_every_assignment_is_there_once_per_section(lms: Any) -> None:
    items = lms.run(read).line_items
    expected = {
        (item(lms, assignment.id, section.id), section.id)
        for assignment in lms.school.assignments
        for section in lms.school.sections
        if lms.school.has(assignment, section)
    }
    assert set(zip(items.lms_assignment_id, items.section_id_sis, strict=True)) == expected


def test_every_score_arrives_exactly_with_its_ids_untouched(lms: Any) -> None:
    results = lms.run(read).results
    results = results[results.is_graded & results.score_e4.notna()]
    found = set(zip(results.lms_assignment_id, results.student_id_sis, results.score_e4, strict=True))
    by_points = {one.id: one for one in lms.school.assignments if one.grading == "points"}
    expected = {
        (item(lms, score.assignment, section.id), score.student, to_e4(score.points))
        for score in lms.school.scores
        for section in lms.school.sections
        if score.points is not None and score.assignment in by_points and score.student in section.students
        if lms.school.has(by_points[score.assignment], section)
    }
    assert expected <= found
    assert {"000001", "1", "7 & 8/9"} <= set(results.student_id_sis)
    assert {"0901", "0902,1"} <= set(results.section_id_sis)


def test_every_student_of_a_section_has_a_row_also_without_work(lms: Any) -> None:
    results = lms.run(read).results
    key = item(lms, "501", "0901")
    mine = results[(results.lms_assignment_id == key) & (results.section_id_sis == "0901")]
    assert sorted(mine.student_id_sis) == sorted(lms.school.sections[0].students)
    idle = mine[mine.student_id_sis == "s-004"].iloc[0]
    assert pd.isna(idle.is_submitted) if lms.kind in SILENT else not idle.is_submitted
    assert not idle.is_graded
    assert pd.isna(idle.score_e4)


def test_due_dates_are_those_of_the_section(lms: Any) -> None:
    items = lms.run(read).line_items
    keys = [(item(lms, "502", section), section) for section in ("0901", "0902,1")]
    by_key = items.set_index(["lms_assignment_id", "section_id_sis"]).due_at
    quiz = by_key.loc[keys].droplevel(0)
    local = quiz.dt.tz_convert(lms.school.zone).dt.date.astype(str)
    assert local.to_dict() == {"0901": "2026-09-25", "0902,1": "2026-09-28"}


def test_reading_again_gives_the_same(lms: Any) -> None:
    one, two = lms.run(read), lms.run(read)
    item = ["lms_assignment_id", "section_id_sis"]
    for name, keys in (("line_items", item), ("results", [*item, "student_id_sis"])):
        left, right = (getattr(each, name).sort_values(keys, ignore_index=True) for each in (one, two))
        assert_frame_equal(left, right)


def test_its_name_and_its_counts_do_not_depend_on_the_run(lms: Any) -> None:
    async def work(system: Any) -> Any:
        await system.read_gradebook()
        return system.system_id, system.calls.reads, system.calls.writes

    one, two = lms.run(work), lms.run(work)
    assert one == two
    assert one[1] > 0
    assert one[2] == 0


def test_the_check_passes_on_a_system_that_works(lms: Any) -> None:
    results = lms.run(lambda system: system.check())
    assert results
    assert all(result.passed for result in results), results
