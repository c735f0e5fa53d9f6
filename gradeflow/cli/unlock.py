"""`gradeflow unlock`: a person decides about a value that no run may change (G15)."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from gradeflow.cli import unlock_deleted
from gradeflow.cli.options import HomeOption, Json, OneDistrict, home_of
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.core.decisions import decide_field, decide_score
from gradeflow.core.item_diff import observed_fields
from gradeflow.core.lanes import seen_value
from gradeflow.core.scope import Scope
from gradeflow.defs.connections import Prepared, prepare, profile_of
from gradeflow.errors import ConfigError
from gradeflow.model.decisions import Decision, Word
from gradeflow.model.ledger import FIELDS, ResultValue
from gradeflow.model.points import format_e4
from gradeflow.reports.evidence import Evidence, read_evidence
from gradeflow.reports.explain import Asked, Document
from gradeflow.reports.explain import explain as explained
from gradeflow.rules.reasons import REASONS
from gradeflow.settings import Home
from gradeflow.warehouse import history
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse

WHOLE = ("LIKELY_DUPLICATE", "CREATE_UNCERTAIN", "SIS_CHANGED_ITEM")
NEXT = {
    "lms": "the next run sends the LMS's value.",
    "sis": "the SIS's value stays until the LMS's changes again.",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the SIS holds now of a line item: None where it is not there."""

    sis_id: str
    fields: Mapping[str, str | None]
    score: ResultValue | None


