"""`gradeflow rollover`: what a new school year changes in a district file; writes it where that is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from gradeflow.cli.options import HomeOption, Json, OneDistrict, home_of
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.defs.connections import profile_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.errors import ConfigError
from gradeflow.reports.evidence import read_items
from gradeflow.reports.rollover import next_year
from gradeflow.reports.rollover import rollover as rolled_over
from gradeflow.settings import DistrictFile, Home, checked_district, read_yaml
from gradeflow.warehouse.store import Warehouse

SHOWN = 20
HEADER = """\
# Rolled over to the school year that begins on {first_day}, written on {today} by gradeflow rollover.
# The file of the year before, with its comments: {backup}. Check this one with: gradeflow check {name}
"""


def rollover(
    district: OneDistrict,
    effective_date: Annotated[
        str, typer.Option(metavar="DATE", help="The first day of the new school year, such as 2027-08-16.")
    ],
    write: Annotated[
        bool, typer.Option("--write", help="Write the new district file; the old one stays beside it.")
    ] = False,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Report what a new school year changes for a district: dates, group, category map. Asks no other system."""
    with told_to_the_operator():
        place = home_of(home)
        file = place.district(district)
        first_day = _first_day(effective_date, file)
        evidence = read_items(place, Warehouse.open(place.warehouse_url()), district)
        document = rolled_over(file.district, profile_of(file), evidence.reference, first_day)
        read = evidence.read_at.astimezone(file.district.zone).isoformat(timespec="seconds")
        document |= {"read": {"run_id": evidence.run_id, "at": read}, "file": str(file.path), "backup": None}
        if write:
            document["backup"] = str(_write(place, file, first_day))
    if json:
        print_json(document)
    else:
        _print(document)


def _first_day(text: str, file: DistrictFile) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--effective-date {text} is no date", allowed="such as 2027-08-16") from None
    before = file.district.passback.effective_date
    if before is not None and day <= before:
        place = file.place("passback", "effective_date")
        message = f"the district's effective date is {before} already; a new school year begins later"
        raise ConfigError(message, place=place)
    return day


def _write(home: Home, file: DistrictFile, first_day: dt.date) -> Path:
    """Put the new file in the old one's place, checked before; the old one stays under a dated name."""
    today = GradeflowHome(path=str(home.path)).now().astimezone(file.district.zone).date()
    backup = file.path.with_name(f"{file.path.name}.{today}")
    if backup.exists():
        raise ConfigError(f"{backup} exists already: this file was rolled over today. Move it away first")
    content, _ = read_yaml(file.path)
    wanted = next_year(content, file.district, first_day)
    text = yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True)
    head = HEADER.format(first_day=first_day, today=today, backup=backup.name, name=file.district.district)
    draft = file.path.with_name(f"{file.path.name}.new")
    draft.write_text(head + text, encoding="utf-8")
    try:
        written, lines = read_yaml(draft)
        if written != wanted:
            raise ConfigError(f"{file.path} holds something that cannot be written again; change it by hand")
        checked_district(written, draft, lines, home.path)
        backup.write_bytes(file.path.read_bytes())
        draft.replace(file.path)
    finally:
        draft.unlink(missing_ok=True)
    return backup


def _print(document: Mapping[str, Any]) -> None:
    name = document["district"]
    OUT.print(f"\n[bold]{name}[/]  {document['route']}  new school year from {document['effective_date']}")
    OUT.print(f"[dim]As the SIS was read {document['read']['at']} by run {document['read']['run_id']}[/]")
    if not document["sis_has_new_year"]:
        OUT.print(
            f"[yellow]The SIS had no grading period of the new year then. What it has is compared below all the same; "
            f"once its new year is set up, gradeflow plan {name} reads it again.[/]",
            soft_wrap=True,
        )
    carried = document["carries_over"]
    OUT.print(
        f"Carries over: {carried['category_rows']} rows of the category map ({carried['category_drafts']} drafts "
        f"beside them), {carried['group_members']} teachers of the passback group.",
        soft_wrap=True,
    )
    _print_lines("Changes", map(_change, document["must_change"]))
    _print_lines("To look at", _to_look_at(document))
    if document["backup"] is None:
        OUT.print(
            "Nothing was written. The same with --write changes the district file and keeps the old one."
        )
    else:
        OUT.print(
            f"Wrote {document['file']}; the old one is {document['backup']}", markup=False, soft_wrap=True
        )
        OUT.print(f"Next: gradeflow check {name}, then gradeflow plan {name}.")


def _print_lines(title: str, lines: Iterable[str]) -> None:
    """Print lines below a title; no title where there are none."""
    for number, line in enumerate(lines):
        if number == 0:
            OUT.print(f"[bold]{title}[/]")
        OUT.print(f"  {line}", markup=False, soft_wrap=True)


def _change(change: Mapping[str, Any]) -> str:
    new = "goes" if change["new"] is None else f"becomes {change['new']}"
    old = "" if change["old"] is None else f" ({change['old']})"
    return f"{change['key']}{old} {new}. {change['why']}"


def _to_look_at(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _of_group(document["group"], document["effective_date"])
    for row in document["categories_gone"]:
        near = f" Perhaps meant: {row['near']}." if row["near"] else ""
        lost = "no longer has" if row["lost"] == "gone" else "has set inactive"
        yield f"The SIS {lost} category {row['sis']} of the map.{near}"
    for key, ids in (*document["sections_gone"].items(), *document["periods_gone"].items()):
        kind = "sections" if key.startswith("passback") else "coming grading periods"
        yield from _of_ids(f"{key} names {kind} that the SIS does not have", ids)


def _of_group(group: Mapping[str, Any] | None, first_day: str) -> Iterator[str]:
    if group is None:
        return
    added = f"add {{teacher: ID, added: {first_day}}} to passback.teachers for those who shall pass back"
    yield from _of_ids(f"Teachers of the SIS who were never in the group ({added})", group["new_in_sis"])
    yield from _of_ids(
        "Teachers of the SIS who were removed from the group and stay out", group["removed_before"]
    )
    yield from _of_ids(
        "Members whom the SIS does not have any more (give them removed: DATE)", group["gone_from_sis"]
    )


def _of_ids(title: str, ids: list[str]) -> Iterator[str]:
    if ids:
        more = f" and {len(ids) - SHOWN} more (--json lists all)" if len(ids) > SHOWN else ""
        yield f"{title}, {len(ids)}: {', '.join(ids[:SHOWN])}{more}"
