"""Classes of a OneRoster LMS as read, put together to one extract; no request is made here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradeflow.errors import OutsideError
from gradeflow.lms.oneroster_fields import invalid
from gradeflow.lms.oneroster_records import Row, Section
from gradeflow.lms.since import Last, marked
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract


@dataclass(frozen=True, slots=True)
class Part:
    """One class as read.

    Attributes:
        rows: of its results, students by the LMS's ids; all of them, or only those that changed where it
            `is_overlaid` on the last reading.
        digest: what its results hang on beside themselves.
    """

    items: list[Row]
    rows: list[Row]
    digest: str
    is_overlaid: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading brought.

    Attributes:
        parts: per section its class as read, or why it did not come.
        students: SIS ids by the LMS's; None where they are the same.
        sectionless: how many classes the SIS cannot know.
        last: the reading that it goes on from, where it does.
        now: up to when it knows everything; None where nothing is to be remembered.
    """

    sections: Sequence[Section]
    parts: Sequence[Part | OutsideError]
    students: Mapping[str, str] | None
    sectionless: int
    last: Last | None
    scope: str
    now: dt.datetime | None


def extract_of(reading: Reading) -> GradebookExtract:
    """Build the frames.

    Raises:
        SourceDataError: two classes or two students share the id that the SIS is to know them by.
    """
    items: list[Row] = []
    rows: list[Row] = []
    known: dict[str, tuple[str, int]] = {}
    incomplete: set[str] = set()
    overlaid: set[str] = set()
    for section, part in zip(reading.sections, reading.parts, strict=True):
        if isinstance(part, OutsideError):
            incomplete.add(section.id_sis)
            continue
        items += part.items
        named = _named(part.rows, section, reading.students)
        rows += named
        strangers = len(part.rows) - len(named)
        if part.is_overlaid and reading.last is not None:
            overlaid.add(section.id_sis)
            strangers = reading.last.left_out(section.id_sis)
        known[section.id_sis] = (part.digest, strangers)
    left_out = {
        "SECTION_WITHOUT_SIS_ID": reading.sectionless,
        "STUDENT_WITHOUT_SIS_ID": sum(strangers for _, strangers in known.values()),
    }
    now, last = reading.now, reading.last
    try:
        results = frames.build(frames.RESULTS, rows)
        return GradebookExtract(
            line_items=frames.build(frames.LINE_ITEMS, items),
            results=results if last is None else last.overlaid(overlaid, results),
            incomplete_sections=frozenset(incomplete),
            left_out={code: count for code, count in left_out.items() if count},
            bookmark=None if now is None else marked(last, reading.scope, now, known),
        )
    except ValueError as error:
        what = str(error)
    raise invalid(what if what.startswith("frame ") else "values that fit no frame")


def _named(rows: Sequence[Row], section: Section, students: Mapping[str, str] | None) -> list[Row]:
    """Give rows the SIS's ids; who has none there is left out."""
    named = []
    for row in rows:
        person = row["student_id_lms"]
        student = person if students is None else students.get(person)
        if student is not None:
            own = {key: value for key, value in row.items() if key != "student_id_lms"}
            named.append({**own, "section_id_sis": section.id_sis, "student_id_sis": student})
    return named
