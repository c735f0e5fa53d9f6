"""What the Aeries connector promises, on a practice Aeries over real HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from gradeflow.errors import (
    AmbiguousDeliveryError,
    CredentialError,
    OutsideError,
    PermanentError,
    RetriableError,
    SourceDataError,
)
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.ports import BulkGradeSink
from gradeflow.sis.aeries_v5_reader import AeriesSettings
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.sis.vendor_practice import Vendor, awkward_school, served, without_pauses

SECTION, OTHER = "0901", "0902,1"
BOOK, SECTION_NUMBER = 4366901, 1001
LINE_ITEM = LineItemWrite(
    sis_id="6f1d2c1e-0000-5000-8000-000000000001",
    section_id_sis=SECTION,
    school_id_sis=None,
    title="Ratios practice",
    assign_date="2026-11-09",
    due_date="2026-11-13",
    category_id_sis="0901:1",
    period_id_sis="q2-2026",
    points_possible_e4=200_000,
    is_create=True,
)


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    with served("aeries_v5", tmp_path_factory.mktemp("aeries"), awkward_school()) as vendor:
        yield vendor


@pytest.fixture
def aeries(_site: Vendor, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    _site.renew()
    monkeypatch.setattr(Waiting, "retrying", without_pauses(_site))
    return _site


def score(unique: str, student: str = "000001", score_e4: int = 85_000, **more: Any) -> ResultWrite:
    return ResultWrite(
        sis_id="own",
        line_item_sis_id=unique,
        section_id_sis=SECTION,
        student_id_sis=student,
        score_e4=score_e4,
        status=more.get("status", "graded"),
        score_date="2026-11-16",
        observed_raw=more.get("observed_raw"),
    )


async def items(system: Any, section: str = SECTION) -> pd.DataFrame:
    return await system.read_line_items(section)


# ---- reference ---------------------------------------------------------------------------------------


def test_the_reference_speaks_in_the_ids_that_the_lms_carries(aeries: Vendor) -> None:
    found = aeries.run(lambda system: system.read_reference())
    for name, schema in (
        ("sections", frames.SIS_SECTIONS),
        ("grading_periods", frames.GRADING_PERIODS),
        ("categories", frames.CATEGORIES),
        ("students", frames.STUDENTS),
        ("enrolments", frames.ENROLMENTS),
        ("teachers", frames.TEACHERS),
        ("class_teachers", frames.CLASS_TEACHERS),
    ):
        frames.checked(schema, getattr(found, name))
    school = aeries.school
    assert set(found.sections.section_id_sis) == {one.id for one in school.sections}
    assert set(found.students.student_id_sis) == set(school.students)
    seats = set(zip(found.enrolments.student_id_sis, found.enrolments.section_id_sis, strict=True))
    assert seats == {(one.student, one.section) for one in school.enrolments}
    assert list(found.grading_periods.period_id_sis) == [period.id for period in school.periods]
    mine = found.class_teachers[found.class_teachers.section_id_sis == OTHER]
    assert dict(zip(mine.teacher_id_sis, mine.is_primary, strict=True)) == {"t-200": True, "t-300": False}
    left = found.enrolments[found.enrolments.student_id_sis == "s-006"].iloc[0]
    assert (str(left.begin_date.date()), str(left.end_date.date())) == ("2026-08-31", "2026-10-16")
    lab = found.categories[found.categories.title == "Lab"]
    assert list(lab.section_id_sis) == ["sci-01"]
    assert set(found.categories[found.categories.section_id_sis == SECTION].title) == {
        "Homework",
        "Quiz",
        "Test",
    }


def test_the_sites_own_numbers_are_the_usual_ids(aeries: Vendor) -> None:
    own = dict.fromkeys(("section_id", "student_id", "teacher_id", "period_id"))
    found = aeries.run(lambda system: system.read_reference(), **own)
    assert "994_1001" in set(found.sections.section_id_sis)
    assert "99400001" in set(found.students.student_id_sis)
    assert "994601" in set(found.teachers.teacher_id_sis)
    assert list(found.grading_periods.period_id_sis) == ["994_1", "994_2", "994_3", "994_4"]


def test_students_are_paged_to_the_end(aeries: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradeflow.sis.aeries_v5_reader.STUDENT_PAGE", 5)
    found = aeries.run(lambda system: system.read_reference())
    assert set(found.students.student_id_sis) == set(aeries.school.students)
    assert aeries.count("/aeries/api/v5/schools/{school}/students") == 4  # the last one is empty


def test_two_sections_with_one_id_are_not_guessed_apart(aeries: Vendor) -> None:
    with pytest.raises(SourceDataError, match="two sections get the same id by section_id"):
        aeries.run(lambda system: system.read_reference(), section_id="{SchoolCode}")
    with pytest.raises(SourceDataError, match="are they spelled as the vendor does"):
        aeries.run(lambda system: system.read_reference(), section_id="{Nothing}")


def test_another_database_year_is_asked_for_with_every_call(aeries: Vendor) -> None:
    assert aeries.run(lambda system: system.read_reference(), database_year=2026) is not None
    with pytest.raises(PermanentError, match="DatabaseYear"):
        aeries.run(lambda system: system.read_reference(), database_year=2025)


# ---- assignments -------------------------------------------------------------------------------------


def test_an_assignment_bears_our_id_and_is_known_by_aeries_own(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        assert isinstance(system, BulkGradeSink)
        return await system.put_line_item(LINE_ITEM), await items(system), system.allocates_ids

    stored, found, allocates = aeries.run(work)
    assert allocates
    assert (stored.title, stored.assign_date, stored.due_date) == (
        "Ratios practice",
        "2026-11-09",
        "2026-11-13",
    )
    assert (stored.category_id_sis, stored.points_possible_e4) == ("0901:1", 200_000)
    (row,) = found.itertuples()
    assert (row.sis_id, row.external_id) == (stored.sis_id, LINE_ITEM.sis_id)
    assert row.sis_id != LINE_ITEM.sis_id
    assert aeries.stored("assignments")[0]["AssignmentCategory"]["Description"] == "Quiz"


def test_an_insert_repeated_leaves_one_assignment(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        first = await system.put_line_item(LINE_ITEM)
        second = await system.put_line_item(dataclasses.replace(LINE_ITEM, title="Ratios"))
        return first, second, await items(system)

    first, second, found = aeries.run(work)
    assert first.sis_id == second.sis_id
    assert list(found.title) == ["Ratios"]


def test_an_insert_whose_answer_was_lost_is_found_again_by_our_id(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        aeries.fault(do="lose_answer", method="POST", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(LINE_ITEM)
        return await items(system)

    assert list(aeries.run(work).external_id) == [LINE_ITEM.sis_id]


@pytest.mark.parametrize("do", ["no_echo", "bad_json"])
def test_an_insert_without_an_echo_is_unknown_since_its_id_is(aeries: Vendor, do: str) -> None:
    aeries.fault(do=do, method="POST", times=1)
    with pytest.raises(AmbiguousDeliveryError):
        aeries.run(lambda system: system.put_line_item(LINE_ITEM))


def test_two_assignments_with_our_one_id_are_left_to_a_person(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        second = dataclasses.replace(LINE_ITEM, sis_id="other")
        stored = await system.put_line_item(second)
        aeries.edit(collection="assignments", key=stored.sis_id, set={"ExternalID": LINE_ITEM.sis_id})
        await system.put_line_item(LINE_ITEM)

    with pytest.raises(PermanentError, match="2 assignments with our one ExternalID") as caught:
        aeries.run(work)
    assert caught.value.code == "LIKELY_DUPLICATE"


@pytest.mark.parametrize("category", ["0901:7", "0902,1:1", "sci-01:3", None, "Quiz"])
def test_a_category_that_is_not_the_gradebooks_is_refused_before_it_is_sent(
    aeries: Vendor, category: str | None
) -> None:
    with pytest.raises(PermanentError, match="would silently take its first one") as caught:
        aeries.run(
            lambda system: system.put_line_item(dataclasses.replace(LINE_ITEM, category_id_sis=category))
        )
    assert caught.value.code == "CATEGORY_GONE"
    assert aeries.stored("assignments") == []


def test_linked_gradebooks_get_nothing(aeries: Vendor) -> None:
    for book in (BOOK, BOOK + 1, BOOK + 2):
        aeries.edit(collection="gradebooks", key=book, set={"LinkedGroup": 3, "TeacherNumber": 1})

    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        raw = (await items(system)).raw[0]
        await system.put_line_item(
            dataclasses.replace(LINE_ITEM, sis_id=stored.sis_id, title="B", is_create=False, observed_raw=raw)
        )

    aeries.run(work)
    assert [one["Description"] for one in aeries.stored("assignments")] == ["B"]


def test_an_update_carries_what_is_not_ours_and_finds_a_renumbered_assignment(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        theirs = {
            "Comment": "Chapter 3",
            "GradingCompleted": True,
            "AssignmentNumber": 40,
            "PointsPossible": 5,
        }
        aeries.edit(collection="assignments", key=stored.sis_id, set=theirs)
        raw = (await items(system)).raw[0]
        change = dataclasses.replace(
            LINE_ITEM, sis_id=stored.sis_id, title="Ratios", points_possible_e4=250_000, is_create=False
        )
        first = await system.put_line_item(dataclasses.replace(change, observed_raw=raw))
        second = await system.put_line_item(dataclasses.replace(change, title="Ratios 2"))
        return first, second

    first, second = aeries.run(work)
    assert (first.title, second.title, second.points_possible_e4) == ("Ratios", "Ratios 2", 250_000)
    (held,) = aeries.stored("assignments")
    assert (held["Comment"], held["GradingCompleted"], held["AssignmentNumber"]) == ("Chapter 3", True, 40)
    assert (held["NumberCorrectPossible"], held["PointsPossible"]) == (25, 5)  # the teacher's weight stays
    assert held["ExternalID"] == LINE_ITEM.sis_id


def test_a_title_too_long_names_the_field_and_not_the_value(aeries: Vendor) -> None:
    with pytest.raises(PermanentError) as caught:
        aeries.run(lambda system: system.put_line_item(dataclasses.replace(LINE_ITEM, title="Marked " * 40)))
    assert caught.value.code == "SIS_REFUSED"
    assert "Description" in str(caught.value)
    assert "Marked" not in str(caught.value)


def test_an_assignment_deleted_by_its_teacher_is_a_parent_gone(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        raw = (await items(system)).raw[0]
        aeries.edit(collection="assignments", key=stored.sis_id, set=None)
        for job in (
            system.put_result(score(stored.sis_id)),
            system.put_line_item(dataclasses.replace(LINE_ITEM, is_create=False, observed_raw=raw)),
        ):
            with pytest.raises(PermanentError) as caught:
                await job
            assert caught.value.code == "SIS_PARENT_GONE"
        return await items(system)

    assert aeries.run(work).empty


# ---- which gradebook ---------------------------------------------------------------------------------


def second_gradebook(aeries: Vendor, start: str, end: str) -> None:
    (first,) = [one for one in aeries.stored("gradebooks") if one["GradebookNumber"] == BOOK]
    dates = {"StartDate": f"{start}T00:00:00", "EndDate": f"{end}T00:00:00", "GradebookNumber": 77}
    aeries.edit(collection="gradebooks", key=77, set={**first, **dates})


def test_of_several_gradebooks_the_one_whose_dates_hold_the_due_date_is_written(aeries: Vendor) -> None:
    aeries.edit(collection="gradebooks", key=BOOK, set={"EndDate": "2026-11-08T00:00:00"})
    second_gradebook(aeries, "2026-11-09", "2027-06-18")
    aeries.run(lambda system: system.put_line_item(LINE_ITEM))
    assert [one["GradebookNumber"] for one in aeries.stored("assignments")] == [77]


def test_several_gradebooks_for_one_day_are_refused_until_the_district_names_one(aeries: Vendor) -> None:
    second_gradebook(aeries, "2026-11-09", "2027-06-18")
    with pytest.raises(PermanentError, match=r"several gradebooks for 2026-11-13 \(4366901, 77\)") as caught:
        aeries.run(lambda system: system.put_line_item(LINE_ITEM))
    assert caught.value.code == "GRADEBOOK_AMBIGUOUS"
    aeries.run(lambda system: system.put_line_item(LINE_ITEM), gradebooks={SECTION: 77})
    assert [one["GradebookNumber"] for one in aeries.stored("assignments")] == [77]


def test_a_section_without_a_gradebook_is_not_an_empty_section(aeries: Vendor) -> None:
    aeries.edit(collection="gradebooks", key=BOOK, set=None)
    for work in (items, lambda system: system.put_line_item(LINE_ITEM)):
        with pytest.raises(PermanentError, match="has no gradebook") as caught:
            aeries.run(work)
        assert caught.value.code == "GRADEBOOK_MISSING"


def test_a_gradebook_of_two_sections_is_refused(aeries: Vendor) -> None:
    both = [{"SchoolCode": 994, "SectionNumber": number} for number in (SECTION_NUMBER, SECTION_NUMBER + 1)]
    aeries.edit(collection="gradebooks", key=BOOK, set={"Sections": both})
    with pytest.raises(PermanentError, match="serves 2 sections") as caught:
        aeries.run(lambda system: system.put_line_item(LINE_ITEM))
    assert caught.value.code == "GRADEBOOK_SHARED"


# ---- scores ------------------------------------------------------------------------------------------


def test_cells_are_blank_from_the_start_and_blank_is_no_score(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        return await system.read_results(SECTION, stored.sis_id)

    cells = aeries.run(work)
    assert len(cells) == 6
    assert cells.status.isna().all()
    assert cells.score_e4.isna().all()


@pytest.mark.parametrize(
    ("score_e4", "number"), [(85_000, 8.5), (80_000, 8), (81_000, 8.1), (0, 0), (87_501, 8.7501)]
)
def test_scores_arrive_as_the_number_they_are_and_come_back_with_the_answer(
    aeries: Vendor, score_e4: int, number: float
) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        echo = await system.put_result(score(stored.sis_id, score_e4=score_e4))
        return echo, await system.read_results(SECTION, stored.sis_id)

    echo, cells = aeries.run(work)
    assert (echo.is_echoed, echo.score_e4, echo.status) == (True, score_e4, "graded")
    cell = cells.set_index("student_id_sis").loc["000001"]
    assert (cell.score_e4, cell.status, cell.sis_id) == (score_e4, "graded", echo.sis_id)
    held = next(one for one in aeries.stored("scores") if one["StudentID"] == 99400001)
    assert repr(held["NumberCorrect"]) == repr(number)


def test_many_scores_go_in_one_call_each_with_its_own_outcome(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        writes = [score(stored.sis_id, one) for one in ("000001", "1", "s-003")]
        writes.insert(1, score(stored.sis_id, "s-004", 0, status="exempt"))
        writes.append(score(stored.sis_id, "nobody"))
        return await system.put_results(writes), system.calls.writes

    outcomes, writes = aeries.run(work)
    assert writes == 2  # one insert, one call for the scores
    assert [getattr(one, "score_e4", None) for one in outcomes] == [85_000, None, 85_000, 85_000, None]
    assert [getattr(one, "code", None) for one in outcomes] == [
        None, "EXCUSED_NOT_WRITABLE", None, None, "STUDENT_UNKNOWN",
    ]  # fmt: skip


def test_an_excused_score_is_refused_and_never_a_zero(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        await system.put_result(score(stored.sis_id, score_e4=0, status="exempt"))

    with pytest.raises(PermanentError, match="have the teacher type NA"):
        aeries.run(work)
    assert all(one["NumberCorrect"] is None for one in aeries.stored("scores"))


def test_one_student_who_is_not_in_the_gradebook_spoils_no_others_score(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        writes = [score(stored.sis_id, one) for one in ("000001", "s-008", "1")]  # s-008 sits elsewhere
        return await system.put_results(writes)

    first, second, third = aeries.run(work)
    assert (first.score_e4, third.score_e4) == (85_000, 85_000)
    assert (type(second), second.code) == (PermanentError, "SIS_REFUSED")
    assert sorted(one["StudentID"] for one in aeries.stored("scores") if one["Mark"]) == [99400001, 99400002]


@pytest.mark.parametrize(
    ("code", "kind"), [(503, RetriableError), (500, AmbiguousDeliveryError), (401, CredentialError)]
)
def test_a_failure_among_scores_sent_one_by_one_is_not_said_of_those_that_are_stored(
    aeries: Vendor, unique: str, code: int, kind: type[OutsideError]
) -> None:
    aeries.fault(do="status", code=400, method="POST", times=1)  # the call of three
    aeries.fault(do="status", code=code, method="POST", after=2, times=None)  # the second of them and on
    first, *others = aeries.run(
        lambda system: system.put_results([score(unique, one) for one in ("000001", "1", "s-003")])
    )
    assert first.score_e4 == 85_000
    assert [type(one) for one in others] == [kind, kind]
    assert [one["StudentID"] for one in aeries.stored("scores") if one["Mark"]] == [99400001]


@pytest.mark.parametrize(
    ("mark", "seen"),
    [("7", (70_000, "graded")), ("NA", (None, "exempt")), ("tx", (None, "exempt")), ("", (None, None))],
)
def test_what_a_teacher_types_is_read_as_it_stands(aeries: Vendor, mark: str, seen: Any) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        aeries.edit(collection="scores", key=f"{stored.sis_id}/99400001", set={"Mark": mark})
        return await system.read_results(SECTION, stored.sis_id)

    cell = aeries.run(work).set_index("student_id_sis").loc["000001"]
    assert (
        None if pd.isna(cell.score_e4) else cell.score_e4,
        None if pd.isna(cell.status) else cell.status,
    ) == seen


def test_the_day_of_completion_that_a_teacher_set_stays(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_line_item(LINE_ITEM)
        key = f"{stored.sis_id}/99400001"
        aeries.edit(collection="scores", key=key, set={"Mark": "5", "DateCompleted": "2026-11-12T00:00:00"})
        aeries.edit(collection="scores", key=key, set={"DateCompleted": "2026-11-12T00:00:00"})
        raw = (await system.read_results(SECTION, stored.sis_id)).set_index("student_id_sis").raw["000001"]
        await system.put_result(score(stored.sis_id, observed_raw=raw))

    aeries.run(work)
    held = next(one for one in aeries.stored("scores") if one["StudentID"] == 99400001)
    assert (held["Mark"], held["DateCompleted"]) == ("8.5", "2026-11-12T00:00:00")


# ---- failures ----------------------------------------------------------------------------------------


def put(unique: str) -> Any:
    return lambda system: system.put_result(score(unique))


@pytest.fixture
def unique(aeries: Vendor) -> str:
    return str(aeries.run(lambda system: system.put_line_item(LINE_ITEM)).sis_id)


@pytest.mark.parametrize(("headers", "pause"), [({"Retry-After": "2"}, 2.0), ({}, None)])
@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_write_is_waited_out(
    aeries: Vendor, unique: str, code: int, headers: dict[str, str], pause: float | None
) -> None:
    aeries.fault(do="status", code=code, headers=headers, method="POST", times=1)
    assert aeries.run(put(unique)).is_echoed
    assert len(aeries.waited) == 1
    assert pause is None or aeries.waited == [pause]


def test_a_throttle_without_end_certainly_stored_nothing(aeries: Vendor, unique: str) -> None:
    aeries.fault(do="status", code=429, headers={"Retry-After": "2"}, method="POST", times=None)
    with pytest.raises(RetriableError) as caught:
        aeries.run(put(unique))
    assert caught.value.retry_after_seconds == 2.0


@pytest.mark.parametrize(("do", "is_stored"), [("reset", False), ("lose_answer", True)])
def test_a_lost_answer_is_unknown_and_the_read_back_tells(
    aeries: Vendor, unique: str, do: str, is_stored: bool
) -> None:
    async def work(system: Any) -> Any:
        aeries.fault(do=do, method="POST", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_results([score(unique)])
        cells = await system.read_results(SECTION, unique)
        return cells.set_index("student_id_sis").status["000001"], system.calls.writes

    status, writes = aeries.run(work)
    assert (status == "graded") is is_stored
    assert writes == 1  # never sent again by itself


def test_a_500_on_a_write_is_unknown(aeries: Vendor, unique: str) -> None:
    aeries.fault(do="status", code=500, method="POST", times=1)
    with pytest.raises(AmbiguousDeliveryError):
        aeries.run(put(unique))
    assert aeries.waited == []


def test_a_200_that_stored_nothing_shows_in_the_read_back(aeries: Vendor, unique: str) -> None:
    async def work(system: Any) -> Any:
        aeries.fault(do="store_nothing", method="POST", times=1)
        await system.put_result(score(unique))
        return (await system.read_results(SECTION, unique)).status

    assert aeries.run(work).isna().all()


@pytest.mark.parametrize("do", ["no_echo", "bad_json"])
def test_a_score_without_echo_says_so(aeries: Vendor, unique: str, do: str) -> None:
    aeries.fault(do=do, method="POST", times=1)
    stored = aeries.run(put(unique))
    assert (stored.is_echoed, stored.score_e4) == (False, None)


@pytest.mark.parametrize("do", ["html", "status", "bad_json"])
def test_what_cannot_be_read_is_an_error_and_never_an_empty_list(
    aeries: Vendor, unique: str, do: str
) -> None:
    more = {"code": 500} if do == "status" else {}
    aeries.fault(do=do, method="GET", times=None, **more)
    for work in (
        items,
        lambda system: system.read_results(SECTION, unique),
        lambda system: system.read_reference(),
    ):
        with pytest.raises(OutsideError):
            aeries.run(work)


@pytest.mark.parametrize("body", [{"Message": "hello"}, "text", [1, 2], None, 7])
def test_an_answer_of_another_type_is_an_error(aeries: Vendor, unique: str, body: Any) -> None:
    aeries.fault(
        do="status", code=200, body=json.dumps(body), method="GET", path="*/assignments*", times=None
    )
    for work in (items, lambda system: system.read_results(SECTION, unique)):
        with pytest.raises(OutsideError):
            aeries.run(work)


def test_a_certificate_that_is_refused_says_what_to_renew_and_does_not_show_itself(aeries: Vendor) -> None:
    wrong = {"certificate": {"env": "another"}}
    with pytest.raises(CredentialError, match="API Security page") as caught:
        aeries.run(lambda system: system.read_reference(), **wrong)
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert "hidden" not in str(caught.value)
    checks = aeries.run(lambda system: system.check(), **wrong)
    assert [check.passed for check in checks] == [False]


def test_an_area_that_was_not_granted_stops_with_its_name(aeries: Vendor, unique: str) -> None:
    aeries.edit(collection="areas", key="Gradebook Scores", set="Read")
    with pytest.raises(CredentialError, match="Gradebook Scores with"):
        aeries.run(put(unique))


def test_the_check_passes_on_a_site_that_works_and_writes_nothing(aeries: Vendor) -> None:
    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = aeries.run(work)
    assert [check.passed for check in checks] == [True, True, True]
    assert writes == 0
    assert system_id == f"aeries_v5:127.0.0.1:{aeries.spec.port}/aeries"
    assert aeries.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"


def test_a_template_without_a_field_is_refused_where_it_stands() -> None:
    for text in ("", "994", "{", "{SchoolCode}_{", "{}"):
        with pytest.raises(ValueError, match="write fields of the record in braces"):
            AeriesSettings.model_validate(
                {"base_url": "https://a.example", "certificate": {"env": "A"}, "section_id": text}
            )


def test_nothing_is_asked_before_it_is_needed(aeries: Vendor) -> None:
    async def main() -> int:
        async with aeries.open() as system:
            return int(system.calls.reads)

    assert asyncio.run(main()) == 0
    assert dt.date.fromisoformat(LINE_ITEM.due_date).year == 2026


def test_an_open_connection_shows_nobody_in_its_repr(aeries: Vendor) -> None:
    async def work(system: Any) -> str:
        await system.read_reference()
        return repr(system)

    shown = aeries.run(work)
    assert not [one for one in awkward_school().students if len(one) > 3 and one in shown]
