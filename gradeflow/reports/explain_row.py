"""What the next run would do with a value, by the three-way table, as far as that stands before it reads the SIS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gradeflow.core import three_way
from gradeflow.core.desired import line_item_fields
from gradeflow.model.ledger import FIELDS
from gradeflow.reports.question import Asked
from gradeflow.reports.told import Document, text
from gradeflow.rules.profile import Profile
from gradeflow.warehouse import history


def fields_of(
    asked: Asked,
    here: pd.DataFrame,
    row: Mapping[str, Any],
    holds: list[Document],
    connection: Connection,
) -> list[Document]:
    """Tell of each field of a line item what it shall be, was sent and is, and the row of the table that fits."""
    bases = history.fields_of(connection, row["line_item_key"])
    wanted = line_item_fields(here) if len(here) else pd.DataFrame()
    goes = len(here) > 0 and here["verdict"].iloc[0] == "pass"
    shown = []
    for name in FIELDS:
        sent, stored = bases.get(name, (None, None))
        desired = text(wanted[name].iloc[0]) if goes else None
        hold = next((one for one in holds if one["field"] == name and one["closed_at"] is None), None)
        facts = facts_of(
            asked.profile, row["version"] > 0, desired, desired == sent, hold, bool(row["is_locked"])
        )
        shown.append(
            {"field": name, "desired": desired, "sent": sent, "stored": stored}
            | {"observed": hold and hold["observed"], "row": three_way.decide(facts).number}
        )
    return shown


def facts_of(
    profile: Profile,
    has_base: bool,
    desired: Any,
    is_sent: bool,
    hold: Mapping[str, Any] | None,
    is_locked: bool,
    *,
    is_cleared: bool = False,
) -> dict[str, str]:
    """Give the facts of the three-way table as they stand before the next run reads the SIS."""
    said = {True: "yes", False: "no"}
    return {
        "observed": "unread",
        "lock": "locked" if is_locked else "held" if hold else "free",
        "desired": "blank" if is_cleared else "none" if desired is None else "value",
        "base": said[has_base],
        "is_sent": said[is_sent],
        "is_observed": "no",
        "is_stored": "no",
        "policy": profile.values.conflict_policy,
        "recreate": said[profile.values.recreate_deleted],
    }
