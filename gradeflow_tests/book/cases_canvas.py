"""Canvas -> SchoolTool (S3); and -> Infinite Campus, as public documents have it."""

from __future__ import annotations

from gradeflow.sandbox.canvas_fill import FIRST_GROUP, FIRST_USER
from gradeflow_tests.book.school import TEACHERS, TYPES
from gradeflow_tests.book.words import fails, passes, rule
from gradeflow_tests.book.world import Route

IN_Q2 = {"assigned": "2026-10-05", "due": "2026-10-09"}  # closed
CATEGORIES = (
    {"lms": "Discussions", "section": "P1", "sis": "Lab"},
    {"lms": "Discussions", "section": "P2", "sis": "Project"},
    {"lms": "Quiz", "section": "P2", "sis": None},
    {"lms": "Labs", "section": "A", "sis": "Portfolio"},
    {"lms": "Essay", "sis": "Project"},
    {"lms": "Essay", "section": "A", "sis": "Test"},
    {"lms": "Paper", "sis": None, "state": "draft"},
    {"lms": "Paper", "sis": "Project"},
    {"lms": "Journal", "sis": "Only in P1"},
    {"lms": "Worksheet", "sis": "Classwork"},
)
WORKSHEETS = FIRST_GROUP + TYPES.index("Worksheet")  # of course A, which is the first
FIRST_STUDENT = FIRST_USER + len(TEACHERS)
NAMED_STUDENTS = {
    "only_visible_to_overrides": True,
    "overrides": [{"student_ids": [FIRST_STUDENT], "due_at": "2026-11-17T05:59:00Z"}],
}
MISSING, LATE = {"late_policy_status": "missing"}, {"late_policy_status": "late"}
NO_DATE = "DUE_DATE_REQUIRED DUE_DATE_REQUIRED_EVERYONE"
NO_DATE_ELSE = "DUE_DATE_REQUIRED_EVERYONE DUE_DATE_REQUIRED_EVERYONE_ELSE"
OTHERS = {"P2": "SECTION_NOT_TARGETED", "P3": "SECTION_NOT_TARGETED"}
FORGOTTEN = "NO_SCORE SENT_NOW_INELIGIBLE"

