"""The three-way table: what the LMS wants, what was sent and stored, what the SIS holds: a verdict.

D (desired) is what the LMS says after the rules; `sent` is the D that was last sent, adopted or declined;
`stored` is what the SIS held after it; O (observed) is what the SIS says now. The LMS changed where D
differs from `sent`, the SIS changed where O differs from `stored`: an SIS that rounds 8.75 to 8.8 is no
teacher's edit.

TABLE is data, first row that fits wins. It is compiled once into an array over all combinations of facts, so
that millions of rows are decided by one lookup. A test walks all combinations: the table is total.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

# ---- facts: every one has a closed set of values ------------------------------------------------------

FACTS: Final[dict[str, tuple[str, ...]]] = {
    "observed": ("unread", "unreadable", "absent", "present"),  # a blank cell is absent
    "lock": ("free", "locked", "held"),  # held: an open hold for this same D
    "desired": (
        "unknown",
        "none",
        "value",
        "blank",
    ),  # blank: cleared in the LMS, and to be cleared in the SIS
    "base": ("no", "yes"),
    "is_sent": ("no", "yes"),  # D equals sent
    "is_observed": ("no", "yes"),  # D equals O
    "is_stored": ("no", "yes"),  # O equals stored
    "policy": (
        "ask",
        "sis_wins_sticky",
        "block_item",
        "lms_wins",
        "sis_wins_until_lms_changes",
        "sis_owns",  # fields that the SIS may change silently (category, R062)
        "create_only",  # fields that are sent once (category on some routes, R026)
    ),
    "recreate": ("no", "yes"),
}

SILENT = ("sis_owns", "create_only")
OF_SCORES = ("ask", "sis_wins_sticky", "block_item", "lms_wins", "sis_wins_until_lms_changes")

Pattern = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes:
        number: its number in the design (a letter where a design row has branches).
        when: fact -> the value or values it must have; facts not named may have any.
        verdict: failed, held, unchanged, none, create, adopt, update, keep.
        code: the finding or hold that goes with it.
        locks: whether the row is locked from then on.
        blocks: whether its whole line item is blocked from then on, where that is still in the SIS.
    """

    number: str
    when: Pattern
    verdict: str
    code: str | None = None
    locks: bool = False
    blocks: bool = False


WANTED: Pattern = {"lock": "free", "desired": "value"}

