"""One asset's step of one run: its district, its store, and its row in the run history.

Opening a step settles who, when and under which settings; leaving it by an exception ends the run in the
history, gives the lease back and says in one safe sentence why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import dagster as dg

from gradeflow.core.choice import Choice
from gradeflow.core.scope import Night, Scope
from gradeflow.defs.asked import BY_TAG, REMASTER, RETRY_TAG, choice_of, is_remaster, started_by
from gradeflow.defs.connections import ALLOW_TAG, AS_OF_TAG, PLAN_TAG, Prepared, prepare
from gradeflow.defs.exit_codes import safe_message
from gradeflow.defs.failures import as_dagster_failures
from gradeflow.defs.partitions import scope_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.errors import ConfigError, StoppedError
from gradeflow.model.ledger import Run, RunStatus
from gradeflow.rules import rule_set
from gradeflow.warehouse import runs
from gradeflow.warehouse.district_store import DistrictStore

PLAN = "passback_plan"
DELIVERY = "passback_delivery"
LAST_OF_JOB = {"passback": DELIVERY, "plan": PLAN, REMASTER: DELIVERY}


def last_asset(job: str, selection: Sequence[str] | None) -> str | None:
    """Name the asset that ends a run: its job's last, or the last of the night that was selected by hand.

    A run of a whole job has no selection, or an empty one where a command runs it in its own process.
    """
    if not selection:
        return LAST_OF_JOB.get(job)
    return next((name for name in (DELIVERY, PLAN) if name in selection), None)


@dataclass(frozen=True, slots=True)
class Step:
    """What an asset works with.

    Attributes:
        will_deliver: whether this run goes on to write to the SIS.
        ends_run: whether this asset is the run's last.
        choice, started_by, is_remaster: what was asked of the run, and by whom.
        has_failed: whether another asset of the run failed before: its reason stays, nothing more is asked.
    """

    prepared: Prepared
    store: DistrictStore
    tags: Mapping[str, str]
    will_deliver: bool
    ends_run: bool
    choice: Choice
    started_by: str | None
    is_remaster: bool
    has_failed: bool = False

    @property
    def allowed(self) -> frozenset[str]:
        """Breakers that a person allowed for this run."""
        return frozenset(filter(None, self.tags.get(ALLOW_TAG, "").split(",")))

    @property
    def approved_plan(self) -> str | None:
        """The digest of the plan that a person approved.

        Raises:
            ConfigError: nobody says who it was.
        """
        digest = self.tags.get(PLAN_TAG)
        if digest is not None and self.started_by is None:
            raise ConfigError(
                f"the tag {PLAN_TAG} approves a plan; say in the tag {BY_TAG} who does (--by NAME on the command line)"
            )
        return digest

    def night(self, source_id: str = "", sink_id: str = "") -> Night:
        """Give the core what it works with; the ids of both systems once they are known."""
        night = self.prepared.night(source_id, sink_id)
        return replace(night, choice=self.choice, retry=RETRY_TAG in self.tags, is_remaster=self.is_remaster)

    @property
    def rules_digest(self) -> str:
        """Name the effective profile of the run."""
        return rules_digest(self.prepared)

    def end(self, status: RunStatus, message: str | None = None) -> None:
        """End the run in the history, if this is its last asset or it goes no further."""
        if not self.has_failed:
            self.store.end_run(status, message)


def rules_digest(prepared: Prepared) -> str:
    """Name what a run judges by: the rule set, the effective profile and the effective date."""
    profile = prepared.profile
    effective = prepared.district.passback.effective_date
    return rule_set.rules_digest(profile.route, profile.values.model_dump_json(), effective)


@contextmanager
def run_step(context: dg.AssetExecutionContext, home: GradeflowHome) -> Iterator[Step]:
    """Open an asset's step.

    Raises:
        dagster.Failure: whatever went wrong, said safely and without retries.
    """
    with as_dagster_failures():
        keys = list(context.partition_keys)
        name, scope = scope_of(keys, home.home)
        try:
            step = _open(context, home, name, scope)
        except Exception as error:
            _record_unprepared(context, home, name, safe_message(error))
            raise
        if step.has_failed:
            raise StoppedError(
                "An earlier step of this run failed; its message says why. Nothing was asked here."
            )
        try:
            if step.will_deliver:
                step.store.acquire_lease()
            yield step
        except Exception as error:
            step.store.release_lease()
            step.end("failed", safe_message(error))
            raise


def _open(context: dg.AssetExecutionContext, home: GradeflowHome, name: str, scope: Scope) -> Step:
    run = context.run
    selection = None if run.asset_selection is None else [key.to_user_string() for key in run.asset_selection]
    last = last_asset(run.job_name, selection)
    with home.warehouse().reading() as connection:
        known = runs.load_run(connection, run.run_id)
    tags = dict(run.tags) if known is None else {**run.tags, AS_OF_TAG: known.as_of.isoformat()}
    prepared = prepare(home.home, name, scope, tags, home.now)
    choice, who = choice_of(tags, prepared.district), started_by(tags)
    store = DistrictStore(home.warehouse(), name, run.run_id, prepared.as_of, home.now)
    if known is None:
        keys = list(context.partition_keys)
        row = Run(
            run_id=run.run_id,
            district=name,
            job=run.job_name,
            route=prepared.profile.route,
            as_of=prepared.as_of,
            started_at=home.now(),
            partition_from=keys[0],
            partition_to=keys[-1],
            settings_digest=prepared.file.digest(),
            rules_digest=rules_digest(prepared),
            started_by=who,
        )
        with home.warehouse().writing() as connection:
            runs.start_run(connection, row)
    has_failed = known is not None and known.status == "failed"
    ends_run = last == context.asset_key.to_user_string()
    return Step(
        prepared=prepared,
        store=store,
        tags=run.tags,
        will_deliver=last == DELIVERY and not has_failed,
        ends_run=ends_run,
        choice=choice,
        started_by=who,
        is_remaster=is_remaster(run.job_name, tags),
        has_failed=has_failed,
    )


def _record_unprepared(
    context: dg.AssetExecutionContext, home: GradeflowHome, name: str, message: str
) -> None:
    """Put a run into the history whose district file or clock could not even be read."""
    now = home.now()
    with home.warehouse().writing() as connection:
        if runs.load_run(connection, context.run.run_id) is None:
            row = Run(
                context.run.run_id,
                name,
                context.run.job_name,
                "unknown",
                as_of=now,
                started_at=now,
                started_by=started_by(context.run.tags),
            )
            runs.start_run(connection, row)
        runs.end_run(connection, context.run.run_id, "failed", ended_at=now, message=message)
