"""A OneRoster gradebook is read whole and exactly, in either version, or not at all."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import CredentialError, PermanentError, RetriableError, SourceDataError
from gradeflow.lms.oneroster import OneRosterSource
from gradeflow.lms.oneroster_account import VENDOR, OneRosterLmsSettings
from gradeflow.lms.oneroster_fields import instant_of
from gradeflow.lms.oneroster_records import Section, line_item_row, result_rows, seats_of
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, ConnectorContext
from gradeflow.transport.answers import parse_json
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.lms.practice_lms import PracticeLms, served

ZONE = ZoneInfo("America/New_York")
SECTION = Section("c1", "0901", "math-9")
ITEM = ["lms_assignment_id", "section_id_sis"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeLms]:
    with served("oneroster", tmp_path_factory.mktemp("oneroster")) as lms:
        yield lms


@pytest.fixture
def lms(server: PracticeLms, monkeypatch: pytest.MonkeyPatch) -> PracticeLms:
    server.renew()

    monkeypatch.setattr(Waiting, "seconds", lambda *_: 0.0)
    return server


def older(lms: PracticeLms, **more: Any) -> dict[str, Any]:
    return {"version": "1.1", "base_url": f"{lms.spec.origin}/ims/oneroster/v1p1", **more}


def row(extract: GradebookExtract, assignment: str, student: str, section: str = "m9-01") -> Any:
    results = extract.results.set_index([*ITEM, "student_id_sis"])
    return results.loc[(f"{assignment}-{section}", section, student)]


def sorted_frames(extract: GradebookExtract) -> list[pd.DataFrame]:
    items = extract.line_items.sort_values(ITEM, ignore_index=True)
    return [items, extract.results.sort_values([*ITEM, "student_id_sis"], ignore_index=True)]


ONLY_NEW = ["grading"], ["is_late", "is_missing", "score_text"]


def test_small_pages_whole_lists_and_signed_calls_give_the_same(lms: PracticeLms) -> None:
    expected = sorted_frames(lms.read())
    ways: list[dict[str, Any]] = [{"page_size": 1}, {"auth": "body"}, {"by_class": False}]
    ways += [{"auth": f"oauth1-hmac-{name}", "token_url": None} for name in ("sha1", "sha256")]
    for more in ways:
        for left, right in zip(expected, sorted_frames(lms.read(**more)), strict=True):
            assert_frame_equal(left, right)


def test_the_older_version_gives_the_same_as_far_as_it_has_fields(lms: PracticeLms) -> None:
    expected = sorted_frames(lms.read())
    signed = older(lms, auth="oauth1-hmac-sha1", token_url=None)
    for more in (older(lms), signed):
        for left, right, only_new in zip(expected, sorted_frames(lms.read(**more)), ONLY_NEW, strict=True):
            assert_frame_equal(left.drop(columns=only_new), right.drop(columns=only_new))


def test_what_oneroster_cannot_say_is_unknown(lms: PracticeLms) -> None:
    extract = lms.read()
    unknown = ["is_selected", "is_in_final_grade", "assigned_by_lms", "assigned_by_sis", "has_everyone"]
    assert extract.line_items[[*unknown, "is_individual", "created_at"]].isna().all(axis=None)
    assert extract.results[["is_excluded", "is_posted"]].isna().all(axis=None)


def test_line_items_have_their_dates_categories_periods_and_points(lms: PracticeLms) -> None:
    items = lms.read().line_items.set_index("lms_assignment_id")
    quiz = items.loc["502-m9-02"]
    assert (quiz.category_lms, quiz.term_lms, quiz.grading) == ("Quiz", "q1-2026", "points")
    assert (quiz.assigned_basis, quiz.due_basis) == ("assigned", "item")
    assert quiz.due_at.tz_convert(ZONE).isoformat() == "2026-09-28T23:59:00-04:00"
    assert items.loc["506-sci-01"].points_possible_e4 == 105_000
    assert items.loc["503-m9-01"].grading == "unknown"


def test_states_of_work_are_separate_facts(lms: PracticeLms) -> None:
    extract = lms.read()
    excused, late, idle = (row(extract, "501", student) for student in ("s-002", "s-003", "s-004"))
    assert (excused.is_excused, excused.is_graded) == (True, False)
    assert (late.is_late, late.is_graded, late.score_e4) == (True, True, 80_000)
    assert (idle.is_missing, idle.is_submitted, idle.is_graded) == (True, False, False)
    handed_in = row(extract, "507", "s-002", "sci-01")
    assert (handed_in.is_submitted, handed_in.is_graded) == (True, False)
    assert row(extract, "503", "s-001").score_text == "A-"


def test_who_has_left_or_was_never_enrolled_is_not_enrolled(lms: PracticeLms) -> None:
    extract = lms.read()
    assert not row(extract, "501", "s-006").is_enrolled
    assert not row(extract, "501", "s-012", "m9-02").is_enrolled
    assert row(extract, "501", "s-001").is_enrolled


def test_a_student_without_a_result_has_a_row_that_says_only_so_much(lms: PracticeLms) -> None:
    lms.edit("results", None, sourcedId="501-m9-01-s-004")
    idle = row(lms.read(), "501", "s-004")
    assert not idle.is_graded
    assert pd.isna(idle.is_submitted)
    assert pd.isna(idle.score_e4)


def test_what_is_deleted_is_gone(lms: PracticeLms) -> None:
    lms.edit("lineItems", {"status": "tobedeleted"}, sourcedId="501-m9-01")
    lms.edit("results", {"status": "tobedeleted"}, sourcedId="502-m9-01-s-001")
    lms.edit("classes", {"status": "tobedeleted"}, sourcedId="sci-01")
    extract = lms.read()
    assert "501-m9-01" not in set(extract.line_items.lms_assignment_id)
    assert "501-m9-01" not in set(extract.results.lms_assignment_id)
    assert pd.isna(row(extract, "502", "s-001").score_e4)
    assert set(extract.line_items.section_id_sis) == {"m9-01", "m9-02"}


def test_the_sis_may_know_classes_and_students_by_another_field(lms: PracticeLms) -> None:
    lms.edit("classes", {"classCode": "0901/A"}, sourcedId="m9-01")
    lms.edit("classes", {"classCode": None}, sourcedId="m9-02")
    lms.edit("users", {"identifier": "000042"}, sourcedId="s-001")
    lms.edit("users", {"identifier": None}, sourcedId="s-002")
    extract = lms.read(section_key="classCode", student_key="identifier")
    assert set(extract.line_items.section_id_sis) == {"0901/A", "sci-01"}
    assert "000042" in set(extract.results.student_id_sis)
    assert not {"s-001", "s-002"} & set(extract.results.student_id_sis)
    # s-002 has four items in one class, two in the other
    assert extract.left_out == {"SECTION_WITHOUT_SIS_ID": 1, "STUDENT_WITHOUT_SIS_ID": 8}


def test_two_students_of_one_sis_id_stop_the_district(lms: PracticeLms) -> None:
    lms.edit("users", {"identifier": "s-001"}, sourcedId="s-003")
    with pytest.raises(SourceDataError) as caught:
        lms.read(student_key="identifier")
    assert "s-001" not in str(caught.value)


def test_one_class_out_of_reach_is_named_and_the_others_are_read(lms: PracticeLms) -> None:
    lms.fault(do="status", code=503, path="/classes/m9-01/results", times=None)
    extract = lms.read()
    assert extract.incomplete_sections == {"m9-01"}
    assert set(extract.results.section_id_sis) == {"m9-02", "sci-01"}
    lms.fault(do="status", code=503, path="*/results", times=None)
    with pytest.raises(RetriableError):
        lms.read()


def test_of_whole_lists_neither_may_fail(lms: PracticeLms) -> None:
    lms.fault(do="status", code=503, path="/results", times=None)
    with pytest.raises(RetriableError):
        lms.read(by_class=False)
    assert len(lms.read().results) > 0


@pytest.mark.parametrize("path", ["*/enrollments", "*/classes", "*/categories"])
def test_a_list_that_does_not_come_is_no_empty_list(lms: PracticeLms, path: str) -> None:
    lms.fault(do="status", code=503, path=path, times=None)
    with pytest.raises(RetriableError):
        lms.read()


@pytest.mark.parametrize("fault", [{"do": "reset"}, {"do": "status", "code": 429}, {"do": "expire_tokens"}])
def test_a_passing_fault_is_waited_out(lms: PracticeLms, fault: dict[str, Any]) -> None:
    expected = len(lms.read().results)
    lms.fault(**fault, path="*/results", times=1)
    assert len(lms.read().results) == expected


def test_wrong_credentials_say_what_to_renew(lms: PracticeLms) -> None:
    for more in ({"client_secret": {"env": "client_id"}}, {"scope": "https://nowhere.example/scope"}):
        with pytest.raises(CredentialError, match="new client id"):
            lms.read(**more)
    (result,) = lms.run(lambda source: source.check(), client_secret={"env": "client_id"})
    assert not result.passed
    narrow = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly"
    with pytest.raises(CredentialError, match="administrator grants") as caught:
        lms.read(scope=narrow)
    assert caught.value.code == "RIGHTS_MISSING"


def test_the_wrong_version_is_told(lms: PracticeLms) -> None:
    with pytest.raises(PermanentError):
        lms.read(version="1.1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "2.0"},
        {"token_url": None},
        {"auth": "oauth1-hmac-sha1"},
        {"page_size": 0},
        {"folder": "x"},
    ],
)
def test_settings_name_what_is_wrong(wrong: dict[str, Any]) -> None:
    good = {"base_url": "https://lms.example/ims/oneroster", "token_url": "https://lms.example/token"}
    good |= {"client_id": {"env": "A"}, "client_secret": {"env": "B"}}
    assert OneRosterLmsSettings.model_validate(good).version == "1.2"
    assert OneRosterLmsSettings.model_validate({**good, "version": 1.1}).version == "1.1"
    with pytest.raises(ValueError, match="token_url" if "auth" in wrong else next(iter(wrong))):
        OneRosterLmsSettings.model_validate({**good, **wrong})


# ---- records ----------------------------------------------------------------------------------------


def result(**keys: Any) -> dict[str, Any]:
    record = {"sourcedId": "r1", "lineItem": {"sourcedId": "i1"}, "student": {"sourcedId": "p1"}, **keys}
    (mapped,) = result_rows(["i1"], [record], {})
    frames.build(frames.RESULTS, [{"section_id_sis": "0901", "student_id_sis": "p1", **_known(mapped)}])
    return mapped


def _known(mapped: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapped.items() if key != "student_id_lms"}


@pytest.mark.parametrize(
    ("status", "graded", "submitted", "excused", "score"),
    [
        ("fully graded", True, None, False, 80_000),
        ("Fully Graded", True, None, False, 80_000),
        ("exempt", False, None, True, 80_000),
        ("partially graded", False, None, False, None),
        ("submitted", False, True, False, 80_000),
        ("not submitted", False, False, False, 80_000),
        ("ext:someday", None, None, None, 80_000),
        (None, None, None, None, 80_000),
    ],
)
def test_each_status_means_what_the_standard_says(
    status: str | None, graded: bool | None, submitted: bool | None, excused: bool | None, score: int | None
) -> None:
    found = result(scoreStatus=status, score=8)
    assert (found["is_graded"], found["is_submitted"], found["is_excused"], found["score_e4"]) == (
        graded,
        submitted,
        excused,
        score,
    )


def test_fully_graded_without_a_score_is_not_graded() -> None:
    assert result(scoreStatus="fully graded")["is_graded"] is False


@pytest.mark.parametrize(("flag", "value"), [("true", True), ("True", True), ("false", False), (None, None)])
def test_flags_of_1_2_are_words(flag: str | None, value: bool | None) -> None:
    found = result(scoreStatus="submitted", missing=flag, late=flag)
    assert (found["is_missing"], found["is_late"]) == (value, value)


def test_work_in_progress_has_no_score_yet() -> None:
    found = result(scoreStatus="fully graded", score=3, textScore="C", inProgress="true")
    assert (found["score_e4"], found["score_text"], found["is_graded"]) == (None, None, False)


@pytest.mark.parametrize(("text", "kept"), [("B+", "B+"), ("8.5", None), ("", None), (None, None)])
def test_only_words_are_score_text(text: str | None, kept: str | None) -> None:
    assert result(scoreStatus="fully graded", textScore=text)["score_text"] == kept


def test_scores_are_exact() -> None:
    assert result(scoreStatus="fully graded", score=parse_json(b"8.1"))["score_e4"] == 81_000


@pytest.mark.parametrize(
    "records",
    [
        [{"sourcedId": "r1", "student": {"sourcedId": "p1"}}],
        [{"sourcedId": "r1", "lineItem": {"sourcedId": "i1"}}],
        [{"sourcedId": "r", "status": "lost", "lineItem": "i1", "student": "p1"}],
        [{"sourcedId": f"r{n}", "lineItem": "i1", "student": "p1"} for n in (1, 2)],
    ],
)
def test_results_that_cannot_be_placed_stop_the_reading(records: list[dict[str, Any]]) -> None:
    with pytest.raises(SourceDataError):
        result_rows(["i1"], records, {})


def test_results_of_other_line_items_do_not_come_in() -> None:
    assert result_rows(["i1"], [{"sourcedId": "r", "lineItem": "gone", "student": "p1"}], {}) == []


@pytest.mark.parametrize(
    ("begin", "end", "status", "taken"),
    [
        (None, None, "active", True),
        ("2026-09-01", "2026-11-17", "active", True),
        ("2026-09-01", "2026-11-16", "active", False),  # the first day no longer in it
        ("2026-11-17", None, "active", False),
        (None, None, "tobedeleted", False),
    ],
)
def test_a_seat_is_taken_from_its_first_day_to_before_its_end(
    begin: str | None, end: str | None, status: str, taken: bool
) -> None:
    stay = {"role": "Student", "class": "c1", "user": "p1", "status": status, "beginDate": begin}
    assert seats_of([{**stay, "endDate": end}], dt.date(2026, 11, 16)) == {"c1": {"p1": taken}}
    again = {**stay, "beginDate": None, "status": "active", "endDate": None}
    assert seats_of([{**stay, "endDate": end}, again], dt.date(2026, 11, 16))["c1"]["p1"]
    assert seats_of([{**stay, "role": "teacher"}], dt.date(2026, 11, 16)) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-01", "2026-10-02T03:59:00+00:00"),
        ("2026-10-01T00:00:00.000Z", "2026-10-02T03:59:00+00:00"),
        ("2026-10-01T21:00:00Z", "2026-10-01T21:00:00+00:00"),
        ("2026-10-01T17:00:00-04:00", "2026-10-01T21:00:00+00:00"),
        ("2026-10-01T17:00:00", "2026-10-01T21:00:00+00:00"),
    ],
)
def test_a_day_is_the_districts_and_an_instant_stays_one(text: str, expected: str) -> None:
    found = instant_of(text, ZONE, dt.time(23, 59))
    assert found is not None
    assert found.isoformat() == expected


def test_a_broken_date_is_not_a_missing_one() -> None:
    assert instant_of(None, ZONE, dt.time()) is None
    for text in ("soon", "2026-13-01", "0001-01-01T00:00:01+05:00"):
        with pytest.raises(SourceDataError, match="ISO 8601"):
            line_item_row({"sourcedId": "i1", "dueDate": text}, SECTION, {}, ZONE)


def test_points_are_exact_or_kept_as_text() -> None:
    for text, points_e4, kept in (("10.5", 105_000, None), ("0.123456", None, "0.123456")):
        record = {"sourcedId": "i1", "resultValueMax": parse_json(text.encode())}
        found = line_item_row(record, SECTION, {}, ZONE)
        assert (found["points_possible_e4"], found["points_text"]) == (points_e4, kept)
    assert line_item_row({"sourcedId": "i1"}, SECTION, {}, ZONE)["grading"] == "unknown"


def test_one_id_for_two_records_is_refused() -> None:
    classes = [{"sourcedId": "a", "title": "one"}, {"sourcedId": "a", "title": "another"}]

    def answer(request: httpx.Request) -> httpx.Response:
        rows = classes if request.url.path.endswith("/classes") else []
        return httpx.Response(200, json=rows)

    async def main() -> None:
        settings = OneRosterLmsSettings.model_validate(
            {
                "base_url": "https://lms.example/ims/oneroster",
                "token_url": "https://lms.example/token",
                "client_id": {"env": "ID"},
                "client_secret": {"env": "SECRET"},
            }
        )
        context = ConnectorContext("d", ZONE, dt.datetime(2026, 10, 1, tzinfo=dt.UTC), lambda reference: "")
        transport = httpx.MockTransport(answer)
        async with HttpClient(
            VENDOR, settings.base_url, bearer_token("t"), Calls(), transport=transport
        ) as http:
            await OneRosterSource(settings, "oneroster:x", http, context, Calls()).read_gradebook()

    with pytest.raises(SourceDataError, match="two records of one class that differ"):
        asyncio.run(main())
