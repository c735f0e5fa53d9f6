"""The Schoology connector against the practice Schoology over HTTP, with ids that break careless code."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import CredentialError, PermanentError, RetriableError
from gradeflow.lms.schoology import CONNECTOR
from gradeflow.ports import ConnectorContext
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import Secret, ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School
from gradeflow.sandbox.server import fill, free_ports, running
from gradeflow.sandbox.small_school import small_school
from gradeflow.sandbox.store import Store
from gradeflow.transport.waiting import Waiting

AS_OF = dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)
MATH_1, MATH_2, SCIENCE = "4318001", "4318002", "4318003"
RATIOS, QUIZ, LETTER = "43180010000501", "43180010000502", "43180010000503"
CONTROL = httpx.Client(verify=False, trust_env=False)  # loopback, no TLS


@dataclass
class Schoology:
    """A practice Schoology, and how the connector is opened on it."""

    spec: ServerSpec
    school: School
    waited: list[float] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    def run(self, work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
        settings = practice_of("schoology").settings(self.spec)
        shown = {key: {"env": v.name} if isinstance(v, Secret) else v for key, v in settings.items()}
        context = ConnectorContext(
            district="practice", zone=self.school.zone, as_of=AS_OF, read_secret=self._secret
        )

        async def main() -> Any:
            async with CONNECTOR.open(
                CONNECTOR.settings.model_validate({**shown, **more}), context
            ) as source:
                return await work(source)

        return asyncio.run(main())

    def read(self, **more: Any) -> Any:
        return self.run(lambda source: source.read_gradebook(), **more)

    def fault(self, **fault: Any) -> None:
        self.control("POST", "fault", {"faults": [fault]})

    def edit(self, **edit: Any) -> None:
        self.control("POST", "edit", {"edits": [edit]})

    def category_of(self, item: str) -> str:
        with closing(Store(self.spec.state)) as store:
            stored = store.get("items", item)
        assert stored is not None
        return str(stored["grading_category"])

    def calls(self) -> dict[str, int]:
        rows = self.control("GET", "log")["calls"]
        return {row["route"]: row["count"] for row in rows}

    def control(self, method: str, name: str, body: Any = None) -> Any:
        answer = CONTROL.request(method, f"{self.spec.origin}/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _secret(self, reference: Any) -> str:
        return self.secrets.get(reference.env, self.spec.secrets[reference.env])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerSpec, Path]]:
    """One server for all tests, because starting takes time, and its state as it was filled."""
    folder = tmp_path_factory.mktemp("schoology")
    (port,) = free_ports(1)
    secrets = {"consumer_key": "key & 1", "consumer_secret": "s/cret+é"}
    spec = ServerSpec("schoology", "practice", folder, port, "t@practice.example", secrets)
    Clock(spec.folder / "clock.txt", start=AS_OF)
    fill(spec, small_school())
    _copy(spec.state, folder / "fresh.sqlite")
    with running([spec]), CONTROL:
        yield spec, folder / "fresh.sqlite"


@pytest.fixture
def schoology(served: tuple[ServerSpec, Path], monkeypatch: pytest.MonkeyPatch) -> Schoology:
    """The server as it was filled; nobody waits."""
    spec, fresh = served
    side = Schoology(spec, small_school())
    _copy(fresh, spec.state)
    side.control("DELETE", "fault")
    side.control("DELETE", "log")
    side.control("POST", "clock", {"now": AS_OF.isoformat()})
    usual = Waiting.retrying

    async def sleep(seconds: float) -> None:
        side.waited.append(seconds)

    monkeypatch.setattr(Waiting, "retrying", lambda self: usual(dataclasses.replace(self, sleep=sleep)))
    return side


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def item(extract: Any, key: str) -> Any:
    return extract.line_items.set_index("lms_assignment_id").loc[key]


def result(extract: Any, key: str, student: str) -> Any:
    rows = extract.results.set_index(["lms_assignment_id", "student_id_sis"])
    return rows.loc[(key, student)]


@pytest.mark.parametrize("settings", [{"page_size": 1}, {"bulk": False}, {"bulk": False, "page_size": 2}])
def test_small_pages_and_single_calls_give_the_same_gradebook(schoology: Schoology, settings: Any) -> None:
    whole, other = schoology.read(), schoology.read(**settings)
    keys = ["lms_assignment_id", "section_id_sis"]
    for name, by in (("line_items", keys), ("results", [*keys, "student_id_sis"])):
        left, right = (getattr(one, name).sort_values(by, ignore_index=True) for one in (whole, other))
        assert_frame_equal(left, right)


def test_lists_of_all_sections_come_in_one_call(schoology: Schoology) -> None:
    schoology.read(submissions=False)
    calls = schoology.calls()
    assert calls["/v1/multiget"] == 2  # the sections of all courses, then all that multi-get knows of them
    assert calls["/v1/sections/{section}/grading_categories"] == 3
    assert calls["/v1/sections/{section}/grading_scales"] == 2  # science has no item with a scale
    assert set(calls) == {
        "/v1/multiget",
        "/v1/courses",
        "/v1/gradingperiods",
        "/v1/sections/{section}/grading_categories",
        "/v1/sections/{section}/grading_scales",
    }


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"do": "status", "code": 429, "headers": {"Retry-After": "5"}}, 5.0),
        ({"do": "status", "code": 429}, None),
        ({"do": "reset"}, None),
        ({"do": "status", "code": 502}, None),
        ({"do": "status", "code": 401, "body": "Duplicate timestamp/nonce combination, ..."}, None),
        ({"do": "status", "code": 401, "body": "Timestamp is out of sequence. ..."}, None),
    ],
)
@pytest.mark.parametrize("path", ["/multiget", "/sections/*/grading_categories"])
def test_a_passing_fault_is_waited_out(
    schoology: Schoology, fault: dict[str, Any], pause: float | None, path: str
) -> None:
    expected = len(schoology.read().results)
    schoology.fault(**fault, path=path, times=2)
    assert len(schoology.read().results) == expected
    assert len(schoology.waited) == 2
    assert pause is None or schoology.waited == [pause, pause]


def test_a_throttle_that_says_nothing_is_waited_out_for_longer_than_its_seconds(schoology: Schoology) -> None:
    schoology.fault(do="status", code=429, path="/courses", times=5)
    assert len(schoology.read().line_items) > 0
    assert sum(schoology.waited) > 15


def test_a_throttle_without_end_is_no_empty_gradebook(schoology: Schoology) -> None:
    schoology.fault(do="status", code=429, times=None)
    with pytest.raises(RetriableError):
        schoology.read()


def test_a_forbidden_section_is_named_and_the_others_are_read(schoology: Schoology) -> None:
    schoology.edit(collection="sections", id=MATH_1, set={"is_withheld": True})
    extract = schoology.read()
    assert extract.incomplete_sections == {"m9-01"}
    assert (
        set(extract.results.section_id_sis) == set(extract.line_items.section_id_sis) == {"m9-02", "sci-01"}
    )


def test_all_sections_forbidden_is_a_missing_right(schoology: Schoology) -> None:
    for section in (MATH_1, MATH_2, SCIENCE):
        schoology.edit(collection="sections", id=section, set={"is_withheld": True})
    with pytest.raises(CredentialError, match="system administrator") as caught:
        schoology.read()
    assert caught.value.code == "RIGHTS_MISSING"


@pytest.mark.parametrize("path", ["submissions/*", "grading_scales", "grading_categories"])
def test_a_section_whose_details_stay_out_of_reach_is_incomplete(schoology: Schoology, path: str) -> None:
    schoology.fault(do="status", code=503, path=f"/sections/{MATH_1}/{path}", times=None)
    extract = schoology.read()
    assert extract.incomplete_sections == {"m9-01"}
    assert "m9-01" not in set(extract.results.section_id_sis)
    # Items without their categories would look uncategorised; without submissions they are known all the same.
    assert ("m9-01" in set(extract.line_items.section_id_sis)) == (path == "submissions/*")


def test_many_reads_at_once_may_be_refused_and_each_is_read_alone(schoology: Schoology) -> None:
    expected = len(schoology.read().results)
    schoology.fault(do="status", code=404, path="/multiget", times=None)
    assert len(schoology.read().results) == expected


def test_a_personal_key_is_told_what_to_ask_for_instead(schoology: Schoology) -> None:
    schoology.secrets["consumer_key"] = f"{schoology.spec.secrets['consumer_key']}-personal"
    with pytest.raises(
        CredentialError, match=r"25 June 2025 .* personal API key .* app for this school"
    ) as caught:
        schoology.read()
    assert caught.value.code == "CREDENTIAL_INVALID"
    results = schoology.run(lambda source: source.check())
    assert [one.passed for one in results] == [True, True, True, False]
    assert "app for this school" in results[-1].detail
    assert schoology.waited == []


def test_a_wrong_secret_is_refused_once_and_never_shown(schoology: Schoology) -> None:
    schoology.secrets["consumer_secret"] = "guessed"
    with pytest.raises(CredentialError) as caught:
        schoology.read()
    assert "guessed" not in str(caught.value)
    (only,) = schoology.run(lambda source: source.check())
    assert not only.passed


def test_plaintext_signatures_are_taken_too(schoology: Schoology) -> None:
    assert len(schoology.read(signature="PLAINTEXT").line_items) > 0


@pytest.mark.parametrize("do", ["html", "bad_json"])
def test_an_answer_that_is_no_json_ends_the_reading(schoology: Schoology, do: str) -> None:
    schoology.fault(do=do, path=f"/sections/{MATH_1}/grading_categories", times=None)
    with pytest.raises(PermanentError, match="not JSON"):
        schoology.read()


def test_a_key_that_is_refused_half_way_is_no_matter_of_one_section(schoology: Schoology) -> None:
    schoology.fault(do="status", code=401, path=f"/sections/{MATH_1}/grading_categories", times=None)
    with pytest.raises(CredentialError) as caught:
        schoology.read()
    assert caught.value.code == "CREDENTIAL_INVALID"


def test_a_section_that_is_gone_meanwhile_is_incomplete(schoology: Schoology) -> None:
    schoology.fault(do="status", code=404, path=f"/sections/{MATH_1}/grading_categories", times=None)
    assert schoology.read().incomplete_sections == {"m9-01"}


def test_an_assignment_is_an_item_of_its_own_in_each_section(schoology: Schoology) -> None:
    extract = schoology.read()
    quizzes = extract.line_items[extract.line_items.title == "Unit 1 quiz"].set_index("section_id_sis")
    assert quizzes.lms_assignment_id.is_unique
    assert quizzes.due_at["m9-01"] != quizzes.due_at["m9-02"]
    assert set(quizzes.due_basis) == {"item"}
    assert quizzes.term_lms["m9-01"] == "13001"
    assert (quizzes.kind["m9-01"], quizzes.kind_raw["m9-01"]) == ("quiz", "assessment")
    assert quizzes.is_rostered.all()


def test_due_times_are_the_districts_unless_schoology_has_another_zone(schoology: Schoology) -> None:
    assert item(schoology.read(), RATIOS).due_at == pd.Timestamp("2026-09-18T23:59:00-04:00")
    west = schoology.read(zone="America/Los_Angeles")
    assert item(west, RATIOS).due_at == pd.Timestamp("2026-09-18T23:59:00-07:00")


def test_unrostered_uncategorised_unpublished_and_uncounted_items_say_so(schoology: Schoology) -> None:
    schoology.edit(collection="sections", id=MATH_1, set={"synced": "0"})
    schoology.edit(
        collection="grade_items",
        id=RATIOS,
        set={"grading_category": "0", "count_in_grade": 0, "grading_period": "0", "due": ""},
    )
    schoology.edit(collection="grade_items", id=QUIZ, set={"published": 0})
    extract = schoology.read()
    ratios, other = item(extract, RATIOS), item(extract, LETTER)
    assert (ratios.is_rostered, ratios.is_in_final_grade, other.is_in_final_grade) == (False, False, True)
    assert all(pd.isna(ratios[name]) for name in ("category_lms", "term_lms", "due_at"))
    assert other.category_lms == "Test"
    assert (item(extract, QUIZ).is_published, QUIZ in set(extract.results.lms_assignment_id)) == (
        False,
        False,
    )


def test_a_factor_and_a_category_that_drops_its_lowest_are_told(schoology: Schoology) -> None:
    before = item(schoology.read(), RATIOS)
    assert (before.factor_e4, before.is_droppable) == (10_000, False)
    schoology.edit(collection="grade_items", id=RATIOS, set={"factor": "1.5"})
    category = schoology.category_of(RATIOS)
    schoology.edit(collection="grading_categories", id=category, set={"drop_lowest": 1})
    after = item(schoology.read(), RATIOS)
    assert (after.factor_e4, after.is_droppable) == (15_000, True)
    assert not item(schoology.read(), LETTER).is_droppable


def test_an_item_for_single_students_has_only_their_results(schoology: Schoology) -> None:
    group = {"section_id": 4318001, "title": "G", "members": [44783003]}
    schoology.edit(collection="grading_groups", id=971, set=group)
    schoology.edit(
        collection="grade_items", id=RATIOS, set={"assignees": [44783002], "grading_group_ids": [971]}
    )
    extract = schoology.read()
    ratios = item(extract, RATIOS)
    assert (ratios.is_individual, ratios.has_everyone, item(extract, QUIZ).is_individual) == (
        True,
        False,
        False,
    )
    mine = extract.results[extract.results.lms_assignment_id == RATIOS]
    assert set(mine.student_id_sis) == {"s-001", "s-002"}


def test_states_of_work_are_separate_facts(schoology: Schoology) -> None:
    for student, exception in (("s-004", 3), ("s-005", 2)):
        schoology.edit(
            collection="grades", assignment_id=RATIOS, school_uid=student, set={"exception": exception}
        )
    extract = schoology.read()
    excused, late = result(extract, RATIOS, "s-002"), result(extract, RATIOS, "s-003")
    missing, incomplete = result(extract, RATIOS, "s-004"), result(extract, RATIOS, "s-005")
    assert (excused.is_excused, excused.is_graded, excused.is_missing) == (True, False, False)
    assert (late.is_late, late.is_submitted, late.is_graded, late.score_e4) == (True, True, True, 80_000)
    assert (missing.is_missing, missing.is_excused, missing.is_graded) == (True, False, False)
    assert (incomplete.is_missing, incomplete.is_excused, incomplete.is_graded) == (False, False, False)
    assert all(pd.isna(one.score_e4) for one in (excused, missing, incomplete))
    assert not result(extract, RATIOS, "s-006").is_enrolled  # has left
    assert late.is_enrolled
    assert late.is_posted
    assert late.graded_at == pd.Timestamp("2026-09-27T12:00:00-04:00")


def test_a_mark_that_nobody_documents_is_left_out_and_counted(schoology: Schoology) -> None:
    before = schoology.read()
    schoology.edit(collection="grades", assignment_id=RATIOS, school_uid="s-001", set={"exception": 4})
    extract = schoology.read()
    assert extract.left_out == {"EXCEPTION_UNKNOWN": 1}
    assert len(extract.results) == len(before.results) - 1
    assert "s-001" not in set(extract.results[extract.results.lms_assignment_id == RATIOS].student_id_sis)
    assert extract.incomplete_sections == frozenset()


def test_letters_stored_as_numbers_do_not_become_points(schoology: Schoology) -> None:
    extract = schoology.read()
    letter = result(extract, LETTER, "s-001")
    assert (item(extract, LETTER).grading, letter.score_text, letter.is_graded) == ("letter", "A-", True)
    assert pd.isna(letter.score_e4)
    schoology.edit(collection="grade_items", id=LETTER, set={"grading_scale": "96033"})
    schoology.edit(collection="grades", assignment_id=LETTER, school_uid="s-001", set={"grade": "two points"})
    level = result(schoology.read(), LETTER, "s-001")
    assert (level.score_text, pd.isna(level.score_e4)) == ("two points", True)


def test_hidden_grades_are_unknown_to_the_api_and_pending_ones_are_no_score(schoology: Schoology) -> None:
    field_notes = "43180030000507"
    extract = schoology.read()
    assert pd.isna(result(extract, field_notes, "s-001").is_posted)
    assert not result(extract, field_notes, "s-002").is_graded
    assert result(extract, field_notes, "s-002").is_submitted
    schoology.edit(collection="grades", assignment_id=field_notes, school_uid="s-001", set={"pending": 1})
    pending = result(schoology.read(), field_notes, "s-001")
    assert (pending.is_graded, pd.isna(pending.score_e4)) == (False, True)


def test_a_draft_was_not_handed_in_and_only_a_dropbox_tells(schoology: Schoology) -> None:
    schoology.edit(collection="submissions", assignment_id=RATIOS, school_uid="s-004", set={"draft": 1})
    extract = schoology.read()
    assert not result(extract, RATIOS, "s-004").is_submitted
    assert pd.isna(result(extract, QUIZ, "s-004").is_submitted)
    assert pd.isna(result(schoology.read(submissions=False), RATIOS, "s-001").is_submitted)


def test_what_the_sis_does_not_know_is_counted_and_not_routed(schoology: Schoology) -> None:
    schoology.edit(collection="sections", id=SCIENCE, set={"section_school_code": ""})
    schoology.edit(collection="users", school_uid="s-001", set={"school_uid": ""})
    extract = schoology.read()
    assert extract.left_out == {"SECTION_WITHOUT_SIS_ID": 1, "STUDENT_WITHOUT_SIS_ID": 6}
    assert set(extract.line_items.section_id_sis) == {"m9-01", "m9-02"}


def test_teachers_edits_are_read(schoology: Schoology) -> None:
    schoology.edit(collection="grades", assignment_id=RATIOS, school_uid="s-001", set={"grade": 4.25})
    schoology.edit(collection="grade_items", id=RATIOS, set={"title": "Ratios", "max_points": "12.5"})
    schoology.edit(collection="grade_items", id=QUIZ, set=None)
    extract = schoology.read()
    assert result(extract, RATIOS, "s-001").score_e4 == 42_500
    assert (item(extract, RATIOS).title, item(extract, RATIOS).points_possible_e4) == ("Ratios", 125_000)
    assert QUIZ not in set(extract.line_items.lms_assignment_id)


def test_sections_are_read_for_a_while_after_their_last_period(schoology: Schoology) -> None:
    later = dt.datetime(2027, 7, 20, tzinfo=dt.UTC)
    schoology.control("POST", "clock", {"now": later.isoformat()})

    async def at(source: Any) -> Any:
        source.today = later.date()
        return await source.read_gradebook()

    assert len(schoology.run(at).line_items) > 0
    assert len(schoology.run(at, past_days=31).line_items) == 0  # Quarter 4 ended on 18 June


def test_only_one_building_may_pass_back(schoology: Schoology) -> None:
    assert len(schoology.read(building="344002").line_items) > 0
    assert len(schoology.read(building="1").line_items) == 0


def test_the_check_passes_and_names_what_is_wrong(schoology: Schoology) -> None:
    def check(**more: Any) -> Any:
        return schoology.run(lambda source: source.check(), **more)

    assert [one.passed for one in check()] == [True] * 5
    zone = check(zone="America/Los_Angeles")[-1]
    assert (zone.passed, "write zone: America/New_York" in zone.detail) == (False, True)
    for section in (MATH_1, MATH_2, SCIENCE):
        schoology.edit(collection="sections", id=section, set={"section_school_code": ""})
    assert "section school code" in check()[-1].detail
    schoology.fault(do="status", code=403, path="/gradingperiods", times=None)
    last = check()[-1]
    assert (last.name, last.passed) == ("rights to the whole school", False)


def test_its_name_holds_no_key_and_may_be_given(schoology: Schoology) -> None:
    async def name(source: Any) -> str:
        return str(source.system_id)

    assert schoology.run(name) == f"schoology:127.0.0.1:{schoology.spec.port}/v1"
    assert schoology.run(name, system_id="lincoln") == "lincoln"
