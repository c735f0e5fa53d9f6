"""Every rule about a line item, at its boundary: what passes and what fails, and with which code."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow_tests.rules.small_school import Changes, at, codes, item, judged, reference, score, verdict

CASES: list[tuple[str, str, Changes, str | None]] = [
    # route, what, changes, code that it fails with (None: passes)
    ("canvas", "ticked", {"is_selected": True}, None),
    ("canvas", "not ticked", {"is_selected": False}, "NOT_SELECTED_FOR_SIS"),
    ("canvas", "unknown whether ticked", {"is_selected": None}, "NOT_SELECTED_FOR_SIS"),
    ("otus", "no such switch", {"is_selected": None}, None),
    ("canvas", "unpublished", {"is_published": False}, "NOT_PUBLISHED"),
    ("otus", "unpublished", {"is_published": False}, "NOT_PUBLISHED"),
    ("otus", "in the final grade", {"is_in_final_grade": True}, None),
    ("otus", "not in the final grade", {"is_in_final_grade": False}, "NOT_IN_FINAL_GRADE"),
    ("canvas", "not in the final grade", {"is_in_final_grade": False}, None),
    ("otus", "standards", {"grading": "standards"}, "STANDARDS_BASED"),
    ("canvas", "standards", {"grading": "standards"}, "STANDARDS_BASED"),
    ("otus", "letter", {"grading": "letter"}, "GRADING_UNSUPPORTED"),
    ("canvas", "letter, judged score by score", {"grading": "letter"}, None),
    ("canvas", "not graded", {"grading": "not_graded"}, "GRADING_UNSUPPORTED"),
    ("canvas", "quiz", {"kind": "quiz"}, None),
    ("canvas", "graded discussion", {"kind": "discussion"}, None),
    ("canvas", "ungraded page", {"kind": "ungraded"}, "ITEM_TYPE_UNSUPPORTED"),
    ("canvas", "no name", {"title": ""}, "NAME_REQUIRED"),
    ("canvas", "blank name", {"title": " \t "}, "NAME_REQUIRED"),
    ("otus", "49 characters", {"title": "x" * 49}, None),
    ("otus", "50 characters", {"title": "x" * 50}, "NAME_TOO_LONG"),
    ("canvas", "50 characters", {"title": "x" * 50}, "NAME_OVER_LMS_LIMIT"),
    ("canvas", "51 characters", {"title": "x" * 51}, "NAME_TOO_LONG"),
    ("canvas", "30 characters", {"title": "x" * 30}, None),
    ("canvas", "31 characters", {"title": "x" * 31}, "NAME_OVER_LMS_LIMIT"),
    ("otus", "49 emoji are 49 characters", {"title": "\N{PENCIL}\N{SNOWMAN}" * 24 + "\U0001f600"}, None),
    ("otus", "50 emoji", {"title": "\U0001f600" * 50}, "NAME_TOO_LONG"),
    ("otus", "trailing blanks do not count", {"title": "x" * 49 + "   "}, None),
    ("otus", "a composed letter is one character", {"title": "e\N{COMBINING ACUTE ACCENT}" * 49}, None),
    ("otus", "10.0 points", {"points_possible_e4": 100_000}, None),
    ("otus", "10.5 points", {"points_possible_e4": 105_000}, "MAX_NOT_WHOLE"),
    ("canvas", "10.5 points", {"points_possible_e4": 105_000}, None),
    ("canvas", "no points", {"points_possible_e4": None}, "POINTS_REQUIRED"),
    ("otus", "no points", {"points_possible_e4": None}, "POINTS_REQUIRED"),
    ("canvas", "0 points", {"points_possible_e4": 0}, "POINTS_NOT_POSITIVE"),
    ("canvas", "negative points", {"points_possible_e4": -10_000}, "POINTS_NOT_POSITIVE"),
    ("canvas", "five digits", {"points_possible_e4": None, "points_text": "10.00001"}, "POINTS_TOO_PRECISE"),
    ("canvas", "no due date", {"due_at": None, "everyone_due_at": at("2026-11-16 23:59")}, "DUE_DATE_REQUIRED"),
    ("otus", "no due date", {"due_at": None, "everyone_due_at": None, "has_everyone": False}, "DUE_DATE_REQUIRED"),
    ("otus", "no assigned date", {"assigned_at": None, "assigned_basis": "unknown"}, "ASSIGN_DATE_MISSING"),
    ("canvas", "no assigned date", {"assigned_at": None, "assigned_basis": "unknown"}, None),
    ("canvas", "due on the day it was assigned",
     {"assigned_at": at("2026-11-16 08:00"), "due_at": at("2026-11-16 07:00")}, None),
    ("canvas", "due the day before",
     {"assigned_at": at("2026-11-16 00:00"), "due_at": at("2026-11-15 23:59")}, None),
    ("otus", "due the day before",
     {"assigned_at": at("2026-11-10 00:00"), "due_at": at("2026-11-09 23:59")}, "DUE_BEFORE_ASSIGN"),
    ("canvas", "assigned on the effective date", {"assigned_at": at("2026-08-17 00:00")}, None),
    ("canvas", "assigned the minute before", {"assigned_at": at("2026-08-16 23:59")}, "BEFORE_EFFECTIVE_DATE"),
    ("canvas", "made late, due on the effective date",
     {"assigned_at": at("2026-11-16 08:00"), "assigned_basis": "created", "due_at": at("2026-08-17 00:00"),
      "everyone_due_at": at("2026-08-17 00:00")}, "PERIOD_CLOSED"),
    ("canvas", "made late, due the minute before",
     {"assigned_at": at("2026-11-16 08:00"), "assigned_basis": "created", "due_at": at("2026-08-16 23:59"),
      "everyone_due_at": at("2026-08-16 23:59")}, "BEFORE_EFFECTIVE_DATE"),
    ("canvas", "seen late, due the minute before",
     {"assigned_at": at("2026-11-16 08:00"), "assigned_basis": "first_seen", "due_at": at("2026-08-16 23:59"),
      "everyone_due_at": at("2026-08-16 23:59")}, "BEFORE_EFFECTIVE_DATE"),
    ("canvas", "unlocked on a day that a person chose, due the minute before",
     {"assigned_at": at("2026-11-16 08:00"), "assigned_basis": "unlock", "due_at": at("2026-08-16 23:59"),
      "everyone_due_at": at("2026-08-16 23:59")}, "DATE_OUTSIDE_PERIODS"),
    ("canvas", "made early, due later",
     {"assigned_at": at("2026-08-16 23:59"), "assigned_basis": "created"}, "BEFORE_EFFECTIVE_DATE"),
    ("canvas", "for single students", {"is_individual": True}, "ASSIGNEE_INDIVIDUAL"),
    ("canvas", "unknown whether for single students", {"is_individual": None}, None),
    ("canvas", "Everyone without a date",
     {"due_at": at("2026-11-16 23:59"), "everyone_due_at": None}, "DUE_DATE_REQUIRED_EVERYONE"),
    ("otus", "Everyone without a date", {"due_at": at("2026-11-16 23:59"), "everyone_due_at": None}, None),
    ("canvas", "no Everyone at all, this section named",
     {"has_everyone": False, "everyone_due_at": None, "has_section_dates": True, "is_section_named": True}, None),
    ("canvas", "dates for this section and for Everyone Else",
     {"has_section_dates": True, "is_section_named": True}, None),
    ("canvas", "dates for other sections only",
     {"has_section_dates": True, "is_section_named": False}, "SECTION_NOT_TARGETED"),
    ("otus", "dates for other sections only", {"has_section_dates": True, "is_section_named": False}, None),
    ("canvas", "a section that the SIS does not know", {"section_id_sis": "Z"}, "SECTION_NOT_IN_SIS"),
    ("otus", "nobody named as assigner", {"assigned_by_lms": None, "assigned_by_sis": None}, "ASSIGNER_UNKNOWN"),
    ("otus", "assigned by one whom the SIS does not know", {"assigned_by_sis": None}, "ASSIGNER_NOT_IN_SIS"),
    ("otus", "assigned by one outside the group", {"assigned_by_sis": "t2"}, "ASSIGNER_NOT_IN_GROUP"),
    ("canvas", "assigned by one outside the group", {"assigned_by_sis": "t2"}, None),
]  # fmt: skip


def test_items_without_a_name_lack_their_name_and_share_none() -> None:
    nameless = [
        item(lms_assignment_id=key, title=title) for key, title in (("1", ""), ("2", "  "), ("3", ""))
    ]
    found = judged(nameless, [score(lms_assignment_id=key) for key in ("1", "2", "3")])
    assert codes(found) == ["NAME_REQUIRED"] * 3


@pytest.mark.parametrize(("route", "what", "changes", "code"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_a_line_item_meets_its_rule(route: str, what: str, changes: Changes, code: str | None) -> None:
    del what
    section = changes.get("section_id_sis", "A")
    found = judged([item(**changes)], [score(section_id_sis=section)], route=route)
    assert codes(found) == ([] if code is None else [code])
    passes = code is None or set(found.findings["outcome"]) == {"noted"}
    assert (verdict(found)[0] == "pass") == passes
    assert passes or verdict(found)[1] == code


def test_named_dates_without_one_for_everyone_else_break_both_rules() -> None:
    found = judged([item(has_section_dates=True, is_section_named=True, everyone_due_at=None)])
    assert codes(found) == ["DUE_DATE_REQUIRED_EVERYONE", "DUE_DATE_REQUIRED_EVERYONE_ELSE"]


@pytest.mark.parametrize(
    ("assigner", "settings", "teaches", "code"),
    [
        ("t2", {"teachers": ["t1", "t2"]}, True, None),
        ("t2", {"teachers": ["t1", "t2"]}, False, "ASSIGNER_NOT_IN_CLASS"),
        ("t2", {"teachers": ["t1"]}, True, "ASSIGNER_NOT_IN_GROUP"),
        ("admin", {"teachers": ["t1", "admin"]}, True, "ASSIGNER_NOT_IN_SIS"),
        ("admin", {"teachers": ["t1"]}, False, "ASSIGNER_NOT_IN_GROUP"),
    ],
)
def test_who_assigned_it_must_be_in_the_group_in_the_sis_and_teach_the_section(
    assigner: str, settings: Changes, teaches: bool, code: str | None
) -> None:
    rows = [{"teacher_id_sis": "t1", "section_id_sis": "A"}]
    rows += [{"teacher_id_sis": assigner, "section_id_sis": "A"}] if teaches else []
    sis = reference(class_teachers=rows)
    found = judged([item(assigned_by_sis=assigner)], route="otus", sis=sis, settings=settings)
    assert codes(found) == ([] if code is None else [code])


def test_an_inactive_co_teacher_does_not_teach_the_section() -> None:
    rows = [{"teacher_id_sis": "t1", "section_id_sis": "A", "is_active": False}]
    assert codes(judged(route="otus", sis=reference(class_teachers=rows))) == ["ASSIGNER_NOT_IN_CLASS"]


def test_a_section_outside_the_pilot_is_skipped() -> None:
    assert codes(judged(settings={"sections": ["B"]})) == ["SECTION_NOT_IN_PILOT"]
    assert codes(judged(settings={"sections": ["A"]})) == []


def test_all_that_needs_a_fix_is_told_at_once() -> None:
    broken = item(
        title="x" * 60, points_possible_e4=None, due_at=None, is_individual=True, category_lms="Labs"
    )
    assert codes(judged([broken])) == [
        "ASSIGNEE_INDIVIDUAL",
        "CATEGORY_NO_MATCH",
        "DUE_DATE_REQUIRED",
        "DUE_DATE_REQUIRED_EVERYONE",
        "NAME_TOO_LONG",
        "POINTS_REQUIRED",
    ]


def test_what_was_not_meant_to_go_is_not_told_what_to_fix() -> None:
    found = judged([item(is_selected=False, title="x" * 60, due_at=None)])
    assert codes(found) == ["NOT_SELECTED_FOR_SIS"]
    assert verdict(found) == ("skipped", "NOT_SELECTED_FOR_SIS")


def test_every_reason_for_not_being_meant_is_told() -> None:
    assert codes(judged([item(is_selected=False, is_published=False)])) == [
        "NOT_PUBLISHED",
        "NOT_SELECTED_FOR_SIS",
    ]


@pytest.mark.parametrize(
    ("fields", "reason"), [({"is_selected": False}, "skipped"), ({"title": ""}, "rejected")]
)
def test_the_results_of_an_item_that_does_not_go_take_its_class(fields: Changes, reason: str) -> None:
    found = judged([item(**fields)], [score(), score(student_id_sis="s2", score_e4=None, is_missing=True)])
    assert set(found.results["verdict"]) == {reason}
    assert set(found.results["reason"]) == {verdict(found)[1]}
    assert found.findings["student_id_sis"].isna().all()
    assert found.results["score_e4"].isna().all()


def test_a_result_without_line_item_is_refused_and_not_lost() -> None:
    found = judged([item()], [score(), score(lms_assignment_id="8")])
    assert found.results["verdict"].tolist() == ["pass", "rejected"]


def _names(*rows: Changes, **more: Any) -> dict[str, str]:
    items = [item(**row) for row in rows]
    scores = [
        score(lms_assignment_id=row["lms_assignment_id"], section_id_sis=row["section_id_sis"])
        for row in items
    ]
    found = judged(items, scores, **more)
    return dict(zip(found.line_items["lms_assignment_id"], found.line_items["verdict"], strict=True))


def test_the_second_of_a_name_in_a_section_is_refused_the_first_being_the_older_one() -> None:
    older, newer = at("2026-11-01 08:00"), at("2026-11-02 08:00")
    both = [{"lms_assignment_id": "10", "created_at": older}, {"lms_assignment_id": "9", "created_at": newer}]
    assert _names(*both) == {"10": "pass", "9": "rejected"}
    assert _names(*both[::-1]) == {"10": "pass", "9": "rejected"}


def test_of_two_made_at_once_the_smaller_id_is_the_first() -> None:
    assert _names({"lms_assignment_id": "10"}, {"lms_assignment_id": "9"}) == {"10": "rejected", "9": "pass"}
    assert _names({"lms_assignment_id": "07"}, {"lms_assignment_id": "7"}) == {"07": "pass", "7": "rejected"}
    assert _names({"lms_assignment_id": "7"}, {"lms_assignment_id": "07"}) == {"07": "pass", "7": "rejected"}


def test_a_name_is_taken_only_in_its_section_and_only_by_what_is_meant_to_go() -> None:
    assert _names({"lms_assignment_id": "1"}, {"lms_assignment_id": "2", "section_id_sis": "B"}) == {
        "1": "pass",
        "2": "pass",
    }
    assert _names({"lms_assignment_id": "1", "is_selected": False}, {"lms_assignment_id": "2"}) == {
        "1": "skipped",
        "2": "pass",
    }
    assert _names({"lms_assignment_id": "1", "points_possible_e4": None}, {"lms_assignment_id": "2"}) == {
        "1": "rejected",
        "2": "rejected",
    }


def test_a_name_with_a_trailing_blank_is_the_same_name() -> None:
    assert (
        _names({"lms_assignment_id": "1"}, {"lms_assignment_id": "2", "title": "Essay "})["2"] == "rejected"
    )
