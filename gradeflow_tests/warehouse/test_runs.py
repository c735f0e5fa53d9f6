from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from gradeflow.model.ledger import Extract, Plan, Run
from gradeflow.warehouse.extracts import extract_for, switch_extracts
from gradeflow.warehouse.plans import latest_plan, load_plan, save_plan
from gradeflow.warehouse.runs import add_calls, end_run, last_runs, load_run, set_counts, start_run
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER

RUN = Run("r1", DISTRICT, "passback", "canvas-schooltool", AS_OF, AS_OF, "2026-08-30", "2026-11-15", "s1")
PLAN = Plan("r1", DISTRICT, "d1", "plans/d1.parquet", {"create": 3}, AS_OF, "e1", "ru1", "s1")
FILE = Extract("lms_gradebook", DISTRICT, "2026-11-15", "x/1.parquet", "x1", "r1", 12, AS_OF)


def test_a_run_is_told_as_it_went(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        start_run(connection, RUN)
        assert load_run(connection, "r1") == RUN
        add_calls(connection, "r1", lms=2, sis_read=1)
        add_calls(connection, "r1", sis_read=1, sis_write=40)
        set_counts(connection, "r1", results={"created": 40})
        set_counts(connection, "r1", line_items={"created": 2}, findings={"TITLE_TOO_LONG": 1})
        ended_at = AS_OF + dt.timedelta(seconds=90.5)
        end_run(connection, "r1", "completed_with_errors", ended_at=ended_at, message="One item refused.")
    with warehouse.reading() as connection:
        found = load_run(connection, "r1")
    assert found == dataclasses.replace(
        RUN,
        status="completed_with_errors",
        calls={"lms": 2, "sis_read": 2, "sis_write": 40},
        line_items={"created": 2},
        results={"created": 40},
        findings={"TITLE_TOO_LONG": 1},
        message="One item refused.",
        ended_at=ended_at,
        seconds=90.5,
    )


def test_a_run_started_again_runs_and_keeps_its_calls(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        start_run(connection, RUN)
        add_calls(connection, "r1", lms=2)
        end_run(connection, "r1", "failed", ended_at=LATER)
        start_run(connection, RUN)
        found = load_run(connection, "r1")
    assert found is not None
    assert (found.status, found.ended_at, found.calls["lms"]) == ("running", None, 2)


def test_the_newest_runs_of_a_district_come_first(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        for number, district in ((1, DISTRICT), (3, DISTRICT), (2, DISTRICT), (4, "adams")):
            at = AS_OF + dt.timedelta(days=number)
            run = dataclasses.replace(RUN, run_id=f"r{number}", district=district, started_at=at)
            start_run(connection, run)
        assert [run.run_id for run in last_runs(connection, DISTRICT, 2)] == ["r3", "r2"]
        assert last_runs(connection, "nowhere", 2) == []


def test_a_run_that_never_started_cannot_count_or_end(warehouse: Warehouse) -> None:
    with warehouse.writing() as connection:
        assert load_run(connection, "r1") is None
        with pytest.raises(KeyError):
            add_calls(connection, "r1", lms=1)
        with pytest.raises(KeyError):
            end_run(connection, "r1", "completed", ended_at=LATER)


def test_a_plan_is_found_by_its_run_and_by_its_digest(warehouse: Warehouse) -> None:
    newer = dataclasses.replace(PLAN, run_id="r2", digest="d2", created_at=LATER)
    with warehouse.writing() as connection:
        save_plan(connection, PLAN)
        save_plan(connection, newer)
        assert load_plan(connection, "r1") == PLAN
        assert load_plan(connection, "r9") is None
        assert latest_plan(connection, DISTRICT) == newer
        assert latest_plan(connection, DISTRICT, "d1") == PLAN
        assert latest_plan(connection, "adams") is None


def test_a_run_that_plans_again_has_one_plan(warehouse: Warehouse) -> None:
    again = dataclasses.replace(PLAN, digest="d2", counts={})
    with warehouse.writing() as connection:
        save_plan(connection, PLAN)
        save_plan(connection, again)
        assert load_plan(connection, "r1") == again
        assert latest_plan(connection, DISTRICT, "d1") is None


def test_partitions_point_to_their_newest_files(warehouse: Warehouse) -> None:
    week_before = dataclasses.replace(FILE, partition_key="2026-11-08")
    newer = dataclasses.replace(FILE, path="x/2.parquet", digest="x2", run_id="r2", written_at=LATER)
    other = dataclasses.replace(FILE, district="adams", path="x/3.parquet")
    with warehouse.writing() as connection:
        switch_extracts(connection, [FILE, week_before, other])
        switch_extracts(connection, [newer])
        switch_extracts(connection, [])
    with warehouse.reading() as connection:
        wanted = ["2026-11-15", "2026-11-08", "2026-11-01"]
        assert extract_for(connection, "lms_gradebook", DISTRICT, wanted) == [week_before, newer]
        assert extract_for(connection, "lms_gradebook", "adams", wanted) == [other]
        assert extract_for(connection, "sis_reference", DISTRICT, wanted) == []


def test_a_switch_that_fails_leaves_every_partition_as_it_was(warehouse: Warehouse) -> None:
    naive = dataclasses.replace(FILE, partition_key="2026-11-08", written_at=AS_OF.replace(tzinfo=None))
    newer = dataclasses.replace(FILE, path="x/2.parquet")
    with warehouse.writing() as connection:
        switch_extracts(connection, [FILE])
    with pytest.raises(Exception, match="time zone"), warehouse.writing() as connection:
        switch_extracts(connection, [newer, naive])
    with warehouse.reading() as connection:
        assert extract_for(connection, "lms_gradebook", DISTRICT, ["2026-11-15"]) == [FILE]
