"""eSchoolPLUS, as a OneRoster provider of version 1.2 or 1.1 (the PLUS 360 API).

Requests are signed by OAuth 1.0a (HMAC-SHA1, or HMAC-SHA256 since 21.4.0), or carry an OAuth 2 token, as the API
profile says that PowerSchool makes for a vendor; its key holds the site's code, which is also in the address.

Documented: both ways of authorisation, OneRoster 1.2 in the 21.4 line only, bulk calls for line items of a class and
results of a line item since 21.4.18, the alpha mark that stands for each `scoreStatus` (IMS Equiv). Reported by
others: a category is required; what was edited in eSchoolPLUS no longer syncs. Assumed: who chooses ids (`id_mode`),
how many go in one call, and reading back by class.

Source: esp.powerschool-docs.com/espsis-sys-admin: eschoolplus-21-4-0-0-release, 21-4-18-0-release, api-profiles;
samegoal.com technical guide (eSchoolPLUS demographics); support.schoology.com/hc/en-us/articles/202968646
(integration FAQ); read 2026-11. The PLUS360 Developer Guide is not public.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile

PROFILE = OneRosterProfile(
    kind="eschoolplus",
    label="eSchoolPLUS",
    evidence="documented",
    versions=("1.2", "1.1"),
    auth="oauth1-hmac-sha1",
    renew="See the API profile in eSchoolPLUS: is its method the one that auth names, are its endpoints subscribed? Put"
    " its key and secret where client_id and client_secret of the district file point",
    widen="Have PowerSchool subscribe the API profile to reading and writing line items and results",
    requires=frozenset({"category"}),
    bulk_line_items=50,
    bulk_results=100,
    limits=(
        'OneRoster 1.2 came with 21.4, its bulk calls with 21.4.18; an older site says version: "1.1".',
        "Exempt is stored only where Gradebook Alpha Marks name an IMS Equiv for it.",
        "A category is required; the due date must be a school day of the marking period.",
        "Once an assignment or score was edited in eSchoolPLUS it is held here: clear the grades there, delete the"
        " item, and let it be created anew.",
        "How many results one call may carry is not published: taken as 100.",
    ),
    needs=(
        "An API profile for this vendor, its endpoints subscribed one by one (PowerSchool makes it, for third parties"
        " that it authorised).",
        "Key, secret and base address with the site's code (from that profile).",
        "Gradebook Alpha Marks with IMS Equiv for exempt (set by the district's administrator).",
    ),
)

CONNECTOR = connector(PROFILE)
