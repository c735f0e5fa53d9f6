"""What a person's word on a locked or held value makes of its bases, so that the next night does just that.

The three-way table goes by what was last sent and what the SIS then stored. To take the LMS's value, what the SIS
holds now counts as known and nothing as sent: the LMS changed, the SIS did not (row 11b), or nothing was ever there
(row 5). To take the SIS's, the LMS's value counts as sent and the SIS's as stored: nothing changed (row 9) until the
LMS changes again, and then that goes (row 11b).
"""

from __future__ import annotations

from gradeflow.model.decisions import FieldDecision, ScoreDecision, Word
from gradeflow.model.ledger import ResultValue

UNSENT = ResultValue(None, None)


def decide_score(
    word: Word, result_key: int, desired: ResultValue | None, seen: ResultValue | None
) -> ScoreDecision:
    """Settle the bases of a score.

    Args:
        desired: what the LMS wants; None: no score that may go.
        seen: what the SIS holds now; None: a blank cell or none.
    """
    if word.take == "sis":
        return ScoreDecision(word, result_key, seen, desired or UNSENT, seen or UNSENT)
    if seen is None:
        return ScoreDecision(word, result_key, None, None, None)
    return ScoreDecision(word, result_key, seen, UNSENT, seen)


def decide_field(
    word: Word, line_item_key: int, sis_id: str, field: str, desired: str | None, seen: str | None
) -> FieldDecision:
    """Settle the bases of a field. Arguments as of `decide_score`."""
    sent = desired if word.take == "sis" else None
    return FieldDecision(word, line_item_key, sis_id, field, sent, seen)
