"""One gradebook that has everything in it that a rule can say something about, one line item per case.

The same gradebook is judged on every documented route. Each case is one item in section A, due within quarter 2
and worth ten points, and one score of 8.5, but for what its name says; a classmate has 8.5 in every one.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from gradeflow.model.district import District
from gradeflow.model.gradebook import SisReference
from gradeflow.model.points import format_e4
from gradeflow.rules import layers
from gradeflow.rules.judge import Judged, judge
from gradeflow.rules.profile import profile_for
from gradeflow_tests.rules.small_school import NOW, TYPES, ZONE, Row, at, extract, item, reference, score

CLASSMATE, LATE_COMER, UNKNOWN_SINCE, STRANGER = "s2", "s-late", "s-since-when", "s-gone"
SUMMER = {"period_id_sis": "q0", "start_date": "2026-07-06", "end_date": "2026-08-14"}
PERIODS: tuple[Row, ...] = (
    SUMMER,  # closed
    {"period_id_sis": "q1", "start_date": "2026-08-17", "end_date": "2026-10-30"},  # kept open
    {"period_id_sis": "q2", "start_date": "2026-11-02", "end_date": "2027-01-22"},  # current
    {"period_id_sis": "q3", "start_date": "2027-01-25", "end_date": "2027-03-26"},  # not begun
)
CALENDAR: Row = {"closes": {"q1": "2026-11-25"}, "no_school": ["2026-11-26"]}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One case: what it is called, what of the item and of the score is not as usual. No score: nobody has one."""

    name: str
    item: Row
    score: Row | None

    def row(self) -> Row:
        """Give the line item, named by the case."""
        return item(**{"lms_assignment_id": self.name, "title": self.name[-28:].strip(), **self.item})

    def scores(self, section: str) -> list[Row]:
        """Give its score, and beside it a classmate's usual one."""
        if self.score is None:
            return []
        of_item = {"lms_assignment_id": self.name, "section_id_sis": section}
        return [score(**of_item, **self.score), score(**of_item, student_id_sis=CLASSMATE)]


def _case(name: str, score: Row | None = {}, **changes: object) -> Case:  # noqa: B006 - never changed
    return Case(name, changes, score)


def _titled(length: int) -> Case:
    return _case(f"title of {length}", title=f"{length}".ljust(length, "x")[:length])


BLANK: Row = {"score_e4": None, "is_graded": False}
MARKS = ("excused", "excluded", "missing", "late")

