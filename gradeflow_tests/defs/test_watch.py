"""Two nights without a good one are told in Dagster, by each district's own clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord  # as the UI reads it

from gradeflow.defs.build import build_defs
from gradeflow.defs.instance import open_instance
from gradeflow.defs.resources import GradeflowHome
from gradeflow.defs.scheduled import missed_nights
from gradeflow.defs.watch import CHECK_KEY
from gradeflow.model.district import District
from gradeflow.model.ledger import Run, RunStatus
from gradeflow.settings import Home
from gradeflow.warehouse import runs
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.defs.homes import write_district, write_home

NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)  # noon in Chicago, 08:00 in Honolulu
NIGHTS = ["2026-11-19", "2026-11-20"]


def run(status: RunStatus, days: float, job: str = "passback", name: str = "lincoln") -> Run:
    at = NOW - dt.timedelta(days=days)
    return Run(f"{name}-{status}-{days}", name, job, "canvas-schooltool", at, at, status=status)


def district(**passback: Any) -> District:
    return District.model_validate(
        {
            "district": "lincoln",
            "timezone": "America/Chicago",
            "lms": {"kind": "canvas"},
            "sis": {"kind": "schooltool"},
            "passback": {"nightly": "03:30", **passback},
        }
    )


@pytest.mark.parametrize(
    ("past", "missed"),
    [
        ([run("failed", 0.4), run("completed", 3)], NIGHTS),
        ([run("completed", 3)], NIGHTS),
        ([run("completed", 0.4, "plan"), run("completed", 3)], NIGHTS),
        ([run("running", 0.4), run("completed", 3)], NIGHTS),
        ([run("held_by_breaker", 1.3), run("completed", 2.3)], NIGHTS),
        ([run("completed_with_errors", 1.3), run("failed", 0.3), run("failed", 2.3)], []),
        ([run("failed", 0.3)], []),
        ([], []),
    ],
)
def test_two_nights_of_which_none_ended_well_are_named(past: list[Run], missed: list[str]) -> None:
    assert [str(day) for day in missed_nights(district(), past, NOW)] == missed
    assert missed_nights(district(trigger="manual"), past, NOW) == []


def test_a_night_under_way_is_not_missed_and_a_pause_is_none() -> None:
    past = [run("completed", 2.3), run("completed", 9)]
    early = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)  # 04:00, half an hour after it began
    assert missed_nights(district(), past, early) == []
    paused = district(pause={"until": "2026-11-19", "reason": "report cards"})
    assert missed_nights(paused, [run("completed", 9)], NOW) == []


class Watch:
    """A home, the Dagster instance that its UI shows, and the sensor as the daemon asks it."""

    def __init__(self, home: Home, instance: dg.DagsterInstance, patch: pytest.MonkeyPatch) -> None:
        self.home, self.instance, self._patch = home, instance, patch
        self.cursor: str | None = None
        self.at(NOW)

    def at(self, now: dt.datetime) -> None:
        self._patch.setattr(GradeflowHome, "now", lambda _: now)

    def ran(self, *past: Run) -> None:
        warehouse = Warehouse.open(self.home.warehouse_url())
        for one in past:
            with warehouse.writing() as connection:
                runs.start_run(connection, one)
                runs.end_run(connection, one.run_id, one.status, ended_at=one.started_at)
        warehouse.close()

    def look(self) -> str | None:
        """Let the sensor look, and write down what it answers, as the daemon does; give why it did not."""
        repository = build_defs(self.home).get_repository_def()
        context = dg.build_sensor_context(
            self.instance,
            self.cursor,
            repository_def=repository,
            resources={"gradeflow": GradeflowHome(path=str(self.home.path))},
        )
        told = repository.get_sensor_def("missed_nights").evaluate_tick(context)
        assert not told.run_requests
        for event in told.asset_events:
            self.instance.report_runless_asset_event(event)
        self.cursor = told.cursor or self.cursor
        return told.skip_message

    def answers(self) -> list[tuple[bool, str]]:
        """Give what the check was answered, oldest first, as the UI shows it."""
        history = self.instance.event_log_storage.get_asset_check_execution_history(CHECK_KEY, limit=20)
        return [_answer(one) for one in reversed(history)]


def _answer(record: AssetCheckExecutionRecord) -> tuple[bool, str]:
    assert record.evaluation is not None
    return record.evaluation.passed, str(record.evaluation.description)


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    home = write_home(tmp_path / "home", "lincoln")
    with open_instance(home) as instance:
        yield Watch(home, instance, monkeypatch)


def test_two_nights_without_success_fail_the_check_once_a_day_and_a_good_one_heals_it(watch: Watch) -> None:
    watch.ran(run("completed", 2.3))
    watch.at(NOW - dt.timedelta(days=1, hours=1))
    watch.look()
    watch.at(NOW)
    watch.look()
    assert watch.look() == "As it was at the last look."
    watch.at(NOW + dt.timedelta(days=1))
    watch.look()
    watch.ran(run("completed_with_errors", -0.9))
    watch.look()
    answers = watch.answers()
    assert [passed for passed, _ in answers] == [True, False, False, True]
    assert answers[1][1].startswith("lincoln: no night ended well on 2026-11-19 and 2026-11-20.")
    assert answers[2][1].startswith("lincoln: no night ended well on 2026-11-20 and 2026-11-21.")
    assert "lincoln" not in answers[3][1]


def test_a_districts_night_is_over_by_its_own_clock(watch: Watch) -> None:
    write_district(watch.home, "hilo", timezone="Pacific/Honolulu")
    watch.ran(run("completed", 2.3), run("completed", 2.1, name="hilo"))
    watch.look()
    # 08:00 in Hilo: the night of the 20th, which began at 03:30 there, may still be under way
    assert watch.answers()[-1][1].startswith("lincoln: ")
    assert "hilo" not in watch.answers()[-1][1]
    watch.at(NOW + dt.timedelta(hours=2))
    watch.look()
    assert "hilo: no night ended well on 2026-11-19 and 2026-11-20." in watch.answers()[-1][1]


def test_a_district_whose_day_is_ahead_of_utc_is_asked_for_its_own_nights(watch: Watch) -> None:
    write_district(watch.home, "guam", timezone="Pacific/Guam")
    watch.ran(run("completed", 3, name="guam"))
    watch.at(NOW + dt.timedelta(hours=5, minutes=45))  # 09:45 on the 21st in Guam, still the 20th in UTC
    watch.look()
    assert "guam: no night ended well on 2026-11-20 and 2026-11-21." in watch.answers()[-1][1]


def test_a_district_whose_file_is_wrong_is_named_and_one_that_goes_by_hand_is_not(watch: Watch) -> None:
    watch.ran(run("completed", 3), run("completed", 3, name="salem"))
    write_district(watch.home, "lincoln", trigger="manual")
    watch.look()
    write_district(watch.home, "salem").write_text("district: [salem\n")
    watch.look()
    (kept, _), (broken, words) = watch.answers()
    assert (kept, broken) == (True, False)
    assert "salem.yaml" in words
    assert "lincoln" not in words


def test_the_check_can_be_executed_by_hand_and_is_no_part_of_a_districts_run(watch: Watch) -> None:
    watch.ran(run("failed", 0.4), run("completed", 3))
    definitions = build_defs(watch.home)
    job = dg.define_asset_job("by_hand", selection=dg.AssetSelection.checks(CHECK_KEY))
    executed = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("by_hand")
    assert executed.execute_in_process(instance=watch.instance).success
    ((passed, words),) = watch.answers()
    assert not passed
    assert "2026-11-19 and 2026-11-20" in words
    for name in ("passback", "plan", "remaster"):
        assert CHECK_KEY not in definitions.resolve_job_def(name).asset_layer.asset_graph.asset_check_keys
    assert CHECK_KEY in definitions.resolve_asset_graph().asset_check_keys
