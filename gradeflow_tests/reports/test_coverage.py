"""The coverage report: what each LMS category becomes in each section, which row won, and who is not heard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from gradeflow.reports.coverage import coverage
from gradeflow.reports.evidence import Evidence
from gradeflow_tests.rules.small_school import NOW, at, district, extract, item, profile, reference

NINE = ("H1", "H2", "P1", "P2")  # two sections of Math 9 Honors, two of Math 9
SIS = [
    *({"category_id_sis": f"lab-{one}", "title": "Labs", "section_id_sis": one} for one in NINE),
    *({"category_id_sis": f"part-{one}", "title": "Participation", "section_id_sis": one} for one in NINE),
    {"category_id_sis": "hw", "title": "Homework"},
    {"category_id_sis": "old", "title": "Essays", "is_active": False},
]


def document(
    items: Iterable[Any], rows: Iterable[Any] = (), *, route: str = "canvas", sis: Any = None, **settings: Any
) -> dict[str, Any]:
    known = sis or reference(categories=SIS, sections=NINE)
    evidence = Evidence(extract(items, [], route=route), known, "run-1", NOW)
    return coverage(district(route=route, categories=list(rows), **settings), profile(route), evidence, NOW)


def in_sections(category: str | None, sections: Iterable[str] = NINE, first: int = 10) -> list[Any]:
    return [
        item(lms_assignment_id=str(first + n), section_id_sis=section, category_lms=category)
        for n, section in enumerate(sections)
    ]


def only(found: dict[str, Any]) -> dict[str, Any]:
    (one,) = found["categories"]
    return dict(one)


def test_sections_of_a_category_are_counted_as_mapped_and_unassociated() -> None:
    rows = [{"lms": "Labs", "section": "P2", "sis": None}]
    labs = only(document(in_sections("Labs"), rows))
    assert (labs["sections"], labs["mapped"], labs["unassociated"], labs["items"]) == (4, 3, 1, 4)
    assert [line["section"] for line in labs["lines"] if line["code"] == "CATEGORY_UNASSOCIATED"] == ["P2"]


def test_the_same_category_may_lead_elsewhere_in_honors_and_the_row_that_won_is_named() -> None:
    rows = [
        {"lms": "Discussions", "sis": "Participation"},
        *({"lms": "Discussions", "section": one, "sis": "Labs"} for one in ("H1", "H2")),
    ]
    lines = only(document(in_sections("Discussions"), rows))["lines"]
    assert [(line["section"], line["sis"], line["row"]["section"]) for line in lines] == [
        ("H1", "lab-H1", "H1"),
        ("H2", "lab-H2", "H2"),
        ("P1", "part-P1", None),
        ("P2", "part-P2", None),
    ]
    assert {line["state"] for line in lines} == {"Synchronized"}


@pytest.mark.parametrize(
    ("rows", "state", "code"),
    [
        ([{"lms": "Labs", "sis": "Labs"}], "Synchronized", None),
        ([], "Imported", None),
        ([{"lms": "Labs", "sis": None}], "Unassociated", "CATEGORY_UNASSOCIATED"),
        ([{"lms": "Labs", "sis": "Removed"}], "Unassociated", "CATEGORY_GONE"),
        ([{"lms": "Labs", "sis": "Essays"}], "Unassociated", "CATEGORY_INACTIVE"),
        ([{"lms": "Labs", "sis": "Labs"}, {"lms": "Labs", "sis": "hw", "state": "draft"}], "Changed", None),
        ([{"lms": "Labs", "sis": "hw", "state": "draft"}], "Changed", None),
        # a draft that leads where the published row leads changes nothing
        ([{"lms": "Labs", "sis": "Labs"}, {"lms": "Labs", "sis": "lab-H1", "state": "draft"}], "Synchronized", None),
        ([{"lms": "Labs", "section": "P1", "sis": "hw", "state": "draft"}], "Imported", None),
    ],
)  # fmt: skip
def test_a_category_in_a_section_has_one_of_four_states(
    rows: list[Any], state: str, code: str | None
) -> None:
    labs = only(document(in_sections("Labs", ["H1"]), rows))
    assert [(line["state"], line["code"]) for line in labs["lines"]] == [(state, code)]
    assert labs["states"][state] == 1
    assert sum(labs["states"].values()) == 1


def test_what_a_draft_would_make_is_shown_and_what_goes_today_too() -> None:
    rows = [{"lms": "Labs", "sis": None}, {"lms": "Labs", "sis": "hw", "state": "draft"}]
    (line,) = only(document(in_sections("Labs", ["H1"]), rows))["lines"]
    assert (line["sis"], line["code"], line["drafted"]) == (
        None,
        "CATEGORY_UNASSOCIATED",
        {"sis": "hw", "code": None},
    )


def test_a_like_name_in_use_is_counted_and_a_near_one_is_only_suggested() -> None:
    used = only(document(in_sections("Labs")))
    assert (used["by_like_name"], used["unassociated"]) == (4, 0)
    near = only(document(in_sections("Home work")))
    assert (near["by_like_name"], near["unassociated"], near["mapped"]) == (0, 4, 0)
    assert {(line["code"], line["near"], line["sis"]) for line in near["lines"]} == {
        ("CATEGORY_NO_MATCH", "Homework", None)
    }
    assert {tuple(line["offered"]) for line in near["lines"]} == {
        ("Essays", "Homework", "Labs", "Participation")
    }
    assert {line["offered"] for line in used["lines"]} == {None}


def test_the_routes_template_counts_as_imported() -> None:
    sis = reference(sections=("A",))
    found = only(document(in_sections("Worksheet", ["A"]), route="otus", sis=sis))
    assert [(line["by"], line["state"], line["sis"]) for line in found["lines"]] == [
        ("template", "Imported", "c-Classwork")
    ]


def test_an_item_with_a_row_of_its_own_has_a_line_of_its_own_and_does_not_speak_for_the_section() -> None:
    items = in_sections("Labs", ["H1", "H1", "H1"])
    labs = only(document(items, [{"lms": "Labs", "sis": "Labs"}, {"item": "11", "sis": None}]))
    assert [(line["item"], line["items"], line["sis"]) for line in labs["lines"]] == [
        (None, 2, "lab-H1"),
        ("11", 1, None),
    ]
    assert (labs["sections"], labs["mapped"], labs["unassociated"]) == (1, 1, 0)


def test_rows_that_nothing_needs_and_rows_to_categories_that_are_gone_are_told() -> None:
    rows = [
        {"lms": "Labs", "sis": "Labs"},
        {"lms": "Homwork", "sis": "Homework"},
        {"lms": "Quizzes", "sis": "Participaton"},
        {"lms": "Essays", "sis": "Essays"},
    ]
    found = document(in_sections("Labs"), rows)["rows"]
    assert [(row["lms"], row["items"], row["lost"], row["near"]) for row in found] == [
        ("Labs", 4, None, None),
        ("Homwork", 0, None, None),
        ("Quizzes", 0, "gone", "Participation"),
        ("Essays", 0, "inactive", "Essays"),
    ]


def test_an_item_without_a_category_is_listed_as_such() -> None:
    found = only(document(in_sections(None, ["H1"])))
    assert found["lms"] is None
    assert found["lines"][0]["code"] == "CATEGORY_REQUIRED"


def test_work_from_before_the_effective_date_does_not_count() -> None:
    old = item(lms_assignment_id="1", section_id_sis="H1", assigned_at=at("2026-06-01 08:00"))
    assert document([old])["categories"] == []


def test_a_route_without_categories_says_so() -> None:
    sis = reference(categories=[], sections=("A",))
    found = document([item()], route="campus", sis=sis)
    assert (found["category_source"], found["categories"]) == ("none", [])


def test_who_assigns_outside_the_group_is_told_with_how_many_items_and_sections() -> None:
    sis = reference(
        sections=("A", "B"),
        teachers=("t1", "t2", "t3"),
        class_teachers=[
            {"teacher_id_sis": teacher, "section_id_sis": one} for teacher in ("t1", "t2") for one in "AB"
        ],
    )
    by = {"t1": 2, "t2": 3, "t3": 1}
    items = [
        item(
            lms_assignment_id=f"{who}-{n}",
            section_id_sis="AB"[n % 2],
            category_lms="Quiz",
            assigned_by_sis=who,
        )
        for who, count in by.items()
        for n in range(count)
    ]
    items.append(item(lms_assignment_id="admin", assigned_by_lms="u-admin", assigned_by_sis=None))
    found = document(items, route="otus", sis=sis, teachers=["t1", "t3"])["assigners"]
    assert [(one["assigner"], one["code"], one["items"], one["sections"]) for one in found] == [
        ("t2", "ASSIGNER_NOT_IN_GROUP", 3, 2),
        ("t3", "ASSIGNER_NOT_IN_CLASS", 1, 1),
        ("u-admin", "ASSIGNER_NOT_IN_SIS", 1, 1),
    ]