GUIDE = (
    rule("R100",
         passes(type="Homework").sends("8.5", category="Homework"),
         fails(type="Home work").keeps("CATEGORY_NO_MATCH")),
    rule("R101",
         passes(score="8.7").sends("8.7"),
         fails("B+", grading="letter_grade", score="8.7", text="B+").keeps_score("SCORE_NOT_NUMERIC"),
         fails("complete", grading="pass_fail", score="10", text="complete").keeps_score("SCORE_NOT_NUMERIC")),
    rule("R102",
         passes(due="2026-11-18").sends("8.5", due="2026-11-18"),
         fails(due=None).keeps(NO_DATE)),
    rule("R104",
         passes("two rows", type="Discussions", course="three")
         .sends("8.5", except_in={"P3": "CATEGORY_NO_MATCH"}, category={"P1": "Lab", "P2": "Project"}),
         fails("no row for this section", type="Discussions").keeps("CATEGORY_NO_MATCH")),
    rule("R105",
         passes(type="Lab").sends("8.5", category="Lab"),
         fails("removed last week", type="Labs").keeps("CATEGORY_GONE"),
         fails("of another section", type="Journal").keeps("CATEGORY_NOT_IN_SECTION")),
    rule("R106",
         passes("linked", type="Quiz", course="A").sends("8.5", category="Quiz"),
         fails("unassociated in P2", type="Quiz", course="three")
         .sends("8.5", except_in={"P2": "CATEGORY_UNASSOCIATED"})),
    rule("R107",
         passes("the other sections go", type="Quiz", course="three")
         .sends("8.5", except_in={"P2": "CATEGORY_UNASSOCIATED"}, category="Quiz"),
         fails("no category instead", type="Quiz", course="three", score="7")
         .sends("7", except_in={"P2": "CATEGORY_UNASSOCIATED"})
         .then(score="9").sends("9", except_in={"P2": "CATEGORY_UNASSOCIATED"})),
    rule("R108",
         passes("Lab in P1, Project in P2", type="Discussions", course="three")
         .sends("8.5", except_in={"P3": "CATEGORY_NO_MATCH"}, category={"P1": "Lab", "P2": "Project"}),
         fails("neither overwrites the other", type="Discussions", course="three", score="7")
         .sends("7", except_in={"P3": "CATEGORY_NO_MATCH"}).then(score="9")
         .sends("9", except_in={"P3": "CATEGORY_NO_MATCH"}, category={"P1": "Lab", "P2": "Project"})),
    rule("R109",
         passes("as published", type="Paper").sends("8.5", category="Project"),
         fails("the draft would keep it", type="Paper", course="three").sends("8.5", category="Project")),
    rule("R111",
         passes(is_selected=True).sends("8.5"),
         fails(is_selected=False).keeps("NOT_SELECTED_FOR_SIS")),
    rule("R112",
         passes("ticked").sends("8.5"),
         fails("unticked later", score="7").sends("7").then(is_selected=False, score="9")
         .sends("7", noted="NOT_SELECTED_FOR_SIS SENT_NOW_INELIGIBLE")),
    rule("R113",
         passes("a graded discussion", kind="discussion_topic").sends("8.5"),
         passes("a quiz", kind="online_quiz").sends("8.5"),
         fails(item={"submission_types": ["not_graded"], "grading_type": "not_graded"})
         .keeps("ITEM_TYPE_UNSUPPORTED GRADING_UNSUPPORTED")),
    rule("R114",
         passes(length=50).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         fails(length=51).keeps("NAME_TOO_LONG"),
         fails("no name", length=0).keeps("NAME_REQUIRED")),
    rule("R115",
         passes(length=30).sends("8.5"),
         fails(length=31).sends("8.5", noted="NAME_OVER_LMS_LIMIT")),
    rule("R116",
         passes("Everyone has one").sends("8.5"),
         fails("only the section has one", due=None, due_in={"A": "2026-11-16"}).keeps(NO_DATE_ELSE)),
    rule("R117",
         passes("both", course="three", due_in={"P1": "2026-11-18"}).sends("8.5", due="2026-11-18", except_in=OTHERS),
         fails("Everyone Else has none", course="three", due=None, due_in={"P1": "2026-11-18"})
         .sends("8.5", except_in={"P1": NO_DATE_ELSE, **OTHERS})),
    rule("R118",
         passes("P1 only", course="three", due_in={"P1": "2026-11-16"}).sends("8.5", except_in=OTHERS),
         fails("not the others", course="three", due_in={"P1": "2026-11-16"}, score="7")
         .sends("7", except_in=OTHERS).then(score="9").sends("9", except_in=OTHERS)),
    rule("R119",
         passes("Everyone", course="three").sends("8.5", due="2026-11-16"),
         fails("Everyone Else is the same", course="three", due="2026-11-18", due_in={"P1": "2026-11-18"})
         .sends("8.5", due="2026-11-18", except_in=OTHERS)),
    rule("R121",
         passes("one score", classmate=None).sends("8.5"),
         fails("no score", score=None, classmate=None).keeps("NO_SCORES_YET").then(score="9").sends("9")),
    rule("R122",
         passes("missing, 0", score="0", cell=MISSING).sends("0"),
         passes("late, 8.5", cell=LATE).sends("8.5"),
         fails("missing, blank", score=None, cell=MISSING).keeps_score("MISSING_WITHOUT_SCORE"),
         fails("late, blank", score=None, cell=LATE).keeps_score("LATE_WITHOUT_SCORE")),
    rule("R123",
         passes(score=None, is_excused=True).sends("0", "exempt"),
         fails("never 0 alone", is_excused=True).sends("0", "exempt")),
    rule("R156",
         passes("the only one of its name").sends("8.5"),
         fails("two Quiz 1", twin=True).keeps("DUPLICATE_ITEM", is_twin_there=True),
         fails("no due date", due=None).keeps(NO_DATE)),
    rule("R160",
         passes("Everyone and P1", course="three", due_in={"P1": "2026-11-16"}).sends("8.5", except_in=OTHERS),
         fails("a named student", item=NAMED_STUDENTS).keeps("ASSIGNEE_INDIVIDUAL")),
    rule("R203",
         passes("first it, then its scores").sends("8.5"),
         fails("no score of what is not there", due=None).keeps(NO_DATE)),
    rule("R204",
         passes("the classmate's goes").sends("8.5"),
         fails("though the student's cannot", score="11").keeps_score("SCORE_ABOVE_MAX")),
)  # fmt: skip

