"""What is remembered of some sections and what their SIS says now, brought together row by row.

Reads only. A section or a line item that cannot be read is named with the reason, never taken as empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from gradeflow.core.item_diff import observed_fields
from gradeflow.core.lanes import given
from gradeflow.core.own_items import Made, find_made
from gradeflow.core.taken import score_seen
from gradeflow.errors import CredentialError, OutsideError
from gradeflow.model.ledger import LineItemIntent, ResultIntent
from gradeflow.ports import GradeSink
from gradeflow.warehouse import intents, keys, snapshot

Cell = tuple[int, str]
"""A score as it is compared, and its status."""


@dataclass(frozen=True, slots=True)
class Own:
    """A line item of ours as it is remembered.

    Attributes:
        has_base: whether the SIS ever confirmed it.
        is_latest: whether it was not made again since.
        stored: by field, what the SIS held after our last send.
        waiting: as it was last sent, where nobody knows what became of that.
        scores: by student, what the SIS held; empty where scores were not asked for.
        waiting_students: whose last send has no known outcome.
    """

    assignment: str
    section: str
    line_item_id: str
    sis_id: str | None
    has_base: bool
    is_latest: bool
    stored: Mapping[str, str | None]
    waiting: Mapping[str, str | None] | None
    scores: Mapping[str, Cell] = field(default_factory=dict)
    waiting_students: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seen:
    """One section of the SIS.

    Attributes:
        unread: why it could not be read; then nothing else is known of it.
        rows: the SIS's line items: sis_id, external_id and their fields as text.
        own: ours of this section; `at` has the position in `rows` of each that is there.
        perhaps: positions in `own` of those of which nobody can tell which row they are.
        cells: by position in `own` the SIS's scores, or why they could not be read.
    """

    section: str
    own: Sequence[Own]
    unread: str | None = None
    rows: Sequence[Mapping[str, Any]] = ()
    at: Mapping[int, int] = field(default_factory=dict)
    perhaps: frozenset[int] = frozenset()
    cells: Mapping[int, Mapping[str, Cell] | str] = field(default_factory=dict)


def recall(
    connection: Connection, district: str, sections: Iterable[str] | None, *, with_scores: bool
) -> dict[str, list[Own]]:
    """Give what the warehouse remembers of the line items of some sections, or of all, by section."""
    items = snapshot.load_line_items(connection, district)
    items = items if sections is None else items[items["section_id_sis"].isin(list(sections))]
    latest = items.groupby(["lms_assignment_id", "section_id_sis"])["generation"].transform("max")
    known = items[items["version"] > 0]["line_item_key"]
    stored = _stored(snapshot.load_fields(connection, district), set(known))
    students = keys.load_students(connection, district).set_index("student_key")["student_id_sis"]
    waiting, late = _waiting(connection, district, students)
    results = snapshot.load_results(connection, known.tolist() if with_scores else [])
    scores = _scores(results, students)
    found: dict[str, list[Own]] = {}
    for row, newest in zip(items.to_dict("records"), latest, strict=True):
        key = int(row["line_item_key"])
        found.setdefault(row["section_id_sis"], []).append(
            Own(
                assignment=row["lms_assignment_id"],
                section=row["section_id_sis"],
                line_item_id=row["line_item_id"],
                sis_id=given(row["sis_id"]),
                has_base=row["version"] > 0,
                is_latest=row["generation"] == newest,
                stored=stored.get(key, {}),
                waiting=waiting.get(key),
                scores=scores.get(key, {}),
                waiting_students=frozenset(late.get(key, ())),
            )
        )
    return found


def _stored(fields: pd.DataFrame, wanted: set[int]) -> dict[int, dict[str, str | None]]:
    found: dict[int, dict[str, str | None]] = {}
    mine = fields[fields["line_item_key"].isin(wanted)]
    for key, name, stored in mine[["line_item_key", "field", "stored"]].itertuples(index=False):
        found.setdefault(int(key), {})[str(name)] = given(stored)
    return found


def _waiting(
    connection: Connection, district: str, students: pd.Series
) -> tuple[dict[int, Mapping[str, str | None]], dict[int, list[str]]]:
    """Give the line items, and by line item the students, whose last send has no known outcome."""
    items: dict[int, Mapping[str, str | None]] = {}
    late: dict[int, list[str]] = {}
    for one in intents.unresolved_intents(connection, district):
        if isinstance(one.intent, LineItemIntent):
            items[one.intent.line_item_key] = one.intent.sent
        elif isinstance(one.intent, ResultIntent):
            item, student = keys.line_item_of(one.intent.result_key), keys.student_of(one.intent.result_key)
            late.setdefault(item, []).append(str(students.loc[student]))
    return items, late


def _scores(results: pd.DataFrame, students: pd.Series) -> dict[int, dict[str, Cell]]:
    found: dict[int, dict[str, Cell]] = {}
    held = results[results["stored_status"].notna()]
    columns = (held[name].tolist() for name in ("line_item_key", "stored_score_e4", "stored_status"))
    names = students.reindex(held["student_key"]).tolist()
    for student, key, score, status in zip(names, *columns, strict=True):
        found.setdefault(key, {})[student] = _cell(score, status)
    return found


def _cell(score_e4: Any, status: Any) -> Cell:
    score = given(score_e4)
    return score_seen(None if score is None else int(score), str(status)), str(status)


async def look(
    sink: GradeSink,
    sections: Sequence[str],
    remembered: Mapping[str, Sequence[Own]],
    max_in_flight: int,
    *,
    with_scores: bool,
) -> list[Seen]:
    """Read sections and find our line items in them, and with scores, what ours hold.

    Raises:
        CredentialError: every further read would fail alike.
    """
    gate = asyncio.Semaphore(max_in_flight)

    async def attempt(read: Callable[..., Awaitable[pd.DataFrame]], *place: str) -> pd.DataFrame | str:
        async with gate:
            try:
                return await read(*place)
            except CredentialError:
                raise
            except OutsideError as error:
                return str(error)

    async def one(section: str) -> Seen:
        own = remembered.get(section, ())
        listed = await attempt(sink.read_line_items, section)
        if isinstance(listed, str):
            return Seen(section, own, unread=listed)
        rows = _rows(listed)
        at, perhaps = _found(own, rows, listed, allocates_ids=sink.allocates_ids)
        wanted = sorted(at) if with_scores else []
        read = await asyncio.gather(
            *(attempt(sink.read_results, section, rows[at[n]]["sis_id"]) for n in wanted)
        )
        cells = {n: _cells(found) for n, found in zip(wanted, read, strict=True)}
        return Seen(section, own, None, rows, at, perhaps, cells)

    return list(await asyncio.gather(*(one(section) for section in sections)))


def _rows(listed: pd.DataFrame) -> list[dict[str, Any]]:
    fields = observed_fields(listed)
    columns = {"sis_id": listed["sis_id"].tolist(), "external_id": listed["external_id"].tolist(), **fields}
    return [
        {name: given(value) for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def _found(
    own: Sequence[Own], rows: Sequence[Mapping[str, Any]], listed: pd.DataFrame, *, allocates_ids: bool
) -> tuple[dict[int, int], frozenset[int]]:
    """Find which row each of ours is: by the SIS's id, and where that was never told, by ours or by its looks."""
    by_id = {row["sis_id"]: position for position, row in enumerate(rows)}
    named = listed["external_id"]
    single = named.notna() & ~named.duplicated(keep=False)
    by_own = {named.iloc[position]: position for position in range(len(rows)) if single.iloc[position]}
    at: dict[int, int] = {}
    for number, one in enumerate(own):
        position = by_id.get(one.sis_id or one.line_item_id)
        if position is None and one.sis_id is None:
            position = by_own.get(one.line_item_id)
        if position is not None and position not in at.values():
            at[number] = position
    lost = [n for n, one in enumerate(own) if n not in at and one.sis_id is None and one.waiting is not None]
    if not (allocates_ids and lost):
        return at, frozenset()
    taken = {one.sis_id for one in own if one.sis_id is not None}
    guesses = find_made([_made(own[n]) for n in lost], listed, taken)
    at |= {n: by_id[g.sis_id] for n, g in zip(lost, guesses, strict=True) if g.sis_id is not None}
    return at, frozenset(n for n, g in zip(lost, guesses, strict=True) if g.state == "uncertain")


def _made(one: Own) -> Made:
    sent = one.waiting or {}
    return Made(one.line_item_id, str(sent.get("title")), sent.get("assign_date"), sent.get("due_date"))


def _cells(found: pd.DataFrame | str) -> dict[str, Cell] | str:
    if isinstance(found, str):
        return found
    filled = found[found["status"].notna()]
    columns = filled[["student_id_sis", "score_e4", "status"]].itertuples(index=False)
    return {student: _cell(score, status) for student, score, status in columns}
