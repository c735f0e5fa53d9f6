"""After a crash: read back every send whose outcome nobody knows, before anything is planned or sent.

An intent without a receipt may have reached the SIS. What the SIS holds now explains it: it was stored, and the
bases are set as its receipt would have set them, or it was not, and the row is planned like any other. What
somebody typed over it since is not taken for what we stored. A line item that may be one of several stays
unexplained and held: it is not sent again before a person made clear which one it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gradeflow.core.item_diff import observed_fields
from gradeflow.core.lanes import given, seen_value
from gradeflow.core.own_items import NONE, Found, Made, find_made, uncertain_hold
from gradeflow.core.taken import MAYBE_UNTOLD, is_taken_result, taken_field, taken_result
from gradeflow.model.ids import result_id
from gradeflow.model.ledger import BLANK, LineItemIntent, OpenIntent, Receipt, ResultIntent, ResultValue
from gradeflow.ports import GradeSink, SnapshotStore

STUDENT_MASK = (1 << 32) - 1


async def explain_open_intents(sink: GradeSink, store: SnapshotStore) -> int:
    """Settle the unresolved intents of the district, as far as the SIS explains them. The lease must be held.

    Returns:
        How many there were.

    Raises:
        OutsideError: the SIS could not be read; nothing may be sent to it now.
    """
    waiting = store.unresolved_intents()
    if not waiting:
        return 0
    known, reader = _known(store, waiting), _Reader(sink)
    found = await _find_unnamed(sink, waiting, known, reader)
    receipts, gone, unclear = [], [], []
    for one in waiting:
        if one.intent_id in found and found[one.intent_id].state == "uncertain":
            unclear.append(one)
            continue
        receipt = await _explain(one, found.get(one.intent_id), known, reader)
        if receipt is None:
            gone.append(one.intent_id)
        else:
            receipts.append(receipt)
    store.record_receipts(receipts)
    if gone:
        store.settle_intents(gone, "NOT_DELIVERED")
    _hold(store, unclear)
    return len(waiting)


def _hold(store: SnapshotStore, unclear: Sequence[OpenIntent]) -> None:
    """Hold the line items that may be one of several, and no others any more."""
    keys = set()
    for one in unclear:
        if isinstance(one.intent, LineItemIntent):
            keys.add(one.intent.line_item_key)
            store.place_holds(uncertain_hold(one.intent.line_item_key, one.intent.sent))
    holds = store.open_holds()
    free = (holds["reason"] == "CREATE_UNCERTAIN") & ~holds["line_item_key"].isin(keys)
    store.close_holds(holds["hold_id"][free].tolist(), "found out")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the warehouse remembers of the targets of open intents."""

    items: pd.DataFrame  # by line_item_key
    students: pd.Series  # id by key
    results: Mapping[int, ResultValue]  # stored, by result_key
    fields: Mapping[tuple[int, str], str | None]  # stored, by line_item_key and field

    def sis_id(self, key: int) -> str:
        """Give an item's id in the SIS; ours until another is known."""
        item = self.items.loc[key]
        return str(item["line_item_id"] if pd.isna(item["sis_id"]) else item["sis_id"])


def _known(store: SnapshotStore, waiting: Sequence[OpenIntent]) -> _Known:
    results, fields = store.results({_item_of(one) for one in waiting}), store.fields()
    scores = results[["result_key", "stored_score_e4", "stored_status"]].itertuples(index=False)
    texts = fields[["line_item_key", "field", "stored"]].itertuples(index=False)
    return _Known(
        items=store.line_items().set_index("line_item_key"),
        students=store.students().set_index("student_key")["student_id_sis"],
        results={
            int(key): ResultValue(None if pd.isna(score) else int(score), given(status))
            for key, score, status in scores
        },
        fields={(int(key), str(name)): given(stored) for key, name, stored in texts},
    )


def _item_of(one: OpenIntent) -> int:
    intent = one.intent
    return intent.line_item_key if isinstance(intent, LineItemIntent) else intent.result_key >> 32


