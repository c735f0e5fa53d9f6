"""What an SIS may make of what it was sent: a score rounded or cut, a title cut.

Anything else that stands where we wrote is somebody's edit, made after our write and before we looked. It must
not be remembered as stored by us, or the next change of the LMS would pass over it.
"""

from __future__ import annotations

import unicodedata

from gradeflow.model.ledger import ResultValue
from gradeflow.model.points import DIGITS, SCALE, cut_e4, round_e4

MAYBE_UNTOLD = ("assign_date", "due_date", "period")
"""Fields that some SISs do not keep: what they do not tell of them is no edit."""

WORDS_E4 = -(10**15)
"""Stands for the score of a graded cell that holds words instead of a number: equal to nothing that we send."""


def score_seen(score_e4: int | None, status: str) -> int:
    """Give the number by which an observed cell is compared.

    >>> score_seen(None, "exempt"), score_seen(85_000, "graded"), score_seen(None, "graded") == WORDS_E4
    (0, 85000, True)
    """
    if score_e4 is not None:
        return score_e4
    return 0 if status == "exempt" else WORDS_E4


def is_taken_result(sent: ResultValue, there: ResultValue) -> bool:
    """Tell whether an SIS that was sent the one may hold the other.

    >>> sent = ResultValue(87_500, "graded")
    >>> [is_taken_result(sent, ResultValue(score, "graded")) for score in (87_500, 88_000, 87_000, 80_000, 85_000)]
    [True, True, True, True, False]
    """
    if sent.status != there.status or sent.score_e4 is None or there.score_e4 is None:
        return sent == there
    if abs(there.score_e4 - sent.score_e4) >= SCALE:
        return False
    return any(
        there.score_e4 in (round_e4(sent.score_e4, digits), cut_e4(sent.score_e4, digits))
        for digits in range(DIGITS + 1)
    )


def taken_result(sent: ResultValue, there: ResultValue) -> ResultValue:
    """Give what counts as stored: what is there if it is ours, else what was sent."""
    return there if is_taken_result(sent, there) else sent


def is_taken_field(name: str, sent: str | None, there: str | None) -> bool:
    """Tell the same of a line item's field; only titles are cut, and some fields are not told.

    >>> is_taken_field("title", "Essay on Frost", "Essay"), is_taken_field("title", "Essay", "Test")
    (True, False)
    >>> is_taken_field("assign_date", "2026-10-01", None), is_taken_field("points", "100000", None)
    (True, False)
    """
    if there is None and name in MAYBE_UNTOLD:
        return True
    if name != "title" or sent is None or there is None:
        return sent == there
    full, cut = (unicodedata.normalize("NFC", text).strip() for text in (sent, there))
    return full == cut or (bool(cut) and full.startswith(cut))


def taken_field(name: str, sent: str | None, there: str | None) -> str | None:
    """Give what counts as stored of a field."""
    return there if there is not None and is_taken_field(name, sent, there) else sent
