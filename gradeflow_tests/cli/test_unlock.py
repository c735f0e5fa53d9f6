"""`gradeflow unlock`: a named person decides about a held score, and the next night does that."""

from __future__ import annotations

import pytest

from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.nights import night
from gradeflow_tests.delivery.practice import DISTRICT, Ended, Practice

PLACE = ("--assignment", "501", "--section", "m9-01")
WHO = ("--by", "Ann Lee", "--reason", "a retake on paper")


def unlock(practice: Practice, *more: str) -> Ended:
    return run(practice.home, "unlock", DISTRICT, *PLACE, *more)


@pytest.fixture
def conflict(loaded: Practice) -> Practice:
    """The teacher made it 10, the office 2; we had sent 9, and the night held it."""
    loaded.grade(501, "s-001", 10)
    loaded.overtype(loaded.item("Ratios practice", "m9-01"), "s-001", 2)
    assert run(loaded.home, "sync", DISTRICT, "--json").run["results"]["held"] == 1
    return loaded


def in_sis(practice: Practice) -> float:
    return float(practice.results_of(practice.item("Ratios practice", "m9-01"))["s-001"]["score"])


@pytest.mark.parametrize(("take", "stands", "updated"), [("lms", 10, 1), ("sis", 2, 0)])
def test_the_next_night_does_what_was_decided_and_explain_says_who_decided_it(
    conflict: Practice, take: str, stands: float, updated: int
) -> None:
    done = unlock(conflict, "--student", "s-001", "--take", take, *WHO)
    assert (done.code, "LMS 10, SIS 2" in done.out) == (0, True)
    assert in_sis(conflict) == 2  # deciding writes nothing to the SIS
    after = night(conflict)
    assert (after.results["updated"], after.results["held"], in_sis(conflict)) == (updated, 0, stands)
    told = run(conflict.home, "explain", DISTRICT, *PLACE, "--student", "s-001").out
    assert f"Ann Lee takes the {take.upper()}: a retake on paper" in told
    assert ("The SIS keeps its value until the LMS's changes." in told) is (take == "sis")


def test_a_score_of_which_the_sis_has_an_older_value_is_not_called_in_the_sis_alone(
    conflict: Practice,
) -> None:
    told = run(conflict.home, "explain", DISTRICT, *PLACE, "--student", "s-001").out
    assert told.startswith(
        "Section m9-01, in the SIS, but not as the LMS has it: It was changed in the LMS and"
    )
    assert "  score: held " in told
    of_item = run(conflict.home, "explain", DISTRICT, *PLACE).out
    assert of_item.startswith("Section m9-01, in the SIS: ")


def test_a_decision_stands_between_the_runs_in_the_history_and_names_no_student(conflict: Practice) -> None:
    assert unlock(conflict, "--student", "s-001", "--take", "lms", *WHO).code == 0
    night(conflict)
    (row,) = run(conflict.home, "status", DISTRICT, "--history", "--json").document["districts"]
    kinds = [one["kind"] for one in row["history"]]
    assert kinds[:3] == ["run", "decision", "run"]
    assert kinds.count("decision") == 1
    decided = row["history"][1]
    assert (decided["started_by"], decided["take"], decided["reason"]) == (
        "Ann Lee",
        "lms",
        "a retake on paper",
    )
    assert (decided["assignment"], decided["section"], decided["what"]) == ("501", "m9-01", ["score"])
    shown = run(conflict.home, "status", DISTRICT, "--history").out
    (line,) = [line for line in shown.splitlines() if "unlock:" in line]
    assert line == (
        f"  {decided['started']}  unlock: Ann Lee takes the LMS for a score, assignment 501 in section m9-01. "
        "Reason: a retake on paper"
    )
    assert "s-001" not in str(decided) + line
    assert "runs and 1 decision listed" in shown


def test_a_lock_is_told_as_one_and_ends_with_a_word(loaded: Practice) -> None:
    loaded.change_file(lambda content: content.update(overrides={"conflict_policy": "sis_wins_sticky"}))
    loaded.overtype(loaded.item("Ratios practice", "m9-01"), "s-001", 2)
    loaded.grade(501, "s-005", 6)
    assert run(loaded.home, "sync", DISTRICT, "--json").run["results"]["updated"] == 1
    asked = ("explain", DISTRICT, *PLACE, "--student", "s-001", "--json")
    (told,) = run(loaded.home, *asked).document["sections"]
    assert (told["score"]["is_locked"], told["answer"]["code"]) == (True, "SIS_EDITED")
    assert "gradeflow unlock" in told["answer"]["fix"]
    assert unlock(loaded, "--student", "s-001", "--take", "lms", *WHO).code == 0
    assert night(loaded).results["updated"] == 1
    assert in_sis(loaded) == 9


def test_what_is_neither_locked_nor_held_is_not_to_be_decided(loaded: Practice) -> None:
    for more in (("--student", "s-001"), ()):
        done = unlock(loaded, *more, "--take", "lms", *WHO)
        assert (done.code, "gradeflow explain" in done.err) == (2, True)


