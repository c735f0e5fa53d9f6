"""What tests of itslearning ask for: a student's result, a line item, a grade to change."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow.errors import OutsideError

STATUSES = {"1": "graded", "2": "submitted", "3": "excused"}
MERGED = "1001"  # of 0901 and 0902,1
PUPIL = {"LearningItemId": 501, "UserId": 5004}  # 000001 in 0901, who has 9 points of 10
USER_5004 = "000001"


async def read(system: Any) -> Any:
    return await system.read_gradebook()


def refusal(lms: Any, kind: type[OutsideError], **more: Any) -> OutsideError:
    with pytest.raises(kind) as caught:
        lms.run(read, **more)
    return caught.value


def result(extract: Any, item: str = "501", student: str = USER_5004) -> Any:
    rows = extract.results
    found = rows[(rows.lms_assignment_id == item) & (rows.student_id_sis == student)]
    assert len(found) == 1
    return found.iloc[0]


def line_item(extract: Any, item: str = "501", section: str = "0901") -> Any:
    rows = extract.line_items
    return rows[(rows.lms_assignment_id == item) & (rows.section_id_sis == section)].iloc[0]


def grade(lms: Any, **values: Any) -> None:
    lms.edit(entity="UserGrades", match=PUPIL, set=values)
