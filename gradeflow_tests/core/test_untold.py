"""What an SIS does not keep, and cells that hold words: neither is an edit, nor a number."""

from __future__ import annotations

import pytest

from gradeflow_tests.core.nights import District


def test_words_in_a_cell_are_not_taken_for_the_zero_that_shall_go() -> None:
    district = District()
    district.add("1", {"s1": 0})
    district.night()
    district.give("1", "s1", 50_000)
    district.night()
    district.in_sis("1").cells["s1"] = [(None, "graded")]
    district.give("1", "s1", 0)
    night = district.night()
    assert night.held == {"BOTH_CHANGED"}
    assert night.results.get("adopted", 0) == 0


@pytest.mark.parametrize("field", ["assign_date", "due_date", "period"])
def test_a_field_that_the_sis_does_not_keep_is_no_edit_of_it(field: str) -> None:
    district = District()
    district.add("1", {"s1": 50_000})
    district.night()
    district.in_sis("1").fields[field] = None
    district.give("1", "s1", 60_000)
    night = district.night()
    assert night.writes == [("s1", "update", "1")]
    assert {code for code, _ in night.codes} & {"SIS_EDITED", "BOTH_CHANGED"} == set()
