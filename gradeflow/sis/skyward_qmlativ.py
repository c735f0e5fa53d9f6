"""Skyward Qmlativ, as a OneRoster provider of version 1.2, or 1.1.

Category, line item and result become Qmlativ's category, assignment and score. Keys are issued and renewed
in the Skyward Partner Portal, unless the district switched them off itself. A line item whose category Qmlativ
does not know lands in a default category, and again with each PUT that names it.

Documented: the mapping, the portal, the default category. Reported by others: reads of version 1.2. Assumed: that
it writes in the version that it reads, and takes no bulk calls (`bulk: true` tries them).

Source: ed.link/docs/providers/qmlativ/details; Instructure's note on Qmlativ assignment groups
(community.instructure.com/en/kb/articles/663797); the public README of a OneRoster 1.2 connector for Skyward
(Tools4ever-NIM); Otus' Skyward guide; read 2026-11. Skyward's own reference is not public.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile

PROFILE = OneRosterProfile(
    kind="skyward_qmlativ",
    label="Skyward Qmlativ",
    evidence="reported",
    versions=("1.2", "1.1"),
    renew="First see in Qmlativ whether the district disabled the integration's key by hand; if so, ask"
    " the district to enable it. Else have the vendor regenerate it in the Skyward Partner Portal, and"
    " put it where client_id and client_secret of the district file point",
    widen="The district must own the Skyward LMS/OneRoster API licence; without it the API only reads."
    " Ask Skyward, then run again",
    has_number_ids=True,
    limits=(
        "The district must own the Skyward LMS/OneRoster API licence; without it the API only reads.",
        "Keys come from the Skyward Partner Portal.",
        'OneRoster 1.2 is asked for; a district that has 1.1 only says version: "1.1".',
        "A line item whose category Qmlativ does not know lands in its default category.",
    ),
    needs=(
        "Licence: Skyward OneRoster API, for writing (from Skyward).",
        "Key and secret from the Skyward Partner Portal (from Skyward or the vendor that owns the integration).",
        "Base address and token address (from the district's administrator).",
    ),
)

CONNECTOR = connector(PROFILE)
