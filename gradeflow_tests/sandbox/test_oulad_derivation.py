"""The derivation table holds: counts against pandas on the packaged grades, readings on made-up ones."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from gradeflow.errors import ConfigError
from gradeflow.sandbox.canvas_fill import fill_canvas
from gradeflow.sandbox.oulad import districts
from gradeflow.sandbox.oulad_files import packaged_grades
from gradeflow.sandbox.school import School, night
from gradeflow.sandbox.store import Store

DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in packaged_grades().glob("*.parquet")}


@pytest.fixture(scope="module")
def schools() -> dict[str, School]:
    return {slug: school for slug, _, school in districts(packaged_grades())}


PACKAGED = [("bbb-2013j", "BBB"), ("eee-2013j", "EEE")]


def of(frames: dict[str, pd.DataFrame], module: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    assessments = frames["assessments"].query("code_module == @module")
    scores = frames["student_assessment"]
    scores = scores[scores["id_assessment"].isin(assessments["id_assessment"])]
    return assessments, scores, frames["student_registration"].query("code_module == @module")


@pytest.mark.parametrize(("slug", "module"), PACKAGED)
def test_every_student_and_score_of_the_files_arrives(frames, schools, slug, module):
    assessments, scores, registrations = of(frames, module)
    school = schools[slug]
    students = set(scores["id_student"]) | set(registrations["id_student"])
    assert school.students == tuple(map(str, sorted(students)))
    assert len(school.assignments) == len(assessments)
    assert len(school.scores) == len(scores)
    assert sum(s.points is not None for s in school.scores) == scores["score"].notna().sum()
    assert sum(s.points for s in school.scores if s.points is not None) == int(scores["score"].sum())
    assert sum(score.is_excused for score in school.scores) == scores["is_banked"].sum()


@pytest.mark.parametrize(("slug", "module"), PACKAGED)
def test_late_work_is_what_came_after_its_due_date(frames, schools, slug, module):
    assessments, scores, _ = of(frames, module)
    joined = scores.merge(assessments[["id_assessment", "date"]], on="id_assessment")
    late = (joined["date_submitted"] > joined["date"]).fillna(value=False)
    assert sum(score.is_late for score in schools[slug].scores) == late.sum() > 0


@pytest.mark.parametrize(("slug", "module"), PACKAGED)
def test_the_sis_enrols_exactly_the_registered_and_knows_when_they_left(frames, schools, slug, module):
    registrations = of(frames, module)[2]
    stays = {stay.student: stay for stay in schools[slug].enrolments}
    assert set(stays) == set(registrations["id_student"].astype(str))
    left = registrations.dropna(subset="date_unregistration")
    start = dt.date(2013, 10, 5)
    ends = {str(r.id_student): start + int(r.date_unregistration) * DAY for r in left.itertuples()}
    assert {student: stay.end for student, stay in stays.items() if stay.end} == ends


@pytest.mark.parametrize(("slug", "module"), PACKAGED)
def test_sections_take_25_students_each_in_order(schools, slug, module):
    school = schools[slug]
    assert [s for section in school.sections for s in section.students] == list(school.students)
    assert {len(section.students) for section in school.sections[:-1]} == {25}
    assert 0 < len(school.sections[-1].students) <= 25
    assert [section.id for section in school.sections[:2]] == [f"{slug}-s01", f"{slug}-s02"]
    assert len({section.teachers[0] for section in school.sections}) == len(school.sections)


def test_every_tenth_section_is_assigned_by_somebody_outside_the_group(schools):
    school = schools["bbb-2013j"]
    outside = [
        number
        for number, section in enumerate(school.sections, 1)
        if school.assigner("14996", section) not in school.passback_teachers
    ]
    assert outside == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert school.sections[9].teachers == ("bbb-2013j-t10", "bbb-2013j-sub")


def test_the_packaged_presentations_have_these_dates_and_titles(schools):
    school = schools["bbb-2013j"]
    assert (school.start, school.end) == (dt.date(2013, 10, 5), dt.date(2014, 6, 29))
    titles = {a.id: (a.title, a.assigned, a.due) for a in school.assignments}
    assert titles["14996"] == ("TMA 1", dt.date(2013, 10, 10), dt.date(2013, 10, 24))
    assert titles["15005"] == ("CMA 3", dt.date(2014, 1, 30), dt.date(2014, 2, 13))
    # 14 days before would lie in the period before
    assert titles["15001"] == ("TMA 6", dt.date(2014, 4, 24), dt.date(2014, 5, 1))
    assert titles["15002"] == ("Exam 1", dt.date(2013, 10, 5), None)


def test_otus_and_skyward_have_their_own_words(schools):
    school = schools["eee-2013j"]
    assert Counter(a.type for a in school.assignments) == {"Assignment": 4, "Test": 1}
    assert [a.title for a in school.assignments] == ["TMA 1", "TMA 2", "TMA 3", "TMA 4", "Exam 1"]
    assert len(school.categories) == 8
    assert "cat-quiz" in {category.id for category in school.categories}
    assert school.timezone == "America/Chicago"


@pytest.mark.parametrize("slug", ["bbb-2013j", "eee-2013j"])
def test_periods_are_four_without_gaps_and_only_the_first_is_closed_at_night(schools, slug):
    school = schools[slug]
    assert school.periods[0].start == school.start
    assert school.periods[-1].end == school.end
    pairs = zip(school.periods, school.periods[1:], strict=False)
    assert all(following.start - before.end == DAY for before, following in pairs)
    for n in (1, 2, 3):
        today = night(school, n).date()
        assert [period.closes >= today for period in school.periods] == [False, True, True, True]


def test_nights_follow_the_last_day_at_half_past_three_local(schools):
    clocks = [night(schools["bbb-2013j"], n).isoformat() for n in (1, 2)]
    assert clocks == ["2014-06-29T03:30:00-04:00", "2014-06-30T03:30:00-04:00"]


# ---- readings that the packaged grades do not show ---------------------------------------------------


def made_up(
    folder: Path, *, assessments: list[tuple], registrations: list[tuple], scores: list[tuple]
) -> Path:
    courses = [("ZZZ", "2012J", 100), ("AAA", "2013B", 101), ("BBB", "2012J", 100)]
    frames = {
        "courses": (courses, ["code_module", "code_presentation", "module_presentation_length"]),
        "assessments": (
            [("AAA", "2013B", *row, 0.0) for row in assessments],
            ["code_module", "code_presentation", "id_assessment", "assessment_type", "date", "weight"],
        ),
        "student_assessment": (
            scores,
            ["id_assessment", "id_student", "date_submitted", "is_banked", "score"],
        ),
        "student_registration": (
            [("AAA", "2013B", *row) for row in registrations],
            ["code_module", "code_presentation", "id_student", "date_registration", "date_unregistration"],
        ),
    }
    for name, (rows, columns) in frames.items():
        frame = pd.DataFrame(rows, columns=columns)
        for column in ("date", "score", "date_registration", "date_unregistration"):
            if column in frame:
                frame[column] = frame[column].astype("Int32")
        frame.to_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture
def spring(tmp_path: Path) -> School:
    folder = made_up(
        tmp_path,
        assessments=[
            (9, "TMA", None),
            (8, "TMA", 30),
            (7, "TMA", 30),
            (6, "CMA", 26),
            (5, "Exam", 120),
        ],
        registrations=[(30, None, None), (4, -20, 10), (200, 5, None)],
        scores=[(8, 4, 31, False, 55), (8, 30, 30, False, None), (7, 1000, -1, True, 80)],
    )
    return districts(folder)[2][2]


def test_districts_go_by_presentation_then_module_and_take_turns(tmp_path):
    folder = made_up(tmp_path, assessments=[], registrations=[], scores=[])
    assert [(slug, route.lms, route.sis) for slug, route, _ in districts(folder)] == [
        ("bbb-2012j", "canvas", "schooltool"),
        ("zzz-2012j", "otus", "skyward_sms"),
        ("aaa-2013b", "canvas", "schooltool"),
    ]


def test_a_spring_presentation_starts_on_the_first_saturday_of_february(spring):
    assert (spring.start, spring.year) == (dt.date(2013, 2, 2), "2013")
    starts = [(period.start - spring.start).days for period in spring.periods]
    assert starts == [0, 25, 50, 75]
    assert (spring.end - spring.start).days == 100


def test_titles_count_within_the_type_by_due_date_then_id_nulls_last(spring):
    assert {a.id: a.title for a in spring.assignments} == {
        "7": "TMA 1",
        "8": "TMA 2",
        "9": "TMA 3",
        "6": "CMA 1",
        "5": "Exam 1",
    }


def test_work_is_assigned_within_the_period_of_its_due_date(spring):
    days = {a.id: (a.assigned - spring.start).days for a in spring.assignments}
    assert days == {"7": 25, "8": 25, "9": 0, "6": 25, "5": 106}


def test_work_due_after_the_last_day_belongs_to_the_last_period(tmp_path):
    folder = made_up(tmp_path, assessments=[(1, "TMA", 41)], registrations=[], scores=[])
    courses = pd.read_parquet(folder / "courses.parquet").assign(module_presentation_length=40)
    courses.to_parquet(folder / "courses.parquet")
    school = districts(folder)[2][2]
    (assignment,) = school.assignments
    assert (assignment.assigned - school.start).days == 30


def test_carried_over_work_is_excused_without_a_score_in_canvas(tmp_path):
    folder = made_up(
        tmp_path,
        assessments=[(1, "TMA", 30)],
        registrations=[(4, None, None)],
        scores=[(1, 4, -1, True, 80)],
    )
    _, _, school = districts(folder)[2]
    store = Store(tmp_path / "canvas.sqlite")
    fill_canvas(store, school)
    (submission,) = store.documents("submissions")
    store.close()
    assert (submission["excused"], submission["score"], submission["submitted_at"]) == (True, None, None)


def test_students_are_sorted_by_number_and_the_unregistered_are_listed_but_not_enrolled(spring):
    assert spring.students == ("4", "30", "200", "1000")
    assert spring.sections[0].students == spring.students
    stays = {stay.student: (stay.begin - spring.start).days for stay in spring.enrolments}
    assert stays == {"4": -20, "30": 0, "200": 5}


def test_scores_are_late_ungraded_or_carried_over(spring):
    scores = {score.student: score for score in spring.scores}
    assert scores["4"].is_late
    assert scores["30"].points is None
    assert scores["30"].submitted is not None
    assert not scores["30"].is_late
    assert scores["1000"].is_excused
    assert scores["1000"].submitted is None


def test_a_folder_without_a_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"courses\.parquet"):
        districts(tmp_path)


def test_a_file_without_a_column_is_named(tmp_path):
    made_up(tmp_path, assessments=[], registrations=[], scores=[])
    path = tmp_path / "courses.parquet"
    pd.read_parquet(path).drop(columns="code_module").to_parquet(path)
    with pytest.raises(ConfigError, match="code_module"):
        districts(tmp_path)


def test_an_unknown_type_or_presentation_is_refused(tmp_path):
    made_up(tmp_path, assessments=[(1, "Essay", 3)], registrations=[], scores=[])
    with pytest.raises(ConfigError, match="Essay"):
        districts(tmp_path)
    pd.DataFrame(
        [("AAA", "2013X", 10)], columns=["code_module", "code_presentation", "module_presentation_length"]
    ).to_parquet(tmp_path / "courses.parquet")
    with pytest.raises(ConfigError, match="2013X"):
        districts(tmp_path)
