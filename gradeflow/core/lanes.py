"""The two lanes of delivery, line items and results: what is sent, and what a read-back says of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pandas as pd

from gradeflow.core.desired import FIELDS
from gradeflow.core.item_diff import observed_fields
from gradeflow.core.taken import is_taken_field, is_taken_result, taken_field, taken_result
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.model.ids import result_id
from gradeflow.model.ledger import Action, Intent, LineItemIntent, ResultIntent, ResultValue
from gradeflow.ports import GradeSink

Row = Mapping[str, Any]
Stored = ResultValue | Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A write that the SIS took. `stored` None: its answer did not say what it stored, or says the old value."""

    sis_id: str
    stored: Stored


@dataclass(frozen=True, slots=True)
class Seen:
    """What a read-back says of one write: stored, not_stored, or other (neither ours nor what was there).

    `stored` is never somebody's edit: where that stands, it is what was sent (see `taken`).
    """

    state: Literal["stored", "not_stored", "other"]
    stored: Stored = None


class Lane(Protocol):
    """How one kind of change is delivered. A row is one row of the plan's change frames."""

    @property
    def kind(self) -> Literal["line_item", "result"]:
        """Name the lane."""

    def key(self, row: Row) -> int:
        """Give the warehouse key of the row's target."""

    def place(self, row: Row) -> tuple[str, str]:
        """Give where a read-back of this row has to look; rows of one place are read together."""

    def intent(self, row: Row, plan_digest: str) -> Intent:
        """Say what is about to be sent."""

    async def send(self, row: Row) -> Sent:
        """Send it."""

    async def look(self, place: tuple[str, str]) -> pd.DataFrame:
        """Read a place of the SIS."""

    def seen(self, row: Row, frame: pd.DataFrame) -> Seen:
        """Compare what was read with what was sent and with what was there before."""


def _given(value: Any) -> Any:
    return None if value is None or value is pd.NA or value != value else value  # noqa: PLR0124 - NaN


