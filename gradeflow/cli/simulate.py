"""`gradeflow simulate`: what other settings would do, before anybody writes them into the district file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from gradeflow.cli.night import AsOf
from gradeflow.cli.options import HomeOption, Json, OneDistrict, home_of
from gradeflow.cli.output import OUT, as_of_words, print_json, told_to_the_operator
from gradeflow.core.scope import Scope, Window
from gradeflow.core.simulate import Simulated
from gradeflow.core.simulate import simulate as simulated
from gradeflow.defs.automation import RANGE_END, RANGE_START, window_tags
from gradeflow.defs.bundles import unpack_extract, unpack_reference
from gradeflow.defs.connections import AS_OF_TAG, Prepared, prepare, profile_of
from gradeflow.defs.io import read_bundle
from gradeflow.defs.partitions import first_of_bucket, scope_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.errors import ConfigError
from gradeflow.model.district import District
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.ledger import Extract
from gradeflow.reports.simulate import Asked, Document, told
from gradeflow.reports.simulate_settings import Replacements, changes, replaced
from gradeflow.settings import Home
from gradeflow.warehouse.extracts import latest_extract
from gradeflow.warehouse.rehearsal import RehearsalStore
from gradeflow.warehouse.store import Rehearsal, rehearsal

FIRST = 5
YAML_FILE = "FILE"
NOBODY = "simulation"


def simulate(
    district: OneDistrict,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One setting, such as passback.effective_date=2026-09-01 or overrides.title_max=30.",
        ),
    ] = None,
    add_teacher: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Who joins the passback group today, by SIS id.")
    ] = None,
    remove_teacher: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Who leaves the passback group today, by SIS id.")
    ] = None,
    category_map: Annotated[
        Path | None,
        typer.Option(metavar=YAML_FILE, help="Rows in place of passback.categories, YAML or CSV."),
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar=YAML_FILE, help="Values in place of overrides, as YAML.")
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option(metavar=YAML_FILE, help="What stands in place of calendar, as YAML.")
    ] = None,
    as_of: AsOf = None,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Say what other settings would let go, change in the SIS and stop. Writes nothing anywhere."""
    asked = Replacements(
        settings or (), add_teacher or (), remove_teacher or (), category_map, profile, calendar
    )
    with told_to_the_operator():
        if asked.is_empty:
            raise ConfigError(
                "say what to try",
                allowed="--set, --add-teacher, --remove-teacher, --category-map, --profile, --calendar",
            )
        place = home_of(home)
        document = _document(place, district, asked, {AS_OF_TAG: as_of} if as_of else {})
        if json:
            print_json(document)
        else:
            _print(document, place.district(district).district)


def _document(home: Home, name: str, asked: Replacements, tags: Mapping[str, str]) -> Document:
    today = prepare(home, name, Scope(()), tags, GradeflowHome(path=str(home.path)).now)
    file = replaced(today.file, asked, today.as_of.astimezone(today.district.zone).date())
    then = replace(today, file=file, profile=profile_of(file))
    today, then = (replace(one, scope=_window(home, one)) for one in (today, then))
    with rehearsal(home.warehouse_url()) as warehouse:
        (read, extract), (_, reference) = _evidence(home, warehouse, name)
        found = asyncio.run(_simulated(today, then, extract, reference, warehouse))
    settings = home.settings().partitions
    return told(
        Asked(
            today=today.district,
            then=then.district,
            route=then.profile.route,
            as_of=today.as_of,
            windows=(today.scope, then.scope),
            run_id=read.run_id,
            read_at=read.written_at,
            changes=changes(today.district, then.district),
            partitions_start=first_of_bucket(settings.start, settings.grain),
        ),
        found,
        reference,
    )


def _window(home: Home, prepared: Prepared) -> Scope:
    """Give the days that the next run under these settings covers."""
    tags = window_tags(home, prepared.district, prepared.as_of.astimezone(prepared.district.zone).date())
    _, ends = scope_of([tags[RANGE_START], tags[RANGE_END]], home)
    return Scope((Window(ends.windows[0].first, ends.windows[-1].end),))


def _evidence(
    home: Home, warehouse: Rehearsal, name: str
) -> tuple[tuple[Extract, GradebookExtract], tuple[Extract, SisReference]]:
    """Read whole what the last run read of both systems.

    Raises:
        ConfigError: no run of the district has read its systems yet, or what it read was purged.
    """
    with warehouse.reading() as connection:
        lms = latest_extract(connection, "lms_gradebook", name)
        sis = latest_extract(connection, "sis_reference", name)
    if lms is None or sis is None:
        raise ConfigError(f"no run of {name} has read its systems yet; start with gradeflow plan {name}")
    for one in (lms, sis):
        if not (home.path / one.path).is_dir():
            raise ConfigError(
                f"{home.path / one.path} is gone: was it purged? A new gradeflow plan reads both systems again"
            )
    return (
        (lms, unpack_extract(read_bundle(home.path / lms.path))),
        (sis, unpack_reference(read_bundle(home.path / sis.path))),
    )


