"""Joining frames on text ids without joining text: ids become codes once, rows meet as integers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Positions = npt.NDArray[np.intp]


def locate(rows: pd.DataFrame, among: pd.DataFrame, on: Sequence[str]) -> Positions:
    """Find each row's partner by its key columns.

    Args:
        rows: the frame whose rows look for a partner.
        among: the frame with at most one row per key.
        on: the key columns, text, present in both.

    Returns:
        Shape: one position in `among` per row of `rows`; -1 where there is none or a key part is null.
    """
    key = np.zeros(len(rows), dtype=np.int64)
    other = np.zeros(len(among), dtype=np.int64)
    unknown = np.zeros(len(rows), dtype=bool)
    for column in on:
        codes, uniques = pd.factorize(among[column])
        mine = match(rows[column], uniques)
        unknown |= mine < 0
        size = len(uniques) + 1
        key = key * size + mine
        other = other * size + codes
    positions: Positions = pd.Index(other).get_indexer(pd.Index(key))
    positions[unknown] = -1
    return positions


def match(column: pd.Series, uniques: pd.Index | pd.api.extensions.ExtensionArray) -> Positions:
    """Find each value among unique ones; -1 where it is not there or null. Each distinct value is looked up once."""
    codes, values = pd.factorize(column)
    found: Positions = pd.Index(uniques).get_indexer(pd.Index(values))
    return np.append(found, -1)[codes]


def take(column: pd.Series, positions: Positions) -> pd.Series:
    """Fetch a column's values at `positions`; null where the position is -1. The index is 0..n-1."""
    taken = column.array.take(positions, allow_fill=True)
    return pd.Series(taken)


def objects(column: pd.Series) -> npt.NDArray[np.object_]:
    """Give a column as Python objects, None where null: two unknowns compare equal, which NaN never does."""
    values = column.to_numpy(dtype=object)
    values[column.isna().to_numpy(dtype=bool)] = None
    return values


def pick(values: npt.NDArray[np.object_], positions: npt.NDArray[np.integer]) -> npt.NDArray[np.object_]:
    """Fetch objects at `positions`; None where the position is -1."""
    picked = np.full(len(positions), None, dtype=object)
    there = positions >= 0
    picked[there] = values[positions[there]]
    return picked