def unlock(
    district: OneDistrict,
    assignment: Annotated[str, typer.Option(metavar="ID", help="The assignment's id in the LMS.")],
    section: Annotated[str, typer.Option(metavar="ID", help="The section's id in the SIS.")],
    take: Annotated[
        Literal["lms", "sis"],
        typer.Option(
            help="lms: the next run sends the LMS's value; sis: the SIS's stays until the LMS changes."
        ),
    ],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides. It is kept.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why. It is kept: name no student.")],
    student: Annotated[
        str | None, typer.Option(metavar="ID", help="One student's score, by SIS id; else the item's fields.")
    ] = None,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Decide about a score that is locked, or about what is held, in your name; the next run acts on it."""
    with told_to_the_operator():
        if not by.strip() or not reason.strip():
            raise ConfigError("a decision needs a name and a reason", allowed="--by NAME --reason TEXT")
        word = Word(take, by.strip(), reason.strip())
        document = _unlock(home_of(home), district, assignment, section, student, word)
    if json:
        print_json(document)
        return
    for one in document["decided"]:
        OUT.print(f"{one['what']}: LMS {one['lms']}, SIS {one['sis']}; {document['next']}", soft_wrap=True)


def _unlock(
    home: Home, name: str, assignment: str, section: str, student: str | None, word: Word
) -> Document:
    prepared = prepare(home, name, Scope(()), {}, lambda: dt.datetime.now(dt.UTC))
    warehouse = Warehouse.open(home.warehouse_url())
    evidence = read_evidence(home, warehouse, name, assignment)
    known = _known(home, warehouse, evidence, name, assignment, section, student)
    with warehouse.reading() as connection:
        rows = history.line_items_of(connection, name, assignment)
        mine = [row for row in rows if row["section_id_sis"] == section]
        key = (
            history.result_key_of(connection, name, mine[-1]["line_item_key"], student)
            if mine and student is not None
            else None
        )
    _refuse_whole(known)
    is_deleted = unlock_deleted.is_asked(known["holds"])
    store = DistrictStore(
        warehouse, name, f"unlock-{uuid.uuid4()}", prepared.as_of, lambda: dt.datetime.now(dt.UTC)
    )
    store.acquire_lease()
    try:
        decided: Sequence[tuple[Decision, Document]]
        if is_deleted and student is None:
            decided = [unlock_deleted.decide(prepared, store, evidence, known, mine[-1], word)]
        elif student is None:
            decided = _of_fields(prepared, known, mine, section, word)
        else:
            decided = _of_score(prepared, known, mine, key, section, student, word)
        store.record_decisions([decision for decision, _ in decided])
    finally:
        store.release_lease()
    return {
        "district": name,
        "assignment": assignment,
        "section": section,
        "student": student,
        "take": word.take,
        "by": word.by,
        "next": (unlock_deleted.NEXT if is_deleted and student is None else NEXT)[word.take],
        "decided": [shown for _, shown in decided],
    }


def _known(
    home: Home,
    warehouse: Warehouse,
    evidence: Evidence,
    name: str,
    assignment: str,
    section: str,
    student: str | None,
) -> Document:
    """Ask what is known of it, as `gradeflow explain` does."""
    file = home.district(name)
    with warehouse.reading() as connection:
        run = history.latest_judging_run(connection, name)
        as_of = evidence.read_at if run is None else run["as_of"]
        asked = Asked(file.district, profile_of(file), as_of, assignment, section, student)
        found = explained(asked, evidence, connection)["sections"]
    if not found:
        raise ConfigError(f"{name} has never seen an assignment {assignment} in section {section}")
    return dict(found[0])


def _refuse_whole(known: Document) -> None:
    """A hold on a whole line item ends with what the SIS holds, not with a word."""
    for hold in known["holds"]:
        if hold["closed_at"] is None and hold["field"] is None and hold["reason"] in WHOLE:
            reason = REASONS[hold["reason"]]
            raise ConfigError(
                f"{reason.cause} That is not for a word to decide. {reason.fix} [{reason.code}]"
            )


def _open(holds: Sequence[Mapping[str, Any]], field: str | None = None) -> bool:
    return any(hold["closed_at"] is None and hold["field"] == field for hold in holds)


def _of_score(
    prepared: Prepared,
    known: Document,
    mine: Sequence[Mapping[str, Any]],
    key: int | None,
    section: str,
    student: str,
    word: Word,
) -> list[tuple[Decision, Document]]:
    score = known["score"]
    if key is None or not (score.get("is_locked") or _open(score["holds"])):
        raise ConfigError("nothing is locked or held there; gradeflow explain says what is known of it")
    wanted = score["desired"]
    if wanted is None and word.take == "lms":
        why = REASONS[score["reason"]].cause if score["reason"] in REASONS else "The LMS has no such score."
        raise ConfigError(f"the LMS gives no score that may be sent: {why}")
    desired = None if wanted is None else ResultValue(**wanted)
    seen = asyncio.run(_look(prepared, section, mine[-1], student))
    decision = decide_score(word, key, desired, seen.score)
    return [(decision, {"what": "score", "lms": _points(desired), "sis": _points(seen.score)})]


def _of_fields(
    prepared: Prepared, known: Document, mine: Sequence[Mapping[str, Any]], section: str, word: Word
) -> list[tuple[Decision, Document]]:
    locked = bool(known["in_sis"] and known["in_sis"]["is_locked"])
    held = [one for one in known["fields"] if locked or _open(known["holds"], one["field"])]
    if not held:
        raise ConfigError(
            "no field of it is held; a score is named with --student. gradeflow explain says what is known"
        )
    if word.take == "sis" and any(one["field"] == "points" for one in held):
        raise ConfigError(
            "the maximum points differ, so the scores would mean something else: set the same maximum in the LMS, "
            "or take the LMS's"
        )
    seen = asyncio.run(_look(prepared, section, mine[-1], None))
    decided: list[tuple[Decision, Document]] = []
    for one in held:
        name, there = one["field"], seen.fields[one["field"]]
        decision = decide_field(
            word, int(mine[-1]["line_item_key"]), seen.sis_id, name, one["desired"], there
        )
        decided.append((decision, {"what": name, "lms": one["desired"], "sis": there}))
    return decided


async def _look(prepared: Prepared, section: str, row: Mapping[str, Any], student: str | None) -> Seen:
    """Read what the SIS holds now: that is what the person decides about.

    Raises:
        OutsideError: it could not be read; nothing was decided.
        ConfigError: the line item is not there.
    """
    async with prepared.sink() as sink:
        listed = await sink.read_line_items(section)
        ids = (row["sis_id"], row["line_item_id"])
        found = listed[listed["sis_id"].isin(ids) | listed["external_id"].isin(ids)]
        if found.empty:
            raise ConfigError(
                f"the SIS has no such line item in section {section}. {REASONS['SIS_DELETED'].fix} "
                "Decide about the whole line item: leave out --student"
            )
        fields = observed_fields(found)
        texts = {name: fields[name][0] for name in FIELDS}
        sis_id = str(found["sis_id"].iloc[0])
        if student is None:
            return Seen(sis_id, texts, None)
        cells = await sink.read_results(section, sis_id)
        cell = cells[(cells["student_id_sis"] == student) & cells["status"].notna()]
        return Seen(sis_id, texts, None if cell.empty else seen_value(cell))


def _points(value: ResultValue | None) -> str:
    if value is None or value.score_e4 is None:
        return "nothing"
    return f"{format_e4(value.score_e4)}{'' if value.status == 'graded' else f' ({value.status})'}"
