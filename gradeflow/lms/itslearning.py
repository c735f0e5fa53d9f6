"""itslearning over its data warehouse: OData, loaded nightly, with the whole gradebook and none of the SIS's ids.

Read whole each time: courses, items, memberships, grades, scales, terms. `T_ModifiedDate` would find what
changed since the last night, but a row that is gone leaves no mark, and a district's passback needs both; so it
serves another end: a warehouse that is loaded while it is read is noticed by it, and not used. None of these
entity sets has the 30-day window of those with a DateId. At most the newest 2,000,000 rows of a set can be
reached; one that is as large counts as read in part, and nothing is concluded from what is not in it.

Not read: the Organisation API (SOAP), which has the gradebook live. The output of its methods
Read.Course.Gradebook.Items and Read.Course.Gradebook.Assessments is in no public page.

Source: developer.itslearning.com Data_Warehouse_API.html, Best_Practice_for_Accessing_OData.html and the page
of each entity, read 2026-11. Columns of LearningItems, meaning of statuses and the clock of times are assumed or
the site's own, and therefore settings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from gradeflow.errors import RetriableError, SourceDataError
from gradeflow.lms.itslearning_checks import checked
from gradeflow.lms.itslearning_records import (
    FOREVER,
    GRADE_COLUMNS,
    MODIFIED,
    SiteMapping,
    Warehouse,
    columns_missing,
    invalid,
    is_live,
    value_of,
)
from gradeflow.lms.itslearning_site import (
    LABEL,
    VENDOR,
    Bridge,
    BridgeColumns,
    ItslearningSettings,
    read_bridge,
)
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.address import installation_of
from gradeflow.transport.auth import basic_login
from gradeflow.transport.http import HttpClient
from gradeflow.transport.odata import ACCEPT, Values, entity_pages

REACHABLE = 2_000_000


@dataclass(slots=True)
class ItslearningSource:
    """One site's data warehouse, open for reading."""

    settings: ItslearningSettings
    system_id: str
    zone: ZoneInfo
    http: HttpClient
    calls: Calls
    reachable: int = REACHABLE

    async def check(self) -> list[CheckResult]:
        """Try the password, the bridge, the columns of items and the statuses of the newest grades."""
        return await checked(self.http, self.settings, self._bridge)

    async def read_gradebook(self) -> GradebookExtract:
        """Read all line items and results of the courses that the bridge knows.

        Raises:
            SourceDataError: the bridge or a row is not as described, a column is missing, no course fits.
            CredentialError: the password or the right to the warehouse.
            RetriableError: a page did not come, or the warehouse was loaded meanwhile (LOADED_MEANWHILE).
        """
        bridge = await self._bridge()
        mapping = SiteMapping(self.settings, bridge, self.zone)
        warehouse = Warehouse()
        await self._read_courses(warehouse, bridge)
        await self._read_scales_and_terms(warehouse)
        await self._read_items(warehouse, mapping)
        await self._read_seats(warehouse, bridge)
        await self._read_grades(warehouse, mapping)
        incomplete: set[str] = set()
        if not warehouse.is_whole:
            incomplete = {section for course in warehouse.courses for section in bridge.sections[course]}
        try:
            return GradebookExtract(
                line_items=frames.build(frames.LINE_ITEMS, mapping.line_items(warehouse)),
                results=frames.build(frames.RESULTS, mapping.results(warehouse, incomplete)),
                incomplete_sections=frozenset(incomplete),
                left_out=dict(warehouse.left_out),
            )
        except ValueError as error:
            what = str(error)
        raise invalid(what if what.startswith("frame ") else "values that fit no frame")

    async def _bridge(self) -> Bridge:
        where = self.settings.bridge
        if isinstance(where, Path):
            return await read_bridge(where)
        sections: dict[str, dict[str, bool | None]] = {}
        async for row in self._rows("Courses", ("CourseId", where.section)):
            if row[where.section]:
                sections[value_of(row, "CourseId")] = {str(row[where.section]): where.passback_enabled}
        people = {
            value_of(row, "UserId"): str(row[where.user])
            async for row in self._rows("Users", ("UserId", where.user))
            if row[where.user]
        }
        return Bridge(sections, people, students=None)

    async def _read_courses(self, warehouse: Warehouse, bridge: Bridge) -> None:
        columns = ("CourseId", "CourseStatus")
        async for row in self._rows("Courses", columns, warehouse):
            if value_of(row, "CourseId") in bridge.sections and is_live(row, "CourseStatus"):
                warehouse.courses.add(value_of(row, "CourseId"))
        if bridge.sections and not warehouse.courses:
            raise SourceDataError(
                f"none of the {len(bridge.sections)} courses of the bridge is in use here. Is base_url that of the"
                " right site, and the bridge of this school year?",
                system=LABEL,
                code="BRIDGE_MISMATCH",
            )

    async def _read_scales_and_terms(self, warehouse: Warehouse) -> None:
        async for row in self._rows("AssessmentScales", ("AssessmentScaleId", "AssessmentScaleTitle")):
            key = value_of(row, "AssessmentScaleId")
            warehouse.known_scales.add(key)
            if row["AssessmentScaleTitle"] in self.settings.score_scales:
                warehouse.scales.add(key)
        async for row in self._rows("AssessmentGrades", ("AssessmentGradeId", "AssessmentGradeTitle")):
            if row["AssessmentGradeTitle"]:
                warehouse.steps[value_of(row, "AssessmentGradeId")] = row["AssessmentGradeTitle"]
        async for row in self._rows("Terms", ("TermId", "ExternalTermId")):
            # A term that came from the SIS goes by the SIS's id.
            key = value_of(row, "TermId")
            warehouse.terms[key] = row["ExternalTermId"] or key

    async def _read_items(self, warehouse: Warehouse, mapping: SiteMapping) -> None:
        columns = self.settings.items
        async for row in self._rows("LearningItems", ("LearningItemId", *columns.names()), warehouse):
            if columns.status is not None and not is_live(row, columns.status):
                continue
            course = value_of(row, columns.course)
            if course not in warehouse.courses:
                if course not in mapping.bridge.sections:
                    warehouse.count("SECTION_WITHOUT_SIS_ID")
                continue
            item = mapping.item(row, warehouse)
            if item.id in warehouse.items:
                raise invalid("two rows of LearningItems with one LearningItemId")
            warehouse.items[item.id] = item

    async def _read_seats(self, warehouse: Warehouse, bridge: Bridge) -> None:
        where = self.settings.bridge
        profiles = where.student_profiles if isinstance(where, BridgeColumns) else frozenset()
        columns = ("CourseId", "UserId", "CourseProfileId", "ValidTo")
        async for row in self._rows("CourseMemberships", columns, warehouse):
            course, user = value_of(row, "CourseId"), value_of(row, "UserId")
            is_student = (
                row["CourseProfileId"] in profiles if bridge.students is None else user in bridge.students
            )
            if course in warehouse.courses and is_student and user in bridge.people:
                seats = warehouse.seats.setdefault(course, {})
                # Earlier memberships stand beside the current one.
                seats[user] = seats.get(user, False) or value_of(row, "ValidTo").startswith(FOREVER)

    async def _read_grades(self, warehouse: Warehouse, mapping: SiteMapping) -> None:
        newest = ""
        async for row in self._rows("UserGrades", GRADE_COLUMNS, warehouse):
            newest = max(newest, value_of(row, MODIFIED))
            item = warehouse.items.get(value_of(row, "LearningItemId"))
            user = value_of(row, "UserId")
            if item is None:
                continue
            if user not in mapping.bridge.people:
                warehouse.count("STUDENT_WITHOUT_SIS_ID")
                continue
            if (item.id, user) in warehouse.grades:
                raise invalid("two rows of UserGrades for one user and LearningItemId")
            warehouse.grades[item.id, user] = mapping.grade(row)
            if mapping.bridge.students is None or user in mapping.bridge.students:
                # Who was graded and has no membership any more has left.
                warehouse.seats.setdefault(item.course, {}).setdefault(user, False)
        if newest and await self._was_loaded_since(newest):
            raise RetriableError(
                "the warehouse was loaded while it was read; the next run reads it again. Plan the night for"
                " after the load",
                system=LABEL,
                code="LOADED_MEANWHILE",
            )

    async def _was_loaded_since(self, newest: str) -> bool:
        options = {"$filter": f"{MODIFIED} gt DateTime'{newest}'", "$top": "1"}
        async for page in entity_pages(self.http, "UserGrades", options):
            # Held against what was read once more: a service may compare fewer digits than it writes.
            return any((row.get(MODIFIED) or "") > newest for row in page)
        return False

    async def _rows(
        self, entity: str, columns: Sequence[str], warehouse: Warehouse | None = None
    ) -> AsyncIterator[Values]:
        """Give an entity set's rows; where it is as large as what can be reached, the warehouse is not whole."""
        count = 0
        async for page in entity_pages(self.http, entity):
            if page and count == 0:
                missing = [name for name in columns if name not in page[0]]
                if missing:
                    raise columns_missing(entity, missing, sorted(page[0]))
            count += len(page)
            for row in page:
                yield row
        if warehouse is not None and count >= self.reachable:
            warehouse.is_whole = False


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradebookSource]:
    if not isinstance(settings, ItslearningSettings):
        msg = "itslearning is opened with ItslearningSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: ItslearningSettings, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
    calls = Calls()
    auth = basic_login(settings.user, context.read_secret(settings.password))
    system_id = settings.system_id or f"itslearning:{installation_of(settings.base_url)}"
    async with HttpClient(
        VENDOR,
        settings.base_url,
        auth,
        calls,
        max_in_flight=settings.max_in_flight,
        headers={"Accept": ACCEPT},
    ) as http:
        yield ItslearningSource(settings, system_id, context.zone, http, calls)


