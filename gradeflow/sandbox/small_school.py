"""The small school that practice servers hold when nobody gives them data: every case once, by hand.

District `practice`, America/New_York, school year 2026/27, four grading periods; each takes scores until 14
days after its end. No school on Thanksgiving and the day after, 2026-11-26 and 27. Categories Homework, Quiz,
Test everywhere, Lab only in `sci-01`.

| section | course | teachers | students |
|---|---|---|---|
| m9-01 | math-9 | t-100 | s-001 to s-006; s-006 left on 2026-10-16 |
| m9-02 | math-9 | t-200, with t-300, who is outside the passback group | s-007 to s-012; the SIS does not enrol s-012 |
| sci-01 | sci-9 | t-100 | s-001 to s-004, s-007, s-008 |

| assignment | type | due | why it is here |
|---|---|---|---|
| 501 Ratios practice | Homework | 2026-09-18 | the plain case; s-002 excused, s-003 late, s-004 without work |
| 502 Unit 1 quiz | Quiz | 2026-09-25, m9-02 2026-09-28 | dates of its own for one section; scores with a half point |
| 503 Unit 1 test | Test | 2026-10-02 | a letter grade: no number passes |
| 504 (51 characters) | Homework | 2026-10-09 | a name too long for every SIS |
| 505 Warm-up | Homework | 2026-10-12 | not ticked for the SIS |
| 506 Measuring lab | Lab | 2026-10-16 | 10.5 points: Skyward wants whole ones |
| 507 Field notes | Homework | 2026-11-13 | s-001 graded but not posted, s-002 handed in but not graded |
| 508 Linear equations | Homework | 2026-11-20 | assigned by t-300 in m9-02 |
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from gradeflow.sandbox.school import (
    Assignment,
    Category,
    Enrolment,
    Grading,
    Period,
    School,
    Score,
    Section,
    SectionDates,
    Submission,
    Teacher,
)

GRACE = dt.timedelta(days=14)
LEAD = dt.timedelta(days=7)
LONG_TITLE = "Comparing ratios, rates and percentages in context!"
LEAVER, LEFT_ON, NOT_ENROLLED = "s-006", dt.date(2026, 10, 16), "s-012"
_PERIODS = (
    ("q1-2026", "Quarter 1", dt.date(2026, 8, 31), dt.date(2026, 11, 8)),
    ("q2-2026", "Quarter 2", dt.date(2026, 11, 9), dt.date(2027, 1, 31)),
    ("q3-2026", "Quarter 3", dt.date(2027, 2, 1), dt.date(2027, 4, 11)),
    ("q4-2026", "Quarter 4", dt.date(2027, 4, 12), dt.date(2027, 6, 18)),
)


def small_school() -> School:
    """Give the school of this module's docstring."""
    sections = (
        Section("m9-01", "Math 9, section 1", "math-9", ("t-100",), _students(1, 2, 3, 4, 5, 6)),
        Section("m9-02", "Math 9, section 2", "math-9", ("t-200", "t-300"), _students(7, 8, 9, 10, 11, 12)),
        Section("sci-01", "Science 9", "sci-9", ("t-100",), _students(1, 2, 3, 4, 7, 8)),
    )
    start = _PERIODS[0][2]
    return School(
        slug="practice",
        timezone="America/New_York",
        start=start,
        end=_PERIODS[-1][3],
        school_id="school-1",
        periods=tuple(Period(*row, closes=row[3] + GRACE) for row in _PERIODS),
        categories=(
            Category("cat-homework", "Homework"),
            Category("cat-quiz", "Quiz"),
            Category("cat-test", "Test"),
            Category("cat-lab", "Lab", "sci-01"),
        ),
        teachers=tuple(Teacher(key, f"{key}@practice.example") for key in ("t-100", "t-200", "t-300")),
        sections=sections,
        students=_students(*range(1, 13)),
        enrolments=tuple(
            Enrolment(student, section.id, start, LEFT_ON if student == LEAVER else None)
            for section in sections
            for student in section.students
            if student != NOT_ENROLLED
        ),
        assignments=_assignments(),
        scores=_scores(),
        lms_types=("Homework", "Quiz", "Test", "Lab"),
        category_of={"Homework": "cat-homework", "Quiz": "cat-quiz", "Test": "cat-test", "Lab": "cat-lab"},
        passback_teachers=("t-100", "t-200"),
        assigners={("508", "m9-02"): "t-300"},
        holidays=(dt.date(2026, 11, 26), dt.date(2026, 11, 27)),
    )


