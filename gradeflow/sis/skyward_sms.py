"""Skyward SMS 2.0, as a OneRoster 1.1 provider.

Base and token address are shown in Product Setup, Skyward Contact Access, District Setup, Configuration,
API Configuration; the token address cannot be derived. The API is read-only until the district owns the
LMS/OneRoster licence; categories are listed for the whole district only.

Documented: the builds, the licence and where keys are made. Reported by others: rostering and gradebook over
OneRoster 1.1 with client credentials in HTTP Basic, pages of 100. Assumed: reading back by class.

Source: learn.incidentiq.com (SMS 2.0 API server launch kit), help.otus.com/en/articles/4231146 (Skyward API
configuration), support.classlink.com/hc/en-us/articles/360007493713 (Skyward API activation),
ed.link/docs/providers/skyward/details; read 2026-11. Skyward's own reference is not public.
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
    has_number_ids=True,
    limits=(
        "The district must own the Skyward LMS/OneRoster API licence; without it the API only reads.",
        "Both addresses are in API Configuration; the token address cannot be derived.",
        "Needs build 05.19.02.00.06 or later.",
        "Class ids look like course.0.section; they are text and go over as they are.",
        "Students' ids are matched as they are; where the LMS or SMS pads Name IDs with zeros, say"
        " ignore_leading_zeros: true.",
        "A category that a teacher changes in SMS stays as the teacher set it.",
    ),
    needs=(
        "Licence: Skyward LMS/OneRoster API, for writing (from Skyward).",
        "Key and secret of a Secured User for an organisation, made in SMS 2.0 (from the district's administrator).",
        "Base address and token address from API Configuration (from the district's administrator).",
    ),
)

CONNECTOR = connector(PROFILE)
