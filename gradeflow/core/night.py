"""One district's night, without Dagster: read both sides, judge, plan, deliver.

The Dagster assets call these steps one by one; tests and rehearsals may call them in a row. All state that
outlives a step is a frame or stands in the warehouse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.breakers import Facts, Verdict, judge_breakers, unready
from gradeflow.core.choice import EVERYTHING, Choice
from gradeflow.core.delivered import Delivered
from gradeflow.core.delivery import Delivery
from gradeflow.core.desired import Desired
from gradeflow.core.observing import observe
from gradeflow.core.plan import Plan, items_to_recreate, make_plan
from gradeflow.core.records import join_findings
from gradeflow.core.restored import count_moved
from gradeflow.core.resume import explain_open_intents
from gradeflow.core.scope import Night
from gradeflow.core.settling import record, settle
from gradeflow.core.sides import lay_out
from gradeflow.errors import StoppedError
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.joins import locate
from gradeflow.model.ledger import CLEARED, RunStatus
from gradeflow.ports import GradeSink, SnapshotStore
from gradeflow.rules.categories import CategoryMap
from gradeflow.rules.item_facts import effective_date
from gradeflow.rules.judge import FINDING_COLUMNS, ITEM_KEY, JUDGED_NOTES, Judged, judge, make_findings
from gradeflow.rules.rule_set import effective_date_of, rule_set, rule_set_of
from gradeflow.rules.rulebook import RULES


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with all that its breakers and its delivery need.

    Attributes:
        run_id: the run that made it; only that run may deliver it, since only it looked at the SIS just before.
        findings: of the rules and of the diff, for the line items in scope.
        examined: keys (ITEM_KEY) of the line items that were examined: whose findings are recorded.
        removed_holds: open holds of examined rows that no longer hold anything.
        gone_holds: open holds of line items that the LMS has no more.
        choice, is_remaster: what was asked of the run.
    """

    run_id: str
    plan: Plan
    digest: str
    verdicts: list[Verdict]
    findings: pd.DataFrame
    examined: pd.DataFrame
    removed_holds: list[int]
    gone_holds: list[int]
    choice: Choice = EVERYTHING
    is_remaster: bool = False

    @property
    def stopped_by(self) -> list[Verdict]:
        """The breakers that tripped."""
        return [verdict for verdict in self.verdicts if not verdict.passed]


def judge_night(night: Night, extract: GradebookExtract, reference: SisReference) -> Judged:
    """Judge a gradebook under the night's profile, at its instant."""
    return judge(extract, reference, night.district, night.profile, night.as_of)


