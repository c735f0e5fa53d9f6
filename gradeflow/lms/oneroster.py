"""Any LMS, or broker before one, that serves its gradebook by OneRoster 1.1 or 1.2.

Classes, categories and enrollments are read whole, line items and results class by class, so that a class out
of reach is named and the others are read; or whole too, where a provider has no lists by class.

Source: OneRoster 1.1 and 1.2, rostering and gradebook services, REST binding, as public client libraries and
1EdTech's OpenAPI files repeat them, read 2026-11. Not tried against any vendor's server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from pydantic import BaseModel

from gradeflow.errors import OutsideError, RetriableError
from gradeflow.lms.oneroster_account import LABEL, VENDOR, OneRosterLmsSettings, authorized
from gradeflow.lms.oneroster_fields import filled, invalid, is_active
from gradeflow.lms.oneroster_records import Row, Section, line_item_row, result_rows, seats_of
from gradeflow.model import frames
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

# Line items and results of one class
Part = tuple[list[Record], list[Record]]


@dataclass(slots=True)
class OneRosterSource:
    """One provider, open for reading."""

    settings: OneRosterLmsSettings
    system_id: str
    http: HttpClient
    context: ConnectorContext
    calls: Calls

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
        lists = [_CLASSES, _ENROLLMENTS, _CATEGORIES]
        if self.settings.student_key != "sourcedId":
            lists.append(_STUDENTS)
        classes, enrollments, categories, *users = await together(self._list(*one) for one in lists)
        active = [one for one in classes if is_active(one)]
        keyed = [(one, filled(one.get(self.settings.section_key))) for one in active]
        sections = [
            Section(id_of(one) or "", key, id_of(one.get("course"))) for one, key in keyed if key is not None
        ]
        parts = await (self._sections(sections) if self.settings.by_class else self._whole(sections))
        lost = [part for part in parts if isinstance(part, RetriableError)]
        if parts and len(lost) == len(parts):
            raise lost[0]
        titles = {id_of(one) or "": filled(one.get("title")) or "" for one in categories}
        today = self.context.as_of.astimezone(self.context.zone).date()
        seats = seats_of(enrollments, today)
        reading = _Reading(self.context, titles, self._names(users))
        for section, part in zip(sections, parts, strict=True):
            if not isinstance(part, RetriableError):
                reading.add(section, *part, seats.get(section.id_lms, {}))
        incomplete = [s.id_sis for s, p in zip(sections, parts, strict=True) if isinstance(p, RetriableError)]
        return reading.extract(len(active) - len(sections), frozenset(incomplete))

    def _names(self, users: list[list[Record]]) -> dict[str, str] | None:
        """Give students' SIS ids by the LMS's; None where they are the same."""
        if not users:
            return None
        keyed = {id_of(user) or "": filled(user.get(self.settings.student_key)) for user in users[0]}
        return {person: key for person, key in keyed.items() if key is not None}

    async def _sections(self, sections: list[Section]) -> list[Part | RetriableError]:
        return await together(self._section(section) for section in sections)

    async def _whole(self, sections: list[Section]) -> list[Part | RetriableError]:
        """Read both lists whole and deal them out; a result belongs to the class of its line item."""
        items, results = await together([self._list(*_LINE_ITEMS), self._list(*_RESULTS)])
        dealt: dict[str | None, Part] = {section.id_lms: ([], []) for section in sections}
        class_of = {id_of(item): id_of(item.get("class")) for item in items}
        nowhere: Part = ([], [])
        for item in items:
            dealt.get(class_of[id_of(item)], nowhere)[0].append(item)
        for result in results:
            dealt.get(class_of.get(id_of(result.get("lineItem"))), nowhere)[1].append(result)
        return [dealt[section.id_lms] for section in sections]

    async def _section(self, section: Section) -> Part | RetriableError:
        base = path_of("classes", section.id_lms)
        lists = [(base + path, name, service) for path, name, service in (_LINE_ITEMS, _RESULTS)]
        try:
            items, results = await together(self._list(*one) for one in lists)
        except RetriableError as error:
            return error
        return items, results

    async def _list(self, path: str, name: ListName, service: str) -> list[Record]:
        records = await self._reader.whole(self._path(service) + path, name)
        return once_each(records, lambda _: invalid(f"two records of one {name.one} that differ"))

    @property
    def _reader(self) -> ListReader:
        return ListReader(self.http, self.settings.page_size)

    def _path(self, service: str) -> str:
        return f"/{service}/v1p2" if self.settings.version == "1.2" else ""


class _Reading:
    """Rows of the frames as classes come in."""

    def __init__(
        self, context: ConnectorContext, categories: dict[str, str], students: dict[str, str] | None
    ) -> None:
        self._zone = context.zone
        self._categories = categories
        self._students = students
        self._items: list[Row] = []
        self._results: list[Row] = []
        self._strangers = 0

    def add(
        self, section: Section, items: list[Record], results: list[Record], seats: dict[str, bool]
    ) -> None:
        """Map one class."""
        rows = [line_item_row(one, section, self._categories, self._zone) for one in items if is_active(one)]
        self._items += rows
        for row in result_rows([one["lms_assignment_id"] for one in rows], results, seats):
            person = row.pop("student_id_lms")
            student = person if self._students is None else self._students.get(person)
            if student is None:
                self._strangers += 1
            else:
                self._results.append({**row, "section_id_sis": section.id_sis, "student_id_sis": student})

    def extract(self, sectionless: int, incomplete: frozenset[str]) -> GradebookExtract:
        """Build the frames.

        Raises:
            SourceDataError: two classes or two students share the id that the SIS is to know them by.
        """
        left_out = {"SECTION_WITHOUT_SIS_ID": sectionless, "STUDENT_WITHOUT_SIS_ID": self._strangers}
        try:
            return GradebookExtract(
                line_items=frames.build(frames.LINE_ITEMS, self._items),
                results=frames.build(frames.RESULTS, self._results),
                incomplete_sections=incomplete,
                left_out={code: count for code, count in left_out.items() if count},
            )
        except ValueError as error:
            what = str(error)
        raise invalid(what if what.startswith("frame ") else "values that fit no frame")


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
""",
)
