"""What the routes beyond Canvas's and Otus's make of scores: late, excused, missing, rounded."""

from __future__ import annotations

import pytest

from gradeflow_tests.rules.small_school import (
    Changes,
    codes,
    item,
    judged,
    score,
    score_verdict,
    verdict,
)

BLANK: Changes = {"score_e4": None, "is_graded": False, "is_submitted": None}


@pytest.mark.parametrize("route", ["itslearning", "campus", "eschool", "powerschool"])
@pytest.mark.parametrize("scores", [[], [score(**BLANK)]], ids=["none", "blank"])
def test_an_item_goes_before_it_has_scores(route: str, scores: list[Changes]) -> None:
    found = judged([item()], scores, route=route)
    assert verdict(found) == ("pass", None)
    assert set(found.results["verdict"]) <= {"skipped"}


@pytest.mark.parametrize(
    ("route", "changes", "expected"),
    [
        ("itslearning", {"is_late": True}, ["LATE_NOT_FLAGGED"]),
        (
            "campus",
            {"is_late": True, "score_e4": 0, "is_missing": True},
            ["LATE_NOT_FLAGGED", "MISSING_NOT_FLAGGED"],
        ),
        ("itslearning", {"is_late": None, "is_missing": None}, []),
        ("itslearning", {**BLANK, "is_late": True}, ["NO_SCORE"]),  # nothing goes, so nothing goes unflagged
        ("canvas", {"is_late": True}, []),
        ("eschool", {"is_late": True, "is_missing": True}, []),
    ],
)
def test_a_late_score_goes_without_a_flag_and_with_a_word(
    route: str, changes: Changes, expected: list[str]
) -> None:
    found = judged([item()], [score(**changes)], route=route)
    assert codes(found) == expected
    assert (score_verdict(found)[0] == "pass") == (expected != ["NO_SCORE"])


@pytest.mark.parametrize(
    ("changes", "overrides", "points"),
    [
        ({}, {}, 85_000),
        (BLANK, {}, 0),
        ({"score_e4": -1}, {}, 0),
        ({"score_e4": 100_001}, {}, 0),
        ({"score_e4": 100_001}, {"allow_extra_credit": True}, 100_001),
        ({"score_e4": 87_549}, {"score_digits": 2}, 87_500),
    ],
)
def test_where_the_sis_has_exempt_an_excused_score_keeps_its_value_and_does_not_count(
    changes: Changes, overrides: Changes, points: int
) -> None:
    found = judged([item()], [score(**changes, is_excused=True)], route="powerschool", **overrides)
    row = found.results.iloc[0]
    assert (row["score_e4"], row["status"], row["origin"]) == (points, "exempt", "excused")


@pytest.mark.parametrize("route", ["itslearning", "campus", "eschool", "oneroster"])
def test_where_excused_cannot_be_written_it_is_left_out_and_never_a_bare_zero(route: str) -> None:
    found = judged([item()], [score(is_excused=True)], route=route)
    assert score_verdict(found) == ("skipped", "EXCUSED_NOT_SENT")
    assert found.results["score_e4"].isna().all()


@pytest.mark.parametrize(("digits", "points", "told"), [(4, 87_549, []), (2, 87_500, ["SCORE_ROUNDED"])])
def test_a_score_has_the_decimals_that_its_sis_takes(digits: int, points: int, told: list[str]) -> None:
    found = judged([item()], [score(score_e4=87_549)], route="oneroster", score_digits=digits)
    assert found.results["score_e4"].tolist() == [points]
    assert codes(found) == told


def test_a_finding_on_somebody_outside_the_group_names_them() -> None:
    found = judged([item(assigned_by_sis="t2")], route="otus").findings.iloc[0]
    assert (found["code"], found["rule_id"], found["value"]) == ("ASSIGNER_NOT_IN_GROUP", "R069", "t2")
    unknown = judged([item(assigned_by_sis=None)], route="otus").findings.iloc[0]
    assert (unknown["code"], unknown["value"]) == ("ASSIGNER_NOT_IN_SIS", "u1")
