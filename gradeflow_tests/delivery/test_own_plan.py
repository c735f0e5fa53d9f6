"""A plan is delivered by the run that made it, and only if no breaker stopped it; windows judge moved items too."""

from __future__ import annotations

import datetime as dt

import dagster as dg

from gradeflow.defs.automation import window_tags
from gradeflow.defs.build import build_defs
from gradeflow.defs.connections import instant_of
from gradeflow.defs.instance import open_instance
from gradeflow.settings import Home
from gradeflow_tests.delivery.practice import DISTRICT, Practice, gradeflow


def practice_clock() -> dt.datetime:
    raise AssertionError("a practice district has a clock of its own")


def deliver_alone(practice: Practice) -> dg.ExecuteInProcessResult:
    """Materialise nothing but `passback_delivery`, as somebody may from its page."""
    home = Home(practice.home)
    district = home.district(DISTRICT).district
    definitions = build_defs(home)
    job = dg.define_asset_job("alone", selection="passback_delivery", executor_def=dg.in_process_executor)
    alone = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
    today = instant_of(district, {}, practice_clock).astimezone(district.zone).date()
    with open_instance(home) as instance:
        return alone.resolve_job_def("alone").execute_in_process(
            instance=instance, tags=window_tags(home, district, today), raise_on_error=False
        )


def test_delivering_a_plan_that_a_breaker_stopped_writes_nothing(practice: Practice) -> None:
    practice.change_file(lambda content: content["passback"].pop("first_load"))
    assert practice.sync().code == 4
    practice.sis.forget()
    assert not deliver_alone(practice).success
    assert practice.sis.calls("PUT") == 0


def test_delivering_an_older_runs_plan_overwrites_nobody(practice: Practice) -> None:
    assert gradeflow(practice.home, "plan", DISTRICT).code in {0, 3}
    practice.sis.forget()
    result = deliver_alone(practice)
    assert not result.success
    assert practice.sis.calls("PUT") == 0
    failures = [event.step_failure_data.error.message for event in result.all_events if event.is_step_failure]
    assert any("was made by run" in message for message in failures)
