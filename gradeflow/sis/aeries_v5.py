"""Aeries through its own API, version 5: a `GradeSink` that writes many scores at once and reads them back free.

Authorised by one certificate in the header AERIES-CERT. An assignment bears our id as `ExternalID` and is known
by `UniqueID` from then on: its number may be changed by its teacher. Inserting is not safe to repeat, so the
section's assignments are listed first. There is no way to write that a student is excused, and none to delete.

Source: Aeries "API full documentation" and "Gradebook-related end points", the vendor's PowerShell module
(Invoke-AeriesApiCall, New- and Edit-AeriesGradebookAssignment), read 2026-11. Nothing here was tried against a
vendor's server.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import pandas as pd
from pydantic import BaseModel, Field

from gradeflow.errors import AmbiguousDeliveryError, OutsideError, PermanentError
from gradeflow.model.district import SecretRef, Strict
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradeSink
from gradeflow.sis.aeries_v5_records import (
    LABEL,
    changed_assignment,
    code_of,
    map_assignments,
    map_scores,
    new_assignment,
    new_score,
    stored_assignment,
    stored_scores,
    student_number,
    unique_id,
)
from gradeflow.sis.aeries_v5_reference import (
    Gradebook,
    Roster,
    SectionKey,
    choose,
    gradebook_of,
    is_current,
    map_categories,
    map_class_teachers,
    map_seats,
    map_sections,
    map_staff,
    map_students,
    map_terms,
    section_key,
)
from gradeflow.sis.id_templates import Ids, IdTemplate
from gradeflow.sis.records import Record, text_of
from gradeflow.transport.address import Address, installation_of
from gradeflow.transport.answers import Vendor, json_or_none
from gradeflow.transport.auth import FixedHeaders
from gradeflow.transport.http import HttpClient
from gradeflow.transport.together import together

RESULT_BATCH = 200
STUDENT_PAGE = 1000
_FIELDS = re.compile(
    r"Description|AssignmentCategoryCode|DateAssigned|DateDue|NumberCorrectPossible|PointsPossible|ExternalID|"
    r"StudentID|NumberCorrect|DateCompleted|DatabaseYear"
)


class AeriesSettings(Strict):
    """The keys below `sis:` beside `kind`.

    Attributes:
        base_url: the address of the Aeries site, without `/api`.
        certificate: of the vendor entry on Aeries' API Security page.
        database_year: each school year is a database of its own; absent: the site's present one.
        schools: school codes to read; absent: all that are active.
        section_id, student_id, teacher_id, period_id: which Aeries fields make the ids that the LMS carries.
        gradebooks: section id to gradebook number, where a section has several for one day.
        system_id: names the installation for ever; set it before base_url changes, else every line item
            would be made a second time.
    """

    base_url: Address
    certificate: SecretRef
    database_year: Annotated[int, Field(ge=2000, le=2100)] | None = None
    schools: tuple[int, ...] | None = None
    section_id: IdTemplate = "{SchoolCode}_{SectionNumber}"
    student_id: IdTemplate = "{StudentID}"
    teacher_id: IdTemplate = "{ID}"
    period_id: IdTemplate = "{SchoolCode}_{TermCode}"
    gradebooks: Mapping[str, int] = Field(default_factory=dict)
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None


@dataclass(slots=True)
class AeriesSink:
    """One Aeries site, open for reading and writing.

    What says who and what there is (`_roster`, `_gradebooks`) is read once, when it is first needed.
    """

    settings: AeriesSettings
    system_id: str
    http: HttpClient
    context: ConnectorContext
    calls: Calls
    allocates_ids: bool = True
    line_item_batch: int = 1
    result_batch: int = RESULT_BATCH
    _roster: Roster | None = None
    _gradebooks: dict[str, list[Gradebook]] = field(default_factory=dict)
    _once: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def check(self) -> list[CheckResult]:
        """Read schools, sections and one section's gradebooks; stop at the first that fails."""
        results: list[CheckResult] = []
        try:
            schools = await self._schools()
            results.append(_line("read schools", len(schools)))
            sections = [one for school in schools for one in await self._sections(school)]
            results.append(_line("read sections (Master Schedule)", len(sections)))
            for section in sections[:1]:
                found = await self._list(_place(section_key(section), "gradebooks"))
                detail = f"readable, {len(found)} in the first section"
                results.append(CheckResult("read gradebooks (Gradebook Data)", passed=True, detail=detail))
        except OutsideError as error:
            names = ("read schools", "read sections (Master Schedule)", "read gradebooks (Gradebook Data)")
            return [*results, CheckResult(names[len(results)], passed=False, detail=str(error))]
        return results

    async def read_reference(self) -> SisReference:
        """Read schools, sections, people, and each active section's gradebooks with who sits in them."""
        roster, zone = await self._people(), self.context.zone
        staff, places = await self._list("/staff"), self._active_places(roster)
        found = await together(self._of_section(place) for place in places)
        seats = await together(self._seats(one) for one in found)
        today = self.context.as_of.astimezone(zone).date()
        roster.staff = staff
        return SisReference(
            sections=map_sections(roster),
            grading_periods=map_terms(roster.schools, self.settings.period_id, zone),
            categories=map_categories(dict(zip(places, found, strict=True))),
            students=map_students(roster),
            enrolments=map_seats(dict(zip(places, seats, strict=True)), roster.student_ids, zone),
            teachers=map_staff(staff, self.settings.teacher_id),
            class_teachers=map_class_teachers(roster, self.settings.teacher_id, today, zone),
        )

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read all assignments of all gradebooks of one section (frame OBSERVED_LINE_ITEMS).

        Raises:
            PermanentError: the section has no gradebook (code GRADEBOOK_MISSING): not the same as no assignment.
        """
        found = await self._of_section(section_id_sis)
        if not found:
            choose(found, section_id_sis, dt.date.min, None)
        lists = await together(self._list(f"/gradebooks/{one.number}/assignments") for one in found)
        records = [record for records in lists for record in records]
        return map_assignments(records, section_id_sis, self.context.zone)

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read all cells of one assignment (frame OBSERVED_RESULTS); a blank cell has no status."""
        students = (await self._people()).student_ids
        records = await self._list(f"/gradebooks/assignments/{quote(line_item_sis_id, safe='')}/scores")
        return map_scores(records, line_item_sis_id, students)

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Insert an assignment, unless one with our ExternalID is there already, or update one.

        Raises, beyond the port's words:
            PermanentError: the section's gradebook or the category is not certain; Aeries would take the first
                category without a word.
        """
        if not write.is_create:
            present = (
                json.loads(write.observed_raw) if write.observed_raw else await self._assignment(write.sis_id)
            )
            return await self._update(write, present)
        gradebook = await self._gradebook_for(write)
        code = self._code(write, gradebook.codes)
        ours = [
            json.loads(raw)
            for raw, external in (await self.read_line_items(write.section_id_sis))[
                ["raw", "external_id"]
            ].itertuples(index=False)
            if external == write.sis_id
        ]
        if len(ours) > 1:
            raise _refusal(
                f"section {write.section_id_sis} has {len(ours)} assignments with our one ExternalID: delete all but"
                " the one that holds the scores, in Aeries",
                "LIKELY_DUPLICATE",
            )
        if ours:
            return await self._update(write, ours[0])
        answer = await self._write(
            "POST", f"/gradebooks/{gradebook.number}/Assignments", new_assignment(write, code)
        )
        return self._stored(write, answer, "ExternalID")

    async def put_line_items(self, writes: Sequence[LineItemWrite]) -> list[StoredLineItem | OutsideError]:
        """Insert one after the other: Aeries takes one assignment per call."""
        return [await _caught(self.put_line_item(write)) for write in writes]

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Write one score."""
        (stored,) = await self.put_results([write])
        if isinstance(stored, OutsideError):
            raise stored
        return stored

    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        """Write scores of one assignment; the answer holds all its cells, so that each is read back.

        A refusal of many does not say whose it is: they are then sent one by one.
        """
        students = (await self._people()).student_ids
        outcomes: dict[int, StoredResult | OutsideError] = {}
        rows: dict[int, tuple[int, dict[str, Any]]] = {}
        for at, write in enumerate(writes):
            try:
                if write.status != "graded":
                    raise _refusal(
                        "Aeries takes no excuse through this interface, and a 0 would be wrong: have the teacher"
                        " type NA",
                        "EXCUSED_NOT_WRITABLE",
                    )
                student = students.key_of(write.student_id_sis)
                rows[at] = student, new_score(write, student, _present(write))
            except PermanentError as error:
                outcomes[at] = error
        if rows:
            sent = await self._send(writes[0].line_item_sis_id, list(rows.values()))
            outcomes |= dict(zip(rows, sent, strict=True))
        return [outcomes[at] for at in range(len(writes))]

    async def _send(
        self, assignment: str, rows: Sequence[tuple[int, dict[str, Any]]]
    ) -> list[StoredResult | OutsideError]:
        path = f"/gradebooks/assignments/{quote(assignment, safe='')}/Scores"
        try:
            answer = await self._write("POST", path, [row for _, row in rows])
        except PermanentError as error:
            if len(rows) == 1 or error.code != "SIS_REFUSED":
                return [error] * len(rows)
            return [outcome for row in rows for outcome in await self._send(assignment, [row])]
        return list(stored_scores(answer, assignment, [student for student, _ in rows]))

    async def _update(self, write: LineItemWrite, present: Record) -> StoredLineItem:
        number = text_of(present.get("GradebookNumber"))
        gradebooks = {one.number: one for one in await self._of_section(write.section_id_sis)}
        if number not in gradebooks:
            raise _refusal(
                f"the assignment is in gradebook {number}, which is not of section {write.section_id_sis} any more:"
                " was the gradebook taken from the section in Aeries?",
                "GRADEBOOK_MISSING",
            )
        code = None if write.category_id_sis is None else self._code(write, gradebooks[number].codes)
        path = f"/gradebooks/Assignments/{quote(unique_id(present), safe='')}"
        answer = await self._write("PUT", path, changed_assignment(write, code, present))
        return self._stored(write, answer, "UniqueID", unique_id(present))

    def _stored(
        self, write: LineItemWrite, answer: Any, name: str, value: str | None = None
    ) -> StoredLineItem:
        """Find our assignment among those that an insert or update answered.

        Raises:
            AmbiguousDeliveryError: an insert was answered without it: its id is unknown.
        """
        rows = answer if isinstance(answer, list) else [answer]
        wanted = value or write.sis_id
        for row in rows:
            if isinstance(row, Mapping) and text_of(row.get(name)) == wanted and row.get("UniqueID"):
                return stored_assignment(row, write.section_id_sis, self.context.zone)
        if value is not None:
            return StoredLineItem(value)
        raise AmbiguousDeliveryError(
            "POST of an assignment was answered as done, but without the assignment: it is looked for before"
            " anything is sent again",
            system=LABEL,
            code="OUTCOME_UNKNOWN",
        )

    async def _gradebook_for(self, write: LineItemWrite) -> Gradebook:
        named = self.settings.gradebooks.get(write.section_id_sis)
        found = await self._of_section(write.section_id_sis)
        day = dt.date.fromisoformat(write.due_date)
        return choose(found, write.section_id_sis, day, None if named is None else str(named))

    def _code(self, write: LineItemWrite, codes: Mapping[str, str]) -> str:
        code = code_of(write.section_id_sis, write.category_id_sis)
        if code is None or code not in codes:
            raise _refusal(
                f"section {write.section_id_sis}'s gradebook has no such category; Aeries would silently take its"
                f" first one. Its codes are: {', '.join(sorted(codes)) or 'none'}",
                "CATEGORY_GONE",
            )
        return code

    async def _assignment(self, key: str) -> Record:
        body = await self.http.get(
            self._path(f"/gradebooks/Assignments/{quote(key, safe='')}"), self._params()
        )
        if not isinstance(body, Mapping):
            raise _unreadable("an assignment")
        return body

    async def _people(self) -> Roster:
        async with self._once:
            if self._roster is None:
                schools = await self._schools()
                sections = await together(self._sections(school) for school in schools)
                students = await together(self._students(school) for school in schools)
                roster = Roster(
                    schools=schools,
                    sections=[one for found in sections for one in found],
                    students=[one for found in students for one in found],
                    section_ids=Ids("section", "section_id", self.settings.section_id, LABEL),
                    student_ids=Ids("student", "student_id", self.settings.student_id, LABEL),
                )
                roster.section_ids.add((section_key(one), one) for one in roster.sections)
                roster.student_ids.add((student_number(one), one) for one in roster.students)
                self._roster = roster
            return self._roster

    def _active_places(self, roster: Roster) -> list[str]:
        names = [roster.section_ids.name_of(section_key(one)) for one in roster.sections if is_current(one)]
        return [name for name in names if name is not None]

    async def _schools(self) -> list[Record]:
        wanted = None if self.settings.schools is None else {str(code) for code in self.settings.schools}
        schools = [
            one
            for one in await self._list("/schools")
            if (is_current(one) if wanted is None else text_of(one.get("SchoolCode")) in wanted)
        ]
        if wanted is not None and len(schools) < len(wanted):
            raise _refusal("Aeries has not all the schools that the district file names", "SCHOOL_UNKNOWN")
        return schools

    async def _sections(self, school: Record) -> list[Record]:
        return await self._list(f"/schools/{text_of(school.get('SchoolCode'))}/sections")

    async def _students(self, school: Record) -> list[Record]:
        """Read a school's students, page by page, until a page is short."""
        path, found = f"/schools/{text_of(school.get('SchoolCode'))}/students", list[Record]()
        while True:
            first = len(found) + 1
            page = await self._list(
                path, StartingRecord=str(first), EndingRecord=str(first + STUDENT_PAGE - 1)
            )
            if page and page[0] in found:
                raise PermanentError(
                    f"GET {path} gives the same students again and again: nothing of it is used",
                    system=LABEL,
                    code="LIST_INCOMPLETE",
                )
            found += page
            if len(page) != STUDENT_PAGE:  # longer: Aeries gave all of them at once
                return found

    async def _of_section(self, section_id_sis: str) -> list[Gradebook]:
        if section_id_sis not in self._gradebooks:
            place = (await self._people()).section_ids.key_of(section_id_sis)
            records = await self._list(_place(place, "gradebooks"))
            self._gradebooks[section_id_sis] = [gradebook_of(one, self.context.zone) for one in records]
        return self._gradebooks[section_id_sis]

    async def _seats(self, gradebooks: Sequence[Gradebook]) -> list[Record]:
        lists = await together(
            self._list(f"/gradebooks/{one.number}/{term}/students")
            for one in gradebooks
            for term in one.terms
        )
        return [record for records in lists for record in records]

    async def _list(self, path: str, **params: str) -> list[Record]:
        body = await self.http.get(self._path(path), {**self._params(), **params})
        if not isinstance(body, list) or not all(isinstance(one, Mapping) for one in body):
            raise _unreadable(f"a list of {path.rsplit('/', 1)[-1]}")
        return body

    async def _write(self, method: str, path: str, body: Any) -> Any:
        return (await self.http.write(method, self._path(path), body, self._params())).body

    @staticmethod
    def _path(path: str) -> str:
        return f"/api/v5{path}"

    def _params(self) -> dict[str, str]:
        year = self.settings.database_year
        return {} if year is None else {"DatabaseYear": str(year)}


