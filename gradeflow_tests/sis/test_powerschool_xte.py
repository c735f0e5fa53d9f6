"""What the connector of PowerTeacher Pro promises, on a practice PowerSchool over real HTTP."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing
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
from gradeflow.sandbox.store import Document
from gradeflow.sis.powerschool_xte_records import new_score
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.sis.vendor_practice import Vendor, awkward_school, served, without_pauses

SECTION, OTHER = "0901", "0902,1"
STUDENT, SECOND, LEFT, ELSEWHERE = "000001", "1", "s-006", "s-008"
DCID = {STUDENT: 30001, SECOND: 30002}
LINE_ITEM = LineItemWrite(
    sis_id="6f1d2c1e-0000-5000-8000-000000000001",
    section_id_sis=SECTION,
    school_id_sis=None,
    title="Ratios practice",
    assign_date="2026-11-09",
    due_date="2026-11-13",
    category_id_sis="0901:602",
    period_id_sis="q2-2026",
    points_possible_e4=200_000,
    is_create=True,
)
SCORE = "/ws/xte/score"


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    with served("powerschool_xte", tmp_path_factory.mktemp("powerschool"), awkward_school()) as vendor:
        yield vendor


@pytest.fixture
def xte(_server: Vendor, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    _server.renew()
    monkeypatch.setattr(Waiting, "retrying", without_pauses(_server))
    return _server


def score(item: str, student: str = STUDENT, score_e4: int = 85_000, **more: Any) -> ResultWrite:
    return ResultWrite(
        sis_id="own",
        line_item_sis_id=item,
        section_id_sis=SECTION,
        student_id_sis=student,
        score_e4=score_e4,
        status=more.get("status", "graded"),
        score_date="2026-11-16",
        observed_raw=more.get("observed_raw"),
    )


async def items(system: Any, section: str = SECTION) -> pd.DataFrame:
    return await system.read_line_items(section)


async def reference(system: Any) -> Any:
    return await system.read_reference()


async def cells(system: Any, item: str) -> pd.DataFrame:
    return (await system.read_results(SECTION, item)).set_index("student_id_sis")


@pytest.fixture
def item(xte: Vendor) -> str:
    return str(xte.run(lambda system: system.put_line_item(LINE_ITEM)).sis_id)


def put(item: str) -> Any:
    return lambda system: system.put_result(score(item))


# ---- reference ---------------------------------------------------------------------------------------


def test_the_reference_speaks_in_the_ids_that_the_lms_carries(xte: Vendor) -> None:
    found = xte.run(reference)
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
    school = xte.school
    assert set(found.sections.section_id_sis) == {one.id for one in school.sections}
    assert set(found.students.student_id_sis) == set(school.students)
    seats = set(zip(found.enrolments.student_id_sis, found.enrolments.section_id_sis, strict=True))
    assert seats == {(one.student, one.section) for one in school.enrolments}
    assert list(found.grading_periods.period_id_sis) == ["y36", *(period.id for period in school.periods)]
    assert set(found.teachers.teacher_id_sis) == {"t-100", "t-200", "t-300"}
    mine = found.class_teachers[found.class_teachers.section_id_sis == OTHER]
    assert dict(zip(mine.teacher_id_sis, mine.is_primary, strict=True)) == {"t-200": True, "t-300": False}
    left = found.enrolments[found.enrolments.student_id_sis == LEFT].iloc[0]
    assert (str(left.begin_date.date()), str(left.end_date.date())) == ("2026-08-31", "2026-10-16")


def test_a_category_is_offered_where_its_teacher_has_it_and_the_section_is_not_left_out(xte: Vendor) -> None:
    categories = xte.run(reference).categories
    lab = categories[categories.title == "Lab"]
    assert dict(zip(lab.section_id_sis, lab.is_active, strict=True)) == {SECTION: False, "sci-01": True}
    assert set(categories[categories.section_id_sis == OTHER].title) == {"Homework", "Quiz", "Test"}


def test_the_servers_own_numbers_are_the_usual_ids(xte: Vendor) -> None:
    own = dict.fromkeys(("section_id", "student_id", "period_id"))
    found = xte.run(reference, **own)
    assert set(found.sections.section_id_sis) == {"5001", "5002", "5003"}
    assert "100001" in set(found.students.student_id_sis)
    by_id = xte.run(reference, section_id="{schoolid}_{id}", student_id="{dcid}")
    assert "100_1001" in set(by_id.sections.section_id_sis)
    assert "30001" in set(by_id.students.student_id_sis)


def test_tables_are_paged_to_the_end(xte: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradeflow.sis.powerschool_xte_reader.PAGE_SIZE", 5)
    found = xte.run(reference)
    assert set(found.students.student_id_sis) == set(xte.school.students)


def test_a_table_that_gives_fewer_rows_than_it_counts_is_not_used(xte: Vendor) -> None:
    xte.fault(
        do="status", code=200, body='{"count": 900}', path="/ws/schema/table/STUDENTS/count", times=None
    )
    with pytest.raises(PermanentError, match="counts 900 rows but gave 12") as caught:
        xte.run(reference)
    assert caught.value.code == "LIST_INCOMPLETE"


def test_two_sections_with_one_id_are_not_guessed_apart(xte: Vendor) -> None:
    with pytest.raises(SourceDataError, match="two sections get the same id by section_id"):
        xte.run(reference, section_id="{termid}")


def test_a_section_without_a_lead_teacher_says_so(xte: Vendor) -> None:
    xte.edit(collection="SECTIONS", key=5001, set={"teacher": None})
    with pytest.raises(PermanentError, match="has no lead teacher") as caught:
        xte.run(items)
    assert caught.value.code == "TEACHER_MISSING"
    assert xte.run(items, acting_teacher=802).empty
    assert not xte.run(reference).sections.empty


# ---- assignments -------------------------------------------------------------------------------------


def test_a_create_learns_both_ids_from_where_it_was_put(xte: Vendor) -> None:
    async def work(system: Any) -> Any:
        assert isinstance(system, BulkGradeSink)
        return (
            await system.put_line_item(LINE_ITEM),
            await items(system),
            system.calls.writes,
            system.allocates_ids,
        )

    stored, found, writes, allocates = xte.run(work)
    assert (writes, allocates) == (1, True)
    assert (stored.sis_id, stored.title, stored.due_date) == ("20001:70001", "Ratios practice", "2026-11-13")
    assert (stored.category_id_sis, stored.points_possible_e4) == ("0901:602", 200_000)
    (row,) = found.itertuples()
    assert (row.sis_id, row.title, row.category_id_sis) == ("20001:70001", "Ratios practice", "0901:602")
    assert pd.isna(row.assign_date)
    assert pd.isna(row.external_id)
    (part,) = xte.stored("assignments")[0]["_assignmentsections"]
    assert (part["totalpointvalue"], part["publishoption"], part["isscoringneeded"]) == (
        20,
        "Immediately",
        True,
    )


@pytest.mark.parametrize("fault", [{"do": "lose_answer", "method": "POST"}, {"do": "html", "method": "GET"}])
def test_a_create_whose_id_is_not_learnt_is_unknown_and_can_be_found(
    xte: Vendor, fault: dict[str, Any]
) -> None:
    async def work(system: Any) -> Any:
        await items(system)
        xte.fault(**fault, path="/ws/xte/section/assignment/*", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(LINE_ITEM)
        return await items(system)

    assert list(xte.run(work).title) == ["Ratios practice"]


@pytest.mark.parametrize("code", [401, 403])
def test_an_assignment_whose_ids_our_key_may_not_read_is_not_said_to_be_unsent(
    xte: Vendor, code: int
) -> None:
    async def work(system: Any) -> Any:
        await items(system)
        xte.fault(do="status", code=code, method="GET", path="/ws/xte/section/assignment/?*", times=2)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_line_item(LINE_ITEM)

    xte.run(work)
    assert len(xte.stored("assignments")) == 1


def test_a_name_that_is_cut_is_told_as_it_was_stored(xte: Vendor) -> None:
    long = dataclasses.replace(LINE_ITEM, title="Ratios, rates and percentages, in context and out of it")
    assert xte.run(lambda system: system.put_line_item(long)).title == long.title[:50]


@pytest.mark.parametrize("category", ["0901:699", "0902,1:605", "602", None])
def test_a_category_that_is_not_the_teachers_is_refused_before_it_is_sent(
    xte: Vendor, category: str | None
) -> None:
    with pytest.raises(PermanentError, match="has no such category") as caught:
        xte.run(lambda system: system.put_line_item(dataclasses.replace(LINE_ITEM, category_id_sis=category)))
    assert caught.value.code == "CATEGORY_GONE"
    assert xte.count("/ws/xte/section/assignment/") == 0


def test_a_due_date_outside_the_term_names_the_field_and_not_the_value(xte: Vendor) -> None:
    late = dataclasses.replace(LINE_ITEM, due_date="2027-08-01", title="Marked")
    with pytest.raises(PermanentError, match=r"answered 409.*\(duedate\)") as caught:
        xte.run(lambda system: system.put_line_item(late))
    assert (caught.value.code, caught.value.status) == ("SIS_REFUSED", 409)
    assert "Marked" not in str(caught.value)
    assert "2027" not in str(caught.value)
    assert xte.waited == []


def test_an_update_overwrites_nothing_that_is_not_ours(xte: Vendor, item: str) -> None:
    key = item.partition(":")[0]
    theirs = {
        "description": "Chapter 3",
        "weight": 2,
        "iscountedinfinalgrade": False,
        "publishoption": "Never",
    }
    xte.edit(collection="assignments", key=key, set=theirs)

    async def work(system: Any) -> Any:
        raw = (await items(system)).raw[0]
        change = dataclasses.replace(
            LINE_ITEM,
            sis_id=item,
            title="Ratios",
            points_possible_e4=255_000,
            is_create=False,
            observed_raw=raw,
        )
        await system.put_line_item(change)
        unread = dataclasses.replace(change, due_date="2026-11-20", observed_raw=None)
        await system.put_line_item(unread)
        return (await items(system)).iloc[0]

    row = xte.run(work)
    assert (row.title, str(row.due_date.date()), row.points_possible_e4) == ("Ratios", "2026-11-20", 255_000)
    (part,) = xte.stored("assignments")[0]["_assignmentsections"]
    assert {name: part[name] for name in theirs} == theirs
    assert part["totalpointvalue"] == 51
    assert row.sis_id == item


def test_an_assignment_that_a_teacher_gave_to_a_second_section_is_changed_in_both(
    xte: Vendor, item: str
) -> None:
    key = item.partition(":")[0]
    (part,) = xte.stored("assignments")[0]["_assignmentsections"]
    second = {**part, "sectionsdcid": 5003, "assignmentsectionid": 70099, "duedate": "2026-11-27"}
    with closing(xte.spec.store()) as store:
        body = store.get("assignments", key) or {}
        body["_assignmentsections"].append(second)
        store.put(Document("assignments", key, body))

    async def work(system: Any) -> Any:
        raw = (await items(system)).raw[0]
        change = dataclasses.replace(LINE_ITEM, sis_id=item, title="Both", is_create=False, observed_raw=raw)
        await system.put_line_item(change)
        return await items(system), await items(system, "sci-01")

    mine, theirs = xte.run(work)
    assert (list(mine.title), list(theirs.title)) == (["Both"], ["Both"])
    assert str(theirs.due_date[0].date()) == "2026-11-27"


def test_a_change_of_the_maximum_converts_no_score_on_its_own(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        await system.put_result(score(item))
        raw = (await items(system)).raw[0]
        await system.put_line_item(
            dataclasses.replace(
                LINE_ITEM, sis_id=item, points_possible_e4=400_000, is_create=False, observed_raw=raw
            )
        )
        return (await cells(system, item)).score_e4[STUDENT]

    assert xte.run(work) == 85_000


def test_an_assignment_deleted_by_its_teacher_is_a_parent_gone(xte: Vendor, item: str) -> None:
    xte.edit(collection="assignments", key=item.partition(":")[0], set=None)

    async def work(system: Any) -> Any:
        change = dataclasses.replace(LINE_ITEM, sis_id=item, is_create=False)
        for job in (system.put_result(score(item)), system.put_line_item(change)):
            with pytest.raises(PermanentError) as caught:
                await job
            assert caught.value.code == "SIS_PARENT_GONE"
        return await items(system)

    assert xte.run(work).empty


def test_a_500_that_speaks_of_a_deleted_assignment_is_believed_only_once_it_was_looked_for(
    xte: Vendor, item: str
) -> None:
    body = json.dumps({"message": "Unable to find com.pearson.pix.AssignmentSection with id 70001"})
    xte.fault(do="status", code=500, body=body, method="PUT", path=SCORE, times=1)
    with pytest.raises(AmbiguousDeliveryError):
        xte.run(put(item))
    xte.edit(collection="assignments", key=item.partition(":")[0], set=None)
    with pytest.raises(PermanentError, match="was deleted in PowerTeacher Pro") as caught:
        xte.run(put(item))
    assert caught.value.code == "SIS_PARENT_GONE"


# ---- scores ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score_e4", "number"), [(85_000, 8.5), (80_000, 8), (81_000, 8.1), (0, 0), (250_000, 25)]
)
def test_scores_arrive_as_the_number_they_are_also_above_the_maximum(
    xte: Vendor, item: str, score_e4: int, number: float
) -> None:
    async def work(system: Any) -> Any:
        stored = await system.put_result(score(item, score_e4=score_e4))
        return stored, (await cells(system, item)).loc[STUDENT]

    stored, cell = xte.run(work)
    assert not stored.is_echoed
    assert (cell.score_e4, cell.status, cell.sis_id) == (score_e4, "graded", stored.sis_id)
    (row,) = xte.stored("ASSIGNMENTSCORE")
    assert repr(row["scorepoints"]) == repr(number)
    assert row["actualscoreentered"] == f"{number:g}"


def test_a_score_sent_again_is_the_same_score(xte: Vendor, item: str) -> None:
    xte.run(put(item))
    xte.run(lambda system: system.put_result(score(item, score_e4=90_000)))
    assert [row["scorepoints"] for row in xte.stored("ASSIGNMENTSCORE")] == [9]


def test_one_student_who_is_not_on_the_assignment_spoils_no_others_score(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        writes = [score(item, one) for one in (STUDENT, LEFT, SECOND, ELSEWHERE, "nobody")]
        return await system.put_results(writes), system.calls.writes

    outcomes, writes = xte.run(work)
    assert [getattr(one, "code", None) for one in outcomes] == [
        None, "NOT_ENROLLED", None, "NOT_ENROLLED", "STUDENT_UNKNOWN",
    ]  # fmt: skip
    assert writes == 2  # the refused one, and those who were left
    assert sorted(row["studentsdcid"] for row in xte.stored("ASSIGNMENTSCORE")) == [30001, 30002]
    assert all(LEFT not in str(one) and "30006" not in str(one) for one in outcomes[1:2])


def test_a_refusal_that_names_nobody_is_everybodys(xte: Vendor, item: str) -> None:
    xte.edit(collection="locks", key=3600, set=True)
    outcomes = xte.run(lambda system: system.put_results([score(item), score(item, SECOND)]))
    assert [(type(one), one.code) for one in outcomes] == [(PermanentError, "PERIOD_CLOSED")] * 2
    assert "locked" in str(outcomes[0])


def test_exempt_goes_over_without_a_zero_and_is_taken_back(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        await system.put_result(score(item, score_e4=0, status="exempt"))
        first = (await cells(system, item)).loc[STUDENT]
        await system.put_result(score(item, observed_raw=first.raw))
        second = (await cells(system, item)).loc[STUDENT]
        await system.put_result(score(item, score_e4=0, status="exempt", observed_raw=second.raw))
        return first, second, (await cells(system, item)).loc[STUDENT]

    first, second, third = xte.run(work)
    assert (first.status, pd.isna(first.score_e4)) == ("exempt", True)
    assert (second.status, second.score_e4) == ("graded", 85_000)
    assert (third.status, third.score_e4) == ("exempt", 85_000)


def test_what_a_teacher_marked_stays_beside_our_score(xte: Vendor, item: str) -> None:
    xte.edit(collection="scores", key="70001/30001", set={"islate": True, "ismissing": True})

    async def work(system: Any) -> Any:
        before = (await cells(system, item)).loc[STUDENT]
        await system.put_result(score(item, observed_raw=before.raw))
        return before, json.loads((await cells(system, item)).raw[STUDENT])

    before, after = xte.run(work)
    assert pd.isna(before.status)  # flags alone are no score
    assert (after["islate"], after["ismissing"], after["scorepoints"]) == ("1", "1", "8.5")


# ---- failures ----------------------------------------------------------------------------------------


def test_412_is_submitted_again_once(xte: Vendor, item: str) -> None:
    xte.fault(do="status", code=412, method="PUT", path=SCORE, times=1)
    xte.run(put(item))
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1
    xte.fault(do="status", code=412, method="PUT", path=SCORE, times=2)
    with pytest.raises(RetriableError, match="412"):
        xte.run(lambda system: system.put_result(score(item, SECOND)))
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1


def test_a_column_that_was_not_granted_is_named(xte: Vendor) -> None:
    xte.edit(collection="access", key="assignment.createdbyplugin", set="none")
    with pytest.raises(CredentialError, match=r"assignment\.createdbyplugin.*access_request") as caught:
        xte.run(lambda system: system.put_line_item(LINE_ITEM))
    assert caught.value.code == "LICENSE_MISSING"
    xte.edit(collection="access", key="students.state_studentnumber", set="none")
    with pytest.raises(CredentialError, match=r"students\.state_studentnumber"):
        xte.run(reference)


def test_where_tokens_are_wanted_in_vain_the_setting_to_correct_is_base_url(xte: Vendor) -> None:
    xte.fault(do="status", code=404, method="POST", path="/oauth/access_token/")
    with pytest.raises(PermanentError, match="correct base_url in the district file"):
        xte.run(lambda system: system.read_reference())


def test_a_token_that_expires_during_the_run_is_renewed(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        await items(system)
        xte.fault(do="expire_tokens", method="PUT", path=SCORE, times=1)
        await system.put_result(score(item))
        return system.calls.writes

    assert xte.run(work) == 2  # the refused one went out too
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1


def test_credentials_that_are_refused_say_what_to_renew(xte: Vendor) -> None:
    wrong = {"client_secret": {"env": "client_id"}}
    with pytest.raises(CredentialError, match="Plugin Management") as caught:
        xte.run(reference, **wrong)
    assert caught.value.code == "CREDENTIAL_INVALID"
    assert "hidden" not in str(caught.value)
    assert [check.passed for check in xte.run(lambda system: system.check(), **wrong)] == [False]


@pytest.mark.parametrize(("headers", "pause"), [({"Retry-After": "2"}, 2.0), ({}, None)])
@pytest.mark.parametrize("code", [429, 503])
def test_a_throttled_write_is_waited_out(
    xte: Vendor, item: str, code: int, headers: dict[str, str], pause: float | None
) -> None:
    xte.fault(do="status", code=code, headers=headers, method="PUT", times=1)
    xte.run(put(item))
    assert len(xte.waited) == 1
    assert pause is None or xte.waited == [pause]
    assert len(xte.stored("ASSIGNMENTSCORE")) == 1


@pytest.mark.parametrize(("do", "is_stored"), [("reset", False), ("lose_answer", True)])
def test_a_lost_answer_is_unknown_and_the_read_back_tells(
    xte: Vendor, item: str, do: str, is_stored: bool
) -> None:
    async def work(system: Any) -> Any:
        xte.fault(do=do, method="PUT", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_results([score(item)])
        return len(await cells(system, item)), system.calls.writes

    assert xte.run(work) == (int(is_stored), 1)  # never sent again by itself


def test_a_500_on_a_write_is_unknown(xte: Vendor, item: str) -> None:
    xte.fault(do="status", code=500, body='{"message": "Internal error"}', method="PUT", times=1)
    with pytest.raises(AmbiguousDeliveryError):
        xte.run(put(item))
    assert xte.waited == []


def test_a_200_that_stored_nothing_shows_in_the_read_back(xte: Vendor, item: str) -> None:
    async def work(system: Any) -> Any:
        xte.fault(do="store_nothing", method="PUT", times=1)
        stored = await system.put_result(score(item))
        return stored.is_echoed, len(await cells(system, item))

    assert xte.run(work) == (False, 0)


@pytest.mark.parametrize("do", ["html", "status", "bad_json"])
def test_what_cannot_be_read_is_an_error_and_never_an_empty_list(xte: Vendor, item: str, do: str) -> None:
    more = {"code": 500} if do == "status" else {}
    xte.fault(do=do, method="GET", times=None, **more)
    for work in (items, reference, lambda system: system.read_results(SECTION, item)):
        with pytest.raises(OutsideError):
            xte.run(work)


@pytest.mark.parametrize("body", [{"message": "hello"}, "text", [1, 2], None, 7, {"count": "many"}])
def test_an_answer_of_another_type_is_an_error(xte: Vendor, item: str, body: Any) -> None:
    text = json.dumps(body)
    xte.fault(do="status", code=200, body=text, method="GET", path="/ws/xte/section/assignment/*", times=None)
    xte.fault(
        do="status", code=200, body=text, method="GET", path="/ws/schema/table/ASSIGNMENTSCORE*", times=None
    )
    for work in (items, lambda system: system.read_results(SECTION, item)):
        with pytest.raises(OutsideError):
            xte.run(work)


def test_a_single_seat_without_a_list_around_it_is_a_seat(xte: Vendor) -> None:
    for key in range(60001, 60006):
        xte.edit(collection="CC", key=key, set=None)
    seats = xte.run(reference).enrolments
    assert list(seats[seats.section_id_sis == SECTION].student_id_sis) == [LEFT]
    xte.edit(collection="CC", key=60006, set=None)
    assert SECTION not in set(xte.run(reference).enrolments.section_id_sis)


def test_an_id_that_powerschool_did_not_give_is_never_sent(xte: Vendor) -> None:
    (outcome,) = xte.run(lambda system: system.put_results([score("6f1d2c1e-0000-5000-8000-000000000001")]))
    assert (type(outcome), outcome.code) == (PermanentError, "SIS_PARENT_GONE")
    assert xte.count(SCORE) == 0


def test_the_check_passes_on_a_server_that_works_and_writes_nothing(xte: Vendor) -> None:
    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = xte.run(work)
    assert [check.passed for check in checks] == [True] * 4, checks
    assert writes == 0
    assert system_id == f"powerschool_xte:127.0.0.1:{xte.spec.port}"
    assert xte.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"


def test_flags_that_were_read_go_back_with_the_score() -> None:
    # A server that clears what is not sent would lose them; whether PowerSchool does is not known.
    raw = json.dumps({"islate": "1", "ismissing": "0", "isexempt": "0", "assignmentscoreid": "90001"})
    body = new_score(score("20001:70001", observed_raw=raw), 30001, 70001)
    assert (body["islate"], body["assignmentscoreid"], body["scorepoints"]) == (True, 90001, 8.5)
    assert {"ismissing", "isexempt"}.isdisjoint(body)


def test_an_open_connection_shows_nobody_in_its_repr(xte: Vendor) -> None:
    async def work(system: Any) -> str:
        await system.read_reference()
        return repr(system)

    shown = xte.run(work)
    assert not [one for one in awkward_school().students if len(one) > 3 and one in shown]
