"""Reads an Aeries site: schools, sections and students, the gradebooks of a section, and what is in them.

Source: Aeries "School-", "Scheduling-", "Student-" and "Gradebook-related end points", read 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from gradeflow.errors import PermanentError
from gradeflow.model.district import SecretRef, Strict
from gradeflow.ports import ConnectorContext
from gradeflow.sis.aeries_v5_records import LABEL, student_number
from gradeflow.sis.aeries_v5_reference import (
    Gradebook,
    Roster,
    SectionKey,
    gradebook_of,
    is_current,
    refusal,
    section_key,
)
from gradeflow.sis.id_templates import Ids, IdTemplate
from gradeflow.transport.address import Address
from gradeflow.transport.http import HttpClient
from gradeflow.transport.records import Record, text_of
from gradeflow.transport.together import together

API = "/api/v5"
STUDENT_PAGE = 1000


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
class Reader:
    """The reading side of one site."""

    settings: AeriesSettings
    http: HttpClient
    context: ConnectorContext
    _roster: Roster | None = field(default=None, repr=False)  # people stand in no log
    _gradebooks: dict[str, list[Gradebook]] = field(default_factory=dict)
    _once: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def people(self) -> Roster:
        """Give schools, sections and students; read once, when they are first needed."""
        async with self._once:
            if self._roster is None:
                schools = await self.schools()
                sections = await together(self.sections(school) for school in schools)
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

    def active_places(self, roster: Roster) -> list[str]:
        """List the ids of the active sections."""
        names = [roster.section_ids.name_of(section_key(one)) for one in roster.sections if is_current(one)]
        return [name for name in names if name is not None]

    async def schools(self) -> list[Record]:
        """Read the schools that the district file names, or all that are active."""
        wanted = None if self.settings.schools is None else {str(code) for code in self.settings.schools}
        schools = [
            one
            for one in await self.listed("/schools")
            if (is_current(one) if wanted is None else text_of(one.get("SchoolCode")) in wanted)
        ]
        if wanted is not None and len(schools) < len(wanted):
            raise refusal(
                "Aeries has not all the schools that the district file names: correct sis.schools",
                "SCHOOL_UNKNOWN",
            )
        return schools

    async def sections(self, school: Record) -> list[Record]:
        """Read a school's sections."""
        return await self.listed(f"/schools/{text_of(school.get('SchoolCode'))}/sections")

    async def _students(self, school: Record) -> list[Record]:
        """Read a school's students, page by page, until one is empty: Aeries may give fewer than are asked for."""
        path, found = f"/schools/{text_of(school.get('SchoolCode'))}/students", list[Record]()
        while True:
            first = len(found) + 1
            page = await self.listed(
                path, StartingRecord=str(first), EndingRecord=str(first + STUDENT_PAGE - 1)
            )
            if page and page == found and len(page) < STUDENT_PAGE:
                return found  # what is asked for is ignored, and all of them were given at once
            if page and page[0] in found:
                raise PermanentError(
                    f"GET {path} gives the same students again and again: nothing of it is used. Show Aeries this line",
                    system=LABEL,
                    code="LIST_INCOMPLETE",
                )
            found += page
            if not page or len(page) > STUDENT_PAGE:  # longer: Aeries gave all of them at once
                return found

    async def gradebooks_of(self, section_id_sis: str) -> list[Gradebook]:
        """Read the gradebooks of a section; once."""
        if section_id_sis not in self._gradebooks:
            place = (await self.people()).section_ids.key_of(section_id_sis)
            records = await self.listed(place_of(place, "gradebooks"))
            self._gradebooks[section_id_sis] = [gradebook_of(one, self.context.zone) for one in records]
        return self._gradebooks[section_id_sis]

    async def seats(self, gradebooks: Sequence[Gradebook]) -> list[Record]:
        """Read who sits in gradebooks, in each of their terms."""
        lists = await together(
            self.listed(f"/gradebooks/{one.number}/{term}/students")
            for one in gradebooks
            for term in one.terms
        )
        return [record for records in lists for record in records]

    async def assignment(self, key: str) -> Record:
        """Read one assignment."""
        body = await self.http.get(API + f"/gradebooks/Assignments/{quote(key, safe='')}", self.params())
        if not isinstance(body, Mapping):
            raise _unreadable("an assignment")
        return body

    async def listed(self, path: str, **params: str) -> list[Record]:
        """Read a list.

        Raises:
            PermanentError: the answer is none (code ANSWER_UNREADABLE).
        """
        body = await self.http.get(API + path, {**self.params(), **params})
        if not isinstance(body, list) or not all(isinstance(one, Mapping) for one in body):
            raise _unreadable(f"a list of {path.rsplit('/', 1)[-1]}")
        return body

    def params(self) -> dict[str, str]:
        """Give what every call carries."""
        year = self.settings.database_year
        return {} if year is None else {"DatabaseYear": str(year)}


def place_of(key: SectionKey, what: str) -> str:
    """Give the path of what belongs to a section."""
    return f"/schools/{key[0]}/sections/{key[1]}/{what}"


def _unreadable(what: str) -> PermanentError:
    return refusal(
        f"the answer is not {what}: is base_url right, is this the API, version 5?", "ANSWER_UNREADABLE"
    )
