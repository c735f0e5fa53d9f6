"""A student who changes section (G04): a case for itself, since it moves a roster and no work."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from gradeflow_tests.book.school import number_of
from gradeflow_tests.book.words import passes, rule
from gradeflow_tests.book.world import Route, live

STUDENT = "P1-1"
CASES = (rule("G04", passes(course="three", classmate=None).sends("8.5").then(score="9").sends("9")),)
NUMBER = number_of(["it"])["it"]
IN_P1 = {"assessment_id": NUMBER, "section_sis_id": "P1", "student_sis_id": STUDENT}
TO_P2 = {"file": "scores", "match": IN_P1, "set": {"section_sis_id": "P2"}}
SEAT = {
    "user": {"sourcedId": STUDENT},
    "class": {"sourcedId": "P2"},
    "school": {"sourcedId": "school-1"},
    "role": "student",
    "primary": "false",
    "beginDate": "2026-11-21",
}
MOVED = (
    {"collection": "enrollments", "sourcedId": f"P1-{STUDENT}", "set": {"endDate": "2026-11-21"}},
    {"collection": "enrollments", "sourcedId": f"P2-{STUDENT}", "set": SEAT},
)
ROUTE = Route(
    "otus-skyward, a student moves",
    "otus",
    "skyward_sms",
    CASES,
    passback={"teachers": ["t-1"]},
    moves={1: ((TO_P2,), MOVED)},
)


def test_a_score_follows_its_student_and_the_old_section_keeps_what_it_has(tmp_path: Path) -> None:
    world = live(ROUTE, tmp_path)
    before, after, quiet = world.nights
    held = [
        {section: night.sis.scores(night.sis.of("G04 passes 1", section)[0]) for section in ("P1", "P2")}
        for night in (before, after)
    ]
    assert held[0]["P1"][STUDENT] == (Decimal("8.5"), "graded")
    assert STUDENT not in held[0]["P2"]
    assert held[1]["P1"][STUDENT] == (Decimal("8.5"), "graded")
    assert held[1]["P2"][STUDENT] == (Decimal(9), "graded")
    assert quiet.writes == 0
