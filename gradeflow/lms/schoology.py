"""Schoology over REST: the courses of a school, their sections, and what is graded in each.

Items live in sections, so what a teacher copied into two sections is two items, and an item's own id names it
for ever. Sections without a section school code cannot be routed. Lists are read 50 in one call where the API
allows that (`schoology_reading`); what one section needs is `schoology_section`.

Source: developers.schoology.com (REST API v1), read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gradeflow.lms.schoology_account import REALM, VENDOR, WAITING, SchoologySettings
from gradeflow.lms.schoology_check import check_schoology
from gradeflow.lms.schoology_reading import Reader
from gradeflow.lms.schoology_records import (
    LABEL,
    Record,
    Row,
    Section,
    flag,
    id_text,
    invalid,
    line_item_rows,
)
from gradeflow.lms.schoology_section import Reading, finish_reading, start_reading
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.address import installation_of
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oauth1 import OAuth1
from gradeflow.transport.together import together


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
        readings = [start_reading(self.reader, one) for one in sections]
        await self.reader.many([listing for one in readings for listing in one.lists])
        wanted = self.settings.submissions
        await together(finish_reading(self.reader, one, with_submissions=wanted) for one in readings)
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
    # The host is the same for every school; the district, which is part of each identity, tells them apart. The key
    # is no part of it, because it is renewed.
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
