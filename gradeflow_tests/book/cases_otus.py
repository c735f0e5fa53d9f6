"""Otus -> Skyward SMS 2.0 (S1), at half past midnight: what was due at 23:59 is past.

The passback group: t-1 and t-7 all year, t-3, who does not teach section A; t-4 since 18 November, t-8 from the
second night on, t-5 until the second night, t-6 again since 10 November, and an administrator whom the SIS does
not know. Not t-2.
"""

from __future__ import annotations

from gradeflow_tests.book.words import fails, passes, rule
from gradeflow_tests.book.world import FIRST_NIGHT, Route

Q1 = {"assigned": "2026-09-01", "due": "2026-09-08"}  # over, kept open by the office
Q2 = {"assigned": "2026-10-05", "due": "2026-10-09"}  # closed
GROUP = (
    *("t-1", "t-3", "t-7", "admin-1"),
    {"teacher": "t-4", "added": "2026-11-18"},
    {"teacher": "t-5", "removed": "2026-11-21"},
    {"teacher": "t-6", "removed": "2026-10-01"},
    {"teacher": "t-6", "added": "2026-11-10"},
    {"teacher": "t-8", "added": "2026-11-21"},
)
CATEGORIES = (
    {"lms": "Observation", "section": "A", "sis": "Only in A"},
    {"lms": "Presentation", "section": "A", "sis": "Old"},
    {"lms": "Checklist", "section": "A", "sis": None},
)
STRANGER = {"assigned_by_sis_id": ""}
ADMIN = {"assigned_by_sis_id": "admin-1"}
EXCUSED = {"submission_status": "Excused", "points_earned": ""}

