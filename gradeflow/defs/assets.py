"""The five assets of a district's night. Each calls one step of `gradeflow.core.night` and reports counts.

A blocking check that fails still records its asset's materialisation, so "materialised" does not mean "sent":
the checks of `passback_plan` say why nothing went, and `passback_delivery` did not run.

No `from __future__ import annotations` here: Dagster reads the types of an asset's parameters at run time.
"""

import asyncio
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import dagster as dg

from gradeflow.core.breakers import BREAKERS
from gradeflow.core.delivery import count_codes
from gradeflow.core.night import deliver_night, judge_night, plan_night
from gradeflow.core.planned import Planned
from gradeflow.core.tally import held_back
from gradeflow.defs import bundles
from gradeflow.defs.bundles import Bundle
from gradeflow.defs.io import last_gradebook
from gradeflow.defs.metadata import (
    ASSETS,
    CHECKS,
    check_result,
    count_table,
    reason_table,
    run_numbers,
    simple_table,
    stops,
    verdict_table,
)
from gradeflow.defs.partitions import partitions_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.defs.steps import PLAN, Step, run_step
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.ledger import Plan as PlanRecord
from gradeflow.settings import Home

GROUP = "passback"
OWNERS = ["team:data"]
SHORT_DIGEST = 12  # enough for `--plan`, and no wider than the page
Outputs = Iterator[dg.Output[Bundle] | dg.AssetCheckResult]


@contextmanager
def _without_beta_marks() -> Iterator[None]:
    """Use `backfill_policy` (one run per district) and `data_version`; that they are beta is no operator's news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        yield


def _output(bundle: Bundle, digest: str, metadata: dict[str, Any]) -> dg.Output[Bundle]:
    with _without_beta_marks():
        return dg.Output(bundle, data_version=dg.DataVersion(digest[:32]), metadata=metadata)


def _asset(
    partitions: dg.MultiPartitionsDefinition, kind: str, checks: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Give the decorator that all assets of a night share; a check of theirs is always blocking."""
    specs = [dg.AssetCheckSpec(name, asset=PLAN, description=CHECKS[name], blocking=True) for name in checks]

    def define(body: Callable[..., Any]) -> dg.AssetsDefinition:
        with _without_beta_marks():
            return dg.asset(
                partitions_def=partitions,
                backfill_policy=dg.BackfillPolicy.single_run(),
                group_name=GROUP,
                owners=OWNERS,
                kinds={kind},
                description=ASSETS[body.__name__],
                check_specs=specs,
            )(body)

    return define


def build_assets(home: Home) -> list[dg.AssetsDefinition]:
    """Define the assets over the partitions that a home has now."""
    partitions = partitions_of(home)

    @_asset(partitions, "lms")
    def lms_gradebook(context: dg.AssetExecutionContext, gradeflow: GradeflowHome) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            last = partial(last_gradebook, gradeflow, step.store.district)
            extract = asyncio.run(_read_lms(step, last))
            bundle = bundles.pack_extract(extract)
            facts = {
                "line_items": len(extract.line_items),
                "results": len(extract.results),
                "incomplete_sections": len(extract.incomplete_sections),
            }
            facts |= {f"left out: {name}": count for name, count in extract.left_out.items()}
            return _output(bundle, bundle.digest, {"run/read": simple_table(facts)})

    @_asset(partitions, "sis")
    def sis_reference(context: dg.AssetExecutionContext, gradeflow: GradeflowHome) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            bundle = bundles.pack_reference(asyncio.run(_read_sis(step)))
            facts = {name: len(frame) for name, frame in bundle.frames.items()}
            return _output(bundle, bundle.digest, {"run/read": simple_table(facts)})

    @_asset(partitions, "pandera")
    def eligible_gradebook(
        context: dg.AssetExecutionContext,
        gradeflow: GradeflowHome,
        lms_gradebook: Bundle,
        sis_reference: Bundle,
    ) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            extract = bundles.unpack_extract(lms_gradebook)
            reference = bundles.unpack_reference(sis_reference)
            judged = judge_night(step.night(), extract, reference, step.store)
            bundle = bundles.pack_judged(judged)
            counts = {
                "line_items": Counter(judged.line_items["verdict"]),
                "results": Counter(judged.results["verdict"]),
            }
            tables = {
                "run/rows": verdict_table(counts),
                "run/reasons": reason_table(count_codes([judged.findings])),
            }
            return _output(bundle, bundle.digest, tables)

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
            approved_by = step.started_by if step.approved_plan == planned.digest else None
            bundle = bundles.pack_planned(planned, approved_by)
            _record_plan(step, planned, lms_gradebook, bundle)
            counts = {"line_items": planned.plan.line_item_counts, "results": planned.plan.result_counts}
            findings = count_codes([planned.findings])
        facts: dict[str, Any] = {"stopped by": stops(planned.stopped_by), "run/rows": count_table(counts)}
        facts |= {
            "run/reasons": reason_table(findings),
            **run_numbers(counts, "to_write"),
            "plan": planned.digest[:SHORT_DIGEST],
        }
        yield _output(bundle, planned.digest, facts)
        for verdict in planned.verdicts:
            yield check_result(verdict)

    @_asset(partitions, "sis")
    def passback_delivery(
        context: dg.AssetExecutionContext, gradeflow: GradeflowHome, passback_plan: Bundle
    ) -> dg.Output[Bundle]:
        with run_step(context, gradeflow) as step:
            planned = bundles.unpack_planned(passback_plan)
            done = asyncio.run(_deliver(step, planned))
            facts: dict[str, Any] = {
                "run/rows": count_table(done),
                "run/reasons": reason_table(done["findings"]),
            }
            facts |= {**run_numbers(done, "written"), "plan": planned.digest[:SHORT_DIGEST]}
            return _output(Bundle({}, done), planned.digest, facts)

    return [lms_gradebook, sis_reference, eligible_gradebook, passback_plan, passback_delivery]


async def _read_lms(step: Step, last: Callable[[], GradebookExtract | None]) -> GradebookExtract:
    async with step.prepared.source(last) as source:
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
                step.night(source.system_id, sink.system_id),
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
        night = step.night(source.system_id, sink.system_id)
        try:
            delivered, status = await deliver_night(night, planned, sink, step.store, step.prepared.may_send)
        finally:
            step.store.add_calls(sis_read=sink.calls.reads, sis_write=sink.calls.writes)
    step.end(status)
    return {
        "line_items": delivered.counts("line_item", planned.plan.line_item_counts),
        "results": delivered.counts("result", planned.plan.result_counts),
        "findings": count_codes([planned.findings, delivered.findings()]),
    }


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
    if step.approved_plan == planned.digest and step.started_by is not None:
        store.record_approval(planned.digest, step.started_by)
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