BOUNDARIES = (
    rule("C01",
         passes("1", length=1).sends("8.5"),
         passes("30", length=30).sends("8.5"),
         passes("31", length=31).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         passes("50", length=50).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         fails("0", length=0, course="Own").keeps("NAME_REQUIRED"),
         fails("51", length=51).keeps("NAME_TOO_LONG")),
    rule("C02",
         passes("49", length=49).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         passes("50", length=50).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         passes("50 and a blank", title="C02 ".ljust(49, "b") + "s ")
         .sends("8.5", noted="NAME_OVER_LMS_LIMIT", title="C02 ".ljust(49, "b") + "s"),
         fails("51", length=51).keeps("NAME_TOO_LONG")),
    rule("C03",
         passes("excused after a score was sent").sends("8.5").then(is_excused=True).sends("0", "exempt")
         .then(is_excused=False).sends("8.5"),
         fails("never a bare 0", score=None, is_excused=True).sends("0", "exempt")),
    rule("C05",
         passes(due="2027-01-22").sends("8.5", due="2027-01-22"),
         fails(due=None).keeps(NO_DATE)),
    rule("C06",
         passes("missing, 0", score="0", cell=MISSING).sends("0"),
         fails("no zero by itself", score=None, cell=MISSING).keeps_score("MISSING_WITHOUT_SCORE")),
    rule("C07",
         passes("the same on both sides").sends("8.5").then(in_sis={"score": "9"}, score="9").sends("9"),
         fails("the SIS first, the LMS later").sends("8.5").then(in_sis={"score": "5"}).sends("5")
         .then(score="9").holds("BOTH_CHANGED", "5")),
    rule("C10",
         passes("one score", score=None, due="2026-12-01").keeps_score("NO_SCORE"),
         fails("none", score=None, classmate=None).keeps("NO_SCORES_YET")),
    rule("C11",
         passes("the section's row", type="Essay").sends("8.5", category="Test"),
         fails("not the district's", type="Essay", score="7").sends("7", category="Test"),
         passes("the district's, elsewhere", type="Essay", course="three").sends("8.5", category="Project")),
    rule("C16",
         passes("8.5 of 10", score="8.5").sends("8.5", points="10"),
         passes("8 of 10.5", score="8", points="10.5").sends("8", points="10.5"),
         passes("10.0", points="10.0").sends("8.5", points="10"),
         fails("no maximum", item={"points_possible": None}).keeps("POINTS_REQUIRED")),
    rule("C20",
         passes("the exact name", type="Homework").sends("8.5", category="Homework"),
         fails("renamed to a near one").sends("8.5", category="Homework")
         .then(type="Home work").sends("8.5", noted="CATEGORY_NO_MATCH SENT_NOW_INELIGIBLE", category="Homework")),
    rule("C21",
         passes("all that may").sends("8.5"),
         fails("unticked", is_selected=False).keeps("NOT_SELECTED_FOR_SIS"),
         fails("unassociated", type="Quiz", course="three")
         .sends("8.5", except_in={"P2": "CATEGORY_UNASSOCIATED"})),
    rule("C23",
         passes("late, 8.5", cell=LATE).sends("8.5"),
         fails("late, null", score=None, cell=LATE).keeps_score("LATE_WITHOUT_SCORE")),
    rule("C24",
         passes("assigned in q2, due in q3", assigned="2026-10-28").sends("8.5"),
         fails("due in q2", **IN_Q2).keeps("PERIOD_CLOSED")),
    rule("G01",
         passes("there on both sides").sends("8.5"),
         fails("deleted in the LMS").sends("8.5").then(is_gone=True).sends("8.5", noted="ORPHAN_IN_SIS")),
    rule("G02",
         passes("changed").sends("8.5").then(score="9").sends("9"),
         fails("cleared").sends("8.5").then(cell={"score": None}).sends("8.5", noted=FORGOTTEN)),
    rule("G03",
         passes("the SIS can say exempt").sends("8.5").then(is_excused=True).sends("0", "exempt"),
         fails("not 0 alone", score="7").sends("7").then(is_excused=True).sends("0", "exempt")),
    rule("G06",
         passes(score="7").sends("7", points="10").then(points="20").sends("7", points="20"),
         fails("a new score with it", score="7").sends("7", points="10")
         .then(points="20", score="15").sends("15", points="20")),
    rule("G07",
         passes("10 of 10", score="10").sends("10"),
         fails("10.5 of 10", score="10.5").keeps_score("SCORE_ABOVE_MAX"),
         fails("-0.5", score="-0.5").keeps_score("SCORE_NEGATIVE"),
         fails("maximum 0", points="0", score="0", classmate="0").keeps("POINTS_NOT_POSITIVE")),
    rule("G08",
         passes("points").sends("8.5"),
         fails("B+", grading="letter_grade", score="8.7", text="B+").keeps_score("SCORE_NOT_NUMERIC")),
    rule("G09",
         passes(is_posted=True).sends("8.5"),
         fails(is_posted=False).keeps_score("NOT_POSTED")),
    rule("G10",
         passes("still there", score="7").sends("7").then(score="9").sends("9"),
         fails("deleted by a teacher").sends("8.5")
         .then(in_sis={"gone": True}, score="9").keeps("SIS_DELETED", held="SIS_DELETED")),
    rule("G11",
         passes("the first", length=20).sends("8.5"),
         fails("the second", twin=True).keeps("DUPLICATE_ITEM", is_twin_there=True)),
    rule("G16",
         passes("nothing is dropped", type="Test").sends("8.5"),
         fails("the lowest is dropped", type="Worksheet").sends("8.5", noted="DROPPED_SCORE_COUNTS")),
    rule("G17",
         passes("another attempt, another score").sends("8.5")
         .then(cell={"submitted_at": "2026-11-20T18:00:00Z"}).sends("8.5").then(score="9", cell={}).sends("9"),
         fails("not two scores", kind="online_quiz", score="7").sends("7").then(score="9").sends("9")),
    rule("G21",
         passes("nothing typed", score=None, due="2026-12-01").keeps_score("NO_SCORE").then(score="9").sends("9"),
         fails("typed before our first", score=None, due="2026-12-01").keeps_score("NO_SCORE")
         .then(in_sis={"score": "5"}, score="9").holds("SIS_TYPED_FIRST", "5")),
    rule("G23",
         passes(is_published=True).sends("8.5"),
         fails(is_published=False).keeps("NOT_PUBLISHED NO_SCORES_YET").then(is_published=True).sends("8.5")),
    rule("E18",
         passes("the section's own goes before", type="Observation").sends("8.5", category_id="c-observation-a"),
         fails("elsewhere the one for all", type="Observation", course="three")
         .sends("8.5", category_id="c-observation")),
)  # fmt: skip