async def plan_night(
    night: Night,
    judged: Judged,
    extract: GradebookExtract,
    reference: SisReference,
    sink: GradeSink,
    store: SnapshotStore,
    *,
    will_deliver: bool,
    allowed: frozenset[str] = frozenset(),
    approved_plan: str | None = None,
) -> Planned:
    """Plan a night: diff what differs, reading of the SIS only what is about to change.

    Raises:
        ConfigError: a section or an assignment was chosen that nobody knows; nothing was asked of the SIS.
        LeaseHeldError: another run of this district is at work.
        CredentialError: the SIS refuses our credentials.
    """
    night.choice.refuse_unknown(extract, reference, store)
    if will_deliver:
        store.acquire_lease()
        await explain_open_intents(sink, store)
    asked = night
    if night.is_remaster:  # a course goes whole, in all of its sections
        night = replace(night, choice=night.choice.of_courses(extract.line_items))
    sides = lay_out(night, judged, store, reference.grading_periods, {})
    candidates = sides.candidates(night)
    observed = await observe(sides.desired, sides.bases, candidates, sink, night.max_in_flight)
    sides = sides.with_found(observed.line_items)
    again = items_to_recreate(
        sides.desired, sides.bases, observed, candidates, sides.examined, sides.ours, night.profile
    )
    recreated = sides.desired.line_items.loc[again, ITEM_KEY].reset_index(drop=True)
    if again.any():
        sides = lay_out(night, judged, store, reference.grading_periods, sides.raised(again))
        sides = sides.with_found(observed.line_items)
        candidates = sides.candidates(night)
    desired, bases, examined = sides.desired, sides.bases, sides.examined
    plan = make_plan(
        desired,
        bases,
        observed,
        candidates,
        examined,
        sides.settled,
        sides.ours,
        night.profile,
        sides.refusals,
    )
    if will_deliver:
        store.close_holds(sides.old_holds, "made again under a new id")
    keys, holds, bases_of = desired.line_items["line_item_key"], sides.holds, sides.bases_of
    missing, unread = _missing(night, extract, sides.known, desired)
    vanished = missing[missing["version"] > 0].reset_index(drop=True)
    # Of a line item that the LMS did not give whole nothing is concluded: its holds and findings stay.
    judged_now = examined & (desired.line_items["verdict"] != "unknown").to_numpy(bool)
    removed = _removed(desired, bases_of) + store.confirmed_count(vanished["line_item_key"])
    findings = join_findings(
        [_in_scope(judged, desired), plan.findings, make_findings(vanished[ITEM_KEY], "ORPHAN_IN_SIS")]
    )
    findings = join_findings(
        [
            findings,
            make_findings(recreated, "RECREATED"),
            make_findings(unread[ITEM_KEY], "LMS_INCOMPLETE"),
        ]
    )
    findings = join_findings([findings, _carried(desired, judged_now, plan, store)])
    digest = plan_digest(plan)
    moved, compared = count_moved(desired, bases, observed, candidates, store.open_findings())
    judged_before = store.rules_last_sent()
    facts = Facts(
        district=night.district,
        profile=night.profile,
        plan=plan,
        today=night.today,
        confirmed=store.confirmed_count([*keys, *vanished["line_item_key"]]),
        removed=removed,
        moved=moved,
        compared=compared,
        rule_set=rule_set(),
        rule_set_was=None if judged_before is None else rule_set_of(judged_before),
        effective=effective_date(night.district, reference.grading_periods, night.today),
        effective_was=None if judged_before is None else effective_date_of(judged_before),
        writes=_writes(plan),
        unready=unready(
            night.district,
            night.profile,
            CategoryMap(night.district.passback.categories, reference.categories, night.profile.values),
            clears_results=sink.clears_results,
        ),
        plan_digest=digest,
        approved_plan=approved_plan,
        command=asked.command(),
        preview=asked.command(sends=False),
    )
    judged_items = pd.concat(
        [desired.line_items.loc[judged_now, ITEM_KEY], missing[ITEM_KEY]], ignore_index=True
    )
    return Planned(
        run_id=store.run_id,
        plan=plan,
        digest=digest,
        verdicts=judge_breakers(facts, allowed),
        findings=findings,
        examined=judged_items,
        removed_holds=_freed(desired, judged_now, holds, plan),
        gone_holds=holds["hold_id"][holds["line_item_key"].isin(missing["line_item_key"])].tolist(),
        choice=asked.choice,
        is_remaster=night.is_remaster,
    )


def _writes(plan: Plan) -> int:
    return int(
        (plan.line_item_changes["action"] != "adopt").sum() + (plan.result_changes["action"] != "adopt").sum()
    )


