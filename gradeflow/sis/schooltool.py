"""Mindex SchoolTool, as a OneRoster 1.1 provider.

Evidence is *reported*: the one public statement is Instructure's, that its integration posts assignments
and grades to SchoolTool over OneRoster 1.1 with an API URL, client key and client secret from SchoolTool,
and that OneRoster rostering must be on. Token address, scopes, paging, error bodies and read-back are not
public, so all of them can be set in the district file.

Source: guides.instructure.com/m/108059 (Canvas and SchoolTool integration overview), read 2026-11.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile

PROFILE = OneRosterProfile(
    kind="schooltool",
    label="SchoolTool",
    evidence="reported",
    renew="Ask SchoolTool for a new client key and secret and put them where client_id and client_secret"
    " of the district file point",
    widen="Ask SchoolTool to turn on OneRoster rostering and gradebook writing for this client key",
    limits=(
        "The API URL, client key and client secret come from SchoolTool; ask for the token URL too.",
        "OneRoster rostering must be on in SchoolTool before grades can be written.",
        "How SchoolTool's OneRoster behaves is reported by others, not published by Mindex.",
    ),
)

CONNECTOR = connector(PROFILE)
