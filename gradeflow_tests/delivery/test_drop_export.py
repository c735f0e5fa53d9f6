"""Two nights on a drop folder whose SIS keeps whole points, and is read back by its export."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.server import running
from gradeflow.sandbox.small_school import small_school
from gradeflow.settings import Home
from gradeflow.sis.file_drop_export import ASSIGNMENTS, SCORES
from gradeflow.sis.file_drop_journal import Held, Journal, held_of
from gradeflow_tests.delivery.fixtures import NOW
from gradeflow_tests.delivery.nights import night
from gradeflow_tests.delivery.practice import Practice, Server

NOBODY: Any = None
EDITS = {"SIS_EDITED", "SIS_CHANGED_ITEM", "SIS_DELETED", "BOTH_CHANGED"}


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    home = tmp_path / "home"
    specs = specs_for(("canvas", "file_drop"), home=home, now=NOW)
    write_practice_district(Home(home), small_school(), *specs)
    (home / "gradeflow.yaml").write_text("partitions: {start: 2026-08-01, grain: month}\n")
    with running(specs), httpx.Client(verify=False) as client:  # loopback, no TLS
        yield Practice(home, Server({"clock": specs[0].clock_url}, client), NOBODY)


def folder(practice: Practice) -> Path:
    (found,) = practice.home.glob("sandbox/*/file_drop/**/journal")
    return found.parent


def entered(practice: Practice) -> Held:
    return held_of(Journal(folder(practice) / "journal").entries())


def whole(score: str) -> str:
    return str(Decimal(score).quantize(Decimal(1), ROUND_HALF_UP)) if score else ""


def export(practice: Practice, edits: dict[tuple[str, str], str]) -> None:
    """Export as an SIS does that has rounded what a person typed from pack 1."""
    held = entered(practice)
    items = list(held.line_items.values())
    scores = [
        {**row, "score": edits.get((key, student), whole(row["score"]))}
        for key, rows in held.results.items()
        for student, row in rows.items()
    ]
    observed = folder(practice) / "observed"
    observed.mkdir(exist_ok=True)
    for name, columns, rows in (("assignments", ASSIGNMENTS, items), ("scores", SCORES, scores)):
        with (observed / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    counts = {"assignments": len(items), "scores": len(scores)}
    sections = sorted({row["section_id"] for row in items})
    told = {"packs_entered": 1, **counts, "sections": sections}
    (observed / "complete.json").write_text(json.dumps(told))


def test_what_the_sis_rounded_is_no_edit_and_what_was_typed_over_it_is(practice: Practice) -> None:
    """Each night a score is graded anew, so that its line item is looked at."""
    night(practice)
    before = entered(practice)
    (item,) = (
        key
        for key, row in before.line_items.items()
        if (row["title"], row["section_id"]) == ("Ratios practice", "m9-01")
    )
    cells = before.results[item]
    assert (cells["s-001"]["score"], cells["s-005"]["score"]) == ("9", "7.5")
    export(practice, {})
    practice.grade(501, "s-001", 8)
    second = night(practice)
    after = entered(practice).results[item]
    assert after == {**cells, "s-001": after["s-001"]}
    assert (after["s-001"]["score"], second.results["updated"], second.results["held"]) == ("8", 1, 0)
    assert not EDITS & set(second.open_findings)
    export(practice, {(item, "s-005"): "4"})
    practice.grade(501, "s-001", 7)
    third = night(practice)
    assert (third.results["updated"], third.open_findings["SIS_EDITED"]) == (1, 1)
    assert entered(practice).results[item]["s-005"] == cells["s-005"]
