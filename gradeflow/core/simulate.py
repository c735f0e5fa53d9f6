"""What other settings would do: the plan of today beside the plan with replaced settings, and nothing is written.

Both plans are made by `plan_night`, of the same gradebook, at the same instant, from one look at the warehouse and
one look at the SIS (`looked_at_sink`); so what they differ in is what the settings do. Keep out: where settings and
evidence come from (`gradeflow.reports`, `gradeflow.cli`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.desired import STUDENT_BITS
from gradeflow.core.looked_at_sink import LookedAtSink
from gradeflow.core.night import judge_night, plan_night
from gradeflow.core.planned import Planned
from gradeflow.core.scope import Night, Scope, buckets
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.joins import locate, take
from gradeflow.model.ledger import FIELDS
from gradeflow.ports import GradeSink, SnapshotStore
from gradeflow.rules.judge import ITEM_KEY, RESULT_KEY, Judged

OUTSIDE = "BEFORE_EFFECTIVE_DATE"  # of what passes every rule but lies outside the window that is run
ITEM, SCORE = "line_item", "result"
WRITE_COLUMNS = [*ITEM_KEY, "student_id_sis", "grain", "action", "value"]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What replaced settings would do.

    Attributes:
        would_go: line items and results that go under the new settings and do not under today's: WRITE key columns
            (ITEM_KEY, student_id_sis, grain), title, and `reason`: what keeps them until now.
        would_stop: those that go today and would not: the same, `reason` is what would keep them, and `in_sis`
            whether the SIS is known to hold it: it stays there.
        writes: what the next plan under the new settings would send or adopt, with title and `is_today`: today's
            settings would do the very same.
        dropped: what today's plan would send and the new one would not.
        today, then: both plans over both windows.
        next: the plan that the next run under the new settings makes, over its own window.
        existing: line items that would go and are in the SIS already, by title and date (R074): held.
        sis_reads: requests to the SIS.
    """

    would_go: pd.DataFrame
    would_stop: pd.DataFrame
    writes: pd.DataFrame
    dropped: pd.DataFrame
    today: Planned
    then: Planned
    next: Planned
    existing: pd.DataFrame
    sis_reads: int


@dataclass(frozen=True, slots=True)
class _Side:
    """The gradebook under one set of settings: what goes, row by row of the extract, else why not."""

    judged: Judged
    items_go: npt.NDArray[np.bool_]
    items_why: pd.Series
    results_go: npt.NDArray[np.bool_]
    results_why: pd.Series


async def simulate(
    today: Night,
    then: Night,
    extract: GradebookExtract,
    reference: SisReference,
    sink: GradeSink,
    store: SnapshotStore,
) -> Simulated:
    """Plan the same gradebook twice, and say in what the plans differ.

    Args:
        today: the settings as they are, over the window that they have.
        then: the replaced settings at the same instant, over the window that these have.
        extract: what the LMS said.
        reference: what the SIS said of itself.
        sink: the SIS; only what is about to change is read, as for a plan.
        store: the warehouse; a rehearsal, since a plan gives keys to rows never seen before.

    Raises:
        CredentialError: the SIS refuses our credentials.
    """
    looked_at = LookedAtSink(sink)
    both = Scope.of([*today.scope.windows, *then.scope.windows])

    async def planned(night: Night, judged: Judged) -> Planned:
        return await plan_night(night, judged, extract, reference, looked_at, store, will_deliver=False)

    ruled = [judge_night(night, extract, reference, store) for night in (today, then)]
    plans = [
        await planned(replace(night, scope=both), judged)
        for night, judged in zip((today, then), ruled, strict=True)
    ]
    following = plans[1] if both == then.scope else await planned(then, ruled[1])
    known = _latest(store)
    was, becomes = (_side(night, judged, known) for night, judged in zip((today, then), ruled, strict=True))
    titles = was.judged.line_items[[*ITEM_KEY, "title"]]
    today_writes, writes = _writes(plans[0]), _writes(following)
    would_go = _differing(becomes, was, was)
    return Simulated(
        would_go=would_go,
        would_stop=_with_in_sis(_differing(was, becomes, becomes), known, store),
        writes=_titled(writes.assign(is_today=_among(writes, today_writes)), titles),
        dropped=_titled(today_writes[~_among(today_writes, writes)].reset_index(drop=True), titles),
        today=plans[0],
        then=plans[1],
        next=following,
        existing=_existing(would_go, following),
        sis_reads=sink.calls.reads,
    )


def _latest(store: SnapshotStore) -> pd.DataFrame:
    """Give every line item that the warehouse knows, in its latest generation."""
    known = store.line_items().sort_values("generation")
    return known.drop_duplicates(ITEM_KEY, keep="last").reset_index(drop=True)