def _missing(
    night: Night, extract: GradebookExtract, known: pd.DataFrame, desired: Desired
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find chosen line items that the extract no longer has, sent before or not.

    Returns:
        Those deleted in the LMS, and those of sections that were not read whole: of them nothing is known.
    """
    other = known[~known["line_item_key"].isin(desired.line_items["line_item_key"])]
    inside = (
        night.scope.holds(pd.to_datetime(other["assigned_on"])) if len(other) else pd.Series([], dtype=bool)
    )
    here = other[inside.to_numpy(bool) & night.choice.holds(other)]
    is_unread = here["section_id_sis"].isin(extract.incomplete_sections)
    return here[~is_unread].reset_index(drop=True), here[is_unread].reset_index(drop=True)


def _removed(desired: Desired, bases_of: pd.DataFrame) -> int:
    """Count confirmed results of examined line items whose row is gone from a section that was read whole."""
    read = desired.line_items.loc[desired.line_items["verdict"] != "unknown", "line_item_key"]
    mine = bases_of[bases_of["line_item_key"].isin(read) & (bases_of["origin"] != CLEARED)]
    return int((~mine["result_key"].isin(desired.results["result_key"])).sum())


def _in_scope(judged: Judged, desired: Desired) -> pd.DataFrame:
    at = locate(judged.findings, desired.line_items, ITEM_KEY)
    return judged.findings[at >= 0].reset_index(drop=True)


def _freed(desired: Desired, examined: npt.NDArray[np.bool_], holds: pd.DataFrame, plan: Plan) -> list[int]:
    """Find open holds of examined line items that this plan neither renews nor keeps."""
    mine = holds[holds["line_item_key"].isin(desired.line_items.loc[examined, "line_item_key"])]
    return plan.freed_holds(mine)


def _carried(
    desired: Desired, examined: npt.NDArray[np.bool_], plan: Plan, store: SnapshotStore
) -> pd.DataFrame:
    """Give what earlier runs found of line items that nothing touched since: still held, edited, half written."""
    known = store.open_findings()
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


def plan_digest(plan: Plan) -> str:
    """Name a plan by its changes: the same changes, the same name. The order of rows is irrelevant.

    What was observed is no change, and neither is which attempt a score is of.
    """
    parts = []
    for frame, key in ((plan.line_item_changes, "line_item_key"), (plan.result_changes, "result_key")):
        columns = [name for name in frame.columns if not name.startswith("observed") and name != "attempt"]
        rows = frame.sort_values(key)[columns].astype("object").astype("str")
        parts.append(hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest())
    return hashlib.sha256("".join(parts).encode()).hexdigest()


async def deliver_night(
    night: Night,
    planned: Planned,
    sink: GradeSink,
    store: SnapshotStore,
    may_send: Callable[[], bool] = lambda: True,
) -> tuple[Delivered, RunStatus]:
    """Deliver a plan, record what became of it and say how the night ended.

    Raises:
        StoppedError: the plan is another run's, or a breaker stopped it; nothing was written.
        LeaseHeldError: another run of this district is at work.
        CredentialError: the SIS refused our credentials on the way; what was sent is recorded.
    """
    _refuse_foreign(planned, store)
    store.acquire_lease()
    try:
        plan = planned.plan
        store.close_holds(planned.removed_holds, "no longer differs")
        store.close_holds(planned.gone_holds, "gone from the LMS")
        store.place_holds(plan.holds)
        store.lock_results(plan.locked_results)
        delivery = Delivery(
            sink,
            store,
            planned.digest,
            night.today.isoformat(),
            night.max_in_flight,
            may_send,
            is_atomic=night.profile.values.atomic_unit == "item",
            taken=set(store.line_items()["sis_id"].dropna()) if sink.allocates_ids else set(),
        )
        delivered = await delivery.deliver(plan)
        for hold in delivered.uncertain:
            store.place_holds(hold)
        settle(plan, delivered, store)
        status = record(plan, planned.findings, planned.examined, delivered, store)
    finally:
        store.release_lease()
    if delivered.stopped_by is not None:
        raise delivered.stopped_by
    return delivered, status


def _refuse_foreign(planned: Planned, store: SnapshotStore) -> None:
    """Let nobody deliver a plan whose breakers tripped, or that an earlier run made before the SIS moved on."""
    if planned.run_id != store.run_id:
        raise StoppedError(
            f"The plan at hand was made by run {planned.run_id}. Materialise passback_plan and passback_delivery in "
            "one run, or run the job passback: a plan is delivered by the run that read the SIS for it."
        )
    if planned.stopped_by:
        raise StoppedError(" ".join(verdict.message for verdict in planned.stopped_by))
