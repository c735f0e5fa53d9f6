"""The frames that a diff leaves behind beside its changes: holds to open, and findings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.rules.judge import FINDING_COLUMNS

HOLD_COLUMNS = ["line_item_key", "result_key", "field", "reason", "desired", "observed"]


def make_holds(
    line_item_key: npt.NDArray[np.int64],
    result_key: npt.NDArray[np.int64] | None,
    field_name: str | None,
    reason: object,
    wanted: npt.NDArray[np.object_],
    seen: npt.NDArray[np.object_] | None,
) -> pd.DataFrame:
    """Make holds of rows, results or fields; a hold without result and field is of a whole line item."""
    frame = pd.DataFrame({"line_item_key": line_item_key.astype("int64")})
    frame["result_key"] = pd.array(
        result_key if result_key is not None else [None] * len(frame), dtype="Int64"
    )
    frame["field"] = pd.Series([field_name] * len(frame), dtype="str")
    frame["reason"] = pd.Series(reason if not isinstance(reason, str) else [reason] * len(frame), dtype="str")
    frame["desired"] = pd.Series(list(wanted), dtype="str")
    frame["observed"] = pd.Series(list(seen) if seen is not None else [None] * len(frame), dtype="str")
    return frame[HOLD_COLUMNS]


def join_findings(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put findings together; none is a frame with all columns."""
    empty = pd.DataFrame({name: pd.Series([], dtype="str") for name in FINDING_COLUMNS})
    return pd.concat([empty, *parts], ignore_index=True)
