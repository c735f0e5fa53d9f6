"""What judging promises for any gradebook at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from gradeflow.model.joins import locate
from gradeflow.rules.item_facts import item_facts
from gradeflow.rules.judge import ITEM_KEY, RESULT_KEY, Judged, judge, passes
from gradeflow.rules.reasons import REASONS
from gradeflow.rules.rulebook import Grain, rules_of, schema_of
from gradeflow.rules.score_facts import score_facts
from gradeflow_tests.rules.small_school import (
    NOW,
    ROUTES,
    Row,
    at,
    district,
    extract,
    item,
    judged,
    profile,
    score,
    usual_reference,
)

# The routes with the most grades by themselves, the others taken in turn.
TURNS = [("canvas",), ("otus",), tuple(name for name in ROUTES if name not in ("canvas", "otus"))]
NAMES = ["canvas", "otus", "others"]
TURN = st.integers(0, 59)
CHOSEN: Row = {"categories": [{"item": "0", "sis": "Homework"}, {"item": "1", "section": "A", "sis": "Gone"}]}
SECTIONS, STUDENTS = ("A", "B", "Z"), ("s1", "s2", "gone")
FLAG = st.sampled_from([True, True, False, None])
RARELY = st.sampled_from([False, False, False, True, None])
WHEN = st.sampled_from(
    [
        None,
        *(
            at(day)
            for day in ("2026-08-16 09:00", "2026-10-30 23:59", "2026-11-09 09:00", "2027-01-25 00:00")
        ),
    ]
)
ITEMS = st.fixed_dictionaries(
    {
        "section_id_sis": st.sampled_from(SECTIONS),
        "title": st.sampled_from(["", "Essay", "Essay ", "x" * 31, "x" * 49, "x" * 50, "x" * 51]),
        "kind": st.sampled_from(["assignment", "quiz", "test", "ungraded"]),
        "category_lms": st.sampled_from([None, "Homework", "Labs", "Quiz"]),
        "points_possible_e4": st.sampled_from([None, -10_000, 0, 100_000, 105_000]),
        "points_text": st.sampled_from([None, None, "1.00001"]),
        "grading": st.sampled_from(["points", "points", "standards", "letter", "not_graded"]),
        "is_published": FLAG,
        "is_selected": FLAG,
        "is_in_final_grade": FLAG,
        "assigned_at": WHEN,
        "due_at": WHEN,
        "everyone_due_at": WHEN,
        "has_everyone": FLAG,
        "has_section_dates": RARELY,
        "is_section_named": FLAG,
        "is_individual": RARELY,
        "assigned_by_sis": st.sampled_from(["t1", "t1", "t2", "admin", None]),
        "created_at": WHEN,
        "assigned_basis": st.sampled_from(["assigned", "created"]),
        "term_lms": st.sampled_from(["q1", "q2", "q2", "winter", None]),
        "is_rostered": FLAG,
        "is_passback_enabled": FLAG,
    }
)
SCORES = st.fixed_dictionaries(
    {
        "student_id_sis": st.sampled_from(STUDENTS),
        "score_e4": st.sampled_from([None, -1, 0, 85_000, 100_000, 100_001]),
        "score_text": st.sampled_from([None, None, "B+"]),
        "is_graded": FLAG,
        "is_submitted": FLAG,
        "is_excused": RARELY,
        "is_excluded": RARELY,
        "is_missing": RARELY,
        "is_late": RARELY,
        "is_posted": FLAG,
        "is_enrolled": FLAG,
        "has_own_due": RARELY,
        "own_due_at": WHEN,
    }
)


@st.composite
def gradebooks(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Up to four line items, good and bad, and up to eight results of them or of nothing."""
    items = [item(lms_assignment_id=str(n), **draw(ITEMS)) for n in range(draw(st.integers(0, 4)))]
    scores: dict[tuple[str, str, str], Row] = {}
    for drawn in draw(st.lists(SCORES, max_size=8)):
        number = str(draw(st.integers(0, 4)))
        section = next((one["section_id_sis"] for one in items if one["lms_assignment_id"] == number), "A")
        row = score(lms_assignment_id=number, section_id_sis=section, **drawn)
        scores[number, section, row["student_id_sis"]] = row
    return items, list(scores.values())


