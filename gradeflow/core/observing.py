"""Reading of the SIS what is about to change: sections first, then the line items that exist."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pandas as pd

from gradeflow.core.bases import Bases, with_found_ids
from gradeflow.core.desired import Desired
from gradeflow.core.reading import Candidates, Observed, items_to_read
from gradeflow.errors import CredentialError, OutsideError
from gradeflow.model import frames
from gradeflow.ports import GradeSink


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