GUIDE = (
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
    rule("R048",
         passes("weighed in the SIS", score="7").sends("7")
         .then(in_sis={"weight": "2"}, score="9").sends("9", weight="2"),
         fails("and renamed").sends("8.5", weight=None)
         .then(in_sis={"weight": "2"}, title="R048 renamed").sends("8.5", weight="2")),
    rule("R049",
         passes("due, nothing handed in", score=None).sends("0", noted="AUTO_ZERO"),
         fails("not due yet", score=None, due="2026-12-01").keeps_score("NOT_GRADED"),
         fails("due and excluded", score=None, is_excused=True).keeps_score("SCORE_EXCLUDED"),
         fails("due and turned in", score=None, is_handed_in=True).keeps_score("NOT_GRADED"),
         fails("came after it was due", student="new", score=None).keeps_score("ENROLLED_AFTER_DUE")),
    rule("R051",
         passes("vouched for").sends("8.5")),
    rule("R055",
         passes(type="Journal").sends("8.5"),
         fails(type="Essay").keeps("TYPE_UNKNOWN")),
    rule("R056",
         passes(type="Test").sends("8.5", category="Test"),
         fails("unassociated", type="Checklist").keeps("CATEGORY_UNASSOCIATED")),
    rule("R058",
         passes("Paper", type="Paper").sends("8.5", category="Project"),
         fails("Project too", type="Project").sends("8.5", category="Project")),
    rule("R059",
         passes(type="Lab").sends("8.5", category="Lab"),
         fails("of one section only", type="Observation").keeps("CATEGORY_SCOPE")),
    rule("R060",
         passes(type="Quiz").sends("8.5", category="Quiz"),
         fails(type="Presentation").keeps("CATEGORY_INACTIVE")),
    rule("R061",
         passes(type="Worksheet").sends("8.5", category="Classwork"),
         fails("Journal is no Homework", type="Journal").sends("8.5", category="Project")),
    rule("R062",
         passes(type="Quiz", score="7").sends("7", category="Quiz")
         .then(in_sis={"category": "Lab"}, score="9").sends("9", category="Lab"),
         fails("a new title", type="Quiz").sends("8.5", category="Quiz")
         .then(in_sis={"category": "Lab"}, title="R062 renamed").sends("8.5", category="Lab")),
    rule("R063",
         passes(assigned="2026-08-24", due="2026-08-28").sends("8.5"),
         fails(assigned="2026-08-23", due="2026-08-28").keeps("BEFORE_EFFECTIVE_DATE")),
    rule("R064",
         passes("both in q3").sends("8.5", assigned="2026-11-09", due="2026-11-16"),
         passes("both in q1, which is kept open", **Q1).sends("8.5"),
         fails("due in closed q2", assigned="2026-09-21", due="2026-10-01").keeps("PERIOD_STRADDLE"),
         fails("in two open ones", assigned="2026-09-21", due="2026-11-16").keeps("PERIOD_STRADDLE"),
         fails("in none", assigned="2026-11-09", due="2027-01-23").keeps("DATE_OUTSIDE_PERIODS"),
         fails("no due date", due=None).keeps("DUE_DATE_REQUIRED")),
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
         passes("a co-teacher of the group", by="t-7").sends("8.5"),
         fails("a co-teacher, though the owner is in it", by="t-2").keeps("ASSIGNER_NOT_IN_GROUP"),
         fails("nobody is named", item={"assigned_by_user_id": "", "assigned_by_sis_id": ""})
         .keeps("ASSIGNER_UNKNOWN")),
    rule("R070",
         passes(by="t-7").sends("8.5"),
         fails("not dropped without a word", by="t-2").keeps("ASSIGNER_NOT_IN_GROUP")),
    rule("R071",
         passes("the teacher of record", by="t-1").sends("8.5"),
         fails("a stranger to the SIS", item=STRANGER).keeps("ASSIGNER_NOT_IN_SIS"),
         fails("though in the group", item=ADMIN).keeps("ASSIGNER_NOT_IN_SIS")),
    rule("R072",
         passes("joins on the second day", by="t-8").keeps("ASSIGNER_NOT_IN_GROUP").then().sends("8.5"),
         fails("leaves on the second day", by="t-5", score="7").sends("7")
         .then(score="9").sends("7", noted="ASSIGNER_NOT_IN_GROUP SENT_NOW_INELIGIBLE")),
    rule("R073",
         passes("since the period began", by="t-4", assigned="2026-11-02", due="2026-11-06").sends("8.5"),
         fails("before that", by="t-4", **Q1).keeps("ASSIGNED_BEFORE_JOINING")),
    rule("R074",
         passes("nothing of its name there", by="t-4").sends("8.5"),
         fails("typed before she joined", by="t-4", in_sis={"made": "2026-11-16"})
         .holds("LIKELY_DUPLICATE", is_classmate_there=False)),
    rule("R075",
         passes("while he is in it", by="t-5").sends("8.5")
         .then().sends("8.5", noted="ASSIGNER_NOT_IN_GROUP SENT_NOW_INELIGIBLE"),
         fails("what he does later", by="t-5", score="7").sends("7")
         .then(score="9").sends("7", noted="ASSIGNER_NOT_IN_GROUP SENT_NOW_INELIGIBLE")),
    rule("R076",
         passes("missed, the period is open", by="t-6", assigned="2026-11-03", due="2026-11-06").sends("8.5"),
         fails("missed, the period is closed", by="t-6", **Q2).keeps("PERIOD_CLOSED")),
    rule("R077",
         passes("a changed score", score="7").sends("7").then(score="9").sends("9"),
         passes("a new title").sends("8.5").then(title="R077 by another name").sends("8.5"),
         passes("a new due date").sends("8.5").then(due="2026-11-18").sends("8.5", due="2026-11-18"),
         passes("a new category").sends("8.5", category="Homework")
         .then(type="Lab").sends("8.5", category="Lab"),
         passes("a first score", score=None, is_handed_in=True).keeps_score("NOT_GRADED")
         .then(score="8.5").sends("8.5"),
         fails("nothing changed").sends("8.5").then().sends("8.5", is_written=False)),
    rule("R078",
         passes("co-teacher and member", by="t-7").sends("8.5"),
         fails("member only", by="t-3").keeps("ASSIGNER_NOT_IN_CLASS")),
    rule("R081",
         passes("no longer in the final grade").sends("8.5")
         .then(is_in_final_grade=False).sends("8.5", noted="NOT_IN_FINAL_GRADE SENT_NOW_INELIGIBLE"),
         fails("nor what changes then", score="7").sends("7").then(is_in_final_grade=False, score="9")
         .sends("7", noted="NOT_IN_FINAL_GRADE SENT_NOW_INELIGIBLE")),
)  # fmt: skip

