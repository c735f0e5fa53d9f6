"""Courses and sections of Canvas as read, put together to one extract; no request is made here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from gradeflow.errors import OutsideError
from gradeflow.lms.canvas_records import Course, Row, Section, id_text, invalid, line_item_rows
from gradeflow.lms.canvas_sections import SectionRead
from gradeflow.lms.canvas_submissions import SectionScores
from gradeflow.lms.since import Last, marked
from gradeflow.model import frames
from gradeflow.model.gradebook import Bookmark, GradebookExtract

Place = tuple[Course, Section]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading brought.

    Attributes:
        parts: per place its section as read, or why it did not come.
        last: the reading that it goes on from, where it does.
        now: Canvas's clock before the first page; None where nothing is to be remembered.
    """

    courses: Sequence[Course]
    places: Sequence[Place]
    parts: Sequence[SectionRead | OutsideError]
    last: Last | None
    scope: str
    now: dt.datetime | None


def extract_of(reading: Reading) -> GradebookExtract:
    """Build the frames.

    Raises:
        SourceDataError: the records make none; names columns and checks only.
    """
    rows: list[Row] = []
    periods: dict[tuple[str, str], str] = {}
    sections: dict[str, tuple[str, int]] = {}
    overlaid: set[str] = set()
    incomplete: set[str] = set()
    for (course, section), part in zip(reading.places, reading.parts, strict=True):
        if isinstance(part, OutsideError):
            incomplete.add(section.id_sis)
            continue
        rows += part.scores.rows
        strangers = part.scores.strangers
        if reading.last is not None and part.is_overlaid:
            overlaid.add(section.id_sis)
            strangers = reading.last.left_out(section.id_sis)
            periods |= reading.last.periods(section.id_sis)
        else:
            periods |= _periods_of(part.scores, course, section)
        sections[section.id_sis] = (part.digest, strangers)
    left_out = {
        "SECTION_WITHOUT_SIS_ID": sum(one.sectionless * len(one.assignments) for one in reading.courses),
        "STUDENT_WITHOUT_SIS_ID": sum(strangers for _, strangers in sections.values()),
    }
    items = [row for course in reading.courses for row in line_item_rows(course, periods)]
    try:
        results = frames.build(frames.RESULTS, rows)
        return GradebookExtract(
            line_items=frames.build(frames.LINE_ITEMS, items),
            results=results if reading.last is None else reading.last.overlaid(overlaid, results),
            incomplete_sections=frozenset(incomplete),
            left_out={code: count for code, count in left_out.items() if count},
            bookmark=_bookmark(reading, sections),
        )
    except ValueError as error:
        what = str(error)
    raise invalid(what if what.startswith("frame ") else "values that fit no frame")


def _bookmark(reading: Reading, sections: dict[str, tuple[str, int]]) -> Bookmark | None:
    return None if reading.now is None else marked(reading.last, reading.scope, reading.now, sections)


def _periods_of(scores: SectionScores, course: Course, section: Section) -> dict[tuple[str, str], str]:
    found = {(section.id_sis, id_text(one)): scores.period_of(one, section) for one in course.assignments}
    return {key: period for key, period in found.items() if period is not None}
