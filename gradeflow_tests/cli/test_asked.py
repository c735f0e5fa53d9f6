"""Runs that a person asked for, by command and through Dagster: what they send, and who is named afterwards."""

from __future__ import annotations

import json
import sqlite3

import pytest

from gradeflow.defs.instance import open_instance
from gradeflow.defs.launch import launch
from gradeflow.settings import Home
from gradeflow.warehouse import audit
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Ended, Practice

SCIENCE, MATH = "sci-01", ("m9-01", "m9-02")
ANN = ("--by", "Ann Lee")


def sync(practice: Practice, *more: str) -> Ended:
    return run(practice.home, "sync", DISTRICT, "--json", *more)


def sections_in_sis(practice: Practice) -> set[str]:
    return {row["class"]["sourcedId"] for row in practice.sis.records("lineItems").values()}


def test_a_section_and_an_assignment_are_sent_alone_and_the_history_says_who_asked(
    practice: Practice,
) -> None:
    planned = run(practice.home, "plan", DISTRICT, "--section", SCIENCE, *ANN)
    assert f"To send it: gradeflow sync {DISTRICT} --section {SCIENCE}" in planned.out
    done = sync(practice, "--section", SCIENCE, *ANN)
    assert (done.code in {0, 3}, done.run["started_by"]) == (True, "Ann Lee")
    assert sections_in_sis(practice) == {SCIENCE}
    shown = " ".join(run(practice.home, "status").out.split())
    assert f"the last run: by Ann Lee; only section {SCIENCE}" in shown
    assert sync(practice, "--item", "501", "--leave-out", "501").run["results"]["created"] == 0
    sync(practice, "--item", "501")
    titles = {row["title"] for row in practice.sis.records("lineItems").values()}
    assert titles == {"Measuring lab", "Ratios practice"}
    told = run(practice.home, "explain", DISTRICT, "--assignment", "506")
    assert f"by Ann Lee; only section {SCIENCE}" in " ".join(told.out.split())


@pytest.mark.parametrize("option", ["--section", "--item", "--leave-out"])
def test_an_id_that_nobody_knows_ends_the_run_before_the_sis_is_written(
    practice: Practice, option: str
) -> None:
    practice.sis.forget()
    done = sync(practice, option, "no-such")
    assert (done.code, practice.sis.calls("PUT")) == (2, 0)
    assert "there is no" in done.err
    assert "no-such" in done.err


def test_ids_and_a_plan_are_of_one_district_and_an_approval_has_a_name(practice: Practice) -> None:
    nobody = run(practice.home, "sync", "--item", "501")
    assert (nobody.code, "name it" in nobody.err) == (2, True)
    assert run(practice.home, "sync", DISTRICT, "--by", " ").code == 2


def test_an_approval_is_chained_into_the_audit_with_its_name_and_told(practice: Practice) -> None:
    practice.change_file(lambda content: content["passback"].update(delivery="review"))
    waiting = sync(practice, "--section", SCIENCE)
    command = waiting.err.split("then: ")[1]
    assert command.startswith(f"gradeflow sync {DISTRICT} --section {SCIENCE} --plan ")
    digest = command.split("--plan ")[1][:12]
    done = sync(practice, "--section", SCIENCE, "--plan", digest, *ANN)
    assert done.code in {0, 3}
    with sqlite3.connect(practice.home / "warehouse.sqlite") as connection:
        rows = connection.execute("SELECT run_id, body FROM audit WHERE kind = 'approval'").fetchall()
    connection.close()
    ((run_id, body),) = rows
    assert (run_id, json.loads(body)["by"]) == (done.run["run_id"], "Ann Lee")
    assert json.loads(body)["plan"].startswith(digest)
    warehouse = Warehouse.open(Home(practice.home).warehouse_url())
    with warehouse.reading() as reading:
        assert audit.verify_audit(reading, DISTRICT) is None
    warehouse.close()
    assert "its plan approved by Ann Lee" in " ".join(run(practice.home, "status").out.split())


def test_a_plan_that_moved_on_is_not_sent_under_an_old_approval_in_any_district(practice: Practice) -> None:
    digest = run(practice.home, "plan", DISTRICT, "--json").run["plan"]
    practice.grade(501, "s-001", 4)
    practice.sis.forget()
    done = sync(practice, "--plan", digest[:12], *ANN)
    assert (done.code, practice.sis.calls("PUT")) == (4, 0)
    assert "no longer the one that was approved" in done.err


def test_a_remaster_sends_a_course_again_and_leaves_what_the_office_typed(loaded: Practice) -> None:
    item = loaded.item("Ratios practice", "m9-01")
    loaded.overtype(item, "s-001", 2)
    before = loaded.state()
    loaded.sis.forget()
    assert run(loaded.home, "remaster", DISTRICT).code == 2  # nobody says who asks
    planned = run(loaded.home, "plan", DISTRICT, "--remaster", "--section", "m9-02", "--json").run
    assert loaded.sis.calls("PUT") == 0
    done = run(loaded.home, "remaster", DISTRICT, "--section", "m9-02", *ANN, "--json")
    assert done.code == 3
    assert done.document["job"] == "remaster"
    assert done.run["results"]["updated"] == planned["results"]["updated"] == loaded.sis.calls("PUT")
    math = [row for row in before["lineItems"].values() if row["class"]["sourcedId"] in MATH]
    sent = [
        row
        for row in before["results"].values()
        if row["lineItem"]["sourcedId"] in {i["sourcedId"] for i in math}
    ]
    assert done.run["results"]["updated"] == len(sent) - 1  # all but what the office typed, in both sections
    assert loaded.state() == before
    assert done.run["findings"]["SIS_EDITED"] == 1


def test_what_the_sis_refused_rests_until_somebody_asks_for_it_again(practice: Practice) -> None:
    practice.sis.fault("status", code=422, method="PUT", path="*/results/*", times=1)
    refused = sync(practice).run["results"]["rejected"]
    practice.sis.forget()
    assert (sync(practice).run["results"]["rejected"], practice.sis.calls("PUT")) == (refused, 0)
    again = sync(practice, "--retry").run["results"]
    assert (again["rejected"], again["created"], practice.sis.calls("PUT")) == (refused - 1, 1, 1)


def test_a_scheduled_run_says_so_and_leaves_out_what_goes_by_hand_only(practice: Practice) -> None:
    practice.change_file(lambda content: content["passback"].update(nightly_sections=[SCIENCE, "gone"]))
    home = Home(practice.home)
    with open_instance(home) as instance:
        tags = {"dagster/schedule_name": "nightly_0330"}
        done = launch(home, instance, Warehouse.open(home.warehouse_url()), "passback", DISTRICT, tags)
    assert done.run.started_by == "schedule"
    assert sections_in_sis(practice) == {SCIENCE}
    assert "by schedule" in run(practice.home, "status").out
    sync(practice)
    assert sections_in_sis(practice) == {SCIENCE, *MATH}
