"""Credentials that are refused or missing (R084, R053): nights of their own, since nothing comes through."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import httpx
import pytest
import yaml

from gradeflow.defs.connections import AS_OF_TAG
from gradeflow.defs.instance import open_instance
from gradeflow.defs.launch import Launched, launch
from gradeflow.errors import ConfigError
from gradeflow_tests.book import gradebook
from gradeflow_tests.book.school import SLUG
from gradeflow_tests.book.words import passes, rule
from gradeflow_tests.book.world import Opened, Route, calls, fault, opened

WORKS, SCORES = 24, 24 * 3 * 2
MANY = tuple(passes(f"work {number}", course="three").sends("8.5") for number in range(WORKS))
SMS = Route(
    "otus-skyward, refused", "otus", "skyward_sms", (rule("R084", *MANY),), passback={"teachers": ["t-1"]}
)
QMLATIV = Route(
    "itslearning-skyward, one key",
    "itslearning_files",
    "skyward_qmlativ",
    (rule("R053", passes().sends("8.5")),),
)
WITHDRAWN = {"do": "status", "code": 401, "path": "/oauth/token", "times": None}
REFUSED = {"do": "status", "code": 401, "method": "PUT", "path": "*", "times": None}
IN_FLIGHT = 8


def run(district: Opened, instance: dg.DagsterInstance, number: int) -> Launched:
    """Run a night as the schedule does, and count its calls from nought."""
    as_of = district.route.begins + dt.timedelta(days=number)
    httpx.post(district.sis.clock_url, json={"now": as_of.isoformat()}, timeout=30).raise_for_status()
    calls(district.sis, forget=True)
    tags = {AS_OF_TAG: as_of.isoformat()}
    return launch(district.home, instance, district.warehouse, "passback", SLUG, tags)


def alerts(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Give the words of all failures that Dagster shows of a run."""
    found = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return [str(event.get_dagster_event().step_failure_data.user_failure_data.description) for event in found]


def test_the_first_refusal_stops_the_night_and_is_told_once_whatever_waits(tmp_path: Path) -> None:
    with opened(SMS, tmp_path) as district, open_instance(district.home) as instance:
        fault(district.sis, WITHDRAWN)
        withdrawn = run(district, instance, 0)
        assert calls(district.sis) == {("POST", "/oauth/token"): 1}
        fault(district.sis, REFUSED)
        refused = run(district, instance, 1)
        # Those in flight when the first was refused, each asked once more with a new token; nothing after them.
        assert (
            sum(count for (method, _), count in calls(district.sis).items() if method == "PUT")
            <= IN_FLIGHT * 2
        )
        for ended in (withdrawn, refused):
            assert (ended.exit_code, ended.run.status) == (5, "failed")
            (alert,) = alerts(instance, ended.run.run_id)
            assert alert == ended.run.message
            assert "Secured User" in alert
        fault(district.sis)
        assert gradebook.read(district.sis).items == ()
        renewed = run(district, instance, 2)
        assert (renewed.exit_code, alerts(instance, renewed.run.run_id)) == (0, [])
        assert len(gradebook.read(district.sis).results) == SCORES


def test_a_district_on_sms_without_its_record_of_credentials_stops_before_anybody_is_asked(
    tmp_path: Path,
) -> None:
    with opened(SMS, tmp_path) as district:
        content = yaml.safe_load(district.file.read_text(encoding="utf-8"))
        del content["sis"]["client_secret"]
        district.file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        calls(district.sis, forget=True)
        with pytest.raises(ConfigError, match=r"book\.yaml.*client_secret"):
            district.night(0)
        assert calls(district.sis) == {}


def test_a_district_on_qmlativ_gives_the_one_key_it_has_and_is_asked_for_no_other(tmp_path: Path) -> None:
    with opened(QMLATIV, tmp_path) as district:
        content = yaml.safe_load(district.file.read_text(encoding="utf-8"))
        asked = {key for key, value in content["sis"].items() if isinstance(value, dict)}
        assert asked == {"client_id", "client_secret"}
        after = district.night(0)
        assert (after.stopped, after.results["created"]) == ((), 2)
