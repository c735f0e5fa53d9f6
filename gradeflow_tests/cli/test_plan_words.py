"""`plan` speaks of what would be, says that nothing was sent, and names the plan and what would stop it."""

from __future__ import annotations

from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice


def test_a_plan_is_told_as_a_plan(practice: Practice) -> None:
    done = run(practice.home, "plan", DISTRICT)
    assert done.code == 0, done.err
    words = " ".join(done.out.split())
    for word in ("would create 16", "Nothing was sent", f"gradeflow sync {DISTRICT}"):
        assert word in words
    for word in ("completed", "created"):
        assert word not in words
    digest = run(practice.home, "plan", DISTRICT, "--json").run["plan"]
    assert digest[:12] in run(practice.home, "plan", DISTRICT).out
    assert max(map(len, done.out.splitlines())) <= 80
    assert practice.sis.calls("PUT") == 0


def test_a_plan_says_what_would_stop_it_and_what_to_do(practice: Practice) -> None:
    practice.change_file(lambda content: content["passback"].pop("first_load"))
    done = run(practice.home, "plan", DISTRICT)
    words = " ".join(done.out.split())
    for word in (
        "would create 16",
        "Nothing was sent",
        "first_seen",
        "first_load: {approved_by: NAME, on: DATE}",
    ):
        assert word in words
    stopped = run(practice.home, "plan", DISTRICT, "--json").run["stopped_by"]
    assert [one["name"] for one in stopped] == ["first_seen"]
    assert "stopped by a breaker" not in words
