"""A warehouse that is only looked at: one state, keys that nobody has, and no trace of either."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy.exc import DBAPIError

from gradeflow.errors import ConfigError
from gradeflow.warehouse import keys, snapshot
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.rehearsal import RehearsalStore
from gradeflow.warehouse.store import Warehouse, rehearsal
from gradeflow.warehouse.tables import STUDENT
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, gradebook


def test_known_rows_have_their_keys_and_new_ones_keys_that_no_district_has(
    warehouse: Warehouse, url: str, items: list[int]
) -> None:
    with warehouse.writing() as connection:
        other = keys.line_item_keys(connection, "other", gradebook("z9"), as_of=AS_OF)
        known = keys.student_keys(connection, DISTRICT, pd.Series(["007"]))
    wanted, students = gradebook("a1", "b7", "a2", "b8"), pd.Series(["008", "007", "008", "009"])
    with rehearsal(url) as looked_at:
        store = RehearsalStore(looked_at, DISTRICT, "simulation", AS_OF, lambda: AS_OF)
        given = store.line_item_keys(wanted)
        assert given["line_item_key"].tolist()[::2] == items
        fresh = given["line_item_key"].tolist()[1::2]
        assert min(fresh) > max(*items, *other["line_item_key"])
        assert len(set(fresh)) == 2
        assert store.line_item_keys(wanted.iloc[::-1])["line_item_key"].tolist()[::-2] == items
        people = store.student_keys(students)
        assert people[1] == known[0]
        assert people[0] == people[2] != people[3]
        assert store.student_keys(students).tolist() == people.tolist()
    with warehouse.reading() as connection:
        assert snapshot.load_line_items(connection, DISTRICT)["line_item_key"].tolist() == items
        assert keys.load_students(connection, DISTRICT)["student_id_sis"].tolist() == ["007"]


def test_what_others_write_meanwhile_is_neither_seen_nor_kept_waiting(warehouse: Warehouse, url: str) -> None:
    real = DistrictStore(warehouse, DISTRICT, "night-1", AS_OF, lambda: AS_OF)
    with rehearsal(url) as looked_at:
        store = RehearsalStore(looked_at, DISTRICT, "simulation", AS_OF, lambda: AS_OF)
        assert store.line_items().empty
        assert len(real.line_item_keys(gradebook("a1"))) == 1
        assert store.line_items().empty
    assert len(real.line_items()) == 1


def test_nothing_can_be_written_through_it(warehouse: Warehouse, url: str) -> None:
    assert warehouse
    with rehearsal(url) as looked_at:
        store = RehearsalStore(looked_at, DISTRICT, "simulation", AS_OF, lambda: AS_OF)
        with pytest.raises(RuntimeError, match="writes nothing"):
            store.acquire_lease()
        insert = STUDENT.insert().values(student_key=1, district_key=1, student_id_sis="007")
        with looked_at.reading() as connection, pytest.raises(DBAPIError, match=r"(?i)read.?only"):
            connection.execute(insert)


def test_a_warehouse_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "warehouse.sqlite"
    with pytest.raises(ConfigError, match="first gradeflow plan"), rehearsal(f"sqlite:///{file}"):
        pass
    assert not file.parent.exists()


def test_an_older_schema_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.sqlite"
    file.touch()
    with pytest.raises(ConfigError, match="older schema"), rehearsal(f"sqlite:///{file}"):
        pass
    assert file.read_bytes() == b""
