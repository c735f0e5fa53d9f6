"""What a night has to tell: what the rules and the diff found, what the LMS no longer gives, what still stands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.desired import Desired
from gradeflow.core.gone import Gone
from gradeflow.core.observing import Looked
from gradeflow.core.plan import Plan
from gradeflow.core.records import join_findings
from gradeflow.model.joins import locate
from gradeflow.rules.judge import FINDING_COLUMNS, ITEM_KEY, JUDGED_NOTES, RESULT_KEY, Judged, make_findings
from gradeflow.rules.rulebook import RULES


def night_findings(
    judged: Judged,
    looked: Looked,
    plan: Plan,
    gone: Gone,
    no_rows: pd.DataFrame,
    judged_now: npt.NDArray[np.bool_],
    known: pd.DataFrame,
) -> pd.DataFrame:
    """Join the findings of a night, of the line items in its scope.

    Args:
        no_rows: the findings of scores whose row is gone from the LMS.
        judged_now: per desired line item whether it was examined, and given whole.
        known: the open findings, as the warehouse knows them.
    """
    desired = looked.sides.desired
    carried = _carried(desired, judged_now, plan, known)
    stays = join_findings([plan.findings, carried])
    stays = stays[stays["code"] == "SENT_NOW_INELIGIBLE"]
    return join_findings(
        [
            _without_kept(_in_scope(judged, desired), stays),
            plan.findings,
            make_findings(gone.sent[ITEM_KEY], "ORPHAN_IN_SIS"),
            no_rows,
            make_findings(looked.recreated, "RECREATED"),
            make_findings(gone.unread[ITEM_KEY], "LMS_INCOMPLETE"),
            make_findings(gone.unseen, "LMS_INCOMPLETE"),
            carried,
        ]
    )


def _without_kept(findings: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Leave out the automatic zeros that are not sent, since a typed score stays in their place."""
    is_kept = locate(findings, stays[RESULT_KEY].drop_duplicates(ignore_index=True), RESULT_KEY) >= 0
    return findings[~(is_kept & (findings["code"] == "AUTO_ZERO").to_numpy(bool))].reset_index(drop=True)


def _in_scope(judged: Judged, desired: Desired) -> pd.DataFrame:
    at = locate(judged.findings, desired.line_items, ITEM_KEY)
    return judged.findings[at >= 0].reset_index(drop=True)


def _carried(
    desired: Desired, examined: npt.NDArray[np.bool_], plan: Plan, known: pd.DataFrame
) -> pd.DataFrame:
    """Give what earlier runs found of line items that nothing touched since: still held, edited, half written."""
    at = locate(known, desired.line_items[~examined].reset_index(drop=True), ITEM_KEY)
    judged = {rule.code for rule in RULES} | JUDGED_NOTES
    stopped = plan.findings.loc[plan.findings["code"] == "ITEM_STOPPED", ITEM_KEY].drop_duplicates(
        ignore_index=True
    )
    in_part = (locate(known, stopped, ITEM_KEY) >= 0) & (known["code"] == "ITEM_WRITTEN_IN_PART").to_numpy(
        bool
    )
    rows = known[((at >= 0) & ~known["code"].isin(judged)) | in_part].reset_index(drop=True)
    return rows[FINDING_COLUMNS].astype("str")
