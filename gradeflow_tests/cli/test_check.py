"""`check` names everything that is missing at once, so that one round of mending is enough."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gradeflow_tests.cli.commands import run
from gradeflow_tests.cli.test_bad_input import home, replaced, rewrite
from gradeflow_tests.defs.homes import write_district, write_home
from gradeflow_tests.delivery.practice import DISTRICT, Practice

__all__ = ["home"]
VARIABLES = ("GRADEFLOW_TEST_TOKEN", "GRADEFLOW_TEST_ID", "GRADEFLOW_TEST_SECRET")


def test_every_missing_secret_of_both_sides_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = (
        "sandbox/practice/canvas-token.secret",
        "sandbox/practice/schooltool-client_id.secret",
        "sandbox/practice/schooltool-client_secret.secret",
    )
    for name, file in zip(VARIABLES, files, strict=True):
        monkeypatch.delenv(name, raising=False)
        rewrite(home, replaced(f"file: {file}", f"env: {name}"))
    done = run(home, "check", DISTRICT, "--json")
    assert done.code == 2
    checks = done.document["districts"][0]["checks"]
    missing = [one for one in checks if not one["passed"]]
    assert len(missing) == len(VARIABLES)
    for name in VARIABLES:
        assert name in done.out


def test_practice_servers_that_are_not_started_are_no_fault_of_the_district_file(home: Path) -> None:
    done = run(home, "check", DISTRICT)
    assert done.code == 5
    assert "FAIL practice servers: " in done.out
    assert "start them with gradeflow ui" in done.out
    assert "FAIL district file" not in done.out


def test_an_unapproved_first_load_is_a_note_and_no_failure(practice: Practice) -> None:
    assert "approved_by" not in run(practice.home, "check", DISTRICT).out
    practice.change_file(lambda content: content["passback"].pop("first_load"))
    done = run(practice.home, "check", DISTRICT)
    assert done.code == 0
    assert "note" in done.out
    assert "first_load: {approved_by: NAME, on: DATE}" in done.out


def test_an_sis_that_cannot_clear_a_score_fails_where_the_district_has_scores_cleared(
    practice: Practice,
) -> None:
    practice.change_file(lambda content: content.update(overrides={"on_cleared": "clear"}))
    done = run(practice.home, "check", DISTRICT)
    assert done.code == 5
    assert "on_cleared" in done.out
    practice.change_file(lambda content: content["sis"].update(delete_results=True))
    assert run(practice.home, "check", DISTRICT).code == 0


@pytest.mark.parametrize("kind", ["aeries_v5", "aeries"])
@pytest.mark.parametrize("calendar", [{}, {"year_begins": "2026-08-17"}])
def test_an_sis_whose_periods_name_no_school_year_is_told_what_to_write(
    tmp_path: Path, kind: str, calendar: dict[str, str]
) -> None:
    place = write_home(tmp_path / "home")
    secret = {"env": "GRADEFLOW_TEST_NOWHERE"}
    own = {"base_url": "https://sis.invalid/site", "certificate": secret}
    standard = {"token_url": "https://sis.invalid/token", "client_id": secret, "client_secret": secret}
    address = {"base_url": "https://sis.invalid/ims/oneroster/v1p1"}
    sis = {"kind": kind} | (own if kind == "aeries_v5" else address | standard)
    file = write_district(place, "lincoln", sis=sis)
    file.write_text(file.read_text() + yaml.safe_dump({"calendar": calendar}))
    done = run(place.path, "check", "lincoln")
    assert ("calendar.year_begins: DATE" in done.out) == (kind == "aeries_v5" and not calendar)


def test_a_teacher_group_without_teachers_fails_as_nothing_would_pass(tmp_path: Path) -> None:
    place = write_home(tmp_path / "home")
    secret = {"env": "GRADEFLOW_TEST_NOWHERE"}
    sis = {"base_url": "https://sis.invalid/ims/oneroster/v1p1", "token_url": "https://sis.invalid/token"}
    write_district(
        place,
        "lincoln",
        lms={"kind": "otus", "folder": str(tmp_path)},
        sis={"kind": "skyward_sms", **sis, "client_id": secret, "client_secret": secret},
        teachers=[],
    )
    done = run(place.path, "check", "lincoln", "--json")
    assert done.code == 2
    failing = [one for one in done.document["districts"][0]["checks"] if not one["passed"]]
    assert any("passback.teachers" in one["detail"] for one in failing), failing
