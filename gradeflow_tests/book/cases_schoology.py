"""Schoology -> eSchoolPLUS, PowerSchool, Aeries and Skyward (S4). An item goes whole or not at all."""

from __future__ import annotations

from gradeflow.sandbox.schoology_numbers import FIRST_PERIOD
from gradeflow_tests.book.school import END
from gradeflow_tests.book.words import fails, passes, rule
from gradeflow_tests.book.world import Route

CATEGORIES = (
    {"lms": "Quiz", "section": "A", "sis": None},
    {"lms": "Labs", "sis": "Portfolio"},
    {"lms": "Journal", "sis": "Only in P1"},
    {"lms": "Presentation", "sis": "Old"},
)
IN_Q3 = {"grading_period": str(FIRST_PERIOD + 2)}
OLD = {"collection": "categories", "sourcedId": "c-old", "set": {"status": "tobedeleted"}}
NO_CATEGORY = {"grading_category": "0"}
BROKEN = "SCORE_ABOVE_MAX ITEM_INCOMPLETE"

ESCHOOL_CASES = (
    rule("R170",
         passes("a discussion", kind="discussion_topic").sends("8.5"),
         passes("a test", kind="online_quiz").sends("8.5"),
         fails("a media album", item={"type": "media_album"}).keeps("ITEM_TYPE_UNSUPPORTED"),
         fails("only collected", item={"collected_only": 1}).keeps("GRADING_UNSUPPORTED")),
    rule("R171",
         passes("all of a section").sends("8.5"),
         fails("not the first only", score="7").sends("7").then(score="9").sends("9")),
    rule("R172",
         passes(type="Homework").sends("8.5", category="Homework"),
         fails("in none", item=NO_CATEGORY).keeps("CATEGORY_REQUIRED"),
         fails("in one that is not mapped", type="Worksheet").keeps("CATEGORY_NO_MATCH"),
         fails("unassociated", type="Quiz").keeps("CATEGORY_UNASSOCIATED"),
         fails("of another section", type="Journal").keeps("CATEGORY_NOT_IN_SECTION"),
         fails("inactive", type="Presentation").keeps("CATEGORY_INACTIVE")),
    rule("R178",
         passes("all of it").sends("8.5"),
         fails("nothing of it", score="11").keeps(BROKEN)),
    rule("R182",
         passes("after the fix", item=NO_CATEGORY).keeps("CATEGORY_REQUIRED").then(item={}).sends("8.5"),
         fails("no default", item=NO_CATEGORY).keeps("CATEGORY_REQUIRED")),
    rule("R183",
         passes("deleted there, made again").sends("8.5")
         .then(in_sis={"score": "5"}, score="9").holds("SIS_CHANGED_ITEM", "5")
         .then(in_sis={"gone": True}).sends("9", noted="RECREATED"),
         fails("nothing of it goes").sends("8.5")
         .then(in_sis={"score": "5"}, classmate="4").holds("SIS_CHANGED_ITEM", "5", is_classmate_there=False)),
    rule("R184",
         passes("a school day in q3", due="2026-11-25").sends("8.5", due="2026-11-25"),
         fails("Thanksgiving", due="2026-11-26").keeps("DUE_ON_NON_SCHOOL_DAY"),
         fails("a Saturday", due="2026-11-21").keeps("DUE_ON_NON_SCHOOL_DAY"),
         fails("after the school year", due="2027-06-01").keeps("DUE_OUTSIDE_PERIOD"),
         fails("no due date", due=None).keeps("DUE_DATE_REQUIRED")),
    rule("R187",
         passes("no score yet", score=None, classmate=None).sends(None, noted="NO_SCORE"),
         fails("not even one", score=None).keeps_score("NO_SCORE")),
    rule("R189",
         passes("vouched for").sends("8.5")),
    rule("C02",
         passes("51 has a word", length=51).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         fails("no name", length=0).keeps("NAME_REQUIRED")),
    rule("C04",
         passes("a new title").sends("8.5", category="Homework")
         .then(title="C04 renamed").sends("8.5", category="Homework"),
         fails("a new category").sends("8.5", category="Homework")
         .then(type="Lab").sends("8.5", category="Homework", noted="CATEGORY_CREATE_ONLY")),
    rule("C05",
         passes(due="2026-11-18").sends("8.5", due="2026-11-18"),
         fails(due=None).keeps("DUE_DATE_REQUIRED")),
    rule("C07",
         passes("the same on both sides").sends("8.5").then(in_sis={"score": "9"}, score="9").sends("9"),
         fails("blocks the whole item").sends("8.5").then(in_sis={"score": "5"}, score="9")
         .holds("SIS_CHANGED_ITEM", "5")),
    rule("C10",
         passes("none is needed", score=None, classmate=None).sends(None, noted="NO_SCORE"),
         fails("a blank is no zero", score=None).keeps_score("NO_SCORE")),
    rule("C22",
         passes("one of this SIS", type="Test").sends("8.5", category="Test"),
         fails("one that it has not", type="Labs").keeps("CATEGORY_GONE")),
    rule("G05",
         passes("who is there").sends("8.5"),
         fails("who left", student="left").keeps_score("NOT_ENROLLED")),
    rule("G13",
         passes("the day before", due="2026-11-25").sends("8.5"),
         fails("a holiday", due="2026-11-26").keeps("DUE_ON_NON_SCHOOL_DAY")),
)  # fmt: skip

