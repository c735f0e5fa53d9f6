"""Infinite Campus, as a OneRoster provider of version 1.1 or 1.2 ("Grade Book Sync" of a OneRoster connection).

Gradebook calls want a second header, `x-vendor-authorization: {key}:{secret}`, which Infinite Campus issues to its
Digital Learning Partners; roster calls do not. The token address carries the application's name in its query
(`/campus/oauth2/token?appName=...`), the base address of 1.2 in its path.

Documented: the header, how long credentials live, one request at a time in peak hours and five otherwise, pages of
up to 50,000. Reported by others: the addresses; that version 1.1 maps no categories; that `submitted` becomes a zero,
which is why it is never sent. Assumed: peak hours are school days from 6 to 18 o'clock (each district defines them),
and that no bulk calls are taken (`bulk: true` tries them).

Source: kb.infinitecampus.com/help: connecting-to-oneroster-grade-book-endpoints, troubleshooting-oneroster-connections,
configuring-oneroster-connections, guidelines-for-oneroster-api-consumers;
support.schoology.com/hc/en-us/articles/360002689693; ed.link/docs/providers/infinitecampus/details; read 2026-11.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile, Pace

_CONNECTION = (
    "In Campus, see under OneRoster connections whether the connection has expired (those of OneRoster 1.1 last a"
    " year); renew it, and put its key and secret where client_id and client_secret of the district file point"
)

PROFILE = OneRosterProfile(
    kind="infinite_campus",
    label="Infinite Campus",
    evidence="documented",
    versions=("1.1", "1.2"),
    renew=_CONNECTION,
    vendor_renew="Gradebook calls need vendor_key and vendor_secret beside the district's own key. Infinite Campus"
    " issues them, to members of its Digital Learning Partner programme only: ask Infinite Campus, or the partner whose"
    " key this district may use. If both are set and right, the connection may be at fault. " + _CONNECTION,
    widen="In Campus, turn on Grade Book for this OneRoster connection; the district needs Campus Learning for it",
    maps_categories=("1.2",),
    page_size=10_000,
    pace=Pace(most=5, peak=1),
    limits=(
        "Gradebook calls need a vendor key, which only Digital Learning Partners of Infinite Campus get;"
        " the district's own key alone reads the roster.",
        "A connection of OneRoster 1.1 expires a year after it was made; one of 1.2 does not.",
        "Over OneRoster 1.1 every assignment lands in Uncategorized: a teacher aligns it, or the district sets"
        " Non-Campus Assignment Defaults. 1.2 maps categories, and is turned on vendor by vendor.",
        "Campus wants one request at a time in peak hours (taken as school days, 6 to 18 o'clock) and at most five"
        " otherwise; max_in_flight overrides both where the district defines its hours differently.",
        "A connection of 1.1 shows only students who have user accounts.",
        "Deleting in the LMS deletes nothing in Campus.",
    ),
    needs=(
        "Campus Learning, with Grade Book turned on for the OneRoster connection (from Infinite Campus and the"
        " district's administrator).",
        "Vendor key and vendor secret, through the Digital Learning Partner programme (from Infinite Campus, or from a"
        " partner).",
        "Key, secret, base address and token address of the connection (from the district's administrator).",
    ),
)

CONNECTOR = connector(PROFILE)