CASES: tuple[Case, ...] = (
    _case("as usual"),
    # ---- the title ----
    *(_titled(length) for length in (0, 1, 30, 31, 49, 50, 51)),
    _case("title of 49 and a blank", title="49+1".ljust(49, "x") + " "),
    _case("first of its name", title="Twice", created_at=at("2026-11-09 08:00")),
    _case("second of its name", title="Twice", created_at=at("2026-11-10 08:00")),
    # ---- the points ----
    _case("8.5 of 10"),
    _case("8 of 10.5", {"score_e4": 80_000}, points_possible_e4=105_000),
    _case("10.0 of 10", {"score_e4": 100_000}),
    _case("10.0001 of 10", {"score_e4": 100_001}),
    _case("0 of 10", {"score_e4": 0}),
    _case("-0.5 of 10", {"score_e4": -5_000}),
    _case("1.2345 of 10", {"score_e4": 12_345}),
    _case("maximum 0", {"score_e4": 0}, points_possible_e4=0),
    _case("no maximum", points_possible_e4=None),
    _case("maximum 10.00001", points_possible_e4=None, points_text="10.00001"),
    _case("factor 2", factor_e4=20_000),
    _case("factor unknown", factor_e4=None),
    # ---- the due date ----
    _case("no due date", due_at=None),
    _case("no due date, of no period",
          due_at=None, assigned_at=None, assigned_basis="unknown", term_lms=None),
    _case("no due date, of no period, in a section whose end is not known", section_id_sis="B",
          due_at=None, assigned_at=None, assigned_basis="unknown", term_lms=None),
    _case("due at 23:59 on the period's last day", due_at=at("2027-01-22 23:59")),
    _case("due on a holiday", due_at=at("2026-11-26 12:00")),
    _case("due on a Saturday", due_at=at("2026-11-21 12:00")),
    _case("due before it was assigned", due_at=at("2026-11-06 12:00")),
    _case("assigned and due in a closed period",
          assigned_at=at("2026-08-03 08:00"), due_at=at("2026-08-10 12:00"), term_lms="q0"),
    _case("assigned in a closed period, due in the current one", assigned_at=at("2026-08-03 08:00")),
    _case("assigned in one open period, due in another", assigned_at=at("2026-10-05 08:00")),
    _case("due in a period that has not begun", due_at=at("2027-02-01 12:00"), term_lms="q3"),
    _case("due between two periods", due_at=at("2026-10-31 12:00"), assigned_at=at("2026-10-05 08:00")),
    _case("assigned before the effective date", assigned_at=at("2026-06-01 08:00")),
    _case("no assigned date", assigned_at=None, assigned_basis="unknown"),
    _case("no assigned date, due before the effective date",
          assigned_at=None, assigned_basis="unknown", due_at=at("2026-06-30 23:59")),
    _case("no assigned date, due on the effective date",
          assigned_at=None, assigned_basis="unknown", due_at=at("2026-07-01 08:00")),
    _case("due before the effective date, entered late",
          assigned_at=at("2026-11-09 08:00"), assigned_basis="created", due_at=at("2026-06-30 23:59")),
    _case("due today, at midnight", due_at=at("2026-11-20 23:59")),
    _case("due tomorrow", due_at=at("2026-11-21 00:00")),
    _case("no due date, assigned a week ago", due_at=None, assigned_at=at("2026-11-13 15:00")),
    _case("no due date, assigned six days ago", due_at=None, assigned_at=at("2026-11-14 08:00")),
    _case("no term", term_lms=None),
    _case("a term that the SIS does not know", term_lms="autumn"),
    # ---- for whom ----
    _case("Everyone without a due date", everyone_due_at=None),
    _case("Everyone Else without a due date",
          everyone_due_at=None, has_section_dates=True, is_section_named=True),
    _case("other sections only", has_section_dates=True, is_section_named=False),
    _case("single students", is_individual=True),
    # ---- is it meant to go ----
    _case("not ticked", is_selected=False),
    _case("not published", is_published=False),
    _case("not in the final grade", is_in_final_grade=False),
    _case("passback off in the course", is_passback_enabled=False),
    _case("course made by a teacher", is_rostered=False),
    _case("section that the SIS does not know", section_id_sis="X"),
    _case("section not on the list", section_id_sis="P"),
    _case("section that was not read whole", section_id_sis="I"),
    _case("not graded at all", kind="ungraded"),
    _case("a test", kind="test"),
    _case("a task", kind="task"),
    _case("letters", {"score_e4": None, "score_text": "B+"}, grading="letter"),
    _case("standards", grading="standards"),
    _case("percent", grading="percent"),
    # ---- the category ----
    _case("no category", category_lms=None),
    _case("a category that nobody knows", category_lms="Unheard of"),
    _case("category unassociated"),
    _case("category gone from the SIS"),
    _case("category of another section"),
    _case("category of this section only"),
    _case("category inactive"),
    _case("category that the SIS has twice"),
    _case("category that the SIS has twice, by its code"),
    _case("category that drops its lowest", is_droppable=True),
    # ---- who assigned it ----
    _case("assigned by nobody", assigned_by_lms=None, assigned_by_sis=None),
    _case("assigned by a stranger to the SIS", assigned_by_sis=None),
    _case("assigned by a former teacher", assigned_by_sis="t-former"),
    _case("assigned by somebody outside the group", assigned_by_sis="t-outside"),
    _case("assigned by a member of another class", assigned_by_sis="t-elsewhere"),
    _case("assigned before its teacher joined", assigned_by_sis="t-new",
          assigned_at=at("2026-10-05 08:00"), due_at=at("2026-10-12 12:00"), term_lms="q1"),
    # ---- the score ----
    _case("nobody has a score", None),
    *(_case(f"{mark}, with a score", {f"is_{mark}": True}) for mark in MARKS),
    *(_case(f"{mark}, without a score", {**BLANK, f"is_{mark}": True}) for mark in MARKS),
    _case("typed, not graded yet", {"is_graded": False}),
    _case("handed in, no score yet", BLANK),
    _case("past due, not handed in", {**BLANK, "is_submitted": False}),
    _case("past due, not handed in, excused", {**BLANK, "is_submitted": False, "is_excused": True}),
    _case("not due yet, not handed in", {**BLANK, "is_submitted": False}, due_at=at("2026-11-30 12:00")),
    _case("past due, not handed in, due later for this student",
          {**BLANK, "is_submitted": False, "has_own_due": True, "own_due_at": at("2026-11-23 23:59")}),
    _case("past due, not handed in, never due for this student",
          {**BLANK, "is_submitted": False, "has_own_due": True}),
    _case("not due yet, not handed in, was due earlier for this student",
          {**BLANK, "is_submitted": False, "has_own_due": True, "own_due_at": at("2026-11-17 23:59")},
          due_at=at("2026-11-30 12:00")),
    _case("past due, who knows whether handed in", {**BLANK, "is_submitted": None}),
    _case("past due, enrolled since", {**BLANK, "is_submitted": False, "student_id_sis": LATE_COMER}),
    _case("past due, enrolled who knows when",
          {**BLANK, "is_submitted": False, "student_id_sis": UNKNOWN_SINCE}),
    _case("no number", {"score_e4": None, "score_text": "complete"}),
    _case("hidden from the student", {"is_posted": False}),
    _case("not enrolled", {"student_id_sis": STRANGER}),
    _case("in two sections"),
)  # fmt: skip