def _by_key(frame: pd.DataFrame, key: list[str]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    names = [name for name in ("verdict", "reason", "score_e4", "status", "origin") if name in frame]
    plain = frame[[*key, *names]].astype(object).where(frame[[*key, *names]].notna(), None)
    return {
        tuple(row[: len(key)]): tuple(row[len(key) :]) for row in plain.itertuples(index=False, name=None)
    }


def _findings(found: Judged) -> list[tuple[Any, ...]]:
    plain = found.findings.astype(object).where(found.findings.notna(), None)
    return sorted(plain.itertuples(index=False, name=None), key=str)


@pytest.mark.parametrize("routes", TURNS, ids=NAMES)
@given(gradebook=gradebooks(), turn=TURN)
def test_every_row_ends_in_exactly_one_verdict_and_says_why(
    routes: tuple[str, ...], gradebook: tuple[list[Row], list[Row]], turn: int
) -> None:
    items, scores = gradebook
    found = judged(items, scores, route=routes[turn % len(routes)], settings=CHOSEN)
    for frame, rows, key in ((found.line_items, items, ITEM_KEY), (found.results, scores, RESULT_KEY)):
        assert [tuple(row[name] for name in key) for row in rows] == list(
            frame[key].itertuples(index=False, name=None)
        )
        assert set(frame["verdict"]) <= {"pass", "skipped", "rejected"}
        stays = frame["verdict"] != "pass"
        assert (frame["reason"].notna() == stays).all()
        reasons = frame.loc[stays, "reason"].map(lambda code: REASONS[code].outcome)
        assert (reasons == frame.loc[stays, "verdict"]).all()
    going = found.results["verdict"] == "pass"
    assert (found.results["score_e4"].notna() == going).all()
    assert set(found.results.loc[going, "status"]) <= {"graded", "exempt"}
    assert set(found.findings["code"]) <= set(REASONS)


@pytest.mark.parametrize("routes", TURNS, ids=NAMES)
@given(gradebook=gradebooks(), turn=TURN, random=st.randoms(use_true_random=False))
def test_the_order_of_the_extract_is_irrelevant_and_judging_again_says_the_same(
    routes: tuple[str, ...], gradebook: tuple[list[Row], list[Row]], turn: int, random: Any
) -> None:
    items, scores = gradebook
    local: dict[str, Any] = {"route": routes[turn % len(routes)], "settings": CHOSEN}
    one = judged(items, scores, **local)
    other = judged(random.sample(items, len(items)), random.sample(scores, len(scores)), **local)
    for frame, again, key in (
        (one.line_items, other.line_items, ITEM_KEY),
        (one.results, other.results, RESULT_KEY),
    ):
        assert _by_key(frame, key) == _by_key(again, key)
    assert _findings(one) == _findings(other)


@pytest.mark.parametrize("routes", TURNS, ids=NAMES)
@given(gradebook=gradebooks(), turn=TURN)
def test_a_row_that_was_not_meant_to_go_is_never_told_what_to_fix(
    routes: tuple[str, ...], gradebook: tuple[list[Row], list[Row]], turn: int
) -> None:
    found = judged(*gradebook, route=routes[turn % len(routes)], settings=CHOSEN)
    keys = found.findings[RESULT_KEY].astype(object).where(found.findings[RESULT_KEY].notna(), None)
    outcomes: dict[tuple[Any, ...], set[str]] = {}
    for key, outcome in zip(keys.itertuples(index=False, name=None), found.findings["outcome"], strict=True):
        outcomes.setdefault(key, set()).add(outcome)
    assert all(len({"skipped", "rejected"} & seen) <= 1 for seen in outcomes.values())
    assert all(seen == {"noted"} or "noted" not in seen for seen in outcomes.values())


def _named_by_pandera(facts: pd.DataFrame, route: str, grain: Grain) -> set[tuple[str, int]]:
    try:
        schema_of(profile(route), grain).validate(facts, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        assert cases["index"].notna().all(), "a check raised"
        return set(zip(cases["check"], cases["index"].astype(int), strict=True))
    return set()


@pytest.mark.parametrize("routes", TURNS, ids=NAMES)
@given(gradebook=gradebooks(), turn=TURN)
def test_evaluating_checks_column_by_column_names_the_rows_that_lazy_validation_names(
    routes: tuple[str, ...], gradebook: tuple[list[Row], list[Row]], turn: int
) -> None:
    route = routes[turn % len(routes)]
    book = extract(*gradebook, route=route)
    made, sis, local = profile(route), usual_reference(), district(route=route, **CHOSEN)
    facts = item_facts(book, sis, local, made.values, NOW)
    facts["is_first_of_name"] = ~facts.duplicated(["section_id_sis", "title"])
    position = locate(book.results, facts, ITEM_KEY)
    known = position >= 0
    scores = score_facts(book.results[known], facts, position[known], sis, local, made.values, NOW)
    grains: list[tuple[Grain, pd.DataFrame]] = [("line_item", facts), ("result", scores)]
    for grain, frame in grains:
        ours = {
            (rule.code, int(row))
            for rule, check in rules_of(made, grain)
            for row in np.flatnonzero(~passes(check, frame[rule.column]))
        }
        assert ours == _named_by_pandera(frame, route, grain)


def test_a_check_that_raises_is_a_defect_and_not_bad_data() -> None:
    def broken(series: pd.Series) -> pd.Series:
        raise ZeroDivisionError(len(series))

    with pytest.raises(ZeroDivisionError):
        passes(pa.Check(broken), pd.Series([1]))


def test_a_finding_says_which_value_missed_which_threshold_by_which_rule() -> None:
    found = judged([item(title="x" * 51)]).findings.iloc[0]
    assert (found["rule_id"], found["value"], found["threshold"], found["owner"]) == (
        "R114",
        "51",
        "50",
        "teacher",
    )
    assert judged([item(title="x" * 50)], route="otus").findings.iloc[0]["rule_id"] == "R044"


def test_judging_leaves_what_it_was_given_alone() -> None:
    book, sis = extract([item(title=" Essay ")]), usual_reference()
    items, scores = book.line_items.copy(deep=True), book.results.copy(deep=True)
    judge(book, sis, district(), profile(), NOW, names_sent=None)
    pd.testing.assert_frame_equal(book.line_items, items)
    pd.testing.assert_frame_equal(book.results, scores)
