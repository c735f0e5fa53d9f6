from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import select

from gradeflow.warehouse.findings import ABOUT, load_open_findings, record_findings
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import FINDING
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER


def finding(assignment: str | None, section: str | None = "m9", **given: Any) -> dict[str, Any]:
    row = {"rule_id": "R044", "code": "TITLE_TOO_LONG", "subject": f"{assignment}/{section}"}
    row |= {"outcome": "rejected", "owner": "teacher", "student_id_sis": None}
    row |= {"lms_assignment_id": assignment, "section_id_sis": section, "value": "60", "threshold": "49"}
    return row | given


def record(
    warehouse: Warehouse,
    rows: list[dict[str, Any]],
    *judged: tuple[str | None, str | None],
    run_id: str = "night-1",
) -> None:
    scope = pd.DataFrame(judged, columns=["lms_assignment_id", "section_id_sis"], dtype="str")
    with warehouse.writing() as connection:
        record_findings(
            connection,
            DISTRICT,
            pd.DataFrame(rows, columns=ABOUT, dtype="str"),
            judged=scope,
            run_id=run_id,
            as_of=AS_OF if run_id == "night-1" else LATER,
        )


def open_subjects(warehouse: Warehouse) -> list[str]:
    with warehouse.reading() as connection:
        return load_open_findings(connection, DISTRICT)["subject"].tolist()


def test_a_finding_seen_two_nights_is_one_interval(warehouse: Warehouse) -> None:
    record(warehouse, [finding("a1")], ("a1", "m9"))
    record(warehouse, [finding("a1")], ("a1", "m9"), run_id="night-2")
    with warehouse.reading() as connection:
        [found] = load_open_findings(connection, DISTRICT).to_dict("records")
    assert (found["first_seen_run"], found["first_seen_at"]) == ("night-1", AS_OF)
    assert (found["last_seen_run"], found["last_seen_at"]) == ("night-2", LATER)


def test_a_finding_gone_from_a_judged_item_is_closed(warehouse: Warehouse) -> None:
    record(warehouse, [finding("a1"), finding("a2")], ("a1", "m9"), ("a2", "m9"))
    record(warehouse, [finding("a2")], ("a1", "m9"), ("a2", "m9"), run_id="night-2")
    assert open_subjects(warehouse) == ["a2/m9"]
    with warehouse.reading() as connection:
        row = connection.execute(select(FINDING).where(FINDING.c.subject == "a1/m9")).one()
    assert (row.is_open, row.last_seen_run) == (False, "night-1")


def test_a_finding_of_an_item_that_was_not_judged_stays_open(warehouse: Warehouse) -> None:
    record(warehouse, [finding("a1"), finding("a1", "m10")], ("a1", "m9"), ("a1", "m10"))
    record(warehouse, [], ("a1", "m10"), ("a2", "m9"), run_id="night-2")
    assert open_subjects(warehouse) == ["a1/m9"]


def test_a_finding_of_no_item_is_closed_only_when_such_were_judged(warehouse: Warehouse) -> None:
    record(warehouse, [finding(None, None, subject="district")], (None, None))
    record(warehouse, [], ("a1", "m9"), run_id="night-2")
    assert open_subjects(warehouse) == ["district"]
    record(warehouse, [], (None, None), run_id="night-2")
    assert open_subjects(warehouse) == []


def test_a_finding_that_comes_back_is_a_new_interval(warehouse: Warehouse) -> None:
    for rows, run_id in (([finding("a1")], "night-1"), ([], "night-2"), ([finding("a1")], "night-3")):
        record(warehouse, rows, ("a1", "m9"), run_id=run_id)
    with warehouse.reading() as connection:
        rows = connection.execute(select(FINDING).order_by(FINDING.c.finding_id)).all()
    assert [(row.is_open, row.first_seen_run) for row in rows] == [(False, "night-1"), (True, "night-3")]


def test_a_value_that_moves_stays_the_same_finding(warehouse: Warehouse) -> None:
    record(warehouse, [finding("a1"), finding("a2", value=None), finding("a3")], ("a1", "m9"))
    moved = [finding("a2", value="70"), finding("a1", value=None), finding("a3")]
    record(warehouse, moved, ("a1", "m9"), run_id="night-2")
    with warehouse.reading() as connection:
        found = load_open_findings(connection, DISTRICT).set_index("subject")
    assert found["value"].fillna("null").to_dict() == {"a1/m9": "null", "a2/m9": "70", "a3/m9": "60"}
    assert set(found["first_seen_run"]) == {"night-1"}


def test_one_subject_can_break_several_rules_and_each_counts_once(warehouse: Warehouse) -> None:
    rows = [finding("a1"), finding("a1"), finding("a1", rule_id="R045"), finding("a1", code="OTHER")]
    record(warehouse, rows, ("a1", "m9"))
    assert len(open_subjects(warehouse)) == 3


def test_districts_keep_their_findings_apart(warehouse: Warehouse) -> None:
    record(warehouse, [finding("a1")], ("a1", "m9"))
    with warehouse.writing() as connection:
        record_findings(
            connection,
            "adams",
            pd.DataFrame([], columns=ABOUT, dtype="str"),
            judged=pd.DataFrame({"lms_assignment_id": ["a1"], "section_id_sis": ["m9"]}),
            run_id="other",
            as_of=LATER,
        )
    assert open_subjects(warehouse) == ["a1/m9"]
