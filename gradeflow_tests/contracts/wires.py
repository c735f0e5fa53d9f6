"""How each LMS looks on the wire, and what may become of a reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pandas.testing import assert_frame_equal

from gradeflow.errors import OutsideError
from gradeflow_tests.contracts.conftest import Side
from gradeflow_tests.contracts.on_the_way import Told
from gradeflow_tests.contracts.test_every_lms import read

KEYS = {"line_items": ["lms_assignment_id", "section_id_sis"]}
KEYS["results"] = [*KEYS["line_items"], "student_id_sis"]


@dataclass(frozen=True, slots=True)
class Wire:
    """How one LMS looks on the wire.

    Attributes:
        scores, items: patterns of the addresses of both lists.
        score, title, word: keys of a score, of an item's title, and of what says how a score is meant.
        ids: keys that say whose and in what a score is.
        apart: settings by which each list is a call of its own.
        small: settings that make pages small; None: what its system is told instead.
        circle: makes a list lead back to its own page.
        shorter: makes a server give fewer than asked for.
    """

    scores: str
    items: str
    score: str
    title: str
    word: str
    ids: tuple[str, ...]
    circle: Callable[[Told], None]
    small: Mapping[str, Any] | None
    apart: Mapping[str, Any] = field(default_factory=dict)
    shorter: tuple[str, str] | None = None


def _link(told: Told) -> None:
    told.headers["link"] = f'<{told.url}>; rel="next"'


def _links(told: Told) -> None:
    told.body["links"] = {"self": str(told.url), "next": str(told.url)}


def _next_link(told: Told) -> None:
    told.body["odata.nextLink"] = str(told.url)


WIRES = {
    "canvas": Wire(
        scores="*/students/submissions",
        items="*/api/v1/courses/*/assignments",
        score="score",
        title="name",
        word="workflow_state",
        ids=("assignment_id", "user_id"),
        circle=_link,
        small={"page_size": 2},
        shorter=("per_page", "1"),
    ),
    "itslearning": Wire(
        scores="*/UserGrades",
        items="*/LearningItems",
        score="Score",
        title="LearningItemTitle",
        word="AssessmentStatusId",
        ids=("LearningItemId", "UserId"),
        circle=_next_link,
        small=None,
    ),
    "oneroster": Wire(
        scores="*/results",
        items="*/lineItems",
        score="score",
        title="title",
        word="scoreStatus",
        ids=("sourcedId", "lineItem", "student"),
        circle=_link,
        small={"page_size": 2},
        shorter=("limit", "1"),
    ),
    "schoology": Wire(
        scores="*/grades",
        items="*/grade_items",
        score="grade",
        title="title",
        word="exception",
        ids=("assignment_id", "enrollment_id"),
        circle=_links,
        small={"page_size": 2, "bulk": False},
        apart={"bulk": False},
    ),
}


def usual(lms: Side, **more: Any) -> Any:
    found = lms.run(read, **more)
    assert found.incomplete_sections == frozenset()
    return found


def outcome(lms: Side, expected: Any, **more: Any) -> str:
    """Read; tell whether it was refused, is not whole and says so, or is the same. All else is an error."""
    try:
        found = lms.run(read, **more)
    except OutsideError:
        return "refused"
    for name, keys in KEYS.items():
        left, right = (getattr(one, name).sort_values(keys, ignore_index=True) for one in (expected, found))
        kept = ~left.section_id_sis.isin(found.incomplete_sections)
        told = ~right.section_id_sis.isin(found.incomplete_sections)
        assert_frame_equal(left[kept].reset_index(drop=True), right[told].reset_index(drop=True))
    return "not whole" if found.incomplete_sections else "same"
