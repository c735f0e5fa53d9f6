"""Values of frames and of the warehouse as JSON has them: instants in the district's zone, unknown as null."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gradeflow.model.district import District

Document = dict[str, Any]


def said(row: pd.DataFrame, names: tuple[str, ...], district: District) -> Document:
    """Give some columns of a frame's first row."""
    return {name: told(row[name].iloc[0], district) for name in names}


def plain(rows: list[dict[str, Any]], district: District) -> list[Document]:
    """Give rows of the warehouse."""
    return [{name: told(value, district) for name, value in row.items()} for row in rows]


def told(value: Any, district: District) -> Any:
    """Write a value for JSON: instants in the district's zone, unknown as null."""
    if isinstance(value, Mapping):
        return dict(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, dt.datetime):
        return value.astimezone(district.zone).isoformat(timespec="seconds")
    return value.item() if hasattr(value, "item") else value


def text(value: Any) -> str | None:
    """Give a cell as text, unknown as null."""
    return None if value is None or pd.isna(value) else str(value)
