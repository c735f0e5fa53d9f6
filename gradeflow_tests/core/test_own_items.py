"""Which line item of an SIS is ours, where the SIS gives the ids."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gradeflow.core.own_items import Found, Made, find_made
from gradeflow.model import frames

NONE, UNCERTAIN = Found("none"), Found("uncertain")


def there(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    """Observed line items of one section, each of an id, a title, and our id where the SIS keeps it."""
    day = pd.Timestamp("2026-11-10")
    more: dict[str, Any] = {"section_id_sis": "A", "assign_date": day, "due_date": day, "raw": "{}"}
    more |= {"category_id_sis": None, "period_id_sis": None, "points_possible_e4": 100_000}
    return frames.build(
        frames.OBSERVED_LINE_ITEMS,
        [{"sis_id": key, "title": title, "external_id": own, **more} for key, title, own in rows],
    )


def made(own: str, title: str, told_id: str | None = None) -> Made:
    return Made(own, title, "2026-11-10", "2026-11-10", told_id)


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps our id", "keeps only its own"])
def test_of_several_creates_answered_with_one_id_only_the_one_that_stands_there_was_made(keeps: bool) -> None:
    wanted = [made("o1", "Essay", "7"), made("o2", "Test", "7"), made("o3", "Quiz", "7")]
    found = find_made(wanted, there(("7", "Quiz", "o3" if keeps else None)), {"7"} - {"7"})
    assert found == [NONE, NONE, Found("one", "7")]


def test_an_answered_id_that_stands_on_nothing_of_ours_is_a_persons_to_tell() -> None:
    wanted = [made("o1", "Essay", "7"), made("o2", "Test", "7")]
    assert find_made(wanted, there(("7", "Field trip", None)), set()) == [UNCERTAIN, UNCERTAIN]


def test_an_item_that_the_sis_or_a_teacher_renamed_at_once_is_known_by_the_id_of_its_answer() -> None:
    assert find_made([made("o1", "Essay", "7")], there(("7", "HW: essay 1", None)), set()) == [
        Found("one", "7")
    ]


def test_an_answered_id_that_another_of_our_items_bears_made_nothing() -> None:
    assert find_made([made("o1", "Essay", "7")], there(("7", "Essay", "o9")), set()) == [NONE]


def test_an_id_of_which_nothing_stands_there_made_nothing() -> None:
    assert find_made([made("o1", "Essay", "7")], there(("8", "Test", None)), set()) == [NONE]


def test_an_item_answered_by_its_id_is_not_taken_for_one_that_was_not_answered() -> None:
    wanted = [made("o1", "Essay", "7"), made("o2", "Essay")]
    assert find_made(wanted, there(("7", "Essay", None)), set()) == [Found("one", "7"), NONE]
