"""Aeries through its own API, version 5: its registration.

What is read and written is `aeries_v5_sink`, the keys of the district file are `AeriesSettings` of
`aeries_v5_reader`. Authorised by one certificate in the header AERIES-CERT.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from pydantic import BaseModel

from gradeflow.ports import Calls, Connector, ConnectorContext, GradeSink
from gradeflow.sis.aeries_v5_answers import VENDOR
from gradeflow.sis.aeries_v5_reader import AeriesSettings, Reader
from gradeflow.sis.aeries_v5_sink import AeriesSink
from gradeflow.transport.address import installation_of
from gradeflow.transport.auth import FixedHeaders
from gradeflow.transport.http import HttpClient

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
        reader = Reader(settings, http, context)
        yield AeriesSink(
            settings=settings, system_id=system_id, http=http, context=context, reader=reader, calls=calls
        )


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
    names_school_years=False,
)
