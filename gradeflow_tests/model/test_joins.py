"""Joining on text ids: each row's one partner, and none for what is null or unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from gradeflow.model.joins import locate, objects, pick, take

ID = st.one_of(st.none(), st.sampled_from(["", "a", "b", "ab", "ba", "0", "00"]))
ROWS = st.lists(st.tuples(ID, ID), max_size=12)


def _frame(rows: list[tuple[str | None, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row[n] for row in rows], dtype="str") for n, name in enumerate("xy")}
    )


@given(ROWS, ROWS.map(lambda rows: list(dict.fromkeys(row for row in rows if None not in row))))
def test_a_row_finds_the_row_of_its_key(
    rows: list[tuple[str | None, str | None]], among: list[tuple[str | None, str | None]]
) -> None:
    found = locate(_frame(rows), _frame(among), ["x", "y"])
    assert found.tolist() == [among.index(row) if row in among else -1 for row in rows]


def test_what_is_not_there_is_null() -> None:
    column = pd.Series([10, None, 30], dtype="Int64")
    assert take(column, np.array([2, -1, 1])).tolist() == [30, pd.NA, pd.NA]
    assert objects(column).tolist() == [10, None, 30]
    assert pick(objects(column), np.array([0, -1])).tolist() == [10, None]


def test_two_unknown_keys_are_not_the_same_key() -> None:
    assert locate(
        _frame([(None, "a"), ("z", "a")]), _frame([(None, "a"), ("b", "a")]), ["x", "y"]
    ).tolist() == [-1, -1]
