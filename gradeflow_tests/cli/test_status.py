"""`status` answers for every district that can be read, and names the findings that keep a score back."""

from __future__ import annotations

import json

import pytest

from gradeflow.cli.findings import print_findings
from gradeflow.rules.reasons import REASONS
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice

ASKED = {
    *("rule_id", "code", "outcome", "owner", "cause", "fix", "lms_assignment_id", "section_id_sis"),
    "students",
}


def test_a_broken_district_file_hides_no_other_district(practice: Practice) -> None:
    run(practice.home, "sync", DISTRICT)
    (practice.home / "districts" / "broken.yaml").write_text("district: broken\ntimezone\n")
    shown = run(practice.home, "status", "--json")
    assert shown.code == 2
    broken, whole = shown.document["districts"]
    assert (broken["district"], whole["district"], whole["confirmed_results"]) == ("broken", DISTRICT, 16)
    assert "broken.yaml, line" in broken["error"]
    assert "error" not in whole
    table = run(practice.home, "status")
    assert table.code == 2
    assert "broken.yaml, line" in table.err
    assert DISTRICT in table.out
    assert "16" in table.out


def test_the_last_run_is_told_with_its_job_and_the_districts_own_time(practice: Practice) -> None:
    run(practice.home, "plan", DISTRICT)
    planned = run(practice.home, "status")
    assert "nothing was sent" in " ".join(planned.out.split())
    assert "03:30 EDT" in planned.out or "03:30 EST" in planned.out
    assert run(practice.home, "status", "--json").document["districts"][0]["last_run"]["job"] == "plan"
    run(practice.home, "sync", DISTRICT)
    done = run(practice.home, "status")
    assert "passback" in done.out
    assert "nothing was sent" not in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_district_that_there_is_not_is_named_so_and_has_no_row_of_an_empty_table(
    practice: Practice,
) -> None:
    alone = run(practice.home, "status", "nowhere")
    assert (alone.code, alone.out) == (2, "")
    assert "there is no district nowhere" in alone.err
    beside = run(practice.home, "status", "nowhere", DISTRICT)
    assert "no such district" in beside.out
    assert "file is wrong" not in beside.out


def test_what_went_wrong_is_told_within_the_width_of_the_terminal(practice: Practice) -> None:
    practice.canvas.fault("status", path="*", code=401, times=None)
    run(practice.home, "sync", DISTRICT)
    shown = run(practice.home, "status")
    assert "Make a new access token in Canvas" in " ".join(shown.out.split())
    assert max(map(len, shown.out.splitlines())) <= 80


def test_findings_say_why_what_stays_stays_and_tell_no_score(practice: Practice) -> None:
    run(practice.home, "sync", DISTRICT)
    (district,) = run(practice.home, "status", "--findings", "--json").document["districts"]
    found = district["findings"]
    assert found
    assert all(set(one) == ASKED for one in found)
    codes = {one["code"] for one in found}
    assert codes == set(district["open_findings"])
    long, *_ = [one for one in found if one["code"] == "NAME_TOO_LONG"]
    assert (long["fix"], long["owner"]) == (REASONS["NAME_TOO_LONG"].fix, "teacher")
    assert long["lms_assignment_id"]
    assert long["section_id_sis"]
    assert any(one["students"] > 0 for one in found)
    keys = [(one["lms_assignment_id"], one["section_id_sis"], one["rule_id"], one["code"]) for one in found]
    assert len(keys) == len(set(keys))
    shown = run(practice.home, "status", "--findings")
    words = " ".join(shown.out.split())
    for word in ("NAME_TOO_LONG", long["rule_id"], "Shorten the name", long["section_id_sis"], "score"):
        assert word in words
    assert max(map(len, shown.out.splitlines())) <= 80
    assert shown.out.count(REASONS["NAME_TOO_LONG"].fix) == 1
    head = next(line for line in shown.out.splitlines() if line.startswith(f"{DISTRICT}: "))
    counted, _, outcomes = head.removeprefix(f"{DISTRICT}: ").partition(" open findings: ")
    assert int(counted) == sum(district["open_findings"].values())
    assert int(counted) == sum(int(part.split()[0]) for part in outcomes.split(", "))
    assert [line for line in shown.out.splitlines() if line != line.rstrip()] == []
    assert "findings" not in run(practice.home, "status", "--json").document["districts"][0]
    assert "s-00" not in shown.out
    assert "s-00" not in json.dumps(found)


def test_findings_are_told_once_per_reason_the_gravest_first_and_every_place_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    at = {"rule_id": "C14", "outcome": "rejected", "owner": "teacher", "cause": "Closed.", "fix": "Move it."}
    closed = [
        {**at, "code": "PERIOD_CLOSED", "lms_assignment_id": str(n), "section_id_sis": f"A{m}", "students": 0}
        for n in range(1, 8)
        for m in range(6)
    ]
    held = {**closed[0], "code": "BOTH_CHANGED", "rule_id": "C07", "outcome": "held", "students": 2}
    print_findings("lincoln", [*closed, held])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.index("BOTH_CHANGED (C07), held: 2 scores in 1 line item") < lines.index(
        "PERIOD_CLOSED (C14), rejected: 42 line items"
    )
    assert lines.count("Closed.") == 2
    assert "assignment 1, sections A0, A1, A2, A3 and 2 more" in lines
    assert "and 2 more assignments; --json names all" in lines
    assert sum(line.startswith("assignment ") for line in lines) == 5 + 1
