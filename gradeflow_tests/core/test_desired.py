"""Desired values: their digest says whether anything has to be looked at."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from gradeflow.core.desired import key_desired
from gradeflow_tests.core.nights import District
from gradeflow_tests.rules.small_school import at


def a_district() -> District:
    district = District()
    district.add("1", {"s1": 50_000, "s2": 60_000, "s3": 70_000})
    district.add("2", {"s1": 50_000})
    return district


def _digests(district: District, order: int = 1) -> dict[str, str]:
    desired = district.night(deliver=False, order=order).desired
    return dict(zip(desired.line_items["lms_assignment_id"], desired.digests, strict=True))


def test_another_order_is_the_same_digest() -> None:
    district = a_district()
    assert _digests(district) == _digests(district, order=-1)


CHANGES: dict[str, Callable[[District], object]] = {
    "score": lambda d: d.give("1", "s2", 60_001),
    "two scores swapped": lambda d: (d.give("1", "s1", 60_000), d.give("1", "s2", 50_000)),
    "status": lambda d: d.give("1", "s2", 0, is_excused=True),
    "reason": lambda d: d.give("1", "s2", None),
    "another reason": lambda d: d.give("1", "s2", None, is_missing=True),
    "title": lambda d: d.items["1"].update(title="Renamed"),
    "due date": lambda d: d.items["1"].update(due_at=at("2026-11-17 23:59")),
    "category": lambda d: d.items["1"].update(category_lms="Quiz"),
    "points": lambda d: d.items["1"].update(points_possible_e4=110_000),
    "eligibility": lambda d: d.items["1"].update(is_selected=False),
    "one result less": lambda d: d.scores.pop(("1", "s2")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_change_is_another_digest_of_that_item_alone(change: str) -> None:
    district = a_district()
    before = _digests(district)
    CHANGES[change](district)
    after = _digests(district)
    assert after["1"] != before["1"]
    assert after["2"] == before["2"]


def test_another_attempt_with_the_same_score_is_the_same_digest() -> None:
    district = a_district()
    district.give("1", "s2", 60_000, attempt=1)
    before = _digests(district)
    district.give("1", "s2", 60_000, attempt=2)
    assert _digests(district) == before


def test_the_same_nothing_for_another_reason_is_another_digest() -> None:
    district = a_district()
    district.give("1", "s2", None, is_missing=True)
    missing = _digests(district)
    district.give("1", "s2", None, is_late=True)
    assert _digests(district)["1"] != missing["1"]


def test_what_does_not_reach_the_sis_changes_no_digest() -> None:
    district = a_district()
    before = _digests(district)
    district.items["1"]["kind"] = "quiz"
    district.give("1", "s1", 50_000, is_late=True)
    assert _digests(district) == before


def test_another_policy_is_another_digest() -> None:
    night = a_district().night(deliver=False)
    keys = night.desired.line_items[["lms_assignment_id", "section_id_sis", "line_item_key", "line_item_id"]]
    students = night.desired.results.set_index("student_id_sis")["student_key"]
    students = students[~students.index.duplicated()]
    one, other = (key_desired(night.judged, keys, students, policy).digests for policy in ("ask", "lms_wins"))
    assert not set(one) & set(other)


def test_a_student_without_key_is_a_defect() -> None:
    night = a_district().night(deliver=False)
    keys = night.desired.line_items[["lms_assignment_id", "section_id_sis", "line_item_key", "line_item_id"]]
    students = night.desired.results.set_index("student_id_sis")["student_key"].iloc[:1]
    with pytest.raises(LookupError, match="has a key"):
        key_desired(copy.deepcopy(night.judged), keys, students, "ask")


def test_only_items_in_scope_are_desired() -> None:
    night = a_district().night(deliver=False)
    keys = night.desired.line_items[["lms_assignment_id", "section_id_sis", "line_item_key", "line_item_id"]]
    students = night.desired.results.set_index("student_id_sis")["student_key"]
    students = students[~students.index.duplicated()]
    some = key_desired(night.judged, keys[keys["lms_assignment_id"] == "2"], students, "ask")
    assert some.line_items["lms_assignment_id"].tolist() == ["2"]
    assert len(some.results) == 1