CONNECTOR: Connector[GradebookSource] = Connector(
    kind="itslearning",
    label=LABEL,
    settings=ItslearningSettings,
    open=_open,
    evidence="assumed",
    limits=(
        "The data warehouse is loaded once a night: a score passes back a day later at the earliest.",
        "It holds no ids of the SIS: a bridge (courses.csv, users.csv, members.csv) must be kept up to date.",
        "Items have one deadline; deadlines of single groups are not in the warehouse.",
        "The columns of LearningItems are in no public page: `gradeflow check` says which of lms.items do not fit.",
        "The live gradebook of the Organisation API (SOAP) is not read: the output of Read.Course.Gradebook.Items"
        " and Read.Course.Gradebook.Assessments is not public. A district that wants it supplies the WSDL and"
        " sample messages of its partner account.",
    ),
    needs=(
        "The Data Warehouse API, an add-on that itslearning enables for the site.",
        "An itslearning administrator's user name and password.",
        "The meaning of the site's assessment statuses, by AssessmentStatusId.",
        "An export of CourseId to SIS section and of UserId to SIS person, from the roster integration.",
    ),
    example="""\
  base_url: https://us1reporting.itslearning.com/odata/{name}   # as Admin, Data Warehouse API shows it
  user: reporting-admin                      # an administrator
  password: {{env: {upper}_ITSLEARNING_PASSWORD}}
  bridge: /srv/itslearning/{name}            # courses.csv, users.csv, members.csv
  statuses: {{"1": graded}}                    # AssessmentStatusId: graded, submitted, not_submitted, missing, late,
                                             # excused, excluded or none; several as [graded, late]
""",
)