def _side(night: Night, judged: Judged, known: pd.DataFrame) -> _Side:
    items = judged.line_items
    inside = _in_window(night, items, known)
    passes = (items["verdict"] == "pass").to_numpy(bool)
    at = locate(judged.results, items, ITEM_KEY)
    held_in = np.where(at >= 0, inside[np.maximum(at, 0)], False) if len(items) else np.zeros(len(at), bool)
    own = (judged.results["verdict"] == "pass").to_numpy(bool)
    return _Side(
        judged,
        passes & inside,
        items["reason"].mask(passes & ~inside, OUTSIDE),
        own & held_in,
        judged.results["reason"].mask(own & ~held_in, OUTSIDE),
    )


def _in_window(night: Night, items: pd.DataFrame, known: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which line items the window's run judges: by their frozen bucket, or by where their date is now."""
    current = pd.to_datetime(buckets(items, night.today)["assigned_on"]).reset_index(drop=True)
    at = locate(items, known, ITEM_KEY)
    frozen = pd.to_datetime(take(known["assigned_on"], at)).reset_index(drop=True).fillna(current)
    return (night.scope.holds(frozen) | night.scope.holds(current)).to_numpy(bool)


def _differing(goes: _Side, stays: _Side, told_by: _Side) -> pd.DataFrame:
    """List what goes on one side and not on the other, line items before results."""
    items, results = goes.judged.line_items, goes.judged.results
    only_items, only_results = goes.items_go & ~stays.items_go, goes.results_go & ~stays.results_go
    titles = items[[*ITEM_KEY, "title"]]
    of_items = items.loc[only_items, ITEM_KEY].assign(
        student_id_sis=None, grain=ITEM, reason=told_by.items_why[only_items]
    )
    of_results = results.loc[only_results, RESULT_KEY].assign(
        grain=SCORE, reason=told_by.results_why[only_results]
    )
    return _titled(pd.concat([of_items.astype("str"), of_results.astype("str")], ignore_index=True), titles)


def _titled(rows: pd.DataFrame, titles: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(title=take(titles["title"], locate(rows, titles.reset_index(drop=True), ITEM_KEY)))


def _with_in_sis(rows: pd.DataFrame, known: pd.DataFrame, store: SnapshotStore) -> pd.DataFrame:
    """Mark what the SIS is known to hold: an item with a base, a result with one."""
    at = locate(rows, known, ITEM_KEY)
    keys = take(known["line_item_key"], at).fillna(0).to_numpy(dtype="int64")
    was_sent = (take(known["version"], at).fillna(0) > 0).to_numpy(bool)
    bases = store.results([int(key) for key in np.unique(keys[was_sent])])
    people = store.students()
    student_of = dict(zip(people["student_id_sis"], people["student_key"], strict=True))
    students = rows["student_id_sis"].map(student_of).to_numpy(dtype="float64", na_value=0).astype("int64")
    has_base = pd.Series((keys << STUDENT_BITS) | students).isin(bases["result_key"].astype("int64"))
    is_item = (rows["grain"] == ITEM).to_numpy(bool)
    return rows.assign(in_sis=np.where(is_item, was_sent, has_base.to_numpy(bool) & was_sent))


def _writes(planned: Planned) -> pd.DataFrame:
    """List what a plan sends or adopts, a row each, with what is sent as text."""
    items, results = planned.plan.line_item_changes, planned.plan.result_changes
    names = [*FIELDS, "own"]
    of_items = items[ITEM_KEY].assign(
        student_id_sis=None,
        grain=ITEM,
        action=items["action"],
        value=items[names].astype("object").astype("str").agg("|".join, axis=1) if len(items) else "",
    )
    of_results = results[RESULT_KEY].assign(
        grain=SCORE,
        action=results["action"],
        value=results["score_e4"].astype("str") + ":" + results["status"].astype("str"),
    )
    rows = [frame[WRITE_COLUMNS].astype("str") for frame in (of_items, of_results)]
    return pd.concat(rows, ignore_index=True)


def _among(rows: pd.DataFrame, others: pd.DataFrame) -> npt.NDArray[np.bool_]:
    def keys(frame: pd.DataFrame) -> pd.MultiIndex:
        return pd.MultiIndex.from_frame(frame[WRITE_COLUMNS].fillna(""))

    return np.asarray(keys(rows).isin(keys(others)), dtype=bool)


def _existing(would_go: pd.DataFrame, planned: Planned) -> pd.DataFrame:
    """Find the line items that would go and that the SIS holds already under this title and date."""
    found = planned.plan.findings
    twins = found[(found["code"] == "LIKELY_DUPLICATE") & found["student_id_sis"].isna()]
    twins = twins[ITEM_KEY].drop_duplicates().reset_index(drop=True)
    items = would_go[would_go["grain"] == ITEM]
    return items[locate(items, twins, ITEM_KEY) >= 0].reset_index(drop=True)
