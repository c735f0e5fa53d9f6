"""itslearning's data warehouse: what it does not say stays unknown, and what it cannot give is told."""

from __future__ import annotations

import asyncio
import csv
import shutil
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import CredentialError, OutsideError, PermanentError, RetriableError, SourceDataError
from gradeflow.lms.itslearning import CONNECTOR

STATUSES = {"1": "graded", "2": "submitted", "3": "excused"}
MERGED = "1001"  # of 0901 and 0902,1
PUPIL = {"LearningItemId": 501, "UserId": 5004}  # 000001 in 0901, who has 9 points of 10
USER_5004 = "000001"


async def read(system: Any) -> Any:
    return await system.read_gradebook()


def refusal(lms: Any, kind: type[OutsideError], **more: Any) -> OutsideError:
    with pytest.raises(kind) as caught:
        lms.run(read, **more)
    return caught.value


def result(extract: Any, item: str = "501", student: str = USER_5004) -> Any:
    rows = extract.results
    found = rows[(rows.lms_assignment_id == item) & (rows.student_id_sis == student)]
    assert len(found) == 1
    return found.iloc[0]


def line_item(extract: Any, item: str = "501", section: str = "0901") -> Any:
    rows = extract.line_items
    return rows[(rows.lms_assignment_id == item) & (rows.section_id_sis == section)].iloc[0]


def grade(lms: Any, **values: Any) -> None:
    lms.edit(entity="UserGrades", match=PUPIL, set=values)


