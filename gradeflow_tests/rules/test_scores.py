"""Every rule about a single score, and what it shall be in the SIS."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from gradeflow_tests.rules.small_school import (
    at,
    codes,
    item,
    judged,
    reference,
    score,
    score_verdict,
    verdict,
)

BLANK = {"score_e4": None, "is_graded": False, "is_submitted": None}
UNSUBMITTED = {**BLANK, "is_submitted": False}
EXCUSED = {"is_excused": True}
CASES: list[tuple[str, str, Mapping[str, Any], str, str | None]] = [
    # route, what, changes, verdict, reason
    ("canvas", "8.5 of 10", {}, "pass", None),
    ("canvas", "0 is a score", {"score_e4": 0}, "pass", None),
    ("canvas", "the maximum", {"score_e4": 100_000}, "pass", None),
    ("canvas", "above the maximum", {"score_e4": 100_001}, "rejected", "SCORE_ABOVE_MAX"),
    ("canvas", "negative", {"score_e4": -1}, "rejected", "SCORE_NEGATIVE"),
    ("canvas", "text", {"score_e4": None, "score_text": "B+"}, "rejected", "SCORE_NOT_NUMERIC"),
    ("otus", "text", {"score_e4": None, "score_text": "complete"}, "rejected", "SCORE_NOT_NUMERIC"),
    ("canvas", "blank", BLANK, "skipped", "NO_SCORE"),
    ("canvas", "missing and 0", {"score_e4": 0, "is_missing": True}, "pass", None),
    ("canvas", "missing and blank", {**BLANK, "is_missing": True}, "rejected", "MISSING_WITHOUT_SCORE"),
    ("canvas", "late and 8.5", {"is_late": True}, "pass", None),
    ("canvas", "late and blank", {**BLANK, "is_late": True}, "rejected", "LATE_WITHOUT_SCORE"),
    ("canvas", "missing, late and blank", {**BLANK, "is_late": True, "is_missing": True},
     "rejected", "MISSING_WITHOUT_SCORE"),
    ("otus", "missing and blank", {**BLANK, "is_missing": True}, "skipped", "NOT_GRADED"),
    ("otus", "scored, not graded", {"is_graded": False}, "skipped", "NOT_GRADED"),
    ("otus", "unknown whether graded", {"is_graded": None}, "skipped", "NOT_GRADED"),
    ("canvas", "scored, not graded", {"is_graded": False}, "pass", None),
    ("otus", "excluded", {"is_excluded": True}, "skipped", "SCORE_EXCLUDED"),
    ("otus", "excluded and excused", {"is_excluded": True, **EXCUSED}, "skipped", "SCORE_EXCLUDED"),
    ("otus", "excused", EXCUSED, "skipped", "EXCUSED_NOT_SENT"),
    ("canvas", "excused", EXCUSED, "pass", None),
    ("canvas", "excused and blank", {**BLANK, **EXCUSED}, "pass", None),
    ("canvas", "excused with an old score above the maximum", {"score_e4": 120_000, **EXCUSED}, "pass", None),
    ("canvas", "excused with an old score below zero", {"score_e4": -1, **EXCUSED}, "pass", None),
    ("canvas", "excused and missing", {**BLANK, **EXCUSED, "is_missing": True}, "pass", None),
    ("canvas", "hidden", {"is_posted": False}, "rejected", "NOT_POSTED"),
    ("canvas", "unknown whether posted", {"is_posted": None}, "pass", None),
    ("canvas", "hidden and blank", {**BLANK, "is_posted": False}, "skipped", "NO_SCORE"),
    ("canvas", "not enrolled in the LMS", {"is_enrolled": False}, "skipped", "NOT_ENROLLED"),
    ("canvas", "unknown to the SIS", {"student_id_sis": "gone"}, "skipped", "NOT_ENROLLED"),
    ("canvas", "not enrolled and negative", {"student_id_sis": "gone", "score_e4": -1}, "skipped", "NOT_ENROLLED"),
]  # fmt: skip
BESIDE = score(student_id_sis="s3")  # so that the item has a graded score


def _only(found: Any) -> pd.Series:
    return found.results[found.results["student_id_sis"] != "s3"].iloc[0]


@pytest.mark.parametrize(
    ("route", "what", "changes", "verdict", "reason"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES]
)
def test_a_score_meets_its_rule(
    route: str, what: str, changes: Mapping[str, Any], verdict: str, reason: str | None
) -> None:
    del what
    row = _only(judged([item()], [score(**changes), BESIDE], route=route))
    assert (row["verdict"], None if pd.isna(row["reason"]) else row["reason"]) == (verdict, reason)
    assert pd.isna(row["score_e4"]) == (verdict != "pass")


@pytest.mark.parametrize(
    ("changes", "overrides", "points", "status", "origin"),
    [
        ({}, {}, 85_000, "graded", "typed"),
        ({"score_e4": 0}, {}, 0, "graded", "typed"),
        (EXCUSED, {}, 0, "exempt", "excused"),
        ({"score_e4": 120_000}, {"allow_extra_credit": True}, 120_000, "graded", "typed"),
        ({"score_e4": 87_549}, {"score_digits": 2}, 87_500, "graded", "typed"),
        ({"score_e4": 87_550}, {"score_digits": 2}, 87_600, "graded", "typed"),
        ({"score_e4": 85_000}, {"score_digits": 0}, 90_000, "graded", "typed"),
        ({"is_posted": False}, {"require_posted": False}, 85_000, "graded", "typed"),
    ],
)
def test_what_passes_is_a_value_a_status_and_an_origin(
    changes: Mapping[str, Any], overrides: Mapping[str, Any], points: int, status: str, origin: str
) -> None:
    row = judged([item()], [score(**changes)], **overrides).results.iloc[0]
    assert (row["score_e4"], row["status"], row["origin"]) == (points, status, origin)


def test_a_score_that_is_rounded_is_told() -> None:
    assert codes(judged([item()], [score(score_e4=87_549)], score_digits=2)) == ["SCORE_ROUNDED"]
    assert codes(judged([item()], [score(score_e4=87_500)], score_digits=2)) == []


# ---- automatic zeros (R049) ----

DUE = at("2026-11-19 23:59")
ZERO = ("pass", None)


@pytest.mark.parametrize(
    ("what", "changes", "now", "expected"),
    [
        ("due 23:59, run at 00:30", {}, "2026-11-20 00:30", ZERO),
        ("the very minute", {}, "2026-11-19 23:59", ("skipped", "NOT_GRADED")),
        ("within that minute", {}, "2026-11-19 23:59:30", ("skipped", "NOT_GRADED")),
        ("the first instant of the next day", {}, "2026-11-20 00:00", ZERO),
        ("before it is due", {}, "2026-11-19 03:30", ("skipped", "NOT_GRADED")),
        ("turned in", {"is_submitted": True}, "2026-11-20 00:30", ("skipped", "NOT_GRADED")),
        ("unknown whether turned in", {"is_submitted": None}, "2026-11-20 00:30", ("skipped", "NOT_GRADED")),
        ("excluded", {"is_excluded": True}, "2026-11-20 00:30", ("skipped", "SCORE_EXCLUDED")),
        ("excused", {"is_excused": True}, "2026-11-20 00:30", ("skipped", "EXCUSED_NOT_SENT")),
        ("text", {"score_text": "see me"}, "2026-11-20 00:30", ("rejected", "SCORE_NOT_NUMERIC")),
    ],
)
def test_only_an_explicit_not_submitted_past_due_becomes_zero(
    what: str, changes: Mapping[str, Any], now: str, expected: tuple[str, str | None]
) -> None:
    del what
    row = _only(
        judged([item(due_at=DUE)], [score(**{**UNSUBMITTED, **changes}), BESIDE], route="otus", now=at(now))
    )
    assert (row["verdict"], None if pd.isna(row["reason"]) else row["reason"]) == expected
    if expected == ZERO:
        assert (row["score_e4"], row["status"], row["origin"]) == (0, "graded", "auto_zero")


FACTS = {
    f"{n}": dict(
        zip(("is_submitted", "is_excluded", "is_excused", "has_score", "is_late_comer"), facts, strict=True)
    )
    for n, facts in enumerate(itertools.product([False, True, None], *[[False, True]] * 4))
}  # by student, one for each combination


@pytest.mark.parametrize("is_past", [False, True])
def test_no_other_combination_gives_an_automatic_zero(is_past: bool) -> None:
    def begun(facts: Mapping[str, bool | None]) -> str:
        return "2026-11-20" if facts["is_late_comer"] else "2026-08-17"

    def given(facts: Mapping[str, bool | None]) -> Mapping[str, Any]:
        told = {name: facts[name] for name in ("is_submitted", "is_excluded", "is_excused")}
        has_score = facts["has_score"]
        return {"score_e4": 70_000 if has_score else None, "is_graded": has_score, **told}

    enrolments = [
        {"student_id_sis": student, "section_id_sis": "A", "begin_date": begun(facts)}
        for student, facts in FACTS.items()
    ]
    beside = {"student_id_sis": BESIDE["student_id_sis"], "section_id_sis": "A"}
    sis = reference(enrolments=[*enrolments, beside], students=[*FACTS, BESIDE["student_id_sis"]])
    rows = [score(student_id_sis=student, **given(facts)) for student, facts in FACTS.items()]
    now = at("2026-11-20 03:30") if is_past else at("2026-11-19 03:30")
    found = judged([item(due_at=DUE)], [*rows, BESIDE], route="otus", now=now, sis=sis)
    zeros = set(found.results["student_id_sis"][found.results["origin"] == "auto_zero"])
    due = {
        student
        for student, facts in FACTS.items()
        if facts["is_submitted"] is False and not any(list(facts.values())[1:])
    }
    assert len(due) == 1
    assert zeros == (due if is_past else set())
    assert codes(found).count("AUTO_ZERO") == len(zeros)


@pytest.mark.parametrize(
    ("begin", "reason"),
    [("2026-11-19", None), ("2026-11-20", "ENROLLED_AFTER_DUE"), (None, "ENROLMENT_DATE_UNKNOWN")],
)
def test_who_came_after_the_due_date_or_nobody_knows_when_gets_no_automatic_zero(
    begin: str | None, reason: str | None
) -> None:
    sis = reference(enrolments=[{"student_id_sis": "s1", "section_id_sis": "A", "begin_date": begin}])
    found = judged(
        [item(due_at=DUE)], [score(**UNSUBMITTED)], route="otus", sis=sis, now=at("2026-11-20 03:30")
    )
    assert score_verdict(found)[1] == reason


@pytest.mark.parametrize(
    ("own", "now", "reason"),
    [
        ({"has_own_due": True, "own_due_at": at("2026-11-24 23:59")}, "2026-11-20 03:30", "NOT_GRADED"),
        ({"has_own_due": True, "own_due_at": at("2026-11-24 23:59")}, "2026-11-24 23:59", "NOT_GRADED"),
        ({"has_own_due": True, "own_due_at": at("2026-11-24 23:59")}, "2026-11-25 00:00", None),
        ({"has_own_due": True, "own_due_at": at("2026-11-10 23:59")}, "2026-11-12 03:30", None),
        ({"has_own_due": True, "own_due_at": None}, "2026-12-24 03:30", "NOT_GRADED"),
        ({"has_own_due": False, "own_due_at": None}, "2026-11-20 03:30", None),
        ({"has_own_due": None, "own_due_at": None}, "2026-11-20 03:30", None),
    ],
)
def test_a_zero_comes_after_the_students_own_due_date_where_there_is_one(
    own: Mapping[str, Any], now: str, reason: str | None
) -> None:
    found = judged([item(due_at=DUE)], [score(**UNSUBMITTED, **own), BESIDE], route="otus", now=at(now))
    row = _only(found)
    assert (row["verdict"] == "pass") == (reason is None)
    assert (None if pd.isna(row["reason"]) else row["reason"]) == reason
    # Alone, it is what makes the item worth sending or not.
    alone = judged([item(due_at=DUE)], [score(**UNSUBMITTED, **own)], route="otus", now=at(now))
    assert verdict(alone) == (("pass", None) if reason is None else ("skipped", "NOT_GRADED"))


@pytest.mark.parametrize(("begin", "reason"), [("2026-11-24", None), ("2026-11-25", "ENROLLED_AFTER_DUE")])
def test_who_came_before_their_own_due_date_did_not_come_too_late(begin: str, reason: str | None) -> None:
    sis = reference(enrolments=[{"student_id_sis": "s1", "section_id_sis": "A", "begin_date": begin}])
    own = {"has_own_due": True, "own_due_at": at("2026-11-24 23:59")}
    row = score(**UNSUBMITTED, **own)
    found = judged([item(due_at=DUE)], [row], route="otus", sis=sis, now=at("2026-11-26 03:30"))
    assert score_verdict(found)[1] == reason


def test_a_route_without_automatic_zeros_gives_none() -> None:
    row = _only(judged([item(due_at=DUE)], [score(**UNSUBMITTED), BESIDE]))
    assert (row["verdict"], row["reason"]) == ("skipped", "NO_SCORE")


# ---- is anything scored yet ----


@pytest.mark.parametrize(
    ("route", "scores", "code"),
    [
        ("canvas", [], "NO_SCORES_YET"),
        ("canvas", [score(**BLANK)], "NO_SCORES_YET"),
        ("canvas", [score(score_e4=0)], None),
        ("canvas", [score(**BLANK) | {"is_excused": True}], None),
        ("otus", [], "NOT_GRADED"),
        ("otus", [score(is_graded=False)], "NOT_GRADED"),
        ("otus", [score(**UNSUBMITTED)], None),
        ("otus", [score(**UNSUBMITTED) | {"is_excluded": True}], "NOT_GRADED"),
    ],
)
def test_an_item_goes_once_there_is_something_to_send(
    route: str, scores: list[Any], code: str | None
) -> None:
    found = judged([item()], scores, route=route)
    assert (verdict(found)[0] == "pass") == (code is None)
    assert verdict(found)[1] == code


# ---- who sits in the section ----


@pytest.mark.parametrize(
    ("enrolment", "is_in"),
    [
        ({}, True),
        ({"end_date": "2026-11-21"}, True),
        ({"end_date": "2026-11-20"}, False),  # the end date is the first day no longer there
        ({"begin_date": "2026-11-20"}, True),
        ({"begin_date": "2026-11-21"}, False),
        ({"is_active": False}, False),
    ],
)
def test_a_leaver_is_gone_on_the_day_that_the_enrolment_ends(
    enrolment: Mapping[str, Any], is_in: bool
) -> None:
    sis = reference(enrolments=[{"student_id_sis": "s1", "section_id_sis": "A", **enrolment}])
    assert score_verdict(judged(sis=sis)) == (("pass", None) if is_in else ("skipped", "NOT_ENROLLED"))


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        pytest.param(("A", "B"), "now in B", id="the score goes there now"),
        pytest.param(("A",), "False", id="the LMS has it in the old section only"),
        pytest.param(("A", "B", "C"), "now in B, C", id="in two sections now"),
    ],
)
def test_a_score_that_a_student_left_behind_names_the_section_where_it_goes_now(
    rows: tuple[str, ...], value: str
) -> None:
    moved = [{"student_id_sis": "s1", "section_id_sis": section} for section in ("B", "C")]
    stays = [{"student_id_sis": "s2", "section_id_sis": section} for section in ("A", "B")]
    sis = reference(sections=("A", "B", "C"), enrolments=[*moved, *stays])
    scores = [score(section_id_sis=section) for section in rows] + [score(student_id_sis="s2")]
    found = judged([item(section_id_sis=section) for section in ("A", "B", "C")], scores, sis=sis)
    told = found.findings[found.findings["code"] == "NOT_ENROLLED"]
    assert told[["section_id_sis", "student_id_sis", "value"]].to_numpy().tolist() == [["A", "s1", value]]


def test_one_assignment_in_two_sections_of_one_student_is_sent_twice_and_told() -> None:
    found = judged([item(), item(section_id_sis="B")], [score(), score(section_id_sis="B")])
    assert found.results["verdict"].tolist() == ["pass", "pass"]
    assert codes(found) == ["STUDENT_IN_TWO_SECTIONS"] * 2
