"""itslearning -> Skyward Qmlativ (S0), by files; and -> Infinite Campus (S2), by its data warehouse.

By files a category is what the teacher chose. The data warehouse has no category, and one course of three
sections; its bridge leads to the SIS.
"""

from __future__ import annotations

from gradeflow_tests.book.words import fails, passes, rule
from gradeflow_tests.book.world import Route

IN_Q2 = {"assigned": "2026-10-05", "due": "2026-10-09"}  # closed

SKYWARD_CASES = (
    rule("R003",
         passes(item={"course_from_sis": "true"}).sends("8.5"),
         fails(item={"course_from_sis": "false"}).keeps("COURSE_NOT_SIS_ROSTERED"),
         fails("a section that the SIS does not know", course="Lonely").keeps("SECTION_NOT_IN_SIS")),
    rule("R004",
         passes(item={"passback_enabled": "true"}).sends("8.5"),
         fails(item={"passback_enabled": "false"}).keeps("PASSBACK_DISABLED")),
    rule("R005",
         passes("one of the SIS").sends("8.5"),
         fails("with a section's id by hand", item={"course_from_sis": "false"})
         .keeps("COURSE_NOT_SIS_ROSTERED")),
    rule("R006",
         passes(item={"term": "q3"}).sends("8.5"),
         fails(item={"term": ""}).keeps("NO_TERM"),
         fails("a term that the SIS does not know", item={"term": "autumn"}).keeps("TERM_UNMAPPED"),
         fails("in a closed period", **IN_Q2).keeps("PERIOD_CLOSED"),
         fails("in one that has not begun", due="2027-02-01").keeps("PERIOD_NOT_STARTED")),
    rule("R007",
         passes(points="20", score="8.5").sends("8.5", points="20"),
         fails(grading="letter_grade", text="B").keeps("SCALE_UNSUPPORTED")),
    rule("R008",
         passes("an assignment", kind="online_upload").sends("8.5"),
         passes("a test", kind="online_quiz").sends("8.5"),
         passes("a task", kind="on_paper").sends("8.5"),
         fails(item={"type": "Survey"}).keeps("ITEM_TYPE_UNSUPPORTED"),
         fails("a discussion", kind="discussion_topic").keeps("ITEM_TYPE_UNSUPPORTED")),
    rule("R009",
         passes("one in each section", course="three").sends("8.5"),
         fails("sent twice", course="three").sends("8.5").then(title="R009 renamed").sends("8.5")),
    rule("R010",
         passes(due="2026-11-18", type="Quiz").sends("8.5", due="2026-11-18", category="Quiz", points="10"),
         fails("without a category", item={"category": ""}).keeps("CATEGORY_REQUIRED"),
         fails("without a name", length=0).keeps("NAME_REQUIRED")),
    rule("R012",
         passes(title="R012 as the gradebook shows it").sends("8.5"),
         fails("not another name").sends("8.5").then(title="R012 renamed").sends("8.5", title="R012 renamed")),
    rule("R013",
         passes(due="2026-11-18", created="2026-11-03").sends("8.5", due="2026-11-18"),
         fails("not what it was before").sends("8.5", due="2026-11-16")
         .then(due="2026-11-19").sends("8.5", due="2026-11-19")),
    rule("R014",
         passes(item={"category": "Quiz"}).sends("8.5", category="Quiz"),
         fails(item={"category": ""}).keeps("CATEGORY_REQUIRED")),
    rule("R015",
         passes("offered here", item={"category": "Test"}).sends("8.5", category="Test"),
         fails("offered elsewhere", item={"category": "Only in P1"}).keeps("CATEGORY_NOT_IN_SECTION"),
         fails("offered nowhere", item={"category": "Portfolio"}).keeps("CATEGORY_GONE")),
    rule("R016",
         passes("one score each", score="8.5", classmate="7").sends("8.5"),
         fails("no average", score="10", classmate="0").sends("10")),
    rule("R017",
         passes(points="20").sends("8.5", points="20"),
         fails(item={"max_score": ""}).keeps("POINTS_REQUIRED"),
         fails("a maximum of 0", points="0", score="0", classmate="0").keeps("POINTS_NOT_POSITIVE")),
    rule("R019",
         passes("in all three", course="three").sends("8.5"),
         fails("a new score in all three", course="three", score="7").sends("7").then(score="9").sends("9")),
    rule("R020",
         passes("raw", score="8.5").sends("8.5"),
         fails("no percentage", score="8.5", points="17").sends("8.5", points="17")),
    rule("R021",
         passes("our own", score="7").sends("7").then(score="9").sends("9"),
         fails("one that a teacher made", in_sis={"made": "2026-11-16", "score": "5"})
         .holds("LIKELY_DUPLICATE", "5", is_classmate_there=False)),
    rule("R023",
         passes("with the next transfer", score="7").sends("7").then(score="9").sends("9"),
         fails("not before", score="7").sends("7").then().sends("7")),
    rule("R024",
         passes("not edited", score="8.5").sends("8.5").then(score="9").sends("9"),
         fails("edited to 5").sends("8.5")
         .then(in_sis={"score": "5"}, score="9").holds("BOTH_CHANGED", "5")
         .then(score="10").holds("BOTH_CHANGED", "5")),
    rule("R025",
         passes("the classmate's goes").sends("8.5")
         .then(in_sis={"score": "5"}, score="9", classmate="6").holds("BOTH_CHANGED", "5"),
         fails("later too").sends("8.5").then(in_sis={"score": "5"}, score="9").holds("BOTH_CHANGED", "5")
         .then(classmate="4").holds("BOTH_CHANGED", "5")),
    rule("R026",
         passes("a new title leaves it").sends("8.5", category="Homework")
         .then(title="R026 renamed").sends("8.5", category="Homework"),
         fails("chosen anew").sends("8.5", category="Homework")
         .then(type="Quiz").sends("8.5", category="Homework", noted="CATEGORY_CREATE_ONLY")),
    rule("R027",
         passes("q3 ends then", due=None, item={"term": "q3"}).sends("8.5", due="2027-01-22"),
         fails("and without a term", due=None).keeps("NO_TERM DUE_DATE_REQUIRED")),
    rule("R029",
         passes("none is sent").sends("8.5", weight=None),
         fails("the SIS's own stays", score="7").sends("7")
         .then(in_sis={"weight": "2"}, score="9").sends("9", weight="2")),
    rule("R201",
         passes("none is sent").sends("8.5", weight=None),
         fails("nor multiplied into the score").sends("8.5").then(in_sis={"weight": "2"}, score="9")
         .sends("9", points="10", weight="2")),
    rule("R030",
         passes("in time").sends("8.5"),
         fails("late: a word, no flag", score="8", is_late=True).sends("8", noted="LATE_NOT_FLAGGED")),
    rule("R202",
         passes("with whole points, it goes the next night", points="10.5").keeps("SIS_REFUSED ITEM_REFUSED")
         .then(points="10").sends("8.5"),
         fails("as it is, it is not tried again", points="10.5").keeps("SIS_REFUSED ITEM_REFUSED")),
    rule("R200",
         passes("what stands there is the same", score="7").sends("7")
         .then(in_sis={"score": "9"}, score="9").sends("9"),
         fails("what stands there is not").sends("8.5")
         .then(in_sis={"score": "5"}, score="9").holds("BOTH_CHANGED", "5")),
)  # fmt: skip

