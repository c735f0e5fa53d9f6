"""Skyward SMS 2.0, as a OneRoster 1.1 provider.

Base and token address are shown in Product Setup, Skyward Contact Access, District Setup, Configuration,
API Configuration; the token address cannot be derived. The API is read-only until the district owns the
LMS/OneRoster licence; categories are listed for the whole district only.

Source: Otus "Skyward API configuration", ClassLink "Skyward API activation", Edlink provider pages (all
public), read 2026-11. Skyward's own reference is not public.
"""

from __future__ import annotations

from gradeflow.sis.oneroster import connector
from gradeflow.sis.profile import OneRosterProfile

PROFILE = OneRosterProfile(
    kind="skyward_sms",
    label="Skyward SMS 2.0",
    evidence="reported",
    renew="In SMS 2.0 open the Secured User, press API, generate a new key and secret, and put them where"
    " client_id and client_secret of the district file point",
    widen="The district must own the Skyward LMS/OneRoster API licence; without it the API only reads."
    " Ask Skyward, then run again",
    limits=(
        "The district must own the Skyward LMS/OneRoster API licence; without it the API only reads.",
        "Both addresses are in API Configuration; the token address cannot be derived.",
        "Needs build 05.19.02.00.06 or later.",
    ),
)

CONNECTOR = connector(PROFILE)
