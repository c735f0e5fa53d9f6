from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from gradeflow.errors import SourceDataError
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.sis.gradebook import map_line_items, map_results, stored_line_item, stored_result
from gradeflow.sis.oneroster_bodies import Writer
from gradeflow.sis.oneroster_settings import settings_for
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.sis.records import date_of
from gradeflow.sis.reference import (
    last_days_of,
    map_categories,
    map_enrolments,
    map_people,
    map_periods,
    map_sections,
)
from gradeflow.transport.answers import parse_json

CHICAGO = ZoneInfo("America/Chicago")
AS_OF = dt.datetime(2026, 11, 16, 3, 30, tzinfo=CHICAGO)
BASE = "https://sis.example/ims/oneroster/v1p1"
SETTINGS = settings_for(
    OneRosterProfile(kind="practice", label="Practice", evidence="assumed", renew="", widen="")
)


def writer(**keys: Any) -> Writer:
    profile = OneRosterProfile(
        kind="practice", label="Practice", evidence="assumed", renew="", widen="", **keys
    )
    return Writer(profile, "1.1", BASE, BASE, CHICAGO, AS_OF)


def item(**keys: Any) -> LineItemWrite:
    values: dict[str, Any] = {
        "sis_id": "li/1",
        "section_id_sis": "07,1",
        "school_id_sis": None,
        "title": "Cells",
        "assign_date": "2026-10-30",
        "due_date": "2026-11-02",
        "category_id_sis": "c1",
        "period_id_sis": "q1",
        "points_possible_e4": 100_000,
        "is_create": True,
    }
    return LineItemWrite(**{**values, **keys})


def result(**keys: Any) -> ResultWrite:
    values: dict[str, Any] = {
        "sis_id": "r1",
        "line_item_sis_id": "li/1",
        "section_id_sis": "07,1",
        "student_id_sis": "007",
        "score_e4": 85_000,
        "status": "graded",
        "score_date": "2026-11-16",
    }
    return ResultWrite(**{**values, **keys})


def test_a_line_item_is_complete_by_the_standard() -> None:
    assert writer().line_item(item()) == {
        "sourcedId": "li/1",
        "status": "active",
        "dateLastModified": "2026-11-16T09:30:00.000Z",
        "title": "Cells",
        "description": "Cells",
        # Noon there, so that no time zone moves it; standard time began between the two days.
        "assignDate": "2026-10-30T17:00:00.000Z",
        "dueDate": "2026-11-02T18:00:00.000Z",
        "class": {"href": f"{BASE}/classes/07%2C1", "sourcedId": "07,1", "type": "class"},
        "category": {"href": f"{BASE}/categories/c1", "sourcedId": "c1", "type": "category"},
        "gradingPeriod": {
            "href": f"{BASE}/academicSessions/q1",
            "sourcedId": "q1",
            "type": "academicSession",
        },
        "resultValueMin": 0,
        "resultValueMax": 10,
    }


def test_a_result_is_complete_by_the_standard() -> None:
    assert writer().result(result()) == {
        "sourcedId": "r1",
        "status": "active",
        "dateLastModified": "2026-11-16T09:30:00.000Z",
        "lineItem": {"href": f"{BASE}/lineItems/li%2F1", "sourcedId": "li/1", "type": "lineItem"},
        "student": {"href": f"{BASE}/users/007", "sourcedId": "007", "type": "user"},
        "scoreStatus": "fully graded",
        "score": 8.5,
        "scoreDate": "2026-11-16",
    }


@pytest.mark.parametrize(
    ("score_e4", "text"),
    [(85_000, "8.5"), (80_000, "8"), (81_000, "8.1"), (1, "0.0001"), (333_333, "33.3333")],
)
def test_numbers_go_out_in_their_shortest_exact_form(score_e4: int, text: str) -> None:
    body = writer().result(result(score_e4=score_e4))
    assert json.dumps(body["score"]) == text


@pytest.mark.parametrize("text", ["8", "8.0", '"8.50"', '" 8.5"', "8.5"])
def test_a_score_is_read_exactly_in_each_form(text: str) -> None:
    record = parse_json(b'{"sourcedId": "r", "student": "007", "score": %b}' % text.encode())
    row = map_results([record], "li", "Practice").iloc[0]
    assert row.score_e4 == (80_000 if text.startswith("8") and "5" not in text else 85_000)
    assert row.status == "graded"


