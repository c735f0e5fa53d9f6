"""Schoology's grading scales: what a letter that a teacher types is stored as.

Source: developers.schoology.com, Grading Scales and Grade ("letter-grades ... will be converted to numeric
values upon save"), read 2026-11. The levels are those of its sample scale; the second scale is one that a school
would make.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

LETTERS, PASS_FAIL, LEVELS = 1, 96001, 96033
_LETTERS = {
    "F": 0,
    "D-": 60,
    "D": 63,
    "D+": 67,
    "C-": 70,
    "C": 73,
    "C+": 77,
    "B-": 80,
    "B": 83,
    "B+": 87,
    "A-": 90,
    "A": 93,
    "A+": 97,
}
_PASS_FAIL = {"incomplete": 0, "complete": 100}


def _percent_scale(number: int, title: str, levels: dict[str, int]) -> dict[str, Any]:
    shown = [{"grade": name, "cutoff": cutoff, "average": cutoff} for name, cutoff in levels.items()]
    flags = {"auto_averaging": 0, "hide_numeric": 0}
    return {"id": number, "title": title, "type": 1, **flags, "scale": {"level": shown}}


SCALES: tuple[dict[str, Any], ...] = (
    _percent_scale(LETTERS, "Classic five point chromatic", _LETTERS),
    _percent_scale(PASS_FAIL, "Complete or not", _PASS_FAIL),
    {
        "id": LEVELS,
        "title": "points scale",
        "type": 3,
        "auto_averaging": 0,
        "hide_numeric": 1,
        "scale": {
            "level": [
                {"points": 3, "description": "three points"},
                {"points": 2, "description": "two points"},
                {"points": 1, "description": "one point"},
            ]
        },
    },
)


def points_of(scale: int, typed: str, max_points: Decimal) -> Decimal | None:
    """Convert what a teacher typed to the number that is stored; None where the scale has no such level."""
    found = next((one for one in SCALES if one["id"] == scale), None)
    for level in found["scale"]["level"] if found else ():
        if typed == level.get("grade"):
            return Decimal(level["average"]) * max_points / 100
        if typed == level.get("description"):
            return Decimal(level["points"])
    return None
