"""The texts by which a hold knows again what it keeps back: of a result, and of a whole line item.

A field's text is the field itself. What is desired now is held where its text is that of an open hold; another
value is another question.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.desired import STATUSES
from gradeflow.core.taken import WORDS_E4
from gradeflow.model.joins import objects
from gradeflow.model.ledger import ResultValue


def result_text(score_e4: int, status: int) -> str:
    """Write a result's value as the text that a hold compares with."""
    return f"{score_e4}:{status}"


def value_of_text(text: str) -> ResultValue:
    """Read a hold's text back; a graded value without a score is a cell of words.

    >>> value_of_text("820000:1")
    ResultValue(score_e4=820000, status='graded')
    """
    score, status = (int(part) for part in text.split(":"))
    return ResultValue(None if score == WORDS_E4 else score, STATUSES[status])


def result_texts(results: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Write many results' desired values as hold texts."""
    pairs = zip(results["score_e4"].tolist(), results["status"].tolist(), strict=True)
    return np.array([result_text(score, status) for score, status in pairs] or [], dtype=object)


def is_held(results: pd.DataFrame, own: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which results an open hold keeps back in the very value that is desired now."""
    wanted = own["held"].to_numpy(dtype=object)
    rows = np.flatnonzero(~pd.isna(wanted))
    held = np.zeros(len(results), dtype=bool)
    held[rows] = np.equal(wanted[rows], result_texts(results.iloc[rows]))
    return held


def item_text(title: str | None, due_date: str | None) -> str:
    """Write what a hold on a whole line item compares with: what would make it another item to a person."""
    return f"{title}|{due_date}"


def item_texts(items: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Write it of many."""
    pairs = zip(objects(items["title"]), objects(items["due_date"]), strict=True)
    return np.array([item_text(title, due) for title, due in pairs] or [], dtype=object)