@pytest.mark.parametrize("score", [None, "", " "])
def test_a_cell_in_which_nothing_stands_is_blank(score: Any) -> None:
    row = map_results([{"sourcedId": "r", "student": "7", "score": score}], "li", "Practice").iloc[0]
    assert pd.isna(row.score_e4)
    assert pd.isna(row.status)


def test_what_the_sis_holds_beside_goes_back_unchanged() -> None:
    observed = json.dumps(
        {
            "sourcedId": "li/1",
            "title": "Cells (edited)",
            "description": "Chapter 3",
            "resultValueMin": 1,
            "metadata": {"ext_weight": 0.1, "ext_flag": None},
            "category": {"sourcedId": "c9", "type": "category"},
        }
    )
    sent = writer().line_item(item(observed_raw=observed, category_id_sis=None))
    assert sent["metadata"] == {"ext_weight": 0.1, "ext_flag": None}
    assert (sent["description"], sent["resultValueMin"], sent["title"]) == ("Chapter 3", 1, "Cells")
    assert sent["category"]["sourcedId"] == "c9"
    assert "comment" not in writer().result(result())
    carried = writer().result(result(observed_raw='{"comment": "Late", "score": 1}'))
    assert (carried["comment"], carried["score"]) == ("Late", 8.5)


def test_the_raw_text_of_an_object_survives_a_round_trip() -> None:
    record = parse_json(b'{"sourcedId": "li", "resultValueMax": 10.50, "metadata": {"w": 0.1, "n": 3}}')
    row = map_line_items([record], "s", "Practice", CHICAGO).iloc[0]
    assert json.loads(row.raw) == {"sourcedId": "li", "resultValueMax": 10.5, "metadata": {"w": 0.1, "n": 3}}
    assert row.points_possible_e4 == 105_000


def test_profiles_choose_how_dates_go() -> None:
    plain = writer(due_time_encoding="date_only", score_date_format="datetime")
    assert plain.line_item(item())["dueDate"] == "2026-11-02"
    assert plain.result(result())["scoreDate"] == "2026-11-16T18:00:00.000Z"


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_echo_is_read_wrapped_or_flat(wrapped: bool) -> None:
    body = {"sourcedId": 12, "score": "8.50", "scoreStatus": "Exempt"}
    stored = stored_result({"result": body} if wrapped else body, "r1")
    assert (stored.sis_id, stored.is_echoed, stored.score_e4, stored.status) == ("12", True, 85_000, "exempt")


@pytest.mark.parametrize(
    "echo", [None, [], "ok", {}, {"imsx_codeMajor": "success"}, {"result": {"sourcedId": "r1"}}]
)
def test_an_answer_that_tells_nothing_is_no_echo(echo: Any) -> None:
    stored = stored_result(echo, "r1")
    assert (stored.sis_id, stored.is_echoed, stored.score_e4) == ("r1", False, None)
    assert stored_line_item(echo, "li", CHICAGO).title is None


def test_an_echo_gives_dates_as_the_districts() -> None:
    echo = {"lineItem": {"sourcedId": "li", "dueDate": "2026-11-03T05:59:00Z", "assignDate": "2026-10-30"}}
    stored = stored_line_item(echo, "li", CHICAGO)
    assert (stored.due_date, stored.assign_date) == ("2026-11-02", "2026-10-30")


@pytest.mark.parametrize("primary", [True, "true", "True", "1", 1])
def test_booleans_may_be_words(primary: Any) -> None:
    enrollment = {"sourcedId": 1, "role": "Teacher", "user": 7, "class": "c", "primary": primary}
    _, teachers = map_enrolments([enrollment], "Practice", CHICAGO)
    assert teachers.iloc[0].is_primary
    assert teachers.iloc[0].teacher_id_sis == "7"


def test_references_may_be_bare_and_extra_fields_are_ignored() -> None:
    record = {
        "sourcedId": 1,
        "role": "student",
        "user": {"sourcedId": "007", "href": "x"},
        "class": "c1",
        "beginDate": "2026-08-17T00:00:00.000Z",
        "endDate": "",
        "vendorField": {"deep": []},
    }
    seats, _ = map_enrolments([record], "Practice", CHICAGO)
    row = seats.iloc[0]
    assert (row.student_id_sis, row.section_id_sis, str(row.begin_date.date())) == ("007", "c1", "2026-08-17")
    assert pd.isna(row.end_date)


