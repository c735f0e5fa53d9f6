"""Identities that never change, so that a run repeated is a run that writes nothing.

No title, route or setting takes part in an identity: renaming an assignment or changing the district file
must never make a second line item in the SIS. The golden ids are pinned in a test; changing this file
would orphan every line item that gradeflow ever wrote.
"""

from __future__ import annotations

import json
import uuid
from typing import NewType

DistrictId = NewType("DistrictId", str)
SectionIdSis = NewType("SectionIdSis", str)
StudentIdSis = NewType("StudentIdSis", str)
LineItemId = NewType("LineItemId", str)
ResultId = NewType("ResultId", str)

GRADEFLOW_NS = uuid.UUID("6f1d2c1e-3c0f-5e4a-9a52-0d7b6a0c9e41")


def _name(parts: list[str | int]) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return str(uuid.uuid5(GRADEFLOW_NS, text))


def line_item_id(
    *,
    district: str,
    sis_system_id: str,
    lms_system_id: str,
    lms_assignment_id: str,
    section_id_sis: str,
    generation: int = 0,
) -> LineItemId:
    """Name one LMS assignment in one SIS section, for ever.

    `generation` rises only where an item that was deleted in the SIS is made again, and where an assignment that
    was sent is used again in a later school year.
    """
    return LineItemId(
        _name([district, sis_system_id, lms_system_id, lms_assignment_id, section_id_sis, generation])
    )


def result_id(line_item: str, student_id_sis: str) -> ResultId:
    """Name one student's result in one line item."""
    return ResultId(_name([line_item, student_id_sis]))
