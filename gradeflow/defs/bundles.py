"""What passes from asset to asset, as frames and a little JSON, so that it can lie in Parquet.

Grades are in the frames; they stay below `$GRADEFLOW_HOME`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from gradeflow.core.breakers import Verdict
from gradeflow.core.choice import Choice
from gradeflow.core.plan import Plan
from gradeflow.core.planned import Planned
from gradeflow.model.frames import LINE_ITEMS, RESULTS, SIS_SECTIONS, completed
from gradeflow.model.gradebook import Bookmark, GradebookExtract, SisReference
from gradeflow.rules.judge import Judged

OF_SECTIONS = ("enrolments", "class_teachers")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Frames by name, and the JSON values beside them."""

    frames: Mapping[str, pd.DataFrame]
    values: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Name the content: the same frames and values, the same name."""
        whole = hashlib.sha256(json.dumps(self.values, sort_keys=True).encode())
        for name, frame in sorted(self.frames.items()):
            whole.update(name.encode())
            whole.update(",".join(map(str, frame.columns)).encode())
            whole.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
        return whole.hexdigest()

    @property
    def rows(self) -> int:
        """How many rows the frames have together."""
        return sum(len(frame) for frame in self.frames.values())


def _frames_of(value: object) -> dict[str, pd.DataFrame]:
    found = {entry.name: getattr(value, entry.name) for entry in fields(value)}  # type: ignore[arg-type]  # a dataclass
    return {name: frame for name, frame in found.items() if isinstance(frame, pd.DataFrame)}


def _by(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay rows of one id side by side, so that a file's statistics tell where they lie; else in their order."""
    codes, _ = pd.factorize(frame[column], sort=True)
    if (np.diff(codes) >= 0).all():
        return frame
    return frame.take(np.argsort(codes, kind="stable")).reset_index(drop=True)


def pack_extract(extract: GradebookExtract) -> Bundle:
    """Pack an LMS extract; without a bookmark the same gradebook has the same name every night."""
    values: dict[str, Any] = {
        "incomplete_sections": sorted(extract.incomplete_sections),
        "left_out": extract.left_out,
    }
    mark = extract.bookmark
    if mark is not None:
        values["bookmark"] = {
            "scope": mark.scope,
            "read_at": mark.read_at.isoformat(),
            "full_read_at": mark.full_read_at.isoformat(),
            "sections": {key: list(value) for key, value in mark.sections.items()},
        }
    frames = _frames_of(extract)
    frames["line_items"] = _by(extract.line_items, "section_id_sis")
    frames["results"] = _by(extract.results, "lms_assignment_id")
    return Bundle(frames, values)


def unpack_extract(bundle: Bundle) -> GradebookExtract:
    """Unpack an LMS extract; what an earlier version did not read yet is unknown in it."""
    return GradebookExtract(
        line_items=completed(LINE_ITEMS, bundle.frames["line_items"]),
        results=completed(RESULTS, bundle.frames["results"]),
        incomplete_sections=frozenset(bundle.values["incomplete_sections"]),
        left_out=dict(bundle.values["left_out"]),
        bookmark=_bookmark(bundle.values.get("bookmark")),
    )


def _bookmark(value: Mapping[str, Any] | None) -> Bookmark | None:
    if value is None:
        return None
    return Bookmark(
        scope=value["scope"],
        read_at=dt.datetime.fromisoformat(value["read_at"]),
        full_read_at=dt.datetime.fromisoformat(value["full_read_at"]),
        sections={key: (digest, count) for key, (digest, count) in value["sections"].items()},
    )


def pack_reference(reference: SisReference) -> Bundle:
    """Pack an SIS reference."""
    frames = _frames_of(reference)
    return Bundle(frames | {name: _by(frames[name], "section_id_sis") for name in OF_SECTIONS}, {})


def unpack_reference(bundle: Bundle) -> SisReference:
    """Unpack an SIS reference; what an earlier version did not read yet is unknown in it."""
    sections = completed(SIS_SECTIONS, bundle.frames["sections"])
    return SisReference(**{**bundle.frames, "sections": sections})


def pack_judged(judged: Judged) -> Bundle:
    """Pack a judged gradebook."""
    return Bundle(_frames_of(judged), {})


def unpack_judged(bundle: Bundle) -> Judged:
    """Unpack a judged gradebook."""
    return Judged(**bundle.frames)


def pack_planned(planned: Planned, approved_by: str | None = None) -> Bundle:
    """Pack a plan, with what was asked of its run and who approved it."""
    plan = planned.plan
    frames = {f"plan_{name}": frame for name, frame in _frames_of(plan).items()}
    return Bundle(
        frames | _frames_of(planned),
        {
            "run_id": planned.run_id,
            "digest": planned.digest,
            "verdicts": [asdict(verdict) for verdict in planned.verdicts],
            "removed_holds": planned.removed_holds,
            "gone_holds": planned.gone_holds,
            "locked_results": plan.locked_results,
            "line_item_counts": plan.line_item_counts,
            "result_counts": plan.result_counts,
            "zeroed": plan.zeroed,
            "updated_results": plan.updated_results,
            "cleared": plan.cleared,
            "held_results": sorted(plan.held_results),
            "held_fields": sorted(plan.held_fields),
            "held_items": sorted(plan.held_items),
            "choice": planned.choice.document(),
            "is_remaster": planned.is_remaster,
            "approved_by": approved_by,
        },
    )


def unpack_planned(bundle: Bundle) -> Planned:
    """Unpack a plan."""
    values = bundle.values
    plan_frames = {
        name.removeprefix("plan_"): frame for name, frame in bundle.frames.items() if name.startswith("plan_")
    }
    plan = Plan(
        **plan_frames,
        locked_results=list(values["locked_results"]),
        line_item_counts=dict(values["line_item_counts"]),
        result_counts=dict(values["result_counts"]),
        zeroed=values["zeroed"],
        updated_results=values["updated_results"],
        cleared=values["cleared"],
        held_results=frozenset(values["held_results"]),
        held_fields=frozenset((key, name) for key, name in values["held_fields"]),
        held_items=frozenset(values["held_items"]),
    )
    return Planned(
        run_id=values["run_id"],
        plan=plan,
        digest=values["digest"],
        verdicts=[Verdict(**verdict) for verdict in values["verdicts"]],
        findings=bundle.frames["findings"],
        examined=bundle.frames["examined"],
        removed_holds=list(values["removed_holds"]),
        gone_holds=list(values["gone_holds"]),
        choice=Choice.from_document(values["choice"]),
        is_remaster=values["is_remaster"],
    )