ESCHOOL = Route(
    "schoology-eschoolplus",
    "schoology",
    "eschoolplus",
    ESCHOOL_CASES,
    passback={"categories": list(CATEGORIES)},
    sis_edits=(OLD,),
)

POWERSCHOOL_CASES = (
    rule("C05",
         passes("no due date: the period's end", due=None, item=IN_Q3).sends("8.5", due="2027-01-22"),
         passes("and in no period: the course's end", due=None).sends("8.5", due=str(END)),
         fails("and in none, the course's end not known", due=None, course="Own").keeps("DUE_DATE_REQUIRED")),
    rule("C02",
         passes("50", length=50).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         fails("51", length=51).keeps("NAME_TOO_LONG")),
    rule("C03",
         passes("excused, and the SIS can say so").sends("8.5").then(is_excused=True).sends("0", "exempt"),
         fails("not 0 alone", score=None, is_excused=True).sends("0", "exempt")),
    rule("C16",
         passes("10.0", points="10.0").sends("8.5", points="10"),
         fails("8 of 10.5", score="8", points="10.5").keeps("MAX_NOT_WHOLE")),
    rule("E09",
         passes("50", length=50).sends("8.5", noted="NAME_OVER_LMS_LIMIT"),
         passes("30", length=30).sends("8.5"),
         fails("51", length=51).keeps("NAME_TOO_LONG")),
    rule("E10",
         passes("a section that is taught").sends("8.5"),
         fails("one that the SIS has not", course="Lonely").keeps("SECTION_NOT_IN_SIS")),
    rule("E11",
         passes("once", type="Test").sends("8.5"),
         fails("twice by name and date", twin=True).keeps("DUPLICATE_ITEM", is_twin_there=True),
         fails("a category that is not active", type="Presentation").keeps("CATEGORY_INACTIVE")),
)  # fmt: skip

POWERSCHOOL = Route(
    "schoology-powerschool",
    "schoology",
    "powerschool",
    POWERSCHOOL_CASES,
    passback={"categories": list(CATEGORIES)},
    calendar={"terms": {IN_Q3["grading_period"]: "q3"}},
    sis_edits=(
        OLD,
        {"collection": "classes", "sourcedId": "Lonely", "set": None},
        {"collection": "classes", "sourcedId": "Own", "set": {"terms": []}},
    ),
)

AERIES_CASES = (
    rule("E12",
         passes("49", length=49).sends("8.5"),
         fails("50", length=50).keeps("NAME_TOO_LONG"),
         fails("8 of 10.5", score="8", points="10.5").keeps("MAX_NOT_WHOLE")),
    rule("E13",
         passes("all of it is known", type="Test").sends("8.5", category="Test"),
         fails("an unknown category", type="Labs").keeps("CATEGORY_GONE"),
         fails("an unknown section", course="Lonely").keeps("SECTION_NOT_IN_SIS"),
         fails("a stranger", student="left").keeps_score("NOT_ENROLLED"),
         fails("two of a name", twin=True).keeps("DUPLICATE_ITEM", is_twin_there=True)),
)  # fmt: skip

AERIES = Route(
    "schoology-aeries",
    "schoology",
    "aeries",
    AERIES_CASES,
    passback={"categories": list(CATEGORIES)},
    sis_edits=({"collection": "classes", "sourcedId": "Lonely", "set": None},),
)

SKYWARD_CASES = (
    rule("E16",
         passes("factor 1", item={"factor": "1"}).sends("8.5"),
         fails("factor 2", item={"factor": "2"}).keeps("FACTOR_NOT_ONE")),
    rule("C03",
         passes("excused, and the SIS can say so", score=None, is_excused=True).sends("0", "exempt"),
         fails("not 0 alone").sends("8.5").then(is_excused=True).sends("0", "exempt")),
)  # fmt: skip

SCHOOLOGY_SKYWARD = Route("schoology-skyward", "schoology", "skyward_sms", SKYWARD_CASES)
