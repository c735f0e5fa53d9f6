"""What was known of a district and the LMS does not give any more: whole line items, and results of others.

Gone is only what is missing where everything was read; of what was not read whole nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gradeflow.core.bases import AWAY
from gradeflow.core.desired import Desired
from gradeflow.core.records import join_findings
from gradeflow.core.scope import Night
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.joins import match, take
from gradeflow.model.ledger import CLEARED
from gradeflow.ports import SnapshotStore
from gradeflow.rules.judge import ITEM_KEY, make_findings
from gradeflow.rules.score_facts import sits_in_section


@dataclass(frozen=True, slots=True)
class Gone:
    """Chosen line items that the extract does not have, as the warehouse knows them.

    Attributes:
        line_items: those that the LMS has no more, sent before or not.
        unread: those of sections that were not read whole: of them nothing is known.
        unseen: section_id_sis of the sections that were not read whole and of which no line item is known at all.
    """

    line_items: pd.DataFrame
    unread: pd.DataFrame
    unseen: pd.DataFrame

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
    unread = here[is_unread].reset_index(drop=True)
    told = {*unread["section_id_sis"], *desired.line_items["section_id_sis"]}
    unseen = pd.DataFrame({"section_id_sis": sorted(extract.incomplete_sections - told)}, dtype="str")
    chosen = night.choice.holds(unseen.assign(lms_assignment_id=None))
    return Gone(here[~is_unread].reset_index(drop=True), unread, unseen[chosen])


def find_removed(desired: Desired, bases_of: pd.DataFrame) -> pd.DataFrame:
    """Give the bases of confirmed results of examined line items whose row is gone, where all was read."""
    read = desired.line_items.loc[desired.line_items["verdict"] != "unknown", "line_item_key"]
    mine = bases_of[bases_of["line_item_key"].isin(read) & (bases_of["origin"] != CLEARED)]
    return mine[~mine["result_key"].isin(desired.results["result_key"])].reset_index(drop=True)


def removed_findings(
    night: Night, removed: pd.DataFrame, desired: Desired, reference: SisReference, store: SnapshotStore
) -> pd.DataFrame:
    """Make the findings of scores whose row is gone from the LMS; their values tell whose student left the section.

    Args:
        removed: see `find_removed`.
    """
    if removed.empty:
        return join_findings([])
    students = store.students()
    items = desired.line_items.set_index("line_item_key")[ITEM_KEY]
    keys = items.loc[removed["line_item_key"]].reset_index(drop=True)
    at = match(removed["student_key"], pd.Index(students["student_key"]))
    keys["student_id_sis"] = take(students["student_id_sis"], at).to_numpy()
    left = ~sits_in_section(keys, reference, night.today)
    value = pd.Series([AWAY if one else None for one in left], dtype="str")
    return make_findings(keys, "ORPHAN_IN_SIS", value=value)
