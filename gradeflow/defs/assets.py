"""The five assets of a district's night. Each calls one step of `gradeflow.core.night` and reports counts.

A blocking check that fails still records its asset's materialisation, so "materialised" does not mean "sent":
the checks of `passback_plan` say why nothing went, and `passback_delivery` did not run.

No `from __future__ import annotations` here: Dagster reads the types of an asset's parameters at run time.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg

from gradeflow.core.breakers import BREAKERS
from gradeflow.core.delivery import count_codes
from gradeflow.core.night import Planned, deliver_night, judge_night, plan_night
from gradeflow.core.tally import held_back
from gradeflow.defs import bundles
from gradeflow.defs.bundles import Bundle
from gradeflow.defs.partitions import partitions_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.defs.steps import PLAN, Step, run_step
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.ledger import Plan as PlanRecord
from gradeflow.settings import Home

GROUP = "passback"
OWNERS = ["team:data"]
DESCRIPTIONS = {
    "lms_gradebook": "What the LMS says: line items per SIS section, and every student's result in them.",
    "sis_reference": "What the SIS says of itself: sections, grading periods, categories, people, enrolments.",
    "eligible_gradebook": "The gradebook after the route's rules: what shall stand in the SIS; findings for the rest.",
    "passback_plan": "The three-way diff of what is about to change, and whether a breaker stops it.",
    "passback_delivery": "What was written to the SIS: intents, receipts, read-backs, and the audit chain.",
}
Outputs = Iterator[dg.Output[Bundle] | dg.AssetCheckResult]


def _output(bundle: Bundle, digest: str, metadata: dict[str, Any]) -> dg.Output[Bundle]:
    return dg.Output(bundle, data_version=dg.DataVersion(digest[:32]), metadata=metadata)


def _counts(prefix: str, counts: dict[str, int]) -> dict[str, int]:
    return {f"{prefix}/{name}": count for name, count in counts.items()}


def _asset(
    partitions: dg.MultiPartitionsDefinition, kind: str, checks: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Give the decorator that all assets of a night share; a check of theirs is always blocking."""

    def define(body: Callable[..., Any]) -> dg.AssetsDefinition:
        return dg.asset(
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.single_run(),
            group_name=GROUP,
            owners=OWNERS,
            kinds={kind},
            description=DESCRIPTIONS[body.__name__],
            check_specs=[dg.AssetCheckSpec(name, asset=PLAN, blocking=True) for name in checks],
        )(body)

    return define


