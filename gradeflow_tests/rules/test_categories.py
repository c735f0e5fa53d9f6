"""The category map: which row wins, and what a category that cannot be used is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gradeflow.model.district import CategoryRow
from gradeflow.rules.categories import CategoryMap
from gradeflow_tests.rules.small_school import TYPES, codes, item, judged, profile, reference

ROWS = (
    {"lms": "Homework", "sis": "Quiz"},
    {"lms": "Homework", "section": "A", "sis": "Lab"},
    {"lms": "Homework", "item": "7", "sis": "Test"},
    {"lms": "Homework", "item": "7", "section": "A", "sis": "Project"},
    {"lms": "Labs", "section": "A", "sis": "Quiz"},
    {"lms": "Labs", "item": "7", "sis": "Test"},
    {"lms": "Discussions", "section": "A", "sis": "Lab"},
    {"lms": "Discussions", "section": "B", "sis": None},
    {"lms": "Ids", "sis": "c-Quiz"},
    {"lms": "Old", "sis": "Removed"},
)
SIS = [{"category_id_sis": f"c-{name}", "title": name} for name in TYPES]


def _map(
    rows: tuple[Mapping[str, Any], ...] = ROWS, sis: list[Any] = SIS, route: str = "canvas"
) -> CategoryMap:
    made = [CategoryRow.model_validate(row) for row in rows]
    return CategoryMap(made, reference(categories=sis).categories, profile(route).values)


@pytest.mark.parametrize(
    ("lms", "section", "assignment", "state", "category"),
    [
        ("Homework", "A", "7", "mapped", "c-Project"),
        ("Homework", "B", "7", "mapped", "c-Test"),
        ("Homework", "A", "8", "mapped", "c-Lab"),
        ("Homework", "B", "8", "mapped", "c-Quiz"),
        ("Labs", "A", "7", "mapped", "c-Test"),
        ("Labs", "A", "8", "mapped", "c-Quiz"),
        ("Discussions", "A", "8", "mapped", "c-Lab"),
        ("Discussions", "B", "8", "unassociated", None),
        ("Discussions", "C", "8", "no_match", None),
        ("Ids", "A", "8", "mapped", "c-Quiz"),
        ("Old", "A", "8", "gone", None),
        ("Classwork", "A", "8", "mapped", "c-Classwork"),
        ("Class work", "A", "8", "no_match", None),
        (None, "A", "8", "required", None),
        ("", "A", "8", "required", None),
    ],
)
def test_the_most_specific_row_wins_then_the_exact_name(
    lms: str | None, section: str, assignment: str, state: str, category: str | None
) -> None:
    found = _map().find(lms, section, assignment)
    assert (found.state, found.category_id_sis) == (state, category)


def test_a_near_name_is_only_a_suggestion() -> None:
    assert _map().find("Home work", "A", "8").detail == "Homework"
    assert _map().find("Zzzz", "A", "8").detail is None


def test_the_template_maps_the_twelve_types_and_a_district_row_outweighs_it() -> None:
    assert _map((), route="otus").find("Worksheet", "A", "8").category_id_sis == "c-Classwork"
    rows = ({"lms": "Worksheet", "sis": "Homework"},)
    assert _map(rows, route="otus").find("Worksheet", "A", "8").category_id_sis == "c-Homework"


def test_a_type_outside_the_twelve_is_unknown_even_if_a_category_is_called_so() -> None:
    found = _map((), [*SIS, {"category_id_sis": "e", "title": "Essay"}], "otus").find("Essay", "A", "8")
    assert found.state == "type_unknown"
    assert "Worksheet" in str(found.detail)


def test_only_types_that_neither_row_nor_template_maps_are_uncovered() -> None:
    assert _map((), route="otus").uncovered_types() == []
    bare = CategoryMap((), reference().categories, profile("otus", category_template={"Quiz": "Quiz"}).values)
    assert len(bare.uncovered_types()) == 11
    assert _map().uncovered_types() == []


@pytest.mark.parametrize(
    ("sis", "route", "state", "category"),
    [
        ([{"category_id_sis": "x", "title": "Homework", "section_id_sis": "A"}], "otus", "scope", None),
        ([{"category_id_sis": "x", "title": "Homework", "section_id_sis": "A"}], "canvas", "mapped", "x"),
        ([{"category_id_sis": "x", "title": "Homework", "section_id_sis": "B"}], "canvas", "no_match", None),
        ([{"category_id_sis": "x", "title": "Homework", "is_active": False}], "otus", "inactive", None),
        (
            [
                {"category_id_sis": "a", "title": "Homework", "section_id_sis": "A"},
                {"category_id_sis": "b", "title": "Homework"},
            ],
            "otus",
            "mapped",
            "b",
        ),
        (
            [
                {"category_id_sis": "a", "title": "Homework", "section_id_sis": "A"},
                {"category_id_sis": "b", "title": "Homework"},
            ],
            "canvas",
            "mapped",
            "a",
        ),
        (
            [
                {"category_id_sis": "a", "title": "Homework", "is_active": False},
                {"category_id_sis": "b", "title": "Homework"},
            ],
            "canvas",
            "mapped",
            "b",
        ),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_of_categories_of_one_name_the_usable_one_is_taken_in_any_order(
    sis: list[dict[str, Any]], route: str, state: str, category: str | None, order: int
) -> None:
    found = _map((), sis[::order], route).find("Homework", "A", "8")
    assert (found.state, found.category_id_sis) == (state, category)


TWO = [{"category_id_sis": code, "title": "Assignments"} for code in ("AST", "AGT")]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_categories_of_one_name_nobody_chooses(order: int) -> None:
    found = _map((), TWO[::order]).find("Assignments", "A", "8")
    assert (found.state, found.category_id_sis) == ("ambiguous", None)
    assert found.detail == "Assignments (AGT), Assignments (AST)"
    lost = [*TWO[:1], {**TWO[1], "is_active": False}]
    assert _map((), lost[::order]).find("Assignments", "A", "8").category_id_sis == "AST"


@pytest.mark.parametrize(
    ("name", "state", "category"),
    [
        ("Assignments (AST)", "mapped", "AST"),
        ("Assignments [AGT]", "mapped", "AGT"),
        ("Assignments(AGT)", "mapped", "AGT"),
        ("Assignments (ABC)", None, None),
        ("Assignment (AST)", None, None),
        ("Assignments (AST]", None, None),
        ("(AST)", None, None),
        ("Labs (2)", "mapped", "labs"),  # its whole name, not a code
    ],
)
@pytest.mark.parametrize("by_row", [True, False])
def test_a_code_in_brackets_tells_categories_of_one_name_apart(
    name: str, state: str | None, category: str | None, by_row: bool
) -> None:
    sis = [*TWO, {"category_id_sis": "labs", "title": "Labs (2)"}, {"category_id_sis": "2", "title": "Labs"}]
    rows = ({"lms": "Work", "sis": name},) if by_row else ()
    known = _map(rows, sis)
    found = known.find("Work" if by_row else name, "A", "8")
    assert found.state == (state or ("gone" if by_row else "no_match"))
    assert found.category_id_sis == category
    assert known.lost(name) == (None if state else "gone")


def test_an_inactive_category_names_itself_and_the_teachers_of_the_section() -> None:
    retired = [{"category_id_sis": "x", "title": "Presentation", "is_active": False}]
    taught = [
        {"teacher_id_sis": teacher, "section_id_sis": section, "is_active": is_active}
        for teacher, section, is_active in (
            ("88", "A", True),
            ("7", "A", True),
            ("5", "A", False),
            ("6", "B", True),
        )
    ]
    rows = [{"lms": "Homework", "sis": "Presentation"}]
    found = [
        judged(sis=reference(categories=retired, class_teachers=staff), settings={"categories": rows})
        for staff in (taught, [])
    ]
    assert [codes(one) for one in found] == [["CATEGORY_INACTIVE"]] * 2
    assert [one.findings["value"].tolist() for one in found] == [
        ["Presentation, inactive for teacher 7, 88"],
        ["Presentation"],
    ]


@pytest.mark.parametrize(
    ("route", "category", "sis", "rows", "code"),
    [
        ("canvas", None, SIS, [], "CATEGORY_REQUIRED"),
        ("canvas", "Labs", SIS, [], "CATEGORY_NO_MATCH"),
        ("canvas", "Labs", SIS, [{"lms": "Labs", "sis": None}], "CATEGORY_UNASSOCIATED"),
        ("canvas", "Labs", SIS, [{"lms": "Labs", "sis": "Removed"}], "CATEGORY_GONE"),
        ("otus", "Essay", SIS, [], "TYPE_UNKNOWN"),
        (
            "otus",
            "Quiz",
            [{"category_id_sis": "x", "title": "Quiz", "section_id_sis": "A"}],
            [],
            "CATEGORY_SCOPE",
        ),
        (
            "otus",
            "Quiz",
            [{"category_id_sis": "x", "title": "Quiz", "is_active": False}],
            [],
            "CATEGORY_INACTIVE",
        ),
        ("canvas", "Assignments", TWO, [], "CATEGORY_AMBIGUOUS"),
    ],
)
def test_a_category_that_cannot_be_used_has_its_own_code(
    route: str, category: str | None, sis: list[Any], rows: list[Any], code: str
) -> None:
    found = judged(
        [item(category_lms=category)],
        route=route,
        sis=reference(categories=sis),
        settings={"categories": rows},
    )
    assert codes(found) == [code]


def test_a_route_without_categories_needs_none() -> None:
    found = judged([item(category_lms=None)], category_source="none")
    assert codes(found) == []
    assert found.line_items["category_id_sis"].isna().all()


DRAFTED = ({"lms": "Homework", "sis": "Quiz"}, {"lms": "Homework", "sis": "Lab", "state": "draft"})


def test_a_draft_never_speaks_in_a_run() -> None:
    found = judged(settings={"categories": DRAFTED})
    assert found.line_items["category_id_sis"].tolist() == ["c-Quiz"]
    alone = judged(settings={"categories": DRAFTED[1:]})
    assert alone.line_items["category_id_sis"].tolist() == ["c-Homework"]


@pytest.mark.parametrize(
    ("lms", "by", "row"),
    [
        ("Homework", "row", ("Homework", "A", None)),
        ("Classwork", "name", None),
        ("Class work", None, None),
    ],
)
def test_it_is_told_which_row_won_or_that_a_like_name_was_used(lms: str, by: str | None, row: object) -> None:
    found = _map().find(lms, "A", "8")
    assert (found.by, found.row) == (by, row)


def test_a_category_that_a_row_names_is_there_inactive_or_gone() -> None:
    inactive = {"category_id_sis": "c-Old", "title": "Old", "is_active": False}
    known = _map(sis=[*SIS, inactive])
    assert [known.lost(name) for name in ("Quiz", "c-Quiz", "Old", "c-Old", "Removed")] == [
        None, None, "inactive", "inactive", "gone"
    ]  # fmt: skip
