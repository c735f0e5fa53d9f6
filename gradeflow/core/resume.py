"""After a crash: read back every send whose outcome nobody knows, before anything is planned or sent.

An intent without a receipt may have reached the SIS. What the SIS holds now explains it: it was stored, and the
bases are set as its receipt would have set them, or it was not, and the row is planned like any other. What
somebody typed over it since is not taken for what we stored.
"""

from __future__ import annotations

import pandas as pd

from gradeflow.core.item_diff import observed_fields
from gradeflow.core.taken import taken_field, taken_result
from gradeflow.model.ids import result_id
from gradeflow.model.ledger import LineItemIntent, OpenIntent, Receipt, ResultIntent, ResultValue
from gradeflow.ports import GradeSink, SnapshotStore

STUDENT_MASK = (1 << 32) - 1


async def explain_open_intents(sink: GradeSink, store: SnapshotStore) -> int:
    """Settle all unresolved intents of the district. The lease must be held.

    Returns:
        How many there were.

    Raises:
        OutsideError: the SIS could not be read; nothing may be sent to it now.
    """
    waiting = store.unresolved_intents()
    if not waiting:
        return 0
    items = store.line_items().set_index("line_item_key")
    students = store.students().set_index("student_key")["student_id_sis"]
    receipts, gone = [], []
    reader = _Reader(sink)
    for one in waiting:
        receipt = await _explain(one, items, students, reader)
        if receipt is None:
            gone.append(one.intent_id)
        else:
            receipts.append(receipt)
    store.record_receipts(receipts)
    if gone:
        store.settle_intents(gone, "NOT_DELIVERED")
    return len(waiting)


class _Reader:
    """Reads each section and each line item of the SIS once."""

    def __init__(self, sink: GradeSink) -> None:
        self._sink = sink
        self._items: dict[str, pd.DataFrame] = {}
        self._results: dict[str, pd.DataFrame] = {}

    async def item(self, section: str, sis_id: str) -> pd.DataFrame:
        if section not in self._items:
            self._items[section] = await self._sink.read_line_items(section)
        found = self._items[section]
        return found[found["sis_id"] == sis_id]

    async def result(self, section: str, sis_id: str, student: str) -> pd.DataFrame:
        if (await self.item(section, sis_id)).empty:
            return pd.DataFrame()
        if sis_id not in self._results:
            self._results[sis_id] = await self._sink.read_results(section, sis_id)
        found = self._results[sis_id]
        return found[found["student_id_sis"] == student]


async def _explain(
    one: OpenIntent, items: pd.DataFrame, students: pd.Series, reader: _Reader
) -> Receipt | None:
    intent = one.intent
    key = intent.line_item_key if isinstance(intent, LineItemIntent) else intent.result_key >> 32
    item = items.loc[key]
    section = str(item["section_id_sis"])
    sis_id = str(item["line_item_id"] if pd.isna(item["sis_id"]) else item["sis_id"])
    if isinstance(intent, ResultIntent):
        student = str(students.loc[intent.result_key & STUDENT_MASK])
        found = await reader.result(section, sis_id, student)
        return _result(one.intent_id, intent, found, result_id(str(item["line_item_id"]), student))
    return _line_item(one.intent_id, intent, await reader.item(section, sis_id), sis_id)


def _result(intent_id: int, intent: ResultIntent, found: pd.DataFrame, own_id: str) -> Receipt | None:
    if found.empty or pd.isna(found["status"].iloc[0]):
        return None
    there = ResultValue(int(found["score_e4"].fillna(0).iloc[0]), str(found["status"].iloc[0]))
    # A created cell that bears our own id was made by us, whoever typed into it since.
    is_made = intent.action == "create" and found["sis_id"].iloc[0] == own_id
    if not is_made and there != intent.sent:
        return None
    return Receipt(intent_id, "confirmed", stored=taken_result(intent.sent, there))


def _line_item(intent_id: int, intent: LineItemIntent, found: pd.DataFrame, sis_id: str) -> Receipt | None:
    if found.empty:
        return None
    fields = {name: values[0] for name, values in observed_fields(found).items()}
    if intent.action != "create" and any(fields[name] != value for name, value in intent.sent.items()):
        return None
    stored = {name: taken_field(name, value, fields[name]) for name, value in intent.sent.items()}
    return Receipt(intent_id, "confirmed", stored=stored, sis_id=sis_id)