MAP: tuple[Row, ...] = (
    {"item": "category unassociated", "sis": None},
    {"item": "category gone from the SIS", "sis": "Ghost"},
    {"item": "category of another section", "sis": "Only in B"},
    {"item": "category of this section only", "sis": "Only in A"},
    {"item": "category inactive", "sis": "Retired"},
    {"item": "category that the SIS has twice", "sis": "Twice"},
    {"item": "category that the SIS has twice, by its code", "sis": "Twice (c-2)"},
)
ALSO_IN_B = "in two sections"


def documented_routes() -> dict[str, tuple[str, str]]:
    """Give each documented route with the first kinds that it joins."""
    return {route.name: (route.lms[0], route.sis[0]) for route in layers.routes()}


@cache
def school() -> SisReference:
    """Give the SIS's side of the gradebook."""
    titles: list[Row] = [{"category_id_sis": f"c-{name}", "title": name} for name in TYPES]
    titles += [{"category_id_sis": f"c-{s}", "title": f"Only in {s}", "section_id_sis": s} for s in "AB"]
    titles += [{"category_id_sis": "c-old", "title": "Retired", "is_active": False}]
    titles += [{"category_id_sis": f"c-{number}", "title": "Twice"} for number in "12"]
    pupils = [(student, section) for student in ("s1", CLASSMATE) for section in "ABPI"]
    seats: list[Row] = [{"student_id_sis": s, "section_id_sis": section} for s, section in pupils]
    seats += [{"student_id_sis": LATE_COMER, "section_id_sis": "A", "begin_date": "2026-11-18"}]
    seats += [{"student_id_sis": UNKNOWN_SINCE, "section_id_sis": "A", "begin_date": None}]
    teaching = [("t1", section) for section in "ABPI"] + [("t-new", "A"), ("t-elsewhere", "B")]
    return reference(
        periods=PERIODS,
        categories=titles,
        enrolments=seats,
        class_teachers=[{"teacher_id_sis": t, "section_id_sis": section} for t, section in teaching],
        teachers=("t1", "t-new", "t-elsewhere", "t-outside"),
        sections=tuple("ABPI"),
        students=("s1", CLASSMATE, LATE_COMER, UNKNOWN_SINCE, STRANGER),
        ends={"A": "2027-03-26"},
    )


def district(lms: str, sis: str) -> District:
    """Give the district's settings: the same on every route."""
    group = ["t1", "t-former", "t-elsewhere", {"teacher": "t-new", "added": "2026-11-10"}]
    passback = {
        "effective_date": "2026-07-01",
        "sections": ["A", "B", "X", "I"],
        "teachers": group,
        "categories": MAP,
    }
    return District.model_validate(
        {
            "district": "lincoln",
            "timezone": ZONE.key,
            "lms": {"kind": lms},
            "sis": {"kind": sis},
            "passback": passback,
            "calendar": CALENDAR,
        }
    )


@cache
def judged_on(route: str, cases: tuple[Case, ...] = CASES) -> Judged:
    """Judge the gradebook under the profile of a route."""
    lms, sis = documented_routes()[route]
    items = [case.row() for case in cases]
    scores: list[Row] = []
    for case in cases:
        section = case.row()["section_id_sis"]
        scores += case.scores(section)
        if case.name == ALSO_IN_B:
            items.append({**case.row(), "section_id_sis": "B"})
            scores += case.scores("B")
    book = extract(items, scores, route=lms, incomplete=["I"])
    where = district(lms, sis)
    return judge(book, school(), where, profile_for(where), NOW, names_sent=None)


def verdicts_of(judged: Judged, cases: Sequence[Case] = CASES) -> dict[str, str]:
    """Write what becomes of each case, by its name: what is sent, or every reason why not; then what is told."""
    line_items = {_key(row): row for row in judged.line_items.to_dict("records")}
    own = judged.results[judged.results["student_id_sis"] != CLASSMATE]
    results = {_key(row): row for row in own.to_dict("records")}
    told: dict[tuple[str, str], dict[str, str]] = {}
    for row in judged.findings.to_dict("records"):
        if row["student_id_sis"] != CLASSMATE:
            told.setdefault(_key(row), {})[row["code"]] = row["outcome"]
    keys = {case.name: _key(case.row()) for case in cases}
    return {name: _words(line_items[key], results.get(key), told.get(key, {})) for name, key in keys.items()}


def _key(row: Mapping[Hashable, Any] | Row) -> tuple[str, str]:
    return row["lms_assignment_id"], row["section_id_sis"]


def _words(line_item: Mapping[Hashable, Any], result: Mapping[Hashable, Any] | None, told: Row) -> str:
    verdict = (result or line_item)["verdict"]
    if verdict != "pass":
        codes = ", ".join(code for code, outcome in told.items() if outcome == verdict)
        words = f"{verdict} {codes}".strip()
    elif result is None:
        words = "sent without scores"
    else:
        exempt = " exempt" if result["status"] == "exempt" else ""
        words = f"sent {format_e4(int(result['score_e4']))}{exempt}"
    noted = ", ".join(code for code, outcome in told.items() if outcome == "noted")
    return words + (f" + {noted}" if noted else "")
