"""The reference that the Aeries connector reads, and what it promises of itself, over real HTTP."""

from __future__ import annotations

import pytest

from gradeflow.errors import PermanentError, SourceDataError
from gradeflow_tests.sis.vendor_practice import SECTION, Vendor, agrees_with_the_school


def test_the_reference_speaks_in_the_ids_that_the_lms_carries(aeries: Vendor) -> None:
    found = aeries.run(lambda system: system.read_reference())
    agrees_with_the_school(found, aeries.school)
    assert list(found.grading_periods.period_id_sis) == [period.id for period in aeries.school.periods]
    left = found.enrolments[found.enrolments.student_id_sis == "s-006"].iloc[0]
    assert (str(left.begin_date.date()), str(left.end_date.date())) == ("2026-08-31", "2026-10-16")
    lab = found.categories[found.categories.title == "Lab"]
    assert list(lab.section_id_sis) == ["sci-01"]
    assert set(found.categories[found.categories.section_id_sis == SECTION].title) == {
        "Homework",
        "Quiz",
        "Test",
    }


def test_the_sites_own_numbers_are_the_usual_ids(aeries: Vendor) -> None:
    own = dict.fromkeys(("section_id", "student_id", "teacher_id", "period_id"))
    found = aeries.run(lambda system: system.read_reference(), **own)
    assert "994_1001" in set(found.sections.section_id_sis)
    assert "99400001" in set(found.students.student_id_sis)
    assert "994601" in set(found.teachers.teacher_id_sis)
    assert list(found.grading_periods.period_id_sis) == ["994_1", "994_2", "994_3", "994_4"]


def test_students_are_paged_to_the_end(aeries: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradeflow.sis.aeries_v5_reader.STUDENT_PAGE", 5)
    found = aeries.run(lambda system: system.read_reference())
    assert set(found.students.student_id_sis) == set(aeries.school.students)
    assert aeries.count("/aeries/api/v5/schools/{school}/students") == 4  # the last one is empty


def test_two_sections_with_one_id_are_not_guessed_apart(aeries: Vendor) -> None:
    with pytest.raises(SourceDataError, match="two sections get the same id by section_id"):
        aeries.run(lambda system: system.read_reference(), section_id="{SchoolCode}")
    with pytest.raises(SourceDataError, match="are they spelled as the vendor does"):
        aeries.run(lambda system: system.read_reference(), section_id="{Nothing}")


def test_another_database_year_is_asked_for_with_every_call(aeries: Vendor) -> None:
    assert aeries.run(lambda system: system.read_reference(), database_year=2026) is not None
    with pytest.raises(PermanentError, match="DatabaseYear"):
        aeries.run(lambda system: system.read_reference(), database_year=2025)
