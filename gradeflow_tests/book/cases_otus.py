"""Otus -> Skyward SMS 2.0 (S1)."""

from __future__ import annotations

from gradeflow_tests.book.words import fails, passes, rule
from gradeflow_tests.book.world import Route

Q1 = {"assigned": "2026-09-01", "due": "2026-09-08"}  # over, kept open by the office
Q2 = {"assigned": "2026-10-05", "due": "2026-10-09"}  # closed

CASES = (
    rule("R041",
         passes(grading="points").sends("8.5"),
         fails(grading="letter_grade", text="3").keeps("STANDARDS_BASED")),
    rule("R042",
         passes(score="8.5", points="10").sends("8.5", points="10"),
         fails(score="8", points="10.5").keeps("MAX_NOT_WHOLE")),
    rule("R043",
         passes(score="8.5").sends("8.5"),
         fails("no digit is lost", score="8.4999").sends("8.4999")),
    rule("R044",
         passes(length=49).sends("8.5"),
         fails(length=50).keeps("NAME_TOO_LONG")),
    rule("R045",
         passes(is_in_final_grade=True).sends("8.5"),
         fails(is_in_final_grade=False).keeps("NOT_IN_FINAL_GRADE")),
    rule("R046",
         passes(score="8.5").sends("8.5"),
         fails("turned in", score=None, is_handed_in=True).keeps_score("NOT_GRADED"),
         fails("nobody graded", score=None, is_handed_in=True, classmate=None, due="2026-12-01")
         .keeps("NOT_GRADED")),
    rule("R047",
         passes(score="8.5").sends("8.5"),
         fails(score=None, is_excused=True).keeps_score("SCORE_EXCLUDED")),
    rule("R049",
         passes("due, nothing handed in", score=None).sends("0", noted="AUTO_ZERO"),
         fails("not due yet", score=None, due="2026-12-01").keeps_score("NOT_GRADED"),
         fails("due and excluded", score=None, is_excused=True).keeps_score("SCORE_EXCLUDED"),
         fails("came after it was due", student="new", score=None).keeps_score("ENROLLED_AFTER_DUE")),
    rule("R055",
         passes(type="Journal").sends("8.5"),
         fails(type="Essay").keeps("TYPE_UNKNOWN")),
    rule("R061",
         passes(type="Worksheet").sends("8.5", category="Classwork"),
         fails("not Homework", type="Checklist").sends("8.5", category="Classwork")),
    rule("R063",
         passes(assigned="2026-08-24", due="2026-08-28").sends("8.5"),
         fails(assigned="2026-08-23", due="2026-08-28").keeps("BEFORE_EFFECTIVE_DATE")),
    rule("R066",
         passes(assigned="2026-11-02", due="2026-11-06").sends("8.5"),
         fails(**Q2).keeps("PERIOD_CLOSED")),
    rule("R067",
         passes(assigned="2026-11-02", due="2026-11-06").sends("8.5"),
         fails(assigned="2026-10-28", due="2026-11-06").keeps("PERIOD_STRADDLE")),
    rule("R068",
         passes(assigned="2026-11-09", due="2026-11-09").sends("8.5"),
         fails(assigned="2026-11-10", due="2026-11-09").keeps("DUE_BEFORE_ASSIGN")),
    rule("R069",
         passes(by="t-1").sends("8.5"),
         fails(by="t-2").keeps("ASSIGNER_NOT_IN_GROUP")),
    rule("R077",
         passes("a changed score", score="7").sends("7").then(score="9").sends("9"),
         passes("a new title").sends("8.5").then(title="R077 by another name").sends("8.5"),
         fails("nothing changed").sends("8.5").then().sends("8.5")),
)  # fmt: skip

OTUS = Route("otus-skyward", "otus", "skyward_sms", CASES, passback={"teachers": ["t-1"]})