def _place(key: SectionKey, what: str) -> str:
    return f"/schools/{key[0]}/sections/{key[1]}/{what}"


def _present(write: ResultWrite) -> Record:
    present: Record = json.loads(write.observed_raw) if write.observed_raw else {}
    return present


def _line(name: str, found: int) -> CheckResult:
    return CheckResult(name, passed=found > 0, detail="readable" if found else "is empty")


def _refusal(what: str, code: str) -> PermanentError:
    return PermanentError(what, system=LABEL, code=code)


def _unreadable(what: str) -> PermanentError:
    return _refusal(
        f"the answer is not {what}: is base_url right, is this the API, version 5?", "ANSWER_UNREADABLE"
    )


async def _caught(job: Any) -> Any:
    try:
        return await job
    except OutsideError as error:
        return error


def _error_word(response: httpx.Response) -> str | None:
    """Name the fields that Aeries' message speaks of; the message itself may quote a value."""
    body = json_or_none(response)
    text = body.get("Message") if isinstance(body, Mapping) else None
    found = sorted(set(_FIELDS.findall(text))) if isinstance(text, str) else []
    return ", ".join(found) or None


VENDOR = Vendor(
    label=LABEL,
    renew="On Aeries' API Security page look whether the certificate is still there, and has the areas Gradebook"
    " Data and Gradebook Scores with Read and Update, Master Schedule, Student Data and Staff Data with Read; put"
    " it where certificate of the district file points",
    widen="On Aeries' API Security page give the certificate the areas Gradebook Data and Gradebook Scores with"
    " Read and Update, Master Schedule, Student Data and Staff Data with Read",
    forbidden_code="LICENSE_MISSING",
    refused_code="SIS_REFUSED",
    gone_code="SIS_PARENT_GONE",
    error_word=_error_word,
)

