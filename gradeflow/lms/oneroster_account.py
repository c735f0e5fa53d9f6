"""What a district file says of a OneRoster LMS, how its calls are authorised, and what its refusals mean.

Source: OneRoster 1.1 and 1.2, REST binding (scopes, status payload), as public client libraries and 1EdTech's
OpenAPI files repeat them, read 2026-11.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import httpx
from pydantic import BeforeValidator, Field, model_validator

from gradeflow.lms.oneroster_wire import LABEL
from gradeflow.model.district import SecretRef, Strict
from gradeflow.ports import ConnectorContext
from gradeflow.transport.address import Address
from gradeflow.transport.answers import Vendor, code_word, json_or_none
from gradeflow.transport.auth import AuthMode, Authorization, ClientCredentials
from gradeflow.transport.oauth1 import OAuth1, SignatureMethod

Auth = Literal["basic", "body", "oauth1-hmac-sha1", "oauth1-hmac-sha256"]
RENEW = "Get a new client id and secret from the LMS and put them where the district file points"
WIDEN = "The client needs to read rosters and the gradebook; the LMS's administrator grants it"
_SIGNED: dict[Auth, SignatureMethod] = {"oauth1-hmac-sha1": "HMAC-SHA1", "oauth1-hmac-sha256": "HMAC-SHA256"}
_MODES: dict[Auth, AuthMode] = {"basic": "basic", "body": "body"}


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
        page_size: records asked for at a time; 100 is the standard's own.
        system_id: names the installation for ever; set it before base_url or version changes, else every line
            item would be made a second time.
    """

    base_url: Address
    # YAML reads 1.2 without quotes as a number
    version: Annotated[Literal["1.1", "1.2"], BeforeValidator(str)] = "1.2"
    token_url: Address | None = None
    client_id: SecretRef
    client_secret: SecretRef
    auth: Auth = "basic"
    scope: str | None = None
    section_key: Literal["sourcedId", "classCode"] = "sourcedId"
    student_key: Literal["sourcedId", "identifier", "userMasterIdentifier"] = "sourcedId"
    by_class: bool = True
    page_size: Annotated[int, Field(ge=1, le=50_000)] = 100
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _token_url_where_tokens_are(self) -> Self:
        if (self.token_url is None) != (self.auth in _SIGNED):
            msg = "token_url is given exactly where auth is basic or body"
            raise ValueError(msg)
        return self


def authorization(settings: OneRosterLmsSettings, context: ConnectorContext) -> Authorization:
    """Make what authorises the calls."""
    client = context.read_secret(settings.client_id), context.read_secret(settings.client_secret)
    if settings.token_url is None:
        return OAuth1(*client, method=_SIGNED[settings.auth])
    return ClientCredentials(
        label=LABEL,
        token_url=settings.token_url,
        client_id=client[0],
        client_secret=client[1],
        renew=RENEW,
        scope=settings.scope or _scope(settings.version),
        mode=_MODES[settings.auth],
    )


def _scope(version: str) -> str:
    prefix = f"https://purl.imsglobal.org/spec/or/v{version.replace('.', 'p')}/scope/"
    return f"{prefix}roster.readonly {prefix}gradebook.readonly"


def _error_word(response: httpx.Response) -> str | None:
    """Give the minor code of a status payload: text in 1.1, a list in an object in 1.2."""
    body: Any = json_or_none(response)
    minor = body.get("imsx_codeMinor", body.get("imsx_CodeMinor")) if isinstance(body, dict) else None
    if isinstance(minor, dict):
        entries = minor.get("imsx_codeMinorField")
        first = entries[0] if isinstance(entries, list) and entries else entries
        minor = first.get("imsx_codeMinorFieldValue") if isinstance(first, dict) else None
    return code_word(minor)


VENDOR = Vendor(
    label=LABEL, renew=RENEW, widen=WIDEN, forbidden_code="RIGHTS_MISSING", error_word=_error_word
)