def test_a_decision_has_a_name_and_a_reason(conflict: Practice) -> None:
    for who in (("--by", " ", "--reason", "why"), ("--by", "Ann Lee", "--reason", "")):
        assert unlock(conflict, "--student", "s-001", "--take", "sis", *who).code == 2
    assert night(conflict).results["held"] == 1


def test_nothing_is_decided_where_the_sis_cannot_be_read(conflict: Practice) -> None:
    conflict.sis.fault("status", method="GET", path="*/results", code=404, times=None)
    assert unlock(conflict, "--student", "s-001", "--take", "lms", *WHO).code == 5
    conflict.sis.clear()
    assert night(conflict).results["held"] == 1


@pytest.fixture
def deleted(loaded: Practice) -> Practice:
    """The office deleted the line item; the teacher changed a score of it since, and the night asks."""
    loaded.sis.edit(collection="lineItems", sourcedId=loaded.item("Ratios practice", "m9-01"), set=None)
    loaded.grade(501, "s-001", 10)
    assert run(loaded.home, "sync", DISTRICT, "--json").run["results"]["held"] == 1
    return loaded


def scores_there(practice: Practice) -> dict[str, float]:
    items = [
        key
        for key, row in practice.sis.records("lineItems").items()
        if (row["title"], row["class"]["sourcedId"]) == ("Ratios practice", "m9-01")
    ]
    return {student: row["score"] for item in items for student, row in practice.results_of(item).items()}


def test_a_deleted_line_item_is_asked_about_in_status(deleted: Practice) -> None:
    (row,) = run(deleted.home, "status", DISTRICT, "--json").document["districts"]
    assert row["open_holds"] == {"SIS_DELETED": 1}
    told = run(deleted.home, "explain", DISTRICT, *PLACE, "--student", "s-001").out
    assert "It was deleted in the SIS" in told


def test_a_deleted_line_item_is_made_again_with_all_its_scores_where_a_person_takes_the_lms(
    deleted: Practice,
) -> None:
    done = unlock(deleted, "--take", "lms", *WHO)
    assert (done.code, "makes it again" in done.out) == (0, True)
    assert scores_there(deleted) == {}
    after = night(deleted)
    assert (after.line_items["created"], after.line_items["held"], after.results["held"]) == (1, 0, 0)
    assert scores_there(deleted) == {"s-001": 10, "s-002": 0, "s-003": 8, "s-005": 7.5}
    assert "SIS_DELETED" not in after.open_findings
    assert (night(deleted).line_items["created"], len(scores_there(deleted))) == (0, 4)


def test_a_deleted_line_item_stays_away_too_where_an_older_assignment_took_its_name_meanwhile(
    loaded: Practice,
) -> None:
    item = loaded.item("Unit 1 quiz", "m9-02")
    student = min(loaded.results_of(item))
    loaded.sis.edit(collection="lineItems", sourcedId=item, set=None)
    loaded.canvas.edit(collection="assignments", id=501, set={"name": "Unit 1 quiz"})
    loaded.grade(502, student, 3)
    assert run(loaded.home, "sync", DISTRICT, "--json").run["results"]["held"] == 1
    quiz = ("--assignment", "502", "--section", "m9-02")
    assert run(loaded.home, "unlock", DISTRICT, *quiz, "--take", "sis", *WHO).code == 0
    assert night(loaded).results["held"] == 0


def test_a_deleted_line_item_stays_away_until_the_lms_changes_where_a_person_takes_the_sis(
    deleted: Practice,
) -> None:
    done = unlock(deleted, "--take", "sis", *WHO)
    assert (done.code, "stays deleted" in done.out) == (0, True)
    for _ in range(2):
        after = night(deleted)
        assert (after.line_items["created"], after.results["held"], scores_there(deleted)) == (0, 0, {})
    (row,) = run(deleted.home, "status", DISTRICT, "--json").document["districts"]
    assert row["open_holds"] == {}
    deleted.grade(501, "s-001", 6)
    assert night(deleted).results["held"] == 1
    assert scores_there(deleted) == {}


def test_what_stands_in_the_sis_again_needs_no_word(loaded: Practice) -> None:
    key = loaded.item("Ratios practice", "m9-01")
    record = loaded.sis.records("lineItems")[key]
    loaded.sis.edit(collection="lineItems", sourcedId=key, set=None)
    loaded.grade(501, "s-001", 10)
    assert run(loaded.home, "sync", DISTRICT, "--json").run["results"]["held"] == 1
    back = {name: value for name, value in record.items() if name != "sourcedId"}
    loaded.sis.edit(collection="lineItems", sourcedId=key, set=back)
    done = unlock(loaded, "--take", "lms", *WHO)
    assert (done.code, "stands in the SIS again" in done.err) == (2, True), done.err
    assert night(loaded).line_items["created"] == 0
