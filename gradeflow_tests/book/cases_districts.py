"""Cases that need a district file or a day of their own: each route here is one small district."""

from __future__ import annotations

from gradeflow_tests.book.words import Case, fails, passes, rule
from gradeflow_tests.book.world import FIRST_NIGHT, Asked, Route

NOBODY = {"first_load": None}
APPROVED = {"first_load": {"approved_by": "office", "on": "2026-11-21"}}
MEMBER = {"teachers": ["t-1"]}
OUT = "ASSIGNER_NOT_IN_GROUP SENT_NOW_INELIGIBLE"
IN_Q1 = {"assigned": "2026-09-01", "due": "2026-09-08"}
FORMER = "BEFORE_EFFECTIVE_DATE SENT_NOW_INELIGIBLE"


def _otus(name: str, *cases: Case, **more: object) -> Route:
    settings: dict[str, object] = {"passback": MEMBER, **more}
    return Route(f"otus-skyward, {name}", "otus", "skyward_sms", cases, **settings)  # type: ignore[arg-type] # as named


def _canvas(name: str, *cases: Case, **more: object) -> Route:
    return Route(f"canvas-schooltool, {name}", "canvas", "schooltool", cases, **more)  # type: ignore[arg-type] # as named


DISTRICTS = (
    _otus("nobody vouched",
          rule("R051", fails("nothing goes").keeps("")),
          is_vouched=False, stops={0: "skyward_use_grade_setting_off", 1: "skyward_use_grade_setting_off"}),
    _otus("a type is not mapped",
          rule("R056", fails("one type of twelve is not mapped").keeps("")),
          overrides={"category_template": {"Homework": "Homework"}}, stops={0: "Quiz", 1: "Quiz"}),
    _otus("without a group",
          rule("R052",
               passes("all is settled on the second day").keeps("").then().sends("8.5"),
               fails("nothing before", score="7").keeps("").then(score="9").sends("9")),
          passback={"teachers": []}, later={1: MEMBER}, stops={0: "passback.teachers"}),
    _otus("a first load that waits for approval",
          rule("R087",
               passes("approved on the second day").keeps("").then().sends("8.5"),
               fails("not before", score="7").keeps("").then(score="9").sends("9")),
          passback={**MEMBER, **NOBODY}, later={1: APPROVED}, stops={0: "first_load"}),
    _otus("begun in March",
          rule("R079",
               passes("since it began", assigned="2027-03-01", due="2027-03-08").sends("8.5"),
               fails("what was before", assigned="2027-02-26", due="2027-03-08").keeps("BEFORE_EFFECTIVE_DATE")),
          passback={**MEMBER, "effective_date": "2027-03-01"},
          begins=FIRST_NIGHT.replace(year=2027, month=3, day=10)),
    _otus("a date in the future",
          rule("R065",
               passes("two weeks ago: what there is goes").keeps("BEFORE_EFFECTIVE_DATE").then().sends("8.5"),
               fails("nothing while it lies ahead", score="7").keeps("BEFORE_EFFECTIVE_DATE").then(score="9")
               .sends("9"),
               fails("nor what is older still", **IN_Q1).keeps("BEFORE_EFFECTIVE_DATE").then()
               .keeps("BEFORE_EFFECTIVE_DATE")),
          passback={**MEMBER, "effective_date": "2026-12-01"}, later={1: {"effective_date": "2026-11-07"}}),
    _otus("a later date",
          rule("R080",
               passes("what is after it", assigned="2026-11-09").sends("8.5").then(score="9").sends("9"),
               fails("what was before it stays", score="7", **IN_Q1).sends("7").then(score="9")
               .sends("7", noted=FORMER)),
          rule("R205",
               passes("worked out anew").sends("8.5"),
               fails("by the new date", **IN_Q1).sends("8.5").then().sends("8.5", noted=FORMER)),
          later={1: {"effective_date": "2026-11-02"}}),
    _otus("removed, added again",
          rule("C15",
               passes("what changed while out goes", score="7").sends("7").then(score="9").sends("7", noted=OUT)
               .then().sends("9").then(score="6").sends("9", noted=OUT).then().sends("6"),
               fails("what was sent is not sent again").sends("8.5").then().sends("8.5", noted=OUT, is_written=False)
               .then().sends("8.5", is_written=False).then().sends("8.5", noted=OUT, is_written=False)
               .then().sends("8.5", is_written=False)),
          later={
              1: {"teachers": [{"teacher": "t-1", "removed": "2026-11-21"}]},
              2: {"teachers": [{"teacher": "t-1", "removed": "2026-11-21"},
                               {"teacher": "t-1", "added": "2026-11-22"}]},
              3: {"teachers": [{"teacher": "t-1", "removed": "2026-11-21"},
                               {"teacher": "t-1", "added": "2026-11-22", "removed": "2026-11-23"}]},
              4: MEMBER,
          }),
    _otus("a period that closes meanwhile",
          rule("G14",
               passes("while it is open", **IN_Q1).sends("8.5")
               .then().sends("8.5", noted="PERIOD_CLOSED SENT_NOW_INELIGIBLE"),
               fails("a day later", score="7", **IN_Q1).sends("7").then(score="9")
               .sends("7", noted="PERIOD_CLOSED SENT_NOW_INELIGIBLE")),
          calendar={"closes": {"q1": "2026-11-20", "q2": "2026-10-30", "q3": "2027-02-05"}}),
    _canvas("strict about names",
            rule("R115",
                 passes("30", length=30).sends("8.5"),
                 fails("31", length=31).keeps("NAME_TOO_LONG")),
            rule("C01",
                 passes("30", length=30).sends("8.5"),
                 fails("31", length=31).keeps("NAME_TOO_LONG")),
            overrides={"title_max": 30}),
    _canvas("two sections of three",
            rule("C12",
                 passes("a subset", course="three").sends("8.5", except_in={"P3": "SECTION_NOT_IN_PILOT"}),
                 fails("not the third", course="three", score="7")
                 .sends("7", except_in={"P3": "SECTION_NOT_IN_PILOT"}).then(score="9")
                 .sends("9", except_in={"P3": "SECTION_NOT_IN_PILOT"})),
            passback={"sections": ["P1", "P2"]}),
    _canvas("a new map",
            rule("R083",
                 passes("made after it", type="Quiz", is_selected=False).keeps("NOT_SELECTED_FOR_SIS")
                 .then(is_selected=True).sends("8.5", category="Test"),
                 fails("history stays", type="Quiz").sends("8.5", category="Quiz")
                 .then(score="9").sends("9", category="Quiz", noted="CATEGORY_CREATE_ONLY")),
            later={1: {"categories": [{"lms": "Quiz", "sis": "Test"}]}}),
    _canvas("a remaster but for one, and one of a course",
            rule("R154",
                 passes("unchanged, and sent again").sends("8.5", is_written=True).then().sends("8.5", is_written=True)
                 .then().sends("8.5", is_written=False),
                 fails("under the same rules", score="7").sends("7").then(is_selected=False, score="9")
                 .sends("7", noted="NOT_SELECTED_FOR_SIS SENT_NOW_INELIGIBLE", is_written=False),
                 fails("over no edit in the SIS").sends("8.5").then(in_sis={"score": "5"})
                 .sends("5", noted="SIS_EDITED")),
            rule("C09",
                 passes("the other four").sends("8.5").then().sends("8.5", is_written=True),
                 fails("deselected", score="7").sends("7").then().sends("7", is_written=False),
                 fails("deselected, though changed", score="7").sends("7")
                 .then(score="9").sends("7", is_written=False)
                 .then().sends("7", is_written=False).then().sends("9", is_written=True)),
            rule("R158",
                 passes("in all of its sections", course="three").sends("8.5").then().sends("8.5", is_written=True)
                 .then().sends("8.5", is_written=True),
                 fails("no other course", course="Own").sends("8.5").then().sends("8.5", is_written=True)
                 .then().sends("8.5", is_written=False)),
            asked={
                1: Asked(left_out=("C09 fails deselected", "C09 fails deselected, though changed"), is_remaster=True),
                2: Asked(sections=("P3",), is_remaster=True),
            }),
    _canvas("asked for by hand and by the schedule",
            rule("R124",
                 passes("the section asked for", score="7").sends("7").then(score="9").sends("9", is_written=True),
                 fails("no other section", course="Own", score="7").sends("7")
                 .then(score="9").sends("7", is_written=False).then().sends("9", is_written=True)),
            rule("R126",
                 passes("the others", score="7").sends("7").then().sends("7").then(score="9").sends("9"),
                 fails("the one left out", score="7").sends("7").then().sends("7")
                 .then(score="9").sends("7", is_written=False).then().sends("7").then().sends("9")),
            rule("R128",
                 passes("switched on", course="Own", score="7").sends("7").then().sends("7").then().sends("7")
                 .then(score="9").sends("9", is_written=True),
                 fails("switched off", score="7").sends("7").then().sends("7").then().sends("7")
                 .then(score="9").sends("7", is_written=False).then().sends("9", is_written=True)),
            passback={"nightly_sections": ["Own"]},
            asked={
                1: Asked(sections=("A",)),
                2: Asked(left_out=("R126 fails the one left out",)),
                3: Asked(nightly=True),
            }),
    Route("itslearning-skyward, sections chosen", "itslearning_files", "skyward_qmlativ",
          (rule("R018",
                passes("the one that is chosen", course="three").keeps("")
                .then().sends("8.5", except_in={"P2": "", "P3": ""}).then().sends("8.5"),
                fails("none that is not", course="Own").keeps("").then().keeps("").then().sends("8.5")),
           rule("R031",
                passes("started by hand", course="three", score="7").keeps("")
                .then().sends("7", except_in={"P2": "", "P3": ""}).then().sends("7"),
                fails("without a section: nothing", score="7").keeps("").then().keeps("").then().sends("7"))),
          asked={0: Asked(sections=()), 1: Asked(sections=("P1",))}),
    Route("schoology-eschoolplus, nobody vouched for the tenant", "schoology", "eschoolplus",
          (rule("R189", fails("nothing goes, and nothing waits").keeps("")),),
          is_vouched=False, stops={0: "schoology_enterprise_tenant", 1: "schoology_enterprise_tenant"}),
    Route("itslearning-skyward, the assigned date is demanded", "itslearning_files", "skyward_qmlativ",
          (rule("G20", fails("it is not known").keeps("ASSIGN_DATE_MISSING")),),
          overrides={"assign_required": True}),
)  # fmt: skip
