"""Any LMS, or broker before one, that serves its gradebook by OneRoster 1.1 or 1.2.

Classes, categories and enrollments are read whole, line items and results class by class, so that a class out
of reach is named and the others are read; or whole too, where a provider has no lists by class. With
`full_read_every_days` only results that changed are asked for (`oneroster_since`).

Source: OneRoster 1.1 and 1.2, rostering and gradebook services, REST binding, as public client libraries and
1EdTech's OpenAPI files repeat them, read 2026-11. Not tried against any vendor's server.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gradeflow.errors import OutsideError, PermanentError
from gradeflow.lms.oneroster_account import LABEL, VENDOR, OneRosterLmsSettings, authorized
from gradeflow.lms.oneroster_extract import Part, Reading, extract_of
from gradeflow.lms.oneroster_fields import filled, invalid, is_active
from gradeflow.lms.oneroster_records import Row, Seats, Section, line_item_row, result_rows, seats_of
from gradeflow.lms.oneroster_since import OVERLAP, changed_rows, digest_of, read_at
from gradeflow.lms.records import is_of_one
from gradeflow.lms.since import Last, last_of, scope_of
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.address import installation_of
from gradeflow.transport.http import HttpClient
from gradeflow.transport.oneroster import id_of, once_each, path_of
from gradeflow.transport.oneroster_lists import (
    CATEGORIES,
    CLASSES,
    ENROLLMENTS,
    LINE_ITEMS,
    RESULTS,
    STUDENTS,
    ListName,
    ListReader,
)
from gradeflow.transport.records import Record
from gradeflow.transport.together import together

# Path, what the list is, and the service that has it.
_CLASSES = ("/classes", CLASSES, "rostering")
_ENROLLMENTS = ("/enrollments", ENROLLMENTS, "rostering")
_STUDENTS = ("/students", STUDENTS, "rostering")
_CATEGORIES = ("/categories", CATEGORIES, "gradebook")
_LINE_ITEMS = ("/lineItems", LINE_ITEMS, "gradebook")
_RESULTS = ("/results", RESULTS, "gradebook")

Listed = tuple[str, ListName, str]

VERSION = 1  # of the mapping: what an older one read is not gone on from


@dataclass(frozen=True, slots=True)
class Roster:
    """What a class is mapped with: titles of categories, seats per class, SIS ids of students (None: the same)."""

    categories: Mapping[str, str]
    seats: Seats
    students: Mapping[str, str] | None

    def part(self, section: Section, items: list[Record], results: list[Record], zone: ZoneInfo) -> Part:
        """Map a class that was read whole."""
        rows, seats = self.items(section, items, zone), self.seats.get(section.id_lms, {})
        keys = [row["lms_assignment_id"] for row in rows]
        digest = digest_of(section, keys, seats, self.students)
        return Part(rows, result_rows(keys, results, seats), digest)

    def student(self, person: str) -> str | None:
        """Give a student's SIS id."""
        return person if self.students is None else self.students.get(person)

    def items(self, section: Section, items: list[Record], zone: ZoneInfo) -> list[Row]:
        """Map a class's line items that are not deleted."""
        return [line_item_row(one, section, self.categories, zone) for one in items if is_active(one)]


