"""PowerSchool (PowerTeacher Pro) through a plugin of the district's own: its registration.

What is read and written is `powerschool_xte_sink`, the keys of the district file are `XteSettings` of
`powerschool_xte_reader`. Authorised by a token of OAuth 2, which the server itself gives.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from pydantic import BaseModel

from gradeflow.ports import Calls, Connector, ConnectorContext, GradeSink
from gradeflow.sis.powerschool_xte_answers import VENDOR
from gradeflow.sis.powerschool_xte_reader import Reader, XteSettings
from gradeflow.sis.powerschool_xte_records import LABEL
from gradeflow.sis.powerschool_xte_sink import XteSink
from gradeflow.transport.address import installation_of
from gradeflow.transport.auth import ClientCredentials
from gradeflow.transport.http import HttpClient

EXAMPLE = """\
  base_url: https://{name}.powerschool.com
  client_id: {{env: {upper}_POWERSCHOOL_CLIENT_ID}}         # of the plugin: Data Provider Configuration
  client_secret: {{env: {upper}_POWERSCHOOL_CLIENT_SECRET}}
  # section_id: "{{dcid}}"                # columns of SECTIONS that make the id which the LMS carries; or "{{id}}"
  # student_id: "{{student_number}}"      # of STUDENTS; or "{{dcid}}"
  # acting_teacher: 1234                # USERS.DCID; absent: each section's lead teacher
"""


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradeSink]:
    if not isinstance(settings, XteSettings):
        msg = "powerschool_xte is opened with XteSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: XteSettings, context: ConnectorContext) -> AsyncIterator[GradeSink]:
    calls = Calls()
    auth = ClientCredentials(
        label=LABEL,
        token_url=f"{settings.base_url}/oauth/access_token/",
        client_id=context.read_secret(settings.client_id),
        client_secret=context.read_secret(settings.client_secret),
        renew=VENDOR.renew,
        setting="base_url",
    )
    in_flight = settings.max_in_flight or context.max_in_flight
    async with HttpClient(VENDOR, settings.base_url, auth, calls, max_in_flight=in_flight) as http:
        system_id = settings.system_id or f"powerschool_xte:{installation_of(settings.base_url)}"
        reader = Reader(settings, http, context)
        yield XteSink(
            settings=settings, system_id=system_id, http=http, context=context, reader=reader, calls=calls
        )


CONNECTOR: Connector[GradeSink] = Connector(
    kind="powerschool_xte",
    label="PowerSchool (plugin)",
    settings=XteSettings,
    open=_open,
    evidence="reported",
    limits=(
        "How /ws/xte behaves is known from a transcription and from one district's measurements, not from PowerSchool.",
        "PowerTeacher Pro has no day of assignment; only the due date goes over, and it must lie in the section's"
        " term.",
        "PowerSchool does not hold a plugin to one teacher: who passes back is decided by the district file alone.",
        "It keeps none of our ids: an assignment whose creation got no answer is looked for by name and due date.",
        "People are read 100 rows per call.",
    ),
    needs=(
        "A plugin, written and installed by the district, with <oauth/> and an access_request of full access to"
        " ASSIGNMENT, ASSIGNMENTSECTION, ASSIGNMENTCATEGORYASSOC, ASSIGNMENTSCORE and view access to"
        " TEACHERCATEGORY, DISTRICTTEACHERCATEGORY, SECTIONS, SECTIONTEACHER, STUDENTS, SCHOOLSTAFF, USERS, TERMS,"
        " field by field.",
    ),
    example=EXAMPLE,
)