@pytest.mark.parametrize(
    ("status", "is_active"),
    [
        (None, True),
        ("", True),
        ("active", True),
        ("Active", True),
        ("tobedeleted", False),
        ("toBeDeleted", False),
        ("to be deleted", False),
        ("inactive", False),
    ],
)
def test_states_are_read_in_any_spelling(status: str | None, is_active: bool) -> None:
    assert map_sections([{"sourcedId": "c", "status": status}], "Practice").iloc[0].is_active == is_active


def test_a_state_that_nobody_knows_is_not_guessed() -> None:
    with pytest.raises(SourceDataError, match="class c has a status"):
        map_sections([{"sourcedId": "c", "status": "archived"}], "Practice")


def test_no_error_shows_the_id_of_a_record_of_one_person() -> None:
    odd = {"sourcedId": "marked", "status": "archived", "role": "student", "user": "marked", "class": "c"}
    twice = [{"sourcedId": "marked", "score": 1}, {"sourcedId": "marked", "score": 2}]
    for work in (
        lambda: map_people([odd], "Practice", is_teacher=False),
        lambda: map_enrolments([odd], "Practice", CHICAGO),
        lambda: map_enrolments([odd | {"status": "active"}, odd | {"role": "aide"}], "Practice", CHICAGO),
        lambda: map_enrolments([odd | {"class": None}], "Practice", CHICAGO),
        lambda: map_results([odd], "li", "Practice"),
        lambda: map_results(twice, "li", "Practice"),
    ):
        with pytest.raises(SourceDataError) as caught:
            work()
        assert "marked" not in str(caught.value)


def test_a_date_at_the_end_of_the_calendar_is_unreadable_and_no_crash() -> None:
    assert date_of("0001-01-01T05:00:00+06:00", CHICAGO) is None
    assert date_of("0001-01-01T00:00:00Z", CHICAGO) == dt.date(1, 1, 1)


def test_an_active_stay_wins_over_an_ended_one_in_any_order() -> None:
    base = {"role": "student", "user": "7", "class": "c"}
    ended = base | {"sourcedId": "1", "status": "tobedeleted", "beginDate": "2026-09-01"}
    here = base | {"sourcedId": "2", "beginDate": "2026-08-01"}
    later = base | {"sourcedId": "3", "beginDate": "2026-10-01"}
    for order in ([ended, here, later], [later, here, ended], [here, ended, later]):
        seats, _ = map_enrolments(order, "Practice", CHICAGO)
        assert len(seats) == 1
        assert (bool(seats.iloc[0].is_active), str(seats.iloc[0].begin_date.date())) == (True, "2026-10-01")


def test_the_same_record_twice_is_one_and_a_contradiction_stops() -> None:
    one = {"sourcedId": "c", "status": "active", "school": "s"}
    assert len(map_sections([one, dict(one)], "Practice")) == 1
    with pytest.raises(SourceDataError, match="class c is there twice"):
        map_sections([one, one | {"school": "t"}], "Practice")


TERMS = [
    {"sourcedId": "s1", "status": "active", "type": "semester", "endDate": "2027-01-22"},
    {"sourcedId": "s2", "status": "active", "type": "term", "endDate": "2027-06-12T04:59:00Z"},
    {"sourcedId": "gone", "status": "tobedeleted", "endDate": "2027-07-30"},
    {"sourcedId": "undated", "status": "active", "endDate": ""},
]


@pytest.mark.parametrize(
    ("terms", "last"),
    [
        (["s1"], "2027-01-22"),
        (["s2", "s1"], "2027-06-11"),
        (["s1", "unheard of"], None),
        (["s1", "gone"], None),
        (["undated"], None),
        ([], None),
        (None, None),
    ],
)
def test_a_class_ends_with_its_last_term_or_nobody_knows_when(
    terms: list[str] | None, last: str | None
) -> None:
    section = {"sourcedId": "c", "status": "active", "terms": terms and [{"sourcedId": one} for one in terms]}
    days = last_days_of(TERMS, "Practice", CHICAGO)
    (found,) = map_sections([section], "Practice", days)["end_date"]
    assert (None if pd.isna(found) else str(found.date())) == last
    assert map_sections([section], "Practice")["end_date"].isna().all()


