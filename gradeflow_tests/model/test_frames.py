"""The canonical frames: known to be empty, and refused without repeating what was in them."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

from gradeflow.model import frames

SCHEMAS = [frames.LINE_ITEMS, frames.RESULTS, frames.SIS_SECTIONS, frames.OBSERVED_RESULTS, frames.ENROLMENTS]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_no_rows_have_the_whole_schema(schema: frames.Schema) -> None:
    made = frames.empty(schema)
    assert (len(made), list(made.columns)) == (0, list(schema.columns))
    assert all(made[name].dtype == column.dtype.type for name, column in schema.columns.items())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"section_id_sis": "marked", "is_active": None}], "is_active"),
        ([{"section_id_sis": "", "is_active": True}], "section_id_sis"),
        ([{"section_id_sis": "marked", "is_active": True}] * 2, "section_id_sis"),
    ],
)
def test_a_broken_frame_is_named_by_column_and_check_and_never_by_value(
    rows: list[dict[str, object]], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        frames.build(frames.SIS_SECTIONS, rows)
    assert "sis_sections" in str(caught.value)
    assert "marked" not in str(caught.value)


def test_a_frame_of_an_older_version_is_completed_with_unknowns() -> None:
    whole = frames.build(
        frames.RESULTS, [{"lms_assignment_id": "1", "section_id_sis": "A", "student_id_sis": "s"}]
    )
    old = whole.drop(columns=["has_own_due", "own_due_at", "score_e4"])
    assert_frame_equal(frames.completed(frames.RESULTS, old)[list(whole)], whole)
