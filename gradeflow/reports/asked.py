"""What was asked of runs, as their plans keep it: by whom, which sections and items, and who approved the plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from gradeflow.core.choice import Choice
from gradeflow.model.ledger import Run
from gradeflow.settings import Home
from gradeflow.warehouse import plans, runs

Document = dict[str, Any]


def asked_of(home: Home, connection: Connection, run_ids: Iterable[str]) -> dict[str, Document]:
    """Tell per run what was asked of it.

    Returns:
        Shape: by run id: started_by, started_at, choice (sections, items, left_out, switched_on: lists, null for
        all), is_remaster, approved_by, command (that asks for the same again). Of a run that made no plan, or
        whose evidence was purged, choice is null and nobody is said to have approved it: the audit still says
        who did.
    """
    told = {}
    for run_id in dict.fromkeys(run_ids):
        run = runs.load_run(connection, run_id)
        plan = plans.load_plan(connection, run_id)
        kept = {} if plan is None else _kept(home.path / plan.path)
        told[run_id] = {
            "started_by": None if run is None else run.started_by,
            "started_at": None if run is None else run.started_at.isoformat(),
            "choice": kept.get("choice"),
            "is_remaster": bool(kept.get("is_remaster")),
            "approved_by": kept.get("approved_by"),
            "command": _command(run, kept),
        }
    return told


def _command(run: Run | None, kept: Document) -> str | None:
    if run is None or "choice" not in kept:
        return None
    choice = Choice.from_document(kept["choice"])
    return choice.command(run.district, is_remaster=bool(kept.get("is_remaster")))


def _kept(folder: Path) -> Document:
    try:
        return dict(json.loads((folder / "values.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
