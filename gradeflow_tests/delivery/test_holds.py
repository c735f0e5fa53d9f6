"""What both sides changed waits for a person, and only that; what meets again goes on by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gradeflow.core.night import judge_night
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.settings import Home
from gradeflow.warehouse import holds
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.delivery import nights
from gradeflow_tests.delivery.nights import night
from gradeflow_tests.delivery.practice import DISTRICT, Practice

ASSIGNMENT, TITLE, SECTION, STUDENT = 501, "Ratios practice", "m9-01", "s-001"


def open_holds(practice: Practice) -> list[str]:
    warehouse = Warehouse.open(Home(practice.home).warehouse_url())
    with warehouse.reading() as connection:
        found = holds.load_open_holds(connection, DISTRICT)["reason"].tolist()
    warehouse.close()
    return found


@pytest.fixture
def conflict(loaded: Practice) -> Practice:
    """The teacher made it 10, the office 2; we had sent 9, and the night held it."""
    loaded.grade(ASSIGNMENT, STUDENT, 10)
    loaded.overtype(loaded.item(TITLE, SECTION), STUDENT, 2)
    done = night(loaded)
    assert (done.results["held"], done.findings["BOTH_CHANGED"]) == (1, 1)
    assert open_holds(loaded) == ["BOTH_CHANGED"]
    return loaded


def in_sis(practice: Practice) -> float:
    return float(practice.results_of(practice.item(TITLE, SECTION))[STUDENT]["score"])


def test_a_conflict_stays_held_and_is_not_read_again(conflict: Practice) -> None:
    conflict.sis.forget()
    done = night(conflict)
    assert conflict.sis.calls("PUT") == 0
    assert conflict.sis.calls("GET", "/results") == 0
    assert (done.results["held"], open_holds(conflict)) == (1, ["BOTH_CHANGED"])
    assert done.open_findings["BOTH_CHANGED"] == 1


def test_a_held_score_stays_held_when_another_score_of_its_item_goes(conflict: Practice) -> None:
    conflict.grade(ASSIGNMENT, "s-005", 6)
    done = night(conflict)
    assert (done.results["held"], done.results["updated"], in_sis(conflict)) == (1, 1, 2)
    assert done.open_findings["BOTH_CHANGED"] == 1


def test_a_teacher_who_types_what_the_sis_holds_ends_the_hold(conflict: Practice) -> None:
    conflict.grade(ASSIGNMENT, STUDENT, 2)
    conflict.sis.forget()
    done = night(conflict)
    assert (done.results["adopted"], done.results["held"], open_holds(conflict)) == (1, 0, [])
    assert conflict.sis.calls("PUT") == 0
    conflict.grade(ASSIGNMENT, STUDENT, 3)
    assert (night(conflict).results["updated"], in_sis(conflict)) == (1, 3)


def test_a_teacher_who_takes_the_change_back_ends_the_hold_and_the_office_keeps_its_score(
    conflict: Practice,
) -> None:
    conflict.grade(ASSIGNMENT, STUDENT, 9)
    done = night(conflict)
    assert (done.results["held"], open_holds(conflict), in_sis(conflict)) == (0, [], 2)
    assert done.results["updated"] == 0


def test_a_teacher_who_types_a_third_value_is_held_anew(conflict: Practice) -> None:
    conflict.grade(ASSIGNMENT, STUDENT, 7)
    done = night(conflict)
    assert (done.results["held"], open_holds(conflict), in_sis(conflict)) == (1, ["BOTH_CHANGED"], 2)


def test_values_that_meet_by_the_office_are_adopted_when_the_item_is_looked_at(conflict: Practice) -> None:
    conflict.overtype(conflict.item(TITLE, SECTION), STUDENT, 10)
    conflict.grade(ASSIGNMENT, "s-005", 6)
    done = night(conflict)
    assert (done.results["adopted"], done.results["held"], open_holds(conflict)) == (1, 0, [])


def test_a_score_that_only_the_office_changed_is_left_alone(loaded: Practice) -> None:
    loaded.overtype(loaded.item(TITLE, SECTION), STUDENT, 2)
    loaded.grade(ASSIGNMENT, "s-005", 6)
    done = night(loaded)
    assert (done.results["held"], done.results["updated"], in_sis(loaded)) == (0, 1, 2)
    assert done.findings["SIS_EDITED"] == 1


def _incomplete(extract: GradebookExtract) -> GradebookExtract:
    rows = extract.results[extract.results["section_id_sis"] != SECTION].reset_index(drop=True)
    return replace(extract, results=rows, incomplete_sections=frozenset({SECTION}))


def _deleted(extract: GradebookExtract) -> GradebookExtract:
    items, rows = (
        frame[frame["lms_assignment_id"] != str(ASSIGNMENT)].reset_index(drop=True)
        for frame in (extract.line_items, extract.results)
    )
    return replace(extract, line_items=items, results=rows)


def read_as(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Have the LMS give something else than it holds."""
    monkeypatch.setattr(
        nights, "judge_night", lambda about, got, *more: judge_night(about, change(got), *more)
    )


def test_a_section_that_was_not_read_whole_ends_no_hold_and_no_finding(
    conflict: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        read_as(patched, _incomplete)
        done = night(conflict)
    assert (open_holds(conflict), done.open_findings["BOTH_CHANGED"]) == (["BOTH_CHANGED"], 1)
    assert (done.findings["BOTH_CHANGED"], done.findings["LMS_INCOMPLETE"] > 0) == (1, True)
    conflict.sis.forget()
    done = night(conflict)
    assert (open_holds(conflict), done.open_findings["BOTH_CHANGED"]) == (["BOTH_CHANGED"], 1)
    assert (done.results["held"], conflict.sis.calls("PUT")) == (1, 0)


def test_a_hold_ends_with_its_line_item_in_the_lms(
    conflict: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_as(monkeypatch, _deleted)
    done = night(conflict)
    assert (done.findings["ORPHAN_IN_SIS"] > 0, open_holds(conflict), in_sis(conflict)) == (True, [], 2)
    assert "BOTH_CHANGED" not in done.open_findings


def _away(extract: GradebookExtract) -> GradebookExtract:
    mine = (extract.results["student_id_sis"] == STUDENT) & (extract.results["section_id_sis"] == SECTION)
    return replace(extract, results=extract.results.assign(is_enrolled=~mine))


def test_a_score_that_the_sis_took_out_with_the_enrolment_goes_again_also_after_a_failed_night(
    loaded: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        read_as(patched, _away)
        assert night(loaded).open_findings["SENT_NOW_INELIGIBLE"] > 0
    item = loaded.item(TITLE, SECTION)
    key = loaded.results_of(item)[STUDENT]["sourcedId"]
    loaded.sis.edit(collection="results", sourcedId=key, set={"score": None})
    loaded.sis.fault("status", method="PUT", path=f"/results/{key}", code=422, times=None)
    assert night(loaded).findings["SIS_REFUSED"] == 1
    loaded.sis.clear()
    assert night(loaded).open_findings["SIS_REFUSED"] == 1
    done = night(loaded, retry=True)
    assert (done.results["created"], in_sis(loaded)) == (1, 9)
    assert not {"SIS_REFUSED", "SENT_NOW_INELIGIBLE"} & set(done.open_findings)