def _students(*numbers: int) -> tuple[str, ...]:
    return tuple(f"s-{number:03}" for number in numbers)


def _assignments() -> tuple[Assignment, ...]:
    monday = dt.date(2026, 9, 28)
    return (
        _assignment("501", "Ratios practice", "Homework", "math-9", "10", dt.date(2026, 9, 18)),
        _assignment(
            "502",
            "Unit 1 quiz",
            "Quiz",
            "math-9",
            "20",
            dt.date(2026, 9, 25),
            submission="online_quiz",
            overrides=(SectionDates("m9-02", monday - LEAD, monday),),
        ),
        _assignment(
            "503",
            "Unit 1 test",
            "Test",
            "math-9",
            "50",
            dt.date(2026, 10, 2),
            submission="on_paper",
            grading="letter_grade",
        ),
        _assignment("504", LONG_TITLE, "Homework", "math-9", "10", dt.date(2026, 10, 9)),
        _assignment("505", "Warm-up", "Homework", "math-9", "5", dt.date(2026, 10, 12), is_selected=False),
        _assignment("506", "Measuring lab", "Lab", "sci-9", "10.5", dt.date(2026, 10, 16)),
        _assignment("507", "Field notes", "Homework", "sci-9", "20", dt.date(2026, 11, 13)),
        _assignment("508", "Linear equations", "Homework", "math-9", "10", dt.date(2026, 11, 20)),
    )


def _assignment(
    key: str,
    title: str,
    kind: str,
    course: str,
    max_points: str,
    due: dt.date,
    *,
    submission: Submission = "online_upload",
    grading: Grading = "points",
    is_selected: bool = True,
    overrides: tuple[SectionDates, ...] = (),
) -> Assignment:
    # Not before the period of its due date: an assignment over two periods is a case of its own
    assigned = max(due - LEAD, next(row[2] for row in _PERIODS if row[2] <= due <= row[3]))
    return Assignment(
        id=key,
        title=title,
        type=kind,
        course=course,
        max_points=Decimal(max_points),
        assigned=assigned,
        due=due,
        created=assigned,
        submission=submission,
        grading=grading,
        is_selected=is_selected,
        overrides=overrides,
    )


def _scores() -> tuple[Score, ...]:
    plain = {
        "501": (dt.date(2026, 9, 17), {1: "9", 5: "7.5", 6: "6", 7: "10", 8: "8", 9: "9", 10: "4", 11: "7"}),
        "502": (dt.date(2026, 9, 24), {1: "18.5", 2: "16", 3: "20", 7: "12.5", 8: "17", 9: "19", 12: "15"}),
        "504": (dt.date(2026, 10, 8), {1: "10", 2: "9", 7: "8"}),
        "505": (dt.date(2026, 10, 12), {1: "5", 7: "4"}),
        "506": (dt.date(2026, 10, 15), {1: "10.5", 2: "8", 3: "9.5", 7: "10"}),
        "507": (dt.date(2026, 11, 12), {3: "18", 4: "15.5", 7: "20"}),
        "508": (dt.date(2026, 11, 19), {1: "9", 2: "10", 3: "8", 7: "6", 8: "7"}),
    }
    made = [
        Score(assignment, f"s-{number:03}", Decimal(points), day)
        for assignment, (day, scores) in plain.items()
        for number, points in scores.items()
    ]
    return (
        *made,
        Score("501", "s-002", None, None, is_excused=True),
        Score("501", "s-003", Decimal(8), dt.date(2026, 9, 20), is_late=True),
        Score("503", "s-001", Decimal(46), dt.date(2026, 10, 2), text="A-"),
        Score("503", "s-007", Decimal(41), dt.date(2026, 10, 2), text="B"),
        Score("507", "s-001", Decimal(19), dt.date(2026, 11, 12), is_posted=False),
        Score("507", "s-002", None, dt.date(2026, 11, 13)),
    )
