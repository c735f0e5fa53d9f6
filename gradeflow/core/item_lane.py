"""The lane of line items: one call per update, one per section's creates where the SIS takes many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from gradeflow.core.item_diff import observed_fields
from gradeflow.core.lanes import Row, Seen, Sent, Stored, action, bulk, digest, given, paired
from gradeflow.core.own_items import Made, find_made
from gradeflow.core.taken import MAYBE_UNTOLD, is_taken_field, taken_field
from gradeflow.errors import OutsideError
from gradeflow.model.gradebook import LineItemWrite, StoredLineItem
from gradeflow.model.ledger import FIELDS, LineItemIntent
from gradeflow.ports import BulkGradeSink, GradeSink


@dataclass(frozen=True, slots=True)
class LineItemLane:
    """Line items: a read-back reads the section.

    Attributes:
        taken: where the SIS gives its own ids, those of which it is known whose line items they are; grows as
            creates are answered.
    """

    sink: GradeSink
    taken: set[str] = field(default_factory=set)
    kind: Literal["line_item", "result"] = "line_item"

    def key(self, row: Row) -> int:
        """Give the line item's key."""
        return int(row["line_item_key"])

    def place(self, row: Row) -> tuple[str, str]:
        """Name the section."""
        return str(row["section_id_sis"]), ""

    def batch(self, row: Row) -> int:
        """Only creates go together."""
        if row["action"] == "create" and isinstance(self.sink, BulkGradeSink):
            return self.sink.line_item_batch
        return 1

    def intent(self, row: Row, plan_digest: str) -> LineItemIntent:
        """Say which of our fields are about to be sent."""
        sent = own_fields(row)
        return LineItemIntent(
            self.key(row), action(row), sent, digest(sent), plan_digest, int(row["base_version"])
        )

    async def send(self, row: Row) -> Sent:
        """PUT it; fields that the answer does not name count as sent."""
        return self._answered(row, await self.sink.put_line_item(_line_item_write(row)))

    async def send_many(self, rows: Sequence[Row]) -> list[Sent | OutsideError]:
        """Create them in one call."""
        answers = await bulk(self.sink).put_line_items([_line_item_write(row) for row in rows])
        return [
            answer if isinstance(answer, OutsideError) else self._answered(row, answer)
            for row, answer in paired(rows, answers)
        ]

    def _answered(self, row: Row, answer: StoredLineItem) -> Sent:
        points = answer.points_possible_e4
        told = {
            "title": answer.title,
            "assign_date": answer.assign_date,
            "due_date": answer.due_date,
            "category": answer.category_id_sis,
            "points": None if points is None else str(points),
            "period": answer.period_id_sis,
        }
        stored = {name: value for name, value in told.items() if value is not None}
        sent = Sent(answer.sis_id or row["sis_id"], None if _is_old(row, stored) else stored or None)
        if not self._is_unnamed(row, sent.sis_id):
            self.taken.add(sent.sis_id)
        return sent

    def _is_unnamed(self, row: Row, sis_id: str) -> bool:
        """Tell whether the SIS's own id of the item is not known: until then it goes by ours."""
        return self.sink.allocates_ids and sis_id == row["line_item_id"]

    def is_proof(self, row: Row, sent: Sent) -> bool:
        """An id that the SIS gave proves the create; without it the item would have to be found by its looks."""
        return (
            row["action"] == "create" and self.sink.allocates_ids and not self._is_unnamed(row, sent.sis_id)
        )

    async def look(self, place: tuple[str, str]) -> pd.DataFrame:
        """Read the section's line items."""
        return await self.sink.read_line_items(place[0])

    def seen(self, rows: Sequence[Row], frame: pd.DataFrame, told: Sequence[Stored]) -> list[Seen]:
        """A created item that is there was stored; of an updated one our fields must be there."""
        made = [row for row in rows if row["action"] == "create" and self.sink.allocates_ids]
        told_ids = {row["sis_id"] for row in made}
        found = dict(
            zip(
                map(self.key, made),
                find_made([self._made(row) for row in made], frame, self.taken - told_ids),
                strict=True,
            )
        )
        seen = []
        for row, said in zip(rows, told, strict=True):
            own = found.get(self.key(row))
            fields = said if isinstance(said, Mapping) else {}
            if own is None:
                seen.append(_seen_item(row, frame, fields))
            elif own.sis_id is None:
                self.taken.discard(row["sis_id"])
                seen.append(Seen("not_stored" if own.state == "none" else "uncertain"))
            else:
                self.taken.add(own.sis_id)
                seen.append(_seen_item({**row, "sis_id": own.sis_id}, frame, fields))
        return seen

    def _made(self, row: Row) -> Made:
        told_id = None if self._is_unnamed(row, row["sis_id"]) else str(row["sis_id"])
        dates = given(row["assign_date"]), given(row["due_date"])
        return Made(row["line_item_id"], row["title"], *dates, told_id)


def _line_item_write(row: Row) -> LineItemWrite:
    return LineItemWrite(
        sis_id=row["sis_id"],
        section_id_sis=row["section_id_sis"],
        school_id_sis=given(row["school_id_sis"]),
        title=row["title"],
        assign_date=row["assign_date"],
        due_date=row["due_date"],
        category_id_sis=given(row["category"]),
        period_id_sis=given(row["period"]),
        points_possible_e4=int(row["points"]),
        is_create=row["action"] == "create",
        observed_raw=given(row["observed_raw"]),
    )


def _seen_item(row: Row, frame: pd.DataFrame, told: Mapping[str, str | None]) -> Seen:
    sis_id = str(row["sis_id"])
    found = frame[frame["sis_id"] == sis_id]
    if found.empty:
        return Seen("not_stored")
    fields = {name: values[0] for name, values in observed_fields(found).items()}
    own = own_fields(row)
    said = {name: told.get(name, value) for name, value in own.items()}
    stored = {
        name: fields[name] if fields[name] == said[name] else taken_field(name, value, fields[name])
        for name, value in own.items()
    }
    kept = [name for name in own if fields[name] is not None or name not in MAYBE_UNTOLD]
    there, wanted, answered, taken = ({name: of[name] for name in kept} for of in (fields, own, said, stored))
    if row["action"] == "create" or there in (wanted, answered):
        return Seen("stored", stored, sis_id)
    if there == {name: given(row[f"observed_{name}"]) for name in kept}:
        return Seen("not_stored")
    return Seen("stored" if there == taken else "other", stored, sis_id)


def _is_old(row: Row, told: Mapping[str, str]) -> bool:
    """Tell whether an answer names a field of ours as it was before."""
    if row["action"] == "create":
        return False
    return any(
        told[name] == given(row[f"observed_{name}"]) and not is_taken_field(name, value, told[name])
        for name, value in own_fields(row).items()
        if name in told
    )


def own_fields(row: Row) -> dict[str, str | None]:
    """Give the fields of a change that carry our desired value."""
    own = str(row["own"]).split(",")
    return {name: given(row[name]) for name in FIELDS if name in own}
