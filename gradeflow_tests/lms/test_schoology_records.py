"""Schoology's JSON to rows, without a server: what the API may say that the practice school does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gradeflow.errors import SourceDataError
from gradeflow.lms.schoology_account import SchoologySettings
from gradeflow.lms.schoology_records import (
    Book,
    Section,
    assignees_of,
    grading_of,
    level_name,
    line_item_rows,
    local_instant,
)
from gradeflow.lms.schoology_scores import latest_by_user, seats_of, section_scores
from gradeflow.model import frames
from gradeflow.transport.answers import parse_json

NEW_YORK = ZoneInfo("America/New_York")
SECTION = Section("4318461", "m9-01", "1407691", is_rostered=True)
# The item of the vendor's own sample, where numbers are text.
ITEM: dict[str, Any] = {
    "id": 5699937,
    "title": "this is a test assignment",
    "due": "2014-09-25 11:30:00",
    "grading_scale": "0",
    "grading_period": "13011",
    "grading_category": "4341",
    "max_points": "100",
    "allow_dropbox": "1",
    "published": 1,
    "type": "assignment",
    "grade_item_id": 5699937,
    "grading_scale_type": 0,
    "auto_publish_grades": 1,
    "num_assignees": 0,
    "assignees": [],
}
GRADE: dict[str, Any] = {
    "enrollment_id": 44783151,
    "assignment_id": 5699937,
    "grade": 80,
    "exception": 0,
    "max_points": 100,
    "timestamp": 1389651403,
    "pending": None,
}


def line_item(**keys: Any) -> dict[str, Any]:
    book = Book(SECTION, items=[{**ITEM, **keys}], categories={"4341": "xtra points"})
    (row,) = line_item_rows(book, NEW_YORK)
    frames.build(frames.LINE_ITEMS, [row])
    return row


def enrollment(**keys: Any) -> dict[str, Any]:
    return {"id": "44783151", "uid": "48289", "school_uid": "s1", "admin": 0, "status": "1", **keys}


def scored(item: dict[str, Any] | None = None, seats: Any = None, **grade: Any) -> Any:
    book = Book(SECTION, items=[{**ITEM, **(item or {})}], scales={"1": SCALE})
    scores = section_scores(book, seats or seats_of([enrollment()]), [{**GRADE, **grade}], {})
    frames.build(frames.RESULTS, scores.rows)
    return scores


SCALE = {
    "id": 1,
    "type": 1,
    "scale": {
        "level": [
            {"grade": "F", "cutoff": 0, "average": 0},
            {"grade": "B", "cutoff": 83, "average": 83},
            {"grade": "B-", "cutoff": 80, "average": 80},
        ]
    },
}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"factor": "1"}, 10_000),
        ({"factor": 1}, 10_000),
        ({"factor": "2.00"}, 20_000),
        ({"factor": "0"}, 0),
        ({"factor": Decimal("0.5")}, 5_000),
        ({"factor": ""}, None),
        ({"factor": "heavy"}, None),
        ({}, None),
    ],
)
def test_how_often_an_item_counts_is_read_or_unknown(keys: dict[str, Any], expected: int | None) -> None:
    assert line_item(**keys)["factor_e4"] == expected


def test_an_item_of_a_category_that_drops_scores_says_so() -> None:
    def droppable(**keys: Any) -> bool:
        book = Book(SECTION, [{**ITEM, **keys}], {"4341": "extra"}, dropping=frozenset({"4341"}))
        return bool(line_item_rows(book, NEW_YORK)[0]["is_droppable"])

    assert droppable()
    assert not droppable(grading_category="4342")
    assert not droppable(grading_category="0")


def test_the_vendors_sample_is_read() -> None:
    row = line_item()
    assert (row["lms_assignment_id"], row["points_possible_e4"], row["grading"]) == (
        "5699937",
        1_000_000,
        "points",
    )
    assert (row["category_lms"], row["term_lms"], row["kind"]) == ("xtra points", "13011", "assignment")
    assert row["due_at"].isoformat() == "2014-09-25T15:30:00+00:00"
    assert (row["is_in_final_grade"], row["is_published"], row["is_individual"]) == (True, True, False)
    result = scored().rows[0]
    assert (result["score_e4"], result["is_graded"], result["is_posted"]) == (800_000, True, True)
    assert result["graded_at"].isoformat() == "2014-01-13T22:16:43+00:00"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("assignment", "assignment"), ("discussion", "discussion"), ("assessment", "quiz"), ("scorm", "other")],
)
def test_kinds_keep_the_vendors_own_word(kind: str, expected: str) -> None:
    row = line_item(type=kind)
    assert (row["kind"], row["kind_raw"]) == (expected, kind)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"grading_scale": "0", "grading_scale_type": 0}, "points"),
        ({"grading_scale": 0}, "points"),
        ({"grading_scale": "1", "grading_scale_type": 1}, "letter"),
        ({"grading_scale": "96033", "grading_scale_type": "3"}, "letter"),
        ({"grading_scale": "7", "grading_scale_type": 0}, "points"),  # a scale of plain numbers
        ({"grading_scale": "7", "grading_scale_type": 9}, "unknown"),
        ({"grading_scale": "7", "grading_scale_type": None}, "unknown"),
        ({"grading_scale": "0", "collected_only": 1}, "not_graded"),
    ],
)
def test_a_scale_makes_levels_of_numbers(keys: dict[str, Any], expected: str) -> None:
    assert grading_of({**ITEM, **keys}) == expected


@pytest.mark.parametrize(
    ("points", "points_e4", "text"),
    [
        ('"10.5"', 105_000, None),
        ("10.1", 101_000, None),
        ('"0.123456"', None, "0.123456"),
        ("null", None, None),
        ('""', None, None),
    ],
)
def test_points_are_exact_or_kept_as_text(points: str, points_e4: int | None, text: str | None) -> None:
    row = line_item(max_points=parse_json(points.encode()))
    assert (row["points_possible_e4"], row["points_text"]) == (points_e4, text)


def test_whether_it_counts_is_yes_where_nothing_is_said_and_unknown_where_nonsense_is() -> None:
    assert line_item()["is_in_final_grade"] is True
    assert line_item(count_in_grade=1)["is_in_final_grade"] is True
    assert line_item(count_in_grade="0")["is_in_final_grade"] is False
    assert line_item(count_in_grade="maybe")["is_in_final_grade"] is None


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"assignees": [], "num_assignees": 0}, False),
        ({"assignees": [1], "num_assignees": 1}, True),
        ({"assignees": [], "grading_group_ids": [534]}, True),
        ({"num_assignees": "4"}, True),
        ({}, None),
    ],
)
def test_for_whom_an_item_is_may_be_unknown(keys: dict[str, Any], expected: bool | None) -> None:
    assert assignees_of(keys) is expected


def test_where_schoology_does_not_say_for_whom_an_item_is_it_is_not_for_everyone_either() -> None:
    row = line_item(assignees=None, num_assignees=None)
    assert (row["is_individual"], row["has_everyone"]) == (None, None)
    assert line_item(assignees=[1])["has_everyone"] is False


def test_no_due_date_and_a_broken_one_are_not_the_same() -> None:
    for text in (None, "", "0000-00-00 00:00:00"):
        assert local_instant(text, NEW_YORK) is None
    for text in ("2026-09-25", "tomorrow", "2026-09-25T10:00:00Z", "9999-12-31 23:59:00"):
        with pytest.raises(SourceDataError, match="YYYY-MM-DD"):
            line_item(due=text)


def test_a_due_time_is_the_schools_before_and_after_the_clocks_change() -> None:
    offsets = [
        local_instant(f"2026-{day} 23:59:00", NEW_YORK).astimezone(NEW_YORK).utcoffset().total_seconds()
        / 3600
        for day in ("10-31", "11-01", "11-02")
    ]
    assert offsets == [-4, -5, -5]


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        (0, (False, False, True)),
        (None, (False, False, True)),
        ("", (False, False, True)),
        (1, (True, False, False)),
        ("2", (False, False, False)),
        (3, (False, True, False)),
    ],
)
def test_an_exception_takes_the_score_away(exception: Any, expected: tuple[bool, ...]) -> None:
    row = scored(exception=exception).rows[0]  # also where the grade is still there
    assert (row["is_excused"], row["is_missing"], row["is_graded"]) == expected
    assert ("score_e4" in row) == expected[2]


@pytest.mark.parametrize("exception", [4, -1, "7", "late", 1.5, True])
def test_an_unknown_exception_is_neither_a_score_nor_none(exception: Any) -> None:
    scores = scored(exception=exception)
    assert (scores.rows, scores.left_out) == ([], {"EXCEPTION_UNKNOWN": 1})


@pytest.mark.parametrize(
    ("grade", "score_e4", "text"),
    [
        (8.1, 81_000, None),
        ("8.50", 85_000, None),
        (0, 0, None),
        ("0", 0, None),
        ("complete", None, "complete"),
    ],
)
def test_scores_are_exact_and_zero_is_a_score(grade: Any, score_e4: int | None, text: str | None) -> None:
    row = scored(grade=parse_json(str(grade).encode()) if isinstance(grade, float) else grade).rows[0]
    assert (row["score_e4"], row["score_text"], row["is_graded"]) == (score_e4, text, True)


@pytest.mark.parametrize("grade", [None, ""])
def test_no_grade_is_no_score(grade: Any) -> None:
    row = scored(grade=grade).rows[0]
    assert (row["is_graded"], row.get("score_e4"), row.get("score_text")) == (False, None, None)


def test_a_grade_that_waits_for_review_is_not_given() -> None:
    assert scored(pending=1).rows[0]["is_graded"] is False
    assert scored(pending=0).rows[0]["score_e4"] == 800_000


def test_whether_a_grade_is_shown_is_unknown_unless_it_shows_itself() -> None:
    assert scored(item={"auto_publish_grades": 0}).rows[0]["is_posted"] is None
    assert scored(item={"auto_publish_grades": None}).rows[0]["is_posted"] is None
    assert scored(item={"auto_publish_grades": "1"}).rows[0]["is_posted"] is True


def test_a_number_on_a_scale_is_its_level_and_never_points() -> None:
    scaled = {"grading_scale": "1", "grading_scale_type": 1, "max_points": "50"}
    row = scored(item=scaled, grade=41).rows[0]  # 82 percent
    assert (row["score_e4"], row["score_text"], row["is_graded"]) == (None, "B-", True)
    unknown = scored(item={**scaled, "grading_scale": "2"}, grade=41).rows[0]
    assert (unknown["score_e4"], unknown["score_text"]) == (None, "41")


def test_levels_are_found_by_cutoff_or_by_points_else_the_number_stays() -> None:
    points = {"type": 3, "scale": {"level": [{"points": 3, "description": "three points"}]}}
    assert level_name(points, Decimal(3), Decimal(3)) == "three points"
    assert level_name(points, Decimal("2.5"), Decimal(3)) == "2.5"
    assert level_name(SCALE, Decimal(83), Decimal(100)) == "B"
    assert level_name(SCALE, Decimal(83), None) == "83"
    assert level_name(None, Decimal(83), Decimal(100)) == "83"


def test_a_teacher_has_no_seat_and_an_active_seat_wins() -> None:
    seats = seats_of(
        [
            enrollment(id="1", status="2"),
            enrollment(id="2", status="1"),
            enrollment(id="3", status="5"),
            enrollment(id="4", uid="45552", school_uid="", admin=1),
            enrollment(id="5", uid="7", school_uid=""),
            enrollment(id="6", uid="8", school_uid="7", status="4"),
        ]
    )
    assert [(seat.enrollment, seat.id_sis, seat.is_active) for seat in seats] == [
        ("2", "s1", True),
        ("5", None, True),
        ("6", "7", False),
    ]


@pytest.mark.parametrize(
    ("status", "is_active"), [("1", True), (2, False), ("3", True), ("4", False), ("5", False), (None, None)]
)
def test_an_unknown_status_is_unknown(status: Any, is_active: bool | None) -> None:
    assert seats_of([enrollment(status=status)])[0].is_active is is_active


def test_whoever_is_neither_teacher_nor_student_stops_the_reading() -> None:
    with pytest.raises(SourceDataError, match="teacher from a student"):
        seats_of([enrollment(admin=None)])


def test_grades_of_strangers_do_not_come_in_and_students_without_sis_id_are_counted() -> None:
    assert scored(enrollment_id=1).rows[0]["is_graded"] is False
    scores = scored(seats=seats_of([enrollment(school_uid=None)]))
    assert (scores.rows, scores.left_out) == ([], {"STUDENT_WITHOUT_SIS_ID": 1})


def test_the_latest_submission_counts_and_a_draft_never() -> None:
    def revision(number: int, **keys: Any) -> dict[str, Any]:
        return {"revision_id": number, "uid": 48289, "late": 0, "draft": 0, **keys}

    rows = [revision(1), revision(3, draft=1), revision(2, late=1), revision(1, uid=5, draft=1)]
    for order in (rows, rows[::-1]):
        latest = latest_by_user(order)
        assert set(latest) == {"48289"}
        assert latest["48289"]["late"] == 1


def test_settings_name_what_is_wrong() -> None:
    good = {"consumer_key": {"env": "K"}, "consumer_secret": {"env": "S"}}
    made = SchoologySettings.model_validate(good)
    assert (made.base_url, made.signature, made.zone_or(NEW_YORK)) == (
        "https://api.schoology.com/v1",
        "HMAC-SHA1",
        NEW_YORK,
    )
    for wrong in (
        {"zone": "Mars/Olympus"},
        {"building": "north"},
        {"page_size": 500},
        {"signature": "RSA-SHA1"},
        {"consumer_key": "inline"},
        {"token": {"env": "T"}},
        {"past_days": -1},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            SchoologySettings.model_validate({**good, **wrong})
