"""One score per student, however many attempts and group members there are; the audit says of which attempt (G17)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gradeflow.settings import Home
from gradeflow.warehouse.audit import verify_audit
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import AUDIT
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice

ASSIGNMENT, TITLE, SECTION = 501, "Ratios practice", "m9-01"
GROUP = ("s-001", "s-005")  # who had 9 and 7.5


def told_of_scores(home: Path, run_id: str) -> list[dict[str, Any]]:
    """What the audit says of the scores that a run sent; its chain holds."""
    warehouse = Warehouse.open(Home(home).warehouse_url())
    try:
        with warehouse.reading() as connection:
            assert verify_audit(connection, DISTRICT) is None
            rows = connection.scalars(
                select(AUDIT.c.body).where(AUDIT.c.run_id == run_id, AUDIT.c.kind == "receipt")
            )
            bodies = [json.loads(body) for body in rows]
    finally:
        warehouse.close()
    return [body for body in bodies if body["kind"] == "result"]


def attempt_told(home: Path, student: str) -> str:
    asked = ("--assignment", str(ASSIGNMENT), "--section", SECTION, "--student", student)
    told = run(home, "explain", DISTRICT, *asked)
    assert told.code == 0, told.err
    said = " ".join(told.out.split("The LMS says of the score")[1].split())
    return said.split("attempt ")[1].split(",")[0].split(" ")[0]


def sync(practice: Practice) -> dict[str, Any]:
    return run(practice.home, "sync", DISTRICT, "--json").run


def hand_in(practice: Practice, at: str) -> None:
    edit = {"assignment_id": ASSIGNMENT, "sis_user_id": GROUP[0], "set": {"submitted_at": at}}
    practice.canvas.edit(collection="submissions", **edit)


def test_a_group_hands_in_twice_and_each_member_has_one_score_of_the_second_attempt(loaded: Practice) -> None:
    set_of_groups = {"group_category_id": 5, "users": list(GROUP)}
    loaded.canvas.edit(collection="groups", id=71, set=set_of_groups)
    loaded.canvas.edit(collection="assignments", id=ASSIGNMENT, set={"group_category_id": 5})
    item = loaded.item(TITLE, SECTION)
    before = loaded.state()

    hand_in(loaded, "2026-10-30T12:00:00Z")
    assert sync(loaded)["results"]["updated"] == 0
    assert loaded.state() == before

    loaded.grade(ASSIGNMENT, GROUP[1], 9)
    loaded.sis.forget()
    done = sync(loaded)
    # The same 9 of another attempt is the same score: of the group, one is written
    assert (done["results"]["updated"], loaded.sis.calls("PUT")) == (1, 1)
    results = loaded.results_of(item)
    assert [results[student]["score"] for student in GROUP] == [9, 9]
    assert len(results) == len(before["results"]) - sum(
        row["lineItem"]["sourcedId"] != item for row in before["results"].values()
    )
    (sent,) = told_of_scores(loaded.home, done["run_id"])
    assert (sent["after"]["sent_score_e4"], sent["attempt"]) == (90_000, 2)
    assert [attempt_told(loaded.home, student) for student in (GROUP[0], "s-003")] == ["2", "1"]


def test_a_score_that_nobody_handed_in_for_names_no_attempt(loaded: Practice) -> None:
    loaded.grade(ASSIGNMENT, "s-004", 6)
    done = sync(loaded)
    (sent,) = told_of_scores(loaded.home, done["run_id"])
    assert (sent["after"]["sent_score_e4"], sent["attempt"]) == (60_000, None)
