"""`gradeflow reconcile`: what the SIS holds now, beside what we remember of it; listed, and nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape

from gradeflow.cli.options import HomeOption, Json, OneDistrict, home_of
from gradeflow.cli.output import OUT, as_of_words, print_json, told_to_the_operator
from gradeflow.core.scope import Scope
from gradeflow.defs.connections import Prepared, prepare
from gradeflow.defs.resources import GradeflowHome
from gradeflow.model.points import format_e4
from gradeflow.reports.evidence import read_items
from gradeflow.reports.reconcile import Document, differs, sections_of, told
from gradeflow.reports.reconcile_reading import Own, Seen, look, recall
from gradeflow.settings import Home
from gradeflow.warehouse import lease
from gradeflow.warehouse.store import Warehouse

FIRST = 5
DONE, DIFFERENT, NOTHING_READ = 0, 3, 5


def reconcile(
    district: OneDistrict,
    section: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A section's id in the SIS; none: all of them.")
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Read and count the scores of our line items as well.")
    ] = False,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """List what only the SIS has, and what of ours differs there or is gone. Writes nothing anywhere."""
    with told_to_the_operator():
        place = home_of(home)
        document = _document(place, district, section or [], with_scores=scores)
        if json:
            print_json(document)
        else:
            _print(document, place)
    totals = document["totals"]
    if totals["sections"] and totals["unread_sections"] == totals["sections"]:
        raise typer.Exit(NOTHING_READ)
    raise typer.Exit(DIFFERENT if differs(document) else DONE)


def _document(home: Home, name: str, asked: Sequence[str], *, with_scores: bool) -> Document:
    prepared = prepare(home, name, Scope(()), {}, GradeflowHome(path=str(home.path)).now)
    warehouse = Warehouse.open(home.warehouse_url())
    evidence = read_items(home, warehouse, name)
    with warehouse.reading() as connection:
        remembered = recall(connection, name, asked or None, with_scores=with_scores)
        at_work = lease.current_holder(connection, name)
    ours = [key for key, own in remembered.items() if any(one.has_base or one.waiting for one in own)]
    sections, closed = sections_of(prepared.district, evidence, ours, asked)
    seen, reads = asyncio.run(_look(prepared, sections, remembered, with_scores))
    return {
        "district": name,
        "route": prepared.profile.route,
        "as_of": prepared.as_of.astimezone(prepared.district.zone).isoformat(),
        "sis_reads": reads,
        "at_work": at_work,
        "closed_sections": closed,
        **told(seen),
    }


async def _look(
    prepared: Prepared, sections: Sequence[str], remembered: Mapping[str, Sequence[Own]], with_scores: bool
) -> tuple[list[Seen], int]:
    in_flight = prepared.context().max_in_flight
    async with prepared.sink() as sink:
        seen = await look(sink, sections, remembered, in_flight, with_scores=with_scores)
        return seen, sink.calls.reads


def _print(document: Document, home: Home) -> None:
    zone = home.district(document["district"]).district.zone
    at = as_of_words(document["as_of"], zone)
    OUT.print(f"[bold]{document['district']}[/]  {document['route']}  as of {at}")
    if document["at_work"] is not None:
        _say(f"{document['at_work']} is at work: what it is sending now may be told as different.")
    totals = document["totals"]
    read = totals["sections"] - totals["unread_sections"]
    unread = f", {totals['unread_sections']} could not be read" if totals["unread_sections"] else ""
    _say(f"{_number(read, 'section')} read{unread}, {_number(document['sis_reads'], 'SIS read')}")
    _say(_line_items(totals))
    if totals["scores"] is not None:
        _say(_of_scores(totals["scores"]))
    if document["closed_sections"]:
        closed = _number(len(document["closed_sections"]), "section")
        _say(f"{closed} of ours the SIS has no more, such as last year's; not read. --section ID reads one.")
    for section in document["sections"]:
        lines = list(_told(section))
        if lines:
            OUT.print(f"\n[bold]Section {escape(section['section'])}[/]")
            for line in lines:
                _say(f"  {line}")
    _say("\nNothing was written.")


def _line_items(counts: Mapping[str, int]) -> str:
    return (
        f"{_number(counts['in_sis'], 'line item')} there: {counts['only_sis']} only in the SIS, "
        f"{counts['as_stored']} as stored, {counts['changed']} changed, {counts['unconfirmed_in_sis']} not confirmed. "
        f"Of ours {counts['gone']} are gone, {counts['unconfirmed']} were never confirmed."
    )


def _of_scores(counts: Mapping[str, int]) -> str:
    unread = (
        f" {_number(counts['unread_items'], 'line item')} could not be read."
        if counts["unread_items"]
        else ""
    )
    return (
        f"{_number(counts['in_sis'], 'score')} in ours: {counts['only_sis']} only in the SIS, "
        f"{counts['as_stored']} as stored, {counts['changed']} changed, {counts['unconfirmed']} not confirmed. "
        f"{counts['gone']} are gone.{unread}"
    )


def _told(section: Mapping[str, Any]) -> Iterator[str]:
    """Say of a section what is not simply as it was stored."""
    if section["unread"] is not None:
        yield f"could not be read, so nothing is known of it: {section['unread']}"
        return
    yield from _first(f"only in the SIS: {_only(one)}" for one in section["only_sis"])
    yield from _first(f"changed: {_ours(one)}: {_fields(one['fields'])}" for one in section["changed"])
    yield from _first(f"gone: {_ours(one)}" for one in section["gone"])
    yield from _first(f"never confirmed, {one['state']}: {_ours(one)}" for one in section["unconfirmed"])
    for one in (section["scores"] or {}).get("items", ()):
        if one["unread"] is not None:
            yield f"scores of {_ours(one)} could not be read: {one['unread']}"
        else:
            yield f"scores of {_ours(one)}: {_of_scores(one['counts'])}"


def _first(lines: Iterator[str]) -> Iterator[str]:
    every = list(lines)
    yield from every[:FIRST]
    if len(every) > FIRST:
        yield f"and {len(every) - FIRST} more; --json lists them all"


def _only(one: Mapping[str, Any]) -> str:
    due = "no due date" if one["due_date"] is None else f"due {one['due_date']}"
    copy = "" if one["copy_of"] is None else f", a copy of {one['copy_of']}"
    return f"{one['sis_id']}  {one['title']}  ({due}{copy})"


def _ours(one: Mapping[str, Any]) -> str:
    return f"{one['assignment']}  {one['title']}  ({one['sis_id'] or one['line_item_id']})"


def _fields(fields: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{one['field']} stored {_shown(one, 'stored')}, there {_shown(one, 'there')}" for one in fields
    )


def _shown(one: Mapping[str, Any], side: str) -> str:
    text = one[side]
    if text is None:
        return "nothing"
    return format_e4(int(text)) if one["field"] == "points" else str(text)


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _say(text: str) -> None:
    OUT.print(text, markup=False, soft_wrap=True)
