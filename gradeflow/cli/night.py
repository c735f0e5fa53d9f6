"""`gradeflow plan` and `gradeflow sync`: a district's night by hand, through the same definitions."""

from __future__ import annotations

from collections.abc import Sequence
from json import loads as read_json
from typing import Annotated, Any

import typer

from gradeflow.cli.asked import By, Items, LeaveOut, Retry, Sections, asked_tags
from gradeflow.cli.options import Districts, HomeOption, Json, OneDistrict, home_of
from gradeflow.cli.output import (
    print_json,
    print_plan,
    print_reasons,
    print_run,
    run_document,
    say,
    told_to_the_operator,
    worst,
)
from gradeflow.core.breakers import ALLOWABLE
from gradeflow.defs.asked import REMASTER, REMASTER_TAG
from gradeflow.defs.connections import ALLOW_TAG, AS_OF_TAG, PLAN_TAG
from gradeflow.defs.exit_codes import exit_code_of
from gradeflow.defs.instance import open_instance
from gradeflow.defs.io import VALUES
from gradeflow.defs.launch import Launched, launch
from gradeflow.errors import ConfigError, GradeflowError
from gradeflow.model.ledger import Plan, Run
from gradeflow.reports.asked import asked_of
from gradeflow.settings import Home
from gradeflow.warehouse import plans
from gradeflow.warehouse.store import Warehouse

DIGEST_START = 8
AsOf = Annotated[
    str | None,
    typer.Option(
        metavar="INSTANT",
        help="The instant the run is about, such as 2026-11-21T03:30:00-06:00; by default now.",
    ),
]


Allow = Annotated[
    list[str] | None,
    typer.Option(metavar="BREAKER", help=f"Let a breaker pass for this run: {', '.join(ALLOWABLE)}."),
]
PlanDigest = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="DIGEST",
        help="Deliver exactly this reviewed plan (its digest, or the first of it); say with --by who approves it.",
    ),
]