SKYWARD_BOUNDARIES = (
    rule("C02",
         passes("49", length=49).sends("8.5"),
         fails("50", length=50).keeps("NAME_TOO_LONG")),
    rule("C04",
         passes("a new title").sends("8.5", category="Homework")
         .then(title="C04 renamed").sends("8.5", category="Homework"),
         fails("a new category").sends("8.5", category="Homework")
         .then(type="Lab").sends("8.5", category="Homework", noted="CATEGORY_CREATE_ONLY")),
    rule("C05",
         passes("no due date: the last day, a holiday", due=None, item={"term": "q3"})
         .sends("8.5", due="2027-01-22"),
         fails("no period either", due=None).keeps("NO_TERM DUE_DATE_REQUIRED")),
    rule("C07",
         passes("the same on both sides").sends("8.5").then(in_sis={"score": "9"}, score="9").sends("9"),
         fails("the SIS first, the LMS later").sends("8.5").then(in_sis={"score": "5"}).sends("5")
         .then(score="9").holds("BOTH_CHANGED", "5")),
    rule("C08",
         passes("by hand: this run was").sends("8.5"),
         fails("nothing by itself", score="7").sends("7").then().sends("7", is_written=False)),
    rule("C16",
         passes("8.5 of 10.0", points="10.0").sends("8.5", points="10"),
         fails("10.00001", item={"max_score": "10.00001"}).keeps("POINTS_TOO_PRECISE")),
    rule("C23",
         passes("in time").sends("8.5"),
         fails("late, without a score", score=None, cell={"late": "true"}).keeps_score("NO_SCORE")),
    rule("C24",
         passes("assigned in q1, due in q3", assigned="2026-09-21").sends("8.5"),
         fails("due in closed q2", **IN_Q2).keeps("PERIOD_CLOSED")),
    rule("G07",
         passes("10 of 10", score="10").sends("10"),
         passes("0 of 10", score="0").sends("0"),
         fails("10.0001 of 10", score="10.0001").keeps("SCORE_ABOVE_MAX ITEM_INCOMPLETE")),
    rule("G10",
         passes("still there", score="7").sends("7").then(score="9").sends("9"),
         fails("deleted by a teacher").sends("8.5")
         .then(in_sis={"gone": True}, score="9").keeps("SIS_DELETED", held="SIS_DELETED")),
    rule("G21",
         passes("nothing typed", score=None).keeps_score("NO_SCORE").then(score="9").sends("9"),
         fails("typed before our first", score=None).keeps_score("NO_SCORE")
         .then(in_sis={"score": "5"}, score="9").holds("SIS_TYPED_FIRST", "5")),
)  # fmt: skip

