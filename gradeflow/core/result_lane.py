"""The lane of results: one call per score, or one per line item where the SIS takes many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from gradeflow.core.clearing import sent_value
from gradeflow.core.lanes import Row, Seen, Sent, Stored, action, bulk, digest, given, paired, seen_value
from gradeflow.core.taken import is_taken_result, score_seen, taken_result
from gradeflow.errors import OutsideError
from gradeflow.model.gradebook import ResultWrite, StoredResult
from gradeflow.model.ids import result_id
from gradeflow.model.ledger import BLANK, ResultIntent, ResultValue
from gradeflow.ports import BulkGradeSink, GradeSink


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
        payload = digest({"score_e4": value.score_e4, "status": value.status})
        origin = str(row["origin"])
        version = int(row["base_version"])
        count = given(row.get("attempt"))
        attempt = None if count is None else int(count)
        return ResultIntent(self.key(row), action(row), value, origin, payload, plan_digest, version, attempt)

    def batch(self, row: Row) -> int:
        """Results of one line item go together."""
        return self.sink.result_batch if isinstance(self.sink, BulkGradeSink) else 1

    async def send(self, row: Row) -> Sent:
        """PUT it."""
        return _answered(row, await self.sink.put_result(self._write(row)))

    async def send_many(self, rows: Sequence[Row]) -> list[Sent | OutsideError]:
        """Send them in one call."""
        answers = await bulk(self.sink).put_results([self._write(row) for row in rows])
        return [
            answer if isinstance(answer, OutsideError) else _answered(row, answer)
            for row, answer in paired(rows, answers)
        ]

    def _write(self, row: Row) -> ResultWrite:
        if _wanted(row) == BLANK and not self.sink.clears_results:
            msg = f"{type(self.sink).__name__} cannot clear a result, and a plan that does is stopped before"
            raise TypeError(msg)
        return ResultWrite(
            sis_id=given(row["observed_sis_id"]) or _own_id(row),
            line_item_sis_id=row["line_item_sis_id"],
            section_id_sis=row["section_id_sis"],
            student_id_sis=row["student_id_sis"],
            score_e4=int(row["score_e4"]),
            status=row["status"],
            score_date=self.score_date,
            observed_raw=given(row["observed_raw"]),
        )

    def is_proof(self, row: Row, sent: Sent) -> bool:
        """No answer proves a score."""
        del row, sent
        return False

    async def look(self, place: tuple[str, str]) -> pd.DataFrame:
        """Read the line item's results."""
        return await self.sink.read_results(*place)

    def seen(self, rows: Sequence[Row], frame: pd.DataFrame, told: Sequence[Stored]) -> list[Seen]:
        """Compare each student's cell with what was sent and with what it held before."""
        return [_seen_result(row, frame, said) for row, said in zip(rows, told, strict=True)]


def _answered(row: Row, answer: StoredResult) -> Sent:
    told = ResultValue(answer.score_e4, answer.status)
    is_old = told == _before(row) and not is_taken_result(_wanted(row), told)
    is_told = answer.is_echoed and answer.score_e4 is not None and not is_old
    return Sent(answer.sis_id, told if is_told else None)


def _seen_result(row: Row, frame: pd.DataFrame, told: Stored) -> Seen:
    found = frame[frame["student_id_sis"] == row["student_id_sis"]]
    wanted = _wanted(row)
    if found.empty or pd.isna(found["status"].iloc[0]):
        return Seen("stored", BLANK) if wanted == BLANK else Seen("not_stored")
    there = seen_value(found)
    if wanted == BLANK:  # whatever else stands there, nothing of it is ours
        return Seen("not_stored" if there == _before(row) else "other")
    if there == told:  # also where the SIS rounds to what stood there before
        return Seen("stored", told)
    stored = taken_result(wanted, there)
    # A created cell that bears our own id was made by us, whoever typed into it since; not one that was cleared.
    is_made = _is_new(row) and found["sis_id"].iloc[0] == _own_id(row)
    if there == wanted or is_made:
        return Seen("stored", stored)
    if there == _before(row):
        # An SIS that rounded this score before may make the same of the new one.
        return Seen(
            "stored" if stored == there and row.get("observed_rounds") is True else "not_stored", stored
        )
    return Seen("stored" if stored == there else "other", stored)


def _is_new(row: Row) -> bool:
    """Tell whether no cell was there, not even a blank one."""
    return bool(row["action"] == "create" and given(row["observed_sis_id"]) is None)


def _own_id(row: Row) -> str:
    return result_id(row["line_item_id"], row["student_id_sis"])


def _before(row: Row) -> ResultValue | None:
    status, score = given(row["observed_status"]), given(row["observed_score_e4"])
    return None if status is None else ResultValue(score_seen(score and int(score), status), status)


def _wanted(row: Row) -> ResultValue:
    return sent_value(int(row["score_e4"]), str(row["status"]))
