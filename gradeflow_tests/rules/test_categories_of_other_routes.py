"""Which category an item gets on routes where the map, the item or nobody chooses it."""

from __future__ import annotations

import pandas as pd
import pytest

from gradeflow.rules.categories import CategoryMap
from gradeflow_tests.rules.small_school import (
    Changes,
    codes,
    item,
    judged,
    profile,
    reference,
)

SIS = [
    {"category_id_sis": "a-quiz", "title": "Quiz", "section_id_sis": "A"},
    {"category_id_sis": "b-lab", "title": "Lab", "section_id_sis": "B"},
    {"category_id_sis": "all", "title": "Homework"},
]


@pytest.mark.parametrize(
    ("lms", "rows", "code", "category"),
    [
        (None, [{"item": "7", "section": "A", "sis": "Quiz"}], None, "a-quiz"),
        (None, [{"item": "7", "sis": "Homework"}], None, "all"),
        (
            None,
            [{"item": "7", "sis": "Homework"}, {"item": "7", "section": "A", "sis": "Quiz"}],
            None,
            "a-quiz",
        ),
        (None, [], "CATEGORY_REQUIRED", None),
        (None, [{"item": "8", "sis": "Quiz"}], "CATEGORY_REQUIRED", None),
        (None, [{"item": "7", "section": "B", "sis": "Lab"}], "CATEGORY_REQUIRED", None),
        (None, [{"item": "7", "lms": "Homework", "sis": "Quiz"}], "CATEGORY_REQUIRED", None),
        (None, [{"item": "7", "sis": "Lab"}], "CATEGORY_NOT_IN_SECTION", None),
        (None, [{"item": "7", "sis": "b-lab"}], "CATEGORY_NOT_IN_SECTION", None),
        (None, [{"item": "7", "sis": "Removed"}], "CATEGORY_GONE", None),
        (None, [{"item": "7", "sis": None}], "CATEGORY_UNASSOCIATED", None),
        # what the LMS hands over is the teacher's choice for this item in this section
        ("Quiz", [], None, "a-quiz"),
        ("Lab", [], "CATEGORY_NOT_IN_SECTION", None),
        ("Removed", [], "CATEGORY_GONE", None),
        ("Homework", [{"item": "7", "sis": "Quiz"}], None, "a-quiz"),
        ("Homework", [{"item": "7", "lms": "Homework", "sis": "Quiz"}], None, "a-quiz"),
        ("Homework", [{"lms": "Homework", "sis": "Quiz"}], None, "all"),  # no map over what was chosen
        ("Homework", [{"lms": "Homework", "section": "A", "sis": None}], None, "all"),
    ],
)
def test_a_category_is_chosen_for_each_item_in_each_section(
    lms: str | None, rows: list[Changes], code: str | None, category: str | None
) -> None:
    sis = reference(categories=SIS)
    found = judged([item(category_lms=lms)], route="itslearning", sis=sis, settings={"categories": rows})
    assert codes(found) == ([] if code is None else [code])
    chosen = found.line_items["category_id_sis"].iloc[0]
    assert (None if pd.isna(chosen) else chosen) == category


def test_a_choice_for_an_item_outweighs_the_map_where_both_are_allowed() -> None:
    rows = [{"lms": "Homework", "sis": "Quiz"}, {"item": "7", "sis": "Lab"}]
    found = judged(route="eschool", settings={"categories": rows})
    assert found.line_items["category_id_sis"].tolist() == ["c-Lab"]


def test_without_categories_none_is_sent_even_where_the_map_has_one() -> None:
    rows = [{"lms": "Homework", "sis": "Quiz"}]
    found = judged(route="campus", settings={"categories": rows})
    assert found.line_items["category_id_sis"].isna().all()
    over = judged(route="campus", settings={"categories": rows}, category_source="group_map")
    assert over.line_items["category_id_sis"].tolist() == ["c-Quiz"]


def test_types_need_no_map_where_no_category_is_sent() -> None:
    made = profile("otus", category_source="none", category_template={})
    assert CategoryMap((), reference().categories, made.values).uncovered_types() == []
