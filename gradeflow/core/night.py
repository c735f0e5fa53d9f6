"""One district's night, without Dagster: judge, plan, deliver.

The Dagster assets call these steps one by one; tests and rehearsals may call them in a row. All state that
outlives a step is a frame or stands in the warehouse. What each step does is in the module of its name: `observing`
looks at both sides, `plan` decides, `breakers` stop, `delivery` sends, `settling` records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.breakers import Facts, judge_breakers, unready
from gradeflow.core.delivered import Delivered
from gradeflow.core.delivery import Delivery
from gradeflow.core.desired import Desired
from gradeflow.core.gone import Gone, find_gone, find_removed, removed_findings
from gradeflow.core.names import names_sent
from gradeflow.core.night_findings import night_findings
from gradeflow.core.observing import Looked, look
from gradeflow.core.plan import Plan, make_plan
from gradeflow.core.planned import Planned, plan_digest
from gradeflow.core.restored import count_moved
from gradeflow.core.resume import explain_open_intents
from gradeflow.core.scope import Night
from gradeflow.core.settling import record, settle
from gradeflow.errors import StoppedError
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.ledger import RunStatus
from gradeflow.ports import GradeSink, SnapshotStore
from gradeflow.rules.categories import CategoryMap
from gradeflow.rules.item_facts import effective_date
from gradeflow.rules.judge import ITEM_KEY, Judged, judge
from gradeflow.rules.rule_set import effective_date_of, rule_set, rule_set_of


def judge_night(
    night: Night, extract: GradebookExtract, reference: SisReference, store: SnapshotStore
) -> Judged:
    """Judge a gradebook under the night's profile, at its instant."""
    names = names_sent(store.line_items(), store.fields())
    return judge(extract, reference, night.district, night.profile, night.as_of, names)


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
    looked = await look(_whole_courses(night, extract), judged, reference.grading_periods, sink, store)
    sides, desired = looked.sides, looked.sides.desired
    plan = make_plan(
        desired,
        sides.bases,
        looked.observed,
        looked.candidates,
        sides.examined,
        sides.settled,
        sides.ours,
        night.profile,
        sides.refusals,
    )
    if will_deliver:
        store.close_holds(sides.old_holds, "made again under a new id")
    gone = find_gone(looked.night, extract, sides.known, desired)
    removed = find_removed(desired, sides.bases_of)
    # Of a line item that the LMS did not give whole nothing is concluded: its holds and findings stay.
    judged_now = sides.examined & (desired.line_items["verdict"] != "unknown").to_numpy(bool)
    facts = _facts(night, looked, plan, gone, len(removed), reference, sink, store, approved_plan)
    judged_items = [desired.line_items.loc[judged_now, ITEM_KEY], gone.line_items[ITEM_KEY]]
    no_rows = removed_findings(night, removed, desired, reference, store)
    is_gone = sides.holds["line_item_key"].isin(gone.line_items["line_item_key"])
    return Planned(
        run_id=store.run_id,
        plan=plan,
        digest=facts.plan_digest,
        verdicts=judge_breakers(facts, allowed),
        findings=night_findings(judged, looked, plan, gone, no_rows, judged_now, store.open_findings()),
        examined=pd.concat(judged_items, ignore_index=True),
        removed_holds=plan.freed_holds(_holds_of(desired, judged_now, sides.holds)),
        gone_holds=sides.holds["hold_id"][is_gone].tolist(),
        choice=night.choice,
        is_remaster=night.is_remaster,
    )


def _whole_courses(night: Night, extract: GradebookExtract) -> Night:
    """Let a remaster take a course whole, in all of its sections."""
    if not night.is_remaster:
        return night
    return replace(night, choice=night.choice.of_courses(extract.line_items))


def _facts(
    night: Night,
    looked: Looked,
    plan: Plan,
    gone: Gone,
    removed: int,
    reference: SisReference,
    sink: GradeSink,
    store: SnapshotStore,
    approved_plan: str | None,
) -> Facts:
    """Gather what the breakers judge a plan by."""
    sides, gone_keys = looked.sides, gone.sent["line_item_key"]
    moved, compared = count_moved(
        sides.desired, sides.bases, looked.observed, looked.candidates, store.open_findings()
    )
    categories = CategoryMap(night.district.passback.categories, reference.categories, night.profile.values)
    judged_before = store.rules_last_sent()
    return Facts(
        district=night.district,
        profile=night.profile,
        plan=plan,
        today=night.today,
        confirmed=store.confirmed_count([*sides.desired.line_items["line_item_key"], *gone_keys]),
        removed=removed + store.confirmed_count(gone_keys),
        moved=moved,
        compared=compared,
        rule_set=rule_set(),
        rule_set_was=None if judged_before is None else rule_set_of(judged_before),
        effective=effective_date(night.district, reference.grading_periods, night.today),
        effective_was=None if judged_before is None else effective_date_of(judged_before),
        writes=plan.writes,
        unready=unready(night.district, night.profile, categories, clears_results=sink.clears_results),
        plan_digest=plan_digest(plan),
        approved_plan=approved_plan,
        command=night.command(),
        preview=night.command(sends=False),
    )


def _holds_of(desired: Desired, examined: npt.NDArray[np.bool_], holds: pd.DataFrame) -> pd.DataFrame:
    return holds[holds["line_item_key"].isin(desired.line_items.loc[examined, "line_item_key"])]


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
