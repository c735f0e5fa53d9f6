"""A new school year: what carries over, what must change, and that last year's work never passes back again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from gradeflow.model.district import District
from gradeflow.model.gradebook import SisReference
from gradeflow.reports.rollover import changes, next_year, rollover
from gradeflow.rules.judge import judge
from gradeflow_tests.rules.small_school import ZONE, at, district, extract, item, profile, reference, score

FIRST = dt.date(2027, 8, 16)
NEW_PERIODS = (
    {"period_id_sis": "q1-27", "start_date": "2027-08-16", "end_date": "2027-10-29", "school_year": "2027"},
    {"period_id_sis": "q2-27", "start_date": "2027-11-01", "end_date": "2028-01-21", "school_year": "2027"},
)
CONTENT: dict[str, Any] = {
    "district": "lincoln",
    "timezone": ZONE.key,
    "lms": {"kind": "otus"},
    "sis": {"kind": "skyward_sms"},
    "passback": {
        "effective_date": dt.date(2026, 8, 17),
        "nightly": "03:30",
        "first_load": {"approved_by": "j.doe", "on": dt.date(2026, 8, 16)},
        "pause": {"until": dt.date(2027, 6, 30), "reason": "summer"},
        "sections": ["A", "old"],
        "nightly_sections": ["A", "older"],
        "teachers": ["t1", {"teacher": "gone"}, {"teacher": "out", "removed": dt.date(2027, 1, 5)}],
        "categories": [
            {"lms": "Quiz", "sis": "Quiz"},
            {"lms": "Lab", "section": "old-section", "sis": "Removd"},
            {"lms": "Test", "sis": "Test", "state": "draft"},
        ],
    },
    "calendar": {
        "closes": {"q4": dt.date(2027, 6, 11), "q1-27": dt.date(2027, 11, 5)},
        "terms": {"7": "q1-27", "6": "q4"},
        "no_school": [
            dt.date(2026, 11, 26),
            {"from": dt.date(2027, 8, 10), "to": dt.date(2027, 8, 16)},
            dt.date(2027, 11, 25),
        ],
    },
    "attested": [
        {"fact": "old", "by": "j.doe", "on": dt.date(2026, 8, 16)},
        {"fact": "young", "by": "j.doe", "on": dt.date(2026, 8, 17)},
    ],
}


def file() -> District:
    return District.model_validate(CONTENT)


def new_sis() -> SisReference:
    known = reference(
        periods=NEW_PERIODS,
        teachers=("t1", "new", "out", "idle"),
        class_teachers=[{"teacher_id_sis": one, "section_id_sis": "A"} for one in ("t1", "new", "out")],
        categories=[
            {"category_id_sis": "c1", "title": "Quiz"},
            {"category_id_sis": "c2", "title": "Removed"},
        ],
        sections=("A",),
    )
    return replace(known, students=known.students)


def test_the_day_on_which_the_school_year_begins_moves_with_the_year() -> None:
    told = {**CONTENT, "calendar": {"year_begins": dt.date(2026, 8, 17)}}
    district_file = District.model_validate(told)
    found = {change.key: (change.old, change.new) for change in changes(district_file, FIRST)}
    assert found["calendar.year_begins"] == ("2026-08-17", "2027-08-16")
    assert next_year(told, district_file, FIRST)["calendar"] == {"year_begins": FIRST}
    moved = District.model_validate({**told, "calendar": {"year_begins": FIRST}})
    assert "calendar.year_begins" not in {change.key for change in changes(moved, FIRST)}


def test_what_must_change_is_named_with_its_reason_and_the_rest_carries_over() -> None:
    found = {change.key: (change.old, change.new) for change in changes(file(), FIRST)}
    assert found == {
        "passback.effective_date": ("2026-08-17", "2027-08-16"),
        "passback.first_load": ("approved by j.doe on 2026-08-16", None),
        "passback.pause": ("until 2027-06-30", None),
        "calendar.closes.q4": ("2027-06-11", None),
        "calendar.no_school": ("2026-11-26 to 2026-11-26", None),
        "attested.old": ("by j.doe on 2026-08-16", None),
    }
    assert all(change.why for change in changes(file(), FIRST))


def test_the_new_file_keeps_map_group_and_all_that_still_holds() -> None:
    new = next_year(CONTENT, file(), FIRST)
    passback = new["passback"]
    assert {key: passback[key] for key in ("nightly", "sections", "teachers", "categories")} == {
        key: CONTENT["passback"][key] for key in ("nightly", "sections", "teachers", "categories")
    }
    assert passback["effective_date"] == FIRST
    assert "first_load" not in passback
    assert "pause" not in passback
    assert new["calendar"]["closes"] == {"q1-27": dt.date(2027, 11, 5)}
    assert new["calendar"]["no_school"] == CONTENT["calendar"]["no_school"][1:]
    assert [entry["fact"] for entry in new["attested"]] == ["young"]
    assert changes(District.model_validate(new), FIRST)[1:] == []
    assert "first_load" in CONTENT["passback"]


def test_a_file_that_says_little_gains_an_effective_date_and_nothing_else() -> None:
    bare = {key: CONTENT[key] for key in ("district", "timezone", "lms", "sis")}
    assert next_year(bare, District.model_validate(bare), FIRST) == bare | {
        "passback": {"effective_date": FIRST}
    }


def test_the_report_compares_group_map_sections_and_periods_with_the_sis() -> None:
    found = rollover(file(), profile("otus"), new_sis(), FIRST)
    assert found["group"] == {
        "members": 2,
        "new_in_sis": ["new"],
        "removed_before": ["out"],
        "gone_from_sis": ["gone"],
    }
    assert [(row["sis"], row["lost"], row["near"]) for row in found["categories_gone"]] == [
        ("Removd", "gone", "Removed"),
        ("Test", "gone", None),
    ]
    assert found["sections_gone"] == {
        "passback.categories": ["old-section"],
        "passback.sections": ["old"],
        "passback.nightly_sections": ["older"],
    }
    assert found["periods_gone"] == {
        "calendar.terms": ["q4"],
        "calendar.sections": [],
        "calendar.schools": [],
    }
    assert found["carries_over"] == {
        "category_rows": 2,
        "category_drafts": 1,
        "rows_of_single_assignments": 0,
        "group_members": 2,
    }
    assert found["sis_has_new_year"] is True


def test_an_sis_that_was_read_before_its_new_year_is_told_from_one_after() -> None:
    assert rollover(file(), profile("otus"), reference(), FIRST)["sis_has_new_year"] is False


@pytest.mark.parametrize(
    "route", ["canvas", "otus", "itslearning", "campus", "eschool", "powerschool", "oneroster"]
)
@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("as it was", {}),
        ("assigned on the last day before", {"assigned_at": at("2027-08-15 23:59")}),
        ("its due date moved into the new year", {"due_at": at("2027-09-10 23:59"), "term_lms": "q1-27"}),
        ("nobody knows when it was assigned", {"assigned_at": None, "assigned_basis": "unknown"}),
    ],
)  # fmt: skip
def test_last_years_work_never_passes_back_again(route: str, what: str, changed: dict[str, Any]) -> None:
    del what
    rows = [{"item": "7", "sis": "Homework"}] if route == "itslearning" else []
    old = district(route=route, categories=rows)
    content = old.model_dump(by_alias=True, mode="python")
    new = District.model_validate(next_year(content, old, FIRST))
    terms = {"term_lms": "q4", "due_at": at("2027-06-01 23:59"), "assigned_at": at("2027-05-20 08:00")}
    closed = {
        "period_id_sis": "q4",
        "start_date": "2027-03-29",
        "end_date": "2027-06-04",
        "school_year": "2026",
    }
    sis = reference(periods=[closed, *NEW_PERIODS])
    found = judge(
        extract([item(**terms | changed)], [score()], route=route),
        sis,
        new,
        profile(route),
        pd.Timestamp(at("2027-09-20 03:30")).to_pydatetime(),
        names_sent=None,
    )
    assert found.line_items["verdict"].tolist() != ["pass"]
    assert (found.results["verdict"] == "pass").sum() == 0


def test_the_same_work_of_the_new_year_passes() -> None:
    fresh = item(assigned_at=at("2027-08-16 00:00"), due_at=at("2027-09-10 23:59"))
    new = District.model_validate(next_year(district().model_dump(by_alias=True), district(), FIRST))
    found = judge(
        extract([fresh], [score()]),
        reference(periods=NEW_PERIODS),
        new,
        profile(),
        pd.Timestamp(at("2027-09-20 03:30")).to_pydatetime(),
        names_sent=None,
    )
    assert found.results["verdict"].tolist() == ["pass"]
