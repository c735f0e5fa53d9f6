"""What an SIS may make of what it was sent: a score rounded or cut, a title cut.

Anything else that stands where we wrote is somebody's edit, made after our write and before we looked. It must
not be remembered as stored by us, or the next change of the LMS would pass over it.
"""

from __future__ import annotations

import unicodedata

from gradeflow.model.ledger import ResultValue
from gradeflow.model.points import DIGITS, SCALE, round_e4


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
        there.score_e4 in (round_e4(sent.score_e4, digits), _cut(sent.score_e4, digits))
        for digits in range(DIGITS + 1)
    )


def _cut(score_e4: int, digits: int) -> int:
    step: int = 10 ** (DIGITS - digits)
    return abs(score_e4) // step * step * (-1 if score_e4 < 0 else 1)


def taken_result(sent: ResultValue, there: ResultValue) -> ResultValue:
    """Give what counts as stored: what is there if it is ours, else what was sent."""
    return there if is_taken_result(sent, there) else sent


def is_taken_field(name: str, sent: str | None, there: str | None) -> bool:
    """Tell the same of a line item's field; only titles are cut.

    >>> is_taken_field("title", "Essay on Frost", "Essay"), is_taken_field("title", "Essay", "Test")
    (True, False)
    """
    if name != "title" or sent is None or there is None:
        return sent == there
    full, cut = (unicodedata.normalize("NFC", text).strip() for text in (sent, there))
    return full == cut or (bool(cut) and full.startswith(cut))


def taken_field(name: str, sent: str | None, there: str | None) -> str | None:
    """Give what counts as stored of a field."""
    return there if is_taken_field(name, sent, there) else sent
