"""Golden ids: a change of these orphans every line item that was ever written."""

from __future__ import annotations

import json
import uuid

from hypothesis import given
from hypothesis import strategies as st

from gradeflow.model.ids import GRADEFLOW_NS, line_item_id, result_id

PARTS = {
    "district": "lincoln",
    "sis_system_id": "schooltool:lincoln.example",
    "lms_system_id": "canvas:lincoln.example",
    "lms_assignment_id": "4711",
    "section_id_sis": "M9-01",
}


def test_the_golden_ids_never_change() -> None:
    assert line_item_id(**PARTS) == "5287d629-ec2c-5c50-8b36-3f85be76b8ab"
    assert line_item_id(**PARTS, generation=1) == "a96ef4a4-961a-5938-8872-ea6ee29863ef"
    assert line_item_id(**{**PARTS, "section_id_sis": "Año 9"}) == "38436302-15cb-5b0a-9270-7fe83b35dda0"
    assert (
        result_id("5287d629-ec2c-5c50-8b36-3f85be76b8ab", "s-0042") == "7da1a67c-5b3f-5bd6-a901-e1140b9af4d5"
    )


@given(st.dictionaries(st.sampled_from(sorted(PARTS)), st.text(min_size=1), min_size=1))
def test_an_id_is_the_name_of_exactly_its_parts(changes: dict[str, str]) -> None:
    parts = {**PARTS, **changes}
    text = json.dumps([*parts.values(), 0], ensure_ascii=False, separators=(",", ":"))
    assert line_item_id(**parts) == str(uuid.uuid5(GRADEFLOW_NS, text))
    assert (line_item_id(**parts) == line_item_id(**PARTS)) == (parts == PARTS)


def test_parts_cannot_flow_into_each_other() -> None:
    one = line_item_id(**{**PARTS, "lms_assignment_id": "1", "section_id_sis": "23"})
    assert one != line_item_id(**{**PARTS, "lms_assignment_id": "12", "section_id_sis": "3"})
