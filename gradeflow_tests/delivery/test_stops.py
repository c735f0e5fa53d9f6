"""What stops a night that other things stand behind than a teacher's grades: new rules, a restored SIS, no group."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from gradeflow.core.breakers import unready
from gradeflow.core.planned import Planned
from gradeflow.rules.categories import CategoryMap
from gradeflow.rules.reasons import REASONS
from gradeflow.rules.rule_set import rule_set, rules_digest
from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import MemorySis
from gradeflow_tests.rules.small_school import district, profile, usual_reference

SCORES = {"s1": 50_000, "s2": 60_000, "s3": 70_000}
NOW_IS = rules_digest("canvas-skyward", "{}")


def stops(planned: Planned) -> list[str]:
    return [verdict.name for verdict in planned.stopped_by]


def one(planned: Planned, name: str) -> str:
    return next(verdict.message for verdict in planned.stopped_by if verdict.name == name)


@pytest.fixture
def school(tmp_path: Path) -> School:
    made = School(tmp_path, MemorySis(), rules=NOW_IS)
    made.add("1", SCORES)
    made.add("2", SCORES)
    return made


@pytest.mark.parametrize(
    ("before", "named"),
    [("0123456789ab:" + "f" * 64, "0123456789ab"), ("f" * 64, "an earlier one")],
    ids=["another rule set", "a row of an earlier version"],
)
def test_the_first_plan_under_another_rule_set_waits_for_a_person(
    school: School, before: str, named: str
) -> None:
    school.rules = before
    school.night()
    assert stops(school.breakers()) == []  # nothing to write, nothing to look at
    school.give("1", "s1", 51_000)
    planned = school.breakers()
    assert stops(planned) == ["reviewed"]
    told = one(planned, "reviewed")
    assert f"from {named} to {rule_set()}" in told
    assert f"gradeflow sync lincoln --plan {planned.digest[:12]}" in told
    assert stops(school.breakers(frozenset({"reviewed"}))) == ["reviewed"]
    assert stops(school.breakers(approved=planned.digest)) == []


def test_a_rule_set_under_which_something_was_sent_is_no_longer_new(school: School) -> None:
    school.rules = "0123456789ab:" + "f" * 64
    school.night()
    school.give("1", "s1", 51_000)
    school.rules = NOW_IS
    approved = school.breakers().digest
    school.approved = approved
    school.night()
    school.approved = None
    school.give("1", "s1", 52_000)
    assert stops(school.breakers()) == []


def test_a_districts_own_setting_is_no_new_rule_set(school: School) -> None:
    school.rules = rules_digest("canvas-skyward", '{"title_max": 20}')
    school.night()
    school.give("1", "s1", 51_000)
    assert stops(school.breakers()) == []


def test_before_anything_was_sent_no_rule_set_is_new(school: School) -> None:
    assert stops(school.breakers()) == []


# ---- an effective date that was moved ----


def under(date: dt.date | None) -> str:
    return rules_digest("canvas-skyward", "{}", date)


@pytest.mark.parametrize(
    ("was", "waits"),
    [
        (dt.date(2026, 9, 1), True),
        (dt.date(2026, 8, 18), True),
        (dt.date(2026, 8, 17), False),  # as it is
        (dt.date(2026, 8, 1), False),  # moved to a later day
        (None, False),
    ],
)
def test_the_first_plan_that_reaches_further_back_waits_for_a_person(
    school: School, was: dt.date | None, waits: bool
) -> None:
    school.rules = under(was)
    school.night()
    assert stops(school.breakers()) == []  # nothing to write, nothing to look at
    school.give("1", "s1", 51_000)
    planned = school.breakers()
    assert stops(planned) == (["reviewed"] if waits else [])
    if waits:
        assert f"moved back from {was} to 2026-08-17" in one(planned, "reviewed")
        assert stops(school.breakers(approved=planned.digest)) == []


def test_once_it_was_sent_the_earlier_date_is_the_districts_own(school: School) -> None:
    school.rules = under(dt.date(2026, 9, 1))
    school.night()
    school.give("1", "s1", 51_000)
    school.rules, school.approved = under(dt.date(2026, 8, 17)), school.breakers().digest
    school.night()
    school.approved = None
    school.give("1", "s1", 52_000)
    assert stops(school.breakers()) == []


# ---- a restored SIS ----


def lower(school: School, *students: str, title: str = "Work 1") -> None:
    cells = school.sis.state.cells[school.sis.key_of(title)]
    for student in students:
        cells[student] = (cells[student][0], 10_000, "graded")


@pytest.fixture
def restored(school: School) -> School:
    """Two of the three scores of a line item stand otherwise than they were stored; the third is about to change."""
    school.overrides = {"breaker_minimum": 2, "breaker_share_changed": 1.0}
    school.night()
    lower(school, "s1", "s2")
    school.give("1", "s3", 71_000)
    return school


def test_many_scores_that_are_no_longer_what_the_sis_stored_stop_the_night(restored: School) -> None:
    planned = restored.breakers()
    assert stops(planned) == ["sis_moved"]
    assert one(planned, "sis_moved").startswith("2 of 3 scores read back")
    assert stops(restored.breakers(frozenset({"sis_moved"}))) == []


def test_a_line_item_that_is_gone_counts_with_all_its_scores(restored: School) -> None:
    restored.sis.state.items.pop(restored.sis.key_of("Work 1"))
    assert one(restored.breakers(), "sis_moved").startswith("3 of 3 scores")


def test_fewer_than_the_minimum_stop_nothing(restored: School) -> None:
    restored.overrides["breaker_minimum"] = 3
    assert stops(restored.breakers()) == []


def test_a_small_share_stops_nothing(restored: School) -> None:
    restored.overrides["breaker_share_moved"] = 0.7
    assert stops(restored.breakers()) == []


def test_edits_that_are_known_already_are_not_counted_again(restored: School) -> None:
    restored.overrides["breaker_minimum"] = 50
    assert restored.night().codes == {"SIS_EDITED": 2}
    restored.overrides["breaker_minimum"] = 1
    restored.give("1", "s3", 72_000)
    assert stops(restored.breakers()) == []
    lower(restored, "s3")
    assert one(restored.breakers(), "sis_moved").startswith("1 of 1 scores")


# ---- the passback group ----


def test_a_district_whose_group_is_empty_is_not_ready_where_the_route_sends_for_a_group() -> None:
    nobody = district(route="otus", teachers=[])
    rules = profile("otus")
    mapped = CategoryMap((), usual_reference().categories, rules.values)
    told = unready(nobody, rules, mapped, clears_results=True)
    assert any(REASONS["TEACHER_GROUP_EMPTY"].cause in sentence for sentence in told)
    assert not any(
        "group" in sentence
        for sentence in unready(district(route="otus"), rules, mapped, clears_results=True)
    )
    without = replace(rules, values=rules.values.model_copy(update={"teacher_group": False}))
    assert not any("group" in sentence for sentence in unready(nobody, without, mapped, clears_results=True))
