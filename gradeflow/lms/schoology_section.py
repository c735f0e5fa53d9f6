"""One section of Schoology on its way: its lists, what they need beside, and its rows.

Enrollments, items and grades are lists that multi-get knows. The rest is asked only where an item needs it:
categories, scales of items that use one, groups of items that are aimed at one, submissions of items with a
dropbox.

Source: developers.schoology.com (Section and what lies below it), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradeflow.errors import OutsideError
from gradeflow.lms.records import once_each
from gradeflow.lms.schoology_reading import Listing, Reader
from gradeflow.lms.schoology_records import LABEL, Book, Section, id_text, reference
from gradeflow.lms.schoology_scores import (
    SectionScores,
    Submissions,
    latest_by_user,
    seats_of,
    section_scores,
    takes_submissions,
)
from gradeflow.model.points import parse_decimal

# All of them: without the others those who have left would look like strangers.
ENROLLMENT_STATES = "1,2,3,4,5"


@dataclass(slots=True)
class Reading:
    """One section on its way.

    Attributes:
        failure: why it is not whole.
        is_itemised: whether all is known of its items, so that they can be told without their scores.
    """

    book: Book
    items: Listing
    enrollments: Listing
    grades: Listing
    scores: SectionScores = field(default_factory=SectionScores)
    failure: OutsideError | None = None
    is_itemised: bool = False

    @property
    def lists(self) -> tuple[Listing, Listing, Listing]:
        """The lists that multi-get knows, items first."""
        return self.items, self.enrollments, self.grades


def start_reading(reader: Reader, section: Section) -> Reading:
    """Name the lists of a section; nothing is read."""
    base = f"/sections/{section.id_lms}"
    return Reading(
        Book(section),
        items=reader.listing(f"{base}/grade_items", "assignment"),
        enrollments=reader.listing(f"{base}/enrollments", "enrollment", enrollment_status=ENROLLMENT_STATES),
        grades=reader.listing(f"{base}/grades", "grades.grade"),
    )


async def finish_reading(reader: Reader, reading: Reading, *, with_submissions: bool) -> None:
    """Read what a section's items need beside its lists, and map it; note what kept it from being whole."""
    book = reading.book
    reading.failure = _first_failure(reading.lists)
    if reading.items.failure is not None or not reading.items.rows:
        return
    book.items = once_each(LABEL, reading.items.rows)
    failure = _first_failure(await _read_extras(reader, book))
    reading.failure = reading.failure or failure
    # Without its categories an item would look uncategorised.
    reading.is_itemised = failure is None
    if reading.failure is not None:
        return
    submissions = await _read_submissions(reader, reading) if with_submissions else {}
    if reading.failure is None:
        seats = seats_of(reading.enrollments.rows)
        reading.scores = section_scores(book, seats, reading.grades.rows, submissions)


async def _read_extras(reader: Reader, book: Book) -> Sequence[Listing]:
    items = book.items
    paths = {
        "grading_category": (
            "grading_categories",
            any(reference(i.get("grading_category")) for i in items),
        ),
        "grading_scale": ("grading_scales", any(reference(i.get("grading_scale")) for i in items)),
        "grading_groups": ("grading_groups", any(i.get("grading_group_ids") for i in items)),
    }
    found = {
        name: reader.listing(f"/sections/{book.section.id_lms}/{path}", name)
        for name, (path, is_used) in paths.items()
        if is_used
    }
    await reader.alone(list(found.values()))
    rows = {name: found[name].rows if name in found else [] for name in paths}
    book.categories = {id_text(one): str(one.get("title") or "") for one in rows["grading_category"]}
    book.dropping = frozenset(
        id_text(one) for one in rows["grading_category"] if (parse_decimal(one.get("drop_lowest")) or 0) > 0
    )
    book.scales = {id_text(one): one for one in rows["grading_scale"]}
    book.groups = {
        id_text(one): frozenset(str(member) for member in one.get("members") or ())
        for one in rows["grading_groups"]
    }
    return list(found.values())


async def _read_submissions(reader: Reader, reading: Reading) -> Submissions:
    base = f"/sections/{reading.book.section.id_lms}/submissions"
    listings = {
        id_text(item): reader.listing(f"{base}/{id_text(item, 'grade_item_id')}/", "revision")
        for item in reading.book.scored()
        if takes_submissions(item)
    }
    await reader.alone(list(listings.values()))
    reading.failure = _first_failure(list(listings.values()))
    return {key: latest_by_user(one.rows) for key, one in listings.items()}


def _first_failure(listings: Sequence[Listing]) -> OutsideError | None:
    return next((one.failure for one in listings if one.failure is not None), None)
