"""PowerSchool SIS, as a OneRoster 1.1 provider through its Universal Rostering plugin.

The root is `https://{host}/api/ims/oneroster/v1p1`, the token address that of plugins,
`https://{host}/oauth/access_token`. The other way in, a plugin of the district's own, is `powerschool_xte`.

Documented: that rostering and passback of a partner go over OneRoster 1.1, and how its plugins are installed.
Reported by others: the addresses, PUT and DELETE of line items and results, that a name which exists is skipped.
Assumed: that the plugins' token serves OneRoster too, and reading back by class.

Source: guides.instructure.com/m/100559/l/1325061 (Canvas and PowerSchool, admin FAQ);
help.otus.com/en/articles/8573732 (install the plugin for grade passback) and 3670063 (admin guide);
docs.powerschool.com/UCHA (OneRoster, another product's); read 2026-11.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile

PROFILE = OneRosterProfile(
    kind="powerschool",
    label="PowerSchool",
    evidence="reported",
    renew="In PowerSchool open System, Plugin Management, the vendor's plugin, Data Provider Configuration; copy client"
    " id and client secret to where client_id and client_secret of the district file point. A plugin that was"
    " installed anew or disabled has new ones",
    widen="Install and register the Universal Rostering plugin and then the vendor's plugin with its opportunity id;"
    " enable both, and grant them gradebook writing",
    page_size=1000,
    reads_terms=True,
    limits=(
        "Goes through the Universal Rostering plugin, which PowerSchool quotes to the district.",
        "Raise the plugin's pagination limit to 1000, else a night takes longer.",
        "An assignment whose name exists in its section already is skipped by PowerSchool.",
        "Keys of Unified Classroom (accounts.powerschool.com) belong to another product and do not work here.",
        "Whole sections only: no due dates of single students.",
    ),
    needs=(
        "A quote for Universal Rostering, and the opportunity id on it (from PowerSchool).",
        "Universal Rostering plugin and vendor's plugin, installed, enabled and registered (by the district's"
        " administrator).",
        "Client id and client secret of the vendor's plugin (from the district's administrator).",
    ),
)

CONNECTOR = connector(PROFILE)
