"""In which turns line items are written, where one takes the name that another one gives up the same night.

Some SISs refuse a name that another line item of the section has. Of "Week 3" that becomes "Week 4" while "Week 4"
becomes "Week 5" the second has to go first, and what was refused would rest (R202). Two that change names with each
other cannot be put in order: they go together, and such an SIS refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradeflow.core.item_diff import normal_title
from gradeflow.core.lanes import Row, given

Name = tuple[str, str]


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