def build_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Define the assets over the partitions that a home has now."""
    partitions = partitions_of(home)

    @_asset(partitions, "lms")
    def lms_gradebook(context: dg.AssetExecutionContext, gradeflow: GradeflowHome) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            extract = asyncio.run(_read_lms(step))
            bundle = bundles.pack_extract(extract)
            facts = {
                "line_items": len(extract.line_items),
                "results": len(extract.results),
                "incomplete_sections": len(extract.incomplete_sections),
            }
            return _output(bundle, bundle.digest, facts | _counts("left_out", extract.left_out))

    @_asset(partitions, "sis")
    def sis_reference(context: dg.AssetExecutionContext, gradeflow: GradeflowHome) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            bundle = bundles.pack_reference(asyncio.run(_read_sis(step)))
            return _output(bundle, bundle.digest, {name: len(frame) for name, frame in bundle.frames.items()})

    @_asset(partitions, "pandera")
    def eligible_gradebook(
        context: dg.AssetExecutionContext,
        gradeflow: GradeflowHome,
        lms_gradebook: Bundle,
        sis_reference: Bundle,
    ) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            extract = bundles.unpack_extract(lms_gradebook)
            judged = judge_night(
                step.prepared.night("", ""), extract, bundles.unpack_reference(sis_reference)
            )
            bundle = bundles.pack_judged(judged)
            facts = _counts("line_items", dict(Counter(judged.line_items["verdict"])))
            facts |= _counts("results", dict(Counter(judged.results["verdict"])))
            return _output(bundle, bundle.digest, facts | _counts("finding", count_codes([judged.findings])))

    @_asset(partitions, "sis", [name for name, _ in BREAKERS])
    def passback_plan(
        context: dg.AssetExecutionContext,
        gradeflow: GradeflowHome,
        lms_gradebook: Bundle,
        sis_reference: Bundle,
        eligible_gradebook: Bundle,
    ) -> Outputs:
        with run_step(context, gradeflow) as step:
            planned = asyncio.run(_plan(step, lms_gradebook, sis_reference, eligible_gradebook))
            bundle = bundles.pack_planned(planned)
            _record_plan(step, planned, lms_gradebook, bundle)
        yield _output(bundle, planned.digest, _planned_facts(planned))
        for verdict in planned.verdicts:
            facts: dict[str, Any] = {
                "message": verdict.message,
                "value": verdict.value,
                "of_confirmed": verdict.base,
            }
            yield dg.AssetCheckResult(passed=verdict.passed, check_name=verdict.name, metadata=facts)

    @_asset(partitions, "sis")
    def passback_delivery(
        context: dg.AssetExecutionContext, gradeflow: GradeflowHome, passback_plan: Bundle
    ) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            planned = bundles.unpack_planned(passback_plan)
            counts = asyncio.run(_deliver(step, planned))
            facts = {**_counts("line_items", counts["line_items"]), **_counts("results", counts["results"])}
            return _output(Bundle({}, counts), planned.digest, facts | {"plan": planned.digest})

    return [lms_gradebook, sis_reference, eligible_gradebook, passback_plan, passback_delivery]


async def _read_lms(step: Step) -> GradebookExtract:
    async with step.prepared.source() as source:
        try:
            return await source.read_gradebook()
        finally:
            step.store.add_calls(lms=source.calls.reads)


async def _read_sis(step: Step) -> SisReference:
    async with step.prepared.sink() as sink:
        try:
            return await sink.read_reference()
        finally:
            step.store.add_calls(sis_read=sink.calls.reads)


async def _plan(step: Step, lms: Bundle, sis: Bundle, eligible: Bundle) -> Planned:
    async with step.prepared.source() as source, step.prepared.sink() as sink:
        try:
            return await plan_night(
                step.prepared.night(source.system_id, sink.system_id),
                bundles.unpack_judged(eligible),
                bundles.unpack_extract(lms),
                bundles.unpack_reference(sis),
                sink,
                step.store,
                will_deliver=step.will_deliver,
                allowed=step.allowed,
                approved_plan=step.approved_plan,
            )
        finally:
            step.store.add_calls(sis_read=sink.calls.reads, sis_write=sink.calls.writes)


async def _deliver(step: Step, planned: Planned) -> dict[str, Any]:
    async with step.prepared.source() as source, step.prepared.sink() as sink:
        night = step.prepared.night(source.system_id, sink.system_id)
        try:
            delivered, status = await deliver_night(night, planned, sink, step.store, step.prepared.may_send)
        finally:
            step.store.add_calls(sis_read=sink.calls.reads, sis_write=sink.calls.writes)
    step.end(status)
    return {
        "line_items": delivered.counts("line_item", planned.plan.line_item_counts),
        "results": delivered.counts("result", planned.plan.result_counts),
    }


def _planned_facts(planned: Planned) -> dict[str, Any]:
    facts = _counts("line_items", planned.plan.line_item_counts)
    facts |= _counts("results", planned.plan.result_counts)
    return facts | _counts("finding", count_codes([planned.findings])) | {"plan": planned.digest}


def _record_plan(step: Step, planned: Planned, lms: Bundle, bundle: Bundle) -> None:
    """Save the plan; where a breaker stops it, end the run with its message and everything held back."""
    prepared, store = step.prepared, step.store
    counts = {"line_items": planned.plan.line_item_counts, "results": planned.plan.result_counts}
    store.save_plan(
        PlanRecord(
            run_id=store.run_id,
            district=store.district,
            digest=planned.digest,
            path=f"extracts/{PLAN}/{store.district}/{bundle.digest[:32]}",
            counts=counts,
            created_at=prepared.as_of,
            extract_digest=lms.digest,
            rules_digest=step.rules_digest,
            settings_digest=prepared.file.digest(),
        )
    )
    stopped = bool(planned.stopped_by)
    shown = {
        name: held_back(count) if stopped and step.will_deliver else count for name, count in counts.items()
    }
    store.set_counts(**shown, findings=count_codes([planned.findings]))
    if stopped:
        store.release_lease()
        step.end("held_by_breaker", " ".join(verdict.message for verdict in planned.stopped_by))
    elif step.ends_run:
        step.end("completed")