async def _simulated(
    today: Prepared, then: Prepared, extract: GradebookExtract, reference: SisReference, warehouse: Rehearsal
) -> Simulated:
    async with today.source() as source, today.sink() as sink:
        store = RehearsalStore(warehouse, today.district.district, NOBODY, today.as_of, today.now)
        was, becomes = (one.night(source.system_id, sink.system_id) for one in (today, then))
        return await simulated(was, becomes, extract, reference, sink, store)


def _print(document: Document, district: District) -> None:
    zone = district.zone
    OUT.print(
        f"[bold]{document['district']}[/]  {document['route']}  as of {as_of_words(document['as_of'], zone)}"
    )
    evidence = document["evidence"]
    OUT.print(
        f"[dim]By what both systems said {as_of_words(evidence['read_at'], zone)}, run {evidence['run_id']}[/]"
    )
    for one in document["replaced"]:
        _say(f"{one['key']}: {_shown(one['was'])} -> {_shown(one['becomes'])}")
    preview = document["preview"]
    OUT.print(f"[bold]{preview['line_items']}[/] line items, [bold]{preview['results']}[/] results")
    _print_block("Would go", document["would_go"], "until now")
    _print_changes(document["would_change"])
    _print_block("Would stop", document["would_stop"], "then")
    stays = document["would_stop"]["stays_in_sis"]
    if stays["line_items"] or stays["results"]:
        _say(f"  What was sent stays in the SIS: {_counted(stays)}.")
    OUT.print()
    for note in document["notes"]:
        OUT.print(f"[yellow]{_plain(note)}[/]")
    for one in document["stopped_by"]:
        OUT.print(f"[yellow]A sync would stop before it sends anything: {one['name']}.[/]")
        _say(one["message"])
    _say(f"Nothing was written. {document['next']}")


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _say(text: str) -> None:
    OUT.print(text, markup=False)


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "nothing"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {one}" for key, one in value.items()) + "}"
    return str(value)


def _counted(counts: Mapping[str, Any]) -> str:
    return f"{_number(counts['line_items'], 'line item')}, {_number(counts['results'], 'result')}"


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _print_block(title: str, block: Mapping[str, Any], when: str) -> None:
    if not (block["line_items"] or block["results"]):
        OUT.print(f"\n[bold]{title}[/]: nothing")
        return
    OUT.print(f"\n[bold]{title}[/]: {_counted(block)}")
    for code, own in block["reasons"].items():
        _say(f"  {code} {when}: {_counted(own)}. {own['cause']}")
    _print_items(
        block["items"],
        lambda one: (
            _number(one["results"], "result") + ("" if one["is_whole"] else " of one that goes anyhow")
        ),
    )


def _print_changes(block: Mapping[str, Any]) -> None:
    done = {"created": "create", "updated": "update", "adopted": "adopt"}
    if not any(block[grain][name] for grain in ("line_items", "results") for name in done):
        OUT.print("\n[bold]Would change in the SIS[/]: nothing")
    else:
        OUT.print("\n[bold]Would change in the SIS[/]")
        for grain, words in (("line_items", "line items"), ("results", "results")):
            told_ = ", ".join(
                f"{word} {block[grain][name]}" for name, word in done.items() if block[grain][name]
            )
            _say(f"  {words}: {told_ or 'nothing'}")
    as_well = block["today_as_well"]
    if as_well["line_items"] or as_well["results"]:
        _say(f"  Of these today's settings would send as well: {_counted(as_well)}.")
    dropped = block["not_any_more"]
    if dropped["line_items"] or dropped["results"]:
        _say(f"  Today's settings would send and these would not: {_counted(dropped)}.")
    for code, own in block["held"].items():
        _say(f"  held {code}: {_counted(own)}")
    _print_items(block["items"], _done)


def _done(one: Mapping[str, Any]) -> str:
    results = ", ".join(f"{action} {count}" for action, count in one["results"].items() if count)
    return f"{one['line_item'] or 'as it is'}; results: {results or 'nothing'}"


def _print_items(items: Sequence[Mapping[str, Any]], say: Callable[[Mapping[str, Any]], str]) -> None:
    for one in items[:FIRST]:
        _say(f"  {one['assignment']} in {one['section']}  {one['title']}  ({say(one)})")
    if len(items) > FIRST:
        _say(f"  and {len(items) - FIRST} more; --json lists them all")
