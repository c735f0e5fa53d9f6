"""Skyward Qmlativ, as a OneRoster 1.1 provider.

Category, line item and result become Qmlativ's category, assignment and score. Keys are issued and renewed
in the Skyward Partner Portal, unless the district switched them off itself.

Source: Edlink provider page for Qmlativ, Otus' Skyward guide, Instructure's note on Qmlativ assignment
groups (all public), read 2026-11. Skyward's own reference is not public.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile

PROFILE = OneRosterProfile(
    kind="skyward_qmlativ",
    label="Skyward Qmlativ",
    evidence="reported",
    renew="First see in Qmlativ whether the district disabled the integration's key by hand; if so, ask"
    " the district to enable it. Else have the vendor regenerate it in the Skyward Partner Portal, and"
    " put it where client_id and client_secret of the district file point",
    widen="The district must own the Skyward LMS/OneRoster API licence; without it the API only reads."
    " Ask Skyward, then run again",
    limits=(
        "The district must own the Skyward LMS/OneRoster API licence; without it the API only reads.",
        "Keys come from the Skyward Partner Portal.",
    ),
)

CONNECTOR = connector(PROFILE)
