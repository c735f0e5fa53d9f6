"""What is remembered of one item or score is found by an index, however large the warehouse is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from gradeflow.warehouse import history, runs
from gradeflow.warehouse.extracts import latest_extract
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT

ITEM, RESULT = 1, 4_294_967_303
QUERIES: dict[str, Callable[[Connection], object]] = {
    "line items": lambda c: history.line_items_of(c, DISTRICT, "a1"),
    "fields": lambda c: history.fields_of(c, ITEM),
    "student": lambda c: history.result_key_of(c, DISTRICT, ITEM, "007"),
    "result": lambda c: history.result_of(c, RESULT),
    "holds of an item": lambda c: history.holds_of(c, ITEM),
    "holds of a result": lambda c: history.holds_of(c, ITEM, RESULT),
    "findings of an item": lambda c: history.findings_of(c, DISTRICT, "a1", "m9"),
    "findings of a student": lambda c: history.findings_of(c, DISTRICT, "a1", "m9", "007"),
    "sends of an item": lambda c: history.sends_of(c, ITEM),
    "sends of a result": lambda c: history.sends_of(c, ITEM, RESULT),
    "latest run": lambda c: history.latest_judging_run(c, DISTRICT),
    "runs since": lambda c: runs.runs_since(c, DISTRICT, AS_OF),
    "latest extract": lambda c: latest_extract(c, "lms_gradebook", DISTRICT),
}


def _scans(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """Name the tables that a statement would read whole, for want of an index."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(row[-1]) for row in plan if str(row[-1]).startswith("SCAN")]
    # Of a table without rows PostgreSQL reads all; it is asked what it could do of a large one
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    found: list[str] = []
    waiting = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan" or ("Index" in node["Node Type"] and not _narrows(node)):
            found.append(f"{node['Node Type']} of {node.get('Relation Name')}")
    return found


def _narrows(node: dict[str, Any]) -> bool:
    return "Index Cond" in node


@pytest.mark.parametrize("name", list(QUERIES))
def test_every_question_of_explain_goes_by_an_index(warehouse: Warehouse, name: str) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    with warehouse.reading() as connection:
        event.listen(connection, "before_cursor_execute", note)
        QUERIES[name](connection)
        event.remove(connection, "before_cursor_execute", note)
        assert asked
        assert [scan for one in asked for scan in _scans(connection, *one)] == []