SKYWARD = Route(
    "itslearning-skyward",
    "itslearning_files",
    "skyward_qmlativ",
    (*SKYWARD_CASES, *SKYWARD_BOUNDARIES),
    overrides={"points_integer": False},  # so that something comes as far as the SIS's own refusal (R202)
    calendar={"no_school": ["2026-11-26", "2027-01-22"]},
    sis_edits=({"collection": "classes", "sourcedId": "Lonely", "set": None},),
)

CAMPUS_CASES = (
    rule("R011",
         passes("no category").sends("8.5", due="2026-11-16", points="10", category="Uncategorized"),
         fails("not refused for want of one", type="Essay").sends("8.5", category="Uncategorized")),
    rule("R012",
         passes(title="R012 the gradebook's").sends("8.5"),
         fails("not another").sends("8.5").then(item={"LearningItemTitle": "R012 renamed"})
         .sends("8.5", title="R012 renamed")),
    rule("R013",
         passes("the deadline", due="2026-11-18", created="2026-11-03").sends("8.5", due="2026-11-18"),
         fails("neither made nor visible then", assigned="2026-11-05", created="2026-11-03")
         .sends("8.5", due="2026-11-16")),
    rule("R016",
         passes("one score each", classmate="6").sends("8.5"),
         fails("no average", score="10", classmate="0").sends("10")),
    rule("R019",
         passes("a merged course of three", course="three").sends("8.5"),
         fails("not the first only", course="three", score="7").sends("7").then(score="9").sends("9")),
    rule("R027",
         passes("q3 ends then", due=None, item={"TermId": 303}).sends("8.5", due="2027-01-22"),
         fails("and without a term", due=None).keeps("NO_TERM")),
    rule("C05",
         passes("no deadline", due=None, item={"TermId": 303}).sends("8.5", due="2027-01-22"),
         fails("nor a term", due=None).keeps("NO_TERM")),
    rule("C11",
         passes("none at all", type="Test").sends("8.5", category="Uncategorized"),
         fails("none is looked for", type="Home work").sends("8.5", category="Uncategorized")),
    rule("G20",
         passes("it is known").sends("8.5")),
    rule("C12",
         passes("all sections", course="three").sends("8.5"),
         fails("no section twice", course="three").sends("8.5").then().sends("8.5", is_written=False)),
)  # fmt: skip

MERGED = Route(
    "itslearning-infinite-campus",
    "itslearning",
    "infinite_campus",
    CAMPUS_CASES,
    overrides={"assign_required": True},
    sis_path="/campus/api/oneroster/v1p1/gradeflow/ims/oneroster/v1p1",
)
