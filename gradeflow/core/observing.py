"""Looking at both sides of a night: at the SIS only where something is about to change.

Sections are read first, then the results of the line items that exist (`reading` says which).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pandas as pd

from gradeflow.core.bases import Bases, with_found_ids
from gradeflow.core.desired import Desired
from gradeflow.core.plan import items_to_recreate
from gradeflow.core.reading import Candidates, Observed, items_to_read
from gradeflow.core.scope import Night
from gradeflow.core.sides import Sides, lay_out
from gradeflow.errors import CredentialError, OutsideError
from gradeflow.model import frames
from gradeflow.ports import GradeSink, SnapshotStore
from gradeflow.rules.judge import ITEM_KEY, Judged


@dataclass(frozen=True, slots=True)
class Looked:
    """Both sides of a night, as they were looked at.

    Attributes:
        night: the night, with its choice as it was looked at.
        sides: what is wanted beside what is remembered.
        candidates: what is about to change.
        observed: what the SIS says of it.
        recreated: keys (ITEM_KEY) of the line items that were deleted in the SIS and are made anew.
    """

    night: Night
    sides: Sides
    candidates: Candidates
    observed: Observed
    recreated: pd.DataFrame


async def look(
    night: Night, judged: Judged, periods: pd.DataFrame, sink: GradeSink, store: SnapshotStore
) -> Looked:
    """Lay out what is wanted and remembered, and read of the SIS what is about to change.

    What was deleted there and is to be made anew is laid out again, under its new id.

    Args:
        periods: frame GRADING_PERIODS.
    """
    sides = lay_out(night, judged, store, periods, {})
    candidates = sides.candidates(night)
    observed = await observe(sides.desired, sides.bases, candidates, sink, night.max_in_flight)
    sides = sides.with_found(observed.line_items)
    again = items_to_recreate(
        sides.desired, sides.bases, observed, candidates, sides.examined, sides.ours, night.profile
    )
    recreated = sides.desired.line_items.loc[again, ITEM_KEY].reset_index(drop=True)
    if again.any():
        sides = lay_out(night, judged, store, periods, sides.raised(again))
        sides = sides.with_found(observed.line_items)
        candidates = sides.candidates(night)
    return Looked(night, sides, candidates, observed, recreated)


async def observe(
    desired: Desired, bases: Bases, candidates: Candidates, sink: GradeSink, max_in_flight: int
) -> Observed:
    """Read what is about to change; what cannot be read is named, never taken as empty."""
    gate = asyncio.Semaphore(max_in_flight)

    async def attempt(read: Callable[..., Awaitable[pd.DataFrame]], *place: str) -> pd.DataFrame | None:
        async with gate:
            try:
                return await read(*place)
            except CredentialError:
                raise
            except OutsideError:
                return None

    sections = candidates.sections
    listed = await asyncio.gather(*(attempt(sink.read_line_items, section) for section in sections))
    items = _together([frame for frame in listed if frame is not None], frames.OBSERVED_LINE_ITEMS)
    bases = with_found_ids(desired, bases, items)
    wanted = items_to_read(desired, bases, candidates, set(items["sis_id"]))
    cells = await asyncio.gather(*(attempt(sink.read_results, *place) for place in wanted))
    read = [(place, frame) for place, frame in zip(wanted, cells, strict=True) if frame is not None]
    return Observed(
        line_items=items,
        results=_together([frame for _, frame in read], frames.OBSERVED_RESULTS),
        unreadable_sections=frozenset(s for s, f in zip(sections, listed, strict=True) if f is None),
        unreadable_items=frozenset(p[1] for p, f in zip(wanted, cells, strict=True) if f is None),
        read_items=frozenset(place[1] for place, _ in read),
    )


def _together(parts: list[pd.DataFrame], schema: frames.Schema) -> pd.DataFrame:
    return pd.concat([frames.empty(schema), *parts], ignore_index=True) if parts else frames.empty(schema)
