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