class Bridge:
    """A bridge that can be written wrongly."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = Path(shutil.copytree(source, folder))

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def write(self, name: str, rows: list[dict[str, str]]) -> None:
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture
def bridge(itslearning: Any, tmp_path: Path) -> Bridge:
    return Bridge(itslearning.spec.drop, tmp_path / "bridge")


# ---- scores and statuses -----------------------------------------------------------------------------


def test_zero_is_a_score_only_where_the_status_says_graded(itslearning: Any) -> None:
    waiting = result(itslearning.run(read), "507", "1")
    assert (pd.isna(waiting.score_e4), waiting.is_graded, waiting.is_submitted) == (True, False, True)
    grade(itslearning, Score=0.0)
    row = result(itslearning.run(read))
    assert (row.score_e4, row.is_graded) == (0, True)


def test_a_status_that_nobody_explained_is_left_alone_and_told(itslearning: Any) -> None:
    grade(itslearning, AssessmentStatusId=77)
    extract = itslearning.run(read)
    rows = extract.results
    assert rows[(rows.lms_assignment_id == "501") & (rows.student_id_sis == USER_5004)].empty
    assert extract.left_out == {"ASSESSMENT_STATUS_UNKNOWN": 1}
    assert extract.incomplete_sections == {"0901"}
    told = {one.name: one for one in itslearning.run(lambda system: system.check())}["meaning of statuses"]
    assert not told.passed
    assert "77 (1 grades)" in told.detail


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        ("graded", {"is_graded"}),
        ("submitted", {"is_submitted"}),
        (["graded", "missing"], {"is_graded", "is_missing"}),
        ("excluded", {"is_excluded"}),
        ("excused", {"is_excused"}),
        (["late", "submitted"], {"is_late", "is_submitted"}),
        ("none", set()),
        ("not_submitted", set()),
    ],
)
def test_a_status_means_what_the_district_says(itslearning: Any, words: Any, flags: set[str]) -> None:
    grade(itslearning, AssessmentStatusId=9, SubmittedDate=None)
    row = result(itslearning.run(read, statuses={**STATUSES, "9": words}))
    names = ("is_graded", "is_submitted", "is_missing", "is_late", "is_excused", "is_excluded")
    assert {name for name in names if not pd.isna(row[name]) and row[name]} == flags
    assert pd.isna(row.score_e4) == ("is_graded" not in flags)
    is_told = words == "not_submitted" or "is_submitted" in flags
    assert pd.isna(row.is_submitted) != is_told


def test_the_attempts_are_those_that_itslearning_counts(itslearning: Any) -> None:
    grade(itslearning, NumberOfAttempts=3)
    extract = itslearning.run(read)
    assert result(extract).attempt == 3
    assert pd.isna(result(extract, student="s-004").attempt)


def test_late_is_what_came_after_the_deadline(itslearning: Any) -> None:
    extract = itslearning.run(read)
    assert result(extract, student="s-003").is_late
    assert not result(extract).is_late
    assert pd.isna(result(extract, student="s-004").is_late)


def test_steps_of_other_scales_are_words_and_no_points(itslearning: Any) -> None:
    extract = itslearning.run(read)
    assert line_item(extract, "503").grading == "letter"
    assert result(extract, "503").score_text == "A-"
    assert line_item(extract).grading == "points"
    assert pd.isna(result(extract).score_text)
    other = itslearning.run(read, score_scales=["A-F"])
    assert (line_item(other).grading, line_item(other, "503").grading) == ("letter", "points")


def test_an_item_without_a_scale_is_not_taken_for_points(itslearning: Any) -> None:
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 501}, set={"AssessmentScaleId": None})
    assert line_item(itslearning.run(read)).grading == "unknown"


# ---- items -------------------------------------------------------------------------------------------


def test_a_term_goes_by_the_id_of_the_sis_where_it_came_from_there(itslearning: Any) -> None:
    assert line_item(itslearning.run(read)).term_lms == "q1-2026"
    itslearning.edit(entity="Terms", match={"TermId": 301}, set={"ExternalTermId": None})
    assert line_item(itslearning.run(read)).term_lms == "301"
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 501}, set={"TermId": None})
    assert pd.isna(line_item(itslearning.run(read)).term_lms)


def test_a_merged_course_has_its_item_in_every_section_and_each_student_in_theirs(itslearning: Any) -> None:
    extract = itslearning.run(read)
    items = extract.line_items[extract.line_items.lms_assignment_id == "501"]
    assert sorted(items.section_id_sis) == ["0901", "0902,1"]
    assert set(items.course_id_lms) == {MERGED}
    rows = extract.results[extract.results.lms_assignment_id == "501"]
    found = rows.groupby("section_id_sis").student_id_sis.apply(set).to_dict()
    assert found == {one.id: set(one.students) for one in itslearning.school.sections[:2]}


def test_who_made_an_item_and_from_when_it_is_open_is_told(itslearning: Any) -> None:
    item = line_item(itslearning.run(read))
    assert (item.assigned_by_lms, item.assigned_by_sis, item.assigned_basis) == ("5001", "t-100", "unlock")
    assert (item.is_rostered, item.is_passback_enabled) == (True, True)
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 501}, set={"ActiveFrom": None})
    assert line_item(itslearning.run(read)).assigned_basis == "created"


def test_deleted_items_and_courses_are_gone_and_strange_courses_counted(itslearning: Any) -> None:
    itslearning.edit(
        entity="LearningItems", match={"LearningItemId": 501}, set={"LearningItemStatus": "TrashCan"}
    )
    itslearning.edit(entity="Courses", match={"CourseId": 1004}, set={"CourseStatus": "Deleted"})
    itslearning.edit(entity="LearningItems", match={"LearningItemId": 508}, set={"CourseId": 4711})
    extract = itslearning.run(read)
    assert set(extract.line_items.lms_assignment_id) == {"502", "900000001", "503", "504", "505"}
    assert extract.left_out == {"SECTION_WITHOUT_SIS_ID": 1}


@pytest.mark.parametrize(
    ("entity", "match", "column"),
    [
        ("Courses", {"CourseId": 1001}, "CourseStatus"),
        ("LearningItems", {"LearningItemId": 501}, "LearningItemStatus"),
    ],
)
@pytest.mark.parametrize("word", ["Visible", None])
def test_a_state_that_nobody_knows_is_not_taken_for_deleted(
    itslearning: Any, entity: str, match: dict[str, int], column: str, word: str | None
) -> None:
    itslearning.edit(entity=entity, match=match, set={column: word})
    error = refusal(itslearning, SourceDataError)
    assert (error.code, column in str(error)) == ("LMS_RECORD_INVALID", True)


def test_a_bridge_of_another_year_is_no_empty_gradebook(itslearning: Any, bridge: Bridge) -> None:
    rows = bridge.rows("courses")
    bridge.write("courses", [row | {"CourseId": f"9{row['CourseId']}"} for row in rows])
    assert refusal(itslearning, SourceDataError, bridge=bridge.folder).code == "BRIDGE_MISMATCH"


def test_columns_are_the_sites_own(itslearning: Any) -> None:
    error = refusal(itslearning, SourceDataError, items={"deadline": "DeadlineUtc"})
    assert error.code == "LMS_COLUMNS_MISSING"
    assert "LearningItems has no column DeadlineUtc; it has ActiveFrom, " in str(error)
    (told,) = [
        one
        for one in itslearning.run(lambda system: system.check(), items={"deadline": "DeadlineUtc"})
        if not one.passed
    ]
    assert told.name == "columns of LearningItems"
    without = itslearning.run(
        read, items={"deadline": None, "max_score": None, "type": None, "creator": None}
    )
    item = line_item(without)
    assert (item.due_basis, item.kind, pd.isna(item.points_possible_e4)) == ("none", "other", True)


def test_times_are_read_on_the_clock_that_the_district_names(itslearning: Any) -> None:
    assert line_item(itslearning.run(read)).due_at == pd.Timestamp("2026-09-19T03:59:00Z")
    assert line_item(itslearning.run(read, times="district")).due_at == pd.Timestamp("2026-09-19T07:59:00Z")


# ---- people ------------------------------------------------------------------------------------------


def test_who_has_left_is_told_and_still_has_grades(itslearning: Any) -> None:
    seat = {"CourseId": int(MERGED), "UserId": 5004}
    itslearning.edit(entity="CourseMemberships", match=seat, set={"ValidTo": "2026-10-01T00:00:00"})
    row = result(itslearning.run(read))
    assert (row.is_enrolled, row.score_e4) == (False, 90_000)
    itslearning.edit(entity="CourseMemberships", match=seat, set=None)
    row = result(itslearning.run(read))
    assert (row.is_enrolled, row.score_e4) == (False, 90_000)


def test_grades_of_people_whom_the_bridge_does_not_know_are_counted(itslearning: Any, bridge: Bridge) -> None:
    bridge.write("users", [row for row in bridge.rows("users") if row["sis_id"] != USER_5004])
    extract = itslearning.run(read, bridge=bridge.folder)
    graded = [score for score in itslearning.school.scores if score.student == USER_5004]
    assert extract.left_out == {"STUDENT_WITHOUT_SIS_ID": len(graded)}
    assert USER_5004 not in set(extract.results.student_id_sis)


def test_a_merged_course_without_seats_is_told_and_nothing_concluded(
    itslearning: Any, bridge: Bridge
) -> None:
    (bridge.folder / "members.csv").unlink()
    extract = itslearning.run(read, bridge=bridge.folder)
    assert extract.incomplete_sections == {"0901", "0902,1"}
    assert extract.left_out == {"STUDENT_SECTION_UNKNOWN": 12 * 5}
    assert set(extract.results.section_id_sis) == {"0901", "0902,1", "sci-01"}  # the copies have one each
    told = itslearning.run(lambda system: system.check(), bridge=bridge.folder)[1]
    assert (told.passed, "members.csv" in told.detail) == (False, True)


def test_columns_of_the_site_can_be_the_bridge(itslearning: Any) -> None:
    columns = {
        "section": "CourseCode",
        "user": "UserName",
        "student_profiles": ["3"],
        "passback_enabled": True,
    }
    extract = itslearning.run(read, bridge=columns)
    assert set(extract.line_items.section_id_sis) == {"math-9", "sci-9"}
    assert result(extract, student="user5004").score_e4 == 90_000
    assert "user5001" not in set(extract.results.student_id_sis)
    error = refusal(itslearning, SourceDataError, bridge={**columns, "section": "ExternalCourseId"})
    assert "Courses has no column ExternalCourseId" in str(error)


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("courses", "CourseId", ""),
        ("courses", "passback_enabled", "yes"),
        ("users", "role", "Student"),
        ("users", "sis_id", ""),
        ("members", "section_sis_id", ""),
    ],
)
def test_a_broken_bridge_names_file_line_and_column(
    itslearning: Any, bridge: Bridge, name: str, column: str, value: str
) -> None:
    rows = bridge.rows(name)
    rows[1][column] = value
    bridge.write(name, rows)
    error = refusal(itslearning, SourceDataError, bridge=bridge.folder)
    assert f"{name}.csv, line 3, column {column}: " in str(error)


def test_two_people_with_one_id_are_not_guessed_apart(itslearning: Any, bridge: Bridge) -> None:
    rows = bridge.rows("users")
    rows[4]["sis_id"] = rows[3]["sis_id"]
    bridge.write("users", rows)
    assert "users.csv, line 6, column sis_id" in str(
        refusal(itslearning, SourceDataError, bridge=bridge.folder)
    )


def test_a_missing_bridge_says_what_to_export(itslearning: Any, tmp_path: Path) -> None:
    error = refusal(itslearning, SourceDataError, bridge=tmp_path / "nowhere")
    assert (error.code, "lms.bridge" in str(error)) == ("BRIDGE_MISSING", True)


# ---- the service -------------------------------------------------------------------------------------


def test_atom_and_json_give_the_same(itslearning: Any) -> None:
    one = itslearning.run(read)
    itslearning.edit(serves="atom", page=7)
    two = itslearning.run(read)
    assert_frame_equal(one.line_items, two.line_items)
    assert_frame_equal(one.results, two.results)


def test_a_set_that_is_as_large_as_what_can_be_reached_is_not_whole(itslearning: Any) -> None:
    itslearning.edit(reachable=30)

    async def reach(system: Any) -> Any:
        system.reachable = 30
        return await system.read_gradebook()

    assert itslearning.run(reach).incomplete_sections == {"0901", "0902,1", "sci-01"}
    assert itslearning.run(read).incomplete_sections == frozenset()  # 30 are far from two million


def test_a_warehouse_that_is_loaded_while_it_is_read_is_not_used(itslearning: Any) -> None:
    itslearning.fault(do="hold", path="/UserGrades", point="after_commit", times=1)
    control = f"{itslearning.spec.origin}/_sandbox"
    change = {"edits": [{"entity": "UserGrades", "match": PUPIL, "set": {"Score": 5.0}}]}

    async def work(system: Any) -> Any:
        reading = asyncio.create_task(system.read_gradebook())
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            while not (await client.get(f"{control}/fault")).json()["held"]:
                assert not reading.done()
                await asyncio.sleep(0.01)
            await client.post(f"{control}/edit", json=change)
            await client.delete(f"{control}/fault")
        return await reading

    with pytest.raises(RetriableError) as caught:
        itslearning.run(work)
    assert caught.value.code == "LOADED_MEANWHILE"
    assert result(itslearning.run(read)).score_e4 == 50_000


def test_a_wrong_password_is_asked_for_anew_and_sent_once(itslearning: Any) -> None:
    error = refusal(itslearning, CredentialError, user="somebody")
    assert error.code == "CREDENTIAL_INVALID"
    assert itslearning.count(f"/odata/{itslearning.spec.district}/{{resource}}") == 1
    (told,) = itslearning.run(lambda system: system.check(), user="somebody")
    assert not told.passed


def test_the_wrong_site_is_not_an_empty_one(itslearning: Any) -> None:
    error = refusal(itslearning, PermanentError, base_url=f"{itslearning.spec.origin}/odata/other")
    assert error.status == 404


@pytest.mark.parametrize("do", ["html", "bad_json"])
def test_an_answer_cut_off_is_no_shorter_list(itslearning: Any, do: str) -> None:
    itslearning.fault(do=do, path="/CourseMemberships")
    assert refusal(itslearning, PermanentError).code == "NOT_JSON"


def test_a_busy_service_is_asked_again(itslearning: Any) -> None:
    itslearning.fault(do="status", code=503, path="/UserGrades", times=2, headers={"Retry-After": "7"})
    assert len(itslearning.run(read).line_items) == 14
    assert itslearning.waited == [7.0, 7.0]


def test_nobody_is_named_by_what_is_shown_of_a_reading(
    itslearning: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradeflow.lms import itslearning as module  # noqa: PLC0415 - its name is the fixture's

    shown: list[str] = []

    class Watched(module.SiteMapping):
        def results(self, warehouse: Any, incomplete: set[str]) -> Any:
            shown.append(repr(self) + repr(warehouse))
            return super().results(warehouse, incomplete)

    monkeypatch.setattr(module, "SiteMapping", Watched)
    itslearning.run(read)
    assert len(shown) == 1
    assert not [one for one in ("s-003", "7 & 8/9", "hidden-password") if one in shown[0]]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"statuses": {"1": "done"}}, "graded"),
        ({"statuses": {"one": "graded"}}, "pattern"),
        ({"password": "inline"}, "must not stand in the file"),
        ({"user": "a:b"}, "pattern"),
        ({"base_url": "http://us1reporting.itslearning.com/odata/x"}, "https"),
        ({"items": {"titel": "x"}}, "titel"),
        ({"items": {"title": "a b"}}, "pattern"),
    ],
)
def test_settings_that_cannot_work_are_refused(itslearning: Any, change: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        CONNECTOR.settings.model_validate({**itslearning.settings, **change})
