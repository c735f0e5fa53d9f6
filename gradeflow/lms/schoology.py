"""Schoology over REST: the courses of a school, their sections, and what is graded in each.

Items live in sections, so what a teacher copied into two sections is two items, and an item's own id names it
for ever. Sections without a section school code cannot be routed. Lists that multi-get knows (sections,
enrollments, items, grades) are read 50 at a time; the rest is asked per section only where an item needs it:
categories, scales of items that use one, groups of items that are aimed at one, submissions of items with a
dropbox.

Source: developers.schoology.com (REST API v1), read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gradeflow.errors import OutsideError
from gradeflow.lms.schoology_account import REALM, VENDOR, WAITING, SchoologySettings
from gradeflow.lms.schoology_check import check_schoology
from gradeflow.lms.schoology_reading import Listing, Reader
from gradeflow.lms.schoology_records import (
    LABEL,
    Book,
    Record,
    Row,
    Section,
    flag,
    id_text,
    invalid,
    line_item_rows,
    reference,
)
from gradeflow.lms.schoology_scores import (
    SectionScores,
    Submissions,
    latest_by_user,
    seats_of,
    section_scores,
    takes_submissions,
)
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.address import installation_of
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oauth1 import OAuth1
from gradeflow.transport.together import together

# All of them: without the others those who have left would look like strangers.
ENROLLMENT_STATES = "1,2,3,4,5"


@dataclass(slots=True)
class Reading:
    """One section on its way: its lists, and why it is not whole."""

    book: Book
    items: Listing
    enrollments: Listing
    grades: Listing
    scores: SectionScores = field(default_factory=SectionScores)
    failure: OutsideError | None = None
    is_itemised: bool = False


@dataclass(slots=True)
class SchoologySource:
    """One school of Schoology, open for reading."""

    settings: SchoologySettings
    system_id: str
    zone: ZoneInfo
    today: dt.date
    reader: Reader
    calls: Calls

    async def check(self) -> list[CheckResult]:
        """Try the key, the rights of its user, whether it reads other users' data, the codes and the zone."""
        return await check_schoology(self.reader.http, self.zone)

    async def read_gradebook(self) -> GradebookExtract:
        """Read all line items and results of the school.

        A section that stays out of reach is named incomplete; nothing else is lost. One whose items are known
        but not its scores keeps its items.

        Raises:
            CredentialError: the key, or its user's rights to the whole school.
            SourceDataError: an answer is not as documented.
            RetriableError: courses or sections did not come, or no section's gradebook did.
            PermanentError: HTML, a wrong address, a list that leads in a circle or elsewhere.
        """
        sections, left_out = await self._sections()
        readings = [self._reading(one) for one in sections]
        lists = (
            [one.items for one in readings],
            [one.enrollments for one in readings],
            [one.grades for one in readings],
        )
        await self.reader.many([one for kind in lists for one in kind])
        await together(self._finish(one) for one in readings)
        lost = [one.failure for one in readings if one.failure is not None]
        if readings and len(lost) == len(readings):
            raise lost[0]
        return self._extract(readings, left_out)

    async def _sections(self) -> tuple[list[Section], dict[str, int]]:
        courses, periods = await together(
            [
                self.reader.one("/courses", "course", building_id=self.settings.building),
                self.reader.one("/gradingperiods", "gradingperiods"),
            ]
        )
        listings = [
            self.reader.listing(f"/courses/{id_text(one)}/sections", "section", include_past="1")
            for one in courses
        ]
        await self.reader.many(listings)
        over = self._over(periods)
        found = {id_text(one): one for listing in listings for one in listing.whole() if _is_read(one, over)}
        routed = [_section(one) for one in found.values() if one.get("section_school_code")]
        return routed, {"SECTION_WITHOUT_SIS_ID": len(found) - len(routed)}

    def _over(self, periods: Iterable[Record]) -> set[str]:
        """Give the grading periods that ended so long ago that their sections are not read any more."""
        oldest = (self.today - dt.timedelta(days=self.settings.past_days)).isoformat()
        return {id_text(one) for one in periods if "" < str(one.get("end") or "")[:10] < oldest}

    def _reading(self, section: Section) -> Reading:
        base = f"/sections/{section.id_lms}"
        return Reading(
            Book(section),
            items=self.reader.listing(f"{base}/grade_items", "assignment"),
            enrollments=self.reader.listing(
                f"{base}/enrollments", "enrollment", enrollment_status=ENROLLMENT_STATES
            ),
            grades=self.reader.listing(f"{base}/grades", "grades.grade"),
        )

    async def _finish(self, reading: Reading) -> None:
        """Read what multi-get does not know and map the section; note what kept it from being whole."""
        book = reading.book
        parts = (reading.items, reading.enrollments, reading.grades)
        reading.failure = next((one.failure for one in parts if one.failure is not None), None)
        if reading.items.failure is not None or not reading.items.rows:
            return
        book.items = reading.items.rows
        extras = await self._extras(book)
        failure = next((one.failure for one in extras if one.failure is not None), None)
        reading.failure = reading.failure or failure
        # Without its categories an item would look uncategorised.
        reading.is_itemised = failure is None
        if reading.failure is not None:
            return
        submissions = await self._submissions(reading)
        if submissions is not None:
            seats = seats_of(reading.enrollments.rows)
            reading.scores = section_scores(book, seats, reading.grades.rows, submissions)

    async def _extras(self, book: Book) -> Sequence[Listing]:
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
            name: self.reader.listing(f"/sections/{book.section.id_lms}/{path}", name)
            for name, (path, is_used) in paths.items()
            if is_used
        }
        await self.reader.alone(list(found.values()))
        rows = {name: found[name].rows if name in found else [] for name in paths}
        book.categories = {id_text(one): str(one.get("title") or "") for one in rows["grading_category"]}
        book.scales = {id_text(one): one for one in rows["grading_scale"]}
        book.groups = {
            id_text(one): frozenset(str(member) for member in one.get("members") or ())
            for one in rows["grading_groups"]
        }
        return list(found.values())

    async def _submissions(self, reading: Reading) -> Submissions | None:
        """Read what was handed in; None, and the section incomplete, where that stays out of reach."""
        if not self.settings.submissions:
            return {}
        base = f"/sections/{reading.book.section.id_lms}/submissions"
        listings = {
            id_text(item): self.reader.listing(f"{base}/{id_text(item, 'grade_item_id')}/", "revision")
            for item in reading.book.scored()
            if takes_submissions(item)
        }
        await self.reader.alone(list(listings.values()))
        reading.failure = next((one.failure for one in listings.values() if one.failure is not None), None)
        if reading.failure is not None:
            return None
        return {key: latest_by_user(one.rows) for key, one in listings.items()}

    def _extract(self, readings: Sequence[Reading], left_out: dict[str, int]) -> GradebookExtract:
        items: list[Row] = []
        results: list[Row] = []
        for one in readings:
            items += line_item_rows(one.book, self.zone) if one.is_itemised else []
            results += one.scores.rows
            for code, count in one.scores.left_out.items():
                left_out[code] = left_out.get(code, 0) + count
        try:
            return GradebookExtract(
                line_items=frames.build(frames.LINE_ITEMS, items),
                results=frames.build(frames.RESULTS, results),
                incomplete_sections=frozenset(
                    one.book.section.id_sis for one in readings if one.failure is not None
                ),
                left_out={code: count for code, count in left_out.items() if count},
            )
        except ValueError as error:
            what = str(error)
        raise invalid(what if what.startswith("frame ") else "values that fit no frame")