SCHOOLTOOL = Route(
    "canvas-schooltool",
    "canvas",
    "schooltool",
    (*GUIDE, *BOUNDARIES),
    passback={"categories": list(CATEGORIES)},
    lms_edits=({"collection": "assignment_groups", "id": WORKSHEETS, "set": {"rules": {"drop_lowest": 1}}},),
)

CAMPUS_CASES = (
    rule("E01",
         passes("30", length=30).sends("8.5"),
         passes("50", length=50).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         fails("31 has a word", length=31).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         fails("51", length=51).keeps("NAME_TOO_LONG")),
    rule("E02",
         passes("a name of its own").sends("8.5"),
         fails("twice in the LMS", twin=True).keeps("DUPLICATE_ITEM", is_twin_there=True),
         fails("there already", in_sis={"made": "2026-11-16"}).holds("LIKELY_DUPLICATE", is_classmate_there=False)),
    rule("E03",
         passes("in an open term").sends("8.5"),
         fails("in one that has not begun", due="2027-02-01").keeps("PERIOD_NOT_STARTED"),
         fails("in none", due="2027-01-23").keeps("DATE_OUTSIDE_PERIODS")),
    rule("E04",
         passes("published, for all, graded").sends("8.5"),
         fails("not published", is_published=False).keeps("NOT_PUBLISHED NO_SCORES_YET"),
         fails("for a named student", item=NAMED_STUDENTS).keeps("ASSIGNEE_INDIVIDUAL"),
         fails("no grade", score=None, classmate=None, due="2026-12-01").keeps("NO_SCORES_YET")),
    rule("E05",
         passes("graded long ago, changed now", assigned="2026-09-01", due="2026-09-08", score="7").sends("7")
         .then(score="9").sends("9"),
         fails("unchanged", assigned="2026-09-01", due="2026-09-08").sends("8.5", is_written=True)
         .then().sends("8.5", is_written=False)),
    rule("E06",
         passes("the window is open").sends("8.5"),
         fails("it is closed", **IN_Q2).keeps("PERIOD_CLOSED")),
    rule("C16",
         passes("8.5 of 10.0", points="10.0").sends("8.5", points="10"),
         fails("8 of 10.5", score="8", points="10.5").keeps("MAX_NOT_WHOLE")),
)  # fmt: skip

CAMPUS = Route("canvas-infinite_campus", "canvas", "infinite_campus", CAMPUS_CASES)
