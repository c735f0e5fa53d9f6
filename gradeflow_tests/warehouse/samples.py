"""What the tests of the warehouse write into it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from gradeflow.model.ledger import LineItemIntent, ResultIntent, ResultValue

AS_OF = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
LATER = AS_OF + dt.timedelta(days=1)
DISTRICT = "lincoln"


def gradebook(*assignments: str) -> pd.DataFrame:
    """Line items as `line_item_keys` wants to see them."""
    count = len(assignments)
    return pd.DataFrame(
        {
            "lms_assignment_id": pd.array(assignments, dtype="str"),
            "section_id_sis": pd.array(["m9"] * count, dtype="str"),
            "line_item_id": pd.array([f"id-{one}" for one in assignments], dtype="str"),
            "assigned_on": pd.to_datetime(["2026-09-01"] * count).as_unit("ns"),
            "assigned_basis": pd.array(["created"] * count, dtype="str"),
        }
    )


def score(result_key: int, score_e4: int = 85_000, *, base_version: int = 0) -> ResultIntent:
    """A score about to be sent."""
    return ResultIntent(
        result_key=result_key,
        action="update" if base_version else "create",
        sent=ResultValue(score_e4, "graded"),
        origin="typed",
        payload_digest="p1",
        plan_digest="plan1",
        base_version=base_version,
    )


def item(line_item_key: int, *, base_version: int = 0, **sent: str | None) -> LineItemIntent:
    """A line item about to be sent."""
    return LineItemIntent(
        line_item_key=line_item_key,
        action="update" if base_version else "create",
        sent=sent,
        payload_digest="p2",
        plan_digest="plan1",
        base_version=base_version,
    )