def _is_read(section: Record, over: set[str]) -> bool:
    """Tell whether any of a section's grading periods is not over; one without any is read too."""
    periods = {str(one) for one in section.get("grading_periods") or ()}
    return not periods or not periods <= over


def _section(record: Record) -> Section:
    return Section(
        id_lms=id_text(record),
        id_sis=str(record["section_school_code"]),
        course_id_lms=id_text(record, "course_id"),
        is_rostered=flag(record.get("synced")),
    )


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
    if not isinstance(settings, SchoologySettings):
        msg = "schoology is opened with SchoologySettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: SchoologySettings, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
    calls = Calls()
    key, secret = context.read_secret(settings.consumer_key), context.read_secret(settings.consumer_secret)
    auth = OAuth1(key, secret, settings.signature, REALM)
    zone = settings.zone_or(context.zone)
    in_flight = min(settings.max_in_flight, context.max_in_flight)
    # One installation serves every school and numbers all items together: neither the key, which is renewed, nor
    # the school needs to be in the name.
    system_id = settings.system_id or f"schoology:{installation_of(settings.base_url)}"
    client = HttpClient(VENDOR, settings.base_url, auth, calls, max_in_flight=in_flight, waiting=WAITING)
    async with client as http:
        yield SchoologySource(
            settings=settings,
            system_id=system_id,
            zone=zone,
            today=context.as_of.astimezone(zone).date(),
            reader=Reader(http, settings.page_size, settings.bulk),
            calls=calls,
        )


CONNECTOR: Connector[GradebookSource] = Connector(
    kind="schoology",
    label=LABEL,
    settings=SchoologySettings,
    open=_open,
    evidence="documented",
    limits=(
        "Checked against a practice server written from developers.schoology.com, not against a live school.",
        "The API does not tell who assigned something, nor when: the effective date counts from first sight.",
        "Due times carry no zone: they are taken as the district's unless zone is set.",
        "Where grades are not published as they are entered, the API does not tell whether they were: such"
        " scores count as shown.",
        "A grade on a scale of letters or levels is stored as a number and does not pass as points.",
        "The API gives no numbers for exceptions other than excused, incomplete and missing: a grade marked absent,"
        " late or collected is left out and counted.",
        "Only assignments with a dropbox tell what was handed in, and late; each of them costs a call.",
    ),
    needs=(
        "An app for this school only, made by a system administrator of Schoology: its consumer key and secret."
        " A personal API key will not do: since 25 June 2025 it cannot read other users' data.",
        "The app's user is a system administrator of all buildings that pass back.",
        "Sections carry the SIS's id as section school code, users the SIS's id as unique ID.",
    ),
    example="""\
  consumer_key: {{env: {upper}_SCHOOLOGY_KEY}}        # of an app for your school only, not a personal key
  consumer_secret: {{env: {upper}_SCHOOLOGY_SECRET}}
  # zone: America/Chicago                     # of due times, where it is not the district's
""",
)
