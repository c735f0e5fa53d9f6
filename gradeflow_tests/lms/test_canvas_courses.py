"""What real courses hold beside the plain case, read from the practice Canvas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gradeflow.errors import CredentialError, PermanentError
from gradeflow.lms.canvas_pacing import Pacing
from gradeflow.lms.canvas_records import sis_ref
from gradeflow.model.gradebook import GradebookExtract
from gradeflow_tests.lms.practice_lms import NOW, PracticeLms, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeLms]:
    with served("canvas", tmp_path_factory.mktemp("canvas")) as canvas:
        yield canvas


@pytest.fixture
def canvas(server: PracticeLms) -> PracticeLms:
    server.renew()
    return server


def items(extract: GradebookExtract, key: str) -> dict[str, Any]:
    found = extract.line_items[extract.line_items.lms_assignment_id == key]
    return {row.section_id_sis: row for row in found.itertuples()}


def result(extract: GradebookExtract, key: str, section: str, student: str) -> Any:
    return extract.results.set_index(["lms_assignment_id", "section_id_sis", "student_id_sis"]).loc[
        (key, section, student)
    ]


def test_a_cross_listed_section_keeps_the_sis_id_of_its_origin(canvas: PracticeLms) -> None:
    canvas.edit("sections", {"course_id": 101}, id=1003)
    extract = canvas.read()
    assert set(items(extract, "501")) == {"m9-01", "m9-02", "sci-01"}
    assert items(extract, "501")["sci-01"].course_id_lms == "101"
    assert items(extract, "506") == {}  # nobody sits in the course that it was taken out of


def test_a_student_in_two_sections_of_a_course_has_a_result_in_each(canvas: PracticeLms) -> None:
    canvas.edit("sections", {"course_id": 101}, id=1003)
    own = [{"course_section_id": 1003, "due_at": "2026-12-01T04:59:00Z"}]
    canvas.edit("assignments", {"only_visible_to_overrides": True, "overrides": own}, id=502)
    extract = canvas.read()
    assert set(items(extract, "502")) == {"sci-01"}
    both = extract.results[(extract.results.student_id_sis == "s-001")]
    assert set(both[both.lms_assignment_id == "501"].section_id_sis) == {"m9-01", "sci-01"}
    assert set(both[both.lms_assignment_id == "502"].section_id_sis) == {"sci-01"}


def test_more_overrides_than_canvas_lists_dates_for_are_read_one_by_one(canvas: PracticeLms) -> None:
    student = [{"student_ids": [10004 + n % 6]} for n in range(30)]
    own = [*student, {"course_section_id": 1002, "due_at": "2026-12-01T04:59:00Z"}]
    canvas.edit("assignments", {"overrides": own}, id=501)
    found = items(canvas.read(), "501")
    assert found["m9-02"].due_basis == "section_override"
    assert found["m9-01"].due_basis == "base"


def test_an_override_for_the_whole_course_is_everyones_date(canvas: PracticeLms) -> None:
    own = [{"course_id": 101, "due_at": "2026-12-01T04:59:00Z"}]
    canvas.edit("assignments", {"only_visible_to_overrides": True, "overrides": own}, id=501)
    row = items(canvas.read(), "501")["m9-01"]
    assert row.has_everyone
    assert not row.is_individual
    assert row.due_at == row.everyone_due_at
    assert row.due_at.isoformat() == "2026-12-01T04:59:00+00:00"


def test_what_its_group_may_leave_out_of_the_grade_says_so(canvas: PracticeLms) -> None:
    plain = canvas.read().line_items
    assert not plain["is_droppable"].any()
    groups = plain.set_index("lms_assignment_id")["category_lms"].to_dict()
    alike = sorted(key for key, name in groups.items() if name == groups["501"])
    number = next(one["id"] for one in _groups(canvas) if one["name"] == groups["501"])
    canvas.edit("assignment_groups", {"rules": {"drop_lowest": 1, "never_drop": [501]}}, id=number)
    after = canvas.read().line_items
    dropped = set(after[after["is_droppable"]].lms_assignment_id)
    in_course = set(after[after["course_id_lms"] == "101"].lms_assignment_id)
    assert dropped == {key for key in alike if key in in_course} - {"501"}
    canvas.edit("assignment_groups", {"rules": {"drop_highest": 1}}, id=number)
    assert items(canvas.read(), "501")["m9-01"].is_droppable


def _groups(canvas: PracticeLms) -> list[dict[str, Any]]:
    bearer = {"Authorization": f"Bearer {canvas.spec.secrets['token']}"}
    place = f"{canvas.spec.origin}/api/v1/courses/101/assignment_groups"
    groups: list[dict[str, Any]] = canvas.client.get(place, headers=bearer).json()
    return groups


def test_single_students_and_groups_are_no_section(canvas: PracticeLms) -> None:
    canvas.edit("groups", {"group_category_id": 5, "users": ["s-002"]}, id=71)
    for own in ([{"student_ids": [10004], "due_at": None}], [{"group_id": 71, "due_at": None}]):
        canvas.edit("assignments", {"only_visible_to_overrides": True, "overrides": own}, id=501)
        extract = canvas.read()
        assert items(extract, "501")["m9-01"].is_individual
        students = extract.results[extract.results.lms_assignment_id == "501"].student_id_sis
        assert set(students) == {"s-001" if "student_ids" in own[0] else "s-002"}


def test_each_of_a_group_has_the_score_of_the_group(canvas: PracticeLms) -> None:
    canvas.edit("groups", {"group_category_id": 5, "users": ["s-003", "s-004"]}, id=71)
    canvas.edit("assignments", {"group_category_id": 5}, id=502)
    canvas.edit("submissions", {"score": 11}, assignment_id=502, sis_user_id="s-004")
    extract = canvas.read()
    assert {result(extract, "502", "m9-01", s).score_e4 for s in ("s-003", "s-004")} == {110_000}


def test_work_handed_in_again_waits_to_be_graded_again(canvas: PracticeLms) -> None:
    again = {"assignment_id": 501, "sis_user_id": "s-001"}
    canvas.edit("submissions", {"submitted_at": "2026-10-20T12:00:00Z", "workflow_state": "graded"}, **again)
    row = result(canvas.read(), "501", "m9-01", "s-001")
    assert not row.is_graded
    assert row.score_e4 == 90_000
    canvas.edit("submissions", {"score": 9}, **again)
    assert result(canvas.read(), "501", "m9-01", "s-001").is_graded


def test_the_test_student_is_nobody(canvas: PracticeLms) -> None:
    before = canvas.read()
    canvas.edit("test_students", {}, course_id=101)
    after = canvas.read()
    assert len(after.results) == len(before.results)
    assert after.left_out == before.left_out


def test_a_student_whom_the_sis_does_not_know_is_counted(canvas: PracticeLms) -> None:
    canvas.edit("users", {"sis_user_id": None}, id=10004)
    extract = canvas.read()
    assert "s-001" not in set(extract.results.student_id_sis)
    assert extract.left_out == {"STUDENT_WITHOUT_SIS_ID": 8}


@pytest.mark.parametrize("state", ["deleted", "unpublished", "completed"])
def test_deleted_courses_are_gone_and_others_are_told(canvas: PracticeLms, state: str) -> None:
    canvas.edit("courses", {"workflow_state": state}, id=102)
    found = items(canvas.read(), "506")
    assert bool(found) == (state != "deleted")
    if found:
        assert found["sci-01"].is_published == (state != "unpublished")


def test_only_the_courses_of_the_terms_asked_for_are_read(canvas: PracticeLms) -> None:
    canvas.edit("terms", {"name": "Next year", "sis_term_id": "27/28, A"}, id=2)
    canvas.edit("courses", {"enrollment_term_id": 2}, id=102)
    assert set(canvas.read(terms=["27/28, A"]).line_items.course_id_lms) == {"102"}
    assert set(canvas.read(terms=["practice-term", "27/28, A"]).line_items.course_id_lms) == {"101", "102"}
    with pytest.raises(PermanentError):
        canvas.read(terms=["26/27"])


@pytest.mark.parametrize("sis_id", ["a/b", "a b", "a,b", "é", "a?b#c", "a.json"])
def test_an_awkward_sis_id_is_named_in_hex(sis_id: str) -> None:
    assert sis_ref("term", sis_id) == f"hex:sis_term_id:{sis_id.encode().hex()}"


def test_a_line_item_has_the_grading_period_of_its_sections_date(canvas: PracticeLms) -> None:
    canvas.edit("assignments", {"published": False}, id=504)
    own = [{"student_ids": [10004], "due_at": "2027-03-01T04:59:00Z"}]
    own += [{"course_section_id": 1002, "due_at": "2026-12-01T04:59:00Z"}]
    canvas.edit("assignments", {"overrides": own}, id=501)
    extract = canvas.read()
    found = items(extract, "501")
    assert (found["m9-01"].term_lms, found["m9-02"].term_lms) == ("301", "302")
    assert items(extract, "504")["m9-01"].term_lms != "301"  # nobody has work in what is not published


def test_a_token_that_may_not_see_dates_of_sections_stops_the_district(canvas: PracticeLms) -> None:
    canvas.spec.secrets["token"] += "-nomanage"  # type: ignore[index] # this spec's own dict
    try:
        with pytest.raises(CredentialError, match="Assignments and Quizzes") as caught:
            canvas.read()
    finally:
        canvas.spec.secrets["token"] = canvas.spec.secrets["token"].removesuffix("-nomanage")  # type: ignore[index] # this spec's own dict
    assert caught.value.code == "OVERRIDES_HIDDEN"


def test_whoever_waits_for_the_bucket_is_never_refused(
    canvas: PracticeLms, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.to_thread(canvas.edit, "throttle", {"seconds": seconds})

    usual = Pacing.__init__

    def paced(self: Pacing, *args: Any, **keys: Any) -> None:
        usual(self, *args, **{**keys, "sleep": sleep})

    monkeypatch.setattr(Pacing, "__init__", paced)
    whole = canvas.read()
    canvas.asked()
    canvas.edit("throttle", {"cost": 120, "remaining": 200})
    try:
        slow = canvas.read(max_in_flight=1)
    finally:
        canvas.edit("throttle", {"cost": 0.005, "remaining": 550})
    assert sum(pauses) > 60
    assert len(slow.results) == len(whole.results)
    calls = canvas.asked()
    assert calls["/api/v1/sections/{section}/students/submissions"] == 3  # nothing was asked twice


@pytest.mark.parametrize("headers", [{}, {"X-Rate-Limit-Remaining": "soon"}, {"Date": "yesterday"}])
def test_an_installation_that_does_not_tell_is_not_waited_for(headers: dict[str, str]) -> None:
    async def never(seconds: float) -> None:
        raise AssertionError(seconds)

    async def main() -> Pacing:
        inner = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers))
        pacing = Pacing(inner, never)
        async with httpx.AsyncClient(transport=pacing) as http:
            for _ in range(3):
                await http.get("http://127.0.0.1/")
        return pacing

    assert asyncio.run(main()).first_date is None


def test_the_clock_is_that_of_the_first_answer_since_it_began(canvas: PracticeLms) -> None:
    async def work(source: Any) -> Any:
        await source.check()
        return await source.read_gradebook()

    extract = canvas.run(work, full_read_every_days=7)
    assert extract.bookmark.read_at == NOW


@pytest.mark.parametrize("token", ["{}\n", "“{}”"], ids=ascii)
def test_a_token_that_was_copied_with_something_around_it_is_a_matter_of_credentials(
    canvas: PracticeLms, token: str
) -> None:
    right = canvas.spec.secrets["token"]
    canvas.spec.secrets["token"] = token.format(right)
    try:
        with pytest.raises(CredentialError, match="copy them anew") as caught:
            canvas.read()
    finally:
        canvas.spec.secrets["token"] = right
    assert canvas.asked() == {}
    assert right not in f"{caught.value!r} {caught.value.__context__!r}"


def test_courses_outside_the_dates_of_the_district_file_are_not_read(canvas: PracticeLms) -> None:
    canvas.edit("terms", {"name": "No dates of its own"}, id=7)
    last_year = {
        "start_at": "2025-08-15T05:00:00Z",
        "end_at": "2026-06-10T05:00:00Z",
        "enrollment_term_id": 7,
    }
    canvas.edit("courses", last_year, id=102)
    this_year = {"starts_before": "2027-06-30T00:00:00-05:00", "ends_after": "2026-08-01T00:00:00-05:00"}
    extract = canvas.read(**this_year)
    assert set(extract.line_items.course_id_lms) == {"101"}
    assert canvas.asked()["/api/v1/courses/{course}/sections"] == 1
