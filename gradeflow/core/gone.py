"""What was known of a district and the LMS does not give any more: whole line items, and results of others.

Gone is only what is missing where everything was read; of what was not read whole nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gradeflow.core.desired import Desired
from gradeflow.core.scope import Night
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.model.ledger import CLEARED


@dataclass(frozen=True, slots=True)
class Gone:
    """Chosen line items that the extract does not have, as the warehouse knows them.

    Attributes:
        line_items: those that the LMS has no more, sent before or not.
        unread: those of sections that were not read whole: of them nothing is known.
    """

    line_items: pd.DataFrame
    unread: pd.DataFrame

    @property
    def sent(self) -> pd.DataFrame:
        """Those that the LMS has no more and the SIS was sent."""
        return self.line_items[self.line_items["version"] > 0].reset_index(drop=True)


def find_gone(night: Night, extract: GradebookExtract, known: pd.DataFrame, desired: Desired) -> Gone:
    """Find the line items that the night is about and the extract does not have.

    Args:
        known: the line items ever registered.
    """
    other = known[~known["line_item_key"].isin(desired.line_items["line_item_key"])]
    inside = (
        night.scope.holds(pd.to_datetime(other["assigned_on"])) if len(other) else pd.Series([], dtype=bool)
    )
    here = other[inside.to_numpy(bool) & night.choice.holds(other)]
    is_unread = here["section_id_sis"].isin(extract.incomplete_sections)
    return Gone(here[~is_unread].reset_index(drop=True), here[is_unread].reset_index(drop=True))


def count_removed(desired: Desired, bases_of: pd.DataFrame) -> int:
    """Count confirmed results of examined line items whose row is gone from a section that was read whole."""
    read = desired.line_items.loc[desired.line_items["verdict"] != "unknown", "line_item_key"]
    mine = bases_of[bases_of["line_item_key"].isin(read) & (bases_of["origin"] != CLEARED)]
    return int((~mine["result_key"].isin(desired.results["result_key"])).sum())