EXAMPLE = """\
  base_url: https://{name}.aeries.net/aeries     # the address of the Aeries site, without /api
  certificate: {{env: {upper}_AERIES_CERTIFICATE}}  # from the API Security page
  # schools: [994]                               # absent: all active schools
  # section_id: "{{SchoolCode}}_{{SectionNumber}}"   # which fields make the ids that the LMS carries
  # student_id: "{{StudentID}}"
  # gradebooks: {{"994_1001": 4366926}}            # where a section has several for one day
"""


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradeSink]:
    if not isinstance(settings, AeriesSettings):
        msg = "aeries_v5 is opened with AeriesSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: AeriesSettings, context: ConnectorContext) -> AsyncIterator[GradeSink]:
    calls = Calls()
    auth = FixedHeaders({"AERIES-CERT": context.read_secret(settings.certificate)})
    in_flight = settings.max_in_flight or context.max_in_flight
    async with HttpClient(VENDOR, settings.base_url, auth, calls, max_in_flight=in_flight) as http:
        system_id = settings.system_id or f"aeries_v5:{installation_of(settings.base_url)}"
        yield AeriesSink(settings, system_id, http, context, calls)


CONNECTOR: Connector[GradeSink] = Connector(
    kind="aeries_v5",
    label="Aeries (API v5)",
    settings=AeriesSettings,
    open=_open,
    evidence="documented",
    limits=(
        "Excused cannot be written: such a score is refused, never sent as 0.",
        "A category is one character of one gradebook; one that is not there is refused, because Aeries would take"
        " its first category without a word.",
        "Linked gradebooks are not written: each section gets its own assignments.",
        "A section with no gradebook, with several for one day, or with one that it shares is refused, by name.",
        "There is no list of all gradebooks: reading costs a call per section and one per gradebook and term.",
        "Sites behind Windows authentication cannot be reached.",
    ),
    needs=(
        "An entry on Aeries' API Security page, by an Aeries administrator, with the areas Gradebook Data and"
        " Gradebook Scores (Read, Update), Master Schedule, Student Data and Staff Data (Read).",
        "An address of the site that this machine reaches without Windows authentication.",
    ),
    example=EXAMPLE,
)
