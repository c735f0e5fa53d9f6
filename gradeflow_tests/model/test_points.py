"""Exact points: what is a number, and that nothing drifts on the way."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradeflow.model.points import (
    format_e4,
    is_exact_e4,
    json_number,
    parse_decimal,
    parse_e4,
    round_e4,
    rounded_e4,
)

E4 = st.integers(-(10**13), 10**13)


@pytest.mark.parametrize(
    ("value", "e4"),
    [
        ("8", 80_000),
        ("8.0", 80_000),
        ("8.50", 85_000),
        (8.1, 81_000),
        (Decimal("8.75"), 87_500),
        ("-0.5", -5_000),
        (" 7 ", 70_000),
        (".5", 5_000),
        ("1e2", 1_000_000),
        ("0.00005", 1),
        ("-0.00005", -1),
        ("0.00004999999999999999999999999999999999", 0),
    ],
)
def test_a_number_is_read_exactly_and_rounded_half_up(value: object, e4: int) -> None:
    assert parse_e4(value) == e4


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        "B+",
        "8,5",
        "nan",
        "inf",
        "1_000",
        True,
        False,
        "1e400",
        "9" * 70,
        "1e14",
        "८",
        "--1",
        [8],
    ],
)
def test_what_is_no_number_of_points_is_none(value: object) -> None:
    assert parse_decimal(value) is None
    assert parse_e4(value) is None
    assert not is_exact_e4(value)


@pytest.mark.parametrize(
    ("value", "exact"),
    [("10.0001", True), ("10.00010", True), ("10.00001", False), ("1." + "0" * 40 + "1", False)],
)
def test_more_than_four_digits_are_not_exact(value: str, exact: bool) -> None:
    assert is_exact_e4(value) == exact


@given(E4)
def test_what_is_written_is_read_back(value: int) -> None:
    assert parse_e4(format_e4(value)) == value
    assert parse_e4(json_number(value)) == value
    assert is_exact_e4(format_e4(value))
    text = format_e4(value)
    assert not ("." in text and text.endswith(("0", ".")))


@given(E4, st.integers(0, 4))
def test_rounding_is_half_away_from_zero_and_alike_for_one_and_many(value: int, digits: int) -> None:
    quantum = Decimal(1).scaleb(-digits)
    expected = (Decimal(value) / 10_000).quantize(quantum, rounding=ROUND_HALF_UP) * 10_000
    assert round_e4(value, digits) == int(expected)
    assert rounded_e4(np.array([value]), digits).tolist() == [round_e4(value, digits)]
    assert round_e4(round_e4(value, digits), digits) == round_e4(value, digits)
