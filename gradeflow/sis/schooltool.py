"""Mindex SchoolTool, as a OneRoster 1.1 provider.

Evidence is *reported*: the one public statement is Instructure's, that its integration posts assignments
and grades to SchoolTool over OneRoster 1.1 with an API URL, client key and client secret from SchoolTool,
and that OneRoster rostering must be on. Token address, way of authorisation, scopes, paging, error bodies and
read-back are not public, so all of them can be set in the district file, and what is assumed is the standard.
That a student who is excused goes over as a score of 0 and exempt is the guide's (Saratoga Springs).

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
        "How SchoolTool's OneRoster behaves is reported by others, not published by Mindex:"
        " run gradeflow check before the first plan, and ask whether it wants OAuth 1 or 2.",
        "One assignment is made per section, and a category must exist in that section by its name.",
    ),
    needs=(
        "API URL, token URL, client key and client secret (from Mindex SchoolTool).",
        "OneRoster rostering and gradebook writing turned on for this client key (from Mindex SchoolTool).",
    ),
)

CONNECTOR = connector(PROFILE)
