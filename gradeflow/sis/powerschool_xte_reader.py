"""Reads a PowerSchool server: tables whole, and what a section's gradebook holds, in its teacher's name.

Source: PowerSchool API "V1", "Schema" and "XTE" as transcribed by others, read 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from gradeflow.errors import PermanentError
from gradeflow.model.district import SecretRef, Strict
from gradeflow.ports import ConnectorContext
from gradeflow.sis.id_templates import Ids, IdTemplate, fields_of
from gradeflow.sis.powerschool_xte_answers import listed, records_in, row_of, unreadable
from gradeflow.sis.powerschool_xte_directory import (
    SECTION_COLUMNS,
    STAFF_COLUMNS,
    STUDENT_COLUMNS,
    TERM_COLUMNS,
    USER_COLUMNS,
    Directory,
    sections_of,
    year_of,
)
from gradeflow.sis.powerschool_xte_records import LABEL, number_of
from gradeflow.transport.address import Address
from gradeflow.transport.http import HttpClient
from gradeflow.transport.records import Record, text_of
from gradeflow.transport.together import together

PAGE_SIZE = 100
"""The most rows that a page of a table holds."""


class XteSettings(Strict):
    """The keys below `sis:` beside `kind`.

    Attributes:
        base_url: the address of the PowerSchool server.
        client_id, client_secret: of the plugin, from its Data Provider Configuration.
        year_id: TERMS.YEARID; absent: the school year that began last.
        schools: school numbers to read; absent: all.
        acting_teacher: USERS.DCID in whose name everything is written; absent: each section's lead teacher.
        section_id, student_id, teacher_id, period_id: which columns of SECTIONS, STUDENTS, USERS and TERMS make the
            ids that the LMS carries.
        system_id: names the installation for ever; set it before base_url changes, else every line item
            would be made a second time.
    """

    base_url: Address
    client_id: SecretRef
    client_secret: SecretRef
    year_id: Annotated[int, Field(ge=0, le=999)] | None = None
    schools: tuple[int, ...] | None = None
    acting_teacher: Annotated[int, Field(ge=1)] | None = None
    section_id: IdTemplate = "{dcid}"
    student_id: IdTemplate = "{student_number}"
    teacher_id: IdTemplate = "{teachernumber}"
    period_id: IdTemplate = "{dcid}"
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None


@dataclass(slots=True)
class Reader:
    """The reading side of one server."""

    settings: XteSettings
    http: HttpClient
    context: ConnectorContext
    _read: Directory | None = field(default=None, repr=False)  # people stand in no log
    _known: dict[int, list[Record]] = field(default_factory=dict)
    _once: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def people(self) -> Directory:
        """Give who and what there is; read once, when it is first needed."""
        async with self._once:
            if self._read is None:
                self._read = await self._read_directory()
            return self._read

    async def acting(self, section_id_sis: str) -> int:
        """Give USERS.DCID of the teacher in whose name a section is read and written."""
        return (await self.people()).acting(section_id_sis, self.settings.acting_teacher)

    def has_teacher(self, directory: Directory, place: str) -> bool:
        """Tell whether a section has somebody to act in the name of."""
        try:
            directory.acting(place, self.settings.acting_teacher)
        except PermanentError:
            return False
        return True

    def own_terms(self, directory: Directory) -> list[Record]:
        """Give the terms of the school year."""
        return [term for term in directory.terms if number_of(term.get("yearid")) == directory.year]

    async def assignments(self, section_id_sis: str) -> list[Record]:
        """Read all assignments of a section."""
        section, acting = (await self.people()).section(section_id_sis), await self.acting(section_id_sis)
        params = {"users_dcid": str(acting), "section_ids": str(section.dcid)}
        return listed(await self.http.get("/ws/xte/section/assignment/", params), "assignments")

    async def assignment(self, assignment: int, section_id_sis: str) -> Record:
        """Read one assignment."""
        acting = await self.acting(section_id_sis)
        body = await self.http.get(f"/ws/xte/section/assignment/{assignment}", {"users_dcid": str(acting)})
        if not isinstance(body, Mapping):
            raise unreadable("an assignment")
        return body

    async def categories_of(self, section_id_sis: str) -> list[Record]:
        """Read the categories of a section's teacher; once per teacher."""
        directory, acting = await self.people(), await self.acting(section_id_sis)
        if acting not in self._known:
            params = {"users_dcid": str(acting), "year_id": str(directory.year)}
            self._known[acting] = listed(
                await self.http.get("/ws/xte/teacher_category", params), "categories"
            )
        return self._known[acting]

    async def seats(self, section_id_sis: str) -> list[Record]:
        """Read who sits in a section."""
        section = (await self.people()).section(section_id_sis)
        body = await self.http.get(f"/ws/v1/section/{section.dcid}/section_enrollment")
        if not isinstance(body, Mapping) or "section_enrollments" not in body:
            raise unreadable("a list of section_enrollments")
        inner = body["section_enrollments"]
        if isinstance(inner, Mapping):
            inner = inner.get("section_enrollment", [])
        # PowerSchool gives a single one without a list around it, and nothing at all as an empty text.
        return listed([inner] if isinstance(inner, Mapping) else inner or [], "section_enrollments")

    async def table(self, table: str, columns: Iterable[str], query: str | None, sort: str) -> list[Record]:
        """Read a table whole, page by page, as many rows as its count says.

        Raises:
            PermanentError: it gave fewer rows than it counts, or one page again (code LIST_INCOMPLETE).
        """
        total, rows = await self.count(table, query), list[Record]()
        params = {"projection": ",".join(dict.fromkeys(columns)), "pagesize": str(PAGE_SIZE), "sort": sort}
        params |= {} if query is None else {"q": query}
        while len(rows) < total:
            page = str(len(rows) // PAGE_SIZE + 1)
            body = await self.http.get(f"/ws/schema/table/{table}", {**params, "page": page})
            found = [row_of(one) for one in listed(records_in(body), f"rows of {table}")]
            is_again = len(found) == PAGE_SIZE and found == rows[-PAGE_SIZE:]
            rows += found
            if is_again or (len(found) < PAGE_SIZE and len(rows) < total):
                raise PermanentError(
                    f"table {table} counts {total} rows but gave {len(rows)}: nothing of it is used. Is the page size"
                    f" of the plugin {PAGE_SIZE}?",
                    system=LABEL,
                    code="LIST_INCOMPLETE",
                )
        return rows

    async def count(self, table: str, query: str | None) -> int:
        """Count the rows of a table."""
        body = await self.http.get(f"/ws/schema/table/{table}/count", {} if query is None else {"q": query})
        count = number_of(body.get("count")) if isinstance(body, Mapping) else None
        if count is None:
            raise unreadable(f"a count of {table}")
        return count

    async def _read_directory(self) -> Directory:
        own, zone = self.settings, self.context.zone
        columns = (*TERM_COLUMNS, *fields_of(own.period_id))
        terms = await self.table("TERMS", columns, None, "dcid")
        today = self.context.as_of.astimezone(zone).date()
        year = year_of(terms, today, zone) if own.year_id is None else own.year_id
        in_year = f"termid=ge={year * 100};termid=lt={(year + 1) * 100}"
        sections, staff, users, students = await together(
            (
                self.table("SECTIONS", (*SECTION_COLUMNS, *fields_of(own.section_id)), in_year, "dcid"),
                self.table("SCHOOLSTAFF", STAFF_COLUMNS, None, "dcid"),
                self.table("USERS", (*USER_COLUMNS, *fields_of(own.teacher_id)), None, "dcid"),
                self.table("STUDENTS", (*STUDENT_COLUMNS, *fields_of(own.student_id)), None, "dcid"),
            )
        )
        if own.schools is not None:
            wanted = {str(number) for number in own.schools}
            sections = [one for one in sections if text_of(one.get("schoolid")) in wanted]
            terms = [one for one in terms if text_of(one.get("schoolid")) in wanted]
        directory = Directory(
            year=year,
            terms=terms,
            sections=sections_of(sections),
            section_ids=Ids("section", "section_id", own.section_id, LABEL),
            students=students,
            student_ids=Ids("student", "student_id", own.student_id, LABEL),
            staff=staff,
            users=users,
        )
        directory.section_ids.add(_keyed(sections))
        directory.student_ids.add(_keyed(students))
        links = ((number_of(one.get("id")), number_of(one.get("users_dcid"))) for one in staff)
        directory.users_of_staff = {one: user for one, user in links if one is not None and user is not None}
        return directory


def _keyed(records: Iterable[Record]) -> list[tuple[int, Record]]:
    return [(key, one) for one in records if (key := number_of(one.get("dcid"))) is not None]
