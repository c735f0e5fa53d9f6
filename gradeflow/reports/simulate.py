"""What a simulation found, as one document: what would go, what would change in the SIS, what would stop.

Counts add up: each block counts its line items and its results by reason, and lists every line item it is about.
No student is named.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gradeflow.core.scope import Scope
from gradeflow.core.simulate import ITEM, SCORE, Simulated
from gradeflow.core.tally import ITEM_COUNTS
from gradeflow.model.district import District
from gradeflow.model.gradebook import SisReference
from gradeflow.rules.judge import ITEM_KEY
from gradeflow.rules.reasons import REASONS

Document = dict[str, Any]
ACTIONS = ("create", "update", "adopt")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was simulated.

    Attributes:
        today, then: the district's content, as it is and with replaced settings.
        windows: the days that a run covers, today and then.
        read_at, run_id: when the evidence was read, and by which run.
        changes: what was replaced.
        partitions_start: the first day that any partition of the home holds.
    """

    today: District
    then: District
    route: str
    as_of: dt.datetime
    windows: tuple[Scope, Scope]
    run_id: str
    read_at: dt.datetime
    changes: Sequence[Document]
    partitions_start: dt.date


def told(asked: Asked, found: Simulated, reference: SisReference) -> Document:
    """Write what a simulation found.

    Returns:
        `replaced`, `evidence`, `windows`; `would_go`, `would_change`, `would_stop`; `stopped_by`, `notes`, `next`.
        Instants are ISO 8601 in the district's zone.
    """
    zone = asked.then.zone
    go, stop = _block(found.would_go), _block(found.would_stop)
    stays = found.would_stop[found.would_stop["in_sis"].astype(bool)]
    preview = {name: f"+{go[name]}/-{stop[name]}" for name in ("line_items", "results")}
    return {
        "district": asked.then.district,
        "route": asked.route,
        "as_of": asked.as_of.astimezone(zone).isoformat(),
        "evidence": {"run_id": asked.run_id, "read_at": asked.read_at.astimezone(zone).isoformat()},
        "replaced": list(asked.changes),
        "windows": dict(zip(("today", "then"), map(_days, asked.windows), strict=True)),
        "preview": preview,
        "would_go": {**go, "already_in_sis": len(found.existing)},
        "would_change": _changes(found),
        "would_stop": {**stop, "stays_in_sis": _counts(stays)},
        "stopped_by": [{"name": one.name, "message": one.message} for one in found.next.stopped_by],
        "sis_reads": found.sis_reads,
        "notes": _notes(asked, found, reference),
        "next": _next(asked, found),
    }


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {
        "line_items": int((rows["grain"] == ITEM).sum()),
        "results": int((rows["grain"] == SCORE).sum()),
    }


def _block(rows: pd.DataFrame) -> Document:
    """Count rows by grain and reason, and list their line items with how many results of each there are."""
    reasons = {
        str(code): {**_counts(own), "cause": REASONS[str(code)].cause, "owner": REASONS[str(code)].owner}
        for code, own in sorted(
            rows.groupby("reason", sort=True), key=lambda pair: (-len(pair[1]), str(pair[0]))
        )
    }
    return {**_counts(rows), "reasons": reasons, "items": [_item(own) for own in _by_item(rows)]}


def _by_item(rows: pd.DataFrame) -> list[pd.DataFrame]:
    return [own for _, own in rows.groupby(ITEM_KEY, sort=True)]


def _item(own: pd.DataFrame) -> Document:
    """Tell one line item; without a row of its own it goes as before and only results of it are meant."""
    of_item = own[own["grain"] == ITEM]
    return {
        **_named(own),
        "is_whole": len(of_item) > 0,
        "results": int((own["grain"] == SCORE).sum()),
        "reasons": dict(sorted(Counter(own["reason"].tolist()).items())),
    }


def _named(own: pd.DataFrame) -> Document:
    first = own.iloc[0]
    return {
        "assignment": str(first["lms_assignment_id"]),
        "section": str(first["section_id_sis"]),
        "title": str(first["title"]),
    }


def _changes(found: Simulated) -> Document:
    """Tell the next plan under the new settings, and what of it today's settings would do as well."""
    plan = found.next.plan
    items = []
    for own in _by_item(found.writes):
        by_grain = {
            grain: Counter(own.loc[own["grain"] == grain, "action"].tolist()) for grain in (ITEM, SCORE)
        }
        items.append(
            {
                **_named(own),
                "line_item": next(iter(by_grain[ITEM]), None),
                "results": {action: by_grain[SCORE][action] for action in ACTIONS},
                "today_as_well": int(own["is_today"].sum()),
            }
        )
    held = plan.findings[plan.findings["code"].map(lambda code: REASONS[code].outcome) == "held"]
    codes = {
        name: Counter(held.loc[is_item, "code"].tolist())
        for name, is_item in (
            ("line_items", held["student_id_sis"].isna()),
            ("results", held["student_id_sis"].notna()),
        )
    }
    return {
        "plan": found.next.digest,
        "line_items": _whole(plan.line_item_counts),
        "results": _whole(plan.result_counts),
        "findings": dict(sorted(Counter(found.next.findings["code"].tolist()).items())),
        "today_as_well": _counts(found.writes[found.writes["is_today"]]),
        "not_any_more": _counts(found.dropped),
        "held": {
            code: {name: codes[name][code] for name in codes}
            for code in sorted({*codes["line_items"], *codes["results"]})
        },
        "items": items,
    }


def _whole(counts: dict[str, int]) -> dict[str, int]:
    return {name: int(counts.get(name, 0)) for name in ITEM_COUNTS}


def _days(scope: Scope) -> dict[str, str]:
    first, last = scope.windows[0].first, scope.windows[-1].end - dt.timedelta(days=1)
    return {"first": first.isoformat(), "last": last.isoformat()}


def _notes(asked: Asked, found: Simulated, reference: SisReference) -> list[str]:
    """Say what an operator would else find out too late."""
    added = {stay.teacher for stay in asked.then.passback.teachers} - {
        stay.teacher for stay in asked.today.passback.teachers
    }
    notes = [
        f"The SIS knows no teacher {teacher}; write the id as the SIS has it."
        for teacher in sorted(added - set(reference.teachers["teacher_id_sis"]))
    ]
    if len(found.existing):
        go = int((found.would_go["grain"] == ITEM).sum())
        notes.append(
            f"{len(found.existing)} of the {go} line items that would go exist in the SIS already, by title and date. "
            "They would be held as LIKELY_DUPLICATE, and nothing of them sent."
        )
    effective = asked.then.passback.effective_date
    if effective is not None and effective < asked.partitions_start:
        notes.append(
            f"The partitions of this home begin on {asked.partitions_start}. What was assigned before needs "
            "partitions.start in gradeflow.yaml set earlier."
        )
    return notes


def _next(asked: Asked, found: Simulated) -> str:
    """Say the one thing to do next."""
    name = asked.then.district
    if not asked.changes:
        return "Nothing is replaced: the settings are so already."
    if asked.then.passback.effective_date != asked.today.passback.effective_date:
        days = _days(asked.windows[1])
        return (
            f"To make it so, write it into districts/{name}.yaml; the next gradeflow sync {name} covers "
            f"{days['first']} to {days['last']}."
        )
    if not (
        len(found.would_go)
        or len(found.would_stop)
        or len(found.dropped)
        or not found.writes["is_today"].all()
    ):
        return "It would make no difference now; nothing to do."
    return f"To make it so, write it into districts/{name}.yaml, then look once more: gradeflow plan {name}."