def test_a_person_listed_per_school_is_one_person() -> None:
    users = [{"sourcedId": "7", "orgs": ["a"], "status": "tobedeleted"}, {"sourcedId": "7", "orgs": ["b"]}]
    people = map_people(users, "Practice", is_teacher=False)
    assert people.to_dict("records") == [{"student_id_sis": "7", "is_active": True}]


def test_deleted_items_and_results_are_left_out() -> None:
    gone = {"sourcedId": "x", "status": "tobedeleted", "student": "7"}
    assert map_line_items([gone], "s", "Practice", CHICAGO).empty
    assert map_results([gone], "li", "Practice").empty


def test_a_category_may_belong_to_one_section() -> None:
    rows = map_categories(
        [
            {"sourcedId": "a", "title": "Lab", "metadata": {"classId": 7}},
            {"sourcedId": "b", "title": "Quiz", "metadata": {}},
            {"sourcedId": "c", "title": "Quiz", "metadata": None},
        ],
        "Practice",
    )
    assert rows.section_id_sis.isna().tolist() == [False, True, True]
    assert rows.section_id_sis[0] == "7"


def test_a_period_without_dates_stops_and_a_deleted_one_does_not() -> None:
    with pytest.raises(SourceDataError, match="grading period q1"):
        map_periods([{"sourcedId": "q1", "startDate": "2026-08-17"}], "Practice", CHICAGO)
    gone = map_periods([{"sourcedId": "q1", "status": "tobedeleted"}], "Practice", CHICAGO)
    assert list(gone) == list(frames.GRADING_PERIODS.columns)


def test_a_student_seat_without_a_class_stops_and_a_teacher_without_id_does_not() -> None:
    with pytest.raises(SourceDataError, match="one enrollment of a student"):
        map_enrolments([{"sourcedId": 1, "role": "student", "user": "7"}], "Practice", CHICAGO)
    _, teachers = map_enrolments([{"sourcedId": 1, "role": "teacher", "class": "c"}], "Practice", CHICAGO)
    assert teachers.empty


def test_a_result_of_nobody_stops_without_a_value() -> None:
    with pytest.raises(SourceDataError, match="observed_results breaks its schema") as caught:
        map_results([{"sourcedId": "r", "score": 8.5}], "li", "Practice")
    assert "8.5" not in str(caught.value)


def test_settings_refuse_typos_inline_secrets_and_plain_http() -> None:
    good = {
        "base_url": BASE,
        "token_url": "https://sis.example/token",
        "client_id": {"env": "ID"},
        "client_secret": {"env": "SECRET"},
    }
    assert SETTINGS.model_validate(good).page_size is None
    for wrong in (
        {"pagesize": "marked"},
        {"client_secret": "marked"},
        {"base_url": "http://sis.example/marked"},
        {"base_url": "https://key:marked@sis.example"},
    ):
        with pytest.raises(ValueError, match="validation error") as caught:
            SETTINGS.model_validate({**good, **wrong})
        assert "marked" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"textScore": "B+"}, "graded"),
        ({"score": None, "textScore": "B+", "scoreStatus": "partially graded"}, "graded"),
        ({"score": "8,5"}, "graded"),
        ({"score": [8]}, "graded"),
        ({"score": None, "textScore": " "}, None),
        ({"score": ""}, None),
        ({"textScore": "B+", "scoreStatus": "exempt"}, "exempt"),
    ],
)
def test_a_grade_in_words_is_no_blank_cell(fields: dict[str, Any], status: str | None) -> None:
    record = {"sourcedId": "r", "student": {"sourcedId": "7"}, "scoreStatus": "fully graded", **fields}
    (row,) = map_results([record], "li", "Practice").itertuples()
    assert pd.isna(row.score_e4)
    assert row.status == status if status else pd.isna(row.status)


@pytest.mark.parametrize("name", ["beginDate", "endDate"])
@pytest.mark.parametrize("day", ["10/31/2026", "2026-13-01", "soon", 20261031])
def test_a_stay_whose_day_cannot_be_read_is_not_taken_for_one_without_end(name: str, day: Any) -> None:
    record = {"sourcedId": "e", "role": "student", "user": {"sourcedId": "007"}, "class": {"sourcedId": "c"}}
    with pytest.raises(SourceDataError, match=f"one enrollment has {name}") as caught:
        map_enrolments([{**record, name: day}], "Practice", CHICAGO)
    assert "007" not in str(caught.value)
