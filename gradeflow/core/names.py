"""The names of line items in their section: who has one, and in which turns they are taken.

What stands in the SIS under a name keeps it: another item of that name, though it was made earlier, is the second one
(G11), also where nobody had published or graded it until now.

Some SISs refuse a name that another line item of the section has. Of "Week 3" that becomes "Week 4" while "Week 4"
becomes "Week 5" the second has to go first, and what was refused would rest (R202). Two that change names with each
other cannot be put in order: they go together, and such an SIS refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gradeflow.core.item_diff import normal_title
from gradeflow.core.lanes import Row, given
from gradeflow.rules.judge import ITEM_KEY

Name = tuple[str, str]


def names_sent(line_items: pd.DataFrame, fields: pd.DataFrame) -> pd.DataFrame:
    """Give the name that each line item was last sent with.

    Args:
        line_items, fields: as a SnapshotStore gives them.

    Returns:
        Shape: ITEM_KEY and `title`, one row per line item that stands in the SIS by our hand.
    """
    latest = line_items.sort_values("generation").drop_duplicates(ITEM_KEY, keep="last")
    titles = fields.loc[fields["field"] == "title", ["line_item_key", "sent"]].dropna()
    found = latest[[*ITEM_KEY, "line_item_key"]].merge(titles, on="line_item_key")
    return found[[*ITEM_KEY, "sent"]].rename(columns={"sent": "title"})


def in_turns(rows: Sequence[Row]) -> list[list[Row]]:
    """Put rows into turns, each of which needs no name that a later one gives up.

    Args:
        rows: of the plan's changes of line items, as they are sent.
    """
    turns = []
    waiting = list(rows)
    while waiting:
        given_up = {name for row in waiting if (name := _held(row)) not in (None, _wanted(row))}
        now = [
            row for row in waiting if _wanted(row) == _held(row) or _wanted(row) not in given_up
        ] or waiting
        turns.append(now)
        going = {id(row) for row in now}
        waiting = [row for row in waiting if id(row) not in going]
    return turns


def _wanted(row: Row) -> Name:
    return str(row["section_id_sis"]), normal_title(str(row["title"]))


def _held(row: Row) -> Name | None:
    title = given(row["observed_title"])
    return None if title is None else (str(row["section_id_sis"]), normal_title(str(title)))