class _Reader:
    """Reads each section and each line item of the SIS once."""

    def __init__(self, sink: GradeSink) -> None:
        self._sink = sink
        self._items: dict[str, pd.DataFrame] = {}
        self._results: dict[str, pd.DataFrame] = {}

    async def section(self, section: str) -> pd.DataFrame:
        if section not in self._items:
            self._items[section] = await self._sink.read_line_items(section)
        return self._items[section]

    async def item(self, section: str, sis_id: str) -> pd.DataFrame:
        found = await self.section(section)
        return found[found["sis_id"] == sis_id]

    async def result(self, section: str, sis_id: str, student: str) -> pd.DataFrame:
        if (await self.item(section, sis_id)).empty:
            return pd.DataFrame()
        if sis_id not in self._results:
            self._results[sis_id] = await self._sink.read_results(section, sis_id)
        found = self._results[sis_id]
        return found[found["student_id_sis"] == student]


async def _find_unnamed(
    sink: GradeSink, waiting: Sequence[OpenIntent], known: _Known, reader: _Reader
) -> dict[int, Found]:
    """Find created line items whose id the SIS gave and nobody heard, all of a section together."""
    sections: dict[str, dict[int, Made]] = {}
    for one in waiting:
        intent = one.intent
        if not sink.allocates_ids or not isinstance(intent, LineItemIntent) or intent.action != "create":
            continue
        item = known.items.loc[intent.line_item_key]
        if pd.isna(item["sis_id"]):
            sent = intent.sent
            made = Made(str(item["line_item_id"]), str(sent["title"]), sent["assign_date"], sent["due_date"])
            sections.setdefault(str(item["section_id_sis"]), {})[one.intent_id] = made
    taken = set(known.items["sis_id"].dropna())
    found: dict[int, Found] = {}
    for section, made_there in sorted(sections.items()):
        rows = find_made(list(made_there.values()), await reader.section(section), taken)
        found |= dict(zip(made_there, rows, strict=True))
    return found


async def _explain(one: OpenIntent, made: Found | None, known: _Known, reader: _Reader) -> Receipt | None:
    if made == NONE:
        return None
    intent, key = one.intent, _item_of(one)
    section = str(known.items.loc[key, "section_id_sis"])
    sis_id = known.sis_id(key) if made is None else str(made.sis_id)
    if isinstance(intent, LineItemIntent):
        before = {name: known.fields.get((key, name)) for name in intent.sent}
        return _line_item(one.intent_id, intent, before, await reader.item(section, sis_id), sis_id)
    student = str(known.students.loc[intent.result_key & STUDENT_MASK])
    found = await reader.result(section, sis_id, student)
    own_id = result_id(str(known.items.loc[key, "line_item_id"]), student)
    return _result(one.intent_id, intent, known.results.get(intent.result_key), found, own_id)


def _result(
    intent_id: int, intent: ResultIntent, before: ResultValue | None, found: pd.DataFrame, own_id: str
) -> Receipt | None:
    is_blank = found.empty or pd.isna(found["status"].iloc[0])
    if is_blank or intent.sent == BLANK:
        is_taken_back = is_blank and intent.sent == BLANK
        return Receipt(intent_id, "confirmed", stored=BLANK) if is_taken_back else None
    there = seen_value(found)
    # A created cell that bears our own id was made by us, whoever typed into it since; not one that we cleared.
    is_made = intent.action == "create" and before != BLANK and found["sis_id"].iloc[0] == own_id
    # What stands there may be our score as the SIS rounds it, unless it stood there before.
    is_stored = there == intent.sent or (there != before and is_taken_result(intent.sent, there))
    if not is_made and not is_stored:
        return None
    return Receipt(intent_id, "confirmed", stored=taken_result(intent.sent, there))


def _line_item(
    intent_id: int,
    intent: LineItemIntent,
    before: Mapping[str, str | None],
    found: pd.DataFrame,
    sis_id: str,
) -> Receipt | None:
    if found.empty:
        return None
    fields = {name: values[0] for name, values in observed_fields(found).items()}
    stored = {name: taken_field(name, value, fields[name]) for name, value in intent.sent.items()}
    told = [name for name in intent.sent if fields[name] is not None or name not in MAYBE_UNTOLD]
    there, sent, old, taken = (
        {name: of.get(name) for name in told} for of in (fields, intent.sent, before, stored)
    )
    is_stored = there == sent or (there != old and there == taken)
    if intent.action != "create" and not is_stored:
        return None
    return Receipt(intent_id, "confirmed", stored=stored, sis_id=sis_id)
