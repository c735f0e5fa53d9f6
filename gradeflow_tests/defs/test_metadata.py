"""What stands beside an asset in the Dagster UI: narrow tables that add up, and errors that say where."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from gradeflow.core.delivery import count_codes
from gradeflow.core.tally import ITEM_COUNTS
from gradeflow.defs.exit_codes import safe_message
from gradeflow.defs.metadata import count_table, verdict_table

WIDEST = 40


def cells(markdown: str | None) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in str(markdown).splitlines()]


def test_the_rows_of_a_run_are_a_narrow_table_whose_columns_add_up() -> None:
    counts = {name: 10_000 + position for position, name in enumerate(ITEM_COUNTS)}
    table = count_table({"line_items": {"created": 7, "held": 2}, "results": counts}).md_str
    head, _, *lines, total = cells(table)
    assert head == ["", "line items", "results"]
    assert [line[0] for line in lines] == list(ITEM_COUNTS)
    assert total == ["rows", "9", str(sum(counts.values()))]
    assert [sum(int(line[at]) for line in lines) for at in (1, 2)] == [9, sum(counts.values())]
    assert max(map(len, str(table).splitlines())) <= WIDEST


def test_what_the_rules_said_is_told_in_one_order_with_its_sum() -> None:
    said = {"line_items": {"rejected": 2, "pass": 5}, "results": {"unknown": 4, "skipped": 8, "pass": 79}}
    _, _, *lines = cells(verdict_table(said).md_str)
    assert lines == [
        ["pass", "5", "79"],
        ["rejected", "2", "0"],
        ["skipped", "0", "8"],
        ["unknown", "0", "4"],
        ["rows", "7", "91"],
    ]


def test_an_error_that_nobody_expected_is_placed_in_our_own_line_not_in_a_librarys() -> None:
    with pytest.raises(KeyError) as caught:
        count_codes([pd.DataFrame({"s-001": [1]})])
    said = safe_message(caught.value)
    assert said.startswith("unexpected ")
    assert " in gradeflow/core/delivery.py:" in said
    assert "s-001" not in said


def test_an_error_that_never_came_through_our_package_is_placed_where_it_arose() -> None:
    with pytest.raises(ValueError, match="s-001") as caught:
        int("s-001")
    assert f" in {Path(__file__)}:" in safe_message(caught.value)
    assert "s-001" not in safe_message(caught.value)
