"""What a district file says of a OneRoster LMS, how its calls are authorised, and what its refusals mean.

How OneRoster calls are authorised at all is `transport.oneroster_access`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gradeflow.model.district import SecretRef, Strict
from gradeflow.ports import ConnectorContext
from gradeflow.transport.address import Address
from gradeflow.transport.answers import Vendor, json_or_none
from gradeflow.transport.auth import Authorization
from gradeflow.transport.oneroster import Version
from gradeflow.transport.oneroster_access import READING, AuthName, authorization, is_signed, scope_text
from gradeflow.transport.oneroster_answers import minor_code

LABEL = "OneRoster LMS"
RENEW = "Get a new client id and secret from the LMS and put them where the district file points"
WIDEN = "The client needs to read rosters and the gradebook; the LMS's administrator grants it"


class OneRosterLmsSettings(Strict):
    """The keys below `lms:` beside `kind`.

    Attributes:
        base_url: for 1.1 up to and including `/ims/oneroster/v1p1`; for 1.2 up to `/ims/oneroster`, after which
            `/rostering/v1p2` and `/gradebook/v1p2` follow.
        token_url: where tokens are given out; none for signed calls.
        auth: where client id and secret go in the token request, or how calls are signed.
        scope: asked for with a token; by default the standard's for reading rosters and gradebooks.
        section_key: the field of a class that is the SIS's id of the section.
        student_key: the field of a user that is the SIS's id of the student.
        by_class: whether line items and results are asked for class by class; false for a provider that only has
            them as two whole lists, of which then neither may fail.
        full_read_every_days: read only the results that changed since the last reading, and everything anew every
            so many days; absent: every reading takes everything anew. Only with by_class.
        page_size: records asked for at a time; 100 is the standard's own.
        system_id: names the installation for ever; set it before base_url or version changes, else every line
            item would be made a second time.
    """

    base_url: Address
    # YAML reads 1.2 without quotes as a number
    version: Annotated[Version, BeforeValidator(str)] = "1.2"
    token_url: Address | None = None
    client_id: SecretRef
    client_secret: SecretRef
    auth: AuthName = "basic"
    scope: str | None = None
    section_key: Literal["sourcedId", "classCode"] = "sourcedId"
    student_key: Literal["sourcedId", "identifier", "userMasterIdentifier"] = "sourcedId"
    by_class: bool = True
    full_read_every_days: Annotated[int, Field(ge=1, le=31)] | None = None
    page_size: Annotated[int, Field(ge=1, le=50_000)] = 100
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _token_url_where_tokens_are(self) -> Self:
        if (self.token_url is None) != is_signed(self.auth):
            msg = "token_url is given exactly where auth is basic or body"
            raise ValueError(msg)
        if self.full_read_every_days is not None and not self.by_class:
            msg = "full_read_every_days: only where by_class is true"
            raise ValueError(msg)
        return self


def authorized(settings: OneRosterLmsSettings, context: ConnectorContext) -> Authorization:
    """Make what authorises the calls."""
    return authorization(
        settings.auth,
        (context.read_secret(settings.client_id), context.read_secret(settings.client_secret)),
        label=LABEL,
        token_url=settings.token_url,
        scope=settings.scope or scope_text(settings.version, READING),
        renew=RENEW,
    )


VENDOR = Vendor(
    label=LABEL,
    renew=RENEW,
    widen=WIDEN,
    forbidden_code="RIGHTS_MISSING",
    error_word=lambda response: minor_code(json_or_none(response)),
)