@dataclass(slots=True)
class OneRosterSource:
    """One provider, open for reading."""

    settings: OneRosterLmsSettings
    system_id: str
    http: HttpClient
    context: ConnectorContext
    calls: Calls
    is_filtering: bool = True

    async def check(self) -> list[CheckResult]:
        """Read one record of each kind; stop at the first that fails, the rest would fail alike."""
        results: list[CheckResult] = []
        for path, name, service in (_CLASSES, _ENROLLMENTS, _CATEGORIES):
            title = f"read {name.many}"
            try:
                await self._reader.first(self._path(service) + path, name)
            except OutsideError as error:
                return [*results, CheckResult(title, passed=False, detail=str(error))]
            results.append(CheckResult(title, passed=True, detail="readable"))
        return results

    async def read_gradebook(self) -> GradebookExtract:
        """Read all line items and results.

        Raises:
            CredentialError: the credentials or their rights.
            SourceDataError: records that contradict each other or cannot be read.
            RetriableError: classes or enrollments did not come, or no class's gradebook did.
            PermanentError: a wrong address, or a list that may be cut.
        """
        # Before the first page: what changes while the others come is asked for again
        now = None if self.settings.full_read_every_days is None else read_at(self.context)
        lists = [_CLASSES, _ENROLLMENTS, _CATEGORIES]
        if self.settings.student_key != "sourcedId":
            lists.append(_STUDENTS)
        classes, enrollments, categories, *users = await together(self._list(*one) for one in lists)
        active = [one for one in classes if is_active(one)]
        keyed = [(one, filled(one.get(self.settings.section_key))) for one in active]
        sections = [
            Section(id_of(one) or "", key, id_of(one.get("course"))) for one, key in keyed if key is not None
        ]
        titles = {id_of(one) or "": filled(one.get("title")) or "" for one in categories}
        today = self.context.as_of.astimezone(self.context.zone).date()
        roster = Roster(titles, seats_of(enrollments, today), self._names(users))
        last = self._last()
        if self.settings.by_class:
            parts = await together(self._section(section, roster, last) for section in sections)
        else:
            parts = await self._whole(sections, roster)
        lost = [part for part in parts if isinstance(part, OutsideError)]
        if parts and len(lost) == len(parts):
            raise lost[0]
        sectionless = len(active) - len(sections)
        return extract_of(Reading(sections, parts, roster.students, sectionless, last, self._scope(), now))

    def _last(self) -> Last | None:
        days = self.settings.full_read_every_days
        if days is None:
            return None
        return last_of(
            self.context.previous(), self._scope(), read_at(self.context), dt.timedelta(days=days), OVERLAP
        )

    def _scope(self) -> str:
        ours = self.settings
        return scope_of(VERSION, self.system_id, ours.section_key, ours.student_key)

    def _names(self, users: list[list[Record]]) -> dict[str, str] | None:
        """Give students' SIS ids by the LMS's; None where they are the same."""
        if not users:
            return None
        keyed = {id_of(user) or "": filled(user.get(self.settings.student_key)) for user in users[0]}
        return {person: key for person, key in keyed.items() if key is not None}

    async def _whole(self, sections: list[Section], roster: Roster) -> list[Part | OutsideError]:
        """Read both lists whole and deal them out; a result belongs to the class of its line item."""
        items, results = await together([self._list(*_LINE_ITEMS), self._list(*_RESULTS)])
        dealt: dict[str | None, tuple[list[Record], list[Record]]] = {
            section.id_lms: ([], []) for section in sections
        }
        class_of = {id_of(item): id_of(item.get("class")) for item in items}
        nowhere: tuple[list[Record], list[Record]] = ([], [])
        for item in items:
            dealt.get(class_of[id_of(item)], nowhere)[0].append(item)
        for result in results:
            dealt.get(class_of.get(id_of(result.get("lineItem"))), nowhere)[1].append(result)
        zone = self.context.zone
        return [roster.part(section, *dealt[section.id_lms], zone) for section in sections]

    async def _section(self, section: Section, roster: Roster, last: Last | None) -> Part | OutsideError:
        try:
            if last is None:
                items, results = await together([self._of(section, _LINE_ITEMS), self._of(section, _RESULTS)])
            else:
                items = await self._of(section, _LINE_ITEMS)
                changed = await self._changed(section, items, roster, last)
                if changed is not None:
                    return changed
                results = await self._of(section, _RESULTS)
        except OutsideError as error:
            if not is_of_one(error):
                raise
            return error
        return roster.part(section, items, results, self.context.zone)

    async def _changed(
        self, section: Section, items: list[Record], roster: Roster, last: Last
    ) -> Part | None:
        """Read what changed; None where that would not be all that changed, or cannot be asked for."""
        rows, seats = roster.items(section, items, self.context.zone), roster.seats.get(section.id_lms, {})
        keys = [row["lms_assignment_id"] for row in rows]
        digest = digest_of(section, keys, seats, roster.students)
        if not self.is_filtering or not last.fits(section.id_sis, digest):
            return None
        try:
            results = await self._of(section, _RESULTS, last.since)
        except PermanentError:
            self.is_filtering = False  # it takes no filter, or counts past it
            return None
        found = changed_rows(keys, results, seats)
        if found is None:
            return None
        named = [
            (row["lms_assignment_id"], student)
            for row in found
            if (student := roster.student(row["student_id_lms"])) is not None
        ]
        return Part(rows, found, digest, is_overlaid=True) if last.holds(section.id_sis, named) else None

    async def _of(
        self, section: Section, listed: Listed, changed_since: dt.datetime | None = None
    ) -> list[Record]:
        path, name, service = listed
        return await self._list(path_of("classes", section.id_lms) + path, name, service, changed_since)

    async def _list(
        self, path: str, name: ListName, service: str, changed_since: dt.datetime | None = None
    ) -> list[Record]:
        records = await self._reader.whole(self._path(service) + path, name, changed_since)
        return once_each(records, lambda _: invalid(f"two records of one {name.one} that differ"))

    @property
    def _reader(self) -> ListReader:
        return ListReader(self.http, self.settings.page_size)

    def _path(self, service: str) -> str:
        return f"/{service}/v1p2" if self.settings.version == "1.2" else ""


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
    if not isinstance(settings, OneRosterLmsSettings):
        msg = "oneroster is opened with OneRosterLmsSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(
    settings: OneRosterLmsSettings, context: ConnectorContext
) -> AsyncIterator[GradebookSource]:
    calls = Calls()
    in_flight = settings.max_in_flight or context.max_in_flight
    auth = authorized(settings, context)
    system_id = settings.system_id or f"oneroster:{installation_of(settings.base_url)}"
    async with HttpClient(VENDOR, settings.base_url, auth, calls, max_in_flight=in_flight) as http:
        yield OneRosterSource(settings, system_id, http, context, calls)


CONNECTOR: Connector[GradebookSource] = Connector(
    kind="oneroster",
    label=LABEL,
    settings=OneRosterLmsSettings,
    open=_open,
    evidence="documented",
    limits=(
        "OneRoster does not tell who assigned something, what is meant for the SIS or the final grade, nor what"
        " is excluded or shown to students: those rules cannot be judged.",
        "Version 1.1 does not tell what is late or missing.",
        "With full_read_every_days, a result that was deleted without a trace, or changed without a new"
        " dateLastModified, is seen only at the next full reading.",
        "Written from the standard; not tried against any vendor's server.",
    ),
    needs=(
        "The LMS's licence or switch for giving its gradebook by OneRoster, and a client id with secret.",
    ),
    example="""\
  base_url: https://lms.example/ims/oneroster        # for version 1.1 ending with /v1p1
  version: "1.2"                                     # or "1.1"
  token_url: https://lms.example/oauth/token         # not for auth: oauth1-hmac-sha1 or oauth1-hmac-sha256
  client_id: {{env: {upper}_LMS_CLIENT_ID}}
  client_secret: {{env: {upper}_LMS_CLIENT_SECRET}}
  # full_read_every_days: 7                  # between these, read only what is new; absent: everything each time
""",
)
