"""The reference that the connector of PowerTeacher Pro reads, on a practice PowerSchool over real HTTP."""

from __future__ import annotations

import pandas as pd
import pytest

from gradeflow.errors import PermanentError, SourceDataError
from gradeflow_tests.sis.vendor_practice import (
    LEFT,
    OTHER,
    SECTION,
    Vendor,
    agrees_with_the_school,
    items,
    reference,
)


def test_the_reference_speaks_in_the_ids_that_the_lms_carries(xte: Vendor) -> None:
    found = xte.run(reference)
    agrees_with_the_school(found, xte.school)
    assert list(found.grading_periods.period_id_sis) == ["y36", *(period.id for period in xte.school.periods)]
    assert set(found.teachers.teacher_id_sis) == {"t-100", "t-200", "t-300"}
    left = found.enrolments[found.enrolments.student_id_sis == LEFT].iloc[0]
    assert (str(left.begin_date.date()), str(left.end_date.date())) == ("2026-08-31", "2026-10-16")


def test_a_section_ends_with_its_own_schools_term(xte: Vendor) -> None:
    ends = xte.run(reference).sections.set_index("section_id_sis")["end_date"]
    assert {str(day.date()) for day in ends} == {str(xte.school.end)}
    quarter = {"termid": 3602}
    xte.edit(collection="SECTIONS", key=5001, set=quarter)
    xte.edit(collection="SECTIONS", key=5002, set={**quarter, "schoolid": 200})
    ends = xte.run(reference).sections.set_index("section_id_sis")["end_date"]
    by_key = dict(zip((5001, 5002), ends, strict=False))
    assert str(by_key[5001].date()) == str(xte.school.periods[1].end)
    assert pd.isna(by_key[5002])


def test_a_category_is_offered_where_its_teacher_has_it_and_the_section_is_not_left_out(xte: Vendor) -> None:
    categories = xte.run(reference).categories
    lab = categories[categories.title == "Lab"]
    assert dict(zip(lab.section_id_sis, lab.is_active, strict=True)) == {SECTION: False, "sci-01": True}
    assert set(categories[categories.section_id_sis == OTHER].title) == {"Homework", "Quiz", "Test"}


def test_the_servers_own_numbers_are_the_usual_ids(xte: Vendor) -> None:
    own = dict.fromkeys(("section_id", "student_id", "period_id"))
    found = xte.run(reference, **own)
    assert set(found.sections.section_id_sis) == {"5001", "5002", "5003"}
    assert "100001" in set(found.students.student_id_sis)
    by_id = xte.run(reference, section_id="{schoolid}_{id}", student_id="{dcid}")
    assert "100_1001" in set(by_id.sections.section_id_sis)
    assert "30001" in set(by_id.students.student_id_sis)


def test_tables_are_paged_to_the_end(xte: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradeflow.sis.powerschool_xte_reader.PAGE_SIZE", 5)
    found = xte.run(reference)
    assert set(found.students.student_id_sis) == set(xte.school.students)


def test_a_table_that_gives_fewer_rows_than_it_counts_is_not_used(xte: Vendor) -> None:
    xte.fault(
        do="status", code=200, body='{"count": 900}', path="/ws/schema/table/STUDENTS/count", times=None
    )
    with pytest.raises(PermanentError, match="counts 900 rows but gave 12") as caught:
        xte.run(reference)
    assert caught.value.code == "LIST_INCOMPLETE"


def test_two_sections_with_one_id_are_not_guessed_apart(xte: Vendor) -> None:
    with pytest.raises(SourceDataError, match="two sections get the same id by section_id"):
        xte.run(reference, section_id="{termid}")


def test_a_section_without_a_lead_teacher_says_so(xte: Vendor) -> None:
    xte.edit(collection="SECTIONS", key=5001, set={"teacher": None})
    with pytest.raises(PermanentError, match="has no lead teacher") as caught:
        xte.run(items)
    assert caught.value.code == "TEACHER_MISSING"
    assert xte.run(items, acting_teacher=802).empty
    assert not xte.run(reference).sections.empty
