from __future__ import annotations

import pandas as pd
import pytest

from gradeflow.warehouse import keys
from gradeflow.warehouse.snapshot import load_line_items
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER, gradebook


def test_an_item_keeps_its_key_and_the_partition_of_its_first_sight(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        first = keys.line_item_keys(connection, DISTRICT, gradebook("a1"), as_of=AS_OF)
    moved = gradebook("a2", "a1").assign(
        assigned_on=pd.Timestamp("2026-10-10").as_unit("ns"), assigned_basis="assigned"
    )
    with warehouse.writing() as connection:
        again = keys.line_item_keys(connection, DISTRICT, moved, as_of=LATER)
    assert again["line_item_key"].tolist()[1] == first["line_item_key"].tolist()[0]
    assert again["assigned_on"].tolist() == [pd.Timestamp("2026-10-10"), pd.Timestamp("2026-09-01")]
    assert again["assigned_basis"].tolist() == ["assigned", "created"]


def test_keys_come_in_the_order_and_with_the_index_of_the_rows_asked(warehouse: Warehouse) -> None:
    asked = gradebook("a1", "a2", "a3").set_axis([30, 10, 20])
    with warehouse.writing() as connection:
        forth = keys.line_item_keys(connection, DISTRICT, asked, as_of=AS_OF)
        back = keys.line_item_keys(connection, DISTRICT, asked[::-1], as_of=AS_OF)
    assert forth["line_item_key"].to_dict() == back["line_item_key"].to_dict()
    assert back.index.tolist() == [20, 10, 30]
    assert forth["line_item_key"].dtype == "int64"


def test_no_line_items_give_no_keys_but_the_columns(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        frame = keys.line_item_keys(connection, DISTRICT, gradebook(), as_of=AS_OF)
    assert len(frame) == 0
    assert frame["line_item_key"].dtype == "int64"


def test_an_item_recreated_in_the_sis_is_a_new_one_of_the_next_generation(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        keys.line_item_keys(connection, DISTRICT, gradebook("a1"), as_of=AS_OF)
        again = gradebook("a1").assign(line_item_id="id-a1-again", generation=1)
        keys.line_item_keys(connection, DISTRICT, again, as_of=AS_OF)
        found = load_line_items(connection, DISTRICT)
    assert found["generation"].tolist() == [0, 1]


def test_students_keep_their_keys_and_leading_zeros(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        first = keys.student_keys(connection, DISTRICT, pd.Series(["007", "7"]))
        again = keys.student_keys(connection, DISTRICT, pd.Series(["7", "x", "007"], index=[5, 6, 7]))
        known = keys.load_students(connection, DISTRICT)
        assert keys.student_keys(connection, DISTRICT, pd.Series(["7"])).tolist() == [first[1]]
    assert again[5] == first[1]
    assert again[7] == first[0]
    assert known.set_index("student_id_sis")["student_key"]["x"] == again[6]
    assert sorted(known["student_id_sis"]) == ["007", "7", "x"]


def test_a_student_id_that_repeats_has_one_key(warehouse: Warehouse) -> None:
    ids = pd.Series(["007", "008", "007"], dtype="category")
    with warehouse.writing() as connection:
        found = keys.student_keys(connection, DISTRICT, ids)
    assert found[0] == found[2] != found[1]


def test_a_student_without_id_is_refused(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection, pytest.raises(ValueError, match="student id is null"):
        keys.student_keys(connection, DISTRICT, pd.Series(["007", None]))


def test_districts_do_not_share_students_or_line_items(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        one = keys.student_keys(connection, DISTRICT, pd.Series(["007"]))
        other = keys.student_keys(connection, "adams", pd.Series(["007"]))
        keys.line_item_keys(connection, DISTRICT, gradebook("a1"), as_of=AS_OF)
        assert len(load_line_items(connection, "adams")) == 0
    assert one[0] != other[0]


def test_a_result_key_gives_back_the_line_item_and_the_student() -> None:
    [key] = keys.result_keys([2**31 - 1], [2**32 - 1]).tolist()
    assert (keys.line_item_of(key), keys.student_of(key)) == (2**31 - 1, 2**32 - 1)
