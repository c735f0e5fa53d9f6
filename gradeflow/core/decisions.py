"""What a person's word on a locked or held value makes of its bases, so that the next night does just that.

The three-way table goes by what was last sent and what the SIS then stored. To take the LMS's value, what the SIS
holds now counts as known and nothing as sent: the LMS changed, the SIS did not (row 11b), or nothing was ever there
(row 5). To take the SIS's, the LMS's value counts as sent and the SIS's as stored: nothing changed (row 9) until the
LMS changes again, and then that goes (row 11b). A line item that was deleted in the SIS begins its next generation,
without bases, or stays as it is with all that the LMS wants of it counting as sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradeflow.model.decisions import DeletedDecision, FieldDecision, ScoreDecision, Word
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


def decide_deleted(
    word: Word,
    line_item_key: int,
    again: str,
    fields: Mapping[str, str | None],
    scores: Mapping[int, ResultValue],
) -> DeletedDecision:
    """Settle a line item that was deleted in the SIS.

    Args:
        again: its id in its next generation.
        fields, scores: what the LMS wants of it now.
    """
    if word.take == "lms":
        return DeletedDecision(word, line_item_key, again, {}, {})
    return DeletedDecision(word, line_item_key, None, dict(fields), dict(scores))
