"""Aeries, as a OneRoster 1.1 provider. Its own API, version 5, is `aeries_v5`.

The root is `{Aeries address}/ims/oneroster/v1p1`, the token address `{Aeries address}/token`; hosted districts have
`https://{district}api.aeries.net/admin`. A scope must be asked for and a token lives six hours. Older sites sit behind
a load balancer whose cookie, set with the token's answer, has to come back with every call: cookies are kept.

Documented: address, token, grants by area, no delete, ids such as `994_1001` for a class. Reported by others:
passback by partners. Assumed: PUT of line items and results (the verbs are not in what could be read), and that
`exempt` is kept.

Source: support.aeries.com/support/solutions/articles: 14000065667 (available endpoints), 14000065677 (authentication),
14000065678 (data sync considerations), 14000065657 (setup), 14000085077 (data mapping); read 2026-11.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile

PROFILE = OneRosterProfile(
    kind="aeries",
    label="Aeries",
    evidence="documented",
    can_delete=False,
    renew="In Aeries open Security, API Security, the OneRoster entry of this vendor; put its client id and secret"
    " where client_id and client_secret of the district file point. Sites on an older build may have another token_url",
    widen="In Aeries, API Security, grant this vendor Gradebook Assignment and Gradebook Scores with Read, Update and"
    " Insert, and Gradebook Category with Read",
    limits=(
        "Elementary schools without a master schedule cannot take passback.",
        "Nothing can be deleted over OneRoster.",
        "Only currently enrolled students are listed.",
        "Class ids look like school_section (994_1001); they are text and go over as they are.",
        "Full reads are asked for off-peak: run at night.",
    ),
    needs=(
        "A OneRoster entry on the API Security page, with the gradebook areas granted (by the district's"
        " administrator).",
        "Client id and client secret of that entry, and the address of the district's Aeries (from the district's"
        " administrator).",
    ),
)

CONNECTOR = connector(PROFILE)
