"""What is wanted, keyed, beside what the warehouse remembers of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.core.bases import Bases, align_bases, with_found_ids
from gradeflow.core.clearing import keeping_typed
from gradeflow.core.desired import Desired, key_desired
from gradeflow.core.new_year import begun_anew
from gradeflow.core.reading import Candidates, find_candidates
from gradeflow.core.resting import Refusals, no_refusals, refusals_of
from gradeflow.core.scope import Night, buckets
from gradeflow.core.tally import Tally
from gradeflow.model.ids import line_item_id
from gradeflow.model.joins import locate
from gradeflow.ports import SnapshotStore
from gradeflow.rules.judge import ITEM_KEY, Judged

POLICY_KEYS = ("conflict_policy", "recreate_deleted", "category_policy", "atomic_unit", "on_cleared")


@dataclass(frozen=True, slots=True)
class Sides:
    """What is wanted beside what the warehouse remembers of it.

    Attributes:
        known: the line items ever registered, each in its latest generation.
        in_lms: per row of `known` whether the LMS still has it.
        settled, examined: per desired line item its settled counts, and whether it has to be looked at.
        bases_of: bases of the results of the examined line items.
        old_holds: open holds of line items that were made again since.
        refusals: what the SIS refused of the examined line items; none where a person asks for it again.
    """

    desired: Desired
    known: pd.DataFrame
    in_lms: npt.NDArray[np.bool_]
    settled: list[Tally | None]
    examined: npt.NDArray[np.bool_]
    bases_of: pd.DataFrame
    holds: pd.DataFrame
    bases: Bases
    old_holds: list[int]
    refusals: Refusals

    @property
    def ours(self) -> set[str]:
        """Every SIS line item id that gradeflow made in this district for what the LMS still has, not made again since.

        What stands in the SIS of an assignment that is gone from the LMS is anybody's: the same work under a new id
        in the LMS must not stand beside it and count twice.
        """
        here = self.known[self.in_lms]
        own = set(here["line_item_id"]) | set(self.desired.line_items["line_item_id"])
        return own | set(here["sis_id"].dropna())

    def candidates(self, night: Night) -> Candidates:
        """Tell what is about to change."""
        return find_candidates(
            self.desired, self.bases, self.examined, night.profile, is_remaster=night.is_remaster
        )

    def with_found(self, listed: pd.DataFrame) -> Sides:
        """Name line items by what the SIS lists beside our ids."""
        return replace(self, bases=with_found_ids(self.desired, self.bases, listed))

    def raised(self, again: npt.NDArray[np.bool_]) -> dict[tuple[str, str], int]:
        """Give the next generation of some line items, by ITEM_KEY."""
        rows = self.desired.line_items.loc[again, [*ITEM_KEY, "line_item_key"]]
        was = self.known.set_index("line_item_key")["generation"]
        return {(item, section): int(was[key]) + 1 for item, section, key in rows.itertuples(index=False)}


def lay_out(
    night: Night,
    judged: Judged,
    store: SnapshotStore,
    periods: pd.DataFrame,
    raised: Mapping[tuple[str, str], int],
) -> Sides:
    """Key what is wanted, and lay beside it what the warehouse remembers.

    Args:
        periods: frame GRADING_PERIODS: what is used again in a new school year begins anew (G18).
        raised: generations of line items to be made again, by ITEM_KEY.
    """
    every = store.line_items()
    latest = _latest(every)
    began = begun_anew(judged, latest, store, periods, night.district.calendar.year_begins)
    raised = began | dict(raised)
    generations = _generations(latest) | raised
    desired = _keyed(night, judged, store, generations)
    keys = pd.MultiIndex.from_frame(latest[ITEM_KEY])
    known = latest[~keys.isin(list(raised))] if raised else latest
    in_lms = locate(known, judged.line_items, ITEM_KEY) >= 0
    settled, examined = _settled(desired, known)
    examined |= night.is_remaster
    found = store.open_findings()
    is_orphan = (found["code"] == "ORPHAN_IN_SIS") & found["student_id_sis"].isna()
    orphans = found.loc[is_orphan, ITEM_KEY].drop_duplicates(ignore_index=True)
    # Back in the LMS: what was found of it ends.
    examined |= locate(desired.line_items, orphans, ITEM_KEY) >= 0
    refused = store.refused_sends(_asked_again(desired, examined, night))
    if night.asks_again:
        examined |= desired.line_items["line_item_key"].isin(refused["line_item_key"]).to_numpy(bool)
    bases_of = store.results(desired.line_items["line_item_key"][examined].tolist())
    holds = store.open_holds()
    chosen = every.loc[night.choice.holds(every), "line_item_key"]
    is_old = holds["line_item_key"].isin(chosen) & ~holds["line_item_key"].isin(known["line_item_key"])
    bases = align_bases(desired, known, store.fields(), bases_of, holds, found)
    desired = keeping_typed(desired, bases.results, night.profile)
    refusals = no_refusals() if night.asks_again else refusals_of(refused, night.district.zone)
    old_holds = holds["hold_id"][is_old].tolist()
    return Sides(desired, known, in_lms, settled, examined, bases_of, holds, bases, old_holds, refusals)


def _asked_again(desired: Desired, examined: npt.NDArray[np.bool_], night: Night) -> list[int]:
    """List the line items whose refusals matter: those examined, and where a person asks for them all."""
    keys = desired.line_items["line_item_key"]
    return list(keys if night.asks_again else keys[examined])


def _latest(known: pd.DataFrame) -> pd.DataFrame:
    """Keep the latest generation of each line item; the bases of the earlier ones are history."""
    if not (known["generation"] > 0).any():
        return known
    latest = known.sort_values("generation").drop_duplicates(ITEM_KEY, keep="last")
    return latest.sort_values("line_item_key").reset_index(drop=True)


def _generations(latest: pd.DataFrame) -> dict[tuple[str, str], int]:
    made_again = latest[latest["generation"] > 0]
    rows = made_again[[*ITEM_KEY, "generation"]].itertuples(index=False)
    return {(item, section): int(generation) for item, section, generation in rows}


def _keyed(
    night: Night, judged: Judged, store: SnapshotStore, generations: Mapping[tuple[str, str], int]
) -> Desired:
    items = judged.line_items
    keys = list(zip(items["lms_assignment_id"], items["section_id_sis"], strict=True))
    ids = [
        line_item_id(
            district=night.district.district,
            sis_system_id=night.sis_system_id,
            lms_system_id=night.lms_system_id,
            lms_assignment_id=assignment,
            section_id_sis=section,
            generation=generations.get((assignment, section), 0),
        )
        for assignment, section in keys
    ]
    frame = items[ITEM_KEY].join(buckets(items, night.today))
    frame["line_item_id"] = pd.Series(ids, dtype="str", index=frame.index)
    frame["generation"] = [generations.get(key, 0) for key in keys]
    keyed = store.line_item_keys(frame)
    # The bucket is frozen, so that an item keeps its partition; but where its date moved into the window since,
    # the window's run must judge it all the same.
    frozen, current = (
        pd.to_datetime(days).reset_index(drop=True) for days in (keyed["assigned_on"], frame["assigned_on"])
    )
    inside = night.scope.holds(frozen) | night.scope.holds(current)
    mine = keyed[inside.to_numpy(bool) & night.choice.holds(keyed)].reset_index(drop=True)
    at = locate(judged.results, mine, ITEM_KEY)
    ids_of = judged.results.loc[at >= 0, "student_id_sis"].drop_duplicates()
    students = pd.Series(store.student_keys(ids_of).to_numpy(), index=ids_of.to_numpy())
    policy = {name: getattr(night.profile.values, name) for name in POLICY_KEYS}
    return key_desired(judged, mine, students, json.dumps(policy, sort_keys=True))


def _settled(desired: Desired, known: pd.DataFrame) -> tuple[list[Tally | None], npt.NDArray[np.bool_]]:
    """Find the line items whose desired values are the ones they were settled with."""
    rows = known.set_index("line_item_key").reindex(desired.line_items["line_item_key"])
    tallies = [None if pd.isna(text) else Tally.from_json(text) for text in rows["settled_counts"]]
    same = [
        tally is not None and digest == was
        for tally, digest, was in zip(tallies, desired.digests, rows["settled_digest"], strict=True)
    ]
    return tallies, ~np.array(same, dtype=bool)
