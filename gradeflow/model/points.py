"""Exact points: fixed-point integers in ten-thousandths (`_e4`), never floats.

A float cannot hold 8.1, and a score that drifts by one bit would look like a teacher's edit.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

SCALE: Final = 10_000
DIGITS: Final = 4
# Python's own reading also takes "1_000", "nan" and the digits of every script; nobody types a score so.
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_MAX_LENGTH: Final = 64
_EXACT: Final = Context(prec=2 * _MAX_LENGTH, rounding=ROUND_HALF_UP)  # the usual 28 digits would round twice
_MAX_EXPONENT: Final = 13  # ten-thousandths of anything larger do not fit into an int64


def parse_decimal(value: object) -> Decimal | None:
    """Read a number as the other side wrote it: `8`, `8.0`, `"8.50"`; None where it is no number of points.

    Booleans are not numbers here although Python thinks so, and what is too large to be stored is none either.
    """
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    if len(text) > _MAX_LENGTH or _NUMBER.fullmatch(text) is None:
        return None
    number = Decimal(text)
    return number if number.is_zero() or number.adjusted() <= _MAX_EXPONENT else None


def parse_count(value: object) -> int | None:
    """Read which of several something is: a whole number from 1 on; None for anything else.

    >>> parse_count(2), parse_count("3.0"), parse_count(0), parse_count(None)
    (2, 3, None, None)
    """
    number = parse_decimal(value)
    return None if number is None or number < 1 or number % 1 else int(number)


def to_e4(number: Decimal) -> int:
    """Round half up (away from zero) to ten-thousandths."""
    return int(_EXACT.multiply(number, Decimal(SCALE)).quantize(Decimal(1), context=_EXACT))


def parse_e4(value: object) -> int | None:
    """Parse and round in one step; None where the value is no number."""
    number = parse_decimal(value)
    return None if number is None else to_e4(number)


def is_exact_e4(value: object) -> bool:
    """Tell whether a number has at most four decimal digits, so that nothing is lost in `_e4`."""
    number = parse_decimal(value)
    return number is not None and _EXACT.multiply(number, Decimal(SCALE)) % 1 == 0


def round_e4(value_e4: int, digits: int) -> int:
    """Round half up (away from zero) to `digits` decimal digits, staying in ten-thousandths.

    >>> round_e4(87_500, 0), round_e4(87_549, 2), round_e4(-5_000, 0)
    (90000, 87500, -10000)
    """
    step: int = 10 ** (DIGITS - digits)
    sign = -1 if value_e4 < 0 else 1
    return sign * ((abs(value_e4) + step // 2) // step) * step


def cut_e4(value_e4: int, digits: int) -> int:
    """Cut (towards zero) to `digits` decimal digits, staying in ten-thousandths.

    >>> cut_e4(87_500, 0), cut_e4(87_549, 2), cut_e4(-5_000, 0)
    (80000, 87500, 0)
    """
    step: int = 10 ** (DIGITS - digits)
    return abs(value_e4) // step * step * (-1 if value_e4 < 0 else 1)


def rounded_e4(values_e4: npt.NDArray[np.int64], digits: int) -> npt.NDArray[np.int64]:
    """Do the same for many."""
    if digits == DIGITS:
        return values_e4
    step = 10 ** (DIGITS - digits)
    rounded: npt.NDArray[np.int64] = np.sign(values_e4) * ((np.abs(values_e4) + step // 2) // step * step)
    return rounded


def format_e4(value_e4: int) -> str:
    """Write the shortest exact decimal text.

    >>> format_e4(85_000), format_e4(100_0000), format_e4(-1)
    ('8.5', '100', '-0.0001')
    """
    number = Decimal(value_e4) / SCALE
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def json_number(value_e4: int) -> int | float:
    """Give what JSON carries: an int where whole, else the float that prints as exactly these digits."""
    return value_e4 // SCALE if value_e4 % SCALE == 0 else float(format_e4(value_e4))