def _digest(payload: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()


def _action(row: Row) -> Action:
    return "create" if row["action"] == "create" else "update"


@dataclass(frozen=True, slots=True)
class LineItemLane:
    """Line items: a read-back reads the section."""

    sink: GradeSink
    kind: Literal["line_item", "result"] = "line_item"

    def key(self, row: Row) -> int:
        """Give the line item's key."""
        return int(row["line_item_key"])

    def place(self, row: Row) -> tuple[str, str]:
        """Name the section."""
        return str(row["section_id_sis"]), ""

    def intent(self, row: Row, plan_digest: str) -> LineItemIntent:
        """Say which of our fields are about to be sent."""
        sent = own_fields(row)
        return LineItemIntent(
            self.key(row), _action(row), sent, _digest(sent), plan_digest, int(row["base_version"])
        )

    async def send(self, row: Row) -> Sent:
        """PUT it; fields that the answer does not name count as sent."""
        write = LineItemWrite(
            sis_id=row["sis_id"],
            section_id_sis=row["section_id_sis"],
            school_id_sis=_given(row["school_id_sis"]),
            title=row["title"],
            assign_date=row["assign_date"],
            due_date=row["due_date"],
            category_id_sis=_given(row["category"]),
            period_id_sis=_given(row["period"]),
            points_possible_e4=int(row["points"]),
            is_create=row["action"] == "create",
            observed_raw=_given(row["observed_raw"]),
        )
        answer = await self.sink.put_line_item(write)
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
        return Sent(answer.sis_id, None if _is_old(row, stored) else stored or None)

    async def look(self, place: tuple[str, str]) -> pd.DataFrame:
        """Read the section's line items."""
        return await self.sink.read_line_items(place[0])

    def seen(self, row: Row, frame: pd.DataFrame) -> Seen:
        """A created item that is there was stored; of an updated one our fields must be there."""
        found = frame[frame["sis_id"] == row["sis_id"]]
        if found.empty:
            return Seen("not_stored")
        fields = {name: values[0] for name, values in observed_fields(found).items()}
        own = own_fields(row)
        there = {name: fields[name] for name in own}
        stored = {name: taken_field(name, value, there[name]) for name, value in own.items()}
        if row["action"] == "create" or there == own:
            return Seen("stored", stored)
        if there == {name: _given(row[f"observed_{name}"]) for name in own}:
            return Seen("not_stored")
        return Seen("stored" if stored == there else "other", stored)


def _is_old(row: Row, told: Mapping[str, str]) -> bool:
    """Tell whether an answer names a field of ours as it was before."""
    if row["action"] == "create":
        return False
    return any(
        told[name] == _given(row[f"observed_{name}"]) and not is_taken_field(name, value, told[name])
        for name, value in own_fields(row).items()
        if name in told
    )


def own_fields(row: Row) -> dict[str, str | None]:
    """Give the fields of a change that carry our desired value."""
    own = str(row["own"]).split(",")
    return {name: _given(row[name]) for name in FIELDS if name in own}


@dataclass(frozen=True, slots=True)
class ResultLane:
    """Results: a read-back reads the line item."""

    sink: GradeSink
    score_date: str
    kind: Literal["line_item", "result"] = "result"

    def key(self, row: Row) -> int:
        """Give the result's key."""
        return int(row["result_key"])

    def place(self, row: Row) -> tuple[str, str]:
        """Name section and line item."""
        return str(row["section_id_sis"]), str(row["line_item_sis_id"])

    def intent(self, row: Row, plan_digest: str) -> ResultIntent:
        """Say which value is about to be sent."""
        value = _wanted(row)
        digest = _digest({"score_e4": value.score_e4, "status": value.status})
        origin = str(row["origin"])
        version = int(row["base_version"])
        return ResultIntent(self.key(row), _action(row), value, origin, digest, plan_digest, version)

    async def send(self, row: Row) -> Sent:
        """PUT it."""
        write = ResultWrite(
            sis_id=_given(row["observed_sis_id"]) or _own_id(row),
            line_item_sis_id=row["line_item_sis_id"],
            section_id_sis=row["section_id_sis"],
            student_id_sis=row["student_id_sis"],
            score_e4=int(row["score_e4"]),
            status=row["status"],
            score_date=self.score_date,
            observed_raw=_given(row["observed_raw"]),
        )
        answer = await self.sink.put_result(write)
        told = ResultValue(answer.score_e4, answer.status)
        is_old = told == _before(row) and not is_taken_result(_wanted(row), told)
        is_told = answer.is_echoed and answer.score_e4 is not None and not is_old
        return Sent(answer.sis_id, told if is_told else None)

    async def look(self, place: tuple[str, str]) -> pd.DataFrame:
        """Read the line item's results."""
        return await self.sink.read_results(*place)

    def seen(self, row: Row, frame: pd.DataFrame) -> Seen:
        """Compare the student's cell with what was sent and with what it held before."""
        found = frame[frame["student_id_sis"] == row["student_id_sis"]]
        if found.empty or pd.isna(found["status"].iloc[0]):
            return Seen("not_stored")
        there = ResultValue(int(found["score_e4"].fillna(0).iloc[0]), str(found["status"].iloc[0]))
        stored = taken_result(_wanted(row), there)
        # A created cell that bears our own id was made by us, whoever typed into it since.
        is_made = row["action"] == "create" and found["sis_id"].iloc[0] == _own_id(row)
        if there == _wanted(row) or is_made:
            return Seen("stored", stored)
        if there == _before(row):
            return Seen("not_stored")
        return Seen("stored" if stored == there else "other", stored)


def _own_id(row: Row) -> str:
    return result_id(row["line_item_id"], row["student_id_sis"])


def _before(row: Row) -> ResultValue | None:
    status, score = _given(row["observed_status"]), _given(row["observed_score_e4"])
    return None if status is None else ResultValue(0 if score is None else int(score), status)


def _wanted(row: Row) -> ResultValue:
    return ResultValue(int(row["score_e4"]), str(row["status"]))


def rows_of(frame: pd.DataFrame) -> Sequence[Row]:
    """Give a change frame's rows as mappings."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
