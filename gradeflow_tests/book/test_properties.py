"""What holds for every gradebook on every route, by rules and plan: nothing in it depends on chance.

Counts that add up and nights that rest are `core.test_plan_property`; here rows keep nothing back in silence.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gradeflow.core.planned import plan_digest
from gradeflow.rules.catalogue.rows import catalogue
from gradeflow.rules.reasons import REASONS
from gradeflow_tests.book.worlds import YEAR_BEGAN, districts, local_day, score
from gradeflow_tests.core.nights import District, Night
from gradeflow_tests.rules.small_school import ZONE

ITEM, RESULT = (
    ["lms_assignment_id", "section_id_sis"],
    ["lms_assignment_id", "section_id_sis", "student_id_sis"],
)
FEW = settings(max_examples=6)  # each lives through several nights of ten items
NIGHTS = settings(max_examples=10)
CITED = {code for row in catalogue().values() for code in row.codes}


@dataclass(frozen=True, repr=False)
class World:
    """A district and its last night; told in short, since a failure repeats it."""

    district: District
    night: Night

    def __repr__(self) -> str:
        return f"{self.district.route}, {self.district.settings}, {len(self.district.scores)} scores"


@st.composite
def second_nights(draw: st.DrawFn) -> World:
    """Draw a district after a first night and a second one, teachers at work in between."""
    district = draw(districts())
    if draw(st.booleans()):
        district.night()
        score(draw, district)
    return World(district, district.night())


def rows(frame: pd.DataFrame, key: list[str], *names: str) -> list[dict[str, Any]]:
    """Give rows in the order of their key."""
    shown = frame[[*key, *names]].astype("object").where(frame[[*key, *names]].notna(), None)
    return sorted(
        (dict(row) for _, row in shown.iterrows()), key=lambda row: [str(row[name]) for name in row]
    )


def decided(night: Night) -> dict[str, Any]:
    """Give all that a night decided, in no order."""
    judged, plan = night.judged, night.plan
    return {
        "items": rows(judged.line_items, ITEM, "verdict", "reason"),
        "results": rows(judged.results, RESULT, "verdict", "reason", "score_e4", "status", "origin"),
        "findings": rows(judged.findings, RESULT, "code", "rule_id", "outcome", "value", "threshold"),
        "told": rows(plan.findings, RESULT, "code", "outcome"),
        "held": rows(plan.holds, ["line_item_key", "result_key", "field"], "reason"),
        "counts": (plan.line_item_counts, plan.result_counts),
        "plan": plan_digest(plan),
    }


@given(second_nights())
@FEW
def test_the_order_of_rows_is_irrelevant_and_deciding_again_decides_the_same(
    world: World,
) -> None:
    district = world.district
    once, again, other = (district.night(deliver=False, order=order) for order in (1, 1, -1))
    assert decided(once) == decided(again)
    assert decided(once) == decided(other)


@given(second_nights())
@NIGHTS
def test_nothing_is_kept_back_in_silence_and_nothing_outside_the_effective_date_window_is_sent(
    world: World,
) -> None:
    district, night = world.district, world.night
    # Of an item that nothing touched since, what the night before found stays open.
    kept = [row for rows_of in district.found.values() for row in rows_of]
    told = pd.DataFrame(kept, columns=night.plan.findings.columns)
    found = pd.concat([night.judged.findings, told], ignore_index=True)
    nothing_is_silent(district, night, found)
    every_code_is_in_the_catalogue(night, found)
    all_that_goes_is_in_the_window(district, night)


def nothing_is_silent(district: District, night: Night, found: pd.DataFrame) -> None:
    """Hold that each item and each score is planned, unchanged, held or has a finding."""
    items = night.desired.line_items
    by_key = dict(zip(items["line_item_key"], items[ITEM].itertuples(index=False, name=None), strict=True))
    of_item = {tuple(one.values()) for one in rows(found, ITEM)}
    of_score = {tuple(one.values()) for one in rows(found[found["student_id_sis"].notna()], RESULT)}
    of_item_itself = {tuple(one.values()) for one in rows(found[found["student_id_sis"].isna()], ITEM)}
    planned = {tuple(one.values()) for one in rows(night.plan.line_item_changes, ITEM)}
    sent = {tuple(one.values()) for one in rows(night.plan.result_changes, RESULT)}
    held = {by_key[key] for key in (*night.plan.held_items, *(key for key, _ in night.plan.held_fields))}
    there = {by_key[key] for key, known in district.known.items() if known["version"]}
    for key in by_key.values():
        assert key in planned | of_item | held | there, key
    results = night.desired.results
    for row, result in zip(rows_in_order(results, items), results["result_key"], strict=True):
        is_told = row in of_score or row[:2] in of_item_itself
        assert row in sent or is_told or result in night.plan.held_results or result in night.stored, row


def rows_in_order(results: pd.DataFrame, items: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Name the desired results."""
    own = items.iloc[results["item_row"]]
    return list(zip(own["lms_assignment_id"], own["section_id_sis"], results["student_id_sis"], strict=True))


def every_code_is_in_the_catalogue(night: Night, found: pd.DataFrame) -> None:
    """Hold that each code can be raised and looked up, and each cited rule too."""
    codes = set(found["code"]) | set(night.plan.holds["reason"])
    assert codes <= set(REASONS)
    assert codes <= CITED
    assert set(found["rule_id"].dropna()) <= set(catalogue())
    assert {REASONS[code].outcome for code in set(night.plan.holds["reason"])} <= {"held"}


def all_that_goes_is_in_the_window(district: District, night: Night) -> None:
    """Hold that what goes was assigned on the effective date or later; where nobody knows, due then or later."""
    given_date = district.settings["effective_date"]
    effective = YEAR_BEGAN if given_date is None else dt.date.fromisoformat(given_date)
    changes, sent = night.plan.line_item_changes, night.plan.result_changes
    due_dates = dict(zip(changes["lms_assignment_id"], changes["due_date"], strict=True))
    for name in {*due_dates, *sent["lms_assignment_id"]}:
        item = district.items[name]
        assigned, due = (local_day(item[column], ZONE) for column in ("assigned_at", "due_at"))
        known = assigned or due
        if known is None and name in due_dates:  # the last day of its period then
            known = dt.date.fromisoformat(str(due_dates[name])[:10])
        assert known is None or known >= effective, name
