"""All that an SIS connector reads, held against what is usual."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.testing import assert_frame_equal

from gradeflow.errors import OutsideError
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.manners import SECTION


async def everything(system: Any, item: str) -> list[pd.DataFrame]:
    """Read all that there is to read, in an order of its own."""
    found = await system.read_reference()
    frames = [getattr(found, name) for name in found.__slots__]
    frames += [await system.read_line_items(SECTION), await system.read_results(SECTION, item)]
    return [one.sort_values(list(one.columns), ignore_index=True) for one in frames]


def same_or_refused(sis: Side, item: str, usual: list[pd.DataFrame], **more: Any) -> bool:
    """Read all; tell whether it was refused. What is not refused must be what is usual, to the last row."""
    try:
        found = sis.run(lambda system: everything(system, item), **more)
    except OutsideError:
        return True
    for left, right in zip(usual, found, strict=True):
        assert_frame_equal(left, right)
    return False
