"""What stops a night before it writes, and how a person lets it go: approval, review, pause, --allow."""

from __future__ import annotations

from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.nights import night
from gradeflow_tests.delivery.practice import DISTRICT, Ended, Practice


def sync(practice: Practice, *more: str) -> Ended:
    return run(practice.home, "sync", DISTRICT, "--json", *more)


def test_a_first_load_without_approval_writes_nothing_and_says_so(practice: Practice) -> None:
    practice.change_file(lambda content: content["passback"].pop("first_load"))
    done = sync(practice)
    assert done.code == 4
    assert done.run["status"] == "held_by_breaker"
    assert "first_load: {approved_by: NAME, on: DATE}" in done.err
    assert practice.sis.calls("PUT") == 0
    assert (done.run["results"]["held"], done.run["results"]["created"]) == (16, 0)
    assert "approved_by" in run(practice.home, "status").out
    planned = run(practice.home, "plan", DISTRICT, "--json")
    assert planned.run["results"]["created"] == 16
    assert practice.sis.calls("PUT") == 0


def test_a_paused_district_writes_nothing_and_says_until_when(practice: Practice) -> None:
    pause = {"until": "2026-11-02", "reason": "report cards"}
    practice.change_file(lambda content: content["passback"].update(pause=pause))
    done = sync(practice)
    assert done.code == 4
    assert "2026-11-02" in done.err
    assert "report cards" in done.err
    assert "take passback.pause out of the district file" in " ".join(done.err.split())
    assert practice.sis.calls("PUT") == 0
    practice.set_clock("2026-11-03T03:30:00-05:00")
    assert sync(practice).code == 3
    assert practice.sis.calls("PUT") == 22


def test_a_reviewed_district_writes_exactly_the_plan_that_was_approved(practice: Practice) -> None:
    practice.change_file(lambda content: content["passback"].update(delivery="review"))
    first = sync(practice)
    assert first.code == 4
    digest = first.err.split("--plan ")[1][:12]
    assert sync(practice, "--plan", "0" * 12, "--by", "Ann Lee").code == 2
    nameless = sync(practice, "--plan", digest)
    assert (nameless.code, "--by NAME" in nameless.err) == (2, True)
    practice.grade(501, "s-001", 4)
    changed = sync(practice, "--plan", digest, "--by", "Ann Lee")
    assert changed.code == 4
    newer = changed.err.split("--plan ")[1][:12]
    assert newer != digest
    assert practice.sis.calls("PUT") == 0
    assert sync(practice, "--plan", newer, "--by", "Ann Lee").code == 3
    assert practice.sis.calls("PUT") == 22


def test_too_many_changes_stop_until_a_person_allows_them(loaded: Practice) -> None:
    loaded.change_file(lambda content: content.update(overrides={"breaker_minimum": 2}))
    for student, score in (("s-001", 1), ("s-003", 2)):
        loaded.grade(501, student, score)
    loaded.sis.forget()
    stopped = night(loaded)
    assert stopped.code == 4
    assert "--allow share_changed" in stopped.message
    assert loaded.sis.calls("PUT") == 0
    assert sync(loaded, "--allow", "share_changed").code == 3
    assert loaded.sis.calls("PUT") == 2
