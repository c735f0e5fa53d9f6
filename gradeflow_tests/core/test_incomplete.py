"""A section that the LMS did not give whole: a failed read is never an empty set."""

from __future__ import annotations

from gradeflow_tests.core.nights import District
from gradeflow_tests.rules.small_school import ITEM, codes, judged

SECTION = ITEM["section_id_sis"]


def test_nothing_is_concluded_of_a_section_that_was_not_read_whole() -> None:
    found = judged(scores=[], incomplete=[SECTION])
    assert found.line_items["verdict"].tolist() == ["unknown"]
    assert codes(found) == ["LMS_INCOMPLETE"]


def test_scores_missing_from_an_unread_section_leave_the_sis_and_the_counts_alone() -> None:
    district = District()
    district.add("1", {"s1": 80_000, "s2": 90_000})
    assert district.night().results == {"created": 2}
    kept = dict(district.scores)
    district.scores.clear()
    night = district.night(incomplete=[SECTION])
    assert (night.items, night.results, night.writes) == ({"unchanged": 1}, {}, [])
    assert (night.read_sections, night.codes) == ([], set())
    district.scores |= kept
    district.give("1", "s1", 70_000)
    assert district.night().results == {"updated": 1, "unchanged": 1}