TABLE: tuple[Row, ...] = (
    Row("1a", {**WANTED, "base": "no", "observed": ("unread", "unreadable")}, "failed", "NOT_READ"),
    Row("1b", {**WANTED, "base": "yes", "is_sent": "no", "observed": ("unread", "unreadable")}, "failed", "NOT_READ"),
    Row("2a", {"lock": "held", "desired": "value", "observed": "present", "is_observed": "yes"}, "adopt"),
    Row("2", {"lock": ("locked", "held")}, "held"),
    Row("3", {"desired": "unknown"}, "unchanged"),
    Row("4", {"base": "no", "desired": ("none", "blank")}, "none"),
    Row("5", {"base": "no", "observed": "absent"}, "create"),
    Row("6", {"base": "no", "observed": "present", "is_observed": "yes"}, "adopt"),
    Row("7", {"base": "no", "observed": "present"}, "held", "SIS_TYPED_FIRST"),
    Row("8", {"base": "yes", "desired": "none"}, "keep", "SENT_NOW_INELIGIBLE"),
    Row("8a", {"desired": "blank", "observed": ("unread", "unreadable")}, "failed", "NOT_READ"),
    Row("8b", {"desired": "blank", "observed": "absent"}, "adopt"),
    Row("8c", {"desired": "blank", "is_stored": "yes", "policy": OF_SCORES}, "update", "SCORE_CLEARED"),
    Row("8d", {"desired": "blank", "policy": "sis_wins_sticky"}, "unchanged", "SIS_EDITED", locks=True),
    Row("8e", {"desired": "blank", "policy": "block_item"}, "unchanged", "SIS_CHANGED_ITEM", blocks=True),
    Row("8f", {"desired": "blank"}, "unchanged", "SIS_EDITED"),
    Row("9a", {"is_sent": "yes", "observed": ("unread", "unreadable")}, "unchanged"),
    Row("9b", {"is_sent": "yes", "observed": "present", "is_stored": "yes"}, "unchanged"),
    Row("10a", {"is_sent": "yes", "observed": "present", "policy": "lms_wins"}, "update"),
    Row("10b", {"is_sent": "yes", "observed": "present", "policy": SILENT}, "unchanged"),
    Row("10c", {"is_sent": "yes", "observed": "present", "policy": "sis_wins_sticky"},
        "unchanged", "SIS_EDITED", locks=True),
    Row("10g", {"is_sent": "yes", "observed": "present", "policy": "block_item"},
        "unchanged", "SIS_CHANGED_ITEM", blocks=True),
    Row("10d", {"is_sent": "yes", "observed": "present"}, "unchanged", "SIS_EDITED"),
    Row("10e", {"is_sent": "yes", "observed": "absent", "policy": "sis_wins_sticky"},
        "unchanged", "SIS_DELETED", locks=True),
    Row("10h", {"is_sent": "yes", "observed": "absent", "policy": "block_item"},
        "unchanged", "SIS_DELETED", blocks=True),
    Row("10f", {"is_sent": "yes", "observed": "absent"}, "unchanged", "SIS_DELETED"),
    Row("11a", {"is_stored": "yes", "observed": "present", "policy": "create_only"},
        "unchanged", "CATEGORY_CREATE_ONLY"),
    Row("11b", {"is_stored": "yes", "observed": "present"}, "update"),
    Row("12", {"observed": "present", "is_observed": "yes"}, "adopt"),
    Row("13a", {"observed": "absent", "recreate": "yes"}, "create"),
    Row("13c", {"observed": "absent", "policy": "block_item"}, "held", "SIS_DELETED", blocks=True),
    Row("13b", {"observed": "absent"}, "held", "SIS_DELETED"),
    Row("14a", {"observed": "present", "policy": SILENT}, "unchanged"),
    Row("14b", {"observed": "present", "policy": "ask"}, "held", "BOTH_CHANGED"),
    Row("14e", {"observed": "present", "policy": "sis_wins_sticky"}, "held", "BOTH_CHANGED", locks=True),
    Row("14d", {"observed": "present", "policy": "block_item"}, "held", "SIS_CHANGED_ITEM", blocks=True),
    Row("14c", {"observed": "present", "policy": ("lms_wins", "sis_wins_until_lms_changes")}, "update"),
)  # fmt: skip


def decide(facts: Mapping[str, str]) -> Row:
    """Find the row for one combination of facts.

    Raises:
        LookupError: none fits; the table would not be total.
    """
    for row in TABLE:
        if all(
            facts[name] in ((want,) if isinstance(want, str) else want) for name, want in row.when.items()
        ):
            return row
    raise LookupError(f"no row fits {dict(facts)}")


def combinations() -> list[dict[str, str]]:
    """Give every combination of facts, in the order of the compiled lookup."""
    names = list(FACTS)
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*FACTS.values())]


@cache
def _compiled() -> npt.NDArray[np.int8]:
    numbers = {row.number: position for position, row in enumerate(TABLE)}
    return np.array([numbers[decide(facts).number] for facts in combinations()], dtype=np.int8)


def code_of(fact: str, value: str) -> int:
    """Give the integer that stands for a fact's value in `diff`."""
    return FACTS[fact].index(value)


def diff(facts: Mapping[str, npt.NDArray[np.int64] | int]) -> npt.NDArray[np.int8]:
    """Decide many rows at once.

    Args:
        facts: for every fact of FACTS an array of its value codes (`code_of`), or one code for all rows.

    Returns:
        Shape: one position in TABLE per row.
    """
    index: npt.NDArray[np.int64] | int = 0
    for name, values in FACTS.items():
        index = index * len(values) + facts[name]
    return _compiled()[index]


def verdicts(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.object_]:
    """Name the verdict of each decided row."""
    return np.array([row.verdict for row in TABLE], dtype=object)[rows]


def codes(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.object_]:
    """Name the code that goes with each decided row; None where there is none."""
    return np.array([row.code for row in TABLE], dtype=object)[rows]


def locking(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Tell which decided rows lock."""
    return np.array([row.locks for row in TABLE], dtype=bool)[rows]


def blocking(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Tell which decided rows block their line item."""
    return np.array([row.blocks for row in TABLE], dtype=bool)[rows]