def plan(
    districts: Districts = None,
    section: Sections = None,
    item: Items = None,
    leave_out: LeaveOut = None,
    retry: Retry = False,
    by: By = None,
    remaster: Annotated[
        bool, typer.Option("--remaster", help="The plan of a remaster: unchanged scores go again too.")
    ] = False,
    home: HomeOption = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Say what a night would write, and why the rest stays. Writes nothing to any SIS."""
    with told_to_the_operator():
        asked = asked_tags(districts, sections=section, items=item, leave_out=leave_out, retry=retry, by=by)
        asked |= {REMASTER_TAG: "yes"} if remaster else {}
        _run(home_of(home), "plan", districts, asked | _tags(as_of), json=json)


def sync(
    districts: Districts = None,
    section: Sections = None,
    item: Items = None,
    leave_out: LeaveOut = None,
    retry: Retry = False,
    by: By = None,
    home: HomeOption = None,
    as_of: AsOf = None,
    allow: Allow = None,
    plan_digest: PlanDigest = None,
    json: Json = False,
) -> None:
    """Run the night now: read, judge, plan and deliver; all of it, or the sections and assignments named."""
    with told_to_the_operator():
        asked = asked_tags(districts, sections=section, items=item, leave_out=leave_out, retry=retry, by=by)
        place = home_of(home)
        more = _sending_tags(place, districts, allow or (), plan_digest, by)
        _run(place, "passback", districts, asked | more | _tags(as_of), json=json)


def remaster(
    district: OneDistrict,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who asks for it; the history names them.")],
    section: Annotated[
        list[str] | None,
        typer.Option(
            "--section",
            metavar="ID",
            help="Only the course of this SIS section, in all of its sections; may be given again.",
        ),
    ] = None,
    leave_out: LeaveOut = None,
    home: HomeOption = None,
    as_of: AsOf = None,
    allow: Allow = None,
    plan_digest: PlanDigest = None,
    json: Json = False,
) -> None:
    """Send every eligible score again, unchanged ones too; what was changed in the SIS stays as it is."""
    with told_to_the_operator():
        asked = asked_tags([district], sections=section, leave_out=leave_out, by=by)
        place = home_of(home)
        more = _sending_tags(place, [district], allow or (), plan_digest, by)
        _run(place, REMASTER, [district], asked | more | _tags(as_of), json=json)


def _sending_tags(
    home: Home,
    districts: Sequence[str] | None,
    allow: Sequence[str],
    plan_digest: str | None,
    by: str | None,
) -> dict[str, str]:
    """Write as tags what a person takes responsibility for: breakers to pass, a plan to deliver."""
    unknown = sorted(set(allow) - set(ALLOWABLE))
    if unknown:
        raise ConfigError(
            f"--allow {', '.join(unknown)} is no breaker that can be allowed", allowed=", ".join(ALLOWABLE)
        )
    tags = {ALLOW_TAG: ",".join(allow)} if allow else {}
    if plan_digest:
        if len(districts or ()) != 1:
            raise ConfigError("--plan is of one district; name it")
        if by is None:
            raise ConfigError("--plan approves a plan; say with --by NAME who approves it")
        tags[PLAN_TAG] = _whole_digest(home, (districts or [""])[0], plan_digest)
    return tags


def _whole_digest(home: Home, district: str, start: str) -> str:
    if len(start) < DIGEST_START:
        raise ConfigError(
            f"--plan {start} is too short", allowed=f"{DIGEST_START} digits of the digest or more"
        )
    home.district(district)
    warehouse = Warehouse.open(home.warehouse_url())
    with warehouse.reading() as connection:
        known = plans.latest_plan(connection, district, start=start)
    if known is None:
        raise ConfigError(
            f"{district} has no plan {start} to deliver; run gradeflow plan {district} and look again"
        )
    return known.digest


def _tags(as_of: str | None) -> dict[str, str]:
    return {AS_OF_TAG: as_of} if as_of else {}


def _run(home: Home, job: str, names: Sequence[str] | None, tags: dict[str, str], *, json: bool) -> None:
    wanted = list(dict.fromkeys(names or home.district_names()))
    misnamed = [] if names else home.misnamed()
    if not wanted:
        raise misnamed[0] if misnamed else no_district(home)
    warehouse = Warehouse.open(home.warehouse_url())
    done: list[Launched] = []
    errors: list[tuple[str, GradeflowError]] = [("gradeflow", error) for error in misnamed]
    with open_instance(home) as instance:
        for name in wanted:
            try:
                done.append(launch(home, instance, warehouse, job, name, tags))
            except GradeflowError as error:
                if names is not None and len(wanted) == 1:
                    raise
                errors.append((name, error))
    documents = _show(home, warehouse, job, [launched.run for launched in done], json=json)
    if json:
        print_json({"job": job, "districts": documents, "errors": _documents(errors)})
    _end(done, errors, json=json)


def _show(
    home: Home, warehouse: Warehouse, job: str, done: Sequence[Run], *, json: bool
) -> list[dict[str, Any]]:
    """Print the runs for a person, or give them for a script."""
    if job == "plan":
        return _show_plans(home, warehouse, done, json=json)
    if json:
        return [run_document(run) for run in done]
    for run in done:
        print_run(run, home.district(run.district).district.zone)
        print_reasons(run.findings)
    return []


def _documents(errors: Sequence[tuple[str, GradeflowError]]) -> list[dict[str, str]]:
    """Give what kept a district from running at all, so that a script misses none of them."""
    return [{"district": name, "error": str(error)} for name, error in errors]


def _show_plans(home: Home, warehouse: Warehouse, done: Sequence[Run], *, json: bool) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    for run in done:
        with warehouse.reading() as connection:
            made = plans.load_plan(connection, run.run_id)
            asked = asked_of(home, connection, [run.run_id])[run.run_id]
        digest = None if made is None else made.digest
        stopped_by = {} if made is None else _stopped_by(home, made, run)
        documents.append(
            run_document(run)
            | {
                "plan": digest,
                "stopped_by": [{"name": name, "message": text} for name, text in stopped_by.items()],
            }
        )
        if not json:
            again = asked["command"] or f"gradeflow sync {run.district}"
            print_plan(run, home.district(run.district).district.zone, digest, stopped_by, again)
            print_reasons(run.findings)
    return documents


def _stopped_by(home: Home, made: Plan, run: Run) -> dict[str, str]:
    """Name the breakers that would stop a plan, with what to do; where its file is gone, the run's message."""
    if run.status != "held_by_breaker":
        return {}
    try:
        values = read_json((home.path / made.path / VALUES).read_text(encoding="utf-8"))
        return {one["name"]: one["message"] for one in values["verdicts"] if not one["passed"]}
    except (OSError, ValueError, KeyError):
        return {"a breaker": run.message or ""}


def _end(done: Sequence[Launched], errors: Sequence[tuple[str, GradeflowError]], *, json: bool) -> None:
    for name, error in errors:
        say(str(error), name)
    for launched in done:
        if json and launched.run.message:  # without --json it stands above its table
            say(launched.run.message, launched.run.district)
    codes = [launched.exit_code for launched in done] + [exit_code_of(error) for _, error in errors]
    raise typer.Exit(worst(codes))


def no_district(home: Home) -> ConfigError:
    """Say that there is nothing to do, and how to begin."""
    return ConfigError(f"{home.districts_folder} holds no district; gradeflow init writes one")
