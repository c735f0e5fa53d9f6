"""Why is this score not in the SIS: the answer for every kind of reason, from what one night left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow.defs.connections import profile_of
from gradeflow.reports.evidence import read_evidence
from gradeflow.reports.explain import Asked, explain
from gradeflow.rules.judge import judge
from gradeflow.rules.reasons import REASONS
from gradeflow.settings import Home
from gradeflow.warehouse import history
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice

MATH = "m9-01"


def told(
    home: Path, assignment: str, section: str | None = None, student: str | None = None
) -> dict[str, Any]:
    place = Home(home)
    file = place.district(DISTRICT)
    warehouse = Warehouse.open(place.warehouse_url())
    try:
        evidence = read_evidence(place, warehouse, DISTRICT, assignment)
        with warehouse.reading() as connection:
            run = history.latest_judging_run(connection, DISTRICT)
            assert run is not None
            asked = Asked(file.district, profile_of(file), run["as_of"], assignment, section, student)
            return explain(asked, evidence, connection)
    finally:
        warehouse.close()


def only(document: dict[str, Any]) -> dict[str, Any]:
    (section,) = document["sections"]
    return dict(section)


@pytest.fixture
def home(loaded_home: tuple[Path, dict[str, Any], Any]) -> Path:
    return loaded_home[0]


@pytest.mark.parametrize(
    ("assignment", "code", "owner"),
    [
        ("504", "NAME_TOO_LONG", "teacher"),
        ("505", "NOT_SELECTED_FOR_SIS", "teacher"),
        ("508", "PERIOD_NOT_STARTED", "teacher"),
    ],
)
def test_an_assignment_that_does_not_go_says_why_and_who_can_act(
    home: Path, assignment: str, code: str, owner: str
) -> None:
    section = only(told(home, assignment, MATH))
    assert (section["answer"]["code"], section["answer"]["owner"]) == (code, owner)
    assert section["answer"]["fix"] == REASONS[code].fix
    failing = [rule for rule in section["rules"] if rule["verdict"] == "fails"]
    assert code in {rule["code"] for rule in failing}
    assert section["fields"] == [] or all(field["sent"] is None for field in section["fields"])
    assert section["sends"] == []


def test_each_rule_names_value_threshold_and_the_line_of_the_profile(home: Path) -> None:
    rules = {rule["code"]: rule for rule in only(told(home, "504", MATH))["rules"]}
    limit = rules["NAME_TOO_LONG"]
    assert (limit["value"], limit["threshold"], limit["key"]) == ("51", "50", "title_max")
    assert limit["rule_id"].startswith("R")
    assert limit["origin"] != ""
    assert rules["NOT_PUBLISHED"]["verdict"] == "passes"


def test_a_score_in_the_sis_shows_what_was_sent_stored_and_by_which_run(home: Path) -> None:
    section = only(told(home, "501", MATH, "s-001"))
    score = section["score"]
    assert section["answer"]["text"] == "It is in the SIS as the LMS has it."
    assert score["desired"] == score["sent"] == score["stored"]
    assert score["desired"]["status"] == "graded"
    (send,) = score["sends"]
    assert (send["action"], send["state"]) == ("create", "confirmed")
    assert section["sends"][0]["run_id"] == send["run_id"]
    assert {field["row"] for field in section["fields"]} == {"9a"}


def test_what_is_said_of_a_section_stands_below_it_in_a_narrow_terminal(home: Path) -> None:
    place = ("--assignment", "501", "--section", MATH, "--student", "s-001")
    shown = run(home, "explain", DISTRICT, *place).out.splitlines()
    below = shown[shown.index(f"Section {MATH}") + 1 :]
    assert all(line.startswith("  ") for line in below if line)
    table = below.index("  In the SIS")
    assert below[table + 1].split() == ["field", "desired", "sent", "stored", "observed", "row"]
    assert all(line.startswith("    ") for line in below[table + 1 : table + 8])
    assert "  Score: desired 9, sent 9, stored 9; row 9a of the three-way table" in below
    assert "  Rules about the score: all 9 pass" in below
    sent = [line.partition(" sent ")[0] for line in below if " sent " in line and "confirmed" in line]
    assert sent == ["  assignment: create", "  score: create"]


@pytest.mark.parametrize(
    ("assignment", "section", "student", "code"),
    [
        ("501", MATH, "s-004", "MISSING_WITHOUT_SCORE"),
        ("501", MATH, "s-006", "NOT_ENROLLED"),
        ("501", "m9-02", "s-012", "NOT_ENROLLED"),
        ("503", MATH, "s-001", "SCORE_NOT_NUMERIC"),
        ("504", MATH, "s-001", "NAME_TOO_LONG"),
    ],
)
def test_a_score_that_does_not_go_says_why(
    home: Path, assignment: str, section: str, student: str, code: str
) -> None:
    answer = only(told(home, assignment, section, student))["answer"]
    assert answer["code"] == code
    assert answer["text"].startswith(REASONS[code].cause)


def test_an_excused_score_is_told_as_it_went(home: Path) -> None:
    score = only(told(home, "501", MATH, "s-002"))["score"]
    assert score["lms"]["is_excused"] is True
    assert score["sent"] == {"score_e4": 0, "status": "exempt"}
    assert score["origin"] == "excused"


def test_all_sections_are_told_unless_one_is_named(home: Path) -> None:
    assert [one["section"] for one in told(home, "502")["sections"]] == ["m9-01", "m9-02"]
    counts = told(home, "501")["sections"][0]["scores"]
    assert counts["pass"] >= 1
    assert sum(counts.values()) == 6


def test_what_nobody_has_ever_seen_has_no_section(home: Path) -> None:
    assert told(home, "999")["sections"] == []


def test_a_student_whom_the_lms_does_not_list_is_said_so(home: Path) -> None:
    answer = only(told(home, "501", MATH, "nobody"))["answer"]
    assert "no such student" in answer["text"]


def test_a_held_score_names_the_hold_and_the_row_that_held_it(loaded: Practice) -> None:
    item = loaded.item("Ratios practice", MATH)
    loaded.overtype(item, "s-001", 3)
    loaded.grade(501, "s-001", 7.25)
    loaded.set_clock("2026-11-03T03:30:00-05:00")
    assert loaded.sync().code == 3
    section = only(told(loaded.home, "501", MATH, "s-001"))
    assert section["answer"]["code"] == "BOTH_CHANGED"
    hold = section["score"]["holds"][-1]
    assert (hold["reason"], hold["closed_at"]) == ("BOTH_CHANGED", None)
    assert section["score"]["observed"] == hold["observed"] == {"score_e4": 30_000, "status": "graded"}
    assert hold["desired"] == section["score"]["desired"]
    assert section["score"]["row"] == "2"
    assert section["score"]["desired"] != section["score"]["sent"]


def test_an_assignment_gone_from_the_lms_is_still_explained(loaded: Practice) -> None:
    loaded.canvas.edit(collection="assignments", id=501, set=None)
    loaded.set_clock("2026-11-03T03:30:00-05:00")
    loaded.sync()
    section = only(told(loaded.home, "501", MATH))
    assert (section["lms"], section["answer"]["code"]) == (None, "ORPHAN_IN_SIS")
    assert any(field["sent"] for field in section["fields"])


def test_a_score_that_followed_its_student_and_the_one_left_behind_name_each_other(loaded: Practice) -> None:
    seat = loaded.sis.records("enrollments")[f"{MATH}-s-001"]
    there = {**seat, "sourcedId": "m9-02-s-001", "class": {"sourcedId": "m9-02"}}
    loaded.sis.edit(collection="enrollments", sourcedId=f"{MATH}-s-001", set={"endDate": "2026-11-03"})
    loaded.sis.edit(collection="enrollments", sourcedId="m9-02-s-001", set=there)
    loaded.canvas.edit(
        collection="enrollments",
        sis_section_id="m9-02",
        sis_user_id="s-001",
        set={"type": "StudentEnrollment"},
    )
    loaded.set_clock("2026-11-03T03:30:00-05:00")
    assert loaded.sync().run["results"]["created"] > 0
    old, new = told(loaded.home, "501", student="s-001")["sections"]
    assert (old["section"], new["section"]) == (MATH, "m9-02")
    values = {one["code"]: one["value"] for one in old["score"]["findings"]}
    assert values == {"NOT_ENROLLED": "now in m9-02", "SENT_NOW_INELIGIBLE": "NOT_ENROLLED"}
    ruled = {rule["code"]: rule["value"] for rule in old["score"]["rules"]}
    assert ruled["NOT_ENROLLED"] == "now in m9-02"
    (went,) = old["score"]["elsewhere"]
    assert went["section"] == "m9-02"
    assert went["last_run"] == new["score"]["sends"][-1]["run_id"]
    (stays,) = new["score"]["elsewhere"]
    assert (stays["section"], stays["sis_id"]) == (MATH, old["in_sis"]["sis_id"])
    assert (stays["stored_score_e4"], stays["stored_status"]) == (90_000, "graded")
    assert stays["last_run"] == old["score"]["sends"][-1]["run_id"]
    said = run(loaded.home, "explain", DISTRICT, "--assignment", "501", "--student", "s-001").out
    assert f"In section {MATH} the SIS holds 9 of this student, last sent" in said
    assert "In section m9-02 the SIS holds 9 of this student, last sent" in said
    assert said.count("the student is not in this section any more") == 1


def test_a_student_of_one_section_has_no_score_elsewhere(home: Path) -> None:
    assert only(told(home, "501", MATH, "s-001"))["score"]["elsewhere"] == []


def test_what_explain_says_of_the_rules_is_what_judging_the_whole_gradebook_found(home: Path) -> None:
    place = Home(home)
    file = place.district(DISTRICT)
    warehouse = Warehouse.open(place.warehouse_url())
    with warehouse.reading() as connection:
        run = history.latest_judging_run(connection, DISTRICT)
    assert run is not None
    items = pd.read_parquet(next(home.glob(f"extracts/lms_gradebook/{DISTRICT}/*/line_items.parquet")))
    for assignment in sorted(set(items["lms_assignment_id"])):
        evidence = read_evidence(place, warehouse, DISTRICT, assignment)
        whole = pd.read_parquet(
            next(home.glob(f"extracts/eligible_gradebook/{DISTRICT}/*/line_items.parquet"))
        )
        mine = judge(
            evidence.extract,
            evidence.reference,
            file.district,
            profile_of(file),
            run["as_of"],
            names_sent=None,
        ).line_items
        columns = ["section_id_sis", "verdict", "reason"]
        left, right = (
            frame.loc[frame["lms_assignment_id"] == assignment, columns].sort_values(
                "section_id_sis", ignore_index=True
            )
            for frame in (mine, whole)
        )
        pd.testing.assert_frame_equal(left, right)
    warehouse.close()