BOUNDARIES = (
    rule("C02",
         passes("49", length=49).sends("8.5"),
         passes("49 and a blank", title="C02 passes ".ljust(48, "w") + "s ").sends(
             "8.5", title="C02 passes ".ljust(48, "w") + "s"),
         passes("49 with a face", title="C02 passes ".ljust(48, "f") + "\N{GRINNING FACE}").sends("8.5"),
         passes("49 when put together", title="C02 passes ".ljust(48, "e") + "e\N{COMBINING ACUTE ACCENT}").sends(
             "8.5", title="C02 passes ".ljust(48, "e") + "\N{LATIN SMALL LETTER E WITH ACUTE}"),
         fails("50", length=50).keeps("NAME_TOO_LONG"),
         fails("51", length=51).keeps("NAME_TOO_LONG"),
         fails("50 with a face", title="C02 fails ".ljust(49, "f") + "\N{GRINNING FACE}").keeps("NAME_TOO_LONG")),
    rule("C03",
         passes("excluded stays back, the others go", score=None, is_excused=True).keeps_score("SCORE_EXCLUDED"),
         passes("excused, and no longer", cell=EXCUSED).keeps_score("EXCUSED_NOT_SENT")
         .then(cell={}).sends("8.5"),
         fails("never as a bare 0", cell=EXCUSED).keeps_score("EXCUSED_NOT_SENT"),
         fails("after a score was sent").sends("8.5")
         .then(cell=EXCUSED).sends("8.5", noted="EXCUSED_NOT_SENT SENT_NOW_INELIGIBLE")),
    rule("C06",
         passes("due at 23:59, half an hour ago", score=None, due="2026-11-19").sends("0", noted="AUTO_ZERO"),
         passes("then it comes", score=None).sends("0", noted="AUTO_ZERO").then(score="6").sends("6"),
         fails("due at 23:59 today", score=None, due="2026-11-20").keeps_score("NOT_GRADED")
         .then().sends("0", noted="AUTO_ZERO")),
    rule("C10",
         passes("graded").sends("8.5"),
         fails("no score at all", score=None, classmate=None, is_handed_in=True, due="2026-12-01")
         .keeps("NOT_GRADED")),
    rule("C13",
         passes("member and of the SIS", by="t-1").sends("8.5"),
         fails("an administrator of the group", item=ADMIN).keeps("ASSIGNER_NOT_IN_SIS"),
         fails("of the SIS only", by="t-2").keeps("ASSIGNER_NOT_IN_GROUP")),
    rule("C14",
         passes("q1 is still open in q3", **Q1).sends("8.5"),
         fails("q2 is not", **Q2).keeps("PERIOD_CLOSED")),
    rule("C16",
         passes("8.5 of 10", score="8.5").sends("8.5"),
         passes("10.0 of 10.0", score="10.0", points="10.0").sends("10", points="10"),
         fails("8 of 10.5", score="8", points="10.5").keeps("MAX_NOT_WHOLE")),
    rule("C25",
         passes("8.5 of 10", score="8.5").sends("8.5"),
         fails("9 of 9.5", score="9", points="9.5").keeps("MAX_NOT_WHOLE")),
    rule("C24",
         passes("this route sends both dates").sends("8.5", assigned="2026-11-09", due="2026-11-16"),
         fails("assigned in q1, due in q3", assigned="2026-09-21").keeps("PERIOD_STRADDLE")),
    rule("G06",
         passes(score="7").sends("7", points="10").then(points="20").sends("7", points="20"),
         fails("a part of a point", score="7").sends("7", points="10").then(points="20.5")
         .sends("7", points="10", noted="MAX_NOT_WHOLE SENT_NOW_INELIGIBLE")),
    rule("G12",
         passes("due at 23:59 yesterday", score=None, due="2026-11-19").sends("0", noted="AUTO_ZERO"),
         fails("due at 23:59 today", score=None, due="2026-11-20", assigned="2026-11-20")
         .keeps_score("NOT_GRADED").then().sends("0", noted="AUTO_ZERO")),
    rule("G22",
         passes("an automatic zero gives way", score=None).sends("0", noted="AUTO_ZERO")
         .then(score="6").sends("6"),
         fails("a typed zero is a score", score="0").sends("0")),
)  # fmt: skip

OTUS = Route(
    "otus-skyward",
    "otus",
    "skyward_sms",
    (*GUIDE, *BOUNDARIES),
    passback={"teachers": list(GROUP), "categories": list(CATEGORIES)},
    sis_edits=({"collection": "categories", "sourcedId": "c-old", "set": {"status": "tobedeleted"}},),
    begins=FIRST_NIGHT.replace(hour=0, minute=30),
)

CAMPUS_CASES = (
    rule("E08",
         passes("due today", due="2026-11-20", score=None, classmate=None, is_handed_in=True)
         .keeps("NOT_GRADED").then(score="8.5").sends("8.5"),
         passes("no due date: a week after it was assigned", due=None).sends("8.5", due="2026-11-16"),
         fails("due tomorrow", due="2026-11-21").keeps("NOT_YET_DUE").then().sends("8.5")),
)  # fmt: skip

OTUS_CAMPUS = Route(
    "otus-infinite_campus", "otus", "infinite_campus", CAMPUS_CASES, passback={"teachers": ["t-1"]}
)
